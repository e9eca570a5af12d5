//! `medicosam show`

use super::table::{Align, fields, table};
use super::{CaseArgs, Error, FormatArgs, named, print};
use crate::as_profile::{self, Style, Unit};
use crate::figures::{millilitres, score};
use clap::Args;
use jiff::Timestamp;
use medicosam_shared::case::{CaseDetail, CaseId, CaseSummary, Event, Revision};
use medicosam_shared::client::Client;
use medicosam_shared::provenance::{ObjectResult, ScanInfo};
use medicosam_shared::text::printable;
use std::io::Write;

/// Which case is shown, and how.
#[derive(Debug, Clone, Args)]
pub struct ShowArgs {
    /// Which case.
    #[command(flatten)]
    pub case: CaseArgs,
    /// Print boxes and points of the current revision as the objects of a profile, in TOML
    #[arg(long, conflicts_with = "json")]
    pub as_profile: bool,
    /// Their unit: voxel (for scans of the same grid), mm (in the same position) or fraction (of the
    /// same field of view and orientation)
    #[arg(
        long,
        value_name = "UNIT",
        value_enum,
        default_value_t,
        hide_possible_values = true,
        requires = "as_profile"
    )]
    pub unit: Unit,
    /// One box around all boxes of an object
    #[arg(long, requires = "as_profile")]
    pub hull: bool,
    /// How to print it.
    #[command(flatten)]
    pub format: FormatArgs,
}

pub(super) async fn run(
    client: &Client,
    args: &ShowArgs,
    out: &mut dyn Write,
) -> Result<(), Error> {
    let detail = named::detail(client, &args.case.case).await?;
    if args.as_profile {
        let style = Style {
            unit: args.unit,
            hull: args.hull,
        };
        let objects = as_profile::of_revision(&detail, style);
        let objects = objects.ok_or(Error::NoPrompts {
            case: detail.summary.id,
        })?;
        return print(out, false, &objects, String::clone);
    }
    print(out, args.format.json, &detail, text)
}

fn text(detail: &CaseDetail) -> String {
    let case = &detail.summary;
    let current = detail.current();
    let mut text = fields(&[
        ("case", Some(case.id.to_string())),
        ("scan", Some(printable(&case.path))),
        ("profile", Some(printable(&case.profile))),
        ("reads", case.reads.as_ref().map(|first| reads(case, first))),
        ("state", Some(state(case))),
        ("fault", case.fault.as_ref().map(|f| printable(&f.message))),
        ("to do", case.fault.as_ref().map(|f| printable(&f.hint))),
        ("geometry", detail.scan.as_ref().map(geometry)),
        ("sha256", Some(detail.sha256.clone())),
        ("revision", case.revision.map(|n| n.to_string())),
        ("reviewer", case.reviewer.as_deref().map(printable)),
        ("assigned", case.assigned.as_deref().map(printable)),
        ("label map", current.map(|r| printable(&r.output.label_map))),
    ]);
    if let Some(current) = current {
        text.push_str("\nobjects\n");
        text.push_str(&objects(&current.provenance.objects));
        if let Some(quality) = &current.provenance.quality {
            text.push_str(&format!("\nscore {:.2}\n", quality.score));
            for reason in &quality.reasons {
                text.push_str(&format!("- {}\n", printable(reason)));
            }
        }
    }
    if !detail.revisions.is_empty() {
        text.push_str("\nrevisions\n");
        text.push_str(&revisions(&detail.revisions));
    }
    text.push_str("\nhistory\n");
    for event in &detail.history {
        text.push_str(&format!("{}\n", line(event)));
    }
    text
}

/// That it is a second reading, and for whom it is none.
fn reads(case: &CaseSummary, first: &CaseId) -> String {
    let first = printable(&first.0);
    match case.you_read_first {
        false => format!("a second time what case {first} has read"),
        true => format!("a second time what you have read in case {first}; somebody else has to"),
    }
}

fn state(case: &CaseSummary) -> String {
    match case.dismissed {
        true => format!("{}, put away", case.state),
        false => case.state.to_string(),
    }
}

/// Size, spacing and orientation of a scan, and its oddities.
fn geometry(scan: &ScanInfo) -> String {
    let voxel_type = printable(&scan.voxel_type);
    let mut text = if scan.picture {
        let [width, height, _] = scan.dims.0;
        format!("picture of {width}×{height} pixels, {voxel_type}")
    } else {
        let [i, j, k] = scan.affine.spacing();
        let orientation = scan.affine.orientation();
        let dims = scan.dims;
        format!("{dims} voxels of {i:.2}×{j:.2}×{k:.2} mm, {orientation}, {voxel_type}")
    };
    for note in &scan.notes {
        text.push_str(&format!("; {}", printable(note)));
    }
    text
}

fn objects(objects: &[ObjectResult]) -> String {
    let row = |object: &ObjectResult| {
        let slices = match (object.slices.first(), object.slices.last()) {
            (Some(first), Some(last)) => format!("{}–{}", first.index, last.index),
            _ => "-".to_owned(),
        };
        [
            object.label.to_string(),
            printable(&object.name),
            match object.volume_ml {
                Some(volume) => millilitres(Some(volume)),
                None => object.voxels.to_string(),
            },
            score(object.predicted_iou()),
            slices,
        ]
    };
    let rows: Vec<_> = objects.iter().map(row).collect();
    let is_picture = objects.iter().any(|object| object.volume_ml.is_none());
    table(
        [
            ("LABEL", Align::Right),
            ("NAME", Align::Left),
            (if is_picture { "PX" } else { "ML" }, Align::Right),
            ("ESTIMATE", Align::Right),
            ("SLICES", Align::Left),
        ],
        &rows,
    )
}

fn revisions(revisions: &[Revision]) -> String {
    let row = |revision: &Revision| {
        let provenance = &revision.provenance;
        [
            revision.number.to_string(),
            time(provenance.created),
            printable(&provenance.author),
            printable(&provenance.model.name),
            printable(&provenance.runtime.device),
            format!("{:.2}", provenance.timings.total_s),
        ]
    };
    let rows: Vec<_> = revisions.iter().map(row).collect();
    table(
        [
            ("NUMBER", Align::Right),
            ("MADE", Align::Left),
            ("BY", Align::Left),
            ("MODEL", Align::Left),
            ("DEVICE", Align::Left),
            ("SECONDS", Align::Right),
        ],
        &rows,
    )
}

fn line(event: &Event) -> String {
    let revision = event
        .revision
        .map_or_else(String::new, |n| format!(" revision {n}"));
    let detail = if event.detail.is_empty() {
        String::new()
    } else {
        format!(": {}", printable(&event.detail))
    };
    format!(
        "{}  {}{revision} by {}{detail}",
        time(event.at),
        event.action.as_str(),
        printable(&event.who)
    )
}

/// Date and time of day, UTC.
fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture::detail;
    use medicosam_shared::case::CaseState;

    #[test]
    fn a_case_is_told_in_full() {
        insta::assert_snapshot!("show", text(&detail("3f2a", CaseState::Review, 2)));
    }

    #[test]
    fn a_failed_case_says_why_and_what_to_do() {
        let text = text(&detail("3f2a", CaseState::Failed, 0));
        assert!(text.contains("the file ends in the middle"), "{text}");
        assert!(text.contains("Copy it again."), "{text}");
    }
}
