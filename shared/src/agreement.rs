//! How far two readers agree: on masks by the Dice coefficient, on verdicts by Cohen's kappa.

use crate::case::{CaseId, Verdict};
use crate::mask::{MaskSet, ObjectMask};
use crate::prompt::Label;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// `GET /v1/agreement`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Agreement {
    /// All pairs of readings that are decided, those that agree least first.
    pub pairs: Vec<Pair>,
    /// The same in figures, of each profile. The first reader is compared with the second.
    pub profiles: Vec<OfProfile>,
    /// The same in figures, of any two readers of a profile, whoever of them was first.
    pub readers: Vec<OfReaders>,
    /// Second readings of which one of the two decisions is missing.
    pub waiting: u64,
    /// Why there is nothing to compare, and what to do, if there is nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A scan that two people have read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pair {
    /// The first reading.
    pub first: CaseId,
    /// The second reading.
    pub second: CaseId,
    /// File name of the scan.
    pub name: String,
    /// Its profile.
    pub profile: String,
    /// The first and the second reader: who decided.
    pub readers: [String; 2],
    /// What they decided.
    pub verdicts: [Verdict; 2],
    /// The objects that either has a mask of, by label.
    pub objects: Vec<ObjectAgreement>,
}

/// An object in two readings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ObjectAgreement {
    /// The object.
    pub label: Label,
    /// Its name.
    pub name: String,
    /// Dice coefficient of its masks, 0..1.
    pub dice: f64,
}

/// How far the two readings of the scans of a profile agree.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OfProfile {
    /// Its name.
    pub profile: String,
    /// How far they agree.
    #[serde(flatten)]
    pub figures: Figures,
}

/// How far two readers agree.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OfReaders {
    /// The profile.
    pub profile: String,
    /// The readers, by name.
    pub readers: [String; 2],
    /// How far they agree.
    #[serde(flatten)]
    pub figures: Figures,
}

/// How far readings agree, in figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// How many pairs of readings.
    pub pairs: u64,
    /// Over all objects of all pairs; `None` if there is no object.
    pub dice: Option<DiceFigures>,
    /// The share of the pairs with equal verdicts, 0..1; `None` without pairs.
    pub same_verdict: Option<f64>,
    /// Cohen's kappa over the verdicts; `None` where it is not defined. See [`kappa`].
    pub kappa: Option<f64>,
}

/// Dice coefficients, 0..1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct DiceFigures {
    /// Their mean.
    pub mean: f64,
    /// Their median.
    pub median: f64,
    /// The lowest.
    pub min: f64,
}

/// A pair, and the verdicts of its readers in the order that they are compared in.
type Verdicts<'a> = (&'a Pair, [Verdict; 2]);

impl Agreement {
    /// The agreement of decided pairs of readings.
    pub fn of(mut pairs: Vec<Pair>, waiting: u64) -> Agreement {
        pairs.sort_by(|a, b| a.compare(b));
        let mut by_profile: BTreeMap<&str, Vec<Verdicts>> = BTreeMap::new();
        let mut by_readers: BTreeMap<(&str, [&str; 2]), Vec<Verdicts>> = BTreeMap::new();
        for pair in &pairs {
            let profile = pair.profile.as_str();
            by_profile
                .entry(profile)
                .or_default()
                .push((pair, pair.verdicts));
            let (readers, verdicts) = pair.by_name();
            let key = (profile, readers);
            by_readers.entry(key).or_default().push((pair, verdicts));
        }
        let profiles = by_profile.iter().map(|(profile, pairs)| OfProfile {
            profile: (*profile).to_owned(),
            figures: Figures::of(pairs),
        });
        let profiles = profiles.collect();
        let readers = by_readers
            .iter()
            .map(|((profile, readers), pairs)| OfReaders {
                profile: (*profile).to_owned(),
                readers: readers.map(str::to_owned),
                figures: Figures::of(pairs),
            });
        let readers = readers.collect();
        Agreement {
            pairs,
            profiles,
            readers,
            waiting,
            note: None,
        }
    }
}

impl Pair {
    /// Whether the verdicts are the same.
    pub fn same_verdict(&self) -> bool {
        self.verdicts[0] == self.verdicts[1]
    }

    /// The lowest Dice coefficient of its objects.
    pub fn least_dice(&self) -> Option<f64> {
        self.objects
            .iter()
            .map(|object| object.dice)
            .reduce(f64::min)
    }

    /// Different verdicts come first, then low Dice coefficients.
    fn compare(&self, other: &Pair) -> std::cmp::Ordering {
        let dice = |pair: &Pair| pair.least_dice().unwrap_or(1.0);
        let verdicts = self.same_verdict().cmp(&other.same_verdict());
        verdicts
            .then_with(|| dice(self).total_cmp(&dice(other)))
            .then_with(|| self.first.cmp(&other.first))
    }

    /// Readers and verdicts in the order of the readers' names.
    fn by_name(&self) -> ([&str; 2], [Verdict; 2]) {
        let [first, second] = self.readers.each_ref().map(String::as_str);
        match first <= second {
            true => ([first, second], self.verdicts),
            false => ([second, first], [self.verdicts[1], self.verdicts[0]]),
        }
    }
}

impl Figures {
    fn of(pairs: &[Verdicts<'_>]) -> Figures {
        let verdicts: Vec<[Verdict; 2]> = pairs.iter().map(|(_, verdicts)| *verdicts).collect();
        let objects = pairs.iter().flat_map(|(pair, _)| &pair.objects);
        let same = verdicts.iter().filter(|[a, b]| a == b).count();
        let same = same as f64 / verdicts.len() as f64;
        Figures {
            pairs: pairs.len() as u64,
            dice: DiceFigures::of(objects.map(|object| object.dice).collect()),
            same_verdict: (!verdicts.is_empty()).then_some(same),
            kappa: kappa(&verdicts),
        }
    }
}

impl DiceFigures {
    fn of(mut values: Vec<f64>) -> Option<DiceFigures> {
        values.sort_by(f64::total_cmp);
        let middle = values.len() / 2;
        let median = match values.len() % 2 {
            0 => (values.get(middle.checked_sub(1)?)? + values.get(middle)?) / 2.0,
            _ => *values.get(middle)?,
        };
        Some(DiceFigures {
            mean: values.iter().sum::<f64>() / values.len() as f64,
            median,
            min: *values.first()?,
        })
    }
}

/// Cohen's kappa of two readers' verdicts on the same cases (J. Cohen, *A coefficient of agreement for
/// nominal scales*, Educational and Psychological Measurement 20, 1960, pages 37 to 46):
///
/// κ = (pₒ − pₑ) / (1 − pₑ)
///
/// pₒ is the share of the cases with equal verdicts, and pₑ the share to be expected by chance: the sum
/// over the verdicts of the product of how often each reader gave it. 1 is full agreement, 0 is
/// agreement by chance, below 0 is worse than chance. It is `None`, not defined, without cases, and where
/// pₑ is 1: both readers gave one and the same verdict throughout, so nothing tells agreement from
/// chance.
pub fn kappa(verdicts: &[[Verdict; 2]]) -> Option<f64> {
    let all = verdicts.len() as u64;
    let count = |reader: usize, verdict: Verdict| {
        let given = verdicts.iter().filter(|pair| pair[reader] == verdict);
        given.count() as u64
    };
    let same = verdicts.iter().filter(|[a, b]| a == b).count() as u64;
    let kinds = [Verdict::Approve, Verdict::Reject, Verdict::Flag];
    // In whole numbers, times the number of cases squared, so that 1 is exactly 1.
    let by_chance: u64 = kinds
        .map(|kind| count(0, kind) * count(1, kind))
        .iter()
        .sum();
    let whole = all * all;
    (by_chance < whole).then(|| {
        let observed = (same * all) as f64;
        (observed - by_chance as f64) / (whole - by_chance) as f64
    })
}

/// The objects that two readings have masks of, with their Dice coefficients. Objects that neither has
/// are left out. Empty if the slices were cut across different axes, or are those of different scans.
pub fn objects(first: &MaskSet, second: &MaskSet) -> Vec<ObjectAgreement> {
    if first.axis != second.axis || first.dims != second.dims {
        return Vec::new();
    }
    let all = first.objects.iter().chain(&second.objects);
    let labels: BTreeSet<Label> = all.map(|object| object.label).collect();
    let compared = labels.into_iter().filter_map(|label| {
        let (a, b) = (first.object(label), second.object(label));
        let name = a.or(b)?.name.clone();
        Some(ObjectAgreement {
            label,
            name,
            dice: dice(a, b)?,
        })
    });
    compared.collect()
}

/// Dice coefficient, `2·|A∩B| / (|A| + |B|)`, of two masks over all slices; `None` if both are empty.
pub fn dice(a: Option<&ObjectMask>, b: Option<&ObjectMask>) -> Option<f64> {
    let voxels = |mask: Option<&ObjectMask>| mask.map_or(0, ObjectMask::voxels);
    let sum = voxels(a) + voxels(b);
    let both = a.zip(b).map_or(0, |(a, b)| {
        let common = a.slices.iter().filter_map(|(index, runs)| {
            let other = b.slices.get(index)?;
            Some(runs.overlap(other))
        });
        common.sum::<u64>()
    });
    (sum > 0).then(|| 2.0 * both as f64 / sum as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{Axis, Dims};
    use crate::mask::Rle;
    use Verdict::{Approve, Flag, Reject};
    use proptest::prelude::*;

    fn label(number: u16) -> Label {
        Label::new(number).unwrap()
    }

    fn pair(readers: [&str; 2], verdicts: [Verdict; 2], dice: &[f64]) -> Pair {
        let objects = dice.iter().zip(1..).map(|(&dice, number)| ObjectAgreement {
            label: label(number),
            name: "o".to_owned(),
            dice,
        });
        Pair {
            first: CaseId(format!("{verdicts:?}{dice:?}")),
            second: CaseId("second".to_owned()),
            name: "a.nii".to_owned(),
            profile: "p".to_owned(),
            readers: readers.map(str::to_owned),
            verdicts,
            objects: objects.collect(),
        }
    }

    /// Twenty yes by both, fifteen no by both, five and ten apart: the textbook's 0.4.
    #[test]
    fn kappa_is_that_of_the_textbook() {
        let mut verdicts = vec![[Approve, Approve]; 20];
        verdicts.extend(vec![[Approve, Reject]; 5]);
        verdicts.extend(vec![[Reject, Approve]; 10]);
        verdicts.extend(vec![[Reject, Reject]; 15]);
        assert!((kappa(&verdicts).unwrap() - 0.4).abs() < 1e-12);
    }

    #[test]
    fn kappa_is_not_defined_where_chance_explains_all() {
        assert_eq!(kappa(&[]), None);
        assert_eq!(kappa(&[[Approve, Approve]; 7]), None);
        assert_eq!(kappa(&[[Approve, Reject]; 7]), Some(0.0));
        let full = [[Approve, Approve], [Reject, Reject], [Flag, Flag]];
        assert_eq!(kappa(&full), Some(1.0));
        assert_eq!(kappa(&[[Approve, Reject], [Reject, Approve]]), Some(-1.0));
    }

    #[test]
    fn the_worst_come_first_and_readers_are_compared_by_name() {
        let pairs = vec![
            pair(["ana", "ben"], [Approve, Approve], &[0.9, 0.7]),
            pair(["ben", "ana"], [Reject, Approve], &[1.0]),
            pair(["ana", "eva"], [Reject, Reject], &[0.5]),
            pair(["ana", "ben"], [Approve, Approve], &[]),
        ];
        let agreement = Agreement::of(pairs, 3);
        let least: Vec<_> = agreement.pairs.iter().map(Pair::least_dice).collect();
        assert_eq!(least, [Some(1.0), Some(0.5), Some(0.7), None]);
        let [profile] = agreement.profiles.as_slice() else {
            panic!("{agreement:?}");
        };
        let dice = profile.figures.dice.unwrap();
        assert_eq!((profile.figures.pairs, dice.min), (4, 0.5));
        assert!((dice.mean - 3.1 / 4.0).abs() < 1e-12 && (dice.median - 0.8).abs() < 1e-12);
        assert_eq!(profile.figures.same_verdict, Some(0.75));
        let [with_ben, with_eva] = agreement.readers.as_slice() else {
            panic!("{agreement:?}");
        };
        assert_eq!(with_ben.readers, ["ana", "ben"]);
        assert_eq!((with_ben.figures.pairs, with_eva.figures.pairs), (3, 1));
        // ana approved all three, ben two of them: no better than chance.
        assert_eq!(with_ben.figures.kappa, Some(0.0));
        assert_eq!(Agreement::of(Vec::new(), 0).profiles, []);
    }

    fn masks(pixels: &[(u16, u32, u64)]) -> MaskSet {
        let mut masks = MaskSet::empty(Dims([4, 4, 3]), Axis::K);
        for &(number, index, length) in pixels {
            masks.set_runs(label(number), "o", index, Rle::from_runs([(2, length)]));
        }
        masks
    }

    #[test]
    fn dice_counts_all_slices_and_objects_that_neither_has_are_left_out() {
        let first = masks(&[(1, 0, 4), (1, 1, 2), (2, 0, 1)]);
        let mut second = masks(&[(1, 0, 2), (3, 2, 1)]);
        second.set_runs(label(4), "empty", 0, Rle::default());
        let found: Vec<_> = objects(&first, &second)
            .into_iter()
            .map(|object| (object.label.get(), object.dice))
            .collect();
        assert_eq!(found, [(1, 0.5), (2, 0.0), (3, 0.0)]);
        let other = MaskSet::empty(Dims([4, 4, 3]), Axis::I);
        assert_eq!(objects(&first, &other), []);
    }

    fn verdict() -> impl Strategy<Value = Verdict> {
        prop::sample::select(vec![Approve, Reject, Flag])
    }

    proptest! {
        #[test]
        fn kappa_is_at_most_1_and_that_only_if_all_agree(
            verdicts in prop::collection::vec([verdict(), verdict()], 0..30),
        ) {
            let swapped: Vec<[Verdict; 2]> = verdicts.iter().map(|[a, b]| [*b, *a]).collect();
            prop_assert_eq!(kappa(&verdicts), kappa(&swapped));
            if let Some(kappa) = kappa(&verdicts) {
                let same = verdicts.iter().all(|[a, b]| a == b);
                prop_assert!((-1.0..=1.0).contains(&kappa), "{}", kappa);
                prop_assert_eq!(kappa == 1.0, same);
            }
        }
    }
}
