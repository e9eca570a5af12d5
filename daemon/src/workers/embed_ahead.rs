//! When nothing else is to be done: the slices that no prompt has touched, so that a person can
//! prompt on any slice of a case in review and sees the mask at once.
//!
//! What is to be done follows from the cases in review and from what the cache holds; nothing is
//! written down about it, and no case changes its state. It never makes room for itself.

use super::claimed::Pipeline;
use super::protocol::Report;
use crate::embed::{AheadClaim, Purpose, Stack};
use crate::model::Sizes;
use crate::registry::ScanOfCase;
use crate::scan::Volume;
use crate::stages::failure::Failure;
use crate::stages::load::Reading;
use medicosam_shared::case::CaseId;
use medicosam_shared::geometry::Axis;
use medicosam_shared::progress::Progress;
use medicosam_shared::window::Range;
use std::collections::{HashSet, VecDeque};

/// What a worker embeds ahead of need.
#[derive(Default)]
pub struct Ahead {
    rest: Option<Rest>,
    /// Cases of which nothing is missing, or nothing can be done about it.
    settled: HashSet<CaseId>,
    /// Whether the daemon has been told that this is what the worker does.
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

impl Ahead {
    /// Gives back the memory of the scan.
    pub fn pause(&mut self) {
        self.rest = None;
    }
}

impl Pipeline {
    /// Embeds some more slices of a case in review. Returns whether there was any.
    pub fn embed_ahead(&mut self) -> Result<bool, Failure> {
        if !self.config.cache.ahead {
            return Ok(false);
        }
        let waiting = self.store.in_review()?;
        let cases: HashSet<&CaseId> = waiting.iter().map(|scan| &scan.case).collect();
        self.ahead.settled.retain(|case| cases.contains(case));
        let rest = self.ahead.rest.take();
        let rest = rest.filter(|rest| cases.contains(&rest.scan.case));
        let (case, done) = match rest {
            Some(rest) => (rest.scan.case.clone(), self.some_more(rest)),
            None => {
                let next = waiting
                    .into_iter()
                    .find(|scan| !self.ahead.settled.contains(&scan.case));
                let Some(scan) = next else {
                    return Ok(self.nothing_ahead());
                };
                (scan.case.clone(), self.begin_rest(scan))
            }
        };
        match done {
            Ok(Step::Continues(rest)) => self.ahead.rest = Some(*rest),
            Ok(Step::Settled) => {
                self.ahead.settled.insert(case);
            }
            Ok(Step::NoRoom) => return Ok(self.nothing_ahead()),
            Err(Failure::Fault(fault, _)) => {
                // If it matters, it shows when somebody prompts.
                tracing::info!(%case, code = fault.code, "no more ahead of need: {}", fault.message);
                self.ahead.settled.insert(case);
            }
            Err(other) => return Err(other),
        }
        Ok(true)
    }

    fn nothing_ahead(&mut self) -> bool {
        self.ahead.pause();
        if std::mem::take(&mut self.ahead.shown) {
            self.reporter.tell(&Report::Case(None));
        }
        false
    }

    /// Finds out what a case lacks, and reads its scan if it lacks anything.
    fn begin_rest(&mut self, scan: ScanOfCase) -> Result<Step, Failure> {
        let (Some(profile), Some(revision)) = (self.config.profile(&scan.profile), scan.revision)
        else {
            return Ok(Step::Settled);
        };
        let model = profile.model.clone();
        let sam = self.models.get(&model)?;
        let (sizes, encoder) = (sam.model().sizes(), sam.encoder_hash().to_owned());
        if !self.cache.has_room(file_bytes(sizes)) {
            return Ok(Step::NoRoom);
        }
        let record = self.store.revision(&scan.case, revision)?.provenance;
        let stack = Stack {
            encoder: &encoder,
            scan: &scan.sha256,
            axis: record.axis,
            range: record.range,
        };
        let total = record.scan.info.dims.along(record.axis);
        let left = VecDeque::from(self.cache.missing(&stack, total));
        if left.is_empty() {
            return Ok(Step::Settled);
        }
        let claim = self.cache.claim_ahead(&stack).unwrap_or_else(|error| {
            tracing::warn!("{error}");
            None
        });
        let Some(claim) = claim else {
            return Ok(Step::Settled);
        };
        self.reporter.tell(&Report::LongStep);
        let reading = Reading::new(&scan.source, &scan.sha256, record.window)?;
        Ok(Step::Continues(Box::new(Rest {
            model,
            axis: record.axis,
            range: record.range,
            volume: reading.volume,
            left,
            total,
            scan,
            _claim: claim,
        })))
    }

    /// Embeds one more slice, or as many as the device takes at once.
    fn some_more(&mut self, mut rest: Rest) -> Result<Step, Failure> {
        let sam = self.models.get(&rest.model)?;
        let (sizes, encoder) = (sam.model().sizes(), sam.encoder_hash().to_owned());
        let count = sam.batch().min(rest.left.len());
        if !self.cache.has_room(count as u64 * file_bytes(sizes)) {
            return Ok(Step::NoRoom);
        }
        if count == 0 {
            return Ok(Step::Settled);
        }
        self.ahead.shown = true;
        self.reporter.tell(&Report::Ahead {
            case: rest.scan.case.clone(),
            progress: Progress {
                done: rest.total - rest.left.len() as u32,
                total: rest.total,
            },
        });
        let stack = Stack {
            encoder: &encoder,
            scan: &rest.scan.sha256,
            axis: rest.axis,
            range: rest.range,
        };
        let next: Vec<u32> = rest.left.drain(..count).collect();
        let (model, volume) = (&rest.model, &rest.volume);
        let slices = next.iter().copied();
        let together = self.embed_together(model, &stack, volume, slices, Purpose::Ahead)?;
        for index in next {
            if !together.contains_key(&index) {
                self.embed_slice(model, &stack, volume, index, Purpose::Ahead)?;
            }
        }
        Ok(Step::Continues(Box::new(rest)))
    }
}

/// How far a case is.
enum Step {
    Continues(Box<Rest>),
    /// Nothing more to be done, or by somebody else.
    Settled,
    /// Nothing more fits into the cache.
    NoRoom,
}

/// Bytes of the file of an embedding, or a little more.
fn file_bytes(sizes: Sizes) -> u64 {
    2 * sizes.embedding().iter().product::<usize>() as u64 + 100
}
