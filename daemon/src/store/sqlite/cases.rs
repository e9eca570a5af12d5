//! Cases, and the files that they stand for.

use super::row::{self, Doing};
use super::{StoreFault, Tables};
use crate::case::{Case, Listing};
use crate::scan::{Fingerprint, Source, SourceKey};
use crate::store::Queue;
use crate::store::{CaseQuery, CaseRows, FileRow, OutputName, Tally};
use medicosam_shared::case::CaseId;
use medicosam_shared::provenance::ScanInfo;
use rusqlite::{OptionalExtension, Row, ToSql, Transaction, params};
use std::path::Path;

const READING: &str = "reading cases";
const WRITING: &str = "writing a case";

const COLUMNS: &str = "SELECT id, place, frame, members, sha256, profile, listing, superseded_by, \
                       state, fault, revision, score, volume_ml, reviewer, reason, output, \
                       replaces, created, updated FROM cases";

impl CaseRows for Tables<'_> {
    fn case(&self, id: &CaseId) -> Result<Option<Case>, StoreFault> {
        let t = self.0;
        let mut found = select(t, "WHERE id = ?1", params![id.0])?;
        Ok(found.pop())
    }

    fn cases(&self, which: &CaseQuery) -> Result<Vec<Case>, StoreFault> {
        let t = self.0;
        match which {
            CaseQuery::Listed => select(t, "WHERE listing = 'listed'", params![]),
            CaseQuery::Prefix(prefix) => {
                let which = "WHERE substr(id, 1, length(?1)) = ?1 ORDER BY id";
                select(t, which, params![prefix])
            }
            CaseQuery::At(key) => {
                let which = "WHERE place = ?1 AND frame IS ?2 ORDER BY created, id";
                select(t, which, params![row::path_bytes(key.place()), frame(key)])
            }
            CaseQuery::Of { content, profile } => {
                let which = "WHERE sha256 = ?1 AND profile = ?2 ORDER BY created, id";
                select(t, which, params![content, profile])
            }
            CaseQuery::InReview => {
                let which =
                    "WHERE (state = 'review' OR state = 'segmenting' AND revision IS NOT NULL)
                               AND listing = 'listed' ORDER BY updated DESC, id";
                select(t, which, params![])
            }
        }
    }

    fn put_case(&mut self, case: &Case) -> Result<OutputName, StoreFault> {
        let t = self.0;
        let output = case.output.as_deref().map(row::path_bytes);
        let taken: bool = t
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM cases WHERE output = ?1 AND id <> ?2)")
            .and_then(|mut s| s.query_row(params![output, case.id.0], |r| r.get(0)))
            .doing(WRITING)?;
        if taken {
            return Ok(OutputName::Taken);
        }
        let members = case.source.is_group();
        let members = members.then(|| row::paths_bytes(case.source.members()));
        let (listing, superseded_by) = match &case.listing {
            Listing::Listed => ("listed", None),
            Listing::Superseded(by) => ("superseded", Some(&by.0)),
            Listing::Withdrawn => ("withdrawn", None),
        };
        let fault = case.fault.as_ref();
        let fault = fault
            .map(|fault| row::to_json("a fault", fault))
            .transpose()?;
        t.prepare_cached(
            "INSERT INTO cases (id, place, frame, members, sha256, profile, listing, superseded_by,
                                state, fault, revision, score, volume_ml, reviewer, reason, output,
                                created, updated, replaces)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18,
                     ?19)
             ON CONFLICT (id) DO UPDATE SET
                 place = ?2, frame = ?3, members = ?4, sha256 = ?5, profile = ?6, listing = ?7,
                 superseded_by = ?8, state = ?9, fault = ?10, revision = ?11, score = ?12,
                 volume_ml = ?13, reviewer = ?14, reason = ?15, output = ?16, updated = ?18,
                 replaces = ?19",
        )
        .and_then(|mut s| {
            s.execute(params![
                case.id.0,
                row::path_bytes(case.source.place()),
                frame(&case.source.key()),
                members,
                case.content,
                case.profile,
                listing,
                superseded_by,
                case.state.as_str(),
                fault,
                case.revision,
                case.score,
                case.volume_ml,
                case.reviewer,
                case.reason,
                output,
                case.created.to_string(),
                case.updated.to_string(),
                case.replaces,
            ])
        })
        .doing(WRITING)?;
        Ok(OutputName::Own)
    }

    fn scan(&self, id: &CaseId) -> Result<Option<ScanInfo>, StoreFault> {
        let t = self.0;
        let found: Option<Option<String>> = t
            .prepare_cached("SELECT scan FROM cases WHERE id = ?1")
            .and_then(|mut s| s.query_row([&id.0], |r| r.get(0)).optional())
            .doing(READING)?;
        row::from_optional_json("the geometry of a scan", found.flatten())
    }

    fn put_scan(&mut self, id: &CaseId, scan: &ScanInfo) -> Result<(), StoreFault> {
        let t = self.0;
        let scan = row::to_json("the geometry of a scan", scan)?;
        t.prepare_cached("UPDATE cases SET scan = ?2 WHERE id = ?1")
            .and_then(|mut s| s.execute(params![id.0, scan]))
            .doing(WRITING)?;
        Ok(())
    }

    fn tally(&self) -> Result<Tally, StoreFault> {
        let t = self.0;
        const COUNTING: &str = "counting cases";
        let mut statement = t
            .prepare_cached(
                "SELECT state, count(*) FROM cases WHERE listing = 'listed' GROUP BY state",
            )
            .doing(COUNTING)?;
        let rows = statement
            .query_map([], |r| Ok((r.get::<_, String>(0)?, r.get::<_, i64>(1)?)))
            .doing(COUNTING)?;
        let mut tally = Tally::default();
        for found in rows {
            let (state, count) = found.doing(COUNTING)?;
            let state = row::from_word("a state", &state)?;
            tally.cases.insert(state, count.unsigned_abs());
        }
        tally.queue = t
            .prepare_cached(
                "SELECT count(*) FILTER (WHERE lane = 0), count(*) FILTER (WHERE lane <> 0)
                 FROM work WHERE state = 'ready'",
            )
            .and_then(|mut s| {
                s.query_row([], |r| {
                    Ok(Queue {
                        interactive: r.get::<_, i64>(0)?.unsigned_abs(),
                        bulk: r.get::<_, i64>(1)?.unsigned_abs(),
                    })
                })
            })
            .doing("counting work")?;
        Ok(tally)
    }

    fn files(&self, path: Option<&Path>) -> Result<Vec<FileRow>, StoreFault> {
        let t = self.0;
        const FILES: &str = "reading known files";
        let columns = "SELECT path, case_id, dev, ino, size, mtime_ns, ctime_ns FROM files";
        let sql = match path {
            Some(_) => format!("{columns} WHERE path = ?1 ORDER BY case_id"),
            None => format!("{columns} WHERE ?1 IS NULL ORDER BY path, case_id"),
        };
        let mut statement = t.prepare_cached(&sql).doing(FILES)?;
        let rows = statement
            .query_map([path.map(row::path_bytes)], |r| {
                Ok(FileRow {
                    path: row::path_from(r.get(0)?),
                    case: CaseId(r.get(1)?),
                    fingerprint: Fingerprint {
                        dev: r.get::<_, i64>(2)?.cast_unsigned(),
                        ino: r.get::<_, i64>(3)?.cast_unsigned(),
                        size: r.get::<_, i64>(4)?.cast_unsigned(),
                        mtime_ns: r.get(5)?,
                        ctime_ns: r.get(6)?,
                    },
                })
            })
            .doing(FILES)?;
        rows.map(|found| found.doing(FILES)).collect()
    }

    fn put_file(&mut self, file: &FileRow) -> Result<(), StoreFault> {
        let t = self.0;
        let f = file.fingerprint;
        t.prepare_cached(
            "INSERT INTO files (path, case_id, dev, ino, size, mtime_ns, ctime_ns)
             VALUES (?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT (path, case_id) DO UPDATE SET dev = excluded.dev, ino = excluded.ino,
                 size = excluded.size, mtime_ns = excluded.mtime_ns, ctime_ns = excluded.ctime_ns",
        )
        .and_then(|mut s| {
            s.execute(params![
                row::path_bytes(&file.path),
                file.case.0,
                f.dev.cast_signed(),
                f.ino.cast_signed(),
                f.size.cast_signed(),
                f.mtime_ns,
                f.ctime_ns
            ])
        })
        .doing("writing down a file")?;
        Ok(())
    }

    fn forget_files(
        &mut self,
        path: Option<&Path>,
        case: Option<&CaseId>,
    ) -> Result<(), StoreFault> {
        let t = self.0;
        // A statement each: one for both cases would look at every file.
        let forgotten = match (path.map(row::path_bytes), case.map(|id| &id.0)) {
            (Some(path), Some(case)) => t
                .prepare_cached("DELETE FROM files WHERE path = ?1 AND case_id = ?2")
                .and_then(|mut s| s.execute(params![path, case])),
            (Some(path), None) => t
                .prepare_cached("DELETE FROM files WHERE path = ?1")
                .and_then(|mut s| s.execute([path])),
            (None, Some(case)) => t
                .prepare_cached("DELETE FROM files WHERE case_id = ?1")
                .and_then(|mut s| s.execute([case])),
            (None, None) => Ok(0),
        };
        forgotten.doing("forgetting a file")?;
        Ok(())
    }
}

fn frame(key: &SourceKey) -> Option<i64> {
    key.frame_number().map(u64::cast_signed)
}

fn select(
    t: &Transaction<'_>,
    which: &str,
    values: &[&dyn ToSql],
) -> Result<Vec<Case>, StoreFault> {
    let sql = format!("{COLUMNS} {which}");
    let mut statement = t.prepare_cached(&sql).doing(READING)?;
    let mut rows = statement.query(values).doing(READING)?;
    let mut cases = Vec::new();
    while let Some(found) = rows.next().doing(READING)? {
        cases.push(read(found)?);
    }
    Ok(cases)
}

fn read(r: &Row<'_>) -> Result<Case, StoreFault> {
    Ok(Case {
        id: CaseId(get(r, "id")?),
        source: source(get(r, "place")?, get(r, "frame")?, get(r, "members")?)?,
        content: get(r, "sha256")?,
        profile: get(r, "profile")?,
        listing: listing(&get::<String>(r, "listing")?, get(r, "superseded_by")?)?,
        state: row::from_word("a state", &get::<String>(r, "state")?)?,
        fault: row::from_optional_json("a fault", get(r, "fault")?)?,
        revision: get(r, "revision")?,
        score: get(r, "score")?,
        volume_ml: get(r, "volume_ml")?,
        reviewer: get(r, "reviewer")?,
        reason: get(r, "reason")?,
        output: get::<Option<Vec<u8>>>(r, "output")?.map(row::path_from),
        replaces: get(r, "replaces")?,
        created: row::from_word("a time", &get::<String>(r, "created")?)?,
        updated: row::from_word("a time", &get::<String>(r, "updated")?)?,
    })
}

fn get<T: rusqlite::types::FromSql>(r: &Row<'_>, column: &str) -> Result<T, StoreFault> {
    r.get(column).doing(READING)
}

fn source(
    place: Vec<u8>,
    frame: Option<i64>,
    members: Option<Vec<u8>>,
) -> Result<Source, StoreFault> {
    let place = row::path_from(place);
    let whole = match members {
        Some(members) => Source::group(place, row::paths_from(&members)),
        None => Source::file(place),
    };
    Ok(match frame {
        Some(frame) => whole.frame(frame.unsigned_abs()),
        None => whole,
    })
}

fn listing(word: &str, superseded_by: Option<String>) -> Result<Listing, StoreFault> {
    match (word, superseded_by) {
        ("listed", _) => Ok(Listing::Listed),
        ("superseded", Some(by)) => Ok(Listing::Superseded(CaseId(by))),
        ("withdrawn", _) => Ok(Listing::Withdrawn),
        (other, _) => Err(StoreFault::Unreadable {
            what: "whether a case is listed",
            why: format!("{other:?} is no such word"),
        }),
    }
}
