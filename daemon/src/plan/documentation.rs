//! The examples in the documentation are valid.

use crate::config::Config;
use crate::prompts::sidecar;
use std::path::Path;

/// The indented blocks of a text.
fn blocks(text: &str) -> Vec<String> {
    let mut blocks = vec![String::new()];
    for line in text.lines() {
        match (
            line.strip_prefix("    "),
            line.is_empty(),
            blocks.last_mut(),
        ) {
            (Some(code), _, Some(block)) => {
                block.push_str(code);
                block.push('\n');
            }
            // An empty line within a block belongs to it.
            (None, true, Some(block)) if !block.is_empty() => block.push('\n'),
            (None, false, Some(block)) if !block.is_empty() => blocks.push(String::new()),
            _ => {}
        }
    }
    blocks
}

fn document(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name);
    std::fs::read_to_string(path).unwrap()
}

fn load(block: &str) -> Config {
    // An example of profiles alone, or of a root alone, is one of a part.
    let mut text = block.to_owned();
    if !text.contains("[[profile]]") {
        text.push_str("\n[[profile]]\nname = \"lung\"\n[[profile]]\nname = \"brain\"\n");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("medicosam.toml");
    std::fs::write(&path, text).unwrap();
    Config::load(&path, Path::new("/data")).unwrap_or_else(|e| panic!("{e}\n{block}"))
}

#[test]
fn every_example_of_a_configuration_can_be_loaded() {
    let mut profiles = 0;
    for name in ["README.md", "docs/configuration.md"] {
        for block in blocks(&document(name)) {
            // Not those that show commands.
            if block.trim_start().starts_with('[') {
                profiles += load(&block).profiles.len();
            }
        }
    }
    assert!(profiles > 5, "the examples were not found");
}

#[test]
fn every_example_of_a_sidecar_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let mut objects = 0;
    for block in blocks(&document("docs/configuration.md")) {
        if block.starts_with('{') {
            std::fs::write(folder.path().join("ct.prompts.json"), &block).unwrap();
            let read = sidecar::read_file(&folder.path().join("ct.prompts.json"))
                .unwrap_or_else(|e| panic!("{e}\n{block}"));
            objects += read.unwrap().objects.len();
        }
    }
    assert!(objects > 2, "the examples were not found");
}
