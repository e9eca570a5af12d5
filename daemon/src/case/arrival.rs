//! Files come, move, vanish and return: what becomes of their cases.
//!
//! One rule: a case is a scan at its place under a profile. Every name in a root has a case of its
//! own, also where two files have equal content; and a case follows its file, by the content, to
//! another place. Only a file that is gone from its old place has moved; otherwise it was copied.

use super::{Case, DAEMON, Entry, Listing, Now};
use crate::scan::{Fingerprint, Source, Stamp};
use medicosam_shared::case::{Action, CaseId, CaseState, Fault};
use medicosam_shared::provenance::ScanInfo;
use medicosam_shared::text::printable;
use sha2::{Digest, Sha256};
use std::cmp::Reverse;

/// A settled scan that has been read.
#[derive(Debug, Clone)]
pub struct Identification {
    /// Where it lies.
    pub source: Source,
    /// The state of its files when they were read.
    pub stamp: Stamp,
    /// SHA-256 of its content, in hex.
    pub sha256: String,
    /// The profile that fits it.
    pub profile: String,
    /// What its header says, or why it cannot be used.
    pub scan: Result<ScanInfo, Fault>,
}

/// What a look at the files of a scan finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look {
    /// They are there, in this state.
    Found(Stamp),
    /// They are not there, though their folder is.
    Absent,
    /// It cannot be told at present: their share is away, or the system refuses.
    Unsure,
}

/// Whether the file of a case is still where the case has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whereabouts {
    /// It is, as far as can be told.
    There,
    /// It is not.
    Gone,
    /// It is under the name that has arrived; another file lies under its old one.
    Renamed,
}

/// Where the file of a case is that was `recorded` in this state, after a look at its place, when a
/// file of the same content has arrived elsewhere.
pub fn whereabouts(recorded: &[Fingerprint], look: &Look, arrived: &Stamp) -> Whereabouts {
    let is_same = |a: &Fingerprint, b: &Fingerprint| {
        (a.dev, a.ino, a.size, a.mtime_ns) == (b.dev, b.ino, b.size, b.mtime_ns)
    };
    let all_same = |a: &[Fingerprint], b: &[Fingerprint]| {
        a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same(a, b))
    };
    match look {
        Look::Absent => Whereabouts::Gone,
        Look::Found(found)
            if !all_same(recorded, found.files()) && all_same(recorded, arrived.files()) =>
        {
            Whereabouts::Renamed
        }
        Look::Found(_) | Look::Unsure => Whereabouts::There,
    }
}

/// A case with the content of a file that has arrived, at another place.
#[derive(Debug, Clone)]
pub struct Twin {
    /// The case.
    pub case: Case,
    /// Where its own file is.
    pub file: Whereabouts,
}

/// What an arrival changes.
#[derive(Debug, Clone, PartialEq)]
pub struct Arrival {
    /// The case that the file has now.
    pub case: CaseId,
    /// Cases as they are to be written down; new ones among them.
    pub put: Vec<Case>,
    /// Lines for the audit log.
    pub entries: Vec<Entry>,
    /// Whether the case needs a worker: its work that waits is made due, or work is added.
    pub needs_work: bool,
    /// Cases whose work is not needed any more.
    pub cancel: Vec<CaseId>,
}

/// First 12 hex digits of a SHA-256 over content and profile; where a case has that already
/// (`attempt` > 0), over the place too.
pub fn case_id(content: &str, profile: &str, source: &Source, attempt: u32) -> CaseId {
    let mut digest = Sha256::new()
        .chain_update(content)
        .chain_update([0])
        .chain_update(profile);
    if attempt > 0 {
        digest = digest
            .chain_update([0])
            .chain_update(source.to_string())
            .chain_update(attempt.to_le_bytes());
    }
    let digest = digest.finalize();
    CaseId(digest[..6].iter().map(|b| format!("{b:02x}")).collect())
}

/// A settled file has been read. `here` are the cases at its place, `twins` those of the same content
/// and profile at other places, and `new` is an id that no case has.
pub fn arrive(
    file: &Identification,
    here: &[Case],
    twins: &[Twin],
    new: CaseId,
    now: Now,
) -> Arrival {
    let is_its = |case: &&Case| case.content == file.sha256 && case.profile == file.profile;
    let mut arrival = match (here.iter().find(is_its), moved(twins)) {
        (Some(case), _) if case.is_listed() => known(case),
        (Some(case), _) => follow(case, file, now),
        (None, Some(case)) => follow(case, file, now),
        (None, None) => create(file, new, now),
    };
    for old in here.iter().filter(|case| !is_its(case)) {
        supersede(&mut arrival, old, now);
    }
    arrival
}

/// The case that has moved to where a file arrived: one whose own file is gone. Of several the one
/// with most in it.
fn moved(twins: &[Twin]) -> Option<&Case> {
    twins
        .iter()
        .filter(|twin| twin.file != Whereabouts::There || !twin.case.is_listed())
        .map(|twin| &twin.case)
        .max_by_key(|case| {
            let decided = case.is_listed() && case.is_decided();
            let age = Reverse((case.created, &case.id.0));
            (decided, case.revision, case.is_listed(), age)
        })
}

fn known(case: &Case) -> Arrival {
    Arrival {
        case: case.id.clone(),
        put: Vec::new(),
        entries: Vec::new(),
        // One that waits for its file need not wait any longer.
        needs_work: false,
        cancel: Vec::new(),
    }
}

/// A case takes a file's place: it has moved there, or it is back.
fn follow(case: &Case, file: &Identification, now: Now) -> Arrival {
    let mut case = case.clone();
    let (needs_work, entry) = take_place(&mut case, &file.source, file.scan.is_ok(), now);
    Arrival {
        case: case.id.clone(),
        entries: vec![entry],
        put: vec![case],
        needs_work,
        cancel: Vec::new(),
    }
}

/// A case takes the place of `source`, whose scan can be used or not: whether it needs a worker there,
/// and the line for the log.
pub fn take_place(case: &mut Case, source: &Source, can_be_used: bool, now: Now) -> (bool, Entry) {
    let place = source.to_string();
    let (action, detail) = if case.source == *source {
        (Action::Identified, format!("{place} is back"))
    } else {
        let from = case.source.to_string();
        (Action::Moved, format!("from {from} to {place}"))
    };
    // Off the list its work was taken back; on the list only a pause may be over early.
    let waits = match case.state {
        CaseState::Paused => true,
        CaseState::Waiting | CaseState::Embedding | CaseState::Segmenting | CaseState::Failed => {
            !case.is_listed()
        }
        CaseState::Review | CaseState::Approved | CaseState::Rejected | CaseState::Flagged => false,
    };
    let needs_work = waits && can_be_used;
    case.source = source.clone();
    case.listing = Listing::Listed;
    case.updated = now.date;
    if needs_work {
        case.put(CaseState::Waiting, None, now);
    }
    let entry = Entry::new(DAEMON, action, &case.id, case.revision, detail);
    (needs_work, entry)
}

fn create(file: &Identification, id: CaseId, now: Now) -> Arrival {
    let fault = file.scan.as_ref().err().cloned();
    let place = file.source.to_string();
    let mut entries = vec![Entry::new(DAEMON, Action::Identified, &id, None, place)];
    if let Some(fault) = &fault {
        let message = fault.message.as_str();
        entries.push(Entry::new(DAEMON, Action::Failed, &id, None, message));
    }
    let case = Case::new(
        id.clone(),
        file.source.clone(),
        file.sha256.clone(),
        file.profile.clone(),
        fault,
        now,
    );
    Arrival {
        case: id,
        needs_work: file.scan.is_ok(),
        put: vec![case],
        entries,
        cancel: Vec::new(),
    }
}

fn supersede(arrival: &mut Arrival, old: &Case, now: Now) {
    let mut old = old.clone();
    let Some(entry) = replaced(&mut old, &arrival.case, now) else {
        return;
    };
    arrival.entries.push(entry);
    arrival.cancel.push(old.id.clone());
    arrival.put.push(old);
}

/// Takes a case off the list whose file was replaced, unless somebody has decided on it. `new` stands
/// for what the file holds now.
pub fn replaced(old: &mut Case, new: &CaseId, now: Now) -> Option<Entry> {
    if !old.is_listed() || old.is_decided() {
        return None;
    }
    let detail = format!("the file was replaced; its content is now case {new}");
    old.listing = Listing::Superseded(new.clone());
    old.updated = now.date;
    let (who, action) = (DAEMON, Action::Superseded);
    Some(Entry::new(who, action, &old.id, None, detail))
}

/// The file of a case is gone from a folder that is there. A case in which nobody has seen a result
/// yet is withdrawn; any other stays in the list with its results and drafts. A worker that has it in
/// hand ends that first.
pub fn gone(case: &mut Case, now: Now) -> Option<Entry> {
    if !case.is_listed() || case.revision.is_some() || case.is_in_hand() {
        return None;
    }
    case.listing = Listing::Withdrawn;
    case.updated = now.date;
    let place = case.source.to_string();
    let detail = format!("{} is not there any more", printable(&place));
    let (who, action) = (DAEMON, Action::Withdrawn);
    Some(Entry::new(who, action, &case.id, None, detail))
}
