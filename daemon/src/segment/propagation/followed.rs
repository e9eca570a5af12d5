//! How far an object is to be followed, and how far it was.

use super::Answers;
use medicosam_shared::draft::Slices;
use medicosam_shared::propagation_report::Way;

/// How far an object may be followed from the slices that are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The number of slices of the scan.
    pub count: u32,
    /// The slices that may get an answer; others are only passed.
    pub slices: Slices,
    /// Whether it is followed through slices where it seems to end.
    pub force: bool,
    /// First and last of the slices within which it does not end, wherever it seems to.
    pub through: Option<(u32, u32)>,
}

impl Limits {
    /// All slices of a scan of so many.
    pub const fn none(count: u32) -> Self {
        Limits {
            count,
            slices: Slices::All,
            force: false,
            through: None,
        }
    }

    /// Whether it is followed through a slice where it seems to end.
    pub fn passes(&self, index: u32) -> bool {
        let is_within = |(first, last)| first <= index && index <= last;
        self.force || self.through.is_some_and(is_within)
    }

    /// Those of `way` that are to be gone: up to the last that may get an answer. Says whether some
    /// are left out.
    pub fn cut(&self, mut way: Vec<u32>) -> (Vec<u32>, bool) {
        let last = way.iter().rposition(|&index| self.slices.contains(index));
        let keep = last.map_or(0, |at| at + 1);
        let is_cut = keep < way.len();
        way.truncate(keep);
        (way, is_cut)
    }
}

/// What following an object gave.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Followed {
    /// The answers.
    pub answers: Answers,
    /// How far it went each way, and why no farther.
    pub ways: Vec<Way>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_is_gone_up_to_the_last_slice_that_may_change() {
        let limits = |slices| Limits {
            slices,
            ..Limits::none(20)
        };
        let cut = |slices, way: &[u32]| limits(slices).cut(way.to_vec());
        assert_eq!(cut(Slices::All, &[9, 10]), (vec![9, 10], false));
        assert_eq!(
            cut(Slices::Within(10, 11), &[9, 10, 11, 12]),
            (vec![9, 10, 11], true)
        );
        assert_eq!(cut(Slices::Within(3, 5), &[9, 10]), (vec![], true));
    }
}
