//! Values as they lie in the rows of a database, whichever it is.

use super::StoreFault;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::{Read, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// The bytes of a path: a file name need not be UTF-8.
pub fn path_bytes(path: &Path) -> &[u8] {
    path.as_os_str().as_bytes()
}

/// A path from its bytes.
pub fn path_from(bytes: Vec<u8>) -> PathBuf {
    PathBuf::from(std::ffi::OsString::from_vec(bytes))
}

/// Paths as one value, with a zero byte between: no path holds one.
pub fn paths_bytes(paths: &[PathBuf]) -> Vec<u8> {
    let paths: Vec<&[u8]> = paths.iter().map(|path| path_bytes(path)).collect();
    paths.join(&0)
}

/// Paths from one value.
pub fn paths_from(bytes: &[u8]) -> Vec<PathBuf> {
    let paths = bytes.split(|&byte| byte == 0);
    paths.map(|path| path_from(path.to_vec())).collect()
}

/// A value as JSON.
pub fn to_json(what: &'static str, value: &impl Serialize) -> Result<String, StoreFault> {
    serde_json::to_string(value).map_err(|e| unreadable(what, &e))
}

/// A value that may be missing, as JSON.
pub fn to_optional_json(
    what: &'static str,
    value: Option<&impl Serialize>,
) -> Result<Option<String>, StoreFault> {
    value.map(|value| to_json(what, value)).transpose()
}

/// A value from JSON.
pub fn from_json<T: DeserializeOwned>(what: &'static str, text: &str) -> Result<T, StoreFault> {
    serde_json::from_str(text).map_err(|e| unreadable(what, &e))
}

/// A value from its word.
pub fn from_word<T: std::str::FromStr<Err: ToString>>(
    what: &'static str,
    word: &str,
) -> Result<T, StoreFault> {
    word.parse().map_err(|e| unreadable(what, &e))
}

/// A value as compressed JSON.
pub fn to_packed(what: &'static str, value: &impl Serialize) -> Result<Vec<u8>, StoreFault> {
    let json = to_json(what, value)?;
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder
        .write_all(json.as_bytes())
        .and_then(|()| encoder.finish())
        .map_err(|e| unreadable(what, &e))
}

/// A value from compressed JSON.
pub fn from_packed<T: DeserializeOwned>(
    what: &'static str,
    packed: &[u8],
) -> Result<T, StoreFault> {
    let mut json = String::new();
    GzDecoder::new(packed)
        .read_to_string(&mut json)
        .map_err(|e| unreadable(what, &e))?;
    from_json(what, &json)
}

/// The fault of a word that this program never writes.
pub fn no_such_word(what: &'static str, word: &str) -> StoreFault {
    unreadable(what, &format!("{word:?} is no such word"))
}

fn unreadable(what: &'static str, why: &impl ToString) -> StoreFault {
    StoreFault::Unreadable {
        what,
        why: why.to_string(),
    }
}
