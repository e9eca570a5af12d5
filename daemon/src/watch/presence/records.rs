//! What is remembered of watched folders and output folders between two runs.

use super::judge::{Evidence, Mounts, Presence};
use super::{Instance, Judgement};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Names that are remembered of a folder whose files nobody else keeps account of.
const WITNESSES: usize = 8;

/// What is remembered of a folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// What it lies on.
    #[serde(flatten)]
    pub mounts: Mounts,
    /// Names of some entries of an output folder, by which it is known again after it was moved to
    /// another file system on purpose.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub witnesses: Vec<String>,
}

/// What is remembered of all folders.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Records {
    folders: BTreeMap<PathBuf, Record>,
}

impl Records {
    /// The file in the state folder.
    pub fn file(state: &Path) -> PathBuf {
        state.join("mounts.json")
    }

    /// Reads what is remembered. A file that is missing or damaged counts as nothing: then each
    /// folder is believed as it is found.
    pub fn load(state: &Path) -> Records {
        let file = Records::file(state);
        let read = fs::read(&file).and_then(|bytes| Ok(serde_json::from_slice(&bytes)?));
        read.unwrap_or_else(|error| {
            if error.kind() != io::ErrorKind::NotFound {
                tracing::warn!(
                    "cannot read {} ({error}); what is mounted now is taken for right",
                    file.display()
                );
            }
            Records::default()
        })
    }

    /// Writes them into the state folder, whole or not at all.
    pub fn save(&self, state: &Path) -> io::Result<()> {
        let mut file = NamedTempFile::new_in(state)?;
        serde_json::to_writer_pretty(&mut file, self)?;
        file.flush()?;
        file.as_file().sync_all()?;
        file.persist(Records::file(state))?;
        Ok(())
    }

    /// What is remembered of a folder.
    pub fn get(&self, folder: &Path) -> Option<&Record> {
        self.folders.get(folder)
    }

    /// Whether a folder is there, by what is remembered of it.
    pub fn presence(&self, folder: &Path) -> Presence {
        self.presence_at(folder, folder)
    }

    /// Whether a path in a watched folder or output folder can be relied upon: if so, what cannot
    /// be found there does not exist. For all who want to know why a file cannot be found.
    pub fn presence_at(&self, folder: &Path, path: &Path) -> Presence {
        super::of(folder, self.get(folder), path)
    }

    /// Looks at a watched folder whose files are known elsewhere, and remembers what is new.
    pub fn look_at_root(
        &mut self,
        root: &Path,
        evidence: impl Fn(&Path) -> Evidence,
    ) -> (Judgement, Instance) {
        let remembered = self.get(root).map(|record| &record.mounts);
        let (judgement, instance) = super::look(root, remembered, evidence);
        self.remember(root, &judgement);
        (judgement, instance)
    }

    /// Whether results can be written into an output folder. One that does not exist is there, since
    /// it is made with the first result, unless it lay on a file system that is away.
    pub fn presence_of_output(&self, output: &Path) -> Presence {
        match self.get(output) {
            _ if output.exists() => self.presence(output),
            Some(record) => super::of_missing(output, &record.mounts),
            None => Presence::There,
        }
    }

    /// Looks at an output folder, and remembers what is new; see [`Records::presence_of_output`].
    pub fn look_at_output(&mut self, output: &Path) -> Presence {
        if !output.exists() {
            return self.presence_of_output(output);
        }
        let record = self.get(output);
        let witnesses = record.map(|record| record.witnesses.clone());
        let witnesses = witnesses.unwrap_or_default();
        let is_there = |name: &String| output.join(name).symlink_metadata().is_ok();
        let evidence = |_: &Path| match witnesses.len() {
            0 => Evidence::NothingKnown,
            _ if witnesses.iter().any(is_there) => Evidence::Found,
            known => Evidence::Missing(known),
        };
        let remembered = self.get(output).map(|record| &record.mounts);
        let (judgement, _) = super::look(output, remembered, evidence);
        self.remember(output, &judgement);
        if judgement.presence.is_there()
            && let Some(record) = self.folders.get_mut(output)
            && (record.witnesses.is_empty() || !record.witnesses.iter().all(is_there))
        {
            record.witnesses = names(output);
        }
        judgement.presence
    }

    fn remember(&mut self, folder: &Path, judgement: &Judgement) {
        for change in &judgement.accepted {
            tracing::info!("{change}; taken for intended, since it holds what was known");
        }
        if let Some(mounts) = judgement.record.clone() {
            let record = self.folders.entry(folder.to_owned());
            record
                .and_modify(|record| record.mounts = mounts.clone())
                .or_insert_with(|| Record {
                    mounts,
                    witnesses: Vec::new(),
                });
        }
    }
}

/// Names of some entries of a folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut names: Vec<String> = names
        .filter(|name| !name.starts_with('.'))
        .take(WITNESSES)
        .collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_survives_a_restart_and_damage_is_forgotten() {
        let state = tempfile::tempdir().unwrap();
        let root = tempfile::tempdir().unwrap();
        assert_eq!(Records::load(state.path()), Records::default());
        let mut records = Records::default();
        let (judgement, _) = records.look_at_root(root.path(), |_| Evidence::NothingKnown);
        assert!(judgement.presence.is_there());
        assert!(records.get(root.path()).is_some());
        records.save(state.path()).unwrap();
        assert_eq!(Records::load(state.path()), records);
        fs::write(Records::file(state.path()), "{").unwrap();
        assert_eq!(Records::load(state.path()), Records::default());
    }

    #[test]
    fn an_output_folder_is_known_again_by_what_lies_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("out");
        let mut records = Records::default();
        assert!(records.look_at_output(&output).is_there());
        assert_eq!(records.get(&output), None, "it is made later");
        fs::create_dir(&output).unwrap();
        fs::write(output.join("a_dseg.nii.gz"), "").unwrap();
        assert!(records.look_at_output(&output).is_there());
        assert_eq!(records.get(&output).unwrap().witnesses, ["a_dseg.nii.gz"]);

        let elsewhere = super::super::MountIdentity::Device(0);
        records.folders.get_mut(&output).unwrap().mounts.at = elsewhere.clone();
        assert!(!records.presence(&output).is_there());
        assert!(
            records.look_at_output(&output).is_there(),
            "the file is there"
        );
        assert!(records.presence(&output).is_there());

        records.folders.get_mut(&output).unwrap().mounts.at = elsewhere;
        fs::remove_file(output.join("a_dseg.nii.gz")).unwrap();
        let presence = records.look_at_output(&output);
        assert!(matches!(presence, Presence::Away { .. }), "{presence:?}");
        assert!(!records.presence(&output).is_there());
        assert!(!records.presence_of_output(&output).is_there());

        let mut records = Records::default();
        records.look_at_output(&output);
        fs::remove_dir(&output).unwrap();
        assert!(
            records.look_at_output(&output).is_there(),
            "it is made again"
        );
    }

    #[test]
    fn a_folder_that_cannot_be_read_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let records = Records::default();
        let missing = records.presence(&folder.path().join("missing"));
        assert!(missing.problem().unwrap().contains("cannot be read"));
        fs::write(folder.path().join("file"), "").unwrap();
        let file = records.presence(&folder.path().join("file"));
        assert_eq!(file.problem(), Some("is not a folder"));
    }
}
