//! When nothing else is to be done: the slices that no prompt has touched are embedded, so that a
//! person can prompt on any slice of a case in review and sees the mask at once.
//!
//! The cases in review and the contents of the cache say what is left to do; nothing is written down
//! about it, and no case changes its state. Embeddings made ahead never push others out.

use super::protocol::WorkerReport;
use super::reporter::ThreadReporter;
use crate::embed::{AheadClaim, Purpose, Stack, view_of};
use crate::model::Sizes;
use crate::registry::ScanOfCase;
use crate::scan::Volume;
use crate::stages::presence::check_answers;
use crate::stages::{Failure, LoadedScan, Slices, StageReport, Tools};
use medicosam_shared::case::CaseId;
use medicosam_shared::geometry::Axis;
use medicosam_shared::progress::Progress;
use medicosam_shared::window::Range;
use std::collections::{HashSet, VecDeque};

/// What a worker embeds ahead of need.
#[derive(Default)]
pub struct EmbedAhead {
    rest: Option<Rest>,
    /// Cases that lack nothing, or that nothing can be done about.
    settled: HashSet<CaseId>,
    /// Whether the daemon shows this as what the worker does.
    shown: bool,
}

/// The slices of a case that are still to be embedded.
struct Rest {
    scan: ScanOfCase,
    model: String,
    axis: Axis,
    range: Range,
    volume: Volume,
    left: VecDeque<u32>,
    total: u32,
    _claim: AheadClaim,
}

impl EmbedAhead {
    /// Gives back the memory of the scan.
    pub fn pause(&mut self) {
        self.rest = None;
    }

    /// Embeds some more slices of a case in review. Returns whether there was any.
    pub fn step(&mut self, tools: &mut Tools, reporter: &ThreadReporter) -> Result<bool, Failure> {
        if !tools.config.cache.ahead {
            return Ok(false);
        }
        let waiting = tools.registry.in_review()?;
        let cases: HashSet<&CaseId> = waiting.iter().map(|scan| &scan.case).collect();
        self.settled.retain(|case| cases.contains(case));
        let rest = self.rest.take();
        let rest = rest.filter(|rest| cases.contains(&rest.scan.case));
        let (case, done) = match rest {
            Some(rest) => (
                rest.scan.case.clone(),
                self.embed_more(rest, tools, reporter),
            ),
            None => {
                let next = waiting.into_iter().find(|scan| {
                    !self.settled.contains(&scan.case)
                        && check_answers(&tools.config, &scan.source).is_ok()
                });
                let Some(scan) = next else {
                    return Ok(self.nothing_to_do(reporter));
                };
                (scan.case.clone(), begin(scan, tools))
            }
        };
        match done {
            Ok(Step::Continues(rest)) => self.rest = Some(*rest),
            Ok(Step::Settled) => {
                self.settled.insert(case);
            }
            Ok(Step::NoRoom) => return Ok(self.nothing_to_do(reporter)),
            Err(Failure::Fault(fault, _)) => {
                // If it matters, it shows when somebody prompts.
                tracing::info!(%case, code = fault.code, "no more ahead of need: {}", fault.message);
                self.settled.insert(case);
            }
            Err(other) => return Err(other),
        }
        Ok(true)
    }

    fn nothing_to_do(&mut self, reporter: &ThreadReporter) -> bool {
        self.pause();
        if std::mem::take(&mut self.shown) {
            reporter.tell(WorkerReport::Case(None));
        }
        false
    }

    /// Embeds one more slice, or as many as the device takes at once.
    fn embed_more(
        &mut self,
        mut rest: Rest,
        tools: &mut Tools,
        reporter: &ThreadReporter,
    ) -> Result<Step, Failure> {
        let sam = tools.models.get(&rest.model)?;
        let (sizes, encoder) = (sam.model().sizes(), sam.encoder_hash().to_owned());
        let count = sam.batch().min(rest.left.len());
        let cache = tools.cache.cache();
        if !cache.has_room(count as u64 * file_bytes(sizes)) {
            return Ok(Step::NoRoom);
        }
        if count == 0 {
            return Ok(Step::Settled);
        }
        self.shown = true;
        reporter.tell(WorkerReport::Ahead {
            case: rest.scan.case.clone(),
            progress: Progress {
                done: rest.total - rest.left.len() as u32,
                total: rest.total,
            },
        });
        let next: Vec<u32> = rest.left.drain(..count).collect();
        let slices = Slices {
            model: &rest.model,
            stack: Stack {
                encoder: &encoder,
                scan: &rest.scan.sha256,
                axis: rest.axis,
                view: view_of(rest.volume.info(), rest.axis),
                range: rest.range,
            },
            volume: &rest.volume,
        };
        let (models, cache) = (&mut tools.models, &mut tools.cache);
        let batch = slices.embed_batch(models, cache, next.iter().copied(), Purpose::Ahead)?;
        for index in next {
            if !batch.contains_key(&index) {
                slices.embed(models, cache, index, Purpose::Ahead)?;
            }
        }
        Ok(Step::Continues(Box::new(rest)))
    }
}

/// Finds out which embeddings a case lacks, and reads its scan if it lacks any.
fn begin(scan: ScanOfCase, tools: &mut Tools) -> Result<Step, Failure> {
    let (Some(profile), Some(revision)) = (tools.config.profile(&scan.profile), scan.revision)
    else {
        return Ok(Step::Settled);
    };
    let model = profile.model.clone();
    let sam = tools.models.get(&model)?;
    let (sizes, encoder) = (sam.model().sizes(), sam.encoder_hash().to_owned());
    let cache = tools.cache.cache();
    if !cache.has_room(file_bytes(sizes)) {
        return Ok(Step::NoRoom);
    }
    let record = tools.registry.revision(&scan.case, revision)?.provenance;
    let stack = Stack {
        encoder: &encoder,
        scan: &scan.sha256,
        axis: record.axis,
        view: view_of(&record.scan.info, record.axis),
        range: record.range,
    };
    let total = record.scan.info.dims.along(record.axis);
    let left = VecDeque::from(cache.missing(&stack, total));
    if left.is_empty() {
        return Ok(Step::Settled);
    }
    let claim = cache.claim_ahead(&stack).unwrap_or_else(|error| {
        tracing::warn!("{error}");
        None
    });
    let Some(claim) = claim else {
        return Ok(Step::Settled);
    };
    tools.reporter.tell(StageReport::LongStep);
    let loaded = LoadedScan::read(&scan.source, &scan.sha256, record.window)?;
    Ok(Step::Continues(Box::new(Rest {
        model,
        axis: record.axis,
        range: record.range,
        volume: loaded.volume,
        left,
        total,
        scan,
        _claim: claim,
    })))
}

/// How far a case is.
enum Step {
    Continues(Box<Rest>),
    /// Nothing is left to do, or another worker does it.
    Settled,
    /// Nothing more fits into the cache.
    NoRoom,
}

/// Bytes of the file of an embedding, or a little more.
fn file_bytes(sizes: Sizes) -> u64 {
    2 * sizes.embedding().iter().product::<usize>() as u64 + 100
}
