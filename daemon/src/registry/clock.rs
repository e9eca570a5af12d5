//! The clocks of a registry.

use crate::case::{Now, Tick};
use jiff::Timestamp;
use rustix::time::{ClockId, clock_gettime};

/// Tells the time.
pub trait Clock: Send + Sync {
    /// The present.
    fn now(&self) -> Now;
}

/// The clocks of this machine. Its ticks count from boot, the same for all processes and deaf to
/// changes of the system's date. They start again at a reboot; so a starting daemon makes everything
/// due at once.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Now {
        let since_boot = clock_gettime(ClockId::Boottime);
        Now {
            date: Timestamp::now(),
            tick: Tick(since_boot.tv_sec * 1000 + since_boot.tv_nsec / 1_000_000),
        }
    }
}
