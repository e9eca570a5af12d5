//! `medicosamd model` as it is typed, on a small SAM of random weights.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod support;

use medicosam_daemon::model::graph::GRAPH_VERSION;
use medicosam_daemon::model::{
    DEFAULT_MODEL, Family, InstallRequest, InstalledModel, install, known_model, open_or_remake,
};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use support::server::{Reply, Server};
use support::{fixtures, test_assets};

/// A data folder of its own, with the runtime of all tests.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let (library, _) = test_assets();
        let folder = tempfile::tempdir().unwrap();
        let place = Place { folder };
        std::fs::create_dir(place.data()).unwrap();
        let runtime = library.ancestors().nth(2).unwrap();
        std::os::unix::fs::symlink(runtime, place.data().join("runtime")).unwrap();
        place
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_medicosamd"))
            .arg("model")
            .args(arguments)
            .arg("--data")
            .arg(self.data())
            .current_dir(self.folder.path())
            // No configuration of the machine's counts.
            .env("XDG_CONFIG_HOME", self.folder.path())
            .env("NO_PROXY", "127.0.0.1")
            .output()
            .unwrap()
    }

    /// What a verb that works says as JSON.
    fn json(&self, arguments: &[&str]) -> Value {
        let output = self.run(&[arguments, &["--json"]].concat());
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {stderr}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// The code and message of a verb that does not.
    fn error(&self, arguments: &[&str]) -> (String, String) {
        let output = self.run(&[arguments, &["--json"]].concat());
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        let value: Value = serde_json::from_slice(&output.stdout).unwrap();
        let text = |key: &str| value["error"][key].as_str().unwrap().to_owned();
        (text("code"), text("message"))
    }
}

fn tiny() -> PathBuf {
    fixtures().join("sam_vit_tiny_random_11.pth")
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_checkpoint_becomes_a_model_that_is_shown_verified_and_removed() {
    let place = Place::new();
    let imported = place.json(&["import", text(&tiny())]);
    assert_eq!(imported["name"], "sam_vit_tiny_random_11");
    assert_eq!(imported["family"], "sam");
    assert_eq!(imported["recognised"], Value::Null);
    for graph in ["encoder", "encoder_f16", "decoder"] {
        let path = imported[graph].as_str().unwrap();
        assert!(Path::new(path).is_file(), "{path}");
    }
    let shown = place.json(&["show", "sam_vit_tiny_random_11"]);
    assert_eq!(shown["files"], imported["files"]);
    let listed = place.json(&["list"]);
    assert_eq!(listed[0]["state"], "installed");
    // Nobody knows this file, so what is usual for its family, or what a person says.
    assert_eq!(imported["understands"]["masks"], true);
    let file = tiny();
    let said = ["import", text(&file), "--understands", "boxes,points"];
    let said = place.json(&said)["understands"].clone();
    assert_eq!(
        (&said["points"], &said["masks"]),
        (&true.into(), &false.into())
    );

    // The same tensors, prepared in another way: another model.
    let file = tiny();
    let medsam = ["import", text(&file), "--name", "lab", "--family", "medsam"];
    assert_eq!(place.json(&medsam)["family"], "medsam");
    let checked = place.json(&["verify"]);
    let checked: Vec<_> = checked.as_array().unwrap().iter().collect();
    assert_eq!(checked.len(), 2);
    assert!(
        checked
            .iter()
            .all(|model| model["ok"] == true && model["run"] == true)
    );

    // One bit of the weights, which no length tells.
    let decoder = PathBuf::from(shown["decoder"].as_str().unwrap());
    let mut bytes = std::fs::read(&decoder).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&decoder, bytes).unwrap();
    let output = place.run(&["verify", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let checked: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&checked[0]["ok"], &checked[1]["ok"]),
        (&true.into(), &false.into())
    );
    assert_eq!(checked[1]["error"]["code"], "model-damaged");

    let (code, _) = place.error(&["remove", "lab"]);
    assert_eq!(code, "confirmation-needed");
    place.json(&["remove", "lab", "--yes"]);
    let (code, _) = place.error(&["remove", "lab", "--yes"]);
    assert_eq!(code, "model-not-installed");
    assert!(tiny().is_file());
}

#[test]
fn a_model_that_a_profile_uses_is_only_removed_by_force() {
    let place = Place::new();
    place.json(&["import", text(&tiny()), "--name", "lab"]);
    let config = place.folder.path().join("medicosam.toml");
    let profile =
        "[[profile]]\nname = \"head\"\nmodel = \"lab\"\nwindow = { level = 40, width = 400 }\n";
    std::fs::write(&config, profile).unwrap();
    let remove = ["remove", "lab", "--yes", "--config", "medicosam.toml"];
    let (code, message) = place.error(&remove);
    assert_eq!(code, "model-in-use");
    assert!(message.contains("head"), "{message}");
    place.json(&[&remove[..], &["--force"]].concat());
}

#[test]
fn what_cannot_be_imported_is_refused_with_a_reason() {
    let place = Place::new();
    let page = place.folder.path().join("model.pt");
    std::fs::write(&page, "<!DOCTYPE html><html>log in</html>").unwrap();
    let (code, _) = place.error(&["import", text(&page)]);
    assert_eq!(code, "checkpoint-web-page");
    // The names of published models are kept for the published files.
    let (code, message) = place.error(&["import", text(&tiny()), "--name", "medicosam"]);
    assert_eq!(code, "model-other-checkpoint");
    assert!(
        message.contains("40169f1e3c03a4b67bff58249c176d92"),
        "{message}"
    );
    let (code, _) = place.error(&["import", text(&tiny()), "--name", "../up"]);
    assert_eq!(code, "model-bad-name");
    let (code, _) = place.error(&["import", "--name", "medicosam"]);
    assert_eq!(code, "checkpoint-missing");
    assert!(
        place.json(&["list"])[0]["state"] == "known",
        "nothing was installed"
    );
}

#[test]
fn a_model_of_another_version_is_made_again_from_its_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let models = folder.path().join("models");
    let checkpoint = folder.path().join("lab.pth");
    std::fs::copy(tiny(), &checkpoint).unwrap();
    let request = InstallRequest {
        name: "lab",
        family: Family::MedSam,
        checksum: None,
        understands: None,
    };
    let installed = install(&checkpoint, &request, &models).unwrap();

    let manifest = models.join("lab/model.json");
    let text = std::fs::read_to_string(&manifest).unwrap();
    let current = format!("\"graph_version\": {GRAPH_VERSION}");
    assert!(text.contains(&current), "{text}");
    let older = text.replace(&current, "\"graph_version\": 0");
    std::fs::write(&manifest, &older).unwrap();
    let error = InstalledModel::open(&models, "lab").unwrap_err();
    assert_eq!(error.code(), "model-outdated");
    assert_eq!(open_or_remake(&models, "lab", || None).unwrap(), installed);

    // With the checkpoint gone, or another one in its place, it stays as it is.
    std::fs::write(&manifest, &older).unwrap();
    std::fs::write(&checkpoint, "something else").unwrap();
    let error = open_or_remake(&models, "lab", || None).unwrap_err();
    assert_eq!(error.code(), "model-other-checkpoint");
    std::fs::remove_file(&checkpoint).unwrap();
    let error = open_or_remake(&models, "lab", || None).unwrap_err();
    assert_eq!(error.code(), "model-outdated");
}

#[test]
fn a_newer_program_makes_its_built_in_model_again() {
    let folder = tempfile::tempdir().unwrap();
    let (_, older) = test_assets();
    let carried = known_model(DEFAULT_MODEL).unwrap();
    let request = InstallRequest {
        checksum: None,
        ..InstallRequest::from(carried)
    };
    let installed = install(&older, &request, folder.path()).unwrap();

    let weights = Path::new(env!("CARGO_MANIFEST_DIR")).join("weights/litemedsam-points.pth");
    let known = || Some((carried, weights));
    let remade = open_or_remake(folder.path(), DEFAULT_MODEL, known).unwrap();
    assert_ne!(remade.hash(), installed.hash());
    assert_eq!(remade.known(), Some(carried));
    // Once is enough.
    let never = || panic!("it is the one that is carried");
    assert_eq!(
        open_or_remake(folder.path(), DEFAULT_MODEL, never).unwrap(),
        remade
    );
}

/// The published file, by the only one that is at hand: a mirror of LiteMedSAM's.
#[test]
fn a_published_model_is_fetched_checked_and_imported() {
    let (_, checkpoint) = test_assets();
    let content = std::fs::read(checkpoint).unwrap();
    let place = Place::new();

    let mut wrong = content.clone();
    wrong[20_000_000] ^= 1;
    let server = Server::start(wrong, vec![]);
    let (code, message) = place.error(&["pull", "litemedsam", "--url", &server.url("/x")]);
    assert_eq!(code, "download-wrong-file");
    assert!(message.contains("79d8c9dca6db"), "{message}");
    let folder = place.data().join("checkpoints");
    assert_eq!(
        std::fs::read_dir(&folder).unwrap().count(),
        0,
        "it was removed"
    );

    let cut = Reply {
        cut_after: Some(30_000_000),
        ..Reply::default()
    };
    let server = Server::start(content, vec![cut]);
    let pulled = place.json(&["pull", "litemedsam", "--url", &server.url("/x")]);
    assert_eq!(pulled["known"]["name"], "litemedsam");
    assert!(server.requests()[1].range.is_some());
    // What is there is not fetched again.
    place.json(&["pull", "litemedsam", "--url", &server.url("/x")]);
    assert_eq!(server.requests().len(), 2);

    let (code, _) = place.error(&["pull", "litemedsam-points"]);
    assert_eq!(code, "model-is-carried");
    let (code, _) = place.error(&["pull", "nonesuch"]);
    assert_eq!(code, "model-unknown");
}
