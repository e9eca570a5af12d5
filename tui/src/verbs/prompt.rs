//! `medicosam prompt`

use super::drawn::{first_label, parse_box, parse_point, parse_range};
use super::slice_change::changed;
use super::{CaseArgs, Error, FormatArgs, named, print, revision};
use clap::Args;
use medicosam_shared::api::{PromptRequest, PromptResponse};
use medicosam_shared::case::{CaseDetail, RevisionNumber};
use medicosam_shared::client::Client;
use medicosam_shared::geometry::Axis;
use medicosam_shared::prompt::{Label, SliceBox, SlicePoint, SlicePrompt, VolumeBox};
use medicosam_shared::propagation::Propagation;
use std::io::Write;

const COORDINATES: &str = "\
Points alone correct the mask that is on the slice: one on the object adds the part that it lies in,
one outside takes a part away. A box starts again.

Coordinates are voxels of the slice in file order, counted from 0: X along its columns, Y along
its rows (for a slice across k: i and j). A box is half-open: X0,Y0 is its first voxel, X1,Y1 is
one past its last one, so that 10,20,12,21 holds the two voxels (10,20) and (11,20).

Example, a box and a point that does not belong to the object:
  medicosam prompt 3f2a --slice 12 --box 318,333,405,399 --point 320,390,-

Of a whole object, by the profile's rule for 3-D boxes: --box with --range, or --box3d with voxels
i, j, k, half-open too; a range names its first and last slice. These two say the same of an object on slices 9 to 11 across k:
  medicosam prompt 3f2a --range 9..11 --box 318,333,405,399
  medicosam prompt 3f2a --box3d 318,333,9,405,399,12
Several --box3d of one object may not share a slice; with --rule interpolate there are boxes between
them, too.";

/// Another prompt for one object on one slice.
#[derive(Debug, Clone, Args)]
#[command(after_help = COORDINATES)]
#[command(group = clap::ArgGroup::new("what").required(true).multiple(true))]
pub struct PromptArgs {
    /// Which case.
    #[command(flatten)]
    pub case: CaseArgs,
    /// The slice, counted from 0 along the case's slice axis
    #[arg(
        long,
        value_name = "N",
        conflicts_with = "range",
        required_unless_present_any = ["range", "box3d"]
    )]
    pub slice: Option<u32>,
    /// The first and the last slice of a 3-D box, of which --box is the rectangle
    #[arg(long, value_name = "A..B", value_parser = parse_range, requires = "bbox", conflicts_with = "points")]
    pub range: Option<(u32, u32)>,
    /// A 3-D box around the object, in voxels; may be given more than once
    #[arg(
        long = "box3d",
        value_name = "I0,J0,K0,I1,J1,K1",
        value_parser = parse_box3d,
        group = "what",
        conflicts_with_all = ["slice", "range", "bbox", "points"]
    )]
    pub box3d: Vec<[[u32; 3]; 2]>,
    /// The rule for a 3-D box [default: the profile's]
    #[arg(long, value_name = "RULE", value_parser = parse_rule)]
    pub rule: Option<Propagation>,
    /// Where the object is: first voxel, and one past the last one
    #[arg(long = "box", value_name = "X0,Y0,X1,Y1", value_parser = parse_box, group = "what")]
    pub bbox: Option<SliceBox>,
    /// A voxel of the object, or with `,-` one that is not; may be given more than once
    #[arg(long = "point", value_name = "X,Y[,-]", value_parser = parse_point, group = "what")]
    pub points: Vec<SlicePoint>,
    /// The object [default: the first one of the case]
    #[arg(long, value_name = "L")]
    pub label: Option<Label>,
    /// The revision to start from; another current one is a conflict (exit status 4)
    /// [default: the current one]
    #[arg(long, value_name = "N")]
    pub revision: Option<RevisionNumber>,
    /// How to print it.
    #[command(flatten)]
    pub format: FormatArgs,
}

pub(super) async fn run(
    client: &Client,
    args: &PromptArgs,
    out: &mut dyn Write,
) -> Result<(), Error> {
    let detail = named::detail(client, &args.case.case).await?;
    let request = request(args, &detail)?;
    let response = client.prompt(&detail.summary.id, &request).await?;
    if let PromptResponse::Failed { fault } = response {
        return Err(Error::WorkFailed { fault });
    }
    let id = &detail.summary.id;
    print(
        out,
        args.format.json,
        &response,
        |response| match response {
            PromptResponse::Revised { revision, changes } => {
                let mut text = format!("{id}: revision {revision}\n");
                for change in changes {
                    text.push_str(&format!("  {}\n", changed(change)));
                }
                text
            }
            PromptResponse::Queued | PromptResponse::Failed { .. } => {
                format!("{id}: queued; `medicosam show {id}` tells when it is done\n")
            }
        },
    )
}

fn request(args: &PromptArgs, detail: &CaseDetail) -> Result<PromptRequest, Error> {
    let case = &detail.summary;
    let label = args.label.unwrap_or(first_label(detail));
    let prompt = args.slice.map(|index| SlicePrompt {
        label,
        index,
        bbox: args.bbox,
        points: args.points.clone(),
    });
    let of_range = args.bbox.zip(args.range);
    let of_range = of_range.map(|(bbox, range)| bbox.in_volume(axis_of(detail), range));
    let boxes = args.box3d.iter().copied().chain(of_range);
    Ok(PromptRequest {
        revision: revision(args.revision, case)?,
        prompts: prompt.into_iter().collect(),
        boxes: boxes
            .map(|[min, max]| VolumeBox { label, min, max })
            .collect(),
        propagation: args.rule,
    })
}

/// The axis that the slices of a case are cut across.
fn axis_of(detail: &CaseDetail) -> Axis {
    let current = detail.current();
    current.map_or(Axis::K, |revision| revision.provenance.axis)
}

fn parse_box3d(text: &str) -> Result<[[u32; 3]; 2], String> {
    let numbers: Result<Vec<u32>, _> = text.split(',').map(|n| n.trim().parse()).collect();
    let Ok(&[i0, j0, k0, i1, j1, k1]) = numbers.as_deref() else {
        return Err("a 3-D box is six numbers I0,J0,K0,I1,J1,K1".to_owned());
    };
    if i0 >= i1 || j0 >= j1 || k0 >= k1 {
        return Err(format!(
            "the box is empty: I1, J1 and K1 are one past its last voxel ({text})"
        ));
    }
    Ok([[i0, j0, k0], [i1, j1, k1]])
}

fn parse_rule(text: &str) -> Result<Propagation, String> {
    let rule = serde_json::Value::from(text);
    serde_json::from_value(rule).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_d_boxes_are_half_open_and_ranges_name_their_last_slice() {
        let bbox = parse_box3d("318,333,9, 405,399,12").unwrap();
        assert_eq!(bbox, [[318, 333, 9], [405, 399, 12]]);
        let rectangle = parse_box("318,333,405,399").unwrap();
        assert_eq!(rectangle.in_volume(Axis::K, (9, 11)), bbox);
        let across_i = rectangle.in_volume(Axis::I, (9, 11));
        assert_eq!(across_i, [[9, 318, 333], [12, 405, 399]]);
        for bad in ["1,2,3,4,5", "1,2,3,4,5,3", "5,2,3,4,5,6", "a,2,3,4,5,6"] {
            assert!(parse_box3d(bad).is_err(), "{bad}");
        }
        assert_eq!(parse_rule("interpolate"), Ok(Propagation::Interpolate));
        assert!(parse_rule("middle").unwrap_err().contains("middle-out"));
    }
}
