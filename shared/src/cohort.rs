//! Volumes of many cases, and those that are far from them.

/// Cases that it takes to call a volume far from theirs.
const FEWEST_CASES: usize = 8;
/// From this modified z-score on a volume is far from others.
const FAR: f64 = 3.5;
/// Volumes that differ by a smaller factor count as differing by this one.
const SAME_VOLUME: f64 = 1.05;

/// Whether a comparison with so many cases is worth doing again, where it was done whenever this said so:
/// when there are just enough of them, and then each time they are a quarter more.
pub fn is_grown(cases: usize) -> bool {
    let mut steps = std::iter::successors(Some(FEWEST_CASES), |step| Some(step + step / 4));
    steps.find(|step| *step >= cases) == Some(cases)
}

/// The volumes of many cases.
///
/// Volumes differ by factors, so logarithms are compared: the distance from their median in units of
/// their median absolute deviation, scaled to that of a normal distribution (Iglewicz and Hoaglin's
/// modified z-score, with their limit of 3.5).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cohort {
    /// Median of the logarithms.
    middle: f64,
    /// Their median absolute deviation.
    deviation: f64,
    count: usize,
}

/// How a volume stands out from those of other cases.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outlier {
    /// From 0, very far, to 1, just far enough.
    pub likeness: f64,
    /// The volume divided by the median of the others.
    pub times: f64,
    /// Number of cases it was compared with.
    pub cases: usize,
}

impl Cohort {
    /// The cohort of these volumes, in any unit; `None` if they are too few to compare with. Empty ones
    /// do not count.
    pub fn of(volumes: impl Iterator<Item = f64>) -> Option<Cohort> {
        let logs: Vec<f64> = volumes.filter(|v| *v > 0.0).map(f64::ln).collect();
        let count = logs.len();
        if count < FEWEST_CASES {
            return None;
        }
        let middle = median(logs.clone());
        let deviation = median(logs.iter().map(|log| (log - middle).abs()).collect());
        Some(Cohort {
            middle,
            deviation: deviation.max(SAME_VOLUME.ln()),
            count,
        })
    }

    /// How a volume stands out, if it is far from the others.
    pub fn outlier(&self, volume: f64) -> Option<Outlier> {
        if volume <= 0.0 {
            return None;
        }
        let z = 0.6745 * (volume.ln() - self.middle) / self.deviation;
        (z.abs() > FAR).then(|| Outlier {
            likeness: FAR / z.abs(),
            times: volume / self.middle.exp(),
            cases: self.count,
        })
    }
}

impl std::fmt::Display for Outlier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Outlier { times, cases, .. } = self;
        write!(f, "volume {times:.2} times the median of {cases} cases")
    }
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
    fn a_cohort_grows_by_a_quarter_each_time() {
        let grown: Vec<usize> = (0..40).filter(|&cases| is_grown(cases)).collect();
        assert_eq!(grown, [8, 10, 12, 15, 18, 22, 27, 33]);
    }

    #[test]
    fn a_volume_unlike_those_of_other_cases_is_said_to_be() {
        let others = || (0..42).map(|at| 10.0 + f64::from(at % 7));
        let cohort = Cohort::of(others()).unwrap();
        let far = cohort.outlier(40.0).unwrap();
        assert!(far.likeness < 1.0, "{far:?}");
        assert_eq!(far.to_string(), "volume 3.08 times the median of 42 cases");
        assert!(cohort.outlier(1.0).is_some());
        assert_eq!(cohort.outlier(14.0), None);
        assert_eq!(cohort.outlier(0.0), None);
        assert_eq!(Cohort::of(others().take(7)), None, "too few to say");
    }
}
