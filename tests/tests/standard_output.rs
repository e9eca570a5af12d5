//! Programs whose output nobody reads to its end.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests fail by panicking"
)]

use medicosam_tests::system::{System, lung_profile};
use std::process::Stdio;

#[test]
fn a_reader_that_is_gone_is_no_failure() {
    let system = System::new(&lung_profile(10, 11));
    system.drop_scan("ct_lung.nii.gz", "a.nii.gz");
    let scan = system.path("incoming/a.nii.gz");
    let scan = scan.to_string_lossy();
    for arguments in [
        &["explain", &scan, "--json"][..],
        &["model", "list", "--json"],
        &["man"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = match arguments {
            [verb @ ("model" | "man"), rest @ ..] => {
                let mut command =
                    std::process::Command::new(medicosam_tests::system::program("medicosamd"));
                command.arg(verb).args(rest);
                command
            }
            _ => system.medicosamd(arguments),
        };
        let output = command
            .stdout(writer)
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!said.contains("panicked"), "{arguments:?}: {said}");
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {said}");
    }
}
