//! An explanation in words.

use super::explanation::{Box3d, Explanation};
use crate::plan::PassedOver;
use medicosam_shared::prompt::{SliceBox, SlicePrompt};
use medicosam_shared::propagation::Propagation;
use medicosam_shared::window::Range;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{Display, Write as _};

/// The explanation, a line for each fact.
pub(super) fn describe(e: &Explanation<'_>) -> String {
    let mut text = String::new();
    let mut line = |word: &str, rest: &dyn Display| {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{word:<10}{rest}");
    };
    let volume = e.frame.map(|frame| format!(", volume {frame}"));
    let volume = volume.unwrap_or_default();
    let (path, dims, voxels) = (e.path.display(), e.scan.dims, &e.scan.voxel_type);
    line("scan", &format!("{path}{volume}, {dims} {voxels}"));
    if e.volumes.len() > 1 {
        let count = e.volumes.len();
        line(
            "volumes",
            &format!("{count}, each a scan of its own; this is the first"),
        );
    }
    for note in &e.notes {
        line("note", note);
    }
    line("root", &e.root.display());
    for PassedOver { profile, why } in &e.passed_over {
        line("not", &format!("{profile}: {why}"));
    }
    line("profile", &e.profile);
    let understood = e.understands;
    let understood = understood.map(|u| format!("{}, understands {u}", e.model));
    line("model", &understood.as_deref().unwrap_or(e.model));
    line("plane", &format!("{}, slices across {}", e.plane, e.axis));
    line("window", &window(e));
    if !e.masks.is_nothing() {
        line("masks", &json(&e.masks));
    }
    if let Some(rule) = e.propagation {
        let of = match rule {
            Propagation::Interpolate => "between boxes on a few slices",
            Propagation::Agreement
            | Propagation::EverySlice
            | Propagation::MiddleOut
            | Propagation::MicroSam(_) => "for 3-D boxes",
        };
        line("rule", &format!("{} {of}", rule.name()));
    }
    for source in &e.sources {
        line("from", &format!("{}: {}", source.path, source.used));
    }
    for object in &e.objects {
        let asked = asked(e, object.label);
        line(
            "object",
            &format!("{} {}: {asked}", object.label, object.name),
        );
    }
    if e.objects.is_empty() {
        line("object", &"none; a person prompts");
    }
    let slices = match e.slices.len() {
        0 => "none".to_owned(),
        count => format!("{count}: {}", runs(&e.slices)),
    };
    line("embedded", &slices);
    text
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn window(e: &Explanation<'_>) -> String {
    let window = json(&e.window);
    match e.range {
        Range::Slice => window,
        Range::Fixed { low, high } => format!("{window}, from {low} to {high}"),
    }
}

/// What is asked about an object.
fn asked(e: &Explanation<'_>, label: u16) -> String {
    let boxes: Vec<&Box3d> = e.boxes.iter().filter(|b| b.label == label).collect();
    let prompts = e.prompts.iter().filter(|p| p.label.get() == label);
    let mut between = e.interpolated.iter().filter(|i| i.label == label);
    let nothing = BTreeSet::new();
    let between = between.next().map_or(&nothing, |found| &found.slices);
    let groups = grouped(&boxes, between, prompts);
    match groups.is_empty() {
        true => "no prompts; a person prompts".to_owned(),
        false => groups.join("; "),
    }
}

/// 3-D boxes, then the same box on several slices in one piece, the slices `between` boxes, then points one
/// by one.
fn grouped<'a>(
    boxes: &[&Box3d],
    between: &BTreeSet<u32>,
    prompts: impl Iterator<Item = &'a SlicePrompt>,
) -> Vec<String> {
    let mut on_slices: BTreeMap<[u32; 4], BTreeSet<u32>> = BTreeMap::new();
    let mut points = Vec::new();
    for prompt in prompts {
        let index = prompt.index;
        let in_space = boxes.iter().any(|b| (b.first..=b.last).contains(&index));
        let is_own = !in_space && !between.contains(&index);
        if let Some(SliceBox { x0, y0, x1, y1 }) = prompt.bbox.filter(|_| is_own) {
            on_slices.entry([x0, x1, y0, y1]).or_default().insert(index);
        }
        for point in &prompt.points {
            let sign = if point.positive { '+' } else { '−' };
            points.push(format!(
                "point {sign} ({}, {}) on {index}",
                point.x, point.y
            ));
        }
    }
    let in_space = boxes.iter().map(|b| {
        let SliceBox { x0, y0, x1, y1 } = b.bbox;
        let slices = runs(&(b.first..=b.last).collect());
        format!("3-D box x {x0}..{x1}, y {y0}..{y1} on {slices}")
    });
    let on_slices = on_slices.iter().map(|([x0, x1, y0, y1], slices)| {
        format!("box x {x0}..{x1}, y {y0}..{y1} on {}", runs(slices))
    });
    let between = (!between.is_empty()).then(|| format!("between them on {}", runs(between)));
    let boxes = in_space.chain(on_slices).chain(between);
    boxes.chain(points).collect()
}

/// Numbers as ranges: `3, 5-9`.
fn runs(numbers: &BTreeSet<u32>) -> String {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for &number in numbers {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => runs.push((number, number)),
        }
    }
    let shown = runs.iter().map(|(first, last)| match first == last {
        true => first.to_string(),
        false => format!("{first}-{last}"),
    });
    shown.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use medicosam_shared::prompt::{Label, SlicePoint};

    #[test]
    fn slices_and_boxes_are_told_in_few_words() {
        assert_eq!(runs(&[1, 2, 3, 7, 9, 10].into()), "1-3, 7, 9-10");
        let bbox = |x0| SliceBox {
            x0,
            y0: 2,
            x1: 9,
            y1: 8,
        };
        let prompt = |index, x0, points| SlicePrompt {
            label: Label::MIN,
            index,
            bbox: Some(bbox(x0)),
            points,
        };
        let point = SlicePoint {
            x: 4,
            y: 5,
            positive: false,
        };
        let prompts = [
            prompt(3, 1, vec![]),
            prompt(4, 1, vec![point]),
            prompt(6, 2, vec![]),
        ];
        assert_eq!(
            grouped(&[], &BTreeSet::new(), prompts.iter()),
            [
                "box x 1..9, y 2..8 on 3-4",
                "box x 2..9, y 2..8 on 6",
                "point − (4, 5) on 4"
            ]
        );
        let in_space = Box3d {
            label: 1,
            bbox: bbox(1),
            first: 3,
            last: 4,
        };
        let between = grouped(&[], &[4].into(), prompts.iter());
        assert_eq!(between[2..], ["between them on 4", "point − (4, 5) on 4"]);
        assert_eq!(
            grouped(&[&in_space], &BTreeSet::new(), prompts.iter()),
            [
                "3-D box x 1..9, y 2..8 on 3-4",
                "box x 2..9, y 2..8 on 6",
                "point − (4, 5) on 4"
            ]
        );
    }
}
