//! What is drawn, as it is written on the command line.

use medicosam_shared::case::CaseDetail;
use medicosam_shared::prompt::{Label, SliceBox, SlicePoint};

/// The object that is meant where none is named.
pub(super) fn first_label(detail: &CaseDetail) -> Label {
    let current = detail.current();
    current
        .and_then(|revision| revision.provenance.objects.first())
        .map_or(Label::MIN, |object| object.label)
}

pub(super) fn parse_box(text: &str) -> Result<SliceBox, String> {
    let wrong = || "a box is four numbers X0,Y0,X1,Y1".to_owned();
    let numbers: Result<Vec<u32>, _> = text.split(',').map(|n| n.trim().parse()).collect();
    let Ok(&[x0, y0, x1, y1]) = numbers.as_deref() else {
        return Err(wrong());
    };
    if x0 >= x1 || y0 >= y1 {
        return Err(format!(
            "the box is empty: X1 and Y1 are one past its last voxel, so X0 < X1 and Y0 < Y1 ({text})"
        ));
    }
    Ok(SliceBox { x0, y0, x1, y1 })
}

/// Slices, by the first and the last one.
pub(super) fn parse_range(text: &str) -> Result<(u32, u32), String> {
    let number = |text: &str| text.trim().parse::<u32>().ok().filter(|n| *n < u32::MAX);
    let ends = text.split_once("..");
    let ends = ends.and_then(|(a, b)| number(a).zip(number(b.trim_start_matches('='))));
    match ends {
        Some((first, last)) if first <= last => Ok((first, last)),
        _ => Err("a range is its first and its last slice, A..B".to_owned()),
    }
}

pub(super) fn parse_point(text: &str) -> Result<SlicePoint, String> {
    let (place, positive) = match text.rsplit_once(',') {
        Some((place, "-")) => (place, false),
        Some((place, "+")) => (place, true),
        _ => (text, true),
    };
    let number = |n: &str| n.trim().parse::<u32>().ok();
    match place.split_once(',').map(|(x, y)| (number(x), number(y))) {
        Some((Some(x), Some(y))) => Ok(SlicePoint { x, y, positive }),
        _ => Err("a point is two numbers X,Y, or X,Y,- for one outside the object".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_are_four_numbers_and_not_empty() {
        let good = parse_box("318,333, 405,399").unwrap();
        assert_eq!((good.x0, good.y0, good.x1, good.y1), (318, 333, 405, 399));
        for bad in [
            "",
            "1,2,3",
            "1,2,3,4,5",
            "1,2,x,4",
            "-1,0,4,4",
            "5,5,5,9",
            "9,1,5,9",
        ] {
            assert!(parse_box(bad).is_err(), "{bad}");
        }
        assert!(parse_box("5,5,5,9").unwrap_err().contains("one past"));
    }

    #[test]
    fn ranges_name_their_first_and_last_slice() {
        assert_eq!(parse_range("8..15"), Ok((8, 15)));
        assert_eq!(parse_range("8..=8"), Ok((8, 8)));
        for bad in ["8", "15..8", "..3", "a..b", "1...3"] {
            assert!(parse_range(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn points_are_positive_unless_they_say_not() {
        let point = |text| parse_point(text).map(|p| (p.x, p.y, p.positive));
        assert_eq!(point("3,4"), Ok((3, 4, true)));
        assert_eq!(point("3,4,+"), Ok((3, 4, true)));
        assert_eq!(point("3,4,-"), Ok((3, 4, false)));
        for bad in ["", "3", "3,4,5", "3,-4", "3,4,*", "-,-"] {
            assert!(point(bad).is_err(), "{bad}");
        }
    }
}
