//! Checks that several parts of the configuration share.

use jiff::SignedDuration;
use std::collections::BTreeSet;
use std::time::Duration;

/// The first item that is there twice.
pub(super) fn first_repeated<T: Ord + Clone>(items: impl IntoIterator<Item = T>) -> Option<T> {
    let mut seen = BTreeSet::new();
    items.into_iter().find(|item| !seen.insert(item.clone()))
}

/// A name that can be shown.
pub(super) fn shown(what: &str, name: &str) -> Result<(), String> {
    match name.chars().any(char::is_control) {
        true => Err(format!(
            "the name of {what}, {name:?}, has control characters"
        )),
        false => Ok(()),
    }
}

/// A time that must be longer than zero.
pub(super) fn positive(what: &str, time: SignedDuration) -> Result<Duration, String> {
    match time.is_positive() {
        true => Ok(time.unsigned_abs()),
        false => Err(format!("{what} must be positive")),
    }
}
