//! The cache in a real folder.

use super::*;
use medicosam_shared::geometry::{Axis, SliceShape};
use medicosam_shared::window::Range;
use std::cell::Cell;

const STACK: Stack<'_> = Stack {
    encoder: "m-1",
    scan: "abcdef",
    axis: Axis::K,
    view: View::as_stored(SHAPE),
    range: Range::Slice,
};

const SHAPE: SliceShape = SliceShape {
    width: 512,
    height: 300,
};

/// Bytes of the file of one embedding of these tests: 1000 halves, 32 of header, 4 of checksum.
const BYTES: u64 = 2036;

fn embedding(number: u8) -> Embedding {
    Embedding {
        // Whole numbers up to 2048 are halves.
        values: (0..1000u16)
            .map(|n| f32::from(n % 8) * f32::from(number))
            .collect(),
        shape: [10, 10, 10],
        view: View::as_stored(SHAPE),
    }
}

fn key(number: u8) -> ContentKey {
    ContentKey::from_bytes([number; ContentKey::LENGTH])
}

fn keep(cache: &EmbeddingCache, number: u8, purpose: Purpose) {
    let mut kept = embedding(number);
    cache.put(&key(number), &mut kept, purpose).unwrap();
}

/// Says that an embedding was last used so many hours ago.
fn used(cache: &EmbeddingCache, number: u8, hours_ago: u64) {
    let file = File::open(cache.content(&key(number))).unwrap();
    let time = SystemTime::now() - Duration::from_secs(hours_ago * 3600);
    file.set_modified(time).unwrap();
}

fn present(cache: &EmbeddingCache) -> Vec<u8> {
    (0..=u8::MAX).filter(|&n| cache.has(&key(n))).collect()
}

#[test]
fn what_is_put_is_got_by_content_and_by_every_place() {
    let folder = tempfile::tempdir().unwrap();
    let cache = EmbeddingCache::new(folder.path().join("deep/er"), 1 << 20, 1);
    assert_eq!(cache.get(&STACK, 7), None);
    assert_eq!(cache.missing(&STACK, 3), [0, 1, 2]);
    keep(&cache, 1, Purpose::Now);
    assert_eq!(cache.get_content(&key(1), STACK.view), Some(embedding(1)));
    assert_eq!(cache.get(&STACK, 2), None, "its place is not known yet");

    let copy = Stack {
        scan: "ffff",
        axis: Axis::I,
        ..STACK
    };
    cache.note_slice(&STACK, 2, &key(1)).unwrap();
    cache.note_slice(&copy, 0, &key(1)).unwrap();
    assert_eq!(cache.get(&STACK, 2), Some(embedding(1)));
    assert_eq!(cache.get(&copy, 0), Some(embedding(1)));
    assert_eq!(cache.get(&copy, 2), None);
    cache.note_slice(&STACK, 0, &key(9)).unwrap();
    assert_eq!(cache.missing(&STACK, 4), [0, 1, 3], "one has gone");
    assert_eq!(cache.entries().len(), 1, "kept once");
}

#[test]
fn the_limit_holds_and_what_was_used_last_stays() {
    let folder = tempfile::tempdir().unwrap();
    // Room for four; less a twentieth, for three.
    let cache = EmbeddingCache::new(folder.path().to_owned(), 4 * BYTES, 1);
    for number in 1..=3 {
        keep(&cache, number, Purpose::Now);
        used(&cache, number, 10 - u64::from(number));
    }
    assert_eq!(present(&cache), [1, 2, 3]);
    assert!(
        cache.get_content(&key(1), STACK.view).is_some(),
        "used again"
    );
    keep(&cache, 4, Purpose::Now);
    assert_eq!(present(&cache), [1, 3, 4]);

    // A second writer has not seen any of this, and keeps to the limit all the same.
    let other = EmbeddingCache::new(folder.path().to_owned(), 4 * BYTES, 2);
    used(&cache, 4, 1);
    keep(&other, 5, Purpose::Now);
    assert_eq!(present(&other), [1, 4, 5]);
    // A lower limit after a restart.
    let lower = EmbeddingCache::new(folder.path().to_owned(), 2 * BYTES, 1);
    assert!(!lower.has_room(BYTES));
    assert_eq!(present(&lower).len(), 1);
}

#[test]
fn what_is_made_ahead_makes_nothing_go_and_goes_first() {
    let folder = tempfile::tempdir().unwrap();
    let cache = EmbeddingCache::new(folder.path().to_owned(), 4 * BYTES, 1);
    assert!(cache.has_room(BYTES));
    keep(&cache, 1, Purpose::Now);
    used(&cache, 1, 24 * 30);
    keep(&cache, 2, Purpose::Ahead);
    assert!(cache.has_room(BYTES));
    keep(&cache, 3, Purpose::Ahead);
    assert!(!cache.has_room(BYTES), "a fourth would push one out");
    assert!(
        cache.get_content(&key(2), STACK.view).is_some(),
        "somebody uses it"
    );
    keep(&cache, 4, Purpose::Now);
    assert_eq!(present(&cache), [1, 2, 4]);
}

#[test]
fn a_limit_of_nothing_keeps_nothing_and_rounds_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let cache = EmbeddingCache::new(folder.path().join("x"), 0, 1);
    let mut kept = embedding(1);
    kept.values[0] = 1.0 + f32::EPSILON;
    cache.put(&key(1), &mut kept, Purpose::Now).unwrap();
    assert_eq!(kept.values[0], 1.0);
    assert!(!cache.has_room(1));
    assert!(!folder.path().join("x").exists());
}

#[test]
fn on_a_full_disk_old_embeddings_make_room_and_one_more_try_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let cache = EmbeddingCache::new(folder.path().to_owned(), 1 << 20, 1);
    for number in 1..=3 {
        keep(&cache, number, Purpose::Now);
        used(&cache, number, 10 - u64::from(number));
    }
    let full = || io::Error::from(io::ErrorKind::StorageFull);
    // A disk with room for three.
    let tries = Cell::new(0);
    let write = |path: &Path, file: &Encoded| {
        tries.set(tries.get() + 1);
        if cache.entries().len() >= 3 {
            return Err(full());
        }
        cache.write(path, file, Purpose::Now)
    };
    cache.put_by(&key(4), &mut embedding(4), write).unwrap();
    assert_eq!(tries.get(), 2);
    let left = present(&cache);
    assert!(left.contains(&4) && !left.contains(&1), "{left:?}");

    // A disk that others fill.
    let tries = Cell::new(0);
    let never = |_: &Path, _: &Encoded| {
        tries.set(tries.get() + 1);
        Err(full())
    };
    let error = cache.put_by(&key(5), &mut embedding(5), never).unwrap_err();
    assert!(error.is_disk_full(), "{error}");
    assert_eq!(tries.get(), 2);
    let denied = |_: &Path, _: &Encoded| Err(io::ErrorKind::PermissionDenied.into());
    let error = cache.put_by(&key(5), &mut embedding(5), denied);
    assert!(!error.unwrap_err().is_disk_full());
}

#[test]
fn the_rest_of_a_stack_is_embedded_by_one_and_not_again_after_a_death() {
    let folder = tempfile::tempdir().unwrap();
    let cache = EmbeddingCache::new(folder.path().to_owned(), 1 << 20, 1);
    let claim = cache.claim_ahead(&STACK).unwrap().unwrap();
    assert!(cache.claim_ahead(&STACK).unwrap().is_none());
    let other = Stack {
        scan: "12",
        ..STACK
    };
    assert!(cache.claim_ahead(&other).unwrap().is_some());
    drop(claim);
    let claim = cache.claim_ahead(&STACK).unwrap();
    std::mem::forget(claim);
    assert!(cache.claim_ahead(&STACK).unwrap().is_none());
    cache.sweep();
    assert!(cache.claim_ahead(&STACK).unwrap().is_some());
}

#[test]
fn leftovers_are_swept_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let cache = EmbeddingCache::new(folder.path().to_owned(), 1 << 20, 1);
    keep(&cache, 1, Purpose::Now);
    cache.note_slice(&STACK, 0, &key(1)).unwrap();
    let dead = Stack {
        scan: "dead",
        ..STACK
    };
    cache.note_slice(&dead, 0, &key(2)).unwrap();
    // What version 1 left, and what is somebody else's.
    let old = folder.path().join("litemedsam-79-1/5f");
    std::fs::create_dir_all(&old).unwrap();
    std::fs::write(old.join("k0001-slice.embedding"), "old").unwrap();
    for (name, left) in [("partial/.tmp12", "half"), ("notes/mine.txt", "mine")] {
        for base in [folder.path(), &cache.folder] {
            let path = base.join(name);
            into_folder_of(&path, || std::fs::write(&path, left)).unwrap();
        }
    }
    cache.sweep();
    assert_eq!(cache.get(&STACK, 0), Some(embedding(1)));
    assert!(!cache.slice_keys(&dead).exists());
    assert!(!folder.path().join("litemedsam-79-1").exists());
    assert!(!folder.path().join("partial").exists());
    assert!(!cache.folder.join("partial").exists());
    assert!(folder.path().join("notes/mine.txt").exists());
}

#[test]
fn a_damaged_file_is_as_good_as_none() {
    let folder = tempfile::tempdir().unwrap();
    let cache = EmbeddingCache::new(folder.path().to_owned(), 1 << 20, 1);
    keep(&cache, 1, Purpose::Now);
    let path = cache.content(&key(1));
    let whole = std::fs::read(&path).unwrap();
    for length in (0..whole.len()).step_by(97) {
        std::fs::write(&path, &whole[..length]).unwrap();
        assert_eq!(
            cache.get_content(&key(1), STACK.view),
            None,
            "{length} bytes"
        );
    }
    keep(&cache, 1, Purpose::Now);
    assert_eq!(cache.get_content(&key(1), STACK.view), Some(embedding(1)));
}

#[test]
fn a_vanishing_file_is_as_good_as_none() {
    let folder = tempfile::tempdir().unwrap();
    let cache = EmbeddingCache::new(folder.path().to_owned(), 2 * BYTES, 4);
    // Readers beside writers that push one another's embeddings out.
    std::thread::scope(|scope| {
        for writer in 0..3u8 {
            let cache = &cache;
            scope.spawn(move || {
                for number in (1..=20).map(|n| n * 3 + writer) {
                    keep(cache, number, Purpose::Now);
                }
            });
        }
        scope.spawn(|| {
            for number in (0..=u8::MAX).cycle().take(2000) {
                let found = cache.get_content(&key(number), STACK.view);
                assert!(found.is_none_or(|found| found == embedding(number)));
            }
        });
    });
    assert!(budget::total(&cache.entries()) <= 2 * BYTES);
}

/// Set for the child of the test below: the folder to write to.
const CHILD: &str = "MEDICOSAM_TEST_WRITES_EMBEDDINGS_TO";

#[test]
fn a_writer_killed_at_any_moment_leaves_nothing_half() {
    let forever = |folder: &Path| -> ! {
        let cache = EmbeddingCache::new(folder.to_owned(), 20 * BYTES, 1);
        for number in (0..=u8::MAX).cycle() {
            keep(&cache, number, Purpose::Now);
            let place = u32::from(number);
            cache.note_slice(&STACK, place, &key(number)).unwrap();
        }
        unreachable!("the cycle has no end");
    };
    if let Some(folder) = std::env::var_os(CHILD) {
        forever(Path::new(&folder));
    }
    let folder = tempfile::tempdir().unwrap();
    let cache = EmbeddingCache::new(folder.path().to_owned(), 20 * BYTES, 1);
    let this_test = "embed::tests::a_writer_killed_at_any_moment_leaves_nothing_half";
    for round in 1..=10 {
        let mut child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", this_test])
            .env(CHILD, folder.path())
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        // In the middle of its work, a little later each time.
        let mut looks = 0;
        while looks < round * 20 {
            assert_eq!(
                child.try_wait().unwrap(),
                None,
                "it goes on until it is killed"
            );
            looks += u32::from(cache.entries().len() >= 10);
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let there = present(&cache);
        assert!(!there.is_empty());
        for number in there {
            assert_eq!(
                cache.get_content(&key(number), STACK.view),
                Some(embedding(number))
            );
        }
        for number in 0..=u8::MAX {
            let found = cache.get(&STACK, u32::from(number));
            assert!(found.is_none_or(|found| found == embedding(number)));
        }
    }
    cache.sweep();
    assert!(!cache.folder.join("partial").exists());
    // What the last one had no time to remove goes at the next look.
    cache.has_room(0);
    assert!(budget::total(&cache.entries()) <= 20 * BYTES);
}
