//! When a worker that says nothing counts as hung.

use std::time::{Duration, Instant};

/// The least time that a worker may say nothing.
const FLOOR: Duration = Duration::from_secs(60);

/// How many times as long as its slowest slice so far a worker may say nothing.
const SLICES: u32 = 20;

/// How many times as long a step may take that reports nothing on its way: loading a model,
/// compiling an engine, reading a scan over a slow network.
const LONG_STEP: u32 = 10;

/// What a report of a worker says about its pace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// It is alive.
    Life,
    /// It has finished a slice.
    Slice,
    /// It begins something long.
    LongStep,
}

/// Watches the time between the reports of one worker.
#[derive(Debug, Clone)]
pub struct Watchdog {
    fixed: Option<Duration>,
    slowest: Duration,
    heard: Instant,
    in_long_step: bool,
}

impl Watchdog {
    /// Begins to watch. `fixed` takes the place of what is learnt from the worker's pace.
    pub fn new(fixed: Option<Duration>, now: Instant) -> Self {
        Watchdog {
            fixed,
            slowest: Duration::ZERO,
            heard: now,
            // The process starts, and with it libraries of hundreds of megabytes.
            in_long_step: true,
        }
    }

    /// Takes note of a report.
    pub fn hear(&mut self, sign: Sign, now: Instant) {
        // A slice that had to load its model first says nothing about slices.
        if sign == Sign::Slice && !self.in_long_step {
            self.slowest = self.slowest.max(now.duration_since(self.heard));
        }
        self.heard = now;
        self.in_long_step = sign == Sign::LongStep;
    }

    /// How long the worker may say nothing now.
    pub fn limit(&self) -> Duration {
        let step = self
            .fixed
            .unwrap_or_else(|| FLOOR.max(self.slowest * SLICES));
        if self.in_long_step {
            step * LONG_STEP
        } else {
            step
        }
    }

    /// When it counts as hung, unless it says something before.
    pub fn deadline(&self) -> Instant {
        self.heard + self.limit()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_limit_follows_the_slowest_slice_and_is_longer_in_long_steps() {
        let start = Instant::now();
        let mut dog = Watchdog::new(None, start);
        assert_eq!(dog.limit(), FLOOR * LONG_STEP);
        dog.hear(Sign::Life, start);
        assert_eq!(dog.limit(), FLOOR);
        dog.hear(Sign::LongStep, start);
        dog.hear(Sign::Slice, start + 50 * SECOND);
        assert_eq!(dog.limit(), FLOOR, "most of that was the model");
        dog.hear(Sign::Slice, start + 60 * SECOND);
        assert_eq!(dog.limit(), 200 * SECOND);
        dog.hear(Sign::Slice, start + 61 * SECOND);
        dog.hear(Sign::Life, start + 100 * SECOND);
        assert_eq!(dog.deadline(), start + 300 * SECOND);
    }

    #[test]
    fn a_configured_limit_is_not_learnt_away() {
        let start = Instant::now();
        let mut dog = Watchdog::new(Some(2 * SECOND), start);
        dog.hear(Sign::Life, start);
        dog.hear(Sign::Slice, start + 9 * SECOND);
        assert_eq!(dog.limit(), 2 * SECOND);
        dog.hear(Sign::LongStep, start + 9 * SECOND);
        assert_eq!(dog.limit(), 20 * SECOND);
    }
}
