//! Waiting for what announces nothing: by looking again and again, up to a deadline.

use std::time::{Duration, Instant};

/// Longest time that anything is waited for. Far longer than it takes: a deadline that strikes is
/// a failure, never a measurement.
pub const DEADLINE: Duration = Duration::from_secs(240);

/// Time between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Waits until `is_so`.
///
/// # Panics
/// If it is not by the [`DEADLINE`].
#[track_caller]
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    until_some(|| is_so().then_some(()).ok_or_else(|| what.to_owned()));
}

/// Waits until there is something, and returns it.
///
/// # Panics
/// With what `look` said last, if there is nothing by the [`DEADLINE`].
#[track_caller]
pub fn until_some<T>(mut look: impl FnMut() -> Result<T, String>) -> T {
    let deadline = Instant::now() + DEADLINE;
    loop {
        match look() {
            Ok(found) => return found,
            Err(missing) => assert!(Instant::now() < deadline, "waited in vain for {missing}"),
        }
        std::thread::sleep(LOOK_EVERY);
    }
}
