//! From what was measured of an object to its score: the Dice that such objects have.
//!
//! A logistic function of four terms. Its nine numbers (four weights, four usual values, one for all) were fitted to 178 results of the default model and rule
//! for good boxes and for boxes moved, cut, enlarged and misplaced on purpose (`medicosamd eval
//! --bad-boxes`), of ten objects on six scans: fractional logistic regression of the Dice with a ridge of
//! 10, each scan weighted by the root of its number of results. What it reaches on scans that it was not fitted to is in
//! `docs/volumes.md`.

/// What was measured of an object.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Terms {
    /// Mean predicted IoU of its slices, 0 to 1.
    pub predicted_iou: Option<f64>,
    /// Mean steadiness of its slices, 0 to 1.
    pub steadiness: Option<f64>,
    /// Mean area on the first and the last slice of its 3-D box, by its largest area, 0 to 1, where the box has
    /// enough slices to tell.
    pub ends: Option<f64>,
    /// How much its greys change from slice to slice, by its contrast; 0 or more.
    pub grey_change: Option<f64>,
}

/// A term of the score.
struct Term {
    value: fn(&Terms) -> Option<f64>,
    /// Its mean over the results that were fitted, which counts where it was not measured.
    usual: f64,
    weight: f64,
}

const TERMS: [Term; 4] = [
    Term {
        value: |terms| terms.predicted_iou,
        usual: 0.72,
        weight: 5.1,
    },
    Term {
        value: |terms| terms.steadiness,
        usual: 0.71,
        weight: 4.6,
    },
    Term {
        value: |terms| terms.ends,
        usual: 0.52,
        weight: -1.7,
    },
    Term {
        value: |terms| terms.grey_change.map(|change| (change + LEAST_CHANGE).ln()),
        usual: -1.23,
        weight: -0.3,
    },
];

/// Added to the change of greys before its logarithm.
const LEAST_CHANGE: f64 = 0.03;

/// The logarithm of the odds of an object whose terms are the usual ones.
const USUAL: f64 = -0.19;

impl Terms {
    /// The Dice to be expected, 0 to 1.
    pub fn score(&self) -> f64 {
        let odds = TERMS.iter().filter_map(|term| {
            let value = (term.value)(self)?;
            Some(term.weight * (value - term.usual))
        });
        let odds = USUAL + odds.sum::<f64>();
        1.0 / (1.0 + (-odds).exp())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_score_rises_with_what_speaks_for_an_object() {
        let usual = Terms {
            predicted_iou: Some(0.7),
            steadiness: Some(0.7),
            ends: Some(0.4),
            grey_change: Some(0.2),
        };
        for (better, name) in [
            (
                Terms {
                    predicted_iou: Some(0.8),
                    ..usual
                },
                "predicted IoU",
            ),
            (
                Terms {
                    steadiness: Some(0.8),
                    ..usual
                },
                "steadiness",
            ),
            (
                Terms {
                    grey_change: Some(0.1),
                    ..usual
                },
                "greys",
            ),
            (
                Terms {
                    ends: Some(0.2),
                    ..usual
                },
                "ends",
            ),
        ] {
            assert!(better.score() > usual.score() + 0.01, "{name}");
        }
    }

    #[test]
    fn what_was_not_measured_counts_as_usual() {
        let measured = Terms {
            predicted_iou: Some(0.85),
            steadiness: Some(TERMS[1].usual),
            ..Terms::default()
        };
        let not = Terms {
            steadiness: None,
            ..measured
        };
        assert_eq!(measured.score(), not.score());
    }
}
