//! `review`: which results wait for a person.

use medicosam_shared::case::CaseId;
use medicosam_shared::quality::{DOUBTFUL, Quality};
use serde::Deserialize;
use std::fmt;

/// Which results of a profile wait for a person. This policy approves the others, and they are
/// marked accordingly.
#[derive(Debug, Clone, Copy, PartialEq, Default, Deserialize)]
#[serde(try_from = "String")]
pub enum ReviewPolicy {
    /// All results.
    #[default]
    All,
    /// Results with a lower score.
    Below(f32),
    /// A share of the results, in percent. The identity of a case decides, so the choice is nobody's
    /// and never changes.
    Sample(f64),
}

impl ReviewPolicy {
    /// The score below which a result is doubtful.
    pub const fn score_limit(self) -> f32 {
        match self {
            ReviewPolicy::Below(least) => least,
            ReviewPolicy::All | ReviewPolicy::Sample(_) => DOUBTFUL,
        }
    }

    /// Whether a result waits for a person. A result without a score always does, and so does one of which
    /// nothing is right.
    pub fn wants(self, case: &CaseId, quality: Option<&Quality>) -> bool {
        let Some(quality) = quality else {
            return true;
        };
        if quality.score <= 0.0 {
            return true;
        }
        match self {
            ReviewPolicy::All => true,
            ReviewPolicy::Below(least) => quality.score < least,
            ReviewPolicy::Sample(percent) => {
                // The identity is a hash, whose digits are as good as random ones.
                let digits = case.0.get(..8).unwrap_or(&case.0);
                let place = u32::from_str_radix(digits, 16).map_or(0.0, f64::from);
                place / (f64::from(u32::MAX) + 1.0) * 100.0 < percent
            }
        }
    }
}

impl fmt::Display for ReviewPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReviewPolicy::All => f.write_str("all"),
            ReviewPolicy::Below(score) => write!(f, "below:{score}"),
            ReviewPolicy::Sample(percent) => write!(f, "sample:{percent}%"),
        }
    }
}

impl TryFrom<String> for ReviewPolicy {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let below = || {
            let score = text.strip_prefix("below:")?.parse().ok()?;
            (0.0..=1.0)
                .contains(&score)
                .then_some(ReviewPolicy::Below(score))
        };
        let sample = || {
            let number = text.strip_prefix("sample:")?.strip_suffix('%')?;
            let percent = number.parse().ok()?;
            (0.0..=100.0)
                .contains(&percent)
                .then_some(ReviewPolicy::Sample(percent))
        };
        match text.as_str() {
            "all" => Ok(ReviewPolicy::All),
            _ => below().or_else(sample).ok_or_else(|| {
                format!(
                    "review is {text:?}; it is \"all\", a score like \"below:0.8\" or a share like \"sample:10%\""
                )
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(text: &str) -> Result<ReviewPolicy, String> {
        ReviewPolicy::try_from(text.to_owned())
    }

    #[test]
    fn policies_are_read_as_they_are_written() {
        for text in ["all", "below:0.8", "sample:10%"] {
            assert_eq!(policy(text).unwrap().to_string(), text);
        }
        assert_eq!(policy("below:0.8").unwrap().score_limit(), 0.8);
        assert_eq!(policy("all").unwrap().score_limit(), DOUBTFUL);
        for text in ["none", "below:80", "sample:10", "sample:101%", "below:nan"] {
            assert!(policy(text).unwrap_err().contains("below:0.8"), "{text}");
        }
    }

    #[test]
    fn low_scores_a_share_and_results_without_a_score_wait_for_a_person() {
        let quality = |score| Quality {
            score,
            ..Quality::default()
        };
        let wants = |text: &str, id: &str, score: f32| {
            policy(text)
                .unwrap()
                .wants(&CaseId(id.to_owned()), Some(&quality(score)))
        };
        assert!(wants("all", "0123456789ab", 1.0));
        assert!(wants("below:0.8", "0123456789ab", 0.79));
        assert!(!wants("below:0.8", "0123456789ab", 0.8));
        assert!(wants("sample:10%", "190000000000", 0.9));
        assert!(!wants("sample:10%", "1a0000000000", 0.1));
        assert!(wants("sample:100%", "ffffffffffff", 0.9));
        assert!(!wants("sample:0%", "000000000000", 0.9));
        assert!(wants("sample:0%", "000000000000", 0.0));
        assert!(wants("below:0", "000000000000", 0.0));
        assert!(
            policy("sample:0%")
                .unwrap()
                .wants(&CaseId("0".to_owned()), None)
        );
    }
}
