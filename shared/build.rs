//! Names the commit that a release was built from, so that client and daemon can tell whether they
//! belong together. Other builds do not name it: all crates would be rebuilt after each commit.

use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=MEDICOSAM_BUILD");
    let is_release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let build = match std::env::var("MEDICOSAM_BUILD") {
        Ok(build) if !build.is_empty() => build,
        _ if is_release => commit().unwrap_or_else(|| "unknown".to_owned()),
        _ => "development".to_owned(),
    };
    println!("cargo:rustc-env=MEDICOSAM_BUILD={build}");
}

/// The commit that is checked out, if this is a checkout.
fn commit() -> Option<String> {
    // This file changes with every commit and checkout.
    println!(
        "cargo:rerun-if-changed={}",
        git(&[
            "rev-parse",
            "--path-format=absolute",
            "--git-path",
            "logs/HEAD"
        ])?
    );
    git(&["rev-parse", "--short=12", "HEAD"])
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    (output.status.success()).then(|| text.trim().to_owned())
}
