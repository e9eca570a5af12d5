//! A segmentation becomes a revision: its score, its files, its place in the store.

use super::failure::Failure;
use super::job::Job;
use crate::case::decision::Approval;
use crate::case::{FaultClass, Task};
use crate::output;
use crate::scan::{Header, Source};
use crate::segment::{Cohort, Segmentation, assess};
use crate::store::NewRevision;
use crate::workers::claimed::Pipeline;
use crate::workers::protocol::Report;
use jiff::Timestamp;
use medicosam_shared::prompt::SlicePrompt;
use medicosam_shared::provenance::{ModelRecord, Provenance, RuntimeRecord, ScanInfo, ScanRecord};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Other cases that a volume is compared with.
const COHORT: u32 = 500;

impl Pipeline {
    /// Writes the files, then commits the revision. The other order could leave a revision whose
    /// files were never written.
    pub(crate) fn commit(
        &mut self,
        mut job: Job<'_>,
        segmentation: Segmentation,
        prompts: Vec<SlicePrompt>,
        author: &str,
        (model, runtime): (ModelRecord, RuntimeRecord),
    ) -> Result<(), Failure> {
        let started = Instant::now();
        let work = job.work;
        let folder = self.output_folder(&work.source)?;
        let stem = output::stem(&work.source.name());
        job.timings.total_s = job.started.elapsed().as_secs_f64();
        self.reporter.tell(&Report::Running {
            runtime: runtime.name.clone(),
            device: runtime.device.clone(),
        });
        let objects = segmentation.results(&job.info.affine);
        let mut cohort = Cohort::new();
        for object in &objects {
            let (profile, case) = (&work.profile, &work.lease.case);
            let others = self.store.volumes(profile, object.label, case, COHORT)?;
            cohort.insert(object.label, others);
        }
        let quality = assess(&objects, segmentation.masks(), &job.boxes, &cohort);
        let mut provenance = Provenance {
            generated_by: concat!("medicosam ", env!("CARGO_PKG_VERSION")).to_owned(),
            created: Timestamp::now(),
            author: author.to_owned(),
            scan: record_of(&work.source, &work.sha256, &job.info),
            axis: job.axis,
            plane: job.info.affine.plane(job.axis),
            window: job.window,
            range: job.range,
            model,
            runtime,
            prompts,
            sources: job.sources,
            edited: job.edited,
            masks: job.rules,
            propagation: job.propagation,
            objects,
            quality,
            timings: job.timings,
        };
        self.reporter.tell(&Report::LongStep);
        let header = match &job.volume {
            Some(volume) => volume.header().clone(),
            None => Header::read(&work.source)?,
        };
        if self.swept.insert(folder.clone()) {
            output::sweep(&folder)?;
        }
        // A worker whose lease is lost must not touch the files of its successor.
        // Results stay where they are when their scan moves.
        let keeps = |folder: &Path| {
            self.config
                .roots
                .iter()
                .any(|r| folder.starts_with(&r.output))
        };
        let place = (folder.as_path(), stem.as_str());
        let (folder, stem) = self.store.reserve_output(&work.lease, place, keeps)?;
        let files = output::write(&folder, &stem, &header, segmentation.masks(), &provenance)?;
        job.timings.write_s = started.elapsed().as_secs_f64();
        job.timings.total_s = job.started.elapsed().as_secs_f64();
        provenance.timings = job.timings;
        let review = job.profile.review;
        let quality = provenance.quality.as_ref();
        let is_bulk = work.task == Task::Segment;
        let approval = (is_bulk && !review.wants(&work.lease.case, quality)).then(|| Approval {
            policy: review.to_string(),
            reason: quality.map_or_else(String::new, |q| format!("score {:.2}", q.score)),
        });
        let revision = NewRevision {
            approval,
            provenance,
            masks: segmentation.into_masks(),
            output: files,
        };
        let finished = Report::Finished {
            device: revision.provenance.runtime.device.clone(),
            timings: revision.provenance.timings,
            prompted: matches!(work.task, Task::Prompt { .. }),
        };
        self.store.finish(&work.lease, &revision)?;
        self.reporter.tell(&finished);
        Ok(())
    }

    /// Where the results of a scan go: its root's output, with the folders below the root.
    fn output_folder(&self, scan: &Source) -> Result<PathBuf, Failure> {
        let root = self.config.root_of(scan.place()).ok_or_else(|| {
            Failure::new(
                "root-missing",
                format!("{scan} is in no root of the configuration any more"),
                "Put the root back, or remove the scan; it goes on by itself.",
                FaultClass::Environment,
            )
        })?;
        let below = scan.folder().strip_prefix(&root.path);
        Ok(root.output.join(below.unwrap_or(Path::new(""))))
    }
}

/// Which scan it was, for the provenance.
fn record_of(source: &Source, sha256: &str, info: &ScanInfo) -> ScanRecord {
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
