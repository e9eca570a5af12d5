//! Label maps: which object each voxel belongs to.

use super::{Loaded, ScanError, Source, Volume};
use medicosam_shared::geometry::Axis;
use medicosam_shared::mask::SliceMask;
use medicosam_shared::place::Place;
use medicosam_shared::prompt::Label;
use medicosam_shared::provenance::ScanInfo;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A label map with its geometry.
#[derive(Debug, Clone)]
pub struct LabelMap {
    /// Size and affine.
    pub info: ScanInfo,
    /// SHA-256 of the file's bytes, in hex.
    pub sha256: String,
    /// Labels in file order, `i` fastest; 0 is the background.
    pub voxels: Vec<u16>,
}

impl LabelMap {
    /// The label map at `path`: every voxel must be a whole number from 0 to 65535, whatever its
    /// type.
    pub fn read(path: &Path) -> Result<LabelMap, ScanError> {
        let Loaded { volume, sha256 } = Volume::read(&Source::find(path)?)?;
        let voxels = volume
            .to_labels()
            .map_err(|problem| ScanError::new("reading labels from", path, problem))?;
        Ok(LabelMap {
            info: volume.info().clone(),
            sha256,
            voxels,
        })
    }

    /// The labels that there are, without the background.
    pub fn labels(&self) -> BTreeSet<Label> {
        self.voxels.iter().filter_map(|&v| Label::new(v)).collect()
    }

    /// The mask of each object on each slice across `axis` that has any of it, for the labels that
    /// are `wanted`.
    pub fn masks(&self, axis: Axis, wanted: impl Fn(Label) -> bool) -> BTreeMap<Place, SliceMask> {
        let dims = self.info.dims;
        let shape = dims.slice_shape(axis);
        let [ni, nj, _] = dims.0.map(|n| n as usize);
        let mut masks = BTreeMap::new();
        for index in 0..dims.along(axis) {
            let at = |x, y| {
                let [i, j, k] = axis.voxel(index, x, y).map(|v| v as usize);
                self.voxels[i + ni * (j + nj * k)]
            };
            let mut found = BTreeSet::new();
            for y in 0..shape.height {
                for x in 0..shape.width {
                    found.extend(Label::new(at(x, y)));
                }
            }
            for label in found.into_iter().filter(|&label| wanted(label)) {
                let mask = SliceMask::from_fn(shape, |x, y| at(x, y) == label.get());
                masks.insert(Place::new(label, index), mask);
            }
        }
        masks
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use medicosam_shared::geometry::{Affine, Dims};

    #[test]
    fn each_label_has_its_mask_on_each_slice_of_any_axis() {
        let dims = [4, 3, 2];
        let mut map = LabelMap {
            info: ScanInfo {
                dims: Dims(dims),
                affine: Affine::from_spacing([1.0; 3]),
                voxel_type: "uint8".into(),
                picture: false,
                notes: vec![],
            },
            sha256: String::new(),
            voxels: vec![0; 24],
        };
        // Label 7 at (1, 2, 0) and (2, 2, 1), label 9 at (3, 0, 1).
        for ([i, j, k], label) in [([1, 2, 0], 7), ([2, 2, 1], 7), ([3, 0, 1], 9)] {
            map.voxels[i + 4 * (j + 3 * k)] = label;
        }
        let label = |n| Label::new(n).unwrap();
        assert_eq!(map.labels(), [label(7), label(9)].into());
        let k = map.masks(Axis::K, |_| true);
        let places: Vec<_> = k.keys().map(|p| (p.label.get(), p.index)).collect();
        assert_eq!(places, [(7, 0), (7, 1), (9, 1)]);
        assert!(k[&Place::new(label(7), 1)].get(2, 2));
        let j = map.masks(Axis::J, |l| l == label(7));
        assert_eq!(j.len(), 1);
        assert_eq!(j[&Place::new(label(7), 2)].area(), 2);
    }
}
