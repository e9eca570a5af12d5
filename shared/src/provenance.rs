//! Provenance: how a result came about.
//!
//! The same record is kept in the store, written beside the label map and shown to the reviewer.

use crate::geometry::display::Edges;
use crate::geometry::{Affine, Axis, Dims, Plane};
use crate::hand::Hands;
use crate::mask_rules::MaskRules;
use crate::place::Place;
use crate::prompt::{Label, SlicePrompt};
use crate::propagation::Propagation;
use crate::quality::Quality;
use crate::understands::Understands;
use crate::window::{Range, Window};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// Facts about a scan that need none of its voxels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScanInfo {
    /// Number of voxels along i, j, k.
    pub dims: Dims,
    /// Voxel to world.
    pub affine: Affine,
    /// Type of the voxels in the file, for example `int16`.
    pub voxel_type: String,
    /// Whether it is a picture, whose pixels lie nowhere in the world: its affine means nothing.
    #[serde(default, skip_serializing_if = "is_false")]
    pub picture: bool,
    /// Oddities, a sentence each: for example that left and right are not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

impl ScanInfo {
    /// The volume of so many voxels in millilitres; `None` in a picture.
    pub fn volume_ml(&self, voxels: u64) -> Option<f64> {
        // 1 mL is 1000 mm³.
        (!self.picture).then(|| voxels as f64 * self.affine.voxel_volume() / 1000.0)
    }
}

fn is_false(value: &bool) -> bool {
    !*value
}

/// The origin of one revision of a case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// Name and version of this program.
    pub generated_by: String,
    /// When the revision was finished.
    pub created: Timestamp,
    /// Who asked for it: `profile <name>`, or the user who re-prompted.
    pub author: String,
    /// The scan.
    pub scan: ScanRecord,
    /// The axis that slices are cut across, and the plane they lie in.
    pub axis: Axis,
    /// See `axis`.
    pub plane: Plane,
    /// How slices were shown to the model; `None` in pictures and in results of older versions, where they were
    /// shown as they are stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown: Option<Edges>,
    /// How voxel values became grey.
    pub window: Window,
    /// The values that were black and white.
    pub range: Range,
    /// The model.
    pub model: ModelRecord,
    /// What ran it.
    pub runtime: RuntimeRecord,
    /// The prompts of this revision. All other slices are those of the parent revision.
    pub prompts: Vec<SlicePrompt>,
    /// What people drew where that is not what the model was asked: a correction takes box and points
    /// along that were there before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drawn: Vec<SlicePrompt>,
    /// How 3-D boxes became masks slice by slice; `None` if there were none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub propagation: Option<Propagation>,
    /// The files beside the scan that the prompts of its profile came from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<PromptSource>,
    /// Slices of objects that a person has segmented, in this revision or an earlier one. Only a
    /// person's prompt on them changes them again.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub edited: BTreeSet<Place>,
    /// Pixels that people have painted, in this revision or an earlier one. They stay as they are,
    /// whatever the model answers.
    #[serde(default, skip_serializing_if = "Hands::is_empty")]
    pub painted: Hands,
    /// The rules that the masks for the profile's prompts went through.
    #[serde(default, skip_serializing_if = "MaskRules::is_nothing")]
    pub masks: MaskRules,
    /// The result: all slices of all objects.
    pub objects: Vec<ObjectResult>,
    /// How far it is to be trusted; `None` if nothing was asked, or by an older version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quality: Option<Quality>,
    /// The store that has it; `None` in results that older versions wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept_in: Option<StoreRecord>,
    /// Where the time went.
    pub timings: Timings,
}

/// Which revision of which case a result is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreRecord {
    /// Identity of the store.
    pub store: String,
    /// Id of the case.
    pub case: String,
    /// Profile of the case.
    pub profile: String,
    /// Number of the revision.
    pub revision: u32,
    /// Id of the case of which this case is a second reading, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reads: Option<String>,
}

/// Which scan it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScanRecord {
    /// Path at the time.
    pub path: String,
    /// Which volume of that file it is, counted from 0, if the file holds several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frame: Option<u64>,
    /// All files at the time, if there are several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
    /// SHA-256 of the file's bytes; of several files, or one volume of several, derived from them.
    pub sha256: String,
    /// Its geometry.
    #[serde(flatten)]
    pub info: ScanInfo,
}

/// A file beside the scan that prompts came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromptSource {
    /// Its path.
    pub path: String,
    /// SHA-256 of its bytes, in hex.
    pub sha256: String,
    /// What was taken from it, in words.
    pub used: String,
}

/// Which model it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelRecord {
    /// Name in `medicosamd model list`.
    pub name: String,
    /// Preprocessing family, for example `litemedsam`.
    pub family: String,
    /// Hash of weights and graph; the key of the embedding cache.
    pub hash: String,
    /// What it was trained on; `None` in results that older versions wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub understands: Option<Understands>,
}

/// What ran the model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuntimeRecord {
    /// For example `ONNX Runtime 1.32.0`.
    pub name: String,
    /// The device that really ran, for example `cpu` or `cuda:0`; `webgpu+cpu` if the processor ran
    /// parts of the encoder that the device could not.
    pub device: String,
    /// How exactly the encoder computed: `f32` or `f16`.
    #[serde(default = "f32_name")]
    pub precision: String,
    /// Threads used within an operator.
    pub threads: usize,
}

/// Older records leave the precision out: there was only one.
fn f32_name() -> String {
    "f32".to_owned()
}

/// One object of a result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ObjectResult {
    /// Its number in the label map.
    pub label: Label,
    /// Its name.
    pub name: String,
    /// Number of voxels.
    pub voxels: u64,
    /// Volume in millilitres; `None` in a picture, whose pixels have no size.
    #[serde(default)]
    pub volume_ml: Option<f64>,
    /// Scores per slice, in slice order.
    pub slices: Vec<SliceScore>,
}

/// What objects of different cases are compared by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Measure {
    /// Volumes, in millilitres.
    Millilitres,
    /// Voxels: pixels of pictures, which have no volumes.
    Voxels,
}

impl ObjectResult {
    /// What it is compared by with those of other cases.
    pub fn measure(&self) -> Measure {
        match self.volume_ml {
            Some(_) => Measure::Millilitres,
            None => Measure::Voxels,
        }
    }

    /// Its size by a measure; `None` if it has none.
    pub fn size_in(&self, measure: Measure) -> Option<f64> {
        match measure {
            Measure::Millilitres => self.volume_ml,
            Measure::Voxels => Some(self.voxels as f64),
        }
    }

    /// Its size by its own measure.
    pub fn size(&self) -> f64 {
        self.volume_ml.unwrap_or(self.voxels as f64)
    }

    /// Unweighted mean of the predicted IoU over the slices; `None` without slices.
    pub fn predicted_iou(&self) -> Option<f32> {
        if self.slices.is_empty() {
            return None;
        }
        let sum: f32 = self.slices.iter().map(|s| s.predicted_iou).sum();
        Some(sum / self.slices.len() as f32)
    }
}

/// Scores of one object on one slice.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SliceScore {
    /// The slice.
    pub index: u32,
    /// Pixels in the mask.
    pub area: u64,
    /// The model's own estimate of its IoU with the truth.
    pub predicted_iou: f32,
    /// Stability score: IoU of the mask cut 1 logit higher and 1 logit lower; 1 is best.
    pub stability: f32,
    /// Mean IoU of the mask with those of similar boxes, where several boxes were tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agreement: Option<f32>,
    /// Mean IoU of the mask with those of its own box moved a little, where that was tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steadiness: Option<f32>,
}

/// Seconds per stage, and how often.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Timings {
    /// Starting the model's sessions; 0 if they were warm.
    pub model_s: f64,
    /// Reading, hashing and decoding the scan.
    pub load_s: f64,
    /// Embedding slices.
    pub embed_s: f64,
    /// Slices embedded now.
    pub slices_embedded: u32,
    /// Slices whose embedding was found in the cache.
    pub slices_cached: u32,
    /// Decoding prompts to masks.
    pub decode_s: f64,
    /// Prompts decoded.
    pub decodes: u32,
    /// Writing label map, provenance and table.
    pub write_s: f64,
    /// From claim to the end of writing.
    pub total_s: f64,
}

/// The files of a result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputFiles {
    /// The label map, NIfTI.
    pub label_map: String,
    /// This record, JSON.
    pub provenance: String,
    /// The label table, TSV (BIDS).
    pub label_table: String,
    /// SHA-256 of the label map's bytes, in hex; `None` in revisions that older versions made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Bytes of the path of their folder where that is not UTF-8; the paths above only show it then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<Vec<u8>>,
}

impl OutputFiles {
    /// Label map, record and label table of these names in a folder.
    pub fn in_folder(folder: &Path, names: [&str; 3], sha256: Option<String>) -> Self {
        let shown = |name: &str| folder.join(name).to_string_lossy().into_owned();
        let [label_map, provenance, label_table] = names.map(shown);
        let is_text = folder.to_str().is_some();
        OutputFiles {
            label_map,
            provenance,
            label_table,
            sha256,
            folder: (!is_text).then(|| folder.as_os_str().as_bytes().to_vec()),
        }
    }

    /// The path of the record, whatever its bytes.
    pub fn record_path(&self) -> PathBuf {
        let shown = Path::new(&self.provenance);
        match &self.folder {
            None => shown.to_owned(),
            Some(bytes) => {
                let folder = Path::new(OsStr::from_bytes(bytes));
                folder.join(shown.file_name().unwrap_or_default())
            }
        }
    }
}
