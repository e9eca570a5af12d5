//! Random histories: files appear, move, vanish and return; workers claim, die and answer late; several
//! people prompt and decide at once. Whatever happens, nothing is lost and nothing is stuck.

mod happening;
mod second_readings;

use super::*;
use crate::case::sidecar::RemovedPrompts;
use crate::store::WorkQuery;
use happening::{Happening, happening};
use medicosam_shared::api::{OutputChoice, RetryRequest};
use medicosam_shared::case::FoundResult;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

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
    /// The profile of all cases.
    profile: &'static str,
    /// Whose results lie at which folder and stem.
    results: BTreeMap<PathBuf, String>,
}

const PEOPLE: [&str; 2] = ["ana", "ben"];

fn path(name: u8) -> PathBuf {
    format!("/in/{name}.nii").into()
}

impl World {
    fn new(profile: &'static str) -> Self {
        World {
            profile,
            f: Fixture::new("memory"),
            disk: BTreeMap::new(),
            walked: BTreeMap::new(),
            hands: BTreeMap::new(),
            files_made: 0,
            events: Vec::new(),
            revisions: BTreeMap::new(),
            decisions: 0,
            blameless: BTreeSet::new(),
            results: BTreeMap::new(),
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
            | Happening::Asks { .. }
            | Happening::Dies { .. }
            | Happening::Restart => self.work_happens(what),
            Happening::Follows { case, dies } => {
                let (cases, _) = self.f.store.cases().unwrap();
                let chosen = cases.get(usize::from(case) % cases.len().max(1));
                if let Some(case) = chosen.map(|case| case.id.clone()) {
                    self.follow(&case, dies);
                }
            }
            Happening::Prompts { .. }
            | Happening::Decides { .. }
            | Happening::Undoes { .. }
            | Happening::Notes { .. }
            | Happening::Assigns { .. }
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
                profile: self.profile.into(),
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
                if let Some(work) = self.take_up(worker) {
                    self.finish(&work);
                }
            }
            Happening::Asks { worker, content } => {
                let Some(work) = self.take_up(worker) else {
                    return;
                };
                let store = &self.f.store;
                let reserved =
                    store.reserve_output(&work.lease, (Path::new("/out"), "a"), |_| true);
                let asked = reserved
                    .and_then(|_| store.ask(&work.lease, &output_changed(), &somebodys(content)));
                match asked {
                    Ok(outcome) => assert_eq!(outcome, Outcome::Paused),
                    Err(error) => assert_eq!(error.code(), "lease-lost"),
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

    /// A worker writes the results of its work, unless those of another case lie there.
    fn finish(&mut self, work: &Work) {
        let store = &self.f.store;
        let id = work.lease.case.clone();
        let stem = work.source.stem();
        let place = (Path::new("/out"), stem.as_str());
        let reserved = match store.reserve_output(&work.lease, place, |_| true) {
            Ok(reserved) => reserved,
            Err(RegistryError::Refused(refusal @ Refusal::OtherRevision { .. })) => {
                // While it waited for an answer, the case was segmented again.
                assert!(work.task.corrects(), "{refusal:?}");
                says_who_was_first(&refusal);
                let class = FaultClass::BadInput;
                store.fail(&work.lease, &fault(), class).unwrap();
                return;
            }
            Err(error) => return assert_eq!(error.code(), "lease-lost"),
        };
        let place = reserved.folder.join(&reserved.stem);
        if self.results.get(&place).is_some_and(|whose| *whose != id.0) {
            store
                .ask(&work.lease, &output_changed(), &somebodys(9))
                .unwrap();
            return;
        }
        let made = self.made(work, &place);
        let store = &self.f.store;
        let number = store.finish(&work.lease, &made).unwrap();
        self.results.insert(place, id.0.clone());
        let made = self.revisions.entry(id.0).or_default();
        *made += 1;
        assert_eq!(number, *made, "no revision is overwritten");
    }

    /// What a worker makes of its work.
    fn made(&self, work: &Work, place: &Path) -> NewRevision {
        let store = &self.f.store;
        let now = store.case(&work.lease.case).unwrap();
        let mut edited = now
            .current()
            .map_or_else(BTreeSet::new, |current| current.provenance.edited.clone());
        let provenance = match &work.task {
            Task::Copy => store.first_reading(&work.lease).unwrap().provenance,
            Task::Segment => result(&format!("profile {}", work.profile), 0.5).provenance,
            Task::Prompt { prompts, .. } => {
                edited.extend(prompts.iter().map(SlicePrompt::place));
                result(&work.author, 0.5).provenance
            }
            Task::Preview { .. }
            | Task::Propagate { .. }
            | Task::Boxes { .. }
            | Task::Commit { .. }
            | Task::PutUp { .. } => unreachable!(),
        };
        NewRevision {
            output: files_at(place),
            provenance: Provenance {
                edited,
                ..provenance
            },
            ..result(&work.author, 0.5)
        }
    }

    /// Results move with their scan, over nothing that lies there.
    fn follow(&mut self, id: &CaseId, dies: bool) {
        let store = &self.f.store;
        let place = |scan: &Source| Some((PathBuf::from("/out"), scan.stem()));
        let ResultsStep::Move(moving) = store.begin_to_follow(id, place).unwrap() else {
            return;
        };
        if dies {
            return;
        }
        let whose = self.results.get(&moving.to);
        if whose.is_some_and(|whose| *whose != id.0) {
            store.results_stay(&moving, "it is taken").unwrap();
            return;
        }
        let files = files_at(&moving.to);
        store.results_have_moved(&moving, &files).unwrap();
        let own = self.results.remove(&moving.from);
        assert_eq!(own.as_ref(), Some(&id.0), "only its own results move");
        self.results.insert(moving.to.clone(), id.0.clone());
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
            Happening::Notes { person, case } => {
                let Some(case) = chosen(case) else { return };
                let who = PEOPLE[usize::from(person)];
                store.note(&case.id, who, "look again").map(drop)
            }
            Happening::Assigns { person, case, to } => {
                let Some(case) = chosen(case) else { return };
                let (who, to) = (
                    PEOPLE[usize::from(person)],
                    to.map(|n| PEOPLE[usize::from(n)]),
                );
                store.assign(&case.id, who, to).map(drop)
            }
            Happening::Retries {
                person,
                case,
                choice,
                seen,
            } => {
                let Some(case) = chosen(case) else { return };
                let request = RetryRequest {
                    output: choice,
                    found: seen.map(|content| content.to_string()),
                };
                let who = PEOPLE[usize::from(person)];
                store.retry(&case.id, who, &request).map(drop)
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
        self.check_second_readings(&all);
    }

    fn check_case(&self, case: &Case) {
        let id = case.id.clone();
        let made = self.revisions.get(&id.0).copied();
        assert_eq!(case.revision, made, "no revision is lost");
        if let Some(number) = made {
            let current = self.f.store.revision(&id, number).unwrap();
            let place = crate::output::place_of(&current.output).unwrap();
            let whose = self.results.get(&place);
            assert_eq!(whose, Some(&id.0), "its results are where it says");
        }
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

    /// People answer every case that asks about its results.
    fn answer_all(&self) {
        let (cases, _) = self.f.store.cases().unwrap();
        let asks = |case: &&CaseSummary| {
            let fault = case.fault.as_ref();
            fault.is_some_and(|fault| fault.code == "output-changed")
        };
        for case in cases.iter().filter(asks) {
            let request = RetryRequest {
                output: Some(OutputChoice::Keep),
                found: None,
            };
            self.f.store.retry(&case.id, "ana", &request).unwrap();
        }
    }

    /// Everything that can be done is done, without further trouble.
    fn settle(&mut self) {
        self.walk();
        self.hands.clear();
        for _ in 0..40 {
            self.f.clock.pass(Duration::from_secs(120));
            while let Some(work) = self.f.store.claim(&worker(9), Lane::Any).unwrap() {
                self.finish(&work);
            }
            self.answer_all();
        }
        let (cases, _) = self.f.store.cases().unwrap();
        for case in &cases {
            self.follow(&case.id, false);
        }
        self.check();
        let (cases, _) = self.f.store.cases().unwrap();
        for (path, file) in &self.disk {
            let path = path.to_string_lossy();
            let first = cases.iter().filter(|case| case.reads.is_none());
            let here: Vec<&CaseSummary> = first.filter(|c| c.path == path).collect();
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

fn output_changed() -> Fault {
    Fault {
        code: "output-changed".into(),
        ..fault()
    }
}

/// Somebody's label map.
fn somebodys(content: u8) -> FoundResult {
    FoundResult {
        label_map: "/out/a_dseg.nii.gz".into(),
        sha256: Some(content.to_string()),
        modified: None,
    }
}

fn files_at(place: &Path) -> OutputFiles {
    let file = |ending: &str| format!("{}{ending}", place.display());
    OutputFiles {
        label_map: file("_dseg.nii.gz"),
        provenance: file("_dseg.json"),
        label_table: file("_dseg.tsv"),
        sha256: None,
        folder: None,
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
        | Refusal::NoUserName(_)
        | Refusal::NoReferenceName(_)
        | Refusal::NoSuchReference { .. }
        | Refusal::FirstReader { .. }
        | Refusal::OtherResult { .. }
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
        history in prop::collection::vec(happening(), 1..80), twice in any::<bool>(),
    ) {
        let mut world = World::new(if twice { TWICE } else { "p" });
        for what in &history {
            world.happens(what);
            world.check();
        }
        world.settle();
    }
}
