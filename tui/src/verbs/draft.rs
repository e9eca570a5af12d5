//! `medicosam draft`

use super::prompt::{first_label, parse_box, parse_point};
use super::{CaseArgs, Error, FormatArgs, named, print, revision};
use clap::{Args, ValueEnum};
use medicosam_shared::api::{DraftChange, DraftRequest, DraftResponse, DraftView};
use medicosam_shared::case::{CaseDetail, CaseId};
use medicosam_shared::client::Client;
use medicosam_shared::draft::{Draft, Slices};
use medicosam_shared::place::Place;
use medicosam_shared::prompt::{Label, SliceBox, SlicePoint, SlicePrompt};
use std::io::{IsTerminal, Write};

const EXAMPLES: &str = "\
A draft is yours alone, outlives connections and restarts, and writes no files until it is committed.

  medicosam draft 3f2a                                        what it holds
  medicosam draft 3f2a segment --slice 12 --box 318,333,405,399
  medicosam draft 3f2a propagate                              to the slices around
  medicosam draft 3f2a commit                                 makes a revision of it

Coordinates are those of `medicosam prompt`.";

/// What to do with the reviewer's draft on a case.
#[derive(Debug, Clone, Args)]
#[command(after_help = EXAMPLES)]
pub struct DraftArgs {
    /// Which case.
    #[command(flatten)]
    pub case: CaseArgs,
    /// What to do; nothing: show what it holds
    #[arg(value_enum)]
    pub action: Option<DraftAction>,
    /// `segment`: the slice, counted from 0 along the case's slice axis
    #[arg(long, value_name = "N", required_if_eq("action", "segment"))]
    pub slice: Option<u32>,
    /// `segment`: where the object is: first voxel, and one past the last one
    #[arg(long = "box", value_name = "X0,Y0,X1,Y1", value_parser = parse_box, requires = "slice")]
    pub bbox: Option<SliceBox>,
    /// `segment`: a voxel of the object, or with `,-` one that is not; may be given more than once
    #[arg(long = "point", value_name = "X,Y[,-]", value_parser = parse_point, requires = "slice")]
    pub points: Vec<SlicePoint>,
    /// `segment`, `propagate`: the object [default: the first one of the case]
    #[arg(long, value_name = "L")]
    pub label: Option<Label>,
    /// How to print it.
    #[command(flatten)]
    pub format: FormatArgs,
}

/// What can be done to a draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DraftAction {
    /// Draw a box or points on a slice, and segment it by all that is drawn there
    Segment,
    /// Follow the object to the slices around those that were segmented by hand
    Propagate,
    /// Give up what is being segmented
    Cancel,
    /// Take the last step back
    Undo,
    /// Do the last undone step again
    Redo,
    /// Take the draft away
    Discard,
    /// Bring a discarded draft back
    Restore,
    /// Put it on top of the current revision, which somebody else made meanwhile
    Rebase,
    /// Make a revision of it
    Commit,
}

pub(super) async fn run(
    client: &Client,
    args: &DraftArgs,
    out: &mut dyn Write,
) -> Result<(), Error> {
    let detail = named::detail(client, &args.case.case).await?;
    let id = &detail.summary.id;
    let Some(action) = args.action else {
        let view = client.draft(id).await?;
        return print(out, args.format.json, &view, |view| told(id, view));
    };
    let label = args.label.unwrap_or(first_label(&detail));
    let index = args.slice.unwrap_or_default();
    let drawn = args.bbox.is_some() || !args.points.is_empty();
    if action == DraftAction::Segment && drawn {
        let prompt = SlicePrompt {
            label,
            index,
            bbox: args.bbox,
            points: args.points.clone(),
        };
        change(client, &detail, DraftChange::Draw { prompt }).await?;
    }
    let asked = match action {
        DraftAction::Segment => DraftChange::Segment { label, index },
        DraftAction::Propagate => DraftChange::Propagate {
            label,
            slices: Slices::All,
            force: false,
        },
        DraftAction::Cancel => DraftChange::Cancel,
        DraftAction::Undo => DraftChange::Undo,
        DraftAction::Redo => DraftChange::Redo,
        DraftAction::Discard => DraftChange::Discard,
        DraftAction::Restore => DraftChange::Restore,
        DraftAction::Rebase => DraftChange::Rebase,
        DraftAction::Commit => DraftChange::Commit,
    };
    match change(client, &detail, asked).await? {
        DraftResponse::Failed { fault } => Err(Error::WorkFailed { fault }),
        DraftResponse::Changed { version, .. } if action == DraftAction::Propagate => {
            followed(client, id, version).await?;
            let view = client.draft(id).await?;
            print(out, args.format.json, &view, |view| told(id, view))
        }
        response => print(
            out,
            args.format.json,
            &response,
            |response| match response {
                DraftResponse::Revised { revision } => format!("{id}: revision {revision}\n"),
                DraftResponse::Changed { position, .. } => {
                    format!("{id}: draft at step {position}\n")
                }
                DraftResponse::Queued | DraftResponse::Failed { .. } => {
                    format!("{id}: queued; `medicosam draft {id}` tells when it is done\n")
                }
            },
        ),
    }
}

/// Makes a change to the draft as it is now.
async fn change(
    client: &Client,
    detail: &CaseDetail,
    change: DraftChange,
) -> Result<DraftResponse, Error> {
    let id = &detail.summary.id;
    let known = client.draft(id).await?.draft;
    let version = match (&known, &change) {
        (Some(draft), DraftChange::Restore) => draft.version,
        (Some(draft), _) if !draft.discarded => draft.version,
        _ => 0,
    };
    let request = DraftRequest {
        revision: revision(None, &detail.summary)?,
        version,
        change,
    };
    Ok(client.change_draft(id, &request).await?)
}

/// Waits until nothing is being segmented for the draft any more.
async fn followed(client: &Client, id: &CaseId, mut version: u64) -> Result<(), Error> {
    loop {
        let progress = client.draft_progress(id, version).await?;
        match (progress.working, progress.fault) {
            (Some(working), _) => {
                version = progress.version;
                tell(&format!("{} of {} slices", working.done, working.total));
            }
            (None, Some(fault)) => return Err(Error::WorkFailed { fault }),
            (None, None) => return Ok(()),
        }
    }
}

/// Tells a person how far it is; scripts wait without.
fn tell(text: &str) {
    let mut err = std::io::stderr();
    if err.is_terminal() {
        // Progress that cannot be written is no reason to stop.
        let _ = write!(err, "\r\x1b[K{text}\r");
    }
}

fn told(id: &CaseId, view: &DraftView) -> String {
    let Some(draft) = &view.draft else {
        return format!("{id}: no draft of yours\n");
    };
    let mut text = format!(
        "{id}: draft on revision {}, step {} of {}{}\n",
        draft.revision,
        draft.position,
        draft.steps.len(),
        if draft.discarded { ", discarded" } else { "" },
    );
    for line in lines(draft) {
        text.push_str(&format!("  {line}\n"));
    }
    text
}

fn lines(draft: &Draft) -> Vec<String> {
    let objects = draft.objects();
    let new = objects
        .iter()
        .map(|(label, name)| format!("new object {label} {name}"));
    let answers = draft.answers().into_iter();
    let masks = answers.map(|(Place { label, index }, (answer, mask))| {
        let by = match answer.propagated {
            true => "carried on",
            false => "by hand",
        };
        format!(
            "object {label}, slice {index}: {} pixels, score {:.2}, {by}",
            mask.mask.area(),
            mask.predicted_iou
        )
    });
    let mut lines: Vec<String> = new.chain(masks).collect();
    if let Some(progress) = draft.working {
        lines.push(format!(
            "being segmented: {} of {} slices",
            progress.done, progress.total
        ));
    }
    lines
}
