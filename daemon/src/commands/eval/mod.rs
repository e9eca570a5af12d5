//! `medicosamd eval`: how good is a model on scans with labels?

mod corrections;
mod cvpr25;
mod evaluation;
mod judged;
mod model;
mod pairs;
mod recist;
mod slices;
mod volumes;

use super::error::CommandError;
use super::runtime::RuntimeArgs;
use crate::commands::stdout;
use crate::config::SlicePlane;
use crate::data_folder::models_folder;
use crate::evaluate::{TOLERANCE_MM, Truth};
use crate::model::{DEFAULT_MODEL, Device, InstalledModel, SamError};
use crate::prompts::{PromptsError, check_grid};
use crate::scan::{LabelMap, ScanError, Source, Volume};
use crate::segment::correction::CorrectionError;
use clap::{Args, ValueEnum};
use evaluation::{Evaluation, ScanEvaluation};
use medicosam_shared::window::Window;
use model::Stage;
use serde::Deserialize;
use std::path::PathBuf;
use std::time::Instant;

/// Measure how good a model is on scans with labels
///
/// IMAGES and LABELS are files, or folders in which a label map has the name of its scan, or that name
/// with `_label`, `_seg`, `_dseg` or `_mask` at its end; one folder may hold both. The protocols are
/// those of MedicoSAM's paper. 2-D: on each slice each connected part is an object; it is asked about
/// by the point farthest inside it or by its box, then corrected in rounds of one point inside and one
/// outside, where the mask is wrong. 3-D: each object by the 3-D box around it, and by its box or two
/// points on its middle slice, from where micro_sam's rule follows it. Corrections: each object by its
/// 3-D box and the default rule, then in each round one point in the middle of the largest error of any
/// slice, as a reviewer would set it. cvpr25: the CVPR 2025 challenge's, a 3-D box and five clicks.
/// recist: the longest diameter on the largest slice and the one across it are the prompt for the volume.
///
/// Each result is compared with the labels by the Dice coefficient, the normalised surface Dice (NSD) and
/// the 95 % Hausdorff distance in mm (HD95).
#[derive(Debug, Clone, Args)]
pub struct EvalArgs {
    /// A scan, or a folder of scans
    images: PathBuf,

    /// Its label map, or a folder of label maps
    labels: PathBuf,

    /// The model
    #[arg(long, default_value = DEFAULT_MODEL)]
    model: String,

    /// How voxel values become grey, as in a profile: "minmax", { level = -600, width = 1500 }, ...
    #[arg(long, default_value = "\"minmax\"", value_parser = window)]
    window: Window,

    /// Plane of the slices: auto, axial, coronal or sagittal
    #[arg(long, default_value = "auto", value_parser = plane)]
    plane: SlicePlane,

    /// Which protocol
    #[arg(long, value_enum, default_value_t = Protocol::All)]
    protocol: Protocol,

    /// Rounds of corrections on a slice, at most 100
    #[arg(long, default_value_t = 7, value_parser = rounds)]
    rounds: u32,

    /// Also give the mask of each round to the next one
    #[arg(long)]
    mask_feedback: bool,

    /// Slices of a scan in the 2-D protocol, evenly chosen among those with an object
    #[arg(long, default_value_t = 200, value_name = "COUNT")]
    slices: usize,

    /// Also try 3-D boxes that are larger than the object, by this many pixels on each side
    #[arg(long, value_delimiter = ',', value_name = "PIXELS")]
    enlarged: Vec<u32>,

    /// Also try all 275 settings of micro_sam's rule on each scan and take the best by the truth, as the
    /// paper does: an oracle, no setting that anybody could choose beforehand
    #[arg(long)]
    oracle: bool,

    /// Also ask about boxes made bad on purpose, and measure whether the score of a result tells: the
    /// area under the ROC curve for a Dice of at least 0.7
    #[arg(long)]
    bad_boxes: bool,

    /// Surfaces count as the same in the NSD up to this distance, in mm (cvpr25: always 2)
    #[arg(long, default_value_t = TOLERANCE_MM, value_name = "MM", value_parser = tolerance)]
    tolerance: f64,

    /// Seed of everything random
    #[arg(long, default_value_t = 0)]
    seed: u64,

    /// Where the model runs
    #[arg(long, default_value = "cpu")]
    device: Device,

    /// Keep embeddings in this folder, for the next time [default: none are kept]
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,

    #[command(flatten)]
    runtime: RuntimeArgs,

    /// Print the result as one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Protocol {
    /// Both
    All,
    /// Neither
    None,
    /// Slice by slice, with corrections
    #[value(name = "2d")]
    Slices,
    /// 3-D boxes by the default rule, then points where the result is most wrong
    Corrections,
    /// 3-D boxes, and one prompt in the middle slice
    #[value(name = "3d")]
    Volumes,
    /// A 3-D box, then five clicks in the middle of the largest error, by the rule of the CVPR 2025
    /// challenge for interactive segmentation
    Cvpr25,
    /// Two diameters on the largest slice, as a radiologist measures them, for the whole volume
    Recist,
}

/// Each round asks again about every object of every slice; nobody corrects that often by hand.
const MOST_ROUNDS: u32 = 100;

fn rounds(text: &str) -> Result<u32, String> {
    let rounds = text.parse().map_err(|_| "not a count of rounds".to_owned());
    rounds.and_then(|rounds| match rounds {
        0..=MOST_ROUNDS => Ok(rounds),
        _ => Err(format!("there can be at most {MOST_ROUNDS} rounds")),
    })
}

fn tolerance(text: &str) -> Result<f64, String> {
    let value: f64 = text.parse().map_err(|_| "not a number of mm".to_owned())?;
    match (0.0..f64::INFINITY).contains(&value) {
        true => Ok(value),
        false => Err("a distance is 0 or more".to_owned()),
    }
}

fn window(text: &str) -> Result<Window, String> {
    #[derive(Deserialize)]
    struct Line {
        window: Window,
    }
    let bare = text.chars().all(|c| c.is_alphanumeric() || c == '-');
    let value = if bare {
        format!("\"{text}\"")
    } else {
        text.to_owned()
    };
    toml::from_str(&format!("window = {value}"))
        .map(|line: Line| line.window)
        .map_err(|error| error.message().to_owned())
}

fn plane(text: &str) -> Result<SlicePlane, String> {
    match text {
        "auto" => Ok(SlicePlane::Acquisition),
        other => other.parse().map(SlicePlane::Fixed),
    }
}

impl From<ScanError> for CommandError {
    fn from(error: ScanError) -> Self {
        CommandError::new(error.code(), &error, error.hint())
    }
}

impl From<PromptsError> for CommandError {
    fn from(error: PromptsError) -> Self {
        CommandError::new(error.code(), &error, error.hint())
    }
}

impl From<CorrectionError> for CommandError {
    fn from(error: CorrectionError) -> Self {
        match error {
            CorrectionError::Model(error) => error.into(),
            // Points are set where a mask is wrong: where there is none, on the object.
            CorrectionError::NothingToCorrect => CommandError::new("eval", &error, ""),
        }
    }
}

impl From<SamError> for CommandError {
    fn from(error: SamError) -> Self {
        CommandError::new(error.code(), &error, "")
    }
}

/// Runs `medicosamd eval`.
pub fn run(args: &EvalArgs) -> Result<(), CommandError> {
    let pairs = pairs::find(&args.images, &args.labels)?;
    let data = args.runtime.data.path();
    let runtime = args.runtime.load()?;
    let installed = InstalledModel::open(&models_folder(&data), &args.model)?;
    let mut stage = Stage::new(&runtime, &installed, args.device, args.cache.as_deref())?;
    let mut report = Evaluation::new(&args.model, args.device, args.seed, args.tolerance);
    for (number, (image, labels)) in pairs.iter().enumerate() {
        let name = image.file_name().unwrap_or_default().to_string_lossy();
        eprintln!("{} of {}: {name}", number + 1, pairs.len());
        let started = Instant::now();
        let volume = Volume::read(&Source::find(image)?)?.volume;
        let map = LabelMap::read(labels)?;
        stage.times.load_s += started.elapsed().as_secs_f64();
        let info = volume.info();
        check_grid(labels, &map.info, info)?;
        let axis = args.plane.axis(info);
        let truths = Truth::of_map(&map, axis, args.tolerance);
        let range = volume.range(args.window);
        stage.open(volume, axis, range);
        let mut scan = ScanEvaluation::new(&name);
        if matches!(args.protocol, Protocol::All | Protocol::Slices) {
            scan.slices = slices::evaluate(args, &mut stage, &truths)?;
        }
        if matches!(args.protocol, Protocol::All | Protocol::Volumes) {
            scan.volumes = volumes::evaluate(args, &mut stage, &truths)?;
        }
        if matches!(args.protocol, Protocol::Corrections) {
            scan.corrections = corrections::evaluate(args, &mut stage, &truths)?;
        }
        if matches!(args.protocol, Protocol::Cvpr25) {
            scan.cvpr25 = cvpr25::evaluate(&mut stage, &truths)?;
        }
        if matches!(args.protocol, Protocol::Recist) {
            scan.recist = recist::evaluate(&mut stage, &truths)?;
        }
        if args.bad_boxes {
            scan.judged = judged::evaluate(&mut stage, &truths)?;
        }
        report.scans.push(scan);
    }
    report.times = stage.times;
    report.finish();
    if args.json {
        let text = serde_json::to_string(&report);
        stdout::line(text.map_err(|e| CommandError::new("eval", e, ""))?)
    } else {
        stdout::text(report)
    }
}
