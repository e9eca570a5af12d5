//! A segmentation becomes a revision: its score, its files, its place in the store.

use super::failure::Failure;
use super::job::Job;
use super::load;
use super::presence::check_output;
use super::report::StageReport;
use super::tools::Tools;
use super::write::output_folder;
use crate::case::decision::Approval;
use crate::output;
use crate::registry::{COHORT, Registry, Reserved, Work};
use crate::scan::{Header, Source};
use crate::segment::{self, Cohort, Segmentation, Sight, Surroundings};
use crate::store::NewRevision;
use jiff::Timestamp;
use medicosam_shared::geometry::display::Orientation;
use medicosam_shared::mask::MaskSet;
use medicosam_shared::prompt::SlicePrompt;
use medicosam_shared::provenance::{
    ModelRecord, ObjectResult, OutputFiles, Provenance, RuntimeRecord, ScanInfo, ScanRecord,
};
use medicosam_shared::quality::Quality;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;
use std::time::Instant;

/// Who asked for a revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Maker<'a> {
    /// The profile with this name: the scan is new, or the prompts beside it changed.
    Profile(&'a str),
    /// The person with this name.
    Person(&'a str),
}

impl fmt::Display for Maker<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Maker::Profile(name) => write!(f, "profile {name}"),
            Maker::Person(name) => f.write_str(name),
        }
    }
}

/// What the stages before have made.
pub struct Made<'a> {
    /// Who asked for it.
    pub by: Maker<'a>,
    /// Masks and their scores.
    pub segmentation: Segmentation,
    /// What was asked.
    pub prompts: Vec<SlicePrompt>,
    /// What people drew where that is not what was asked.
    pub drawn: Vec<SlicePrompt>,
    /// What answered.
    pub records: (ModelRecord, RuntimeRecord),
}

/// Writes the files, then commits the revision. The other order could leave a revision whose
/// files were never written.
pub fn commit(tools: &mut Tools, mut job: Job<'_>, mut made: Made<'_>) -> Result<(), Failure> {
    let started = Instant::now();
    let work = job.work;
    job.timings.total_s = job.started.elapsed().as_secs_f64();
    let (_, runtime) = &made.records;
    let device = runtime.device.clone();
    tools.reporter.tell(StageReport::Running {
        runtime: runtime.name.clone(),
        device: device.clone(),
    });
    made.segmentation.settle_as_shown()?;
    let objects = made
        .segmentation
        .results(|voxels| job.info.volume_ml(voxels));
    let cohort = cohort(&tools.registry, work, &objects)?;
    let quality = assess(&job, &objects, &made.segmentation, &cohort);
    let approval = match made.by {
        Maker::Profile(_) => approval(&job, quality.as_ref()),
        Maker::Person(_) => None,
    };
    tools.reporter.tell(StageReport::LongStep);
    let header = match &job.volume {
        Some(volume) => volume.header().clone(),
        // What lies at its place now may be another scan, with another affine.
        None => load::header((&work.source, &work.sha256), |stamp| {
            Ok(tools.registry.is_as_read(&work.lease.case, stamp)?)
        })?,
    };
    let (lease, total) = (&work.lease, job.started);
    let by = made.by;
    let segmentation = made.segmentation;
    let mut provenance = provenance(
        job,
        by,
        (made.prompts, made.drawn, made.records),
        (objects, quality),
    );
    let files = write(
        tools,
        work,
        (&header, segmentation.masks()),
        &mut provenance,
    )?;
    provenance.timings.write_s = started.elapsed().as_secs_f64();
    provenance.timings.total_s = total.elapsed().as_secs_f64();
    let timings = provenance.timings;
    let revision = NewRevision {
        approval,
        provenance,
        masks: segmentation.into_masks(),
        output: files,
    };
    tools.registry.finish(lease, &revision)?;
    renew_scores(&tools.registry, &work.profile, &cohort);
    tools.reporter.tell(StageReport::Finished {
        device,
        timings,
        prompted: matches!(by, Maker::Person(_)),
    });
    Ok(())
}

/// Writes the files of a result where they may lie, and notes in the provenance which of the daemon's
/// records of its outputs they belong to.
pub(super) fn write(
    tools: &mut Tools,
    work: &Work,
    (header, masks): (&Header, &MaskSet),
    provenance: &mut Provenance,
) -> Result<OutputFiles, Failure> {
    let Reserved {
        folder,
        stem,
        known,
    } = reserve(tools, work, header)?;
    provenance.kept_in = Some(known.next);
    Ok(output::write(&folder, &stem, header, masks, provenance)?)
}

/// Folder and name of the files of a result, which may be written there now.
fn reserve(tools: &mut Tools, work: &Work, header: &Header) -> Result<Reserved, Failure> {
    let folder = output_folder(&tools.config, &work.source)?;
    let stem = output::stem(&work.source.name());
    // A worker whose lease is lost must not touch the files of its successor. Results stay where
    // they are when their scan moves.
    let roots = &tools.config.roots;
    let keeps = |folder: &Path| roots.iter().any(|r| folder.starts_with(&r.output));
    let place = (folder.as_path(), stem.as_str());
    let reserved = tools.registry.reserve_output(&work.lease, place, keeps)?;
    let Reserved {
        folder,
        stem,
        known,
    } = &reserved;
    check_output(&tools.config, folder)?;
    tools.swept.sweep(folder)?;
    let has_case = |id: &str| tools.registry.has_case(id).map_err(Failure::from);
    output::refuse_changed(folder, stem, header, known, has_case)?;
    Ok(reserved)
}

/// Compares earlier cases with what there is now. The result is committed, whatever comes of this; it is done
/// again when the cohort has grown further.
fn renew_scores(registry: &Registry, profile: &str, cohort: &Cohort) {
    let cases = cohort.values().map(Vec::len).max().unwrap_or(0);
    match registry.renew_scores(profile, cases) {
        Ok(changed) if changed.is_empty() => {}
        Ok(changed) => tracing::info!(
            profile,
            cases,
            changed = changed.len(),
            "scores compared again with more cases"
        ),
        Err(error) => tracing::warn!(profile, "scores could not be compared again: {error}"),
    }
}

/// The sizes of the objects in other cases of the profile.
fn cohort(
    registry: &Registry,
    Work { profile, lease, .. }: &Work,
    objects: &[ObjectResult],
) -> Result<Cohort, Failure> {
    let mut cohort = Cohort::new();
    for object in objects {
        let kind = (object.label, object.measure());
        let others = registry.sizes(profile, kind, &lease.case, COHORT)?;
        cohort.insert(object.label, others);
    }
    Ok(cohort)
}

/// Assess: how far the result is to be trusted, also by comparison with other cases.
fn assess(
    job: &Job<'_>,
    objects: &[ObjectResult],
    segmentation: &Segmentation,
    cohort: &Cohort,
) -> Option<Quality> {
    let masks = segmentation.masks();
    let around = Surroundings {
        boxes: &job.boxes,
        cohort,
        slice: &|index| greys(job, index),
    };
    let quality = segment::assess(objects, masks, around);
    let quality = quality.map(|quality| with_losses(quality, segmentation));
    quality.map(|quality| segment::by_sight(quality, &sights(job, objects)))
}

/// A slice as its window shows it, if the scan was read.
fn greys(job: &Job<'_>, index: u32) -> Option<Vec<u8>> {
    let values = job.volume.as_ref()?.slice(job.axis, index)?;
    Some(job.range.apply(&values))
}

/// What the slices show that the model was asked about. Nothing is known where the scan was not read: such a
/// revision changes one whose slices were judged.
fn sights(job: &Job<'_>, objects: &[ObjectResult]) -> BTreeMap<u32, Sight> {
    let scores = objects.iter().flat_map(|object| &object.slices);
    let asked: BTreeSet<u32> = scores.map(|score| score.index).collect();
    let shape = job.info.dims.slice_shape(job.axis);
    let of_slice = |index: u32| Some((index, segment::sight(&greys(job, index)?, shape)));
    asked.into_iter().filter_map(of_slice).collect()
}

/// What objects lost to one another comes first: the masks were right or wrong before that.
fn with_losses(quality: Quality, segmentation: &Segmentation) -> Quality {
    let mut reasons = segmentation.losses();
    reasons.extend(quality.reasons);
    Quality { reasons, ..quality }
}

/// The approval of a result that the profile wants nobody to look at.
fn approval(job: &Job<'_>, quality: Option<&Quality>) -> Option<Approval> {
    let review = job.profile.review;
    (!review.wants(&job.work.lease.case, quality)).then(|| Approval {
        policy: review.to_string(),
        reason: quality.map_or_else(String::new, |q| format!("score {:.2}", q.score)),
    })
}

/// What was asked, what was drawn, and what answered.
type Prompting = (
    Vec<SlicePrompt>,
    Vec<SlicePrompt>,
    (ModelRecord, RuntimeRecord),
);

/// How the result came about.
fn provenance(
    job: Job<'_>,
    by: Maker<'_>,
    (prompts, drawn, (model, runtime)): Prompting,
    (objects, quality): (Vec<ObjectResult>, Option<Quality>),
) -> Provenance {
    Provenance {
        generated_by: concat!("medicosam ", env!("CARGO_PKG_VERSION")).to_owned(),
        created: Timestamp::now(),
        author: by.to_string(),
        scan: record_of(&job.work.source, &job.work.sha256, &job.info),
        axis: job.axis,
        plane: job.info.affine.plane(job.axis),
        shown: (!job.info.picture)
            .then(|| Orientation::of_slice(&job.info.affine, job.axis).edges()),
        window: job.window,
        range: job.range,
        model,
        runtime,
        prompts,
        drawn,
        sources: job.sources,
        edited: job.edited,
        painted: job.painted,
        masks: job.rules,
        propagation: job.propagation,
        objects,
        quality,
        kept_in: None,
        timings: job.timings,
    }
}

/// Which scan it was.
pub(super) fn record_of(source: &Source, sha256: &str, info: &ScanInfo) -> ScanRecord {
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let files = match source.is_group() {
        true => source.members().iter().map(|path| text(path)).collect(),
        false => Vec::new(),
    };
    ScanRecord {
        path: text(source.place()),
        frame: source.frame_number(),
        files,
        sha256: sha256.to_owned(),
        info: info.clone(),
    }
}
