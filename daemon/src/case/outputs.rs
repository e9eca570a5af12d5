//! Where the results of a case go, and what becomes of what lies there already.

use super::{Case, Refusal};
use jiff::Timestamp;
use medicosam_shared::api::OutputChoice;
use medicosam_shared::case::{Action, CaseId, Event, Fault, FoundResult};
use medicosam_shared::fault_code::FaultCode;
use medicosam_shared::text::printable;
use std::path::{Path, PathBuf};

/// What the next revision of a case may replace that lies at its place and that the case did not write: a
/// person chose so.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Replaces {
    /// Nothing.
    #[default]
    Nothing,
    /// Whatever lies there.
    Anything,
    /// The label map with this SHA-256, in hex.
    This(String),
}

impl Replaces {
    /// Whether a label map with this SHA-256 may be replaced; `None`: it is no plain file.
    pub fn covers(&self, sha256: Option<&str>) -> bool {
        match self {
            Replaces::Nothing => false,
            Replaces::Anything => true,
            Replaces::This(chosen) => sha256 == Some(chosen),
        }
    }
}

/// Has a case ask about a label map that a worker found where its results go, and that the case did not
/// write. What was chosen about another one counts no more.
pub fn ask(case: &mut Case, found: FoundResult) {
    case.found = Some(found);
    case.replaces = Replaces::Nothing;
}

/// Does what a person chose for files that a case found where its results go; the choice in words. `seen` is
/// the SHA-256 of the label map that the person looked at, if they say so.
pub fn choose(
    case: &mut Case,
    choice: OutputChoice,
    seen: Option<&str>,
) -> Result<String, Refusal> {
    let Some(output) = case.output.clone().filter(|_| asks(case)) else {
        return Err(case.refuse("it does not ask whether to keep or to replace a result"));
    };
    let is_other_case = |fault: &Fault| fault.is(FaultCode::OutputOtherCase);
    if choice == OutputChoice::Replace && case.fault.as_ref().is_some_and(is_other_case) {
        return Err(case.refuse(
            "what lies there is the result of another case, which is not replaced; keep it",
        ));
    }
    let place = printable(&output.to_string_lossy());
    let found = case
        .found
        .as_ref()
        .and_then(|found| found.sha256.as_deref());
    if let Some(fault) = case
        .fault
        .as_ref()
        .filter(|_| seen.is_some() && seen != found)
    {
        return Err(Refusal::OtherResult {
            case: case.id.clone(),
            found: fault.message.clone(),
        });
    }
    match choice {
        OutputChoice::Keep => {
            let other = another(&output, &case.id);
            let name = printable(&other.to_string_lossy());
            case.output = Some(other);
            Ok(format!("{place} is kept, results go to {name}"))
        }
        OutputChoice::Replace => {
            case.replaces = match seen {
                Some(sha256) => Replaces::This(sha256.to_owned()),
                None => Replaces::Anything,
            };
            Ok(format!("{place} is replaced"))
        }
    }
}

/// Whether a case asks what becomes of a result that lies where its own go.
fn asks(case: &Case) -> bool {
    let codes = [FaultCode::OutputChanged, FaultCode::OutputOtherCase];
    let fault = case.fault.as_ref();
    fault.is_some_and(|fault| codes.iter().any(|code| fault.is(*code)))
}

/// The names (folder and stem) that the results of a case may have in `folder`, the first that no other
/// case has. A second reading leaves the plain name to its first case.
pub fn names(case: &Case, folder: &Path, stem: &str) -> [PathBuf; 2] {
    let with_id = folder.join(format!("{stem}-{}", case.id));
    match case.reads {
        None => [folder.join(stem), with_id],
        Some(_) => [with_id.clone(), another(&with_id, &case.id)],
    }
}

/// What becomes of the results of a case whose scan has moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Following {
    /// There are none, or they lie where they belong.
    AtHome,
    /// Not yet: a worker has the case in hand and writes to the old place, the case asks about the files
    /// there, or a person chose to keep them there.
    Later,
    /// They go to the first of these names (folder and stem) that no other case has.
    To([PathBuf; 2]),
}

/// Where the results of a case go whose scan has moved to a place that gives them `folder` and `stem`.
/// `lies` is where those of the current revision lie, and `is_held` whether a worker has the case.
pub fn follow(
    case: &Case,
    lies: Option<&Path>,
    is_held: bool,
    (folder, stem): (&Path, &str),
) -> Following {
    let with_id = format!("{stem}-{}", case.id);
    let is_home = |place: &Path| {
        let name = place.file_name().unwrap_or_default().to_string_lossy();
        let is_own = name.strip_prefix(&with_id).is_some_and(|end| {
            let number = end.strip_prefix('-');
            end.is_empty() || number.is_some_and(|n| n.parse::<u64>().is_ok())
        });
        let is_plain = name == stem && case.reads.is_none();
        place.parent() == Some(folder) && (is_plain || is_own)
    };
    let reserved = case.output.as_deref();
    // Where files lie is known as text; a path need not be any.
    let is_same = |a: &Path, b: &Path| a.to_string_lossy() == b.to_string_lossy();
    let both = lies.zip(reserved);
    // A move that was begun is not done before the files are where the next results go.
    let is_done = both.is_none_or(|(lies, reserved)| is_same(lies, reserved));
    if reserved.is_none_or(is_home) && is_done {
        return Following::AtHome;
    }
    // A person kept what lies there; the next revision goes beside it.
    let is_kept = both.is_some_and(|(lies, reserved)| is_same(&another(lies, &case.id), reserved));
    if is_held || is_kept || asks(case) {
        return Following::Later;
    }
    match reserved.filter(|reserved| is_home(reserved)) {
        Some(begun) => Following::To([begun.to_owned(), folder.join(with_id)]),
        None => Following::To(names(case, folder, stem)),
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
/// with a number where that name is taken.
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
    use crate::case::{Now, Tick};
    use crate::scan::Source;

    fn case(output: Option<&str>) -> Case {
        let now = Now {
            date: Timestamp::UNIX_EPOCH,
            tick: Tick(1),
        };
        let id = CaseId("0a1b2c".to_owned());
        let source = Source::file("/in/b.nii");
        let case = Case::new(id, source, "c".to_owned(), "p".to_owned(), None, now);
        Case {
            output: output.map(PathBuf::from),
            ..case
        }
    }

    fn followed(output: Option<&str>, lies: Option<&str>) -> Following {
        let place = (Path::new("/out/new"), "b");
        follow(&case(output), lies.map(Path::new), false, place)
    }

    #[test]
    fn results_follow_to_the_name_that_the_new_place_gives() {
        let names = ["/out/new/b", "/out/new/b-0a1b2c"].map(PathBuf::from);
        assert_eq!(
            followed(Some("/out/a"), Some("/out/a")),
            Following::To(names.clone())
        );
        assert_eq!(followed(Some("/out/a"), None), Following::To(names.clone()));
        // Interrupted after the name was reserved.
        assert_eq!(
            followed(Some("/out/new/b"), Some("/out/a")),
            Following::To(names)
        );
    }

    #[test]
    fn results_that_are_at_home_stay() {
        for name in ["b", "b-0a1b2c", "b-0a1b2c-2"] {
            let place = format!("/out/new/{name}");
            assert_eq!(
                followed(Some(&place), Some(&place)),
                Following::AtHome,
                "{name}"
            );
        }
        assert_eq!(followed(None, None), Following::AtHome);
        let other = followed(Some("/out/new/b-0a1b2c-x"), None);
        assert!(matches!(other, Following::To(_)), "a scan of that name");
    }

    #[test]
    fn results_wait_for_the_worker_that_writes_them_and_for_the_person_who_is_asked() {
        let mut case = case(Some("/out/a"));
        let place = (Path::new("/out/new"), "b");
        let lies = Some(Path::new("/out/a"));
        assert_eq!(follow(&case, lies, true, place), Following::Later);
        case.output = Some("/out/a-0a1b2c".into());
        assert_eq!(follow(&case, lies, false, place), Following::Later);
        case.output = Some("/out/a".into());
        case.fault = Some(Fault {
            code: FaultCode::OutputChanged.as_str().to_owned(),
            message: String::new(),
            hint: String::new(),
        });
        assert_eq!(follow(&case, lies, false, place), Following::Later);
    }

    #[test]
    fn the_result_of_another_case_is_kept_and_not_replaced() {
        let mut case = case(Some("/out/a"));
        case.fault = Some(Fault {
            code: FaultCode::OutputOtherCase.into(),
            message: String::new(),
            hint: String::new(),
        });
        let refused = choose(&mut case, OutputChoice::Replace, None).unwrap_err();
        assert_eq!(refused.code(), "wrong-state");
        assert_eq!(case.replaces, Replaces::Nothing);
        choose(&mut case, OutputChoice::Keep, None).unwrap();
        assert_eq!(case.output, Some("/out/a-0a1b2c".into()));
    }

    #[test]
    fn a_second_reading_never_has_the_plain_name() {
        let second = Case {
            reads: Some(CaseId("first".to_owned())),
            ..case(Some("/out/a-0a1b2c"))
        };
        let names = ["/out/new/b-0a1b2c", "/out/new/b-0a1b2c-2"].map(PathBuf::from);
        assert_eq!(super::names(&second, Path::new("/out/new"), "b"), names);
        let lies = Some(Path::new("/out/a-0a1b2c"));
        let place = (Path::new("/out/new"), "b");
        assert_eq!(follow(&second, lies, false, place), Following::To(names));
    }

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
