//! What lies where a result goes, compared with what its store wrote there.
//!
//! A store replaces its own results only. A result of another store, or of a past that this store has
//! lost, and one that somebody has edited, stay until a person chooses.

use super::change::{Change, Changed};
use super::error::{OutputError, OutputProblem};
use super::names;
use super::records::{self, Record};
use crate::case::outputs::Replaces;
use crate::digest::Digest;
use crate::scan::Header;
use jiff::Timestamp;
use medicosam_shared::case::FoundResult;
use medicosam_shared::provenance::StoreRecord;
use std::fs::File;
use std::io;
use std::path::Path;

/// What a store knows of the place that it is about to write to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The revision that is about to be written.
    pub next: StoreRecord,
    /// The current revision, whose result lies there.
    pub current: Option<Written>,
    /// When a worker first took up the revision that is about to be written. A result of it that is
    /// younger is a leftover of an interrupted attempt.
    pub begun: Option<Timestamp>,
    /// What lies there and may be replaced all the same, because a person chose so.
    pub replaces: Replaces,
}

/// A result as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// When it was made.
    pub created: Timestamp,
    /// SHA-256 of its label map, in hex; `None` if an older version wrote it.
    pub sha256: Option<String>,
}

/// A label map with its record.
#[derive(Debug, Clone, Default)]
pub(super) struct Found {
    pub(super) label_map: Option<FoundMap>,
    /// The record beside it, if this program wrote it.
    pub(super) record: Option<Record>,
}

/// A label map.
#[derive(Debug, Clone)]
pub(super) struct FoundMap {
    /// SHA-256 of its bytes, in hex; `None` if it is no plain file.
    pub(super) sha256: Option<String>,
    pub(super) modified: Option<Timestamp>,
}

/// Refuses to go on if what lies where the results for `scan` go is not what their store wrote there.
/// `has_case` says whether their store has a case of this id.
pub fn refuse_changed<E: From<OutputError>>(
    folder: &Path,
    stem: &str,
    scan: &Header,
    known: &Known,
    has_case: impl FnOnce(&str) -> Result<bool, E>,
) -> Result<(), E> {
    let label_map = folder.join(format!("{stem}{}", names::label_map(scan.geometry())));
    let record = folder.join(format!("{stem}{}", names::PROVENANCE));
    let failed = |path: &Path, error| OutputError::new("reading", path, error);
    let found = Found {
        label_map: look(&label_map).map_err(|e| failed(&label_map, e))?,
        record: records::read(&record).map_err(|e| failed(&record, e))?,
    };
    let lies = found.label_map.clone();
    let other = found.other_case(known);
    let is_live = other.map(|kept_in| has_case(&kept_in.case)).transpose()?;
    match compare(known, found, is_live.unwrap_or(false)) {
        None => Ok(()),
        Some(change) => {
            let problem = OutputProblem::Changed(Box::new(Changed {
                change,
                found: FoundResult {
                    label_map: label_map.to_string_lossy().into_owned(),
                    sha256: lies.as_ref().and_then(|map| map.sha256.clone()),
                    modified: lies.and_then(|map| map.modified),
                },
            }));
            Err(OutputError::new("replacing", &label_map, problem).into())
        }
    }
}

fn look(path: &Path) -> io::Result<Option<FoundMap>> {
    let metadata = match path.symlink_metadata() {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    // Neither a link nor a pipe is read.
    let sha256 = match metadata.is_file() {
        true => Some(Digest::of_reader(File::open(path)?)?.0.to_string()),
        false => None,
    };
    let modified = metadata.modified().ok();
    Ok(Some(FoundMap {
        sha256,
        modified: modified.and_then(|time| Timestamp::try_from(time).ok()),
    }))
}

impl Found {
    /// The revision that lies there, if it is of another case of the same store.
    fn other_case(&self, known: &Known) -> Option<&StoreRecord> {
        let kept_in = self.record.as_ref()?.kept_in.as_ref()?;
        let next = &known.next;
        (kept_in.store == next.store && kept_in.case != next.case).then_some(kept_in)
    }
}

/// Compares what lies there with what the store knows. `is_live`: the store has the other case of its own
/// whose result that is, if it is one. `None`: it may be replaced, as far as this program wrote it.
pub(super) fn compare(known: &Known, found: Found, is_live: bool) -> Option<Change> {
    let other = found.other_case(known).cloned();
    let (Some(map), Some(record)) = (found.label_map, found.record) else {
        return None;
    };
    // Whatever a person chose: nobody would know that the other case has lost its result.
    if let Some(kept_in) = other.filter(|_| is_live) {
        return Some(Change::OtherCase { kept_in });
    }
    if known.replaces.covers(map.sha256.as_deref()) {
        return None;
    }
    let next = &known.next;
    let kept_in = record.kept_in.as_ref();
    let is_own_store = kept_in.is_some_and(|kept| kept.store == next.store);
    let is_next = kept_in.is_some_and(|kept| {
        (&kept.store, &kept.case, kept.revision) == (&next.store, &next.case, next.revision)
    });
    let is_leftover = is_next && known.begun.is_some() && record.created >= known.begun;
    if is_leftover {
        return None;
    }
    let is_current = match &known.current {
        None => false,
        Some(Written {
            sha256: Some(sha256),
            ..
        }) => map.sha256.as_ref() == Some(sha256),
        Some(Written { created, .. }) => record.created == Some(*created),
    };
    if is_current {
        return None;
    }
    match &known.current {
        Some(current) if record.created == Some(current.created) => Some(Change::Edited {
            written: current.created,
            changed: map.modified,
        }),
        _ => Some(Change::Unknown {
            kept_in: record.kept_in,
            is_own: is_own_store,
            author: record.author,
            created: record.created,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use medicosam_shared::fault_code::FaultCode;

    /// Compares with what lies there, which is no other case's of the store.
    fn compare(known: &Known, found: Found) -> Option<Change> {
        super::compare(known, found, false)
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).unwrap()
    }

    fn revision(store: &str, revision: u32) -> StoreRecord {
        StoreRecord {
            store: store.to_owned(),
            case: "3f2a".to_owned(),
            profile: "p".to_owned(),
            revision,
            reads: None,
        }
    }

    /// A store that is about to write revision 2, having written revision 1 at 10 s.
    fn known(sha256: Option<&str>) -> Known {
        Known {
            next: revision("ours", 2),
            current: Some(Written {
                created: at(10),
                sha256: sha256.map(str::to_owned),
            }),
            begun: Some(at(20)),
            replaces: Replaces::Nothing,
        }
    }

    /// A store that has no revision of the case.
    fn new() -> Known {
        Known {
            next: revision("ours", 1),
            current: None,
            ..known(None)
        }
    }

    fn found(sha256: &str, kept_in: Option<StoreRecord>, created: i64) -> Found {
        Found {
            label_map: Some(FoundMap {
                sha256: Some(sha256.to_owned()),
                modified: Some(at(99)),
            }),
            record: Some(Record {
                created: Some(at(created)),
                author: Some("ana".to_owned()),
                kept_in,
                review: None,
            }),
        }
    }

    #[test]
    fn a_store_replaces_what_it_wrote() {
        for known in [known(Some("a")), known(None), new()] {
            assert_eq!(compare(&known, Found::default()), None, "nothing there");
            let next = known.next.clone();
            let leftover = found("b", Some(next), 21);
            assert_eq!(compare(&known, leftover), None, "an interrupted attempt");
        }
        let own = || found("a", Some(revision("ours", 1)), 10);
        assert_eq!(compare(&known(Some("a")), own()), None);
        // Written by a version that kept neither hash nor identity.
        assert_eq!(compare(&known(None), found("a", None, 10)), None);
    }

    #[test]
    fn an_edited_label_map_stays() {
        let edited = Change::Edited {
            written: at(10),
            changed: Some(at(99)),
        };
        let text = edited.to_string();
        assert!(text.contains("changed since it was written on 2023-11-14 at 22:13:30 UTC"));
        let edited = Some(edited);
        for kept_in in [None, Some(revision("ours", 1))] {
            assert_eq!(compare(&known(Some("a")), found("b", kept_in, 10)), edited);
        }
        let mut link = found("a", None, 10);
        link.label_map.as_mut().unwrap().sha256 = None;
        assert_eq!(compare(&known(Some("a")), link), edited);
    }

    #[test]
    fn the_result_of_another_case_of_the_store_stays_whatever_a_person_chose() {
        let kept_in = StoreRecord {
            case: "77aa".to_owned(),
            ..revision("ours", 3)
        };
        let lies = found("b", Some(kept_in.clone()), 15);
        let chosen = Known {
            replaces: Replaces::Anything,
            ..new()
        };
        let change = super::compare(&chosen, lies.clone(), true).unwrap();
        assert_eq!(change, Change::OtherCase { kept_in });
        assert_eq!(change.code(), FaultCode::OutputOtherCase);
        let text = change.to_string();
        assert!(
            text.starts_with("revision 3 of case 77aa lies there"),
            "{text}"
        );
        assert_eq!(super::compare(&chosen, lies, false), None, "it is lost");
        // Only another case of the same store is asked about.
        assert!(
            found("b", Some(revision("ours", 2)), 15)
                .other_case(&chosen)
                .is_none()
        );
        assert!(
            found("b", Some(revision("theirs", 2)), 15)
                .other_case(&chosen)
                .is_none()
        );
    }

    #[test]
    fn results_of_others_and_of_a_lost_past_stay() {
        for (known, kept_in) in [
            (known(Some("a")), Some(revision("theirs", 2))),
            (known(None), Some(revision("theirs", 1))),
            (new(), Some(revision("theirs", 1))),
            (new(), None),
            // A copy of the store from before revision 2 was made was put back.
            (known(Some("a")), Some(revision("ours", 2))),
            (new(), Some(revision("ours", 1))),
        ] {
            let change = compare(&known, found("b", kept_in.clone(), 15));
            let Some(Change::Unknown { is_own, .. }) = &change else {
                panic!("{change:?}");
            };
            assert_eq!(*is_own, kept_in.is_some_and(|kept| kept.store == "ours"));
            for (replaces, is_free) in [
                (Replaces::Anything, true),
                (Replaces::This("b".to_owned()), true),
                (Replaces::This("c".to_owned()), false),
            ] {
                let chosen = Known {
                    replaces,
                    ..known.clone()
                };
                let change = compare(&chosen, found("b", None, 15));
                assert_eq!(change.is_none(), is_free, "{chosen:?}");
            }
        }
    }
}
