//! Progress: slices done and slices to do.

use serde::{Deserialize, Serialize};

/// How far some work is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Slices done.
    pub done: u32,
    /// Slices to do.
    pub total: u32,
}

/// Slices a second of some work, and with it the time that is left, from reports of its progress.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Pace {
    /// When it was first heard of, in seconds of any clock, and how far it was.
    first: Option<(f64, u32)>,
    /// The last report.
    last: Option<(f64, Progress)>,
}

impl Pace {
    /// Takes a report that came at `now`, in seconds of a clock that only goes on. One that is behind
    /// the last one is about other work.
    pub fn report(&mut self, now: f64, progress: Progress) {
        if self.last.is_some_and(|(_, last)| progress.done < last.done) {
            *self = Pace::default();
        }
        self.first.get_or_insert((now, progress.done));
        self.last = Some((now, progress));
    }

    /// Slices a second; `None` before the second slice is done.
    pub fn rate(&self) -> Option<f64> {
        let ((began, before), (now, progress)) = self.first.zip(self.last)?;
        let done = progress.done.checked_sub(before).filter(|done| *done > 0)?;
        let took = now - began;
        (took > 0.0).then(|| f64::from(done) / took)
    }

    /// Seconds that are left; `None` as long as that cannot be told.
    pub fn left(&self) -> Option<f64> {
        let (_, progress) = self.last?;
        let open = progress.total.saturating_sub(progress.done);
        self.rate().map(|rate| f64::from(open) / rate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_follows_from_the_pace() {
        let at = |done| Progress { done, total: 20 };
        let mut pace = Pace::default();
        pace.report(10.0, at(0));
        assert_eq!((pace.rate(), pace.left()), (None, None));
        pace.report(14.0, at(8));
        assert_eq!((pace.rate(), pace.left()), (Some(2.0), Some(6.0)));
        pace.report(30.0, at(1));
        assert_eq!(pace.left(), None, "other work");
    }
}
