//! Cases, and the files that they stand for.

use super::statement::Found;
use super::{StoreFault, Tables};
use crate::case::outputs::Replaces;
use crate::case::{Case, Listing};
use crate::scan::{Fingerprint, Source, SourceKey};
use crate::store::row;
use crate::store::{CaseQuery, CaseRows, FileRow, OutputName, Queue, Tally};
use medicosam_shared::case::{Action, CaseId};
use medicosam_shared::provenance::ScanInfo;
use rusqlite::{ToSql, params};
use std::path::Path;

const READING: &str = "reading cases";
const WRITING: &str = "writing a case";
const COUNTING: &str = "counting cases";
const FILES: &str = "reading known files";
const FORGETTING: &str = "forgetting a file";
const GEOMETRY: &str = "the geometry of a scan";

const COLUMNS: &str = "SELECT id, place, frame, members, sha256, profile, listing, superseded_by, \
                       state, fault, revision, score, volume_ml, reviewer, reason, output, \
                       replaces, replaces_only, found, dismissed, assigned, reads, created, updated FROM cases";

impl CaseRows for Tables<'_> {
    fn case(&self, id: &CaseId) -> Result<Option<Case>, StoreFault> {
        let sql = format!("{COLUMNS} WHERE id = ?1");
        self.first(READING, &sql, [&id.0], read)
    }

    fn cases(&self, which: &CaseQuery) -> Result<Vec<Case>, StoreFault> {
        let select = |which: &str, values: &[&dyn ToSql]| {
            self.all(READING, &format!("{COLUMNS} {which}"), values, read)
        };
        match which {
            CaseQuery::Listed => select("WHERE listing = 'listed'", params![]),
            CaseQuery::Prefix(prefix) => {
                let which = "WHERE substr(id, 1, length(?1)) = ?1 ORDER BY id";
                select(which, params![prefix])
            }
            CaseQuery::At(key) => {
                let which = "WHERE place = ?1 AND frame IS ?2 AND reads IS NULL
                             ORDER BY created, id";
                select(which, params![row::path_bytes(key.place()), frame(key)])
            }
            CaseQuery::Of { content, profile } => {
                let which = "WHERE sha256 = ?1 AND profile = ?2 AND reads IS NULL
                             ORDER BY created, id";
                select(which, params![content, profile])
            }
            CaseQuery::Reading(first) => {
                select("WHERE reads = ?1 ORDER BY created, id", params![first.0])
            }
            CaseQuery::InReview => {
                let which =
                    "WHERE (state = 'review' OR state = 'segmenting' AND revision IS NOT NULL)
                               AND listing = 'listed' ORDER BY updated DESC, id";
                select(which, params![])
            }
        }
    }

    fn first_cases_with(&self, who: &str, actions: &[Action]) -> Result<Vec<CaseId>, StoreFault> {
        let words: Vec<&str> = actions.iter().map(|action| action.as_str()).collect();
        self.all(
            READING,
            "SELECT DISTINCT second.reads AS id
             FROM cases AS second JOIN audit ON audit.case_id = second.reads
             WHERE second.reads IS NOT NULL AND audit.who = ?1
                   AND audit.action IN (SELECT value FROM json_each(?2))",
            params![who, row::to_json("actions", &words)?],
            |found| Ok(CaseId(found.get("id")?)),
        )
    }

    fn put_case(&mut self, case: &Case) -> Result<OutputName, StoreFault> {
        let output = case.output.as_deref().map(row::path_bytes);
        let taken = "SELECT 1 FROM cases WHERE output = ?1 AND id <> ?2";
        let taken = self.first(WRITING, taken, params![output, case.id.0], |_| Ok(()))?;
        if taken.is_some() {
            return Ok(OutputName::Taken);
        }
        let members = case.source.is_group();
        let members = members.then(|| row::paths_bytes(case.source.members()));
        let (listing, superseded_by) = match &case.listing {
            Listing::Listed => ("listed", None),
            Listing::Superseded(by) => ("superseded", Some(&by.0)),
            Listing::Withdrawn => ("withdrawn", None),
        };
        let replaces_only = match &case.replaces {
            Replaces::This(sha256) => Some(sha256),
            Replaces::Nothing | Replaces::Anything => None,
        };
        self.run(
            WRITING,
            "INSERT INTO cases (id, place, frame, members, sha256, profile, listing, superseded_by,
                                state, fault, revision, score, volume_ml, reviewer, reason, output,
                                created, updated, replaces, replaces_only, found, dismissed,
                                assigned, reads)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18,
                     ?19, ?20, ?21, ?22, ?23, ?24)
             ON CONFLICT (id) DO UPDATE SET
                 place = ?2, frame = ?3, members = ?4, sha256 = ?5, profile = ?6, listing = ?7,
                 superseded_by = ?8, state = ?9, fault = ?10, revision = ?11, score = ?12,
                 volume_ml = ?13, reviewer = ?14, reason = ?15, output = ?16, updated = ?18,
                 replaces = ?19, replaces_only = ?20, found = ?21,
                 dismissed = ?22, assigned = ?23, reads = ?24",
            params![
                case.id.0,
                row::path_bytes(case.source.place()),
                frame(&case.source.key()),
                members,
                case.content,
                case.profile,
                listing,
                superseded_by,
                case.state.as_str(),
                row::to_optional_json("a fault", case.fault.as_ref())?,
                case.revision,
                case.score,
                case.volume_ml,
                case.reviewer,
                case.reason,
                output,
                case.created.to_string(),
                case.updated.to_string(),
                case.replaces != Replaces::Nothing,
                replaces_only,
                row::to_optional_json("a result", case.found.as_ref())?,
                case.dismissed,
                case.assigned,
                case.reads.as_ref().map(|first| &first.0),
            ],
        )?;
        Ok(OutputName::Own)
    }

    fn scan(&self, id: &CaseId) -> Result<Option<ScanInfo>, StoreFault> {
        let sql = "SELECT scan FROM cases WHERE id = ?1";
        let read = |found: &Found<'_, '_>| found.optional_json(GEOMETRY, "scan");
        Ok(self.first(READING, sql, [&id.0], read)?.flatten())
    }

    fn put_scan(&mut self, id: &CaseId, scan: &ScanInfo) -> Result<(), StoreFault> {
        let sql = "UPDATE cases SET scan = ?2 WHERE id = ?1";
        let scan = row::to_json(GEOMETRY, scan)?;
        self.run(WRITING, sql, params![id.0, scan])
    }

    fn tally(&self) -> Result<Tally, StoreFault> {
        let cases = "SELECT state, count(*) AS number FROM cases
                     WHERE listing = 'listed' AND NOT dismissed GROUP BY state";
        let cases = self.all(COUNTING, cases, [], |found| {
            Ok((found.word("a state", "state")?, found.unsigned("number")?))
        })?;
        let queue = "SELECT count(*) FILTER (WHERE lane = 0) AS interactive,
                            count(*) FILTER (WHERE lane <> 0) AS bulk
                     FROM work WHERE state = 'ready'";
        let queue = self.first(COUNTING, queue, [], |found| {
            Ok(Queue {
                interactive: found.unsigned("interactive")?,
                bulk: found.unsigned("bulk")?,
            })
        })?;
        Ok(Tally {
            cases: cases.into_iter().collect(),
            queue: queue.unwrap_or_default(),
        })
    }

    fn files(&self, path: Option<&Path>) -> Result<Vec<FileRow>, StoreFault> {
        let columns = "SELECT path, case_id, dev, ino, size, mtime_ns, ctime_ns FROM files";
        match path.map(row::path_bytes) {
            Some(path) => {
                let sql = format!("{columns} WHERE path = ?1 ORDER BY case_id");
                self.all(FILES, &sql, [path], read_file)
            }
            None => {
                let sql = format!("{columns} ORDER BY path, case_id");
                self.all(FILES, &sql, [], read_file)
            }
        }
    }

    fn put_file(&mut self, file: &FileRow) -> Result<(), StoreFault> {
        let f = file.fingerprint;
        self.run(
            "writing down a file",
            "INSERT INTO files (path, case_id, dev, ino, size, mtime_ns, ctime_ns)
             VALUES (?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT (path, case_id) DO UPDATE SET dev = excluded.dev, ino = excluded.ino,
                 size = excluded.size, mtime_ns = excluded.mtime_ns, ctime_ns = excluded.ctime_ns",
            params![
                row::path_bytes(&file.path),
                file.case.0,
                f.dev.cast_signed(),
                f.ino.cast_signed(),
                f.size.cast_signed(),
                f.mtime_ns,
                f.ctime_ns
            ],
        )
    }

    fn forget_files(
        &mut self,
        path: Option<&Path>,
        case: Option<&CaseId>,
    ) -> Result<(), StoreFault> {
        // A statement each: one for both cases would look at every file.
        let forget = |which: &str, values: &[&dyn ToSql]| {
            self.run(
                FORGETTING,
                &format!("DELETE FROM files WHERE {which}"),
                values,
            )
        };
        match (path.map(row::path_bytes), case.map(|id| &id.0)) {
            (Some(path), Some(case)) => forget("path = ?1 AND case_id = ?2", params![path, case]),
            (Some(path), None) => forget("path = ?1", params![path]),
            (None, Some(case)) => forget("case_id = ?1", params![case]),
            (None, None) => Ok(()),
        }
    }
}

fn frame(key: &SourceKey) -> Option<i64> {
    key.frame_number().map(u64::cast_signed)
}

fn read(found: &Found<'_, '_>) -> Result<Case, StoreFault> {
    Ok(Case {
        id: CaseId(found.get("id")?),
        source: source(found)?,
        content: found.get("sha256")?,
        profile: found.get("profile")?,
        listing: listing(found)?,
        state: found.word("a state", "state")?,
        fault: found.optional_json("a fault", "fault")?,
        revision: found.get("revision")?,
        score: found.get("score")?,
        volume_ml: found.get("volume_ml")?,
        reviewer: found.get("reviewer")?,
        reason: found.get("reason")?,
        output: found.get::<Option<Vec<u8>>>("output")?.map(row::path_from),
        replaces: match (found.get("replaces")?, found.get("replaces_only")?) {
            (false, _) => Replaces::Nothing,
            (true, None) => Replaces::Anything,
            (true, Some(sha256)) => Replaces::This(sha256),
        },
        dismissed: found.get("dismissed")?,
        assigned: found.get("assigned")?,
        reads: found.get::<Option<String>>("reads")?.map(CaseId),
        found: found.optional_json("a result", "found")?,
        created: found.word("a time", "created")?,
        updated: found.word("a time", "updated")?,
    })
}

fn read_file(found: &Found<'_, '_>) -> Result<FileRow, StoreFault> {
    Ok(FileRow {
        path: row::path_from(found.get("path")?),
        case: CaseId(found.get("case_id")?),
        fingerprint: Fingerprint {
            dev: found.unsigned("dev")?,
            ino: found.unsigned("ino")?,
            size: found.unsigned("size")?,
            mtime_ns: found.get("mtime_ns")?,
            ctime_ns: found.get("ctime_ns")?,
        },
    })
}

fn source(found: &Found<'_, '_>) -> Result<Source, StoreFault> {
    let place = row::path_from(found.get("place")?);
    let whole = match found.get::<Option<Vec<u8>>>("members")? {
        Some(members) => Source::group(place, row::paths_from(&members)),
        None => Source::file(place),
    };
    Ok(match found.get::<Option<i64>>("frame")? {
        Some(frame) => whole.frame(frame.unsigned_abs()),
        None => whole,
    })
}

fn listing(found: &Found<'_, '_>) -> Result<Listing, StoreFault> {
    let word: String = found.get("listing")?;
    match (word.as_str(), found.get("superseded_by")?) {
        ("listed", _) => Ok(Listing::Listed),
        ("superseded", Some(by)) => Ok(Listing::Superseded(CaseId(by))),
        ("withdrawn", _) => Ok(Listing::Withdrawn),
        (other, _) => Err(row::no_such_word("whether a case is listed", other)),
    }
}
