//! `medicosam open`

use super::{CaseArgs, Error, named};
use crate::app::{OpenPlace, Review};
use clap::Args;
use medicosam_shared::case::CaseDetail;
use medicosam_shared::client::Client;
use medicosam_shared::geometry::Axis;

/// A case to open on the screen, and a slice of it.
#[derive(Debug, Clone, Args)]
pub struct OpenArgs {
    /// Which case.
    #[command(flatten)]
    pub case: CaseArgs,
    /// The slice to begin on, counted from 0 [default: the one that deserves the first look]
    #[arg(long, value_name = "N")]
    pub slice: Option<u32>,
    /// The voxel axis that slices are cut across: i, j or k [default: the case's own]
    #[arg(long, value_name = "AXIS", value_parser = parse_axis, requires = "slice")]
    pub across: Option<Axis>,
}

/// The case that `open` names, which must be there before the screen is.
pub async fn open(client: &Client, args: &OpenArgs) -> Result<Review, Error> {
    client.hello().await?;
    let detail = named::detail(client, &args.case.case).await?;
    Ok(match place(&detail, args) {
        Some(place) => Review::resumed(place),
        None => Review::new(detail.summary.id),
    })
}

/// The place of the slice that is named, if the scan is known. The cursor stands in its middle.
fn place(detail: &CaseDetail, args: &OpenArgs) -> Option<OpenPlace> {
    let slice = args.slice?;
    let scan = detail.scan.as_ref()?;
    let own = detail.current().map_or(Axis::K, |r| r.provenance.axis);
    let along = args.across.unwrap_or(own).index();
    let mut at = scan.dims.0.map(|size| size / 2);
    at[along] = slice.min(scan.dims.0[along].saturating_sub(1));
    Some(OpenPlace {
        case: detail.summary.id.clone(),
        revision: detail.summary.revision,
        at,
        axis: args.across,
        layout: Default::default(),
        form: Default::default(),
    })
}

fn parse_axis(text: &str) -> Result<Axis, String> {
    let named = Axis::ALL.into_iter().find(|axis| axis.to_string() == text);
    named.ok_or_else(|| "an axis is i, j or k".to_owned())
}
