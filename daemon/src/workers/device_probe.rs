//! Probes of devices, each in a process of its own: what a device's library does to the process
//! that loads it (crash, hang, take gigabytes) is over when that process is.

use crate::config::DeviceSettings;
use crate::model::{Device, ProbeReport, Runtime, SessionOptions, probe};
use crate::stages::no_runtime;
use medicosam_shared::case::Fault;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

/// How long a probe may take. The driver of a machine with many GPUs takes tens of seconds to
/// start, TensorRT to compile even a small graph.
const PATIENCE: Duration = Duration::from_secs(120);

/// Starts probes.
#[derive(Debug, Clone)]
pub struct Prober {
    /// The program: this one.
    pub program: PathBuf,
    /// The runtime; `None` if there is none.
    pub library: Option<PathBuf>,
}

impl Prober {
    /// Whether a device works, and how fast; or what is wrong with it.
    pub async fn probe(
        &self,
        device: Device,
        settings: DeviceSettings,
    ) -> Result<ProbeReport, Fault> {
        let library = self.library.as_deref().ok_or_else(no_runtime)?;
        let spawned = Command::new(&self.program)
            .args(arguments(library, device, settings))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn();
        let mut child = spawned.map_err(|e| crashed(device, &format!("cannot be started: {e}")))?;
        let Some(stdout) = child.stdout.take() else {
            return Err(crashed(device, "has no output"));
        };
        // What the process does after it has answered is of no interest: some libraries crash
        // when they are unloaded. Dropping it kills it.
        let mut answers = BufReader::new(stdout).lines();
        match tokio::time::timeout(PATIENCE, answers.next_line()).await {
            Err(_) => Err(hung(device)),
            Ok(Ok(Some(line))) => match serde_json::from_str::<Result<ProbeReport, Fault>>(&line) {
                Ok(answer) => answer,
                Err(e) => Err(crashed(device, &format!("gave an unreadable answer: {e}"))),
            },
            Ok(_) => {
                let ending = match child.wait().await {
                    Ok(status) => format!("ended without an answer ({status})"),
                    Err(error) => format!("cannot be waited for: {error}"),
                };
                Err(crashed(device, &ending))
            }
        }
    }
}

/// The command line of the process that answers with [`answer`].
fn arguments(library: &Path, device: Device, settings: DeviceSettings) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = vec![
        "probe-here".into(),
        "--library".into(),
        library.into(),
        "--device".into(),
        device.to_string().into(),
    ];
    if let Some(bytes) = settings.memory_limit {
        arguments.extend(["--memory-limit".into(), bytes.to_string().into()]);
    }
    arguments
}

/// Probes a device in this process; the answer as one line.
pub fn answer(library: &Path, device: Device, memory_limit: Option<u64>) -> Option<String> {
    let options = SessionOptions {
        device,
        memory_limit,
        ..SessionOptions::default()
    };
    let answer = match Runtime::load(library) {
        Err(error) => Err(Fault {
            code: error.code().to_owned(),
            message: error.to_string(),
            hint: "Run `medicosamd setup`, or name a library under [runtime] in the configuration."
                .to_owned(),
        }),
        Ok(runtime) => probe(&runtime, &options).map_err(|error| Fault {
            code: error.code().to_owned(),
            message: error.to_string(),
            hint: error.hint().to_owned(),
        }),
    };
    super::protocol::to_line(&answer)
}

fn crashed(device: Device, ending: &str) -> Fault {
    Fault {
        code: "device-crashed".to_owned(),
        message: format!("the probe of {device} {ending}"),
        hint:
            "The device's driver or libraries do not fit this runtime; its last words are in the \
               daemon's log."
                .to_owned(),
    }
}

fn hung(device: Device) -> Fault {
    Fault {
        code: "device-hung".to_owned(),
        message: format!(
            "the probe of {device} did not answer within {} s",
            PATIENCE.as_secs()
        ),
        hint: "The device may be hung: see whether its own tools (nvidia-smi) answer; restarting \
               the driver or the machine helps."
            .to_owned(),
    }
}
