//! `[limits]`: how much of anything is taken. Each is compared before the thing costs anything.

use super::check::positive;
use super::size::ByteSize;
use jiff::SignedDuration;
use serde::Deserialize;
use std::time::Duration;

/// Largest `scan`: voxels beyond that are not read whatever the configuration says.
const MAX_SCAN: u64 = crate::scan::DEFAULT_MAX_VOXEL_BYTES;
/// Largest `sidecar`.
pub const MAX_SIDECAR: u64 = 16 << 20;
/// Largest `request`.
const MAX_REQUEST: u64 = 64 << 20;
/// Smallest `worker_memory`: less does not hold a runtime and a model.
const MIN_WORKER_MEMORY: u64 = 1 << 30;

/// How much of anything is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Points of one object on one slice.
    pub points: usize,
    /// Prompts for one scan: objects times the slices that each is asked about. Also the boxes and points
    /// that one sidecar or one request may hold.
    pub prompts: usize,
    /// Bytes of a sidecar.
    pub sidecar: u64,
    /// Bytes of a note, of a reason, of a name.
    pub note: usize,
    /// Bytes of a request's body.
    pub request: usize,
    /// How long a client may take for the head of a request, for its body, and between two requests.
    pub request_time: Duration,
    /// Connections at the same time. Some more are kept for the daemon's own user.
    pub connections: usize,
    /// Descriptors that the daemon asks the system for.
    pub open_files: u64,
    /// Bytes of the voxels of one scan.
    pub scan: u64,
    /// Files in one root that are looked at.
    pub files: usize,
    /// Folders below one another in a root.
    pub depth: usize,
    /// Bytes of address space of a worker; `None` for no limit.
    pub worker_memory: Option<u64>,
}

/// `[limits]` as written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    points: Option<usize>,
    prompts: Option<usize>,
    sidecar: Option<ByteSize>,
    note: Option<ByteSize>,
    request: Option<ByteSize>,
    request_time: Option<SignedDuration>,
    connections: Option<usize>,
    open_files: Option<u64>,
    scan: Option<ByteSize>,
    files: Option<usize>,
    depth: Option<usize>,
    worker_memory: Option<ByteSize>,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            points: 200,
            prompts: 100_000,
            sidecar: 8 << 20,
            note: 16 << 10,
            request: 1 << 20,
            request_time: Duration::from_secs(30),
            connections: 256,
            open_files: 8192,
            scan: MAX_SCAN,
            files: 1_000_000,
            depth: 256,
            worker_memory: None,
        }
    }
}

impl Limits {
    pub(super) fn check(written: Written) -> Result<Self, String> {
        let default = Limits::default();
        let within =
            |key: &str, value: u64, least: u64, most: u64| match (least..=most).contains(&value) {
                true => Ok(value),
                false if most == u64::MAX => {
                    Err(format!("[limits] {key} is {value}; the least is {least}"))
                }
                false => Err(format!(
                    "[limits] {key} is {value}; it must lie between {least} and {most}"
                )),
            };
        let count = |key, value: Option<usize>, default: usize| {
            let value = value.unwrap_or(default) as u64;
            within(key, value, 1, u64::MAX).map(|value| value as usize)
        };
        let size = |key, value: Option<ByteSize>, default: u64, least, most| {
            within(key, value.map_or(default, |size| size.0), least, most)
        };
        let request_time = written
            .request_time
            .map(|t| positive("[limits] request_time", t));
        let memory = written
            .worker_memory
            .map(|ByteSize(bytes)| within("worker_memory", bytes, MIN_WORKER_MEMORY, u64::MAX));
        Ok(Limits {
            points: count("points", written.points, default.points)?,
            prompts: count("prompts", written.prompts, default.prompts)?,
            sidecar: size("sidecar", written.sidecar, default.sidecar, 1, MAX_SIDECAR)?,
            note: size("note", written.note, default.note as u64, 64, MAX_REQUEST)? as usize,
            request: size(
                "request",
                written.request,
                default.request as u64,
                4096,
                MAX_REQUEST,
            )? as usize,
            request_time: request_time.transpose()?.unwrap_or(default.request_time),
            connections: count("connections", written.connections, default.connections)?,
            open_files: within(
                "open_files",
                written.open_files.unwrap_or(default.open_files),
                64,
                u64::MAX,
            )?,
            scan: size("scan", written.scan, default.scan, 1, MAX_SCAN)?,
            files: count("files", written.files, default.files)?,
            depth: count("depth", written.depth, default.depth)?,
            worker_memory: memory.transpose()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(text: &str) -> Result<Limits, String> {
        let written: Written = toml::from_str(text).map_err(|e| e.message().to_owned())?;
        Limits::check(written)
    }

    #[test]
    fn what_is_not_written_has_its_default() {
        assert_eq!(limits(""), Ok(Limits::default()));
        let some = limits("points = 5\nworker_memory = \"4 GiB\"\nrequest_time = \"2s\"").unwrap();
        assert_eq!((some.points, some.worker_memory), (5, Some(4 << 30)));
        assert_eq!(some.request_time, Duration::from_secs(2));
        assert_eq!(some.prompts, Limits::default().prompts);
    }

    #[test]
    fn a_limit_that_would_stop_everything_is_refused_with_what_is_possible() {
        for (text, expected) in [
            ("points = 0", "the least is 1"),
            ("connections = 0", "the least is 1"),
            ("open_files = 3", "the least is 64"),
            ("worker_memory = \"10 MB\"", "the least is 1073741824"),
            ("scan = \"1 TiB\"", "between 1 and 17179869184"),
            ("sidecar = \"1 GiB\"", "between 1 and 16777216"),
            ("request_time = \"0s\"", "must be positive"),
            ("pionts = 1", "pionts"),
        ] {
            let error = limits(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
