//! `medicosamd explain`: what would happen to a file, without doing it.

use super::Places;
use super::error::CommandError;
use crate::config::{Config, Profile, Root};
use crate::data_folder::models_folder;
use crate::model::understands;
use crate::plan::{PassedOver, choose, values};
use crate::prompts;
use crate::scan::{self, Header, Role, ScanError, Source, Volume, role};
use crate::watch::{Kind, kind_of};
use clap::Args;
use medicosam_shared::geometry::{Axis, Plane};
use medicosam_shared::mask_rules::MaskRules;
use medicosam_shared::prompt::{SliceBox, SlicePrompt};
use medicosam_shared::provenance::{PromptSource, ScanInfo};
use medicosam_shared::understands::Understands;
use medicosam_shared::window::{Range, Window};
use serde::Serialize;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Show what would happen to a scan: its profile and why not another, its prompts in voxels, the slices that are embedded
#[derive(Debug, Clone, Args)]
pub struct ExplainArgs {
    /// A scan in a watched folder
    #[arg(value_name = "PATH")]
    path: PathBuf,

    #[command(flatten)]
    places: Places,

    /// Print the result as one JSON object
    #[arg(long)]
    json: bool,
}

/// What would happen to a scan.
#[derive(Debug, Serialize)]
struct Explanation<'a> {
    path: PathBuf,
    /// Which volume of the file is shown, counted from 0, if it holds several.
    #[serde(skip_serializing_if = "Option::is_none")]
    frame: Option<u64>,
    /// Volumes of the file that are scans, if it holds several; `frame` is the first of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    volumes: Vec<u64>,
    root: &'a Path,
    scan: ScanInfo,
    /// Profiles that were tried before the one that matches.
    passed_over: Vec<PassedOver<'a>>,
    profile: &'a str,
    model: &'a str,
    /// What the model was trained on, if anybody knows.
    understands: Option<Understands>,
    axis: Axis,
    plane: Plane,
    window: Window,
    range: Range,
    masks: MaskRules,
    /// Files beside the scan that prompts come from.
    sources: Vec<PromptSource>,
    /// All objects, those without prompts too.
    objects: Vec<KnownObject>,
    /// What is asked on each slice, in the slice's pixels.
    prompts: Vec<SlicePrompt>,
    /// Slices that are embedded.
    slices: BTreeSet<u32>,
}

#[derive(Debug, Serialize)]
struct KnownObject {
    label: u16,
    name: String,
}

/// Prints it.
pub fn run(args: &ExplainArgs) -> Result<(), CommandError> {
    let explained = args.places.load().and_then(|config| {
        let path = std::path::absolute(&args.path).unwrap_or_else(|_| args.path.clone());
        let explanation = explain(&config, &path)?;
        if args.json {
            let mut value = serde_json::to_value(&explanation).unwrap_or_default();
            value["ok"] = true.into();
            println!("{value}");
        } else {
            print!("{}", describe(&explanation));
        }
        Ok(())
    });
    if args.json
        && let Err(error) = &explained
    {
        println!("{}", json!({ "ok": false, "error": error.fault() }));
    }
    explained
}

fn explain<'a>(config: &'a Config, path: &'a Path) -> Result<Explanation<'a>, CommandError> {
    let root = root_of(config, path)?;
    let whole = Source::find(path).map_err(fault_of)?;
    let header = Header::read_first(&whole).map_err(fault_of)?;
    let (scan, volumes) = (header.info().clone(), header.volumes());
    let choice = choose(
        config,
        root,
        whole.place(),
        Some(&scan),
        &mut || match volumes {
            1 => values(&whole),
            _ => values(&whole.frame(0)),
        },
    );
    let passed_over = choice.passed_over;
    let reasons = || {
        let lines = passed_over
            .iter()
            .map(|p| format!("not {}: {}", p.profile, p.why));
        lines.collect::<Vec<_>>().join("; ")
    };
    let Some(profile) = choice.profile else {
        return Err(CommandError::new(
            "no-profile",
            format!(
                "no profile of root {} matches: {}",
                root.path.display(),
                reasons()
            ),
            "Add or correct a profile; without rules under [profile.match] it takes every scan.",
        ));
    };
    // Of a file with several volumes, the first that is a scan.
    let frames = profile.frames.filter(|_| volumes > 1);
    let frames = frames.map(|frames| frames.of(volumes)).unwrap_or_default();
    let source = match frames.first() {
        Some(&frame) => whole.frame(frame),
        None => whole,
    };
    let scan = scan::read_header(&source).map_err(fault_of)?;
    let axis = profile.plane.axis(&scan);
    let understands = understands(&models_folder(&config.data), &profile.model);
    let starts = understands.is_some_and(|understands| understands.masks);
    let prompts = gathered(profile, &source, &scan, axis, starts).map_err(|error| {
        let message = match passed_over.len() {
            0 => error.to_string(),
            _ => format!("{error} ({})", reasons()),
        };
        CommandError::new(error.code(), message, error.hint())
    })?;
    let range = range_of(profile, &source)?;
    let slices = prompts.by_slice();
    Ok(Explanation {
        path: source.place().to_owned(),
        frame: source.frame_number(),
        volumes: frames,
        root: &root.path,
        passed_over,
        profile: &profile.name,
        model: &profile.model,
        understands,
        axis,
        plane: scan.affine.plane(axis),
        window: profile.window,
        range,
        masks: profile.masks,
        objects: prompts
            .names()
            .iter()
            .map(|(label, name)| KnownObject {
                label: label.get(),
                name: name.clone(),
            })
            .collect(),
        sources: prompts.sources,
        slices: slices.iter().map(|prompt| prompt.index).collect(),
        prompts: slices,
        scan,
    })
}

fn gathered(
    profile: &Profile,
    source: &Source,
    scan: &ScanInfo,
    axis: Axis,
    masks: bool,
) -> Result<prompts::Prompts, prompts::PromptsError> {
    let files = prompts::Files::read(profile, source)?;
    prompts::resolve(profile, files, scan, axis, masks)
}

/// The root of a scan; an error if the daemon would pass the file over.
fn root_of<'a>(config: &'a Config, path: &Path) -> Result<&'a Root, CommandError> {
    let root = config.root_of(path).ok_or_else(|| {
        let roots: Vec<String> = config
            .roots
            .iter()
            .map(|r| r.path.display().to_string())
            .collect();
        CommandError::new(
            "not-in-a-root",
            format!(
                "{} lies in no watched folder; these are {}",
                path.display(),
                roots.join(", ")
            ),
            "Name a file in one of them, or add a [[root]].",
        )
    })?;
    match kind_of(path, root) {
        Some(Kind::Scan) => Ok(root),
        None if matches!(role(path), Some(Role::Member(_))) => Ok(root),
        Some(Kind::Prompts) => Err(CommandError::new(
            "not-a-scan",
            format!("{} is no scan: prompts are read from it", path.display()),
            "Name the scan that it lies beside.",
        )),
        None => Err(CommandError::new(
            "not-a-scan",
            format!(
                "{} is passed over: by its name it is no scan",
                path.display()
            ),
            "Scans end in .nii or .nii.gz, or are pairs of .hdr and .img, pictures (with `pictures = true` under the [[root]]) in .png, .jpg or .tif; hidden files, unfinished ones and results are passed over.",
        )),
    }
}

fn range_of(profile: &Profile, source: &Source) -> Result<Range, CommandError> {
    if let Some(range) = Range::of(profile.window) {
        return Ok(range);
    }
    let loaded = Volume::read(source).map_err(fault_of)?;
    Ok(loaded.volume.range(profile.window))
}

#[allow(clippy::needless_pass_by_value, reason = "for map_err")]
fn fault_of(error: ScanError) -> CommandError {
    CommandError::new(error.code(), &error, error.hint())
}

fn describe(explanation: &Explanation<'_>) -> String {
    let mut text = String::new();
    let mut line = |word: &str, rest: &dyn std::fmt::Display| {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{word:<10}{rest}");
    };
    let e = explanation;
    line(
        "scan",
        &format!(
            "{}, {} {}",
            e.path.display(),
            e.scan.dims,
            e.scan.voxel_type
        ),
    );
    for note in &e.scan.notes {
        line("note", note);
    }
    if e.volumes.len() > 1 {
        line(
            "volumes",
            &format!(
                "{}, each a scan of its own; this is the first",
                e.volumes.len()
            ),
        );
    }
    line("root", &e.root.display());
    for PassedOver { profile, why } in &e.passed_over {
        line("not", &format!("{profile}: {why}"));
    }
    line("profile", &e.profile);
    let understood = e
        .understands
        .map(|u| format!("{}, understands {u}", e.model));
    line("model", &understood.as_deref().unwrap_or(e.model));
    line("plane", &format!("{}, slices across {}", e.plane, e.axis));
    let window = serde_json::to_string(&e.window).unwrap_or_default();
    match e.range {
        Range::Slice => line("window", &window),
        Range::Fixed { low, high } => line("window", &format!("{window}, from {low} to {high}")),
    }
    if !e.masks.is_nothing() {
        line(
            "masks",
            &serde_json::to_string(&e.masks).unwrap_or_default(),
        );
    }
    for source in &e.sources {
        line("from", &format!("{}: {}", source.path, source.used));
    }
    for object in &e.objects {
        let prompts = e.prompts.iter().filter(|p| p.label.get() == object.label);
        let groups = grouped(prompts);
        let asked = match groups.is_empty() {
            true => "no prompts; a person prompts".to_owned(),
            false => groups.join("; "),
        };
        line(
            "object",
            &format!("{} {}: {asked}", object.label, object.name),
        );
    }
    if e.objects.is_empty() {
        line("object", &"none; a person prompts");
    }
    let has_points = e.prompts.iter().any(|prompt| !prompt.points.is_empty());
    if has_points && e.understands.is_some_and(|u| !u.points) {
        let model = e.model;
        line(
            "note",
            &format!("{model} was not trained on points; expect poor masks of them"),
        );
    }
    let slices = match e.slices.len() {
        0 => "none".to_owned(),
        count => format!("{count}: {}", runs(&e.slices)),
    };
    line("embedded", &slices);
    text
}

/// The same box on neighbouring slices in one piece; points one by one.
fn grouped<'a>(prompts: impl Iterator<Item = &'a SlicePrompt>) -> Vec<String> {
    let mut boxes: BTreeMap<[u32; 4], BTreeSet<u32>> = BTreeMap::new();
    let mut points = Vec::new();
    for prompt in prompts {
        if let Some(SliceBox { x0, y0, x1, y1 }) = prompt.bbox {
            boxes
                .entry([x0, x1, y0, y1])
                .or_default()
                .insert(prompt.index);
        }
        for point in &prompt.points {
            let sign = if point.positive { '+' } else { '−' };
            points.push(format!(
                "point {sign} ({}, {}) on {}",
                point.x, point.y, prompt.index
            ));
        }
    }
    let boxes = boxes.iter().map(|([x0, x1, y0, y1], slices)| {
        format!("box x {x0}..{x1}, y {y0}..{y1} on {}", runs(slices))
    });
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

    #[test]
    fn slices_and_boxes_are_told_in_few_words() {
        assert_eq!(runs(&[1, 2, 3, 7, 9, 10].into()), "1-3, 7, 9-10");
        let prompt = |index, x0, points| SlicePrompt {
            label: medicosam_shared::prompt::Label::MIN,
            index,
            bbox: Some(SliceBox {
                x0,
                y0: 2,
                x1: 9,
                y1: 8,
            }),
            points,
        };
        let point = medicosam_shared::prompt::SlicePoint {
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
            grouped(prompts.iter()),
            [
                "box x 1..9, y 2..8 on 3-4",
                "box x 2..9, y 2..8 on 6",
                "point − (4, 5) on 4"
            ]
        );
    }
}
