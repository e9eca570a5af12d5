//! How many files, connections and pipes may be open at a time.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Raises the limit of open files to `wanted`, as far as the system lets it. Returns what holds.
pub fn open_files(wanted: u64) -> usize {
    let before = getrlimit(Resource::Nofile);
    let now = before.current.unwrap_or(u64::MAX);
    let raised = wanted.min(before.maximum.unwrap_or(u64::MAX));
    let holds = if raised > now {
        let limit = Rlimit {
            current: Some(raised),
            maximum: before.maximum,
        };
        match setrlimit(Resource::Nofile, limit) {
            Ok(()) => raised,
            Err(_) => now,
        }
    } else {
        now
    };
    if holds < wanted {
        tracing::warn!(
            "at most {holds} files can be open, not the {wanted} of `open_files` under [limits]; `LimitNOFILE=` in the unit, or `ulimit -n`, raises it"
        );
    }
    usize::try_from(holds).unwrap_or(usize::MAX)
}
