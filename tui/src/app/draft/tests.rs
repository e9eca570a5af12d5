//! A client and a daemon, with a connection that breaks.

use super::drafting::Drafting;
use super::known::Known;
use crate::app::event::{Effect, Failure};
use crate::app::fixture::detail;
use medicosam_shared::api::{DraftRequest, DraftResponse, DraftView};
use medicosam_shared::case::{CaseDetail, CaseId, CaseState, Fault};
use medicosam_shared::draft::{
    Answered, Candidate, Draft, DraftChange, DraftRefusal, DraftWork, SliceAnswer, Slices, Step,
};
use medicosam_shared::fault_code::FaultCode;
use medicosam_shared::mask::Rle;
use medicosam_shared::place::{Label, Place};
use medicosam_shared::progress::Progress;
use medicosam_shared::prompt::{SlicePoint, SlicePrompt};
use proptest::prelude::*;
use std::collections::VecDeque;

/// An event of a session.
#[derive(Debug, Clone)]
enum Happens {
    /// The reviewer changes something.
    Change(DraftChange),
    /// The next message comes to the daemon, and its answer to the client.
    Delivered,
    /// The connection breaks before the daemon has the message.
    RequestLost,
    /// The connection breaks before the client has the answer.
    AnswerLost,
    /// A worker has done what was asked for.
    MasksCome,
}

struct Session {
    case: CaseId,
    detail: CaseDetail,
    client: Drafting,
    wire: VecDeque<Effect>,
    draft: Option<Draft>,
    work: Option<DraftWork>,
}

fn fault(code: &str) -> Failure {
    Failure {
        fault: Fault {
            code: code.to_owned(),
            message: String::new(),
            hint: String::new(),
        },
        conflict: false,
    }
}

impl Session {
    fn new() -> Self {
        Session {
            case: CaseId("one".to_owned()),
            detail: detail("one", CaseState::Review, 1),
            client: Drafting::default(),
            wire: VecDeque::new(),
            draft: None,
            work: None,
        }
    }

    /// Does something with the client, and puts on the wire what it asks for.
    fn client<T>(&mut self, work: impl FnOnce(&mut Drafting, Known<'_>) -> (T, Vec<Effect>)) -> T {
        let known = Known {
            case: &self.case,
            detail: Some(&self.detail),
            masks: &[],
        };
        let (result, effects) = work(&mut self.client, known);
        self.wire.extend(effects);
        result
    }

    fn happens(&mut self, event: Happens) {
        match event {
            Happens::Change(change) => {
                let possible = self.client(|client, known| {
                    let possible = client.check(known, &change);
                    let asked = client.ask(known, change);
                    (
                        possible == asked.as_ref().map(drop).map_err(Clone::clone),
                        asked.unwrap_or_default(),
                    )
                });
                assert!(possible, "a check that says another thing than the change");
            }
            Happens::Delivered => self.deliver(true),
            Happens::AnswerLost => self.deliver(false),
            Happens::RequestLost => {
                if let Some(message) = self.wire.pop_front() {
                    self.lose(message);
                }
            }
            Happens::MasksCome => {
                if let Some(work) = self.work.take() {
                    self.answer(work);
                }
            }
        }
    }

    fn deliver(&mut self, arrives: bool) {
        let Some(message) = self.wire.pop_front() else {
            return;
        };
        match &message {
            Effect::ChangeDraft { request, .. } => {
                let result = self.change(request);
                if arrives {
                    self.client(|client, known| match result {
                        Ok(response) => client.answered(known, &response),
                        Err(refusal) => client.refused(known, &fault(refusal.code())),
                    });
                }
            }
            Effect::LoadDraft(_) if arrives => {
                let view = DraftView {
                    draft: self.draft.clone(),
                    understands: None,
                };
                self.client(|client, known| ((), client.loaded(known, view)));
            }
            Effect::WatchDraft { .. } if arrives => {
                let draft = self.draft.as_ref();
                let (version, working) = draft.map_or((0, None), |d| (d.version, d.working));
                self.client(|client, known| ((), client.progressed(known, version, working)));
            }
            Effect::LoadDraft(_) | Effect::WatchDraft { .. } => {}
            other => panic!("{other:?}"),
        }
        if !arrives {
            self.lose(message);
        }
    }

    /// The client learns that the connection broke, and connects again.
    fn lose(&mut self, message: Effect) {
        let broken = fault(FaultCode::ConnectionBroken.as_str());
        self.client(|client, known| match message {
            Effect::ChangeDraft { .. } => {
                let (_, mut effects) = client.refused(known, &broken);
                effects.extend(client.load(known));
                ((), effects)
            }
            Effect::LoadDraft(_) => {
                client.unread();
                ((), client.load(known))
            }
            _ => {
                client.unwatched();
                ((), client.load(known))
            }
        });
    }

    /// The daemon makes a change.
    fn change(&mut self, request: &DraftRequest) -> Result<DraftResponse, DraftRefusal> {
        let known = Known {
            case: &self.case,
            detail: Some(&self.detail),
            masks: &[],
        };
        let around = known.around(self.draft.as_ref(), request).unwrap();
        let applied = Draft::apply(&mut self.draft, request, &around)?;
        if applied.cancels || self.draft.as_ref().is_some_and(|d| d.steps.is_empty()) {
            self.work = None;
        }
        let step = match applied.work {
            Some(DraftWork::Propagate(_) | DraftWork::Boxes(_)) => {
                self.work = applied.work;
                None
            }
            Some(work) => self.answer(work),
            None => applied.step,
        };
        let draft = self.draft.as_mut().unwrap();
        draft.working = self.work.map(|_| Progress { done: 1, total: 9 });
        Ok(DraftResponse::Changed {
            version: draft.version,
            position: draft.position,
            step,
            working: draft.working,
        })
    }

    /// A worker answers.
    fn answer(&mut self, work: DraftWork) -> Option<Step> {
        let draft = self.draft.as_mut()?;
        let (place, propagated) = match work {
            DraftWork::Preview(place) => (place, false),
            DraftWork::Propagate(asked) => (Place::new(asked.label, 9), true),
            DraftWork::Boxes(asked) => (Place::new(asked.label, 9), false),
            DraftWork::Commit => return None,
        };
        draft.working = None;
        let provenance = self.detail.revisions[0].provenance.clone();
        let candidate = |area| Candidate {
            mask: Rle(vec![0, area]),
            predicted_iou: 0.9,
            stability: 0.9,
            agreement: None,
            steadiness: None,
        };
        let masks = SliceAnswer {
            prompt: SlicePrompt::nothing(place),
            drawn: None,
            before: None,
            propagated,
            candidates: vec![candidate(3), candidate(5)],
            chosen: 0,
        };
        let answered = Answered {
            label: place.label,
            model: provenance.model,
            runtime: provenance.runtime,
            slices: vec![masks],
            report: None,
            rule: None,
        };
        draft.take_answer(answered).step
    }
}

fn any_change() -> impl Strategy<Value = DraftChange> {
    let place = || (1u16..3, 5u32..8).prop_map(|(n, z)| Place::new(Label::new(n).unwrap(), z));
    prop_oneof![
        6 => place().prop_map(|place| DraftChange::Draw { prompt: SlicePrompt::nothing(place) }),
        4 => place().prop_map(|Place { label, index }| DraftChange::Segment { label, index }),
        2 => (place(), 0u32..2).prop_map(|(Place { label, index }, candidate)| {
            DraftChange::Choose { label, index, candidate }
        }),
        1 => place().prop_map(|place| DraftChange::Propagate {
            label: place.label,
            slices: Slices::All,
            force: false,
            through: None,
        }),
        1 => Just(DraftChange::Object { label: Label::new(2).unwrap(), name: "x".to_owned() }),
        3 => Just(DraftChange::Undo),
        2 => Just(DraftChange::Redo),
        1 => Just(DraftChange::Cancel),
        1 => Just(DraftChange::Discard),
        1 => Just(DraftChange::Restore),
    ]
}

fn any_event() -> impl Strategy<Value = Happens> {
    prop_oneof![
        6 => any_change().prop_map(Happens::Change),
        6 => Just(Happens::Delivered),
        1 => Just(Happens::RequestLost),
        1 => Just(Happens::AnswerLost),
        1 => Just(Happens::MasksCome),
    ]
}

/// Gives each prompt a point that no other has.
fn made_unique(events: &mut [Happens]) {
    for (number, event) in (0..).zip(events) {
        if let Happens::Change(DraftChange::Draw { prompt }) = event {
            prompt.points.push(SlicePoint {
                x: number % 20,
                y: number / 20,
                positive: true,
            });
        }
    }
}

proptest! {
    /// Whatever is lost on the way and whatever comes late: in the end the client sees the draft of
    /// the daemon, and nothing was drawn twice.
    #[test]
    fn client_and_daemon_end_with_the_same_draft(
        mut events in prop::collection::vec(any_event(), 1..60),
    ) {
        made_unique(&mut events);
        let mut session = Session::new();
        for event in events {
            session.happens(event);
        }
        let mut left = 1000;
        for _ in 0..2 {
            while !session.wire.is_empty() {
                session.happens(Happens::MasksCome);
                session.happens(Happens::Delivered);
                left -= 1;
                prop_assert!(left > 0, "they never come to an end");
            }
            session.client(|client, known| ((), client.load(known)));
        }
        while !session.wire.is_empty() {
            session.happens(Happens::Delivered);
        }
        let kept = session.draft.as_ref().filter(|draft| !draft.discarded);
        prop_assert_eq!(session.client.draft(), kept);
        let mut drawn: Vec<&SlicePoint> = Vec::new();
        for step in session.draft.iter().flat_map(|draft| &draft.steps) {
            if let Step::Drawn { prompt } = step {
                prop_assert!(!drawn.contains(&&prompt.points[0]), "drawn twice");
                drawn.push(&prompt.points[0]);
            }
        }
    }
}
