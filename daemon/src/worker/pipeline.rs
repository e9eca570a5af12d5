//! One case through a worker: load → embed → segment → output → commit.

use super::failure::Failure;
use super::heartbeat::Heartbeat;
use super::models::Models;
use super::protocol::Report;
use crate::config::{Config, Profile, prompts};
use crate::embed::{EmbeddingCache, Key};
use crate::model::{Embedding, SliceImage};
use crate::output;
use crate::scan::{Header, Volume};
use crate::segment::Segmentation;
use crate::store::{FaultClass, Lane, NewRevision, Store, Task, Work};
use jiff::Timestamp;
use medicosam_shared::api::Progress;
use medicosam_shared::case::CaseState;
use medicosam_shared::geometry::Axis;
use medicosam_shared::prompt::{Label, SlicePrompt};
use medicosam_shared::provenance::{Provenance, ScanInfo, ScanRecord, Timings};
use medicosam_shared::window::{Range, Window};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

/// A worker's tools, kept from case to case.
pub struct Pipeline {
    pub config: Config,
    pub store: Arc<dyn Store>,
    pub owner: String,
    pub models: Models,
    pub cache: EmbeddingCache,
    pub heartbeat: Heartbeat,
    /// Folders that have been cleared of what a killed worker left.
    pub swept: HashSet<PathBuf>,
    pub report: Box<dyn Fn(&Report)>,
}

/// Everything about a case that its slices have in common.
struct Job<'a> {
    work: &'a Work,
    profile: &'a Profile,
    info: ScanInfo,
    axis: Axis,
    window: Window,
    range: Range,
    /// Read when it is needed first: a prompt on an embedded slice does without.
    volume: Option<Volume>,
    timings: Timings,
    started: Instant,
}

impl Pipeline {
    /// Claims and does the next work, if any is due. Returns whether there was any.
    pub fn work_once(&mut self, lane: Lane) -> Result<bool, Failure> {
        let Some(work) = self.store.claim(&self.owner, lane)? else {
            return Ok(false);
        };
        self.tell(&Report::Changed);
        self.tell(&Report::Case(Some(work.lease.case.clone())));
        let held = self.heartbeat.hold(&work.lease);
        let result = self.process(&work);
        drop(held);
        let result = match result {
            Err(Failure::Fault(fault, class)) => {
                tracing::warn!(case = %work.lease.case, code = fault.code, "{}", fault.message);
                let shown = (class == FaultClass::Environment).then(|| fault.clone());
                self.tell(&Report::Fault(shown));
                match self.store.fail(&work.lease, &fault, class) {
                    Ok(_) => Ok(true),
                    Err(error) => settle(Failure::from(error)),
                }
            }
            Err(failure) => settle(failure),
            Ok(()) => {
                self.tell(&Report::Fault(None));
                Ok(true)
            }
        };
        self.tell(&Report::Case(None));
        self.tell(&Report::Changed);
        result
    }

    fn process(&mut self, work: &Work) -> Result<(), Failure> {
        let config = self.config.clone();
        let profile = config.profile(&work.profile).ok_or_else(|| {
            Failure::new(
                "profile-missing",
                format!(
                    "profile {:?} is not in the configuration any more",
                    work.profile
                ),
                "Put the profile back, or remove the scan; it goes on by itself.",
                FaultClass::Environment,
            )
        })?;
        match &work.task {
            Task::Segment => self.segment(work, profile),
            Task::Prompt { prompts } => self.prompt(work, profile, prompts),
        }
    }

    /// Segments a new case by its profile.
    fn segment(&mut self, work: &Work, profile: &Profile) -> Result<(), Failure> {
        let started = Instant::now();
        self.tell(&Report::LongStep);
        let volume = read_scan(work)?;
        let info = volume.info().clone();
        let axis = profile.plane.axis(&info.affine);
        let range = volume.range(profile.window);
        let mut job = Job {
            work,
            profile,
            axis,
            window: profile.window,
            range,
            info,
            volume: Some(volume),
            timings: Timings {
                load_s: started.elapsed().as_secs_f64(),
                ..Timings::default()
            },
            started,
        };
        let objects = prompts::resolve(profile, &job.info)?;
        let names: BTreeMap<Label, String> =
            objects.iter().map(|o| (o.label, o.name.clone())).collect();
        let prompts: Vec<SlicePrompt> = objects.iter().flat_map(|o| o.slices(axis)).collect();

        self.embed_all(&mut job, &prompts)?;
        self.store.stage(&work.lease, CaseState::Segmenting)?;
        self.tell(&Report::Changed);
        let empty = Segmentation::empty(job.info.dims, axis);
        let segmentation = self.decode_all(&mut job, empty, &prompts, |label, current| {
            names
                .get(&label)
                .cloned()
                .unwrap_or_else(|| current.name(label))
        })?;
        self.commit(
            job,
            segmentation,
            prompts,
            &format!("profile {}", profile.name),
        )
    }

    /// Replaces masks of the current revision as a person asks.
    fn prompt(
        &mut self,
        work: &Work,
        profile: &Profile,
        prompts: &[SlicePrompt],
    ) -> Result<(), Failure> {
        let started = Instant::now();
        let current = work.revision.ok_or_else(|| {
            Failure::new(
                "no-revision",
                "there is no revision to change",
                "Wait until the case is up for review.",
                FaultClass::BadInput,
            )
        })?;
        let before = self.store.revision(&work.lease.case, current)?.provenance;
        let masks = self.store.masks(&work.lease.case, current)?;
        let mut job = Job {
            work,
            profile,
            info: before.scan.info,
            axis: before.axis,
            window: before.window,
            range: before.range,
            volume: None,
            timings: Timings::default(),
            started,
        };
        let before = Segmentation::continuing(masks, &before.objects);
        let segmentation = self.decode_all(&mut job, before, prompts, |label, current| {
            current.name(label)
        })?;
        self.commit(job, segmentation, prompts.to_vec(), &work.author)
    }

    /// Brings the embedding of every prompted slice into the cache. Between two slices, work that
    /// a person waits for is done.
    fn embed_all(&mut self, job: &mut Job<'_>, prompts: &[SlicePrompt]) -> Result<(), Failure> {
        let slices: BTreeSet<u32> = prompts.iter().map(|p| p.index).collect();
        let total = slices.len() as u32;
        for (done, index) in (0u32..).zip(slices) {
            self.tell(&Report::Progress(Progress { done, total }));
            self.embedding(job, index)?;
            if self.work_once(Lane::Interactive)? {
                self.tell(&Report::Case(Some(job.work.lease.case.clone())));
            }
        }
        self.tell(&Report::Progress(Progress { done: total, total }));
        Ok(())
    }

    /// The embedding of a slice: from the cache, or computed now and put there.
    fn embedding(&mut self, job: &mut Job<'_>, index: u32) -> Result<Embedding, Failure> {
        let model_started = Instant::now();
        let sam = self.models.get(&job.profile.model)?;
        job.timings.model_s += model_started.elapsed().as_secs_f64();
        let model = sam.model().hash().to_owned();
        let key = Key {
            model: &model,
            scan: &job.work.sha256,
            axis: job.axis,
            index,
            range: job.range,
        };
        if let Some(embedding) = self.cache.get(&key) {
            job.timings.slices_cached += 1;
            return Ok(embedding);
        }
        let volume = match &mut job.volume {
            Some(volume) => volume,
            missing => {
                let started = Instant::now();
                let volume = missing.insert(read_scan(job.work)?);
                job.timings.load_s += started.elapsed().as_secs_f64();
                volume
            }
        };
        let started = Instant::now();
        let shape = job.info.dims.slice_shape(job.axis);
        let grey = volume.slice(job.axis, index).map(|v| job.range.apply(&v));
        let image = grey.and_then(|grey| SliceImage::new(shape, grey));
        let image = image.ok_or_else(|| {
            let count = job.info.dims.along(job.axis);
            Failure::new(
                "no-such-slice",
                format!(
                    "there is no slice {index}; the scan has {count} along {}",
                    job.axis
                ),
                "Slices count from 0.",
                FaultClass::BadInput,
            )
        })?;
        let embedding = sam.embed(&image)?;
        self.cache.put(&key, &embedding)?;
        job.timings.embed_s += started.elapsed().as_secs_f64();
        job.timings.slices_embedded += 1;
        Ok(embedding)
    }

    /// Answers all prompts, slice by slice.
    fn decode_all(
        &mut self,
        job: &mut Job<'_>,
        mut segmentation: Segmentation,
        prompts: &[SlicePrompt],
        name: impl Fn(Label, &Segmentation) -> String,
    ) -> Result<Segmentation, Failure> {
        let mut by_slice: BTreeMap<u32, Vec<&SlicePrompt>> = BTreeMap::new();
        for prompt in prompts {
            by_slice.entry(prompt.index).or_default().push(prompt);
        }
        let already_cached = job.timings.slices_cached;
        for (index, prompts) in by_slice {
            self.tell(&Report::Alive);
            let embedding = self.embedding(job, index)?;
            let started = Instant::now();
            let sam = self.models.get(&job.profile.model)?;
            for prompt in prompts {
                let answer = sam.decode(&embedding, prompt, None)?;
                let name = name(prompt.label, &segmentation);
                segmentation.put(prompt.label, &name, index, &answer);
                job.timings.decodes += 1;
            }
            job.timings.decode_s += started.elapsed().as_secs_f64();
        }
        if matches!(job.work.task, Task::Segment) {
            // Reading back what this very job embedded is not a hit.
            job.timings.slices_cached = already_cached;
        }
        Ok(segmentation)
    }

    /// Writes the files, then commits the revision. The other order could leave a revision whose
    /// files were never written.
    fn commit(
        &mut self,
        mut job: Job<'_>,
        segmentation: Segmentation,
        prompts: Vec<SlicePrompt>,
        author: &str,
    ) -> Result<(), Failure> {
        let started = Instant::now();
        let work = job.work;
        let folder = self.output_folder(&work.path)?;
        let name = work.path.file_name().unwrap_or_default();
        let stem = output::stem(&name.to_string_lossy());
        let stem = self.store.reserve_output(&work.lease, &folder, &stem)?;
        job.timings.total_s = job.started.elapsed().as_secs_f64();
        let (model, runtime) = self.models.records(&job.profile.model)?;
        self.tell(&Report::Running {
            runtime: runtime.name.clone(),
            device: runtime.device.clone(),
        });
        let mut provenance = Provenance {
            generated_by: concat!("medicosam ", env!("CARGO_PKG_VERSION")).to_owned(),
            created: Timestamp::now(),
            author: author.to_owned(),
            scan: ScanRecord {
                path: work.path.to_string_lossy().into_owned(),
                sha256: work.sha256.clone(),
                info: job.info.clone(),
            },
            axis: job.axis,
            plane: job.info.affine.plane(job.axis),
            window: job.window,
            range: job.range,
            model,
            runtime,
            prompts,
            objects: segmentation.results(&job.info.affine),
            timings: job.timings,
        };
        self.tell(&Report::LongStep);
        // A worker whose lease is lost must not touch the files of its successor.
        self.store.renew(&work.lease)?;
        let header = match &job.volume {
            Some(volume) => volume.header().clone(),
            None => Header::read(&work.path)?,
        };
        if self.swept.insert(folder.clone()) {
            output::sweep(&folder)?;
        }
        let files = output::write(&folder, &stem, &header, segmentation.masks(), &provenance)?;
        job.timings.write_s = started.elapsed().as_secs_f64();
        job.timings.total_s = job.started.elapsed().as_secs_f64();
        provenance.timings = job.timings;
        let revision = NewRevision {
            provenance,
            masks: segmentation.into_masks(),
            output: files,
        };
        let finished = Report::Finished {
            device: revision.provenance.runtime.device.clone(),
            timings: revision.provenance.timings,
        };
        self.store.finish(&work.lease, &revision)?;
        self.tell(&finished);
        Ok(())
    }

    /// Where the results of a scan go: its root's output, with the folders below the root.
    fn output_folder(&self, scan: &Path) -> Result<PathBuf, Failure> {
        let root = self.config.root_of(scan).ok_or_else(|| {
            Failure::new(
                "root-missing",
                format!(
                    "{} is in no root of the configuration any more",
                    scan.display()
                ),
                "Put the root back, or remove the scan; it goes on by itself.",
                FaultClass::Environment,
            )
        })?;
        let below = scan.parent().and_then(|p| p.strip_prefix(&root.path).ok());
        Ok(root.output.join(below.unwrap_or(Path::new(""))))
    }

    fn tell(&self, report: &Report) {
        (self.report)(report);
    }
}

/// A lost lease is no reason to stop working.
fn settle(failure: Failure) -> Result<bool, Failure> {
    match failure {
        Failure::LeaseLost => Ok(true),
        other => Err(other),
    }
}

/// Reads the scan, and makes sure that it is the one that was identified.
fn read_scan(work: &Work) -> Result<Volume, Failure> {
    let loaded = Volume::read(&work.path)?;
    if loaded.sha256 != work.sha256 {
        return Err(Failure::new(
            "scan-replaced",
            format!(
                "{} has other content than when it was found",
                work.path.display()
            ),
            "Nothing to do: the new content becomes a case of its own.",
            FaultClass::Passing,
        ));
    }
    Ok(loaded.volume)
}
