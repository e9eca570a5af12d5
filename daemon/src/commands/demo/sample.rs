//! The sample: a CT of a lung tumour with the outline that an expert drew.
//!
//! It is lung2 of pyradiomics' test data, cropped; see `tests/data/README.md`.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

/// The scan, gzipped NIfTI.
const SCAN: &[u8] = include_bytes!("../../../../tests/data/ct_lung.nii.gz");

/// The expert's label map on the same grid.
pub const EXPERT: &[u8] = include_bytes!("../../../../tests/data/ct_lung_label.nii.gz");

/// Name under which the scan comes into the watched folder.
pub const NAME: &str = "ct_lung.nii.gz";

/// Pieces in which it is copied, and the pause between them.
const PIECES: usize = 12;
const PAUSE: Duration = Duration::from_millis(150);

/// The object to segment.
pub struct Target {
    pub label: u16,
    pub name: &'static str,
    /// Tight box around the expert's outline, in voxels, half-open.
    pub min: [u32; 3],
    pub max: [u32; 3],
}

/// The tumour.
pub const TARGET: Target = Target {
    label: 1,
    name: "tumour",
    min: [318, 333, 5],
    max: [405, 399, 16],
};

/// Copies the scan as an exporter does: slowly, under its final name.
pub fn export(folder: &Path) -> std::io::Result<()> {
    let mut file = File::create(folder.join(NAME))?;
    for piece in SCAN.chunks(SCAN.len().div_ceil(PIECES)) {
        file.write_all(piece)?;
        std::thread::sleep(PAUSE);
    }
    Ok(())
}
