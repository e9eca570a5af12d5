//! Results on the disk: label map, provenance and label table, whole or not at all.
//!
//! | File | What |
//! |---|---|
//! | `<stem>_dseg.nii.gz` | label map over the scan: same size, same geometry |
//! | `<stem>_dseg.png` | instead of it, for a scan that is a picture |
//! | `<stem>_dseg.json` | how it came about |
//! | `<stem>_dseg.tsv` | index, name and volume of each object |
//!
//! All three are written under temporary names and forced to the disk first; then they are
//! renamed, the label map last, and the folder is forced to the disk. So a new label map
//! never appears without its records, a power cut leaves the old results or the new ones,
//! and when [`write`] returns they are durable.

mod change;
mod compare;
mod error;
mod label_map;
mod names;
mod picture;
mod read_back;
mod records;
mod relocate;
mod review;
mod staged;

#[cfg(test)]
mod tests;

pub use change::Change;
pub use compare::{Known, Written, refuse_changed};
pub use error::{OutputError, OutputProblem};
pub use names::{is_output, stem};
pub use read_back::{ReadBackError, ResultOnDisk, is_record, read_back};
pub use records::Review;
pub use relocate::{Relocated, place_of, relocate};
pub use review::{Recorded, write_review};
pub use staged::sweep;

use crate::digest::Hashed;
use crate::scan::{Geometry, Header};
use medicosam_shared::mask::MaskSet;
use medicosam_shared::provenance::{OutputFiles, Provenance};
use names::{LABEL_TABLE, PROVENANCE};
use staged::{Staged, make_folder, sync_folder};
use std::io::Write as _;
use std::path::Path;
use std::thread;

/// Writes the results for `scan` into `folder` (made, with its parents, if it is not there) under
/// the names that begin with `stem`, in place of earlier results of the same name.
///
/// Files of these names that this program did not write are never replaced. Voxels are uint8 if all labels fit, uint16 if not.
/// The same arguments give the same bytes.
pub fn write(
    folder: &Path,
    stem: &str,
    scan: &Header,
    masks: &MaskSet,
    provenance: &Provenance,
) -> Result<OutputFiles, OutputError> {
    const MAKING: &str = "making the results of";
    let scan_info = scan.info();
    let map_ending = names::label_map(scan.geometry());
    let names = [PROVENANCE, LABEL_TABLE, map_ending].map(|ending| format!("{stem}{ending}"));
    let [provenance_name, table_name, map_name] = &names;
    let map_path = folder.join(map_name);

    if masks.dims != scan_info.dims {
        let problem = OutputProblem::OtherDims {
            masks: masks.dims,
            scan: scan_info.dims,
        };
        return Err(OutputError::new(MAKING, &map_path, problem));
    }
    let labels = masks
        .label_map()
        .map_err(|e| OutputError::new(MAKING, &map_path, e))?;
    let highest = masks.objects.iter().map(|o| o.label.get()).max();
    let highest = highest.unwrap_or(0);
    let record = records::provenance(provenance, None)
        .map_err(|e| OutputError::new(MAKING, &folder.join(provenance_name), e))?;
    let table = records::label_table(masks, scan_info, provenance);

    make_folder(folder)?;
    refuse_to_replace_others(folder, &names)?;
    let mut sha256 = None;
    // At the same time, because most of the time goes into forcing them to the disk.
    let staged = thread::scope(|scope| {
        let text = |name, text: String| {
            scope.spawn(move || Staged::write(folder, name, |out| out.write_all(text.as_bytes())))
        };
        let record = text(provenance_name, record);
        let table = text(table_name, table);
        let map = Staged::write(folder, map_name, |out| {
            let mut out = Hashed::new(out);
            match scan.geometry() {
                Geometry::Space(space) => {
                    let header = label_map::header(space, scan_info.dims, highest);
                    label_map::write(&mut out, &header, &labels)?;
                }
                Geometry::Picture => picture::write(&mut out, scan_info.dims, highest, &labels)?,
            }
            sha256 = Some(out.finish());
            Ok(())
        });
        [joined(record), joined(table), map]
    });
    let [record, table, map] = staged;
    for file in [record?, table?, map?] {
        file.rename()?;
    }
    sync_folder(folder)?;
    let names = [map_name, provenance_name, table_name].map(String::as_str);
    Ok(OutputFiles::in_folder(folder, names, sha256))
}

/// What a thread returned; if it panicked, so does this one.
fn joined<T>(thread: thread::ScopedJoinHandle<'_, T>) -> T {
    thread
        .join()
        .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// A person's own segmentation may carry the very name that ours would get.
///
/// A whole result is ours if its record is; the record is the first of the three to be written.
fn refuse_to_replace_others(folder: &Path, names: &[String; 3]) -> Result<(), OutputError> {
    let [record, ..] = names;
    let is_ours = || records::read(&folder.join(record)).is_ok_and(|record| record.is_some());
    for name in names {
        let path = folder.join(name);
        match path.symlink_metadata() {
            // Looked at after the file was found: earlier results of the case may be arriving there.
            Ok(_) if is_ours() => return Ok(()),
            Ok(_) => return Err(OutputError::new("replacing", &path, OutputProblem::NotOurs)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(OutputError::new("looking at", &path, error)),
        }
    }
    Ok(())
}
