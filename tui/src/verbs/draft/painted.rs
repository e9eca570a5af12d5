//! What `paint` paints: discs and outlines.

use super::unfit::unfit;
use super::{DraftArgs, Error};
use medicosam_shared::case::CaseDetail;
use medicosam_shared::mask::Rle;
use medicosam_shared::paint::{Brush, lasso};

/// A disc: its middle in voxels of the slice, its radius in mm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Disc {
    x: f64,
    y: f64,
    radius_mm: f64,
}

/// A closed line through voxels of the slice.
#[derive(Debug, Clone, PartialEq)]
pub struct Outline(Vec<(f64, f64)>);

/// The pixels of all discs and outlines that are given.
pub fn pixels(args: &DraftArgs, detail: &CaseDetail) -> Result<Rle, Error> {
    let Some(current) = detail.current() else {
        return Err(unfit("the case has no segmentation yet".to_owned()));
    };
    let (axis, info) = (current.provenance.axis, &current.provenance.scan.info);
    let shape = info.dims.slice_shape(axis);
    let spacing = info.affine.spacing();
    let (columns, rows) = axis.in_plane();
    let discs = args.discs.iter().map(|disc| {
        let brush = Brush {
            radius_mm: disc.radius_mm,
            spacing: [spacing[columns.index()], spacing[rows.index()]],
        };
        brush.stroke(&[(disc.x, disc.y)], shape)
    });
    let outlines = args.outlines.iter().map(|line| lasso(&line.0, shape));
    let all = discs.chain(outlines);
    let all = all.fold(Rle::default(), |all, part| all.union(&part));
    match all.is_empty() {
        true => Err(unfit(
            "nothing of it lies on the slice: paint with --disc or --outline".to_owned(),
        )),
        false => Ok(all),
    }
}

pub(super) fn parse_disc(text: &str) -> Result<Disc, String> {
    match numbers(text).as_deref() {
        Some(&[x, y, radius_mm]) if radius_mm >= 0.0 => Ok(Disc { x, y, radius_mm }),
        _ => Err("a disc is three numbers X,Y,MM: its middle and its radius in mm".to_owned()),
    }
}

pub(super) fn parse_outline(text: &str) -> Result<Outline, String> {
    let numbers = numbers(text).filter(|n| n.len() >= 6 && n.len() % 2 == 0);
    let numbers = numbers.ok_or("an outline is three places or more, X,Y,X,Y,X,Y,...")?;
    let places = numbers.chunks_exact(2).map(|place| (place[0], place[1]));
    Ok(Outline(places.collect()))
}

/// Numbers with commas between them.
fn numbers(text: &str) -> Option<Vec<f64>> {
    let number = |text: &str| text.trim().parse::<f64>().ok().filter(|n| n.is_finite());
    text.split(',').map(number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn discs_and_outlines_are_numbers() {
        assert!(parse_disc("3,4,2.5").is_ok() && parse_disc("3,4").is_err());
        assert!(parse_disc("3,4,-1").is_err() && parse_disc("3,4,inf").is_err());
        assert!(parse_outline("1,2,3,4,5,6").is_ok());
        for bad in ["1,2,3,4", "1,2,3,4,5", ""] {
            assert!(parse_outline(bad).is_err(), "{bad}");
        }
    }
}
