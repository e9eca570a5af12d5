//! The second look at scans that should be finished, or gone, by now.

use super::Kind;
use super::report::{Settled, WatcherReport};
use super::settle::Conclusion;
use super::survey::Survey;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Looks at all scans whose time has come, and reports those that are finished or gone.
pub fn conclude_due(survey: &mut Survey) {
    let now = Instant::now();
    let due = survey.settler.settling().filter(|(_, at)| *at <= now);
    let due: Vec<PathBuf> = due.map(|(place, _)| place.to_owned()).collect();
    if due.is_empty() {
        return;
    }
    survey.has_news = true;
    let (missing, present) = due.into_iter().partition(|place| is_missing(survey, place));
    // Before what is finished: a scan that was moved is gone, and then found elsewhere.
    conclude_missing(survey, missing);
    for place in present {
        let (Conclusion::Settled(whole), Some(kind)) =
            (conclude(survey, &place), survey.kind_of(&place))
        else {
            continue;
        };
        survey.reports.push(WatcherReport::Settled(Settled {
            place,
            files: whole.files,
            missing: whole.missing,
            kind,
        }));
    }
}

/// Reports scans as gone if the root is there before and after they are looked for.
fn conclude_missing(survey: &mut Survey, places: Vec<PathBuf>) {
    if places.is_empty() {
        return;
    }
    survey.check_presence();
    let still = places.into_iter();
    let still: Vec<PathBuf> = still.filter(|place| is_missing(survey, place)).collect();
    survey.check_presence();
    let mut gone = Vec::new();
    for place in still {
        if !survey.root.is_away(&place) && conclude(survey, &place) == Conclusion::Gone {
            gone.push(place);
        }
    }
    if !gone.is_empty() {
        let (prompts, scans) = gone
            .into_iter()
            .partition(|place| survey.kind_of(place) == Some(Kind::Prompts));
        survey.reports.push(WatcherReport::Gone { scans, prompts });
    }
}

/// Whether no file of a scan is there.
fn is_missing(survey: &Survey, place: &Path) -> bool {
    let files = survey.settler.files_of(place);
    let is_missing = |file: &PathBuf| matches!(survey.state_of(file), Ok(None));
    files.iter().all(is_missing)
}

fn conclude(survey: &mut Survey, place: &Path) -> Conclusion {
    let mut looks = Vec::new();
    for file in survey.settler.files_of(place) {
        match survey.state_of(&file) {
            Ok(state) => looks.push((file, state)),
            // Neither gone nor to be read. The next walk looks again.
            Err(_) => {
                survey.settler.suspend(|other| other == place);
                return Conclusion::Known;
            }
        }
    }
    survey.settler.conclude(place, &looks, Instant::now())
}
