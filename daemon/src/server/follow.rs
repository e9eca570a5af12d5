//! Results move with their scan, where the configuration says so.

use crate::config::{Config, Results};
use crate::output::{self, Relocated};
use crate::registry::{Registry, RegistryError, ResultsMove, ResultsStep};
use crate::scan::Source;
use crate::watch::presence::Records;
use medicosam_shared::case::CaseId;
use medicosam_shared::text::printable;
use std::path::{Path, PathBuf};

/// How far the results of a case are.
#[derive(Debug, PartialEq, Eq)]
pub enum Followed {
    /// They lie where they are to stay.
    Done,
    /// The case changes before they can move.
    Later,
    /// They cannot be moved at present, and why.
    NotNow(String),
}

/// Moves the results of a case to where its scan lies, if its root says so.
pub fn follow(
    registry: &Registry,
    config: &Config,
    id: &CaseId,
) -> Result<Followed, RegistryError> {
    let place = |scan: &Source| place_of_results(config, scan);
    let results = match registry.begin_to_follow(id, place)? {
        ResultsStep::Nothing => return Ok(Followed::Done),
        ResultsStep::Later => return Ok(Followed::Later),
        ResultsStep::Move(results) => results,
    };
    if let Some(why) = away(config, &results) {
        return Ok(Followed::NotNow(why));
    }
    let record = &results.record;
    let moved = output::relocate(&record.output, &record.provenance, &results.to);
    let shown = |path: &Path| printable(&path.to_string_lossy());
    let why = match moved {
        Ok(Relocated::There(files)) => {
            registry.results_have_moved(&results, &files)?;
            let (from, to) = (results.from.display(), results.to.display());
            tracing::info!(case = %id, "results moved from {from} to {to}");
            return Ok(Followed::Done);
        }
        Err(error) => return Ok(Followed::NotNow(error.to_string())),
        Ok(Relocated::Missing) => "they are not there any more".to_owned(),
        Ok(Relocated::NotTheirs(path)) => format!("{} is not of this case", shown(&path)),
        Ok(Relocated::Taken(path)) => format!("{} is there already", shown(&path)),
    };
    tracing::warn!(case = %id, "results stay at {}: {why}", results.from.display());
    registry.results_stay(&results, &why)?;
    Ok(Followed::Done)
}

/// Folder and stem for the results of a scan, where they follow it.
fn place_of_results(config: &Config, scan: &Source) -> Option<(PathBuf, String)> {
    let root = config.root_of(scan.place())?;
    match root.results {
        Results::Stay => None,
        Results::Follow => Some((root.folder_of_results(scan), output::stem(&scan.name()))),
    }
}

/// Why one of the two folders is away, if it is.
fn away(config: &Config, results: &ResultsMove) -> Option<String> {
    let records = Records::load(&config.state);
    let mut problems = [&results.from, &results.to]
        .into_iter()
        .filter_map(|place| {
            let output = &config.root_writing_to(place)?.output;
            let presence = records.presence_in_output(output, place);
            let problem = presence.problem()?;
            Some(format!("{}: {problem}", place.display()))
        });
    problems.next()
}
