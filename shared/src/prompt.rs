//! Prompts: questions of a profile or a person to the model.
//!
//! A profile names objects with boxes and points anywhere in the volume. The model sees one slice at
//! a time: a [`SlicePrompt`], in that slice's pixels.

use crate::geometry::{Axis, Dims, SliceShape};
use crate::place::Place;
use serde::{Deserialize, Serialize};

pub use crate::place::Label;

/// A box on a slice, in pixels, half-open: columns `x0..x1`, rows `y0..y1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SliceBox {
    /// First column.
    pub x0: u32,
    /// First row.
    pub y0: u32,
    /// One past the last column.
    pub x1: u32,
    /// One past the last row.
    pub y1: u32,
}

impl SliceBox {
    /// The box spanned by two corner pixels, both inside it, in any order.
    pub fn spanning(a: (u32, u32), b: (u32, u32)) -> Self {
        SliceBox {
            x0: a.0.min(b.0),
            y0: a.1.min(b.1),
            x1: a.0.max(b.0).saturating_add(1),
            y1: a.1.max(b.1).saturating_add(1),
        }
    }

    /// The box that is `by` pixels larger on each side, cut to a slice of `shape`.
    pub fn enlarged(self, by: u32, shape: SliceShape) -> Self {
        SliceBox {
            x0: self.x0.saturating_sub(by),
            y0: self.y0.saturating_sub(by),
            x1: self.x1.saturating_add(by).min(shape.width),
            y1: self.y1.saturating_add(by).min(shape.height),
        }
    }

    /// The smallest box around both.
    pub fn joined(self, other: SliceBox) -> Self {
        SliceBox {
            x0: self.x0.min(other.x0),
            y0: self.y0.min(other.y0),
            x1: self.x1.max(other.x1),
            y1: self.y1.max(other.y1),
        }
    }

    /// What two boxes have in common.
    pub fn common(self, other: SliceBox) -> Option<Self> {
        let common = SliceBox {
            x0: self.x0.max(other.x0),
            y0: self.y0.max(other.y0),
            x1: self.x1.min(other.x1),
            y1: self.y1.min(other.y1),
        };
        (common.x0 < common.x1 && common.y0 < common.y1).then_some(common)
    }

    /// The first voxel, and one past the last one, of this rectangle on the slices `first` to `last`
    /// across `axis`.
    pub fn in_volume(self, axis: Axis, (first, last): (u32, u32)) -> [[u32; 3]; 2] {
        let (columns, rows) = axis.in_plane();
        let corner = |x, y, along| {
            let mut voxel = [0; 3];
            for (of, at) in [(columns, x), (rows, y), (axis, along)] {
                voxel[of.index()] = at;
            }
            voxel
        };
        [
            corner(self.x0, self.y0, first),
            corner(self.x1, self.y1, last.saturating_add(1)),
        ]
    }

    /// Whether it has a pixel and lies wholly inside a slice of `shape`.
    pub fn fits(&self, shape: SliceShape) -> bool {
        self.x0 < self.x1 && self.y0 < self.y1 && self.x1 <= shape.width && self.y1 <= shape.height
    }
}

/// A point on a slice, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlicePoint {
    /// Column.
    pub x: u32,
    /// Row.
    pub y: u32,
    /// Whether the object is here (or, if not, is not here).
    pub positive: bool,
}

/// Everything asked about one object on one slice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlicePrompt {
    /// The object.
    pub label: Label,
    /// Index of the slice along the case's slice axis.
    pub index: u32,
    /// Where the object is.
    #[serde(default, rename = "box", skip_serializing_if = "Option::is_none")]
    pub bbox: Option<SliceBox>,
    /// Pixels that do or do not belong to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub points: Vec<SlicePoint>,
}

/// A box in the volume around an object, in voxels i, j, k, half-open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VolumeBox {
    /// The object.
    pub label: Label,
    /// Its first voxel.
    pub min: [u32; 3],
    /// One past its last voxel along each axis.
    pub max: [u32; 3],
}

impl VolumeBox {
    /// Checks boxes for a volume of `dims` that is sliced along `axis`: each lies in it, and no two of an
    /// object share a slice.
    pub fn check_all(boxes: &[VolumeBox], dims: Dims, axis: Axis) -> Result<(), PromptError> {
        for (at, bbox) in boxes.iter().enumerate() {
            let VolumeBox { label, min, max } = *bbox;
            if (0..3).any(|i| min[i] >= max[i] || max[i] > dims.0[i]) {
                return Err(PromptError::VolumeBoxOutside { bbox: *bbox, dims });
            }
            let k = axis.index();
            let mut others = boxes[..at].iter().filter(|other| other.label == label);
            if let Some(other) = others.find(|o| o.min[k] < max[k] && min[k] < o.max[k]) {
                return Err(PromptError::TwoBoxes {
                    label,
                    index: min[k].max(other.min[k]),
                });
            }
        }
        Ok(())
    }
}

/// Why a prompt cannot be used on a slice.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PromptError {
    /// Neither box nor point.
    #[error("the prompt for object {label} on slice {index} has neither a box nor a point")]
    Empty {
        /// The object.
        label: Label,
        /// The slice.
        index: u32,
    },
    /// The slice does not exist.
    #[error(
        "slice {index} does not exist: the scan has {count} slices along {axis}, counted from 0"
    )]
    NoSuchSlice {
        /// What was asked for.
        index: u32,
        /// What there is.
        count: u32,
        /// Along which axis.
        axis: Axis,
    },
    /// The box is empty or reaches outside the slice.
    #[error(
        "the box x {}..{}, y {}..{} of object {label} is empty or outside slice {index}, which is {}×{} pixels",
        .bbox.x0, .bbox.x1, .bbox.y0, .bbox.y1, .shape.width, .shape.height
    )]
    BoxOutside {
        /// The object.
        label: Label,
        /// The slice.
        index: u32,
        /// The box.
        bbox: SliceBox,
        /// Size of the slice.
        shape: SliceShape,
    },
    /// A point lies outside the slice.
    #[error(
        "the point ({}, {}) of object {label} is outside slice {index}, which is {}×{} pixels",
        .point.x, .point.y, .shape.width, .shape.height
    )]
    PointOutside {
        /// The object.
        label: Label,
        /// The slice.
        index: u32,
        /// The point.
        point: SlicePoint,
        /// Size of the slice.
        shape: SliceShape,
    },
    /// A box in the volume is empty or reaches outside.
    #[error(
        "the box i {}..{}, j {}..{}, k {}..{} of object {} is empty or outside the scan, which is {dims} voxels",
        .bbox.min[0], .bbox.max[0], .bbox.min[1], .bbox.max[1], .bbox.min[2], .bbox.max[2], .bbox.label
    )]
    VolumeBoxOutside {
        /// The box.
        bbox: VolumeBox,
        /// Size of the scan.
        dims: Dims,
    },
    /// Two boxes of an object share a slice.
    #[error("two boxes of object {label} are on slice {index}; an object has one box on a slice")]
    TwoBoxes {
        /// The object.
        label: Label,
        /// The first such slice.
        index: u32,
    },
}

impl SlicePrompt {
    /// A prompt with neither box nor point.
    pub const fn nothing(place: Place) -> Self {
        SlicePrompt {
            label: place.label,
            index: place.index,
            bbox: None,
            points: Vec::new(),
        }
    }

    /// Whether it has neither box nor point.
    pub const fn is_empty(&self) -> bool {
        self.bbox.is_none() && self.points.is_empty()
    }

    /// Whether it has only points that are not on the object: without a mask to take something away
    /// from, they say nothing.
    pub fn only_takes_away(&self) -> bool {
        self.bbox.is_none() && !self.points.is_empty() && self.points.iter().all(|p| !p.positive)
    }

    /// Which object it is about, on which slice.
    pub const fn place(&self) -> Place {
        Place::new(self.label, self.index)
    }

    /// Checks that the prompt asks something, about pixels that exist in a volume of `dims`
    /// sliced along `axis`.
    pub fn check(&self, dims: Dims, axis: Axis) -> Result<(), PromptError> {
        let (index, count) = (self.index, dims.along(axis));
        if index >= count {
            return Err(PromptError::NoSuchSlice { index, count, axis });
        }
        self.check_pixels(dims.slice_shape(axis))
    }

    /// Checks that the prompt asks something, about pixels of a slice of `shape`.
    pub fn check_pixels(&self, shape: SliceShape) -> Result<(), PromptError> {
        let (label, index) = (self.label, self.index);
        if self.is_empty() {
            return Err(PromptError::Empty { label, index });
        }
        if let Some(bbox) = self.bbox
            && !bbox.fits(shape)
        {
            return Err(PromptError::BoxOutside {
                label,
                index,
                bbox,
                shape,
            });
        }
        let outside = |p: &&SlicePoint| p.x >= shape.width || p.y >= shape.height;
        match self.points.iter().find(outside) {
            Some(&point) => Err(PromptError::PointOutside {
                label,
                index,
                point,
                shape,
            }),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label() -> Label {
        Label::new(1).unwrap()
    }

    #[test]
    fn prompts_that_miss_the_slice_are_refused_with_the_numbers() {
        let dims = Dims([32, 16, 4]);
        let base = SlicePrompt {
            label: label(),
            index: 3,
            bbox: Some(SliceBox {
                x0: 0,
                y0: 0,
                x1: 32,
                y1: 16,
            }),
            points: vec![],
        };
        assert_eq!(base.check(dims, Axis::K), Ok(()));
        let slice = SlicePrompt {
            index: 4,
            ..base.clone()
        };
        assert!(
            slice
                .check(dims, Axis::K)
                .unwrap_err()
                .to_string()
                .contains("4 slices along k")
        );
        let outside = SlicePrompt {
            bbox: Some(SliceBox {
                x0: 0,
                y0: 0,
                x1: 33,
                y1: 16,
            }),
            ..base.clone()
        };
        assert!(
            outside
                .check(dims, Axis::K)
                .unwrap_err()
                .to_string()
                .contains("x 0..33")
        );
        let empty = SlicePrompt {
            bbox: None,
            ..base.clone()
        };
        assert!(matches!(
            empty.check(dims, Axis::K),
            Err(PromptError::Empty { .. })
        ));
        let point = SlicePoint {
            x: 3,
            y: 16,
            positive: true,
        };
        let point = SlicePrompt {
            points: vec![point],
            ..base
        };
        assert!(matches!(
            point.check(dims, Axis::K),
            Err(PromptError::PointOutside { .. })
        ));
    }

    #[test]
    fn a_box_is_enlarged_up_to_the_edges_of_its_slice() {
        let shape = SliceShape {
            width: 32,
            height: 16,
        };
        let bbox = SliceBox::spanning((1, 6), (9, 14));
        let larger = |by| {
            let b = bbox.enlarged(by, shape);
            [b.x0, b.y0, b.x1, b.y1]
        };
        assert_eq!(larger(0), [1, 6, 10, 15]);
        assert_eq!(larger(3), [0, 3, 13, 16]);
        assert_eq!(larger(u32::MAX), [0, 0, 32, 16]);
    }

    #[test]
    fn two_corners_span_a_box_in_any_order() {
        let b = SliceBox::spanning((9, 2), (4, 7));
        assert_eq!(
            b,
            SliceBox {
                x0: 4,
                y0: 2,
                x1: 10,
                y1: 8
            }
        );
        assert_eq!(SliceBox::spanning((4, 7), (9, 2)), b);
    }

    #[test]
    fn label_zero_cannot_be_written() {
        let text = r#"{"label":0,"index":1,"points":[]}"#;
        assert!(serde_json::from_str::<SlicePrompt>(text).is_err());
    }
}
