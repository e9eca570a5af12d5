//! Clocks of the store.

use jiff::Timestamp;
use rustix::time::{ClockId, clock_gettime};
use std::time::Duration;

/// Milliseconds since boot, the same for all processes and deaf to changes of the system's date.
/// It starts again at a reboot; so a starting daemon makes everything due at once.
pub fn since_boot_ms() -> i64 {
    let now = clock_gettime(ClockId::Boottime);
    now.tv_sec * 1000 + now.tv_nsec / 1_000_000
}

/// `since_boot_ms` a while from now.
pub fn in_ms(wait: Duration) -> i64 {
    since_boot_ms().saturating_add(i64::try_from(wait.as_millis()).unwrap_or(i64::MAX))
}

/// Date and time for people, RFC 3339.
pub fn now() -> String {
    Timestamp::now().to_string()
}
