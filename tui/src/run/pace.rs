//! How fast the line to the terminal is, by what the terminal has answered so far.

use std::time::Duration;

/// How long a picture may take while the slices move: about as long as a hand notices no delay.
const TARGET: Duration = Duration::from_millis(100);

/// The assumption before the first measurement: 10 Mbit/s.
const ASSUMED: f64 = 1.25e6;

/// Fewer bytes than this say how long an answer takes, not how fast the line is.
const FEW: usize = 4096;

/// The line to the terminal, and the terminal itself: what counts is when a picture is drawn.
#[derive(Debug, Default)]
pub struct Pace {
    round_trip: Option<Duration>,
    bytes_per_second: Option<f64>,
}

impl Pace {
    /// An answer came this long after this many bytes.
    pub fn measured(&mut self, bytes: usize, elapsed: Duration) {
        let round_trip = self.round_trip.map_or(elapsed, |least| least.min(elapsed));
        self.round_trip = Some(round_trip);
        if bytes < FEW {
            return;
        }
        let on_the_line = (elapsed - round_trip).max(Duration::from_millis(1));
        let found = bytes as f64 / on_the_line.as_secs_f64();
        // The old value keeps half the weight: one delayed picture does not stand for all.
        let known = self.bytes_per_second.unwrap_or(found);
        self.bytes_per_second = Some(f64::midpoint(known, found));
    }

    /// Most bytes of a picture that is to be there in time while slices move.
    pub fn budget(&self) -> usize {
        // Where the answer alone takes longer than that, pictures are as small as a quarter allows.
        let left = TARGET.saturating_sub(self.round_trip.unwrap_or_default());
        let left = left.max(TARGET / 4).as_secs_f64();
        (self.bytes_per_second.unwrap_or(ASSUMED) * left) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn the_answer_to_a_question_is_told_from_the_bytes_before_it() {
        let mut pace = Pace::default();
        assert_eq!(pace.budget(), 125_000);
        pace.measured(60, ms(40));
        assert_eq!(pace.budget(), 75_000);
        pace.measured(62_500, ms(290));
        assert_eq!(pace.budget(), 15_000, "250 kB a second, 60 ms of them");
        pace.measured(500, ms(42));
        assert_eq!(pace.budget(), 15_000, "a small patch says nothing new");
    }

    #[test]
    fn a_line_that_gets_faster_is_believed_by_halves() {
        let mut pace = Pace::default();
        pace.measured(60, ms(0));
        pace.measured(100_000, ms(1000));
        assert_eq!(pace.budget(), 10_000);
        pace.measured(10_000, ms(33));
        assert!((15_000..25_000).contains(&pace.budget()));
    }

    #[test]
    fn a_far_terminal_still_gets_pictures() {
        let mut pace = Pace::default();
        pace.measured(60, ms(600));
        assert_eq!(pace.budget(), 31_250);
        let mut fast = Pace::default();
        fast.measured(300_000, ms(0));
        assert!(fast.budget() >= 1_000_000);
    }
}
