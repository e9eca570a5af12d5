//! What people ask of a case: another try, another mask. One correction of a revision at a time.

use super::task::Task;
use super::work::{WorkItem, WorkState};
use super::{Case, Entry, Now, Refusal, outputs};
use medicosam_shared::api::{PromptRequest, RetryRequest};
use medicosam_shared::case::{Action, CaseState, RevisionNumber};

/// Queues a failed or paused case again at a person's request: `open` is its open work, which is made
/// due with all its tries; where there is none the answer is new work. The request can say what becomes
/// of files that lie where the results of the case go.
pub fn retry(
    case: &mut Case,
    open: &mut [WorkItem],
    who: &str,
    request: &RetryRequest,
    now: Now,
) -> Result<(Option<WorkItem>, Entry), Refusal> {
    if !matches!(case.state, CaseState::Failed | CaseState::Paused) {
        return Err(case.refuse("only failed and paused cases can be tried again"));
    }
    let detail = match request.output {
        Some(choice) => outputs::choose(case, choice, request.found.as_deref())?,
        None => String::new(),
    };
    let mut waits = false;
    for work in open {
        if matches!(work.state, WorkState::Ready { .. }) {
            work.hurry();
            work.tries = 0;
            waits = true;
        }
    }
    let new = (!waits).then(|| WorkItem::new(&case.id, case.machines_task(), who));
    case.put(CaseState::Waiting, None, now);
    let entry = Entry::new(who, Action::Retried, &case.id, case.revision, detail);
    Ok((new, entry))
}

/// Work that replaces masks of a revision by a person's prompts. One correction of a revision at a time:
/// `open` is the open work of the case.
pub fn prompt(
    case: &Case,
    open: &[WorkItem],
    who: &str,
    request: &PromptRequest,
) -> Result<(WorkItem, Entry), Refusal> {
    check_nobody_corrects(case, open)?;
    let slices = request.prompts.iter().map(|p| p.index.to_string());
    let slices: Vec<String> = slices.collect();
    let on_slices = (!slices.is_empty()).then(|| format!("slice {}", slices.join(", ")));
    let boxes = request.boxes.iter();
    let boxes = boxes.map(|bbox| format!("3-D box of object {}", bbox.label));
    let detail: Vec<String> = on_slices.into_iter().chain(boxes).collect();
    let revision = Some(request.revision);
    let task = Task::Prompt {
        revision,
        prompts: request.prompts.clone(),
        boxes: request.boxes.clone(),
        propagation: request.propagation,
    };
    let detail = detail.join(", ");
    Ok((
        WorkItem::new(&case.id, task, who),
        Entry::new(who, Action::Prompted, &case.id, revision, detail),
    ))
}

/// Refuses a correction while another one waits or is being made: `open` is the open work of the case.
pub fn check_nobody_corrects(case: &Case, open: &[WorkItem]) -> Result<(), Refusal> {
    let mut corrections = open
        .iter()
        .filter(|work| work.is_open() && work.task.corrects());
    match corrections.next() {
        None => Ok(()),
        Some(first) => Err(Refusal::BeingCorrected {
            case: case.id.clone(),
            revision: case.revision.unwrap_or(0),
            who: first.author.clone(),
        }),
    }
}

/// Refuses the result of a correction of revision `corrected` if that is not the current one any more.
/// `author` made the current one. Segmenting by the profile corrects none.
pub fn check_still_current(
    case: &Case,
    corrected: Option<RevisionNumber>,
    author: &str,
) -> Result<(), Refusal> {
    match (corrected, case.revision) {
        (Some(asked), Some(current)) if asked != current => Err(Refusal::OtherRevision {
            case: case.id.clone(),
            asked,
            current,
            author: author.to_owned(),
        }),
        _ => Ok(()),
    }
}
