//! The outcome of the demo, as a newcomer wants to see it.

use super::super::error::CommandError;
use super::{Place, sample};
use crate::scan::LabelMap;
use medicosam_shared::case::{CaseDetail, CaseState, Revision};
use medicosam_shared::mask::dice;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

/// Dice below this means that something is broken: the tight box of the expert's outline gives
/// about 0.9.
const LEAST_DICE: f64 = 0.88;

/// The outcome of the demo.
pub struct DemoOutcome {
    case: CaseDetail,
    revision: Revision,
    dice: f64,
    fetched: bool,
    seconds: f64,
}

impl DemoOutcome {
    /// Compares the label map with the expert's.
    pub fn new(
        place: &Place,
        case: &CaseDetail,
        fetched: bool,
        elapsed: Duration,
    ) -> Result<Self, CommandError> {
        let missing = || CommandError::new("demo-no-revision", "the case has no revision", "");
        let revision = case.current().ok_or_else(missing)?.clone();
        Ok(DemoOutcome {
            dice: compare(place, Path::new(&revision.output.label_map))?,
            case: case.clone(),
            revision,
            fetched,
            seconds: elapsed.as_secs_f64(),
        })
    }

    /// Whether the result is right.
    pub fn check(&self) -> Result<(), CommandError> {
        if self.dice >= LEAST_DICE && self.case.summary.state == CaseState::Review {
            return Ok(());
        }
        Err(CommandError::new(
            "demo-wrong",
            format!(
                "Dice {:.3} is below {LEAST_DICE}: the result is wrong",
                self.dice
            ),
            "`medicosamd setup --verify` checks runtime and model; please report this.",
        ))
    }

    /// For people.
    pub fn text(&self) -> String {
        let p = &self.revision.provenance;
        let t = &p.timings;
        let volume = self.case.summary.volume_ml.unwrap_or(0.0);
        let iou = self.case.summary.score.unwrap_or(0.0);
        let per = |seconds: f64, count: u32| seconds / f64::from(count.max(1));
        let [si, sj, sk] = p.scan.info.affine.spacing();
        format!(
            "\
found       {path}
            {dims} voxels of {si:.2}×{sj:.2}×{sk:.2} mm, {voxel_type}, {plane} slices
ran         {model} on {device} ({runtime}, {threads} threads)
time        read {load:.2} s, model {model_s:.2} s, embed {embed:.2} s ({slices} slices, {per_slice:.2} s each),
            decode {decode:.2} s ({decodes} prompts, {per_decode:.0} ms each), write {write:.2} s
result      {name}: {volume:.1} mL, predicted IoU {iou:.2}
            Dice {dice:.3} against the expert's outline
label map   {label_map}
provenance  {provenance}
case        {case}, waiting for review
all in all  {seconds:.1} s{fetched}
",
            path = p.scan.path,
            dims = p.scan.info.dims,
            voxel_type = p.scan.info.voxel_type,
            plane = p.plane,
            model = p.model.name,
            device = p.runtime.device,
            runtime = p.runtime.name,
            threads = p.runtime.threads,
            load = t.load_s,
            model_s = t.model_s,
            embed = t.embed_s,
            slices = t.slices_embedded,
            per_slice = per(t.embed_s, t.slices_embedded),
            decode = t.decode_s,
            decodes = t.decodes,
            per_decode = per(t.decode_s, t.decodes) * 1000.0,
            write = t.write_s,
            name = sample::TARGET.name,
            dice = self.dice,
            label_map = self.revision.output.label_map,
            provenance = self.revision.output.provenance,
            case = self.case.summary.id,
            seconds = self.seconds,
            fetched = if self.fetched { ", downloads included" } else { "" },
        )
    }

    /// For scripts.
    pub fn json(&self) -> Value {
        let p = &self.revision.provenance;
        json!({
            "case": self.case.summary.id,
            "state": self.case.summary.state,
            "scan": p.scan,
            "model": p.model,
            "runtime": p.runtime,
            "timings": p.timings,
            "objects": p.objects,
            "volume_ml": self.case.summary.volume_ml,
            "predicted_iou": self.case.summary.score,
            "dice": self.dice,
            "output": self.revision.output,
            "fetched": self.fetched,
            "seconds": self.seconds,
        })
    }
}

/// Dice of a label map against the expert's.
fn compare(place: &Place, label_map: &Path) -> Result<f64, CommandError> {
    let expert = place.folder.join("expert_label.nii.gz");
    std::fs::write(&expert, sample::EXPERT).map_err(|e| {
        CommandError::new(
            "demo-folder",
            format!("cannot write {}: {e}", expert.display()),
            "",
        )
    })?;
    let read =
        |path: &Path| LabelMap::read(path).map_err(|e| CommandError::new(e.code(), &e, e.hint()));
    let (ours, theirs) = (read(label_map)?, read(&expert)?);
    let (dims, expert_dims) = (ours.info.dims, theirs.info.dims);
    if dims != expert_dims {
        return Err(CommandError::new(
            "demo-wrong",
            format!("the label map has {dims} voxels, the scan {expert_dims}"),
            "Please report this.",
        ));
    }
    let is_target = |map: LabelMap| {
        let voxels = map.voxels.into_iter();
        voxels.map(|v| v == sample::TARGET.label)
    };
    Ok(dice(is_target(ours), is_target(theirs)))
}
