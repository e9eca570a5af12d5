//! `medicosam draft`

mod asked;
mod painted;
mod told;
mod unfit;

use super::drawn::{parse_box, parse_point, parse_range};
use super::{CaseArgs, Error, FormatArgs, named, print, revision};
use clap::{Args, ValueEnum};
use medicosam_shared::api::{DraftChange, DraftRequest, DraftResponse};
use medicosam_shared::case::{CaseDetail, CaseId, RevisionNumber};
use medicosam_shared::client::Client;
use medicosam_shared::prompt::{Label, SliceBox, SlicePoint};
use painted::{Disc, Outline, parse_disc, parse_outline};
use std::io::{IsTerminal, Write};

const EXAMPLES: &str = "\
A draft is yours alone, outlives connections and restarts, and writes no files until it is committed.

  medicosam draft 3f2a                                        what it holds
  medicosam draft 3f2a segment --slice 12 --box 318,333,405,399
  medicosam draft 3f2a segment --slice 12 --point 320,390,-   corrects the mask that is there
  medicosam draft 3f2a propagate --range 8..15                to the slices around
  medicosam draft 3f2a clear --object 1 --slice 20            takes a mask away
  medicosam draft 3f2a clear --object 1 --range 8..15 --outside
  medicosam draft 3f2a restore --revision 1 --object 1        puts back what was there
  medicosam draft 3f2a paint --slice 12 --disc 330,340,2.5    a disc of 2.5 mm
  medicosam draft 3f2a paint --slice 12 --outline 3,4,9,4,9,8 --erase
  medicosam draft 3f2a interpolate --object 1                 between slices made by hand
  medicosam draft 3f2a commit                                 makes a revision of it

Coordinates are those of `medicosam prompt`; ranges name their first and last slice.";

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
    /// The slice, counted from 0 along the case's slice axis
    #[arg(
        long,
        value_name = "N",
        required_if_eq_any = [("action", "segment"), ("action", "paint"), ("action", "copy")]
    )]
    pub slice: Option<u32>,
    /// `segment`: where the object is: first voxel, and one past the last one
    #[arg(long = "box", value_name = "X0,Y0,X1,Y1", value_parser = parse_box, requires = "slice")]
    pub bbox: Option<SliceBox>,
    /// `segment`: a voxel of the object, or with `,-` one that is not; may be given more than once
    #[arg(long = "point", value_name = "X,Y[,-]", value_parser = parse_point, requires = "slice", allow_hyphen_values = true)]
    pub points: Vec<SlicePoint>,
    /// The object [default: the first one of the case; `restore`: all of them]
    #[arg(long, visible_alias = "object", value_name = "L")]
    pub label: Option<Label>,
    /// `propagate`, `clear`, `restore`, `interpolate`: only these slices, first and last
    #[arg(long, value_name = "A..B", value_parser = parse_range, conflicts_with = "slice")]
    pub range: Option<(u32, u32)>,
    /// `clear`, `restore`: the slices outside `--range` instead
    #[arg(long, requires = "range")]
    pub outside: bool,
    /// `propagate`: go through where the object seems to end
    #[arg(long)]
    pub force: bool,
    /// `restore`: the revision to put back; without it a discarded draft comes back
    #[arg(long, value_name = "R")]
    pub revision: Option<RevisionNumber>,
    /// `paint`: a disc around a voxel, its radius in mm; may be given more than once
    #[arg(long = "disc", value_name = "X,Y,MM", value_parser = parse_disc)]
    pub discs: Vec<Disc>,
    /// `paint`: all within a closed line through these voxels; may be given more than once
    #[arg(long = "outline", value_name = "X,Y,X,Y,...", value_parser = parse_outline)]
    pub outlines: Vec<Outline>,
    /// `paint`: take the pixels away
    #[arg(long)]
    pub erase: bool,
    /// `copy`: the slice that gets the mask
    #[arg(long, value_name = "N", required_if_eq("action", "copy"))]
    pub to: Option<u32>,
    /// `copy`: what was drawn, and segment by it there, instead of the mask
    #[arg(long)]
    pub prompts: bool,
    /// How to print it.
    #[command(flatten)]
    pub format: FormatArgs,
}

/// What can be done to a draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DraftAction {
    /// Draw a box or points on a slice, and segment it by all that is drawn there; points alone
    /// correct the mask that is there
    Segment,
    /// Follow the object to the slices around those that were segmented by hand
    Propagate,
    /// Take masks away: of a slice, of a range, of an object
    Clear,
    /// Add pixels by hand, or take them away; later masks leave them as they are
    Paint,
    /// Put the mask of a slice, or what was drawn there, on another slice
    Copy,
    /// Make the masks between slices that were made by hand, by their shapes
    Interpolate,
    /// Give up what is being segmented
    Cancel,
    /// Take the last step back
    Undo,
    /// Do the last undone step again
    Redo,
    /// Take the draft away
    Discard,
    /// Bring a discarded draft back; with `--revision` put masks back as they were in a revision
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
    let view = client.draft(id).await?;
    let Some(action) = args.action else {
        return print(out, args.format.json, &view, |view| told::draft(id, view));
    };
    let changes = asked::changes(action, args, &detail, view.draft.as_ref())?;
    let mut response = None;
    for asked in changes {
        response = Some(change(client, &detail, asked).await?);
    }
    match response {
        None => Ok(()),
        Some(DraftResponse::Failed { fault }) => Err(Error::WorkFailed { fault }),
        Some(DraftResponse::Changed { version, .. }) if action == DraftAction::Propagate => {
            followed(client, id, version).await?;
            let view = client.draft(id).await?;
            print(out, args.format.json, &view, |view| {
                told::followed(id, view)
            })
        }
        Some(response) => print(out, args.format.json, &response, |r| told::response(id, r)),
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
