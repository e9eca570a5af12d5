//! One case through a worker: load → embed → segment → output → commit.

use super::ahead::Ahead;
use super::by_profile;
use super::desk::{Hand, Handed};
use super::failure::{self, Failure};
use super::heartbeat::{Heartbeat, Held};
use super::models::Models;
use super::protocol::{Order, Report};
use super::reading::{ReadAhead, Reading};
use super::reporter::Reporter;
use crate::config::choice::NO_PROFILE;
use crate::config::{Config, Profile};
use crate::embed::{CacheError, ContentKey, EmbeddingCache, Purpose, Stack};
use crate::model::{Embedding, SliceImage};
use crate::output;
use crate::scan::{Header, Volume, names};
use crate::segment::propagation::{self, Span};
use crate::segment::{Cohort, Segmentation, assess};
use crate::store::{Approval, FaultClass, Lane, NewRevision, Store, Task, Work};
use jiff::Timestamp;
use medicosam_shared::api::Progress;
use medicosam_shared::case::{CaseState, Fault, RevisionNumber};
use medicosam_shared::draft::Place;
use medicosam_shared::geometry::Axis;
use medicosam_shared::mask::SliceMask;
use medicosam_shared::mask_rules::MaskRules;
use medicosam_shared::prompt::{Label, SlicePrompt};
use medicosam_shared::propagation::Propagation;
use medicosam_shared::provenance::{
    ModelRecord, PromptSource, Provenance, RuntimeRecord, ScanInfo, ScanRecord, Timings,
};
use medicosam_shared::window::{Range, Window};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

/// Other cases that a volume is compared with.
const COHORT: u32 = 500;

/// The tools of one thread of a worker, kept from case to case.
pub struct Pipeline {
    pub config: Arc<Config>,
    pub store: Arc<dyn Store>,
    pub owner: String,
    pub models: Models,
    pub cache: Arc<EmbeddingCache>,
    pub heartbeat: Heartbeat,
    pub reporter: Reporter,
    pub hand: Hand,
    pub read_ahead: ReadAhead,
    pub ahead: Ahead,
    /// Folders that have been cleared of what a killed worker left.
    pub swept: HashSet<PathBuf>,
    /// Why embeddings are not being kept.
    pub cache_fault: Option<Fault>,
}

/// Everything about a case that its slices have in common.
pub(super) struct Job<'a> {
    pub(super) work: &'a Work,
    pub(super) profile: &'a Profile,
    pub(super) info: ScanInfo,
    pub(super) axis: Axis,
    window: Window,
    range: Range,
    /// Read when it is needed first: a prompt on an embedded slice does without.
    volume: Option<Volume>,
    /// How 3-D boxes became masks.
    propagation: Option<Propagation>,
    /// The 3-D boxes of the profile, as far as this revision was made by them.
    boxes: Vec<Span>,
    /// Files beside the scan that prompts came from.
    sources: Vec<PromptSource>,
    /// Slices that a person has segmented.
    pub(super) edited: BTreeSet<Place>,
    /// What was done to the masks of the profile's objects.
    rules: MaskRules,
    pub(super) timings: Timings,
    started: Instant,
}

impl<'a> Job<'a> {
    /// Changing something in a result that came about like `before`.
    fn continuing(
        work: &'a Work,
        profile: &'a Profile,
        before: Provenance,
        started: Instant,
    ) -> Self {
        Job {
            work,
            profile,
            info: before.scan.info,
            axis: before.axis,
            window: before.window,
            range: before.range,
            volume: None,
            sources: before.sources,
            edited: before.edited,
            rules: before.masks,
            propagation: before.propagation,
            // A person may have gone beyond them.
            boxes: Vec::new(),
            timings: Timings::default(),
            started,
        }
    }
}

impl Pipeline {
    /// Does the next thing there is to do: what people wait for, then bulk work, then what may be
    /// of use later. Returns whether there was anything.
    pub fn step(&mut self) -> Result<bool, Failure> {
        Ok(self.answer_handed()? || self.work_once(Lane::Any)? || self.embed_ahead()?)
    }

    /// Claims and does the next work, if any is due. Returns whether there was any.
    pub fn work_once(&mut self, lane: Lane) -> Result<bool, Failure> {
        let Some(work) = self.store.claim(&self.owner, lane)? else {
            return Ok(false);
        };
        self.reporter.tell(&Report::Changed);
        let held = self.heartbeat.hold(&work.lease);
        self.carry_out(Handed { work, held })?;
        Ok(true)
    }

    /// Answers the prompts that the other thread could not. Returns whether there were any.
    pub fn answer_handed(&mut self) -> Result<bool, Failure> {
        let mut any = false;
        while let Hand::Main { handed } = &self.hand
            && let Ok(handed) = handed.try_recv()
        {
            self.carry_out(handed)?;
            any = true;
        }
        Ok(any)
    }

    /// Does claimed work, and tells the store if it cannot be done.
    fn carry_out(&mut self, handed: Handed) -> Result<(), Failure> {
        let Handed { work, held } = handed;
        self.reporter.begin(&work.lease.case);
        let result = self.process(&work);
        self.reporter.end(&work.lease.case);
        let result = match result {
            Err(Failure::NeedsEncoder) => {
                self.hand_over(work, held);
                return Ok(());
            }
            Err(Failure::Fault(fault, class)) => {
                tracing::warn!(case = %work.lease.case, code = fault.code, "{}", fault.message);
                let shown = (class == FaultClass::Environment).then(|| fault.clone());
                self.reporter.tell(&Report::Fault(shown));
                let told = self.store.fail(&work.lease, &fault, class);
                told.map(drop).map_err(Failure::from)
            }
            Err(failure) => Err(failure),
            Ok(()) => {
                let shown = self.cache_fault.clone();
                self.reporter.tell(&Report::Fault(shown));
                Ok(())
            }
        };
        self.reporter.tell(&Report::Changed);
        match result {
            // A lost lease is no reason to stop working.
            Err(Failure::LeaseLost) => Ok(()),
            other => other,
        }
    }

    fn hand_over(&self, work: Work, held: Held) {
        if let Hand::Desk { to_main, wake_main } = &self.hand {
            // If the main thread is gone, so is the worker in a moment.
            let _ = to_main.send(Handed { work, held });
            let _ = wake_main.send(Order::Wake);
        }
    }

    /// Has the main thread look around, from the other one.
    pub fn wake_main(&self) {
        if let Hand::Desk { wake_main, .. } = &self.hand {
            let _ = wake_main.send(Order::Wake);
        }
    }

    fn process(&mut self, work: &Work) -> Result<(), Failure> {
        let config = Arc::clone(&self.config);
        let profile = config.profile(&work.profile).ok_or_else(|| {
            if work.profile == NO_PROFILE {
                return Failure::new(
                    "no-profile",
                    format!(
                        "no profile matched {} when it was found",
                        work.path.display()
                    ),
                    "Restart the daemon with a profile that does: it is looked at again then.",
                    FaultClass::BadInput,
                );
            }
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
            &Task::Preview {
                draft,
                label,
                index,
            } => self.preview(work, profile, draft, (label, index)),
            &Task::Propagate { draft, label } => self.propagate(work, profile, draft, label),
            &Task::Commit { draft } => self.commit_draft(work, profile, draft),
        }
    }

    /// Segments a new case by its profile.
    fn segment(&mut self, work: &Work, profile: &Profile) -> Result<(), Failure> {
        let started = Instant::now();
        self.reporter.tell(&Report::LongStep);
        self.ahead.pause();
        let window = profile.window;
        let reading = match self.read_ahead.take(&work.path, &work.sha256, window) {
            Some(reading) => reading,
            None => Reading::new(&work.path, &work.sha256, window)?,
        };
        let info = reading.volume.info().clone();
        let before = self.done_by_people(work)?;
        let before = before.as_ref();
        let axis = by_profile::axis_of(profile, &info, before);
        let mut job = Job {
            work,
            profile,
            axis,
            window,
            range: reading.range,
            info,
            volume: Some(reading.volume),
            sources: Vec::new(),
            edited: before.map(|b| b.edited().clone()).unwrap_or_default(),
            rules: profile.masks,
            propagation: None,
            boxes: Vec::new(),
            timings: Timings {
                load_s: started.elapsed().as_secs_f64(),
                ..Timings::default()
            },
            started,
        };
        let understands = self.models.get(&profile.model)?.model().understands();
        let asked = by_profile::gather(&job, understands)?;
        job.sources.clone_from(&asked.sources);
        let mut prompts = asked.slices(axis);
        prompts.retain(|prompt| !job.edited.contains(&(prompt.label, prompt.index)));

        let starts = &asked.starts;
        // A slice with a mask to start from stands for itself.
        let (for_itself, boxed): (Vec<_>, Vec<_>) = prompts
            .iter()
            .cloned()
            .partition(|prompt| starts.contains_key(&(prompt.label, prompt.index)));
        let (spans, mut single) = propagation::split(&boxed);
        single.extend(for_itself);
        job.propagation = (!spans.is_empty()).then_some(profile.propagation);
        let name = |label: Label, current: &Segmentation| {
            let known = asked.names.get(&label).cloned();
            known.unwrap_or_else(|| current.name(label))
        };
        let empty = Segmentation::empty(job.info.dims, axis);
        let embedded = self.embed_spans(&mut job, &spans)?;
        let segmentation = self.answer_all(&mut job, empty, &single, starts, name)?;
        self.store.stage(&work.lease, CaseState::Segmenting)?;
        self.reporter.tell(&Report::Changed);
        let segmentation = self.answer_spans(&mut job, segmentation, &spans, embedded, name)?;
        job.boxes = spans;
        let places: Vec<Place> = prompts.iter().map(|p| (p.label, p.index)).collect();
        let how = (&profile.masks, &job.info.affine);
        let segmentation = by_profile::finish(segmentation, &asked, &places, before, how)?;
        let records = self.models.records(&profile.model)?;
        self.commit(
            job,
            segmentation,
            prompts,
            &format!("profile {}", profile.name),
            records,
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
        let before_objects = Segmentation::continuing(masks, &before.objects);
        let mut job = Job::continuing(work, profile, before, started);
        let none = BTreeMap::new();
        let mut segmentation = self.answer_all(
            &mut job,
            before_objects,
            prompts,
            &none,
            |label, current| current.name(label),
        )?;
        let places: Vec<Place> = prompts.iter().map(|p| (p.label, p.index)).collect();
        // Where the profile says that who comes later takes, nothing of another object is fixed:
        // this is what a person asked for last.
        segmentation.settle_overlaps(profile.masks.overlap, &places, &BTreeSet::new())?;
        job.edited.extend(places);
        let records = self.models.records(&profile.model)?;
        self.commit(job, segmentation, prompts.to_vec(), &work.author, records)
    }

    /// What the slices of a revision have in common.
    pub(super) fn job_on<'a>(
        &self,
        work: &'a Work,
        profile: &'a Profile,
        revision: RevisionNumber,
    ) -> Result<Job<'a>, Failure> {
        let started = Instant::now();
        let before = self.store.revision(&work.lease.case, revision)?.provenance;
        Ok(Job::continuing(work, profile, before, started))
    }

    /// Answers all prompts, slice by slice; `starts` are masks that the model starts from. Between two slices of bulk work, prompts that wait for
    /// the encoder are answered.
    fn answer_all(
        &mut self,
        job: &mut Job<'_>,
        mut segmentation: Segmentation,
        prompts: &[SlicePrompt],
        starts: &BTreeMap<Place, SliceMask>,
        name: impl Fn(Label, &Segmentation) -> String,
    ) -> Result<Segmentation, Failure> {
        let mut by_slice: BTreeMap<u32, Vec<&SlicePrompt>> = BTreeMap::new();
        for prompt in prompts {
            by_slice.entry(prompt.index).or_default().push(prompt);
        }
        let total = by_slice.len() as u32;
        let slices: Vec<u32> = by_slice.keys().copied().collect();
        let mut together = BTreeMap::new();
        for (done, (index, prompts)) in (0u32..).zip(by_slice) {
            if job.work.task == Task::Segment {
                self.between_slices(Progress { done, total })?;
            }
            self.reporter.tell(&Report::Alive);
            if together.is_empty() && job.work.task == Task::Segment {
                together = self.embed_next(job, &slices[done as usize..])?;
            }
            let embedding = match together.remove(&index) {
                Some(embedding) => embedding,
                None => self.embedding(job, index)?,
            };
            let started = Instant::now();
            let sam = self.models.get(&job.profile.model)?;
            for prompt in prompts {
                let start = starts.get(&(prompt.label, index)).map(|mask| {
                    let model = sam.model();
                    model.family().start_from(mask, model.sizes())
                });
                let answer = sam.decode(&embedding, prompt, start.as_ref())?;
                let name = name(prompt.label, &segmentation);
                segmentation.put(prompt.label, &name, index, &answer);
                job.timings.decodes += 1;
            }
            job.timings.decode_s += started.elapsed().as_secs_f64();
        }
        Ok(segmentation)
    }

    /// What bulk work does between two slices: prompts that wait for the encoder are answered, and
    /// the next scan is read.
    pub(super) fn between_slices(&mut self, progress: Progress) -> Result<(), Failure> {
        self.answer_handed()?;
        self.read_next_ahead()?;
        self.reporter.tell(&Report::Progress(progress));
        Ok(())
    }

    /// Has the next scan of the queue read meanwhile.
    fn read_next_ahead(&mut self) -> Result<(), Failure> {
        if !self.read_ahead.is_idle() {
            return Ok(());
        }
        let Some(scan) = self.store.upcoming()? else {
            return Ok(());
        };
        if let Some(profile) = self.config.profile(&scan.profile) {
            let limit = self.config.scan_memory;
            self.read_ahead.start(scan, profile.window, limit);
        }
        Ok(())
    }

    /// Embeds the next of these slices that are not in the cache at once.
    pub(super) fn embed_next(
        &mut self,
        job: &mut Job<'_>,
        slices: &[u32],
    ) -> Result<BTreeMap<u32, Embedding>, Failure> {
        let model = &job.profile.model;
        let encoder = self.models.get(model)?.encoder_hash().to_owned();
        let Some(volume) = &job.volume else {
            return Ok(BTreeMap::new());
        };
        let stack = Stack {
            encoder: &encoder,
            scan: &job.work.sha256,
            axis: job.axis,
            range: job.range,
        };
        let started = Instant::now();
        let missing = self.cache.missing(&stack, job.info.dims.along(job.axis));
        let slices = slices.iter().filter(|index| missing.contains(index));
        let embeddings =
            self.embed_together(model, &stack, volume, slices.copied(), Purpose::Now)?;
        job.timings.embed_s += started.elapsed().as_secs_f64();
        job.timings.slices_embedded += embeddings.len() as u32;
        Ok(embeddings)
    }

    /// Embeds the first of the slices at once, as many as the device is set to, and keeps them;
    /// none if that is one. Of those that look the same it embeds one, and none of those that the
    /// cache has.
    pub fn embed_together(
        &mut self,
        model: &str,
        stack: &Stack<'_>,
        volume: &Volume,
        slices: impl Iterator<Item = u32>,
        purpose: Purpose,
    ) -> Result<BTreeMap<u32, Embedding>, Failure> {
        let batch = self.models.get(model)?.batch();
        if batch == 1 {
            return Ok(BTreeMap::new());
        }
        let (mut indices, mut images, mut keys) = (Vec::new(), Vec::new(), Vec::new());
        for index in slices {
            if images.len() == batch {
                break;
            }
            let image = image_of(volume, stack, index)?;
            let key = ContentKey::of(stack.encoder, &image);
            if !keys.contains(&key) && self.cache.get_content(&key).is_none() {
                indices.push(index);
                images.push(image);
                keys.push(key);
            }
        }
        let mut embeddings = self.models.get(model)?.embed_batch(&images)?;
        for ((embedding, key), &index) in embeddings.iter_mut().zip(&keys).zip(&indices) {
            let kept = self.cache.put(key, embedding, purpose);
            let kept = kept.and_then(|()| self.cache.place(stack, index, key));
            self.note_cache(kept);
        }
        Ok(indices.into_iter().zip(embeddings).collect())
    }

    /// The embedding of a slice: from the cache, or computed now and put there.
    pub(super) fn embedding(
        &mut self,
        job: &mut Job<'_>,
        index: u32,
    ) -> Result<Embedding, Failure> {
        let started = Instant::now();
        let sam = self.models.get(&job.profile.model)?;
        let encoder = sam.encoder_hash().to_owned();
        job.timings.model_s += started.elapsed().as_secs_f64();
        let stack = Stack {
            encoder: &encoder,
            scan: &job.work.sha256,
            axis: job.axis,
            range: job.range,
        };
        if let Some(embedding) = self.cache.get(&stack, index) {
            job.timings.slices_cached += 1;
            return Ok(embedding);
        }
        if matches!(self.hand, Hand::Desk { .. }) {
            return Err(Failure::NeedsEncoder);
        }
        let volume = match &mut job.volume {
            Some(volume) => volume,
            missing => {
                self.reporter.tell(&Report::LongStep);
                let started = Instant::now();
                let reading = Reading::new(&job.work.path, &job.work.sha256, job.window)?;
                job.timings.load_s += started.elapsed().as_secs_f64();
                missing.insert(reading.volume)
            }
        };
        let started = Instant::now();
        let (embedding, source) =
            self.embed_slice(&job.profile.model, &stack, volume, index, Purpose::Now)?;
        match source {
            Source::Cache => job.timings.slices_cached += 1,
            Source::Model => {
                job.timings.embed_s += started.elapsed().as_secs_f64();
                job.timings.slices_embedded += 1;
            }
        }
        Ok(embedding)
    }

    /// The embedding of a slice whose place is not in the cache: that of a slice that looks the
    /// same, or computed now. It is kept if that can be done; if not, work goes on without.
    pub fn embed_slice(
        &mut self,
        model: &str,
        stack: &Stack<'_>,
        volume: &Volume,
        index: u32,
        purpose: Purpose,
    ) -> Result<(Embedding, Source), Failure> {
        let image = image_of(volume, stack, index)?;
        let key = ContentKey::of(stack.encoder, &image);
        let (embedding, source, kept) = match self.cache.get_content(&key) {
            Some(embedding) => (embedding, Source::Cache, Ok(())),
            None => {
                let mut embedding = self.models.get(model)?.embed(&image)?;
                let kept = self.cache.put(&key, &mut embedding, purpose);
                (embedding, Source::Model, kept)
            }
        };
        let kept = kept.and_then(|()| self.cache.place(stack, index, &key));
        self.note_cache(kept);
        Ok((embedding, source))
    }

    /// Shows why embeddings are not kept, for as long as they are not.
    fn note_cache(&mut self, kept: Result<(), CacheError>) {
        let fault = kept.err().map(|error| failure::cache_fault(&error));
        if fault == self.cache_fault {
            return;
        }
        if let Some(fault) = &fault {
            tracing::warn!(code = fault.code, "{}", fault.message);
        }
        self.reporter.tell(&Report::Fault(fault.clone()));
        self.cache_fault = fault;
    }

    /// Writes the files, then commits the revision. The other order could leave a revision whose
    /// files were never written.
    pub(super) fn commit(
        &mut self,
        mut job: Job<'_>,
        segmentation: Segmentation,
        prompts: Vec<SlicePrompt>,
        author: &str,
        (model, runtime): (ModelRecord, RuntimeRecord),
    ) -> Result<(), Failure> {
        let started = Instant::now();
        let work = job.work;
        let folder = self.output_folder(&work.path)?;
        let name = work.path.file_name().unwrap_or_default();
        let stem = output::stem(&name.to_string_lossy());
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
            None => Header::read(&work.path)?,
        };
        if self.swept.insert(folder.clone()) {
            output::sweep(&folder)?;
        }
        // A worker whose lease is lost must not touch the files of its successor.
        let stem = self.store.reserve_output(&work.lease, &folder, &stem)?;
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
        let (folder, _) = names::folder_and_stem(scan);
        let below = folder.strip_prefix(&root.path).unwrap_or(Path::new(""));
        Ok(root.output.join(below))
    }
}

/// A slice as a picture: grey, or with the colours that it has.
fn image_of(volume: &Volume, stack: &Stack<'_>, index: u32) -> Result<SliceImage, Failure> {
    let dims = volume.info().dims;
    let shape = dims.slice_shape(stack.axis);
    let image = match volume.colours(stack.axis, index) {
        Some(colours) => SliceImage::coloured(shape, colours.map(|v| stack.range.apply(&v))),
        None => {
            let values = volume.slice(stack.axis, index);
            values.and_then(|values| SliceImage::new(shape, stack.range.apply(&values)))
        }
    };
    image.ok_or_else(|| {
        let count = dims.along(stack.axis);
        Failure::new(
            "no-such-slice",
            format!(
                "there is no slice {index}; the scan has {count} along {}",
                stack.axis
            ),
            "Slices count from 0.",
            FaultClass::BadInput,
        )
    })
}

/// Where an embedding came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// It was computed before, for this slice or one that looks the same.
    Cache,
    /// It was computed now.
    Model,
}
