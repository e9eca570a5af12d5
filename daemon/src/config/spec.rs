//! Boxes and points as people write them, in a profile (TOML) and in a sidecar (JSON) alike.

use serde::Deserialize;
use std::fmt;

/// The unit of a place in the volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Space {
    /// Voxel indices i, j, k.
    #[default]
    Voxel,
    /// World millimetres, RAS+, through the scan's affine.
    Mm,
    /// Fractions of the volume along i, j, k, from 0 to 1.
    Fraction,
}

impl Space {
    /// Its name in messages.
    pub fn name(self) -> &'static str {
        match self {
            Space::Voxel => "voxels",
            Space::Mm => "mm",
            Space::Fraction => "fractions",
        }
    }
}

/// A box as written. In voxels and fractions `min` is inside and `max` is not.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(try_from = "WrittenBox")]
pub struct BoxSpec {
    /// Its unit.
    pub space: Space,
    /// Its corners.
    pub extent: Extent,
}

/// The part of the volume that a box covers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Extent {
    /// A part of the volume.
    Volume {
        /// Lower corner: i, j, k, or x, y, z in mm.
        min: [f64; 3],
        /// Upper corner.
        max: [f64; 3],
    },
    /// A part of one slice of the profile's plane; never in mm.
    Slice {
        /// The slice.
        slice: f64,
        /// First column and row.
        min: [f64; 2],
        /// End of the columns and rows.
        max: [f64; 2],
    },
}

/// A point as written.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(try_from = "WrittenPoint")]
pub struct PointSpec {
    /// Its unit.
    pub space: Space,
    /// Its place.
    pub at: At,
    /// Whether it lies in the object, or outside.
    pub positive: bool,
}

/// The place of a point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum At {
    /// In the volume: i, j, k, or x, y, z in mm.
    Volume([f64; 3]),
    /// On a slice of the profile's plane; never in mm.
    Slice {
        /// The slice.
        slice: f64,
        /// Column and row.
        at: [f64; 2],
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenBox {
    #[serde(default)]
    space: Space,
    slice: Option<f64>,
    min: Vec<f64>,
    max: Vec<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenPoint {
    #[serde(default)]
    space: Space,
    slice: Option<f64>,
    at: Vec<f64>,
    #[serde(default = "yes")]
    positive: bool,
}

fn yes() -> bool {
    true
}

/// The message about too many or too few numbers.
fn miscounted(what: &str, slice: Option<f64>, numbers: &[f64]) -> String {
    match slice {
        None => format!(
            "{what} has {} numbers {numbers:?}; it needs three, or two and the key `slice`",
            numbers.len()
        ),
        Some(slice) => format!(
            "{what} on slice {slice} has {} numbers {numbers:?}; it needs two, column and row",
            numbers.len()
        ),
    }
}

/// `slice` counts in voxels or fractions. A place in mm has none.
fn check_space(what: &str, space: Space, slice: Option<f64>) -> Result<(), String> {
    match (space, slice) {
        (Space::Mm, Some(_)) => Err(format!(
            "{what} in mm cannot have `slice`; give three numbers, the same ones across the slice"
        )),
        _ => Ok(()),
    }
}

impl TryFrom<WrittenBox> for BoxSpec {
    type Error = String;

    fn try_from(written: WrittenBox) -> Result<Self, String> {
        let WrittenBox {
            space,
            slice,
            min,
            max,
        } = written;
        check_space("a box", space, slice)?;
        let extent = match (slice, &*min, &*max) {
            (None, &[a, b, c], &[d, e, f]) => Extent::Volume {
                min: [a, b, c],
                max: [d, e, f],
            },
            (Some(slice), &[a, b], &[c, d]) => Extent::Slice {
                slice,
                min: [a, b],
                max: [c, d],
            },
            _ => return Err(miscounted("a box", slice, &[min, max].concat())),
        };
        Ok(BoxSpec { space, extent })
    }
}

impl TryFrom<WrittenPoint> for PointSpec {
    type Error = String;

    fn try_from(written: WrittenPoint) -> Result<Self, String> {
        let WrittenPoint {
            space,
            slice,
            at,
            positive,
        } = written;
        check_space("a point", space, slice)?;
        let at = match (slice, &*at) {
            (None, &[a, b, c]) => At::Volume([a, b, c]),
            (Some(slice), &[a, b]) => At::Slice { slice, at: [a, b] },
            _ => return Err(miscounted("a point", slice, &at)),
        };
        Ok(PointSpec {
            space,
            at,
            positive,
        })
    }
}

impl BoxSpec {
    /// Its slice, if it is on one, and its lower and upper corner.
    pub(super) fn numbers(&self) -> (Option<f64>, Vec<f64>, Vec<f64>) {
        match self.extent {
            Extent::Volume { min, max } => (None, min.to_vec(), max.to_vec()),
            Extent::Slice { slice, min, max } => (Some(slice), min.to_vec(), max.to_vec()),
        }
    }
}

impl fmt::Display for BoxSpec {
    /// Its numbers, for messages.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (slice, min, max) = self.numbers();
        write!(f, "{min:?} to {max:?}")?;
        if let Some(slice) = slice {
            write!(f, " on slice {slice}")?;
        }
        write!(f, " ({})", self.space.name())
    }
}

impl PointSpec {
    /// Its slice, if it is on one, and its coordinates.
    pub(super) fn numbers(&self) -> (Option<f64>, Vec<f64>) {
        match self.at {
            At::Volume(at) => (None, at.to_vec()),
            At::Slice { slice, at } => (Some(slice), at.to_vec()),
        }
    }
}

impl fmt::Display for PointSpec {
    /// Its numbers, for messages.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (slice, at) = self.numbers();
        write!(f, "{at:?}")?;
        if let Some(slice) = slice {
            write!(f, " on slice {slice}")?;
        }
        write!(f, " ({})", self.space.name())
    }
}
