//! Volumes that are far from those of other cases.

use super::Oddity;

/// Other cases that it takes to call a volume far from theirs.
const FEWEST_CASES: usize = 8;
/// From this modified z-score on a volume is far from others.
const FAR: f64 = 3.5;
/// Volumes that differ by a smaller factor count as differing by this one.
const SAME_VOLUME: f64 = 1.05;

/// Whether a volume is far from those of other cases: how much of the score is left, and in words.
///
/// Volumes differ by factors, so logarithms are compared: the distance from their median in units of
/// their median absolute deviation, scaled to that of a normal distribution (Iglewicz and Hoaglin's
/// modified z-score, with their limit of 3.5).
pub fn outlier(volume_ml: f64, others: &[f64]) -> Option<Oddity> {
    let logs: Vec<f64> = others
        .iter()
        .filter(|v| **v > 0.0)
        .map(|v| v.ln())
        .collect();
    if logs.len() < FEWEST_CASES || volume_ml <= 0.0 {
        return None;
    }
    let middle = median(logs.clone());
    let deviation = median(logs.iter().map(|log| (log - middle).abs()).collect());
    let z = 0.6745 * (volume_ml.ln() - middle) / deviation.max(SAME_VOLUME.ln());
    let times = volume_ml / middle.exp();
    let text = format!("volume {times:.2} times the median of {} cases", logs.len());
    (z.abs() > FAR).then(|| (FAR / z.abs(), text))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() % 2 {
        1 => values[middle],
        _ => (values[middle - 1] + values[middle]) / 2.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_volume_unlike_those_of_other_cases_is_said_to_be() {
        let others: Vec<f64> = (0..42).map(|at| 10.0 + f64::from(at % 7)).collect();
        let (factor, text) = outlier(40.0, &others).unwrap();
        assert!(
            factor < 1.0 && text.contains("times the median of 42 cases"),
            "{text}"
        );
        assert!(outlier(1.0, &others).is_some());
        assert_eq!(outlier(14.0, &others), None);
        assert_eq!(outlier(40.0, &others[..7]), None, "too few to say");
    }
}
