//! Real mounts, where the tests may make some.

use super::*;
use std::process::Command;

/// Runs a test of this file in a mount namespace of its own. `false`: not possible here.
fn in_a_namespace(test: &str) -> bool {
    let program = std::env::current_exe().unwrap();
    let name = format!("watch::presence::tests::{test}");
    let status = Command::new("unshare")
        .args(["--mount", "--propagation", "private"])
        .arg(program)
        .args(["--exact", &name, "--nocapture"])
        .env("MEDICOSAM_TEST_IN_NAMESPACE", "1")
        .output();
    match status {
        Ok(output) if output.status.success() => true,
        Ok(output) => {
            let words = String::from_utf8_lossy(&output.stderr);
            assert!(
                words.contains("unshare failed") || words.contains("Operation not permitted"),
                "{words}{}",
                String::from_utf8_lossy(&output.stdout)
            );
            false
        }
        Err(_) => false,
    }
}

fn mount(arguments: &[&str], paths: &[&Path]) {
    let status = Command::new(arguments[0])
        .args(&arguments[1..])
        .args(paths)
        .status();
    assert!(status.unwrap().success(), "{arguments:?}");
}

#[test]
fn a_bind_mount_that_is_unmounted_lazily_is_away_until_it_is_back() {
    if std::env::var_os("MEDICOSAM_TEST_IN_NAMESPACE").is_none() {
        let test = "a_bind_mount_that_is_unmounted_lazily_is_away_until_it_is_back";
        if !rustix::process::geteuid().is_root() || !in_a_namespace(test) {
            eprintln!("skipped: mounting is not allowed here");
        }
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (share, root) = (folder.path().join("share"), folder.path().join("in"));
    for path in [&share, &root, &share.join("ct"), &folder.path().join("ct")] {
        fs::create_dir(path).unwrap();
    }
    fs::write(share.join("a.nii"), "x").unwrap();
    fs::write(folder.path().join("ct/b.nii"), "x").unwrap();
    mount(&["mount", "--bind"], &[&share, &root]);
    mount(
        &["mount", "--bind"],
        &[&folder.path().join("ct"), &root.join("ct")],
    );

    let known = [root.join("a.nii"), root.join("ct/b.nii")];
    let evidence = |below: &Path| {
        let known: Vec<_> = known
            .iter()
            .filter(|path| path.starts_with(below))
            .collect();
        match known.iter().any(|path| path.exists()) {
            _ if known.is_empty() => Evidence::NothingKnown,
            true => Evidence::Found,
            false => Evidence::Missing(known.len()),
        }
    };
    let mut records = Records::default();
    let (judgement, first) = records.look_at_root(&root, evidence);
    assert!(judgement.presence.is_there());
    assert_eq!(records.get(&root).unwrap().mounts.below.len(), 1);

    mount(&["umount", "-l"], &[&root.join("ct")]);
    let (judgement, second) = records.look_at_root(&root, evidence);
    assert!(judgement.presence.is_there());
    assert!(
        judgement.away_below.contains_key(&root.join("ct")),
        "{judgement:?}"
    );
    assert_ne!(first, second);
    assert!(records.presence_at(&root, &root.join("a.nii")).is_there());
    assert!(
        !records
            .presence_at(&root, &root.join("ct/b.nii"))
            .is_there()
    );

    mount(&["umount", "-l"], &[&root]);
    let (judgement, _) = records.look_at_root(&root, evidence);
    let why = judgement.presence.problem().unwrap_or_default().to_owned();
    assert!(why.contains("is not mounted: it was"), "{why}");
    assert_eq!(records.presence(&root), judgement.presence);

    mount(&["mount", "--bind"], &[&share, &root]);
    mount(
        &["mount", "--bind"],
        &[&folder.path().join("ct"), &root.join("ct")],
    );
    let (judgement, third) = records.look_at_root(&root, evidence);
    assert!(judgement.presence.is_there() && judgement.away_below.is_empty());
    assert!(records.presence(&root).is_there());
    if statx(&root, MNT_ID_UNIQUE).is_some() {
        assert_ne!(first, third, "another mount of the same share");
    }
    mount(&["umount", "-l"], &[&root]);
}
