//! `medicosamd probe`: does my GPU work?

use super::error::CommandError;
use super::stdout;
use super::{DataFolder, logging};
use crate::config::{Config, DeviceSettings};
use crate::data_folder::runtime_library;
use crate::model::{Device, OpenVinoUnit, ProbeReport};
use crate::setup;
use crate::workers::{Prober, probe_answer};
use clap::Args;
use medicosam_shared::case::Fault;
use serde_json::json;
use std::path::PathBuf;

/// Try the devices that models can run on
///
/// Each device runs a small graph, in a process of its own, and must give the processor's numbers.
/// Without DEVICE these are the devices of the configuration, or all kinds of them if there is no
/// configuration.
#[derive(Debug, Clone, Args)]
pub struct ProbeArgs {
    /// cpu, cuda:0, tensorrt:0, openvino:cpu, openvino:gpu.0, openvino:npu or webgpu
    #[arg(value_name = "DEVICE")]
    devices: Vec<Device>,

    /// The configuration [default: the user's medicosam.toml, else /etc/medicosam/medicosam.toml]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    #[command(flatten)]
    data: DataFolder,

    /// The library of ONNX Runtime [default: the configuration's, else what setup fetched]
    #[arg(long, value_name = "FILE")]
    library: Option<PathBuf>,

    /// Print the result as one JSON object
    #[arg(long)]
    json: bool,
}

/// Try one device in this process
#[derive(Debug, Clone, Args)]
pub struct ProbeHereArgs {
    #[arg(long)]
    library: PathBuf,
    #[arg(long)]
    device: Device,
    #[arg(long)]
    memory_limit: Option<u64>,
}

/// Tries devices, one after another. Fails if none of them works.
pub fn run(args: &ProbeArgs) -> Result<(), CommandError> {
    let config = config(args)?;
    let devices = devices(&args.devices, config.as_ref());
    let system = |e| CommandError::new("system-refused", format!("cannot probe: {e}"), "");
    let library = args.library.clone();
    let library = library.or_else(|| match &config {
        Some(config) => runtime_library(config),
        None => setup::runtime_library(&args.data.path()),
    });
    let prober = Prober {
        program: std::env::current_exe().map_err(system)?,
        library,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(system)?;
    let mut answers = Vec::new();
    for device in devices {
        let settings = config
            .as_ref()
            .map_or_else(DeviceSettings::default, |c| c.devices.settings(device));
        let answer = runtime.block_on(prober.probe(device, settings));
        if !args.json {
            stdout::text(line(device, &answer))?;
        }
        answers.push((device, answer));
    }
    if args.json {
        let devices: Vec<_> = answers
            .iter()
            .map(|(device, answer)| match answer {
                Ok(report) => json!({ "device": device, "works": true, "report": report }),
                Err(fault) => json!({ "device": device, "works": false, "error": fault }),
            })
            .collect();
        stdout::line(json!({ "library": prober.library, "devices": devices }))?;
    }
    match answers.iter().any(|(_, answer)| answer.is_ok()) {
        true => Ok(()),
        false => Err(CommandError::new(
            "no-device",
            "none of the devices works",
            "docs/server.md says how to set devices up.",
        )),
    }
}

/// The devices that are named, else those of the configuration, else one of each kind.
fn devices(named: &[Device], config: Option<&Config>) -> Vec<Device> {
    match config {
        _ if !named.is_empty() => named.to_vec(),
        Some(config) => config.devices.preferred().to_vec(),
        None => vec![
            Device::Cuda(0),
            Device::TensorRt(0),
            Device::OpenVino(OpenVinoUnit::Cpu),
            Device::WebGpu,
            Device::Cpu,
        ],
    }
}

/// Tries one device here; the answer goes to standard output as one line of JSON.
pub fn run_here(args: &ProbeHereArgs) -> Result<(), CommandError> {
    logging::start();
    let answer = probe_answer(&args.library, args.device, args.memory_limit);
    // All of it is out before the device's library can crash at the end of the process.
    stdout::text(answer.unwrap_or_default())
}

/// The configuration, if one is named or there is one in its usual place.
fn config(args: &ProbeArgs) -> Result<Option<Config>, CommandError> {
    let usual = || Some(Config::default_path()).filter(|path| path.is_file());
    let path = args.config.clone().or_else(usual);
    let load = |path: PathBuf| Config::load(&path, &args.data.path());
    Ok(path.map(load).transpose()?)
}

fn line(device: Device, answer: &Result<ProbeReport, Fault>) -> String {
    match answer {
        Ok(report) => format!(
            "{device}: works with ONNX Runtime {}; ready after {:.0} ms, then {:.2} ms for what \
             takes the processor {:.2} ms, same numbers within {:.0e}\n",
            report.runtime, report.first_ms, report.run_ms, report.cpu_ms, report.difference
        ),
        Err(fault) => format!(
            "{device}: {} [{}]\n  {}\n",
            fault.message, fault.code, fault.hint
        ),
    }
}
