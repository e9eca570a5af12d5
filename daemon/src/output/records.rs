//! The records beside a label map: provenance (JSON) and label table (TSV), as BIDS has them.

use jiff::Timestamp;
use medicosam_shared::case::{CaseState, RevisionNumber};
use medicosam_shared::mask::MaskSet;
use medicosam_shared::provenance::{Provenance, ScanInfo, StoreRecord};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt::Write as _;
use std::io;
use std::path::Path;

/// The name by which a record says that this program wrote it.
const PROGRAM: &str = "medicosam";

/// A decision that stands, as the record of a result has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// Approved, rejected or flagged.
    pub state: CaseState,
    /// Who decided: a person, or a policy.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Why, if they said.
    pub reason: Option<String>,
    /// On which revision.
    pub revision: RevisionNumber,
    /// SHA-256 of the label map that was decided on, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label_map: Option<String>,
}

/// The JSON file: BIDS's own keys first, then the provenance.
#[derive(Serialize)]
struct Sidecar<'a> {
    #[serde(rename = "Description")]
    description: &'static str,
    /// BIDS: not drawn by hand.
    #[serde(rename = "Manual")]
    manual: bool,
    /// BIDS: the space of the scan that it was made from.
    #[serde(rename = "SpatialReference")]
    spatial_reference: &'static str,
    #[serde(rename = "GeneratedBy")]
    generated_by: [GeneratedBy; 1],
    #[serde(flatten)]
    provenance: &'a Provenance,
    #[serde(skip_serializing_if = "Option::is_none")]
    review: Option<&'a Review>,
}

#[derive(Serialize)]
struct GeneratedBy {
    #[serde(rename = "Name")]
    name: &'static str,
    #[serde(rename = "Version")]
    version: &'static str,
}

/// The provenance as it is written beside the label map, with the decision on it.
pub(super) fn provenance(
    provenance: &Provenance,
    review: Option<&Review>,
) -> serde_json::Result<String> {
    let sidecar = Sidecar {
        description: "Discrete segmentation by a promptable model; labels in the .tsv file of the same name",
        manual: false,
        spatial_reference: "orig",
        generated_by: [GeneratedBy {
            name: PROGRAM,
            version: env!("CARGO_PKG_VERSION"),
        }],
        provenance,
        review,
    };
    let mut text = serde_json::to_string_pretty(&sidecar)?;
    text.push('\n');
    Ok(text)
}

/// What a record of any version says about the result beside it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Record {
    pub(super) created: Option<Timestamp>,
    pub(super) author: Option<String>,
    pub(super) kept_in: Option<StoreRecord>,
    pub(super) review: Option<Review>,
}

/// The provenance record at `path`, if there is one that this program wrote.
pub(super) fn read(path: &Path) -> io::Result<Option<Record>> {
    let Some(record) = read_json(path)? else {
        return Ok(None);
    };
    Ok(Some(Record {
        created: field(&record, "created"),
        author: field(&record, "author"),
        kept_in: field(&record, "kept_in"),
        review: field(&record, "review"),
    }))
}

/// All that the record at `path` says, if there is one that this program wrote.
pub(super) fn read_all(path: &Path) -> io::Result<Option<(Provenance, Option<Review>)>> {
    let Some(record) = read_json(path)? else {
        return Ok(None);
    };
    let review = field(&record, "review");
    Ok(Some((serde_json::from_value(record)?, review)))
}

fn read_json(path: &Path) -> io::Result<Option<Value>> {
    let text = match path.symlink_metadata() {
        // Neither a link nor a pipe.
        Ok(found) if found.is_file() => std::fs::read(path)?,
        Ok(_) => return Ok(None),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let record: Option<Value> = serde_json::from_slice(&text).ok();
    Ok(record.filter(|record| record["GeneratedBy"][0]["Name"] == PROGRAM))
}

fn field<T: DeserializeOwned>(record: &Value, name: &str) -> Option<T> {
    serde_json::from_value(record.get(name)?.clone()).ok()
}

/// The label table: BIDS's columns `index` and `name`, then what was measured on each object in
/// the label map. Values that are not known are `n/a`.
pub(super) fn label_table(masks: &MaskSet, scan: &ScanInfo, provenance: &Provenance) -> String {
    let mut table = String::from("index\tname\tvoxels\tvolume_ml\tslices\tpredicted_iou\n");
    for object in &masks.objects {
        let name = table_text(&object.name);
        let voxels = object.voxels();
        let volume_ml = scan.volume_ml(voxels);
        let volume_ml = volume_ml.map_or_else(|| "n/a".to_owned(), |ml| format!("{ml:.4}"));
        let slices = object.slices.len();
        let iou = provenance
            .objects
            .iter()
            .find(|o| o.label == object.label)
            .and_then(|o| o.predicted_iou())
            .map_or_else(|| "n/a".to_owned(), |iou| format!("{iou:.4}"));
        // Writing to a string does not fail.
        let _ = writeln!(
            table,
            "{}\t{name}\t{voxels}\t{volume_ml}\t{slices}\t{iou}",
            object.label
        );
    }
    table
}

/// TSV has no way to write a tab or a line break in a value.
fn table_text(text: &str) -> String {
    let text: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let text = text.trim();
    if text.is_empty() {
        "n/a".to_owned()
    } else {
        text.to_owned()
    }
}
