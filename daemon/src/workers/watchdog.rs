//! When a worker that says nothing counts as hung.

use super::protocol::Thread;
use std::time::{Duration, Instant};

/// The least time that a thread at work may say nothing.
const FLOOR: Duration = Duration::from_secs(60);

/// How many times as long as its slowest slice so far a thread may say nothing.
const SLICES: u32 = 20;

/// How many times as long a step may take that reports nothing on its way: loading a model,
/// compiling an engine, reading a scan over a slow network.
const LONG_STEP: u32 = 10;

/// What a report says about the pace of the thread that it is by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// It is alive.
    Life,
    /// It has finished a slice.
    Slice,
    /// It begins something long.
    LongStep,
    /// It has nothing to do, and is silent until it has.
    Waiting,
}

/// When a thread counts as hung, unless it says something before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alarm {
    /// The thread.
    pub thread: Thread,
    /// How long it will have said nothing.
    pub silence: Duration,
    /// When.
    pub at: Instant,
}

/// Watches the threads of one worker, each by itself: one may answer prompts while the other hangs.
#[derive(Debug, Clone)]
pub struct Watchdog {
    fixed: Option<Duration>,
    bulk: Pace,
    prompt: Pace,
}

/// The time between the reports of one thread.
#[derive(Debug, Clone)]
struct Pace {
    slowest: Duration,
    heard: Instant,
    /// Its last sign.
    last: Sign,
}

impl Watchdog {
    /// Begins to watch. `fixed` replaces the limit learnt from the worker's pace.
    pub fn new(fixed: Option<Duration>, now: Instant) -> Self {
        let begins = |last| Pace {
            slowest: Duration::ZERO,
            heard: now,
            last,
        };
        Watchdog {
            fixed,
            // The process starts, and with it libraries of hundreds of megabytes.
            bulk: begins(Sign::LongStep),
            prompt: begins(Sign::Waiting),
        }
    }

    /// Notes a report.
    pub fn hear(&mut self, by: Thread, sign: Sign, now: Instant) {
        let pace = match by {
            Thread::Bulk => &mut self.bulk,
            Thread::Prompt => &mut self.prompt,
        };
        // A slice that had to load its model first says nothing about slices.
        if sign == Sign::Slice && matches!(pace.last, Sign::Life | Sign::Slice) {
            pace.slowest = pace.slowest.max(now.duration_since(pace.heard));
        }
        pace.heard = now;
        pace.last = sign;
    }

    /// The first alarm, unless all threads wait.
    pub fn alarm(&self) -> Option<Alarm> {
        let alarm = |thread, pace: &Pace| {
            let silence = self.limit(pace)?;
            let at = pace.heard + silence;
            Some(Alarm {
                thread,
                silence,
                at,
            })
        };
        let alarms = [
            alarm(Thread::Bulk, &self.bulk),
            alarm(Thread::Prompt, &self.prompt),
        ];
        alarms.into_iter().flatten().min_by_key(|alarm| alarm.at)
    }

    /// How long a thread may say nothing now.
    fn limit(&self, pace: &Pace) -> Option<Duration> {
        let step = self
            .fixed
            .unwrap_or_else(|| FLOOR.max(pace.slowest * SLICES));
        match pace.last {
            Sign::Life | Sign::Slice => Some(step),
            Sign::LongStep => Some(step * LONG_STEP),
            Sign::Waiting => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Thread::{Bulk, Prompt};

    const SECOND: Duration = Duration::from_secs(1);

    /// Which thread counts as hung first, and so long after `start`.
    fn first(dog: &Watchdog, start: Instant) -> (Thread, Duration) {
        let alarm = dog.alarm().unwrap();
        (alarm.thread, alarm.at - start)
    }

    #[test]
    fn the_limit_follows_the_slowest_slice_and_is_longer_in_long_steps() {
        let start = Instant::now();
        let mut dog = Watchdog::new(None, start);
        let limit = |dog: &Watchdog| dog.alarm().unwrap().silence;
        assert_eq!(limit(&dog), FLOOR * LONG_STEP);
        dog.hear(Bulk, Sign::Life, start);
        assert_eq!(limit(&dog), FLOOR);
        dog.hear(Bulk, Sign::LongStep, start);
        dog.hear(Bulk, Sign::Slice, start + 50 * SECOND);
        assert_eq!(limit(&dog), FLOOR, "most of that was the model");
        dog.hear(Bulk, Sign::Slice, start + 60 * SECOND);
        assert_eq!(limit(&dog), 200 * SECOND);
        dog.hear(Bulk, Sign::Slice, start + 61 * SECOND);
        dog.hear(Bulk, Sign::Life, start + 100 * SECOND);
        assert_eq!(first(&dog, start), (Bulk, 300 * SECOND));
    }

    #[test]
    fn a_configured_limit_is_not_learnt_away() {
        let start = Instant::now();
        let mut dog = Watchdog::new(Some(2 * SECOND), start);
        dog.hear(Bulk, Sign::Life, start);
        dog.hear(Bulk, Sign::Slice, start + 9 * SECOND);
        assert_eq!(first(&dog, start), (Bulk, 11 * SECOND));
        dog.hear(Bulk, Sign::LongStep, start + 9 * SECOND);
        assert_eq!(first(&dog, start), (Bulk, 29 * SECOND));
    }

    #[test]
    fn a_thread_that_goes_on_says_nothing_about_the_other() {
        let start = Instant::now();
        let mut dog = Watchdog::new(Some(5 * SECOND), start);
        dog.hear(Bulk, Sign::Slice, start);
        for second in 1..4 {
            dog.hear(Prompt, Sign::Life, start + second * SECOND);
            assert_eq!(first(&dog, start), (Bulk, 5 * SECOND));
        }
        // And the other way round.
        for second in 4..8 {
            dog.hear(Bulk, Sign::Slice, start + second * SECOND);
        }
        assert_eq!(first(&dog, start), (Prompt, 8 * SECOND));
        dog.hear(Prompt, Sign::LongStep, start + 8 * SECOND);
        assert_eq!(first(&dog, start), (Bulk, 12 * SECOND));
    }

    #[test]
    fn a_thread_that_waits_for_work_may_be_silent() {
        let start = Instant::now();
        let mut dog = Watchdog::new(Some(5 * SECOND), start);
        dog.hear(Bulk, Sign::Waiting, start);
        assert_eq!(dog.alarm(), None, "the prompt thread begins by waiting");
        dog.hear(Prompt, Sign::Life, start + 60 * SECOND);
        assert_eq!(first(&dog, start), (Prompt, 65 * SECOND));
        dog.hear(Prompt, Sign::Waiting, start + 61 * SECOND);
        assert_eq!(dog.alarm(), None);
    }
}
