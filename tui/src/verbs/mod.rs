//! The actions of the screen as verbs for scripts: one file per group.
//!
//! A verb reads, prints a table for people or JSON for scripts, and ends. A verb that changes
//! something names the revision it was made on, so that nobody decides on masks that they have
//! not seen: `--revision`, or what was current when the verb read the case.

mod agreement;
mod assign;
mod decide;
mod dismiss;
mod draft;
mod drawn;
mod error;
mod events;
pub mod generate;
pub mod keys;
mod list;
mod many;
mod named;
mod note;
mod open;
mod plain;
mod prompt;
mod queue;
mod reference;
mod retry;
mod show;
mod slice_change;
mod status;
mod table;
mod undo;
mod values;
mod wait;

pub use agreement::AgreementArgs;
pub use assign::AssignArgs;
pub use decide::{ApproveArgs, ObjectArgs};
pub use draft::DraftArgs;
pub use error::{Error, Told};
pub use events::EventsArgs;
pub use list::ListArgs;
pub use many::ManyArgs;
pub use note::NoteArgs;
pub use open::{OpenArgs, open};
pub use plain::PlainArgs;
pub use prompt::PromptArgs;
pub use reference::ReferenceArgs;
pub use retry::RetryArgs;
pub use show::ShowArgs;
pub use undo::UndoArgs;
pub use wait::WaitArgs;

use clap::{Args, Subcommand};
use medicosam_shared::case::{CaseSummary, RevisionNumber, Verdict};
use medicosam_shared::client::Client;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::Write;

/// What can be done without the screen.
#[derive(Debug, Clone, Subcommand)]
pub enum Verb {
    /// Open the screen on a case, or on one slice of it
    Open(OpenArgs),
    /// List cases
    List(ListArgs),
    /// Show a case: scan, revisions, objects, history
    Show(ShowArgs),
    /// Approve the current segmentation of cases
    Approve(ApproveArgs),
    /// Reject the current segmentation of cases
    Reject(ObjectArgs),
    /// Flag cases for somebody else to look at
    Flag(ObjectArgs),
    /// Take back your own last decision on cases; both stay in the history
    Undo(UndoArgs),
    /// Leave a note on a case, which decides nothing
    Note(NoteArgs),
    /// Say who is to look at cases; others may decide on them all the same
    Assign(AssignArgs),
    /// Show how far first and second readings agree
    Agreement(AgreementArgs),
    /// Keep an expert's, an atlas' or another tool's masks beside a case, or put them up for review
    Reference(ReferenceArgs),
    /// Segment one slice again from a box or points, as a new revision
    Prompt(PromptArgs),
    /// Show or change your draft on a case: what is segmented before it becomes a revision
    Draft(DraftArgs),
    /// Try failed or paused cases again
    Retry(RetryArgs),
    /// Put failed cases away that nobody can mend: they are not listed, and do not count
    Dismiss(ManyArgs),
    /// Bring cases back that were put away (`list --filter state:dismissed`)
    BringBack(ManyArgs),
    /// Put cases first in the queue that wait for a worker
    Hurry(ManyArgs),
    /// Begin no scans until `resume`; what is being done is finished, prompts and drafts are answered
    Pause(FormatArgs),
    /// Begin scans again
    Resume(FormatArgs),
    /// Review line by line, without a screen: for screen readers and simple terminals
    Plain(PlainArgs),
    /// Show how the daemon is: folders, workers, device
    Status(FormatArgs),
    /// Wait until there is something to review, something has failed, or all work is done
    Wait(WaitArgs),
    /// Print the audit log: what happened, one JSON object a line
    Events(EventsArgs),
    /// Show what terminal, line and daemon can do, and what to set
    Doctor(FormatArgs),
    /// Print the keys of the screen, as they are set
    Keys(FormatArgs),
    /// Print the completions for a shell
    Completions(generate::CompletionsArgs),
    /// Print the manual page
    Man,
}

/// Names a case.
#[derive(Debug, Clone, Args)]
pub struct CaseArgs {
    /// The case: its id or the name of its scan (without the ending, too), or the beginning of either
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new(), add = values::cases())]
    pub case: String,
}

/// How the result is printed.
#[derive(Debug, Clone, Copy, Args)]
pub struct FormatArgs {
    /// Print one JSON object, errors too
    #[arg(long)]
    pub json: bool,
}

impl Verb {
    /// Whether it prints JSON.
    pub fn json(&self) -> bool {
        match self {
            Verb::Open(_) | Verb::Plain(_) | Verb::Completions(_) | Verb::Man => false,
            Verb::List(args) => args.format.json,
            Verb::Show(args) => args.format.json,
            Verb::Retry(args) => args.many.format.json,
            Verb::Dismiss(args) | Verb::BringBack(args) | Verb::Hurry(args) => args.format.json,
            Verb::Pause(args) | Verb::Resume(args) => args.json,
            Verb::Undo(args) => args.many.format.json,
            Verb::Note(args) => args.format.json,
            Verb::Assign(args) => args.format.json,
            Verb::Agreement(args) => args.format.json,
            Verb::Reference(args) => args.format.json,
            Verb::Approve(args) => args.decision.many.format.json,
            Verb::Reject(args) | Verb::Flag(args) => args.decision.many.format.json,
            Verb::Prompt(args) => args.format.json,
            Verb::Draft(args) => args.format.json,
            Verb::Events(args) => args.json,
            Verb::Wait(args) => args.format.json,
            Verb::Status(args) | Verb::Doctor(args) | Verb::Keys(args) => args.json,
        }
    }
}

/// Does what a verb says, prints the result to `out`. What [`Verb::Open`] opens is the caller's,
/// and so are the verbs that need no daemon.
pub async fn run(client: &Client, verb: &Verb, out: &mut dyn Write) -> Result<(), Error> {
    client.hello().await?;
    match verb {
        Verb::Open(args) => open(client, args).await.map(drop),
        Verb::Doctor(_) | Verb::Keys(_) | Verb::Completions(_) | Verb::Man => Ok(()),
        Verb::List(args) => list::run(client, args, out).await,
        Verb::Show(args) => show::run(client, args, out).await,
        Verb::Approve(args) => decide::approve(client, args, out).await,
        Verb::Reject(args) => decide::object(client, args, Verdict::Reject, out).await,
        Verb::Flag(args) => decide::object(client, args, Verdict::Flag, out).await,
        Verb::Undo(args) => undo::run(client, args, out).await,
        Verb::Agreement(args) => agreement::run(client, args, out).await,
        Verb::Reference(args) => reference::run(client, args, out).await,
        Verb::Note(args) => note::run(client, args, out).await,
        Verb::Assign(args) => assign::run(client, args, out).await,
        Verb::Prompt(args) => prompt::run(client, args, out).await,
        Verb::Draft(args) => draft::run(client, args, out).await,
        Verb::Retry(args) => retry::run(client, args, out).await,
        Verb::Dismiss(args) => dismiss::dismiss(client, args, out).await,
        Verb::BringBack(args) => dismiss::bring_back(client, args, out).await,
        Verb::Hurry(args) => queue::hurry(client, args, out).await,
        Verb::Pause(args) => queue::pause(client, *args, true, out).await,
        Verb::Resume(args) => queue::pause(client, *args, false, out).await,
        Verb::Status(args) => status::run(client, *args, out).await,
        Verb::Events(args) => events::run(client, args, out).await,
        Verb::Plain(args) => plain::run(client, args, &mut std::io::stdin().lock(), out).await,
        Verb::Wait(args) => wait::run(client, args, out).await,
    }
}

/// The revision that is named, or else the one that the case has now.
fn revision(named: Option<RevisionNumber>, case: &CaseSummary) -> Result<RevisionNumber, Error> {
    named.or(case.revision).ok_or_else(|| Error::NoRevision {
        case: case.id.clone(),
        state: case.state,
    })
}

/// Tells a person, and with `json` a script, what went wrong.
pub fn report(told: &Told, json: bool, out: &mut dyn Write, err: &mut dyn Write) {
    // Where even the error cannot be written, the exit status is all that is left to say.
    let _ = writeln!(err, "medicosam: {told}");
    if !told.fault.hint.is_empty() {
        let _ = writeln!(err, "  {}", told.fault.hint);
    }
    if json {
        report_json(told, out);
    }
}

/// Tells a script what went wrong.
pub fn report_json(told: &Told, out: &mut dyn Write) {
    let body = BTreeMap::from([("error", told)]);
    let _ = print(out, true, &body, |_| String::new());
}

/// Writes `value` as JSON, or as `text` shows it.
pub(crate) fn print<T: Serialize>(
    out: &mut dyn Write,
    json: bool,
    value: &T,
    text: impl FnOnce(&T) -> String,
) -> Result<(), Error> {
    let written = if json {
        serde_json::to_string_pretty(value)
            .map_err(std::io::Error::from)
            .and_then(|json| writeln!(out, "{json}"))
    } else {
        out.write_all(text(value).as_bytes())
    };
    match written.and_then(|()| out.flush()) {
        // `medicosam list | head` is no failure.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(Error::Output),
    }
}
