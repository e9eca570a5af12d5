//! Embeddings on disk, so that a slice is embedded once and prompted as often as people like.
//!
//! ```text
//! <folder>/v2/content/<2>/<key>.embedding   embeddings, by the hash of everything they depend on
//! <folder>/v2/places/<2>/<stack>.keys       the key of each slice of a scan
//! <folder>/v2/ahead/<stack>                 a claim: somebody embeds the rest of these slices
//! <folder>/v2/partial/                      files on their way to becoming embeddings
//! ```
//!
//! Nothing ever becomes stale, and nothing has to be there: a missing, damaged or half-written
//! embedding is computed again. So workers share the folder without locks, nothing is synced, and a
//! file that is removed while somebody reads it does no harm.
//!
//! At the limit, the least recently used embeddings go. The time of last use is the file's
//! modification time, since many systems do not keep the one meant for it; it is brought up to
//! date when an embedding is used again after a while.

mod budget;
mod file;
mod key;
mod slice_image;
mod slice_keys;
mod sweep;

pub use key::{ContentKey, Stack};
pub use slice_image::{slice_image, view_of};

use crate::config::{Cache, Config};
use crate::model::{Embedding, View};
use budget::{Budget, Entry};
use file::Encoded;
use std::fs::{File, Metadata};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

/// Version of the layout and of what leads from a scan to a key: raised when either changes.
const VERSION: &str = "v2";

/// How old the time of last use may be before it is brought up to date.
const USE_NOTED_EVERY: Duration = Duration::from_secs(600);

/// The age given to embeddings that were made ahead and that nobody has used yet: they go before all
/// that somebody has used.
const NEVER_USED: Duration = Duration::from_secs(365 * 24 * 3600);

/// Embeddings in a folder with a size limit.
#[derive(Debug)]
pub struct EmbeddingCache {
    /// The folder as it was given.
    top: PathBuf,
    /// The folder of this version.
    folder: PathBuf,
    budget: Budget,
    usage: Mutex<Option<Usage>>,
}

/// The size of the folder, as far as this process knows.
#[derive(Debug, Clone, Copy)]
struct Usage {
    /// Bytes found at the last look.
    found: u64,
    /// Bytes written since.
    written: u64,
}

/// Why an embedding is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// It is being used.
    Now,
    /// It may be needed later.
    Ahead,
}

/// The cache cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot keep an embedding in {}: {source}", .path.display())]
pub struct CacheError {
    /// The file.
    pub path: PathBuf,
    /// The system's message.
    pub source: io::Error,
}

impl EmbeddingCache {
    /// A cache in `folder`, which is made when it is first written to. It holds at most `limit`
    /// bytes of embeddings; with 0, none. `writers` processes write to it.
    pub fn new(folder: PathBuf, limit: u64, writers: u32) -> Self {
        EmbeddingCache {
            folder: folder.join(VERSION),
            top: folder,
            budget: Budget {
                limit,
                writers: u64::from(writers),
            },
            usage: Mutex::default(),
        }
    }

    /// The cache that the daemon and its workers share.
    pub fn of(config: &Config) -> Self {
        let Cache {
            folder, max_bytes, ..
        } = &config.cache;
        Self::new(folder.clone(), *max_bytes, config.workers)
    }

    /// The embedding of a slice, if its key is known, and it is there and whole.
    pub fn get(&self, stack: &Stack<'_>, index: u32) -> Option<Embedding> {
        let key = slice_keys::read(&self.slice_keys(stack), index)?;
        self.get_content(&key, stack.view)
    }

    /// The embedding with this key, of a picture in `view`, if it is there and whole.
    pub fn get_content(&self, key: &ContentKey, view: View) -> Option<Embedding> {
        let path = self.content(key);
        let mut file = File::open(&path).ok()?;
        let metadata = file.metadata().ok()?;
        let mut bytes = Vec::with_capacity(metadata.len() as usize + 1);
        file.read_to_end(&mut bytes).ok()?;
        let embedding = file::decode(&bytes, view);
        if embedding.is_none() {
            tracing::warn!(path = %path.display(), "a damaged embedding is computed again");
        } else {
            note_use(&file, &metadata);
        }
        embedding
    }

    /// The slices of a stack of `count` that have no embedding; those that are there may still
    /// turn out to be damaged.
    pub fn missing(&self, stack: &Stack<'_>, count: u32) -> Vec<u32> {
        let keys = slice_keys::read_all(&self.slice_keys(stack));
        let known = |index: u32| keys.get(index as usize).copied().flatten();
        (0..count)
            .filter(|&index| known(index).is_none_or(|key| !self.has(&key)))
            .collect()
    }

    /// Whether there is a file for this key.
    pub fn has(&self, key: &ContentKey) -> bool {
        self.content(key).exists()
    }

    /// Records that the slice of a stack has the embedding with this key.
    pub fn note_slice(
        &self,
        stack: &Stack<'_>,
        index: u32,
        key: &ContentKey,
    ) -> Result<(), CacheError> {
        let path = self.slice_keys(stack);
        into_folder_of(&path, || slice_keys::write(&path, index, key)).map_err(failed(&path))
    }

    /// Rounds an embedding to its stored precision, and stores it, if the limit allows any. The file
    /// appears whole or not at all.
    ///
    /// On a full disk, embeddings that were used longest ago make room for it.
    pub fn put(
        &self,
        key: &ContentKey,
        embedding: &mut Embedding,
        purpose: Purpose,
    ) -> Result<(), CacheError> {
        self.put_by(key, embedding, |path, file| self.write(path, file, purpose))
    }

    /// [`EmbeddingCache::put`] with a `write` that a test can make fail.
    fn put_by(
        &self,
        key: &ContentKey,
        embedding: &mut Embedding,
        write: impl Fn(&Path, &Encoded) -> io::Result<()>,
    ) -> Result<(), CacheError> {
        let file = file::encode(embedding);
        if self.budget.limit == 0 {
            return Ok(());
        }
        let path = self.content(key);
        let length = file.bytes().len() as u64;
        let mut written = write(&path, &file);
        if written.as_ref().is_err_and(is_disk_full) {
            let entries = self.entries();
            let found = budget::total(&entries);
            // More than just its own size: the next slice follows.
            let room = length.max(self.budget.share()).max(found / 20);
            tracing::warn!(
                folder = %self.folder.display(),
                "the disk is full; {} of kept embeddings make room",
                room.min(found)
            );
            self.evict(entries, found.saturating_sub(room));
            written = write(&path, &file);
        }
        written.map_err(failed(&path))?;
        let mut usage = self.usage();
        if let Some(usage) = &mut *usage {
            usage.written += length;
        }
        self.look_if_due(&mut usage);
        Ok(())
    }

    /// Whether an embedding of `bytes` can be kept without another having to go.
    pub fn has_room(&self, bytes: u64) -> bool {
        let mut usage = self.usage();
        let Usage { found, written } = self.look_if_due(&mut usage);
        found + written + bytes <= self.budget.kept()
    }

    /// The right to embed the rest of a stack; `None` if another worker has it.
    ///
    /// A worker that dies takes the right with it until the next [`EmbeddingCache::sweep`], so that
    /// slices that kill workers do not kill one after the other.
    pub fn claim_ahead(&self, stack: &Stack<'_>) -> Result<Option<AheadClaim>, CacheError> {
        let path = self.folder.join("ahead").join(stack.to_string());
        let made = into_folder_of(&path, || File::create_new(&path));
        match made {
            Ok(_) => Ok(Some(AheadClaim(path))),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(None),
            Err(error) => Err(failed(&path)(error)),
        }
    }

    /// Removes the leftovers of older versions and of killed workers. For a time when none is at work.
    pub fn sweep(&self) {
        sweep::other_versions(&self.top);
        for folder in ["partial", "ahead"] {
            // A leftover that cannot be removed takes room and does no harm.
            let _ = std::fs::remove_dir_all(self.folder.join(folder));
        }
        sweep::dead_slice_keys(&self.folder.join("places"), |key| self.has(key));
    }

    /// Looks at the folder if this worker has written its share since the last time, and removes
    /// the excess.
    fn look_if_due(&self, usage: &mut Option<Usage>) -> Usage {
        if let Some(usage) = *usage
            && usage.written < self.budget.share()
            && usage.found + usage.written <= self.budget.limit
        {
            return usage;
        }
        let found = self.evict(self.entries(), self.budget.kept());
        *usage.insert(Usage { found, written: 0 })
    }

    /// All embeddings in the folder.
    fn entries(&self) -> Vec<Entry> {
        let files = walkdir::WalkDir::new(self.folder.join("content"))
            .min_depth(2)
            .max_depth(2);
        let entry = |found: walkdir::DirEntry| {
            let name = found.file_name().to_str()?.strip_suffix(ENDING)?;
            // Another worker may have removed it by now.
            let metadata = found.metadata().ok()?;
            Some(Entry {
                key: name.parse().ok()?,
                bytes: metadata.len(),
                used: metadata.modified().ok()?,
            })
        };
        files
            .into_iter()
            .filter_map(|found| entry(found.ok()?))
            .collect()
    }

    /// Removes the least recently used until at most `allowed` bytes are left; how many are.
    fn evict(&self, entries: Vec<Entry>, allowed: u64) -> u64 {
        let total = budget::total(&entries);
        let victims = budget::victims(entries, allowed);
        for victim in &victims {
            // Another worker may have been first. A failure is tried again next time.
            let _ = std::fs::remove_file(self.content(&victim.key));
        }
        total - budget::total(&victims)
    }

    fn write(&self, path: &Path, file: &Encoded, purpose: Purpose) -> io::Result<()> {
        // On the same disk, so that it can be renamed.
        let partial = self.folder.join("partial");
        std::fs::create_dir_all(&partial)?;
        let mut temporary = tempfile::NamedTempFile::new_in(partial)?;
        temporary.write_all(file.bytes())?;
        if purpose == Purpose::Ahead {
            temporary
                .as_file()
                .set_modified(SystemTime::now() - NEVER_USED)?;
        }
        into_folder_of(path, move || temporary.persist(path).map_err(|e| e.error))?;
        Ok(())
    }

    fn content(&self, key: &ContentKey) -> PathBuf {
        let name = key.to_string();
        let folder = self.folder.join("content").join(&name[..2]);
        folder.join(name + ENDING)
    }

    fn slice_keys(&self, stack: &Stack<'_>) -> PathBuf {
        let folder = stack.scan.get(..2).unwrap_or(stack.scan);
        let folder = self.folder.join("places").join(folder);
        folder.join(format!("{stack}.keys"))
    }

    fn usage(&self) -> MutexGuard<'_, Option<Usage>> {
        self.usage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ending of the files of embeddings.
const ENDING: &str = ".embedding";

/// The right to embed the rest of a stack, until it is dropped.
#[derive(Debug)]
pub struct AheadClaim(PathBuf);

impl Drop for AheadClaim {
    fn drop(&mut self) {
        // One that stays keeps others from embedding ahead, and nothing else.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Makes the folder of `path` first.
fn into_folder_of<T>(path: &Path, write: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    write()
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> CacheError {
    let path = path.to_owned();
    |source| CacheError { path, source }
}

impl CacheError {
    /// Whether there is no room on the disk, or none left for this user.
    pub fn is_disk_full(&self) -> bool {
        is_disk_full(&self.source)
    }
}

fn is_disk_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    )
}

/// Brings the time of last use up to date if it is an old one.
fn note_use(file: &File, metadata: &Metadata) {
    let now = SystemTime::now();
    let fresh = metadata.modified().is_ok_and(|noted| {
        now.duration_since(noted)
            .is_ok_and(|age| age < USE_NOTED_EVERY)
    });
    if !fresh {
        // Without it the embedding goes earlier than it should, and is computed again.
        let _ = file.set_modified(now);
    }
}

#[cfg(test)]
mod tests;
