//! What was drawn on a case, as the objects of a profile: TOML to put into the configuration.

use clap::ValueEnum;
use medicosam_shared::case::CaseDetail;
use medicosam_shared::geometry::{Axis, Dims};
use medicosam_shared::place::Label;
use medicosam_shared::prompt::{SliceBox, SlicePrompt};
use medicosam_shared::provenance::ScanInfo;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::ops::Range;

/// A box in mm goes so many voxels beyond the centres of its outermost voxels, so that rounding leaves
/// them inside.
const MARGIN: f64 = 0.3;

/// The unit of boxes and points in a profile.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Unit {
    /// Indices of voxels: for scans of the same grid
    #[default]
    Voxel,
    /// World millimetres: for scans in the same position
    Mm,
    /// Fractions of the scan along i, j, k: for scans of the same field of view and orientation
    Fraction,
}

impl Unit {
    const fn word(self) -> &'static str {
        match self {
            Unit::Voxel => "voxel",
            Unit::Mm => "mm",
            Unit::Fraction => "fraction",
        }
    }

    const fn fits(self) -> &'static str {
        match self {
            Unit::Voxel => "fits scans of the same grid",
            Unit::Mm => "fits scans in the same position",
            Unit::Fraction => "fits scans of the same field of view and orientation",
        }
    }
}

/// How boxes are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Style {
    /// In this unit.
    pub unit: Unit,
    /// One box around all boxes of an object, for the rules of 3-D boxes; else each for itself.
    pub hull: bool,
}

/// Where boxes and points were drawn.
#[derive(Debug, Clone, Copy)]
pub struct Drawn<'a> {
    /// The scan.
    pub scan: &'a ScanInfo,
    /// The axis that its slices are cut across.
    pub axis: Axis,
    /// Name of the scan, for the comment.
    pub name: &'a str,
}

/// The prompts of the current revision of a case; `None` if it has none.
pub fn of_revision(detail: &CaseDetail, style: Style) -> Option<String> {
    let made = &detail.current()?.provenance;
    let names = made.objects.iter().map(|o| (o.label, o.name.clone()));
    let drawn = Drawn {
        scan: detail.scan.as_ref()?,
        axis: made.axis,
        name: &detail.summary.name,
    };
    toml(drawn, &names.collect(), &made.prompts, style)
}

/// Objects with these prompts; `None` if there are no prompts.
pub fn toml(
    drawn: Drawn<'_>,
    names: &BTreeMap<Label, String>,
    prompts: &[SlicePrompt],
    style: Style,
) -> Option<String> {
    let unit = style.unit;
    let mut objects: BTreeMap<Label, Vec<&SlicePrompt>> = BTreeMap::new();
    for prompt in prompts {
        objects.entry(prompt.label).or_default().push(prompt);
    }
    if objects.is_empty() {
        return None;
    }
    let (name, fits) = (drawn.name.escape_debug(), unit.fits());
    let mut text = format!("# Drawn on {name}; in this unit it {fits}.\n");
    for (label, mut prompts) in objects {
        prompts.sort_by_key(|prompt| prompt.index);
        let name = names.get(&label).cloned();
        let name = ::toml::Value::from(name.unwrap_or_else(|| format!("label {label}")));
        // Writing to a string cannot fail.
        let _ = write!(text, "[[profile.object]]\nlabel = {label}\nname = {name}\n");
        list(&mut text, "box", "boxes", &boxes(drawn, &prompts, style));
        list(&mut text, "", "points", &points(drawn, &prompts, unit));
    }
    Some(text)
}

/// A key with one entry, or with a list of them; `one` is empty where there is only the list.
fn list(text: &mut String, one: &str, several: &str, entries: &[String]) {
    let _ = match entries {
        [] => Ok(()),
        [entry] if !one.is_empty() => writeln!(text, "{one} = {entry}"),
        entries => writeln!(text, "{several} = [\n    {},\n]", entries.join(",\n    ")),
    };
}

/// The boxes as they are written.
fn boxes(drawn: Drawn<'_>, prompts: &[&SlicePrompt], style: Style) -> Vec<String> {
    let mut runs = runs(prompts);
    if style.hull {
        runs = runs.into_iter().reduce(around).into_iter().collect();
    }
    let unit = style.unit;
    let written = runs.into_iter().map(|(bbox, slices)| {
        let min = drawn.axis.voxel(slices.start, bbox.x0, bbox.y0);
        let max = drawn.axis.voxel(slices.end, bbox.x1, bbox.y1);
        let (min, max) = corners(drawn.scan, min, max, unit);
        format!("{{ {}min = {min}, max = {max} }}", space(unit))
    });
    written.collect()
}

/// A box on each of some slices.
type Run = (SliceBox, Range<u32>);

/// The smallest box around two, on all slices from one to the other.
fn around((a, one): Run, (b, other): Run) -> Run {
    let bbox = SliceBox {
        x0: a.x0.min(b.x0),
        y0: a.y0.min(b.y0),
        x1: a.x1.max(b.x1),
        y1: a.y1.max(b.y1),
    };
    (bbox, one.start.min(other.start)..one.end.max(other.end))
}

/// Slices in a row that have the same box.
fn runs(prompts: &[&SlicePrompt]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for prompt in prompts {
        let Some(bbox) = prompt.bbox else {
            continue;
        };
        match runs.last_mut() {
            Some((same, slices)) if *same == bbox && slices.end == prompt.index => {
                slices.end += 1;
            }
            _ => runs.push((bbox, prompt.index..prompt.index + 1)),
        }
    }
    runs
}

/// The corners of a box, half-open in voxels, in a unit.
fn corners(scan: &ScanInfo, min: [u32; 3], max: [u32; 3], unit: Unit) -> (String, String) {
    match unit {
        Unit::Voxel => (whole(min), whole(max)),
        Unit::Fraction => (
            exact(fractions(min.map(f64::from), scan.dims)),
            exact(fractions(max.map(f64::from), scan.dims)),
        ),
        Unit::Mm => {
            let low = min.map(|v| f64::from(v) - MARGIN);
            let high = max.map(|v| f64::from(v) - 1.0 + MARGIN);
            let corner = |bits: u8| {
                let pick = |axis: usize| match bits >> axis & 1 {
                    0 => low[axis],
                    _ => high[axis],
                };
                scan.affine.to_world([pick(0), pick(1), pick(2)])
            };
            let all = (0..8).map(corner);
            let extreme = |better: fn(f64, f64) -> f64| {
                let fold = |a: [f64; 3], b: [f64; 3]| std::array::from_fn(|n| better(a[n], b[n]));
                all.clone().reduce(fold).unwrap_or_default()
            };
            (rounded(extreme(f64::min)), rounded(extreme(f64::max)))
        }
    }
}

fn points(drawn: Drawn<'_>, prompts: &[&SlicePrompt], unit: Unit) -> Vec<String> {
    let all = prompts.iter();
    let all = all.flat_map(|prompt| prompt.points.iter().map(|point| (prompt.index, point)));
    let written = all.map(|(index, point)| {
        let at = drawn.axis.voxel(index, point.x, point.y);
        let at = match unit {
            Unit::Voxel => whole(at),
            Unit::Fraction => exact(fractions(at.map(|v| f64::from(v) + 0.5), drawn.scan.dims)),
            Unit::Mm => rounded(drawn.scan.affine.to_world(at.map(f64::from))),
        };
        let sign = if point.positive {
            ""
        } else {
            ", positive = false"
        };
        format!("{{ {}at = {at}{sign} }}", space(unit))
    });
    written.collect()
}

/// The key of the unit; voxels need none.
fn space(unit: Unit) -> String {
    match unit {
        Unit::Voxel => String::new(),
        Unit::Mm | Unit::Fraction => format!("space = \"{}\", ", unit.word()),
    }
}

fn fractions(voxel: [f64; 3], dims: Dims) -> [f64; 3] {
    std::array::from_fn(|axis| voxel[axis] / f64::from(dims.0[axis]))
}

fn whole(voxel: [u32; 3]) -> String {
    format!("{voxel:?}")
}

fn exact(numbers: [f64; 3]) -> String {
    format!("{:?}", numbers.map(|n| (n * 1e8).round() / 1e8))
}

fn rounded(numbers: [f64; 3]) -> String {
    // Minus zero would read oddly.
    format!("{:?}", numbers.map(|n| (n * 100.0).round() / 100.0 + 0.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture::detail;
    use medicosam_shared::case::CaseState;
    use medicosam_shared::prompt::SlicePoint;

    fn prompt(label: u16, index: u32, bbox: Option<[u32; 4]>) -> SlicePrompt {
        SlicePrompt {
            label: Label::new(label).unwrap(),
            index,
            bbox: bbox.map(|[x0, y0, x1, y1]| SliceBox { x0, y0, x1, y1 }),
            points: Vec::new(),
        }
    }

    /// On the scan of the fixture: 64 × 48 × 21 voxels of 0.7 × 0.7 × 5 mm, LPS.
    fn written(prompts: &[SlicePrompt], unit: Unit, hull: bool) -> String {
        let detail = detail("3f2a", CaseState::Review, 1);
        let drawn = Drawn {
            scan: detail.scan.as_ref().unwrap(),
            axis: Axis::K,
            name: &detail.summary.name,
        };
        let names = BTreeMap::from([(Label::MIN, "a \"tumour\"".to_owned())]);
        toml(drawn, &names, prompts, Style { unit, hull }).unwrap()
    }

    #[test]
    fn the_same_box_on_slices_in_a_row_is_a_box_in_the_volume() {
        let same = Some([16, 12, 32, 24]);
        let mut last = prompt(1, 9, Some([17, 12, 32, 24]));
        last.points.push(SlicePoint {
            x: 20,
            y: 15,
            positive: false,
        });
        let prompts = [
            prompt(1, 7, same),
            prompt(1, 6, same),
            last,
            prompt(2, 3, same),
        ];
        insta::assert_snapshot!("as_profile_voxel", written(&prompts, Unit::Voxel, false));
        insta::assert_snapshot!("as_profile_mm", written(&prompts, Unit::Mm, false));
        insta::assert_snapshot!(
            "as_profile_fraction",
            written(&prompts, Unit::Fraction, false)
        );
        let one = written(&prompts[..3], Unit::Voxel, true);
        assert!(
            one.contains("box = { min = [16, 12, 6], max = [32, 24, 10] }"),
            "{one}"
        );
    }

    #[test]
    fn what_is_written_is_toml() {
        for unit in [Unit::Voxel, Unit::Mm, Unit::Fraction] {
            let text = written(&[prompt(1, 6, Some([16, 12, 32, 24]))], unit, false);
            let table: ::toml::Table = text.parse().unwrap();
            let object = &table["profile"]["object"][0];
            assert_eq!(object["name"].as_str(), Some("a \"tumour\""));
            assert_eq!(object["box"]["min"].as_array().unwrap().len(), 3);
        }
    }

    #[test]
    fn without_prompts_there_is_nothing_to_write() {
        let mut drawn = detail("3f2a", CaseState::Review, 1);
        drawn.revisions[0].provenance.prompts.clear();
        assert_eq!(of_revision(&drawn, Style::default()), None);
        let failed = detail("3f2a", CaseState::Failed, 0);
        assert_eq!(of_revision(&failed, Style::default()), None);
    }
}
