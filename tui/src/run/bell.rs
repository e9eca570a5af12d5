//! When a call is made: not while somebody types, and not again and again.

use std::time::Duration;
use tokio::time::Instant;

/// So long after a key the screen is still looked at.
const LOOKED_AT: Duration = Duration::from_secs(5);

/// So long after a call there is no other one.
const PATIENCE: Duration = Duration::from_secs(30);

/// Keys and calls, by their times.
#[derive(Debug, Default)]
pub struct Bell {
    key: Option<Instant>,
    call: Option<Instant>,
}

impl Bell {
    /// A key was pressed, or the mouse moved.
    pub fn touched(&mut self, now: Instant) {
        self.key = Some(now);
        self.call = None;
    }

    /// Whether to call now.
    pub fn may_call(&mut self, now: Instant) -> bool {
        let since = |then: Option<Instant>, least| then.is_none_or(|then| now - then >= least);
        let may = since(self.key, LOOKED_AT) && since(self.call, PATIENCE);
        if may {
            self.call = Some(now);
        }
        may
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_idle_client_calls_once_and_a_busy_one_not_at_all() {
        let mut bell = Bell::default();
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        assert!(bell.may_call(at(0)), "never touched");
        assert!(!bell.may_call(at(29)));
        assert!(bell.may_call(at(30)));
        bell.touched(at(31));
        assert!(!bell.may_call(at(35)));
        assert!(bell.may_call(at(36)));
    }
}
