//! What was read of scans is put into the registry.

use super::answer_within::answer_within;
use super::read::Prompts;
use crate::case::arrival::{Identification, Look};
use crate::case::sidecar::RemovedPrompts;
use crate::config::Config;
use crate::plan;
use crate::prompts;
use crate::registry::{Registry, RegistryError};
use crate::scan::Source;
use crate::watch::presence::Records;
use crate::watch::{self, Kind};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long the answer to a question about a file is waited for: nothing is filed meanwhile.
const PATIENCE: Duration = Duration::from_secs(5);

/// Scans that are filed together at most.
pub const BATCH: usize = 64;

/// Something to be filed.
#[derive(Debug)]
pub enum Filing {
    /// The scans of one place.
    Scans(PathBuf, Vec<Identification>),
    /// A file that prompts come from.
    Prompts(PathBuf, Prompts),
    /// Scans, and files beside them, that are gone.
    Gone(Vec<PathBuf>),
}

/// A filing that failed: the place, and the reason.
pub type Failed = (PathBuf, RegistryError);

/// Where scans are filed.
pub struct Cabinet<'a> {
    /// The registry.
    pub registry: &'a Registry,
    /// The configuration, for the roots.
    pub config: &'a Config,
    /// What is remembered of the mounted file systems.
    pub records: &'a Records,
    /// Roots that left a question unanswered while this was filed: they are not asked again, or all that
    /// is filed together would wait for each answer.
    pub unanswered: RefCell<BTreeSet<PathBuf>>,
}

impl Cabinet<'_> {
    /// Files all of this in its order. Returns what could not be filed.
    pub fn file(&self, filings: Vec<Filing>) -> Vec<Failed> {
        let mut failed = Vec::new();
        let mut scans = Vec::new();
        for filing in filings {
            match filing {
                Filing::Scans(place, identifications) => scans.push((place, identifications)),
                Filing::Prompts(place, prompts) => {
                    failed.extend(self.file_scans(std::mem::take(&mut scans)));
                    if let Err(error) = self.file_prompts(&prompts) {
                        failed.push((place, error));
                    }
                }
                Filing::Gone(places) => {
                    failed.extend(self.file_scans(std::mem::take(&mut scans)));
                    self.file_gone(&places);
                }
            }
        }
        failed.extend(self.file_scans(scans));
        failed
    }

    /// Files scans together. If that fails, each is tried by itself, so that one does not keep the
    /// others back.
    fn file_scans(&self, scans: Vec<(PathBuf, Vec<Identification>)>) -> Vec<Failed> {
        let all = scans.iter().flat_map(|(_, of_place)| of_place.clone());
        let all: Vec<Identification> = all.collect();
        if all.is_empty() || self.identify(&all).is_ok() {
            return Vec::new();
        }
        let one_by_one = scans.into_iter().filter_map(|(place, of_place)| {
            let error = self.identify(&of_place).err()?;
            Some((place, error))
        });
        one_by_one.collect()
    }

    /// Makes cases of scans, in one transaction.
    fn identify(&self, scans: &[Identification]) -> Result<(), RegistryError> {
        let cases = self
            .registry
            .identify_all(scans, |source| self.look(source))?;
        for (case, scan) in cases.iter().zip(scans) {
            let profile = &scan.profile;
            tracing::info!(%case, path = %scan.source, profile, "found");
        }
        Ok(())
    }

    /// Looks at the files of a scan. What is missing is gone only if its root is there.
    fn look(&self, source: &Source) -> Look {
        let root = self.config.root_of(source.place());
        let root = root.map(|root| root.path.clone());
        if let Some(root) = &root
            && (self.records.silence(root).is_some() || self.unanswered.borrow().contains(root))
        {
            return Look::Unsure;
        }
        let (source, records, asked) = (source.clone(), self.records.clone(), root.clone());
        let look = move || match source.stamp() {
            Ok(stamp) => Look::Found(stamp),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let is_there =
                    |root: &PathBuf| records.presence_at(root, source.place()).is_there();
                match root.as_ref().is_some_and(is_there) {
                    true => Look::Absent,
                    false => Look::Unsure,
                }
            }
            Err(_) => Look::Unsure,
        };
        answer_within(PATIENCE, look).unwrap_or_else(|| {
            self.unanswered.borrow_mut().extend(asked);
            Look::Unsure
        })
    }

    /// Segments the scan that prompts beside it belong to, if it has been found.
    fn file_prompts(&self, prompts: &Prompts) -> Result<(), RegistryError> {
        let file = &prompts.file;
        // Before its sidecar came, a label map may have been taken for a scan.
        let maps = plan::label_maps_of(&file.path, &prompts.scans);
        if !maps.is_empty() {
            self.file_gone_scans(&maps);
        }
        for case in self.registry.prompts_changed(&prompts.scans, file)? {
            tracing::info!(%case, path = %file.path.display(), "prompts beside the scan");
        }
        Ok(())
    }

    /// What cannot be filed now is found to be gone again after the next start.
    fn file_gone(&self, places: &[PathBuf]) {
        let is_prompts = |place: &&PathBuf| {
            let root = self.config.root_of(place);
            root.and_then(|root| watch::kind_of(place, root)) == Some(Kind::Prompts)
        };
        let (prompts, scans): (Vec<&PathBuf>, Vec<&PathBuf>) = places.iter().partition(is_prompts);
        self.file_gone_scans(&scans.into_iter().cloned().collect::<Vec<_>>());
        for path in prompts {
            if let Err(error) = self.file_removed(path) {
                let path = path.display();
                tracing::warn!("cannot write down that {path} is gone: {error}");
            }
        }
    }

    /// Segments scans again by what remains without a file beside them. Where the scan is missing too, it
    /// has moved with the file, or is gone as well.
    fn file_removed(&self, path: &Path) -> Result<(), RegistryError> {
        let Some(root) = self.config.root_of(path) else {
            return Ok(());
        };
        let (removed, mut scans) = (path.to_owned(), prompts::scans_of(path, &root.label_maps));
        let look = move || {
            scans.retain(|scan| scan.place().exists());
            (!removed.exists()).then_some(scans)
        };
        let Some(scans) = answer_within(PATIENCE, look).flatten() else {
            return Ok(());
        };
        let file = RemovedPrompts {
            path: path.to_owned(),
            is_sidecar: prompts::sidecar::named_after(path).is_some(),
        };
        for case in self.registry.prompts_removed(&scans, &file)? {
            tracing::info!(%case, path = %path.display(), "prompts beside the scan are gone");
        }
        Ok(())
    }

    fn file_gone_scans(&self, places: &[PathBuf]) {
        match self.registry.gone(places) {
            Ok(withdrawn) => {
                for case in withdrawn {
                    tracing::info!(%case, "its scan is gone");
                }
            }
            Err(error) => tracing::warn!("cannot write down which scans are gone: {error}"),
        }
    }
}
