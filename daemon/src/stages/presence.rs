//! Whether the folders of a scan are really there: a share that is away is no fault of the scan.

use super::failure::Failure;
use crate::case::FaultClass;
use crate::config::Config;
use crate::scan::Source;
use crate::watch::presence::Records;
use medicosam_shared::case::Fault;
use medicosam_shared::fault_code::FaultCode;
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
            code: FaultCode::RootAway.into(),
            message: format!("{scan} cannot be reached: {why}"),
            hint: "Mount it again; its cases resume by themselves, and nothing is counted against them."
                .to_owned(),
        },
    }
}

/// Refuses to work on a scan whose root, or whose output folder, does not answer: the worker would hang.
pub fn check_answers(config: &Config, scan: &Source) -> Result<(), Failure> {
    let Some(root) = config.root_of(scan.place()) else {
        return Ok(());
    };
    let records = Records::load(&config.state);
    let silence = [&root.path, &root.output].map(|folder| records.silence(folder));
    match silence.into_iter().flatten().next() {
        None => Ok(()),
        Some(why) => {
            let Fault {
                code,
                message,
                hint,
            } = does_not_answer(scan, why);
            Err(Failure::new(&code, message, &hint, FaultClass::Environment))
        }
    }
}

/// The fault of a scan that cannot be worked on, because its folders do not answer.
pub fn does_not_answer(scan: &Source, why: &str) -> Fault {
    Fault {
        code: FaultCode::RootAway.into(),
        message: format!("{scan} cannot be reached: {why}"),
        hint: "Its cases resume by themselves when the server answers again, and nothing is counted against them."
            .to_owned(),
    }
}

/// Refuses to write into a folder whose file system is away: what is written there now would lie on
/// another disk, and be hidden when it returns.
pub fn check_output(config: &Config, folder: &Path) -> Result<(), Failure> {
    let Some(root) = config.root_writing_to(folder) else {
        return Ok(());
    };
    let presence = Records::load(&config.state).presence_in_output(&root.output, folder);
    match presence.problem() {
        None => Ok(()),
        Some(why) => Err(Failure::new(
            "output-away",
            format!("results cannot be written to {}: {why}", folder.display()),
            "Mount it again; the case resumes by itself.",
            FaultClass::Environment,
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watch::presence::{Mount, MountIdentity};
    use std::fs;

    const CONFIG: &str = r#"
        [[profile]]
        name = "p"
        [[root]]
        path = "mr"
        profile = "p"
        output = "out-mr"
        [[root]]
        path = "ct"
        profile = "p"
        output = "out-ct"
    "#;

    fn problem(checked: Result<(), Failure>) -> String {
        match checked {
            Ok(()) => String::new(),
            Err(Failure::Fault(fault, FaultClass::Environment)) => fault.message,
            Err(other) => panic!("{other:?}"),
        }
    }

    /// Results stay where they are when their scan moves: that may be the output of another root than
    /// the one that the scan lies in.
    #[test]
    fn the_folder_that_is_written_to_must_be_there_whatever_root_its_scan_lies_in() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("medicosam.toml");
        fs::write(&file, CONFIG).unwrap();
        let config = Config::load(&file, folder.path()).unwrap();
        fs::create_dir_all(&config.state).unwrap();
        let mut records = Records::default();
        for root in &config.roots {
            fs::create_dir_all(root.output.join("share")).unwrap();
            records.look_at_output(&root.output);
        }
        let [mr, ct] = [0, 1].map(|n| config.roots[n].output.clone());
        let share = MountIdentity::Mount(Mount {
            point: ct.join("share").to_string_lossy().into_owned(),
            root: "/".to_owned(),
            kind: "nfs4".to_owned(),
            source: "server:/results".to_owned(),
        });
        records.remember_below(&ct, Path::new("share"), share);
        records.save(&config.state).unwrap();
        for there in [mr.join("share"), mr, ct.clone(), ct.join("other")] {
            assert_eq!(problem(check_output(&config, &there)), "");
        }
        let scan = Source::file(config.roots[1].path.join("a.nii"));
        assert_eq!(problem(check_answers(&config, &scan)), "");
        records.set_silences([(ct.clone(), "out-ct has not answered".to_owned())]);
        records.save(&config.state).unwrap();
        let silent = problem(check_answers(&config, &scan));
        assert!(silent.contains("out-ct has not answered"), "{silent}");
        assert_ne!(problem(check_output(&config, &ct)), "", "nobody asks it");
        assert!(records.forget_silences());
        records.save(&config.state).unwrap();
        let away = problem(check_output(&config, &ct.join("share/patient")));
        assert!(away.contains("out-ct/share is not mounted"), "{away}");
    }
}
