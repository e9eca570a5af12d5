//! What is remembered of watched folders and output folders between two runs.

use super::judge::{Evidence, Mounts, Presence};
use super::{Instance, Judgement, witnesses};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// What is remembered of a folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// What it lies on.
    #[serde(flatten)]
    pub mounts: Mounts,
    /// Some entries of an output folder and of the folders below it where something is mounted, by path
    /// from the output folder. By them each is known again after it was moved to another file system on
    /// purpose.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub witnesses: Vec<String>,
}

/// What is remembered of all folders.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Records {
    folders: BTreeMap<PathBuf, Record>,
    /// Folders that do not answer, with the reason: looking at them may never end. True only while a daemon
    /// runs.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    silent: BTreeMap<PathBuf, String>,
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

    /// Takes over what `newer` remembers of these folders.
    pub fn update<'a>(&mut self, newer: &Records, folders: impl IntoIterator<Item = &'a PathBuf>) {
        for folder in folders {
            if let Some(record) = newer.get(folder) {
                self.folders.insert(folder.clone(), record.clone());
            }
        }
    }

    /// Remembers which folders do not answer, each with the reason.
    pub fn set_silences(&mut self, silent: impl IntoIterator<Item = (PathBuf, String)>) {
        self.silent = silent.into_iter().collect();
    }

    /// Forgets which folders did not answer. Returns whether there were any.
    pub fn forget_silences(&mut self) -> bool {
        !std::mem::take(&mut self.silent).is_empty()
    }

    /// Why a folder does not answer, if it does not.
    pub fn silence(&self, folder: &Path) -> Option<&str> {
        self.silent.get(folder).map(String::as_str)
    }

    /// Whether a folder is there, by what is remembered of it.
    pub fn presence(&self, folder: &Path) -> Presence {
        self.presence_at(folder, folder)
    }

    /// Whether a path in a watched folder or output folder can be relied upon: if so, what cannot
    /// be found there does not exist. Ask this when a file cannot be found.
    pub fn presence_at(&self, folder: &Path, path: &Path) -> Presence {
        match self.silence(folder) {
            Some(why) => Presence::Away {
                why: why.to_owned(),
            },
            None => super::of(folder, self.get(folder), path),
        }
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

    /// Whether results can be written to a path in an output folder. One that does not exist is there,
    /// since it is made with the first result, unless it lay on a file system that is away.
    pub fn presence_in_output(&self, output: &Path, path: &Path) -> Presence {
        match self.get(output) {
            _ if self.silence(output).is_some() || output.exists() => {
                self.presence_at(output, path)
            }
            Some(record) => super::of_missing(output, &record.mounts),
            None => Presence::There,
        }
    }

    /// Looks at an output folder and everything mounted below it, and remembers what is new; see
    /// [`Records::presence_in_output`].
    pub fn look_at_output(&mut self, output: &Path) -> Presence {
        if !output.exists() {
            return self.presence_in_output(output, output);
        }
        let record = self.get(output);
        let witnesses = record.map(|record| record.witnesses.clone());
        let witnesses = witnesses.unwrap_or_default();
        let remembered = record.map(|record| &record.mounts);
        let evidence = |place: &Path| witnesses::evidence(output, &witnesses, place);
        let (judgement, _) = super::look(output, remembered, evidence);
        self.remember(output, &judgement);
        if !judgement.presence.is_there() {
            return judgement.presence;
        }
        if let Some(record) = self.folders.get_mut(output) {
            let below = record.mounts.below.keys().map(|place| output.join(place));
            let (away, there): (Vec<_>, Vec<_>) =
                below.partition(|place| judgement.away_below.contains_key(place));
            record.witnesses = witnesses::renewed(output, witnesses, &there, &away);
        }
        match judgement.away_below.into_values().next() {
            Some(why) => Presence::Away { why },
            None => Presence::There,
        }
    }

    /// Remembers that something was mounted at a place below a folder.
    #[cfg(test)]
    pub(crate) fn remember_below(
        &mut self,
        folder: &Path,
        place: &Path,
        mount: super::MountIdentity,
    ) {
        let record = self.folders.get_mut(folder);
        let below = record.map(|record| &mut record.mounts.below);
        below.unwrap().insert(place.to_owned(), mount);
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
        assert!(!records.presence_in_output(&output, &output).is_there());

        let mut records = Records::default();
        records.look_at_output(&output);
        fs::remove_dir(&output).unwrap();
        assert!(
            records.look_at_output(&output).is_there(),
            "it is made again"
        );
    }

    #[test]
    fn a_mount_below_an_output_folder_goes_away_by_itself() {
        let folder = tempfile::tempdir().unwrap();
        let (output, ct) = (folder.path(), folder.path().join("ct"));
        fs::create_dir(&ct).unwrap();
        fs::write(output.join("a_dseg.json"), "").unwrap();
        fs::write(ct.join("b_dseg.json"), "").unwrap();
        let mut records = Records::default();
        records.look_at_output(output);
        let share = super::super::MountIdentity::Device(0);
        records.remember_below(output, Path::new("ct"), share.clone());
        records.folders.get_mut(output).unwrap().witnesses = vec!["ct/c_dseg.json".to_owned()];
        let presence = records.look_at_output(output);
        assert!(matches!(presence, Presence::Away { .. }), "{presence:?}");
        let below = &records.get(output).unwrap().mounts.below;
        assert_eq!(below.get(Path::new("ct")), Some(&share));
        assert!(records.presence_in_output(output, output).is_there());
        let result = ct.join("b_dseg.json");
        assert!(!records.presence_in_output(output, &result).is_there());

        fs::write(ct.join("c_dseg.json"), "").unwrap();
        assert!(records.look_at_output(output).is_there(), "it was moved");
        assert!(records.presence_in_output(output, &result).is_there());
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
