//! Whether the folders of a scan are really there: a share that is away is no fault of the scan.

use super::failure::Failure;
use crate::case::FaultClass;
use crate::config::Config;
use crate::scan::Source;
use crate::watch::presence::Records;
use medicosam_shared::case::Fault;
use std::path::Path;

/// Code of a scan that is not at its place.
const NOT_FOUND: &str = "scan-not-found";

/// The fault of a scan that could not be found, as that of its root if the root is away. Other
/// faults stay as they are.
pub fn explain(config: &Config, scan: &Source, fault: Fault) -> Fault {
    let root = config.root_of(scan.place());
    let Some(root) = root.filter(|_| fault.code == NOT_FOUND) else {
        return fault;
    };
    let presence = Records::load(&config.state).presence_at(&root.path, scan.place());
    match presence.problem() {
        None => fault,
        Some(why) => Fault {
            code: "root-away".to_owned(),
            message: format!("{scan} cannot be reached: {why}"),
            hint: "Mount it again; its cases resume by themselves, and nothing is counted against them."
                .to_owned(),
        },
    }
}

/// Refuses to write into an output folder whose file system is away: what is written there now would
/// lie on another disk, and be hidden when it returns.
pub fn check_output(config: &Config, output: &Path) -> Result<(), Failure> {
    let presence = Records::load(&config.state).presence_of_output(output);
    match presence.problem() {
        None => Ok(()),
        Some(why) => Err(Failure::new(
            "output-away",
            format!("results cannot be written to {}: {why}", output.display()),
            "Mount it again; the case resumes by itself.",
            FaultClass::Environment,
        )),
    }
}
