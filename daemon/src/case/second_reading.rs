//! Second readings: a share of the cases that people decided on is read once more, by somebody else, who
//! sees nothing of the first reading.
//!
//! A second reading is a case of its own that reads another one. It begins with what the machine made of
//! the scan, without corrections, decision and notes of the first reader; from then on it is a case like
//! any other. Its scan is that of the first case, with which it moves.

use super::arrival::take_place;
use super::decision::resting;
use super::share::Share;
use super::{Case, DAEMON, Entry, Now, Refusal, Task, WorkItem};
use medicosam_shared::case::{Action, CaseId, Event, Revision, Verdict};
use medicosam_shared::provenance::Provenance;
use sha2::{Digest, Sha256};

/// What a hash is made for that draws cases; never to be changed, or other cases are drawn.
const PURPOSE: &str = "second reading";

/// What makes a person a reader of a case: deciding on it, or correcting it.
pub const READING: [Action; 5] = [
    Action::Approved,
    Action::Rejected,
    Action::Flagged,
    Action::Prompted,
    Action::Revised,
];

/// Whether a case is read a second time, once a person has decided on it like this. A flag is no
/// decision yet, and a second reading has none of its own.
pub fn is_drawn(case: &Case, verdict: Verdict, share: Share) -> bool {
    let is_final = match verdict {
        Verdict::Approve | Verdict::Reject => true,
        Verdict::Flag => false,
    };
    is_final && case.reads.is_none() && share.has(PURPOSE, [&case.content, &case.profile])
}

/// The id of the second reading of a case: the same on every server. `attempt` is above 0 where another
/// case has it.
pub fn id(first: &CaseId, attempt: u32) -> CaseId {
    let mut digest = Sha256::new()
        .chain_update(PURPOSE)
        .chain_update([0])
        .chain_update(&first.0);
    if attempt > 0 {
        digest = digest.chain_update(attempt.to_le_bytes());
    }
    let digest = digest.finalize();
    CaseId(digest[..6].iter().map(|b| format!("{b:02x}")).collect())
}

/// The second reading of a case, what is to be done to it, and lines for the log.
pub fn begin(first: &Case, id: CaseId, now: Now) -> (Case, WorkItem, [Entry; 2]) {
    let second = Case {
        reads: Some(first.id.clone()),
        ..Case::new(
            id,
            first.source.clone(),
            first.content.clone(),
            first.profile.clone(),
            None,
            now,
        )
    };
    let work = WorkItem::new(&second.id, Task::Copy, DAEMON);
    let begun = format!("{} is to be read a second time", first.source);
    let drawn = format!("drawn for a second reading, case {}", second.id);
    let entries = [
        Entry::new(DAEMON, Action::Identified, &second.id, None, begun),
        Entry::new(DAEMON, Action::Noted, &first.id, first.revision, drawn),
    ];
    (second, work, entries)
}

/// Whether a revision was made by the machine alone.
pub fn is_the_machines(made: &Provenance) -> bool {
    made.author.starts_with("profile ") && made.edited.is_empty() && made.painted.is_empty()
}

/// The revision that a second reading begins with: the last one of the first case that the machine alone
/// has made.
pub fn begins_with(revisions: Vec<Revision>) -> Option<Revision> {
    let own = revisions.into_iter();
    own.filter(|revision| is_the_machines(&revision.provenance))
        .max_by_key(|revision| revision.number)
}

/// Refuses a person who has read the first case, by the `history` of that.
pub fn check_reader(second: &Case, history: &[Event], who: &str) -> Result<(), Refusal> {
    let Some(first) = &second.reads else {
        return Ok(());
    };
    let mut read = history.iter().filter(|event| event.who == who);
    match read.any(|event| READING.contains(&event.action)) {
        false => Ok(()),
        true => Err(Refusal::FirstReader {
            case: second.id.clone(),
            first: first.clone(),
            who: who.to_owned(),
        }),
    }
}

/// Has a second reading go where its first case is, and be back if it was off the list. Whether it needs
/// a worker, and the line for the log; nothing if all is as it was. `history` is its own.
pub fn follow(
    second: &mut Case,
    first: &Case,
    history: &[Event],
    now: Now,
) -> Option<(bool, Entry)> {
    let is_there = second.source == first.source && second.is_listed();
    if is_there || !first.is_listed() {
        return None;
    }
    // What people have made of it since is not replaced by another copy: it goes back to where it was
    // before the work that was taken back.
    let is_back_with_result = !second.is_listed() && second.revision.is_some();
    let (needs_work, entry) = take_place(second, &first.source, !is_back_with_result, now);
    if is_back_with_result && !second.state.is_decidable() {
        second.put(resting(history), None, now);
    }
    Some((needs_work, entry))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::{Listing, Tick};
    use crate::scan::Source;
    use jiff::Timestamp;
    use medicosam_shared::case::CaseState;

    const NOW: Now = Now {
        date: Timestamp::UNIX_EPOCH,
        tick: Tick(1),
    };

    fn case(content: &str) -> Case {
        let id = CaseId(format!("case {content}"));
        let source = Source::file("/in/a.nii");
        let case = Case::new(id, source, content.to_owned(), "p".to_owned(), None, NOW);
        Case {
            revision: Some(2),
            ..case
        }
    }

    fn event(who: &str, action: Action) -> Event {
        Event {
            seq: 1,
            at: Timestamp::UNIX_EPOCH,
            who: who.to_owned(),
            action,
            case: None,
            revision: None,
            detail: String::new(),
        }
    }

    #[test]
    fn decisions_draw_and_neither_a_flag_nor_a_second_reading_does() {
        let first = case("a");
        for (verdict, drawn) in [
            (Verdict::Approve, true),
            (Verdict::Reject, true),
            (Verdict::Flag, false),
        ] {
            assert_eq!(is_drawn(&first, verdict, Share::ALL), drawn);
            assert!(!is_drawn(&first, verdict, Share::default()));
        }
        let (second, _, _) = begin(&first, id(&first.id, 0), NOW);
        assert!(!is_drawn(&second, Verdict::Approve, Share::ALL));
    }

    #[test]
    fn it_begins_without_anything_of_the_first_reading() {
        let mut first = case("a");
        first.put(CaseState::Rejected, None, NOW);
        first.reviewer = Some("ana".to_owned());
        first.reason = Some("leaks".to_owned());
        first.output = Some("/out/a".into());
        let (second, work, entries) = begin(&first, id(&first.id, 0), NOW);
        assert_eq!(second.state, CaseState::Waiting);
        assert_eq!(second.reads.as_ref(), Some(&first.id));
        assert_eq!((second.revision, second.score), (None, None));
        assert_eq!(
            (second.reviewer, second.reason, second.output),
            (None, None, None)
        );
        assert_eq!((&work.case, &work.task), (&second.id, &Task::Copy));
        assert!(entries.iter().all(|entry| !entry.detail.contains("leaks")));
        assert_ne!(id(&first.id, 0), id(&first.id, 1));
    }

    #[test]
    fn those_who_decided_or_corrected_are_refused_and_others_are_not() {
        let first = case("a");
        let (second, _, _) = begin(&first, id(&first.id, 0), NOW);
        let history = [
            event("ana", Action::Approved),
            event("ben", Action::Revised),
            event("eva", Action::Noted),
            event("eva", Action::Assigned),
        ];
        for who in ["ana", "ben"] {
            let refusal = check_reader(&second, &history, who).unwrap_err();
            assert_eq!(refusal.code(), "first-reader");
            assert!(refusal.to_string().contains(who), "{refusal}");
            assert_eq!(check_reader(&first, &history, who), Ok(()));
        }
        assert_eq!(check_reader(&second, &history, "eva"), Ok(()));
    }

    #[test]
    fn what_was_made_of_it_is_not_replaced_by_another_copy() {
        let first = case("a");
        let id = id(&first.id, 0);
        let (mut second, ..) = begin(&first, id, NOW);
        // Its scan was replaced while a correction was in hand.
        second.revision = Some(2);
        second.state = CaseState::Segmenting;
        second.listing = Listing::Superseded(first.id.clone());
        let (needs_work, _) = follow(&mut second, &first, &[], NOW).unwrap();
        assert!(!needs_work && second.is_listed());
        assert_eq!(second.state, CaseState::Review);
        second.listing = Listing::Superseded(first.id.clone());
        second.state = CaseState::Paused;
        let approved = Event {
            revision: Some(2),
            ..event("ben", Action::Approved)
        };
        follow(&mut second, &first, &[approved], NOW).unwrap();
        assert_eq!(second.state, CaseState::Approved);
    }

    #[test]
    fn it_goes_where_its_first_case_goes() {
        let mut first = case("a");
        let (mut second, _, _) = begin(&first, id(&first.id, 0), NOW);
        assert_eq!(follow(&mut second, &first, &[], NOW), None);
        second.put(CaseState::Review, None, NOW);
        first.source = Source::file("/in/b.nii");
        let (needs_work, entry) = follow(&mut second, &first, &[], NOW).unwrap();
        assert_eq!((needs_work, entry.action), (false, Action::Moved));
        assert_eq!(second.source, first.source);
        second.put(CaseState::Waiting, None, NOW);
        second.listing = Listing::Withdrawn;
        let (needs_work, _) = follow(&mut second, &first, &[], NOW).unwrap();
        assert!(needs_work && second.is_listed());
        second.listing = Listing::Withdrawn;
        first.listing = Listing::Withdrawn;
        assert_eq!(follow(&mut second, &first, &[], NOW), None);
    }
}
