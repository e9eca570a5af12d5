//! How found masks are compared with the truth: a file for each metric, and a line in [`METRICS`].
//!
//! Tables, means and JSON take all metrics from there; the first one also ranks results.

mod dice;
mod hd95;
mod nsd;
mod surface;

pub use surface::Surfaces;

use medicosam_shared::geometry::{Affine, Axis, Dims, SliceShape};
use medicosam_shared::mask::Rle;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;

/// What surfaces count as the same, in mm, unless something else is asked for: the challenges'.
pub const TOLERANCE_MM: f64 = 2.0;

/// Where masks lie, and how finely they are compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Space {
    /// Size of the slices.
    pub shape: SliceShape,
    /// Distance in mm of neighbouring voxels along slices, rows and columns.
    pub spacing: [f64; 3],
    /// Whether outlines on one slice are compared instead of surfaces: an object on a single slice has no
    /// upper and lower face.
    pub flat: bool,
    /// Surfaces count as the same up to this distance in mm.
    pub tolerance_mm: f64,
}

impl Space {
    /// The space of a scan cut across `axis`.
    pub fn of_scan(dims: Dims, axis: Axis, affine: &Affine, tolerance_mm: f64) -> Self {
        let (columns, rows) = axis.in_plane();
        let spacing = affine.spacing();
        Space {
            shape: dims.slice_shape(axis),
            spacing: [axis, rows, columns].map(|axis| spacing[axis.index()]),
            flat: dims.along(axis) == 1,
            tolerance_mm,
        }
    }

    /// The same for a mask on a single slice.
    pub fn of_slice(self) -> Self {
        Space { flat: true, ..self }
    }
}

/// An object in truth and as it was found, by slice. A slice without an entry has nothing of it.
#[derive(Debug, Clone)]
pub struct Compared {
    /// The truth.
    pub truth: BTreeMap<u32, Rle>,
    /// The result.
    pub found: BTreeMap<u32, Rle>,
    /// Where both lie.
    pub space: Space,
}

/// A measure of how much a result is like the truth.
#[derive(Debug, Clone, Copy)]
pub struct Metric {
    /// Its name in JSON.
    pub name: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// Its unit; empty for a share from 0 to 1.
    pub unit: &'static str,
    /// Computes it; `None` where it is not defined.
    pub of: fn(&Compared, &Surfaces) -> Option<f64>,
}

impl Metric {
    /// A value in words.
    pub fn text(&self, value: Option<f64>) -> String {
        match (value, self.unit) {
            (None, _) => "-".to_owned(),
            (Some(share), "") => format!("{share:.3}"),
            (Some(value), unit) => format!("{value:.1} {unit}"),
        }
    }
}

/// All metrics.
pub const METRICS: [Metric; 3] = [
    Metric {
        name: "dice",
        title: "Dice",
        unit: "",
        of: dice::dice,
    },
    Metric {
        name: "nsd",
        title: "NSD",
        unit: "",
        of: nsd::nsd,
    },
    Metric {
        name: "hd95_mm",
        title: "HD95",
        unit: "mm",
        of: hd95::hd95,
    },
];

/// A value for each of [`METRICS`], where it is defined; a field for each in JSON.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scores<T = Option<f64>>(pub [T; METRICS.len()]);

impl Scores {
    /// All metrics of a result.
    pub fn of(compared: &Compared) -> Self {
        let surfaces = Surfaces::between(compared);
        Scores(METRICS.map(|metric| (metric.of)(compared, &surfaces)))
    }

    /// The first metric, which ranks results.
    pub fn first(&self) -> f64 {
        let [first, ..] = self.0;
        first.unwrap_or(0.0)
    }

    /// The mean of each metric over the results that have it.
    pub fn mean(of: &[Scores]) -> Scores {
        Scores(std::array::from_fn(|at| {
            let values: Vec<f64> = of.iter().filter_map(|scores| scores.0[at]).collect();
            (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
        }))
    }
}

/// Dice and NSD alone.
pub fn dice_and_nsd(compared: &Compared) -> (f64, f64) {
    let surfaces = Surfaces::between(compared);
    let value = |of: fn(&Compared, &Surfaces) -> Option<f64>| of(compared, &surfaces);
    let both = (value(dice::dice), value(nsd::nsd));
    (both.0.unwrap_or(0.0), both.1.unwrap_or(0.0))
}

impl<T> Scores<T> {
    /// The metrics with their values.
    pub fn iter(&self) -> impl Iterator<Item = (Metric, &T)> {
        METRICS.into_iter().zip(&self.0)
    }
}

/// The scores after each of several rounds, as a list for each metric.
pub fn by_round(rounds: &[Scores]) -> Scores<Vec<Option<f64>>> {
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
pub(super) mod tests {
    use super::*;
    use medicosam_shared::mask::SliceMask;
    use std::ops::Range;

    pub const SHAPE: SliceShape = SliceShape {
        width: 32,
        height: 16,
    };

    /// Slices of 32 × 16 voxels with this spacing along slices, rows and columns.
    pub fn space(spacing: [f64; 3]) -> Space {
        Space {
            shape: SHAPE,
            spacing,
            flat: false,
            tolerance_mm: TOLERANCE_MM,
        }
    }

    /// Rows 4 to 9 of these slices and columns.
    pub fn cube(slices: Range<u32>, columns: Range<u32>) -> BTreeMap<u32, Rle> {
        let mask = SliceMask::from_fn(SHAPE, |x, y| columns.contains(&x) && (4..10).contains(&y));
        slices.map(|index| (index, mask.to_rle())).collect()
    }

    #[test]
    fn each_metric_is_a_field_in_json() {
        let scores = |dice| Scores([Some(dice), Some(0.25), None]);
        let one = serde_json::to_string(&scores(0.5)).unwrap();
        assert_eq!(one, r#"{"dice":0.5,"nsd":0.25,"hd95_mm":null}"#);
        let rounds = by_round(&[scores(0.5), scores(0.75)]);
        let all = serde_json::to_string(&rounds).unwrap();
        assert_eq!(
            all,
            r#"{"dice":[0.5,0.75],"nsd":[0.25,0.25],"hd95_mm":[null,null]}"#
        );
    }

    #[test]
    fn a_mean_is_that_of_the_results_that_have_a_value() {
        let with = Scores([Some(0.5), Some(1.0), Some(4.0)]);
        let without = Scores([Some(0.0), Some(0.0), None]);
        assert_eq!(
            Scores::mean(&[with, without]),
            Scores([Some(0.25), Some(0.5), Some(4.0)])
        );
        assert_eq!(Scores::mean(&[]), Scores([None; 3]));
    }

    #[test]
    fn the_spacing_follows_the_axes_of_the_slices() {
        let affine = Affine::from_spacing([1.0, 2.0, 3.0]);
        let space = |axis| Space::of_scan(Dims([7, 8, 9]), axis, &affine, 2.0).spacing;
        assert_eq!(space(Axis::K), [3.0, 2.0, 1.0]);
        assert_eq!(space(Axis::I), [1.0, 3.0, 2.0]);
        assert!(Space::of_scan(Dims([7, 8, 1]), Axis::K, &affine, 2.0).flat);
    }
}
