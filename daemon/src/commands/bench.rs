//! `medicosamd bench`: how fast are models here, and how near to the limit of the machine?

use super::error::CommandError;
use super::runtime::RuntimeArgs;
use super::stdout;
use crate::data_folder::models_folder;
use crate::model::{
    Device, DeviceError, Embedding, GemmRate, InstalledModel, Runtime, Sam, SamError,
    SessionOptions, SliceImage, Yardstick, installed_models,
};
use clap::Args;
use medicosam_shared::geometry::SliceShape;
use medicosam_shared::prompt::{Label, SliceBox, SlicePrompt};
use serde::Serialize;
use std::time::Instant;

/// Measure how fast models embed and decode on this machine
///
/// For each model the seconds to embed a slice and the milliseconds to answer a box. On the
/// processor, the machine's own rate of multiplying matrices and the portable graph of the model are
/// measured in turn with the one that is used, since machines are not equally fast all the time.
/// Quote the medians and ratios of a machine that does nothing else.
#[derive(Debug, Clone, Args)]
pub struct BenchArgs {
    /// The models [default: all that are installed]
    #[arg(value_name = "MODEL")]
    models: Vec<String>,

    /// Slices to embed with each graph, after one that does not count
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,

    /// Threads; 0 for one per core
    #[arg(long, default_value_t = 0)]
    threads: usize,

    /// Where the models run
    #[arg(long, default_value = "cpu")]
    device: Device,

    #[command(flatten)]
    runtime: RuntimeArgs,

    /// Print the result as one JSON object
    #[arg(long)]
    json: bool,
}

/// Everything that was measured.
#[derive(Debug, Serialize)]
struct Benchmark {
    runtime: String,
    device: String,
    threads: usize,
    gemm: Gemm,
    models: Vec<Measured>,
}

/// Billions of operations per second of products of 32-bit matrices, on the processor: the fastest
/// that were measured.
#[derive(Debug, Default, Serialize)]
struct Gemm {
    gflops: f64,
    runtime_gflops: f64,
    kernels_gflops: f64,
}

impl Gemm {
    fn note(&mut self, rates: &[GemmRate]) {
        for rate in rates {
            self.gflops = self.gflops.max(rate.best() / 1e9);
            self.runtime_gflops = self.runtime_gflops.max(rate.runtime / 1e9);
            self.kernels_gflops = self.kernels_gflops.max(rate.kernels / 1e9);
        }
    }
}

#[derive(Debug, Serialize)]
struct Measured {
    model: String,
    /// Billions of operations that embedding a slice takes; `null` for graphs made elsewhere.
    gflop: Option<f64>,
    embed: Seconds,
    /// Share of the rate of matrix products that embedding reaches: the median over the runs, each
    /// compared with the products measured before and after it. `null` where the processor does not
    /// embed.
    fraction: Option<f64>,
    /// The portable graph in the same run; `null` if that is the one that is used.
    portable: Option<Seconds>,
    /// Largest difference between a number of an embedding made by the one and by the other.
    difference: Option<f32>,
    decode: Seconds,
    /// Most memory that the process has held so far with this model, before the portable graph.
    peak_mib: Option<u64>,
}

/// Of several runs.
#[derive(Debug, Clone, Copy, Serialize)]
struct Seconds {
    median: f64,
    fastest: f64,
}

impl Seconds {
    fn of(mut times: Vec<f64>) -> Self {
        times.sort_by(f64::total_cmp);
        Seconds {
            median: times.get(times.len() / 2).copied().unwrap_or(f64::NAN),
            fastest: times.first().copied().unwrap_or(f64::NAN),
        }
    }
}

/// Runs `medicosamd bench`.
pub fn run(args: &BenchArgs) -> Result<(), CommandError> {
    let models = models(args)?;
    let runtime = args.runtime.load()?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = if args.threads == 0 {
        cores
    } else {
        args.threads
    };
    let mut report = Benchmark {
        runtime: format!("ONNX Runtime {}", runtime.version()),
        device: args.device.to_string(),
        threads,
        gemm: Gemm::default(),
        models: Vec::new(),
    };
    let options = SessionOptions {
        threads,
        device: args.device,
        precision: args.device.best_precision(),
        ..SessionOptions::default()
    };
    for model in &models {
        eprintln!("measuring {} …", model.name());
        let (measured, rates) = measure(&runtime, model, &options, args.runs)?;
        report.models.push(measured);
        report.gemm.note(&rates);
    }
    if args.json {
        let text = serde_json::to_string(&report);
        stdout::line(text.map_err(|e| CommandError::new("bench", e, ""))?)
    } else {
        stdout::text(table(&report))
    }
}

fn models(args: &BenchArgs) -> Result<Vec<InstalledModel>, CommandError> {
    let folder = models_folder(&args.runtime.data.path());
    let names = if args.models.is_empty() {
        let listed = installed_models(&folder)?;
        listed.into_iter().map(|model| model.name).collect()
    } else {
        args.models.clone()
    };
    if names.is_empty() {
        return Err(CommandError::new(
            "model-not-installed",
            format!("no models are installed in {}", folder.display()),
            "Run `medicosamd setup`, or `medicosamd model import FILE`.",
        ));
    }
    let open = |name: &String| InstalledModel::open(&folder, name).map_err(CommandError::from);
    names.iter().map(open).collect()
}

fn measure(
    runtime: &Runtime,
    model: &InstalledModel,
    options: &SessionOptions,
    runs: u32,
) -> Result<(Measured, Vec<GemmRate>), CommandError> {
    let failed = |e: SamError| CommandError::new(e.code(), &e, "");
    forget_peak();
    let mut sam = Sam::open(runtime, model, options).map_err(failed)?;
    let image = picture().ok_or_else(|| CommandError::new("bench", "there is no picture", ""))?;
    let prompt = prompt();
    // The first of each loads the graph, and does not count.
    let embedding = sam.embed(&image).map_err(failed)?;
    sam.decode(&embedding, &prompt, None).map_err(failed)?;
    let peak_mib = peak_kib().map(|kib| kib / 1024);
    // Only now, since its matrices take memory too.
    let mut yardstick = Yardstick::new(runtime, options.threads).map_err(lost)?;
    let decodes = times(runs.max(9), || {
        sam.decode(&embedding, &prompt, None).map(drop)
    });
    let decode = Seconds::of(decodes.map_err(failed)?);
    let has_two = options.device == Device::Cpu && model.encoder_cpu().is_some();
    let without_kernels = SessionOptions {
        kernels: false,
        ..*options
    };
    let (mut portable, mut difference) = (None, None);
    if has_two {
        let sam = portable.insert(Sam::open(runtime, model, &without_kernels).map_err(failed)?);
        let other = sam.embed(&image).map_err(failed)?;
        difference = Some(largest_difference(&embedding, &other));
    }
    let (mut embeds, mut others) = (Vec::new(), Vec::new());
    let mut rates = vec![yardstick.measure().map_err(lost)?];
    for _ in 0..runs {
        embeds.extend(times(1, || sam.embed(&image).map(drop)).map_err(failed)?);
        rates.push(yardstick.measure().map_err(lost)?);
        if let Some(portable) = &mut portable {
            others.extend(times(1, || portable.embed(&image).map(drop)).map_err(failed)?);
        }
    }
    let operations = model.operations().map(|operations| operations as f64);
    let fraction = operations
        .filter(|_| options.device == Device::Cpu)
        .map(|operations| share_of_rate(operations, &embeds, &rates));
    let embed = Seconds::of(embeds);
    let measured = Measured {
        model: model.name().to_owned(),
        gflop: operations.map(|operations| operations / 1e9),
        embed,
        fraction,
        portable: portable.map(|_| Seconds::of(others)),
        difference,
        decode,
        peak_mib,
    };
    Ok((measured, rates))
}

/// The median share of the rate of matrix products that embedding reaches; each run is compared with
/// the products measured before and after it.
fn share_of_rate(operations: f64, embeds: &[f64], rates: &[GemmRate]) -> f64 {
    let around = rates
        .windows(2)
        .map(|pair| (pair[0].best() + pair[1].best()) / 2.0);
    let shares = around
        .zip(embeds)
        .map(|(rate, seconds)| operations / seconds / rate);
    Seconds::of(shares.collect()).median
}

fn largest_difference(a: &Embedding, b: &Embedding) -> f32 {
    let differences = a.values.iter().zip(&b.values).map(|(a, b)| (a - b).abs());
    differences.fold(0.0, f32::max)
}

fn lost(error: DeviceError) -> CommandError {
    CommandError::new(error.code(), &error, error.hint())
}

fn times(runs: u32, mut run: impl FnMut() -> Result<(), SamError>) -> Result<Vec<f64>, SamError> {
    let once = |_| {
        let started = Instant::now();
        run().map(|()| started.elapsed().as_secs_f64())
    };
    (0..runs).map(once).collect()
}

const SHAPE: SliceShape = SliceShape {
    width: 512,
    height: 512,
};

/// A disc on noise: time does not depend on the content of the picture.
fn picture() -> Option<SliceImage> {
    let mut state = 1u32;
    let pixels = (0..SHAPE.width * SHAPE.height).map(|at| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let (x, y) = ((at % 512).abs_diff(256), (at / 512).abs_diff(256));
        let inside = x * x + y * y < 100 * 100;
        (state >> 26) as u8 + if inside { 150 } else { 50 }
    });
    SliceImage::new(SHAPE, pixels.collect())
}

fn prompt() -> SlicePrompt {
    SlicePrompt {
        label: Label::MIN,
        index: 0,
        bbox: Some(SliceBox {
            x0: 150,
            y0: 150,
            x1: 362,
            y1: 362,
        }),
        points: vec![],
    }
}

/// Has the kernel measure the peak of memory from now on, where it can.
fn forget_peak() {
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

/// The most memory that this process has held, in KiB, where the system tells.
fn peak_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

fn table(report: &Benchmark) -> String {
    let Benchmark {
        runtime,
        device,
        threads,
        gemm,
        models,
    } = report;
    let mut text = format!(
        "{runtime} on {device}, {threads} threads\n\
         matrix products: {:.0} GFLOP/s (ours {:.0}, the runtime's {:.0})\n\n\
         {:<16} {:>9} {:>11} {:>9} {:>9} {:>11} {:>11} {:>10}\n",
        gemm.gflops,
        gemm.kernels_gflops,
        gemm.runtime_gflops,
        "model",
        "GFLOP",
        "s/slice",
        "of rate",
        "portable",
        "difference",
        "ms/decode",
        "peak MiB"
    );
    let or_dash = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
    for model in models {
        text.push_str(&format!(
            "{:<16} {:>9} {:>11.3} {:>9} {:>9} {:>11} {:>11.1} {:>10}\n",
            model.model,
            or_dash(model.gflop.map(|v| format!("{v:.1}"))),
            model.embed.median,
            or_dash(model.fraction.map(|v| format!("{:.0} %", v * 100.0))),
            or_dash(model.portable.map(|v| format!("{:.3}", v.median))),
            or_dash(model.difference.map(|v| format!("{v:.0e}"))),
            model.decode.median * 1e3,
            or_dash(model.peak_mib.map(|v| v.to_string())),
        ));
    }
    text
}
