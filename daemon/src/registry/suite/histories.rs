//! Random histories: files appear, move, vanish and return; workers claim, die and answer late; several
//! people prompt and decide at once. Whatever happens, nothing is lost and nothing is stuck.

use super::*;
use crate::case::sidecar::RemovedPrompts;
use crate::store::WorkQuery;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// What can happen. Numbers choose among what there is.
#[derive(Debug, Clone)]
enum Happening {
    Appears {
        name: u8,
        content: u8,
    },
    Moves {
        from: u8,
        to: u8,
    },
    Vanishes {
        name: u8,
    },
    Sidecar {
        name: u8,
        content: u8,
    },
    SidecarGoes {
        name: u8,
    },
    Walk,
    Claims {
        worker: u8,
        interactive: bool,
    },
    Finishes {
        worker: u8,
    },
    Fails {
        worker: u8,
        class: FaultClass,
    },
    Dies {
        worker: u8,
    },
    Restart,
    TimePasses {
        seconds: u16,
    },
    Prompts {
        person: u8,
        case: u8,
        stale: bool,
    },
    Decides {
        person: u8,
        case: u8,
        verdict: Verdict,
        overrule: bool,
    },
    Undoes {
        person: u8,
        case: u8,
    },
    Retries {
        person: u8,
        case: u8,
    },
}

fn happening() -> impl Strategy<Value = Happening> {
    use Happening::*;
    let (name, content, worker, person, case) = (0u8..4, 0u8..3, 0u8..2, 0u8..2, 0u8..4);
    let class = prop::sample::select(vec![
        FaultClass::BadInput,
        FaultClass::Environment,
        FaultClass::Passing,
    ]);
    let verdict = prop::sample::select(vec![Verdict::Approve, Verdict::Reject, Verdict::Flag]);
    prop_oneof![
        3 => (name.clone(), content.clone()).prop_map(|(name, content)| Appears { name, content }),
        2 => (name.clone(), name.clone()).prop_map(|(from, to)| Moves { from, to }),
        1 => name.clone().prop_map(|name| Vanishes { name }),
        1 => (name.clone(), content).prop_map(|(name, content)| Sidecar { name, content }),
        1 => name.prop_map(|name| SidecarGoes { name }),
        4 => Just(Walk),
        4 => (worker.clone(), any::<bool>())
            .prop_map(|(worker, interactive)| Claims { worker, interactive }),
        4 => worker.clone().prop_map(|worker| Finishes { worker }),
        2 => (worker.clone(), class).prop_map(|(worker, class)| Fails { worker, class }),
        1 => worker.prop_map(|worker| Dies { worker }),
        1 => Just(Restart),
        1 => (1u16..200).prop_map(|seconds| TimePasses { seconds }),
        2 => (person.clone(), case.clone(), any::<bool>())
            .prop_map(|(person, case, stale)| Prompts { person, case, stale }),
        2 => (person.clone(), case.clone(), verdict, any::<bool>()).prop_map(
            |(person, case, verdict, overrule)| Decides { person, case, verdict, overrule }
        ),
        1 => (person.clone(), case.clone()).prop_map(|(person, case)| Undoes { person, case }),
        1 => (person, case).prop_map(|(person, case)| Retries { person, case }),
    ]
}

/// A file in the watched folder.
#[derive(Debug, Clone, PartialEq)]
struct OnDisk {
    content: String,
    fingerprint: Fingerprint,
}

/// The world around a registry.
struct World {
    f: Fixture,
    disk: BTreeMap<PathBuf, OnDisk>,
    /// What the last walk saw.
    walked: BTreeMap<PathBuf, OnDisk>,
    /// What each worker believes to hold, also if it was given up for dead.
    hands: BTreeMap<u8, Vec<Work>>,
    files_made: u64,
    events: Vec<Event>,
    /// Revisions and decisions that were accepted.
    revisions: BTreeMap<String, u32>,
    decisions: usize,
    /// Work that only ever failed by its surroundings.
    blameless: BTreeSet<i64>,
}

const PEOPLE: [&str; 2] = ["ana", "ben"];

fn path(name: u8) -> PathBuf {
    format!("/in/{name}.nii").into()
}

impl World {
    fn new() -> Self {
        World {
            f: Fixture::new("memory"),
            disk: BTreeMap::new(),
            walked: BTreeMap::new(),
            hands: BTreeMap::new(),
            files_made: 0,
            events: Vec::new(),
            revisions: BTreeMap::new(),
            decisions: 0,
            blameless: BTreeSet::new(),
        }
    }

    fn happens(&mut self, what: &Happening) {
        match *what {
            Happening::Appears { name, content } => {
                self.files_made += 1;
                let fingerprint = Fingerprint {
                    dev: 1,
                    ino: self.files_made,
                    size: 9,
                    mtime_ns: 0,
                    ctime_ns: 0,
                };
                let content = format!("content {content}");
                let file = OnDisk {
                    content,
                    fingerprint,
                };
                self.disk.insert(path(name), file);
            }
            Happening::Moves { from, to } => {
                if let Some(file) = self.disk.remove(&path(from)) {
                    self.disk.insert(path(to), file);
                }
            }
            Happening::Vanishes { name } => {
                self.disk.remove(&path(name));
            }
            Happening::Sidecar { name, content } => {
                let file = PromptsFile {
                    path: format!("/in/{name}.prompts.json").into(),
                    sha256: content.to_string(),
                };
                let scan = crate::scan::SourceKey::new(path(name), None);
                self.f.store.prompts_changed(&[scan], &file).unwrap();
            }
            Happening::SidecarGoes { name } => {
                let file = RemovedPrompts {
                    path: format!("/in/{name}.prompts.json").into(),
                    is_sidecar: true,
                };
                let scan = crate::scan::SourceKey::new(path(name), None);
                self.f.store.prompts_removed(&[scan], &file).unwrap();
            }
            Happening::Walk => self.walk(),
            Happening::TimePasses { seconds } => {
                self.f.clock.pass(Duration::from_secs(seconds.into()));
            }
            Happening::Claims { .. }
            | Happening::Finishes { .. }
            | Happening::Fails { .. }
            | Happening::Dies { .. }
            | Happening::Restart => self.work_happens(what),
            Happening::Prompts { .. }
            | Happening::Decides { .. }
            | Happening::Undoes { .. }
            | Happening::Retries { .. } => self.person_acts(what),
        }
    }

    /// Finds new and changed files, then those that are gone.
    fn walk(&mut self) {
        let found: Vec<Identification> = self
            .disk
            .iter()
            .filter(|(path, file)| self.walked.get(*path) != Some(file))
            .map(|(path, on_disk)| Identification {
                source: Source::file(path),
                stamp: [on_disk.fingerprint].into_iter().collect(),
                sha256: on_disk.content.clone(),
                profile: "p".into(),
                scan: Ok(info()),
            })
            .collect();
        let look = |source: &Source| match self.disk.get(source.place()) {
            Some(file) => Look::Found([file.fingerprint].into_iter().collect()),
            None => Look::Absent,
        };
        self.f.store.identify_all(&found, look).unwrap();
        let gone = self
            .walked
            .keys()
            .filter(|path| !self.disk.contains_key(*path));
        let gone: Vec<PathBuf> = gone.cloned().collect();
        self.f.store.gone(&gone).unwrap();
        self.walked.clone_from(&self.disk);
    }

    fn work_happens(&mut self, what: &Happening) {
        match *what {
            Happening::Claims {
                worker: number,
                interactive,
            } => {
                let lane = if interactive {
                    Lane::Interactive
                } else {
                    Lane::Any
                };
                if let Some(work) = self.f.store.claim(&worker(number.into()), lane).unwrap() {
                    if work.lease.fence == 1 {
                        self.blameless.insert(work.lease.work.0);
                    }
                    self.hands.entry(number).or_default().push(work);
                }
            }
            Happening::Finishes { worker } => {
                // The oldest first: an answer may come long after the lease was lost.
                let Some(work) = self.take_up(worker) else {
                    return;
                };
                let id = work.lease.case.clone();
                match self.f.store.finish(&work.lease, &result(&work.author, 0.5)) {
                    Ok(number) => {
                        let made = self.revisions.entry(id.0).or_default();
                        *made += 1;
                        assert_eq!(number, *made, "no revision is overwritten");
                    }
                    Err(error) => assert!(matches!(error.code(), "lease-lost"), "{error}"),
                }
            }
            Happening::Fails { worker, class } => {
                let Some(work) = self.take_up(worker) else {
                    return;
                };
                if class != FaultClass::Environment {
                    self.blameless.remove(&work.lease.work.0);
                }
                match self.f.store.fail(&work.lease, &fault(), class) {
                    Ok(_) => {}
                    Err(error) => assert_eq!(error.code(), "lease-lost"),
                }
            }
            Happening::Dies { worker: number } => {
                for work in self.hands.remove(&number).unwrap_or_default() {
                    self.blameless.remove(&work.lease.work.0);
                }
                let owner = worker(number.into());
                self.f.store.release(&owner, &fault()).unwrap();
            }
            Happening::Restart => {
                self.f.store.release_all().unwrap();
            }
            _ => unreachable!(),
        }
    }

    fn take_up(&mut self, worker: u8) -> Option<Work> {
        let hand = self.hands.get_mut(&worker)?;
        (!hand.is_empty()).then(|| hand.remove(0))
    }

    fn person_acts(&mut self, what: &Happening) {
        let (cases, _) = self.f.store.cases().unwrap();
        let chosen = |case: u8| cases.get(usize::from(case) % cases.len().max(1)).cloned();
        let store = &self.f.store;
        let refused = match *what {
            Happening::Prompts {
                person,
                case,
                stale,
            } => {
                let Some(case) = chosen(case) else { return };
                let request = PromptRequest {
                    revision: case.revision.unwrap_or(1).saturating_sub(stale.into()),
                    ..prompt(1)
                };
                let who = PEOPLE[usize::from(person)];
                store.request_prompt(&case.id, who, &request).map(drop)
            }
            Happening::Decides {
                person,
                case,
                verdict,
                overrule,
            } => {
                let Some(case) = chosen(case) else { return };
                let request = DecisionRequest {
                    overrule,
                    ..decision(case.revision.unwrap_or(1), verdict)
                };
                let decided = store.decide(&case.id, PEOPLE[usize::from(person)], &request);
                self.decisions += usize::from(decided.is_ok());
                decided.map(drop)
            }
            Happening::Undoes { person, case } => {
                let Some(case) = chosen(case) else { return };
                let who = PEOPLE[usize::from(person)];
                store.undo(&case.id, who, &UndoRequest::default()).map(drop)
            }
            Happening::Retries { person, case } => {
                let Some(case) = chosen(case) else { return };
                store
                    .retry(&case.id, PEOPLE[usize::from(person)], None)
                    .map(drop)
            }
            _ => unreachable!(),
        };
        match refused {
            Ok(()) => {}
            Err(RegistryError::Refused(refusal)) => says_who_was_first(&refusal),
            Err(RegistryError::Fault(fault)) => panic!("{fault}"),
        }
    }

    /// What must hold at any time.
    fn check(&mut self) {
        let events = self.f.store.events(0, u32::MAX).unwrap();
        assert_eq!(
            &events[..self.events.len()],
            &self.events[..],
            "history is history"
        );
        self.events = events;
        let decided = self.events.iter().filter(|event| {
            matches!(
                event.action,
                Action::Approved | Action::Rejected | Action::Flagged
            )
        });
        assert_eq!(
            decided.count(),
            self.decisions,
            "each decision is written down once"
        );

        let all = self
            .f
            .store
            .read(|rows| Ok(rows.cases(&prefix())?))
            .unwrap();
        let leased = WorkQuery::Leased(None);
        let leased = self.f.store.read(|rows| Ok(rows.works(&leased)?)).unwrap();
        let now = self.f.clock.now();
        let held: Vec<&CaseId> = leased
            .iter()
            .filter(|item| item.is_held(now))
            .map(|item| &item.case)
            .collect();
        let unique: BTreeSet<&String> = held.iter().map(|id| &id.0).collect();
        assert_eq!(held.len(), unique.len(), "one lease a case");
        for item in &leased {
            let blameless = self.blameless.contains(&item.id.0);
            assert!(
                item.tries <= 1 || !blameless,
                "only faults of the scan count: {item:?}"
            );
        }
        for case in &all {
            self.check_case(case);
        }
    }

    fn check_case(&self, case: &Case) {
        let id = case.id.clone();
        let made = self.revisions.get(&id.0).copied();
        assert_eq!(case.revision, made, "no revision is lost");
        self.f.store.case(&id).unwrap();
        let query = WorkQuery::OpenFor(id);
        let open = self.f.store.read(|rows| Ok(rows.works(&query)?)).unwrap();
        if !case.is_listed() {
            assert!(
                open.is_empty(),
                "nobody works on what is off the list: {case:?}"
            );
            return;
        }
        match case.state {
            CaseState::Waiting
            | CaseState::Embedding
            | CaseState::Segmenting
            | CaseState::Paused => assert!(!open.is_empty(), "it has a way on: {case:?}"),
            CaseState::Review | CaseState::Approved | CaseState::Rejected | CaseState::Flagged => {
                assert!(case.revision.is_some(), "{case:?}")
            }
            CaseState::Failed => assert!(case.fault.is_some(), "{case:?}"),
        }
    }

    /// Everything that can be done is done, without further trouble.
    fn settle(&mut self) {
        self.walk();
        self.hands.clear();
        for _ in 0..40 {
            self.f.clock.pass(Duration::from_secs(120));
            while let Some(work) = self.f.store.claim(&worker(9), Lane::Any).unwrap() {
                let (id, author) = (work.lease.case.clone(), work.author.clone());
                match self.f.store.finish(&work.lease, &result(&author, 0.5)) {
                    Ok(_) => *self.revisions.entry(id.0).or_default() += 1,
                    Err(error) => panic!("{error}"),
                }
            }
        }
        self.check();
        let (cases, _) = self.f.store.cases().unwrap();
        for (path, file) in &self.disk {
            let path = path.to_string_lossy();
            let here: Vec<&CaseSummary> = cases.iter().filter(|c| c.path == path).collect();
            let its =
                |case: &&&CaseSummary| self.f.store.case(&case.id).unwrap().sha256 == file.content;
            let own = here.iter().filter(its).count();
            assert_eq!(own, 1, "{path} has a case of its own");
        }
        for case in &cases {
            let is_done = case.state.is_decidable() || case.state == CaseState::Failed;
            assert!(is_done, "nothing is stuck: {case:?}");
        }
    }
}

fn prefix() -> crate::store::CaseQuery {
    crate::store::CaseQuery::Prefix(String::new())
}

fn says_who_was_first(refusal: &Refusal) {
    let first = match refusal {
        Refusal::OtherRevision { author, .. } => author,
        Refusal::BeingCorrected { who, .. }
        | Refusal::AlreadyDecided { who, .. }
        | Refusal::OthersDecision { who, .. } => who,
        Refusal::NoSuchCase(_)
        | Refusal::Ambiguous { .. }
        | Refusal::NoSuchRevision { .. }
        | Refusal::NothingDecided { .. }
        | Refusal::WrongState { .. }
        | Refusal::Prompt(_)
        | Refusal::Draft(_)
        | Refusal::LeaseLost(_) => return,
    };
    assert!(!first.is_empty(), "{refusal:?}");
    assert!(refusal.to_string().contains(first.as_str()), "{refusal}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn nothing_is_lost_and_nothing_is_stuck(
        history in prop::collection::vec(happening(), 1..80),
    ) {
        let mut world = World::new();
        for what in &history {
            world.happens(what);
            world.check();
        }
        world.settle();
    }
}
