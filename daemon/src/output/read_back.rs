//! Results read back, to make a store of them again.

use super::names::{LABEL_MAP, LABEL_TABLE, PICTURE_LABEL_MAP, PROVENANCE};
use super::records::{self, Review};
use crate::scan::{LabelMap, ScanError};
use medicosam_shared::geometry::Dims;
use medicosam_shared::mask::MaskSet;
use medicosam_shared::provenance::{OutputFiles, Provenance};
use std::io;
use std::path::{Path, PathBuf};

/// A result as it lies in an output folder.
#[derive(Debug, Clone)]
pub struct ResultOnDisk {
    /// How it came about.
    pub provenance: Provenance,
    /// The decision on it, if it is the label map that was decided on.
    pub review: Option<Review>,
    /// Whether there is a decision on another label map than the one that lies there.
    pub was_edited: bool,
    /// Its masks. Where objects overlapped, the label map has the highest only.
    pub masks: MaskSet,
    /// Its files.
    pub files: OutputFiles,
    /// Folder and stem of its files.
    pub place: PathBuf,
}

/// Why a result cannot be read back.
#[derive(Debug, thiserror::Error)]
pub enum ReadBackError {
    /// Its record cannot be read.
    #[error("its record cannot be read: {0}")]
    Record(#[from] io::Error),
    /// There is no label map.
    #[error("its label map is not there")]
    NoLabelMap,
    /// The label map cannot be read.
    #[error(transparent)]
    LabelMap(#[from] ScanError),
    /// The label map is of another scan.
    #[error("its label map has {label_map} voxels, but the scan had {scan}")]
    OtherDims {
        /// Size of the label map.
        label_map: Dims,
        /// Size of the scan.
        scan: Dims,
    },
}

/// Whether a file's name is that of a record beside a result.
pub fn is_record(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.ends_with(PROVENANCE) && !name.starts_with('.')
}

/// The result whose record this is; `None` if another program wrote the file.
pub fn read_back(record: &Path) -> Result<Option<ResultOnDisk>, ReadBackError> {
    let Some((provenance, review)) = records::read_all(record)? else {
        return Ok(None);
    };
    let name = record.file_name().unwrap_or_default().to_string_lossy();
    let stem = name.strip_suffix(PROVENANCE).unwrap_or(&name);
    let beside = |ending: &str| record.with_file_name(format!("{stem}{ending}"));
    let label_map = [LABEL_MAP, PICTURE_LABEL_MAP].map(beside);
    let label_map = label_map.into_iter().find(|path| path.is_file());
    let label_map = label_map.ok_or(ReadBackError::NoLabelMap)?;
    let map = LabelMap::read(&label_map)?;
    let (found, scan) = (map.info.dims, provenance.scan.info.dims);
    if found != scan {
        return Err(ReadBackError::OtherDims {
            label_map: found,
            scan,
        });
    }
    let is_map = |review: &Review| {
        let decided_on = review.label_map.as_ref();
        decided_on.is_none_or(|sha256| *sha256 == map.sha256)
    };
    let was_edited = review.as_ref().is_some_and(|review| !is_map(review));
    let folder = record.parent().unwrap_or(Path::new(""));
    let name = |path: &Path| {
        let name = path.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    };
    let names = [&label_map, &record.to_owned(), &beside(LABEL_TABLE)].map(|path| name(path));
    let names = names.each_ref().map(String::as_str);
    Ok(Some(ResultOnDisk {
        masks: masks(&map, &provenance),
        review: review.filter(|_| !was_edited),
        was_edited,
        files: OutputFiles::in_folder(folder, names, Some(map.sha256)),
        place: beside(""),
        provenance,
    }))
}

/// The masks that a label map shows, with the names that the objects had.
fn masks(map: &LabelMap, provenance: &Provenance) -> MaskSet {
    let mut masks = MaskSet::empty(map.info.dims, provenance.axis);
    for object in &provenance.objects {
        masks.set_runs(object.label, &object.name, 0, Default::default());
    }
    for (place, mask) in map.masks(provenance.axis, |_| true) {
        let label = place.label;
        let known = masks.object(label).map(|object| object.name.clone());
        let name = known.unwrap_or_else(|| label.to_string());
        masks.set_runs(label, &name, place.index, mask.to_rle());
    }
    masks
}
