//! How far a propagation went, and why it stopped.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What a propagation did.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PropagationReport {
    /// Each way from a slice made by hand, in the order in which they were gone.
    pub ways: Vec<Way>,
    /// Slices of the object with an older mask that was made neither by hand nor by this propagation:
    /// they may be wrong in the same way as what was corrected.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub older: Vec<u32>,
    /// First and last of the slices within which it went through where the object seemed to end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub through: Option<(u32, u32)>,
}

/// A way from a slice made by hand.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Way {
    /// The slice made by hand that it began beside.
    pub from: u32,
    /// The last slice that has got a mask on it; `None` if none has.
    pub to: Option<u32>,
    /// Why it went no farther.
    pub end: WayEnd,
}

/// Why a propagation went no farther.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "why")]
pub enum WayEnd {
    /// There are no more slices.
    Edge,
    /// The next slice is not among those that were asked for.
    Range,
    /// The next slice was made by hand, or is followed from the other side.
    Met,
    /// The model found nothing.
    Nothing {
        /// On which slice.
        at: u32,
    },
    /// The mask has less in common with the one before than `least`.
    Unlike {
        /// On which slice.
        at: u32,
        /// IoU of the two masks.
        iou: f32,
        /// What it takes to go on.
        least: f32,
    },
    /// The model is less sure than `least`.
    Unsure {
        /// On which slice.
        at: u32,
        /// The predicted IoU.
        score: f32,
        /// What it takes to go on.
        least: f32,
    },
}

impl WayEnd {
    /// The slice on which the object seems to end; `None` if there was no more to do.
    pub const fn stopped_at(&self) -> Option<u32> {
        match self {
            WayEnd::Edge | WayEnd::Range | WayEnd::Met => None,
            WayEnd::Nothing { at } | WayEnd::Unlike { at, .. } | WayEnd::Unsure { at, .. } => {
                Some(*at)
            }
        }
    }
}

/// `stopped at 11: score 0.54 of 0.85`
impl fmt::Display for WayEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WayEnd::Edge => f.write_str("to the last slice"),
            WayEnd::Range => f.write_str("to the end of the range"),
            WayEnd::Met => f.write_str("to a slice made by hand"),
            WayEnd::Nothing { at } => write!(f, "stopped at {at}: nothing found"),
            WayEnd::Unlike { at, iou, least } => {
                write!(f, "stopped at {at}: overlap {iou:.2} of {least:.2}")
            }
            WayEnd::Unsure { at, score, least } => {
                write!(f, "stopped at {at}: score {score:.2} of {least:.2}")
            }
        }
    }
}

/// `8 → 5, stopped at 4: nothing found`
impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to {
            Some(to) => write!(f, "{} → {to}, {}", self.from, self.end),
            None => write!(f, "from {}: no new slice, {}", self.from, self.end),
        }
    }
}

impl PropagationReport {
    /// First and last slice of what was followed, the slices made by hand included; `None` if nothing
    /// was.
    pub fn reach(&self) -> Option<(u32, u32)> {
        let slices = || self.ways.iter().flat_map(|way| [Some(way.from), way.to]);
        let slices = || slices().flatten();
        slices().min().zip(slices().max())
    }

    /// The stop that is nearest to a slice, and the slices to go through for a propagation that is to
    /// pass it and may end beyond; `None` if it did not stop.
    pub fn past_stop(&self, near: u32) -> Option<(u32, (u32, u32))> {
        let stops = self.ways.iter().filter_map(|way| way.end.stopped_at());
        let stop = stops.min_by_key(|at| at.abs_diff(near))?;
        let seeds = self
            .ways
            .iter()
            .filter(|way| way.end.stopped_at() == Some(stop));
        let from = seeds.map(|way| way.from).next().unwrap_or(stop);
        let (first, last) = (from.min(stop), from.max(stop));
        let through = match self.through {
            Some((low, high)) => (low.min(first), high.max(last)),
            None => (first, last),
        };
        Some((stop, through))
    }

    /// Whether the object seemed to end somewhere, so that forcing would go farther.
    pub fn can_be_forced(&self) -> bool {
        self.ways.iter().any(|way| way.end.stopped_at().is_some())
    }
}

/// One line for each way.
impl fmt::Display for PropagationReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, way) in self.ways.iter().enumerate() {
            let gap = if number > 0 { "\n" } else { "" };
            write!(f, "{gap}{way}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_says_how_far_and_why() {
        let report = PropagationReport {
            ways: vec![
                Way {
                    from: 8,
                    to: Some(5),
                    end: WayEnd::Edge,
                },
                Way {
                    from: 8,
                    to: None,
                    end: WayEnd::Unsure {
                        at: 9,
                        score: 0.54,
                        least: 0.85,
                    },
                },
            ],
            older: vec![12],
            through: None,
        };
        assert_eq!(report.reach(), Some((5, 8)));
        assert!(report.can_be_forced());
        assert_eq!(report.past_stop(2), Some((9, (8, 9))));
        let again = PropagationReport {
            through: Some((6, 7)),
            ..report.clone()
        };
        assert_eq!(
            again.past_stop(2),
            Some((9, (6, 9))),
            "what was passed before stays passed"
        );
        assert_eq!(PropagationReport::default().past_stop(2), None);
        let text = report.to_string();
        assert_eq!(
            text,
            "8 → 5, to the last slice\nfrom 8: no new slice, stopped at 9: score 0.54 of 0.85"
        );
        let json = serde_json::to_string(&report.ways[1].end).unwrap();
        assert_eq!(json, r#"{"why":"unsure","at":9,"score":0.54,"least":0.85}"#);
        assert_eq!(PropagationReport::default().reach(), None);
    }
}
