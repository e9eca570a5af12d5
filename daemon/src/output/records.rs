//! The records beside a label map: provenance (JSON) and label table (TSV), as BIDS has them.

use medicosam_shared::geometry::Affine;
use medicosam_shared::mask::MaskSet;
use medicosam_shared::provenance::Provenance;
use serde::Serialize;
use std::fmt::Write as _;
use std::path::Path;

/// The name by which a record says that this program wrote it.
const PROGRAM: &str = "medicosam";

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
}

#[derive(Serialize)]
struct GeneratedBy {
    #[serde(rename = "Name")]
    name: &'static str,
    #[serde(rename = "Version")]
    version: &'static str,
}

/// The provenance as it is written beside the label map.
pub(super) fn provenance(provenance: &Provenance) -> serde_json::Result<String> {
    let sidecar = Sidecar {
        description: "Discrete segmentation by a promptable model; labels in the .tsv file of the same name",
        manual: false,
        spatial_reference: "orig",
        generated_by: [GeneratedBy {
            name: PROGRAM,
            version: env!("CARGO_PKG_VERSION"),
        }],
        provenance,
    };
    let mut text = serde_json::to_string_pretty(&sidecar)?;
    text.push('\n');
    Ok(text)
}

/// Whether the file is a provenance record that this program wrote.
pub(super) fn is_ours(path: &Path) -> bool {
    // Neither a link nor a pipe.
    path.symlink_metadata().is_ok_and(|found| found.is_file())
        && std::fs::read(path)
            .ok()
            .and_then(|text| serde_json::from_slice::<serde_json::Value>(&text).ok())
            .is_some_and(|record| record["GeneratedBy"][0]["Name"] == PROGRAM)
}

/// The label table: BIDS's columns `index` and `name`, then what was measured on each object's own
/// mask (where objects overlap, the label map shows less of the lower label). Values that are not
/// known are `n/a`.
pub(super) fn label_table(masks: &MaskSet, affine: &Affine, provenance: &Provenance) -> String {
    let mut table = String::from("index\tname\tvoxels\tvolume_ml\tslices\tpredicted_iou\n");
    for object in &masks.objects {
        let name = table_text(&object.name);
        let voxels = object.voxels();
        let volume_ml = voxels as f64 * affine.voxel_volume() / 1000.0;
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
            "{}\t{name}\t{voxels}\t{volume_ml:.4}\t{slices}\t{iou}",
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
