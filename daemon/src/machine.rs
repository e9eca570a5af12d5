//! This machine among others.

use crate::case::Owner;
use std::sync::OnceLock;

/// What tells this machine, and its run since the last boot, from all others.
fn identity() -> &'static (String, String) {
    static IDENTITY: OnceLock<(String, String)> = OnceLock::new();
    IDENTITY.get_or_init(|| {
        // Linux tells both; elsewhere a store has one machine, and process ids return only after long.
        let read = |path: &str| {
            let found = std::fs::read_to_string(path).unwrap_or_default();
            found.trim().to_owned()
        };
        let host = read("/proc/sys/kernel/hostname");
        (host, read("/proc/sys/kernel/random/boot_id"))
    })
}

/// The worker process with this number and process id, as the owner of leases.
pub fn worker(number: u32, process: u32) -> Owner {
    let (host, boot) = identity();
    Owner::new(&format!("worker {number}"), host, boot, process)
}
