//! How found masks are compared with the truth: a file for each metric, and a line in [`METRICS`].
//!
//! Tables, means and JSON take all metrics from there; the first one also ranks results.

mod dice;

use medicosam_shared::mask::Rle;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;

/// An object in truth and as it was found, by slice. A slice without an entry has nothing of it.
#[derive(Debug, Clone, Default)]
pub struct Compared {
    /// The truth.
    pub truth: BTreeMap<u32, Rle>,
    /// The result.
    pub found: BTreeMap<u32, Rle>,
}

/// A measure of how much a result is like the truth.
#[derive(Debug, Clone, Copy)]
pub struct Metric {
    /// Its name in JSON.
    pub name: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// Computes it.
    pub of: fn(&Compared) -> f64,
}

/// All metrics.
pub const METRICS: [Metric; 1] = [Metric {
    name: "dice",
    title: "Dice",
    of: dice::dice,
}];

/// A value for each of [`METRICS`]; a field for each in JSON.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scores<T = f64>(pub [T; METRICS.len()]);

impl Scores {
    /// All metrics of a result.
    pub fn of(compared: &Compared) -> Self {
        Scores(METRICS.map(|metric| (metric.of)(compared)))
    }

    /// The first metric, which ranks results.
    pub fn first(&self) -> f64 {
        let [first, ..] = self.0;
        first
    }
}

impl<T> Scores<T> {
    /// The metrics with their values.
    pub fn iter(&self) -> impl Iterator<Item = (Metric, &T)> {
        METRICS.into_iter().zip(&self.0)
    }
}

/// The scores after each of several rounds, as a list for each metric.
pub fn by_round(rounds: &[Scores]) -> Scores<Vec<f64>> {
    Scores(std::array::from_fn(|at| {
        rounds.iter().map(|scores| scores.0[at]).collect()
    }))
}

impl<T: Serialize> Serialize for Scores<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|(metric, value)| (metric.name, value)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_metric_is_a_field_in_json() {
        let scores = |dice| Scores([dice]);
        let one = serde_json::to_string(&scores(0.5)).unwrap();
        assert_eq!(one, r#"{"dice":0.5}"#);
        let rounds = by_round(&[scores(0.5), scores(0.75)]);
        let all = serde_json::to_string(&rounds).unwrap();
        assert_eq!(all, r#"{"dice":[0.5,0.75]}"#);
    }
}
