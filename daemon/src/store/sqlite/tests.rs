//! What only SQLite can get wrong. The story that every store tells is with the registry.

use super::*;
use crate::case::{Case, Entry, Now, Owner, Tick, WorkItem};
use crate::case::{Lane, Task};
use crate::scan::Source;
use crate::store::{CaseQuery, exchange};
use jiff::Timestamp;
use medicosam_shared::case::{Action, CaseId, CaseState};
use std::fs::{self, OpenOptions};
use std::io::{Seek, SeekFrom, Write};

fn now() -> Now {
    Now {
        date: Timestamp::UNIX_EPOCH,
        tick: Tick(1_000),
    }
}

fn new_case(number: u32) -> Case {
    let id = CaseId(format!("{number:012x}"));
    let source = Source::file(format!("/in/{number}.nii"));
    Case::new(id, source, number.to_string(), "p".to_owned(), None, now())
}

/// A store with some cases that wait, and its file.
fn filled(folder: &tempfile::TempDir, cases: u32) -> (SqliteStore, PathBuf) {
    let path = SqliteStore::file(folder.path());
    let store = open_checked(&path).unwrap();
    store.transact(&mut |rows| fill(rows, cases)).unwrap();
    (store, path)
}

/// Some cases that wait.
fn fill(rows: &mut dyn Rows, cases: u32) -> Result<Commit, StoreFault> {
    for number in 0..cases {
        let case = new_case(number);
        rows.put_case(&case)?;
        let work = WorkItem::new(&case.id, Task::Segment, "daemon");
        rows.put_work(&work)?;
        let entry = Entry::new("daemon", Action::Identified, &case.id, None, "");
        rows.add_event(&entry, now())?;
    }
    Ok(Commit::Yes)
}

fn listed(store: &SqliteStore) -> usize {
    let mut count = 0;
    let mut read = |rows: &dyn Rows| {
        count = rows.cases(&CaseQuery::Listed)?.len();
        Ok(())
    };
    store.read(&mut read).unwrap();
    count
}

/// A store that was looked through.
fn open_checked(path: &Path) -> Result<SqliteStore, StoreFault> {
    let store = SqliteStore::open_own(path)?;
    store.check()?;
    Ok(store)
}

fn fault(path: &Path) -> StoreFault {
    match open_checked(path) {
        Ok(_) => panic!("opened {}", path.display()),
        Err(fault) => fault,
    }
}

#[test]
fn the_bundled_sqlite_is_a_safe_one_and_a_commit_is_forced_to_the_disk() {
    assert!(rusqlite::version_number() >= SAFE_SQLITE);
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = filled(&folder, 0);
    let connection = store.turns.take().unwrap();
    let pragma = |name: &str| -> String {
        connection
            .query_row(&format!("PRAGMA {name}"), [], |r| {
                r.get::<_, rusqlite::types::Value>(0)
            })
            .map(|v| format!("{v:?}"))
            .unwrap()
    };
    assert!(pragma("journal_mode").contains("wal"));
    assert!(pragma("synchronous").contains('2'), "FULL is 2");
    assert!(pragma("foreign_keys").contains('1'));
}

#[test]
fn revisions_and_the_log_cannot_be_changed() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = filled(&folder, 1);
    let connection = store.turns.take().unwrap();
    let insert = "INSERT INTO revisions SELECT id, 1, NULL, '{}', '{}', x'' FROM cases";
    connection.execute(insert, []).unwrap();
    for sql in [
        "UPDATE revisions SET provenance = '{}'",
        "DELETE FROM revisions",
        "UPDATE audit SET who = 'nobody'",
        "DELETE FROM audit",
    ] {
        assert!(connection.execute(sql, []).is_err(), "{sql}");
    }
}

#[test]
fn a_store_of_a_newer_version_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (store, path) = filled(&folder, 1);
    let connection = store.turns.take().unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    assert_eq!(fault(&path).code(), "store-newer");
}

#[test]
fn several_processes_share_the_work_without_overlap() {
    let folder = tempfile::tempdir().unwrap();
    let (_store, path) = filled(&folder, 40);
    let claim_all = |worker: u32| {
        let store = SqliteStore::open(&path).unwrap();
        let owner = Owner::new("worker", "lab", "boot", worker);
        let mut mine = Vec::new();
        let mut more = true;
        while more {
            let mut claim = |rows: &mut dyn Rows| {
                let due = rows.due(Lane::Any, now())?;
                more = due.is_some();
                if let Some(mut item) = due {
                    item.claim(&mut new_case(0), &owner, now());
                    mine.push(rows.put_work(&item)?);
                }
                Ok(Commit::Yes)
            };
            store.transact(&mut claim).unwrap();
        }
        mine
    };
    let claimed: Vec<_> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..4).map(|n| scope.spawn(move || claim_all(n))).collect();
        let claimed = workers.into_iter().flat_map(|w| w.join().unwrap());
        claimed.collect()
    });
    let unique: std::collections::BTreeSet<_> = claimed.iter().collect();
    assert_eq!((claimed.len(), unique.len()), (40, 40));
}

#[test]
fn a_reader_sees_what_was_committed_and_waits_for_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = filled(&folder, 3);
    let mut seen = 0;
    let mut write = |rows: &mut dyn Rows| {
        rows.put_case(&new_case(3))?;
        seen = listed(&store);
        Ok(Commit::No)
    };
    store.transact(&mut write).unwrap();
    assert_eq!((seen, listed(&store)), (3, 3));
}

#[test]
fn a_store_that_was_emptied_is_not_taken_for_a_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let (store, path) = filled(&folder, 3);
    drop(store);
    fs::write(&path, "").unwrap();
    assert_eq!(fault(&path).code(), "store-lost");
    fs::remove_file(&path).unwrap();
    let lost = fault(&path);
    assert_eq!(lost.code(), "store-lost");
    assert!(lost.hint().contains("medicosamd recover"));
    assert!(!path.exists(), "nothing was made in its place");
}

#[test]
fn damage_anywhere_in_the_file_is_found_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let (store, path) = filled(&folder, 400);
    drop(store);
    let whole = fs::read(&path).unwrap();
    assert!(whole.len() > 40_000, "{}", whole.len());

    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    assert_eq!(fault(&path).code(), "store-damaged");
    fs::write(&path, b"this is no database, although it was one before").unwrap();
    assert_eq!(fault(&path).code(), "store-damaged");
    fs::write(&path, &whole).unwrap();
    let mut file = OpenOptions::new().write(true).open(&path).unwrap();
    file.seek(SeekFrom::Start(whole.len() as u64 / 2)).unwrap();
    file.write_all(&[0xa5; 8192]).unwrap();
    assert_eq!(fault(&path).code(), "store-damaged");
    fs::write(&path, &whole).unwrap();
    let (store, _) = (open_checked(&path).unwrap(), ());
    assert_eq!(listed(&store), 400);
}

#[test]
fn a_log_of_garbage_is_not_thrown_away_in_silence() {
    let folder = tempfile::tempdir().unwrap();
    let (store, path) = filled(&folder, 3);
    let log = path.with_extension("sqlite-wal");
    assert!(fs::metadata(&log).unwrap().len() > 0, "it holds all so far");
    drop(store);
    fs::write(&log, [0xa5; 100_000]).unwrap();
    assert_eq!(fault(&path).code(), "store-damaged");
    // What a power cut can leave before the first commit.
    fs::write(&log, [0; 4096]).unwrap();
    assert_eq!(listed(&open_checked(&path).unwrap()), 3);
}

/// A store that version 0.1 wrote (schema 3): eleven files, two of them with one content, one with four
/// volumes; decisions with reasons, two revisions of one case, a draft with its steps and logits.
#[test]
fn a_store_of_an_earlier_version_opens_with_everything_in_it() {
    let packed = include_bytes!("../../../../tests/data/fixtures/store-v3.sqlite.gz");
    let folder = tempfile::tempdir().unwrap();
    let path = SqliteStore::file(folder.path());
    let mut file = fs::File::create(&path).unwrap();
    std::io::copy(&mut flate2::read::GzDecoder::new(&packed[..]), &mut file).unwrap();
    let store = open_checked(&path).unwrap();
    let look = |rows: &dyn Rows| {
        let cases = rows.cases(&CaseQuery::Listed)?;
        assert_eq!(cases.len(), 10);
        let tally = rows.tally()?.cases;
        let counted = [CaseState::Review, CaseState::Approved, CaseState::Rejected];
        assert_eq!(counted.map(|state| tally[&state]), [5, 2, 1]);
        let case = |id: &str| cases.iter().find(|case| case.id.0 == id).unwrap();
        let rejected = case("b37ffd29e842");
        assert_eq!(
            rejected.source,
            Source::file("/data/in/bold.nii.gz").frame(0)
        );
        assert_eq!(rejected.reason.as_deref(), Some("leaks at the border"));
        assert_eq!(
            rejected.output.as_deref(),
            Some(Path::new("/data/out/bold_frame-0000"))
        );
        let corrected = case("9e0e0db88368");
        assert_eq!(
            (corrected.revision, corrected.state),
            (Some(2), CaseState::Approved)
        );
        for case in &cases {
            for number in 1..=case.revision.unwrap_or(0) {
                assert!(rows.revision(&case.id, number)?.is_some());
                assert!(rows.masks(&case.id, number)?.is_some());
            }
            assert_eq!(
                rows.scan(&case.id)?.is_some(),
                case.state != CaseState::Failed
            );
        }
        let draft = rows
            .draft(&CaseId("d8dd4d981ae6".to_owned()), "root")?
            .unwrap();
        assert_eq!((draft.revision, draft.position), (Some(1), 4));
        assert_eq!(rows.steps(draft.id)?.len(), 4);
        assert!(rows.logits(draft.id, 2)?.is_some());
        assert_eq!(rows.last_event()?, 47);
        // The second name of a content is found again; volumes share the path of their file.
        let files = rows.files(None)?;
        assert_eq!(files.len(), 10);
        assert!(
            files
                .iter()
                .all(|file| file.path != Path::new("/data/in/a.nii.gz"))
        );
        assert_eq!(
            rows.files(Some(Path::new("/data/in/bold.nii.gz")))?.len(),
            4
        );
        Ok(())
    };
    store.read(&mut |rows| look(rows)).unwrap();
}

#[test]
fn a_store_takes_its_place_with_all_that_its_log_holds_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let (store, path) = filled(&folder, 1);
    drop(store);
    let fresh = exchange::begin_again(&path).unwrap();
    fresh.transact(&mut |rows| fill(rows, 3)).unwrap();
    let log = folder.path().join("medicosam.recovering-wal");
    assert!(fs::metadata(&log).unwrap().len() > 0);
    // Somebody reads, so the log has to stay.
    std::thread::scope(|scope| {
        let (began, waits) = std::sync::mpsc::channel();
        let (end, ended) = std::sync::mpsc::channel::<()>();
        let fresh = &fresh;
        scope.spawn(move || {
            let mut read = |rows: &dyn Rows| {
                rows.cases(&CaseQuery::Listed)?;
                began.send(()).unwrap();
                ended.recv().unwrap();
                Ok(())
            };
            fresh.read(&mut read).unwrap();
        });
        waits.recv().unwrap();
        fresh.transact(&mut |rows| fill(rows, 4)).unwrap();
        let fault = exchange::take_place(&path, Timestamp::UNIX_EPOCH).unwrap_err();
        assert_eq!(fault.code(), "store-busy");
        assert_eq!(listed(&open_checked(&path).unwrap()), 1, "the old one");
        end.send(()).unwrap();
    });
    // As if it had been killed: its connections are not closed, and the log is full.
    std::mem::forget(fresh);
    assert!(fs::metadata(&log).unwrap().len() > 0);
    let moved = exchange::take_place(&path, Timestamp::UNIX_EPOCH).unwrap();
    assert!(moved.iter().all(|path| path.is_file()));
    assert_eq!(listed(&open_checked(&path).unwrap()), 4);
}

#[test]
fn a_backup_that_is_put_back_is_not_mixed_with_the_log_of_the_old_store() {
    let folder = tempfile::tempdir().unwrap();
    let (store, path) = filled(&folder, 3);
    drop(store);
    let backup = folder.path().join("backup");
    fs::copy(&path, &backup).unwrap();
    let log = path.with_extension("sqlite-wal");
    let store = open_checked(&path).unwrap();
    store.transact(&mut |rows| fill(rows, 7)).unwrap();
    // As if it had been killed.
    std::mem::forget(store);
    assert!(fs::metadata(&log).unwrap().len() > 0);

    drop(exchange::begin_with(&path, &backup).unwrap());
    let moved = exchange::take_place(&path, Timestamp::UNIX_EPOCH).unwrap();
    assert!(
        moved
            .iter()
            .any(|path| path.to_string_lossy().ends_with("-wal"))
    );
    assert_eq!(listed(&open_checked(&path).unwrap()), 3);
    // A copy of a state folder has what its own log holds.
    let old = moved
        .iter()
        .find(|path| path.to_string_lossy().ends_with('Z'));
    let with_log = exchange::begin_with(&path, old.unwrap()).unwrap();
    assert_eq!(listed(&with_log), 7);
}

#[test]
fn what_is_no_backup_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (store, path) = filled(&folder, 1);
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let other = folder.path().join("other");
    let database = Connection::open(&other).unwrap();
    database
        .execute_batch("CREATE TABLE cases (id TEXT)")
        .unwrap();
    for backup in [
        folder.path().join("missing"),
        file("empty", ""),
        file("text", "this is no database at all"),
        other,
        path.clone(),
    ] {
        let Err(fault) = exchange::begin_with(&path, &backup) else {
            panic!("{}", backup.display());
        };
        assert_eq!(fault.code(), "no-backup", "{fault}");
    }
    drop(store);
    assert_eq!(listed(&open_checked(&path).unwrap()), 1);
}

#[test]
fn a_log_without_its_store_is_said_to_be_there() {
    let folder = tempfile::tempdir().unwrap();
    let (store, path) = filled(&folder, 3);
    std::mem::forget(store);
    for lose in [
        |path: &Path| fs::write(path, ""),
        |path: &Path| fs::remove_file(path),
    ] {
        lose(&path).unwrap();
        let fault = fault(&path);
        assert_eq!(fault.code(), "store-lost");
        assert!(
            fault.to_string().contains("medicosam.sqlite-wal holds"),
            "{fault}"
        );
        assert!(fault.hint().contains("recover --from"));
    }
}
