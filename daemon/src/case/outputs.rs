//! Where the results of a case go, and what becomes of what lies there already.

use super::{Case, Refusal};
use jiff::Timestamp;
use medicosam_shared::api::OutputChoice;
use medicosam_shared::case::{Action, CaseId, Event, Fault};
use medicosam_shared::fault_code::FaultCode;
use medicosam_shared::text::printable;
use std::path::{Path, PathBuf};

/// Does what a person chose for files that a case found where its results go; the choice in words.
pub fn choose(case: &mut Case, choice: OutputChoice) -> Result<String, Refusal> {
    let asks = |fault: &Fault| fault.is(FaultCode::OutputChanged);
    let Some(output) = case.output.clone().filter(|_| {
        let fault = case.fault.as_ref();
        fault.is_some_and(asks)
    }) else {
        return Err(case.refuse("it does not ask whether to keep or to replace a result"));
    };
    let place = printable(&output.to_string_lossy());
    match choice {
        OutputChoice::Keep => {
            let other = another(&output, &case.id);
            let name = printable(&other.to_string_lossy());
            case.output = Some(other);
            Ok(format!("{place} is kept, results go to {name}"))
        }
        OutputChoice::Replace => {
            case.replaces = true;
            Ok(format!("{place} is replaced"))
        }
    }
}

/// When a worker first took up the next revision of a case, by the history of the case.
pub fn begun(history: &[Event]) -> Option<Timestamp> {
    let since = history
        .iter()
        .rev()
        .take_while(|event| event.action != Action::Revised);
    let claimed = since.filter(|event| event.action == Action::Claimed);
    claimed.last().map(|event| event.at)
}

/// Another folder and stem for the results of a case than `output`: with its id behind the stem, and
/// with a number where that is so already.
pub fn another(output: &Path, id: &CaseId) -> PathBuf {
    let name = output.file_name().unwrap_or_default();
    let name = name.to_string_lossy();
    let number = name.rsplit_once(&format!("-{id}")).and_then(|(_, end)| {
        let number = end.strip_prefix('-').map(str::parse::<u64>);
        match number {
            None => end.is_empty().then_some(1),
            Some(number) => number.ok(),
        }
    });
    match number {
        None => output.with_file_name(format!("{name}-{id}")),
        Some(1) => output.with_file_name(format!("{name}-2")),
        Some(number) => {
            let stem = name.strip_suffix(&format!("-{number}")).unwrap_or(&name);
            output.with_file_name(format!("{stem}-{}", number.saturating_add(1)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_find_another_name_as_often_as_they_must() {
        let id = CaseId("0a1b2c".to_owned());
        let mut output = PathBuf::from("/out/a-2");
        for expected in ["a-2-0a1b2c", "a-2-0a1b2c-2", "a-2-0a1b2c-3"] {
            output = another(&output, &id);
            assert_eq!(output, Path::new("/out").join(expected));
        }
    }
}
