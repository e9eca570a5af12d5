//! A system under test: the real daemon with the real model, in a folder of its own.

#![allow(
    clippy::expect_used,
    reason = "what a test needs and cannot have makes it fail"
)]

use crate::waiting::{DEADLINE, until_some};
use medicosam_shared::api::WorkerStatus;
use medicosam_shared::case::{CaseDetail, CaseState, CaseSummary};
use medicosam_shared::client::{Client, ClientError};
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::Duration;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// A CT of a lung with a tumour, as the file in `tests/data` and mostly in the watched folder too.
pub const SCAN: &str = "ct_lung.nii.gz";

/// The profile of [`SCAN`] with the tight box of the expert's outline, over the slices
/// `first..end` only. Each slice is asked about once: enough for tests of what is around the model.
pub fn lung_profile(first: u32, end: u32) -> String {
    format!(
        r#"
[[profile]]
name = "test"
window = {{ level = -600, width = 1500 }}
propagation = "every-slice"

[[profile.object]]
label = 1
name = "tumour"
box = {{ min = [318, 333, {first}], max = [405, 399, {end}] }}
"#
    )
}

/// A file of `tests/data`.
pub fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("data")
        .join(name)
}

/// A program of this workspace, built beside the tests.
pub fn program(name: &str) -> PathBuf {
    let deps = std::env::current_exe().expect("a test knows its own file");
    let folder = deps
        .ancestors()
        .nth(2)
        .expect("tests lie in target/<profile>/deps");
    let program = folder.join(name);
    assert!(
        program.exists(),
        "{} is missing; run the tests with `cargo test --workspace`, which builds it",
        program.display()
    );
    program
}

/// A data folder with runtime and model: the user's if it has them, else one among the build
/// outputs, which is filled once.
pub fn data_folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let user = std::env::var_os(medicosam_shared::paths::DATA_VARIABLE)
            .map_or_else(medicosam_shared::paths::default_data_folder, PathBuf::from);
        let folder = if user.join("runtime").is_dir() {
            user
        } else {
            let deps = std::env::current_exe().expect("a test knows its own file");
            let target = deps
                .ancestors()
                .nth(3)
                .expect("tests lie in target/<profile>/deps");
            target.join("tmp/data")
        };
        // Keeps what is there; several at once wait for one another.
        let setup = Command::new(program("medicosamd"))
            .args(["setup", "--data"])
            .arg(&folder)
            .output()
            .expect("medicosamd can be started");
        assert!(
            setup.status.success(),
            "these tests need ONNX Runtime:\n{}",
            String::from_utf8_lossy(&setup.stderr)
        );
        folder
    })
}

/// A daemon and its folders. Everything ends and goes when this is dropped.
pub struct System {
    folder: TempDir,
    data: PathBuf,
    environment: Vec<(OsString, OsString)>,
    daemon: Option<Child>,
    runtime: Runtime,
}

impl System {
    /// Folders and a configuration with this profile (named `test`); nothing runs yet. Slices that
    /// no prompt touches are not embedded, which would only take time in most tests.
    pub fn new(profile: &str) -> Self {
        Self::with(profile, "results", "ahead = false")
    }

    /// Like [`System::new`], with the output folder at a path of its own.
    pub fn with_output(profile: &str, output: &str) -> Self {
        Self::with(profile, output, "ahead = false")
    }

    /// Like [`System::new`], with these lines under `[cache]`.
    pub fn with_cache(profile: &str, cache: &str) -> Self {
        Self::with(profile, "results", cache)
    }

    fn with(profile: &str, output: &str, cache: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let config = format!(
            r#"
[daemon]
state = "state"
socket = "api.sock"
cache = "embeddings"

[cache]
{cache}

[[root]]
path = "incoming"
profile = "test"
output = "{output}"
stable_for = "300ms"
scan_every = "2s"
{profile}"#
        );
        fs::create_dir(folder.path().join("incoming")).expect("a folder");
        fs::write(folder.path().join("medicosam.toml"), config).expect("a configuration");
        System {
            folder,
            data: data_folder().to_owned(),
            environment: Vec::new(),
            daemon: None,
            runtime: Runtime::new().expect("a runtime"),
        }
    }

    /// Another data folder than the shared one.
    pub fn use_data(&mut self, data: PathBuf) {
        self.data = data;
    }

    /// Sets a variable for the daemon and its workers.
    pub fn set_variable(&mut self, name: &str, value: impl Into<OsString>) {
        self.environment.push((name.into(), value.into()));
    }

    /// Changes the configuration, for the next start of the daemon.
    pub fn configure(&self, from: &str, to: &str) {
        let path = self.path("medicosam.toml");
        let text = fs::read_to_string(&path).expect("a configuration");
        assert!(text.contains(from), "no {from:?} in\n{text}");
        fs::write(path, text.replace(from, to)).expect("the configuration can be written");
    }

    /// A path in the system's folder.
    pub fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }

    /// The API's socket.
    pub fn socket(&self) -> PathBuf {
        self.path("api.sock")
    }

    /// A client of the daemon.
    pub fn client(&self) -> Client {
        Client::new(self.socket())
    }

    /// Waits for something that the client does.
    pub fn wait<T>(&self, work: impl Future<Output = Result<T, ClientError>>) -> T {
        self.runtime
            .block_on(work)
            .unwrap_or_else(|e| panic!("{e} [{}]\n{}", e.code(), self.log()))
    }

    /// `medicosamd …` on this system's configuration.
    pub fn medicosamd(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program("medicosamd"));
        command
            .args(arguments)
            .arg("--config")
            .arg(self.path("medicosam.toml"))
            .arg("--data")
            .arg(&self.data)
            .envs(self.environment.iter().cloned())
            .stdin(Stdio::null());
        command
    }

    /// `medicosam …` on this system's socket.
    pub fn medicosam(&self, arguments: &[&str]) -> Output {
        Command::new(program("medicosam"))
            .arg("--socket")
            .arg(self.socket())
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .expect("medicosam can be started")
    }

    /// Starts the daemon and waits until it answers.
    pub fn start(&mut self) {
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.path("daemon.log"))
            .expect("a log");
        let mut command = self.medicosamd(&["run"]);
        command.stdout(Stdio::null()).stderr(log);
        self.daemon = Some(command.spawn().expect("medicosamd can be started"));
        let client = self.client();
        until_some(|| {
            let daemon = self.daemon.as_mut().expect("just started");
            let ended = daemon.try_wait().expect("a child can be waited for");
            let log = self.log();
            assert!(ended.is_none(), "the daemon ended: {ended:?}\n{log}");
            let hello = self.runtime.block_on(client.hello());
            hello.map_err(|error| format!("an answer: {error}\n{log}"))
        });
    }

    /// Ends the daemon as a power cut would.
    pub fn kill(&mut self) {
        if let Some(mut daemon) = self.daemon.take() {
            daemon.kill().expect("the daemon can be killed");
            daemon.wait().expect("the daemon can be waited for");
        }
    }

    /// Ends the daemon as a service manager does; it must end well.
    pub fn stop(&mut self) {
        if let Some(mut daemon) = self.daemon.take() {
            let pid = rustix::process::Pid::from_child(&daemon);
            rustix::process::kill_process(pid, rustix::process::Signal::TERM)
                .expect("the daemon can be signalled");
            let status = daemon.wait().expect("the daemon can be waited for");
            assert!(status.success(), "{status}\n{}", self.log());
        }
    }

    /// Puts a scan into the watched folder, in one go.
    pub fn drop_scan(&self, sample_name: &str, name: &str) {
        let path = self.path("incoming").join(name);
        fs::create_dir_all(path.parent().expect("it lies in a folder")).expect("a folder");
        fs::copy(sample(sample_name), path).expect("the sample can be copied");
    }

    /// Copies a scan into the watched folder in pieces, with pauses longer than the time after
    /// which a file counts as finished between some of them.
    pub fn export_slowly(&self, sample_name: &str, name: &str, pauses: &[Duration]) {
        let bytes = fs::read(sample(sample_name)).expect("the sample can be read");
        let mut file = File::create(self.path("incoming").join(name)).expect("a file");
        for (piece, pause) in bytes.chunks(bytes.len().div_ceil(pauses.len())).zip(pauses) {
            file.write_all(piece).expect("the file can be written");
            std::thread::sleep(*pause);
        }
    }

    /// All cases, as the queue shows them.
    pub fn cases(&self) -> Vec<CaseSummary> {
        self.wait(self.client().cases()).cases
    }

    /// Waits, by the event stream, until the queue is as `wanted`; returns what it made of it.
    pub fn until<T>(&self, what: &str, wanted: impl FnMut(&[CaseSummary]) -> Option<T>) -> T {
        let found = self
            .runtime
            .block_on(async { tokio::time::timeout(DEADLINE, self.watch(wanted)).await });
        match found {
            Ok(Ok(found)) => found,
            Ok(Err(error)) => panic!("{error} while waiting for {what}\n{}", self.log()),
            Err(_) => panic!(
                "waited in vain for {what}: {:#?}\n{}",
                self.cases(),
                self.log()
            ),
        }
    }

    async fn watch<T>(
        &self,
        mut wanted: impl FnMut(&[CaseSummary]) -> Option<T>,
    ) -> Result<T, ClientError> {
        let client = self.client();
        loop {
            let list = client.cases().await?;
            if let Some(found) = wanted(&list.cases) {
                return Ok(found);
            }
            let events = client.events(list.last_event).await?;
            let mut events = std::pin::pin!(events);
            if let Some(event) = futures_util::StreamExt::next(&mut events).await {
                event?;
            }
        }
    }

    /// Waits until the case of the scan `name` is in `state`.
    pub fn until_state(&self, name: &str, state: CaseState) -> CaseDetail {
        let id = self.until(&format!("{name} to be {state}"), |cases| {
            let case = cases.iter().find(|c| c.name == name)?;
            (case.state == state).then(|| case.id.clone())
        });
        self.wait(self.client().case(&id.0))
    }

    /// Waits, by the event stream, until a case is as `wanted`.
    pub fn until_case(
        &self,
        id: &str,
        what: &str,
        wanted: impl Fn(&CaseDetail) -> bool,
    ) -> CaseDetail {
        let watch = async {
            let client = self.client();
            loop {
                let list = client.cases().await?;
                let case = client.case(id).await?;
                if wanted(&case) {
                    return Ok(case);
                }
                let events = client.events(list.last_event).await?;
                let mut events = std::pin::pin!(events);
                if let Some(event) = futures_util::StreamExt::next(&mut events).await {
                    event?;
                }
            }
        };
        let in_time = async { tokio::time::timeout(DEADLINE, watch).await };
        let found: Result<Result<CaseDetail, ClientError>, _> = self.runtime.block_on(in_time);
        match found {
            Ok(Ok(case)) => case,
            Ok(Err(error)) => panic!("{error} while waiting for {what}\n{}", self.log()),
            Err(_) => panic!("waited in vain for {what}\n{}", self.log()),
        }
    }

    /// What the daemon and its workers wrote to their log.
    pub fn log(&self) -> String {
        fs::read_to_string(self.path("daemon.log")).unwrap_or_default()
    }

    /// Process id of the only worker, once it has one.
    pub fn worker_pid(&self) -> u32 {
        let running = self.until_worker("a worker", |worker| worker.pid.is_some());
        running.pid.expect("it was waited for")
    }

    /// Waits until a worker is as `wanted`.
    pub fn until_worker(&self, what: &str, wanted: impl Fn(&WorkerStatus) -> bool) -> WorkerStatus {
        until_some(|| {
            let workers = self.wait(self.client().status()).workers;
            let found = workers.iter().find(|worker| wanted(worker)).cloned();
            found.ok_or_else(|| format!("{what}: {workers:#?}\n{}", self.log()))
        })
    }

    /// Names of all files below a folder of the system, sorted.
    pub fn files_below(&self, folder: &str) -> Vec<String> {
        let mut names = Vec::new();
        let base = self.path(folder);
        let mut folders = vec![base.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let below = path.strip_prefix(&base).expect("it was found there");
                    names.push(below.to_string_lossy().into_owned());
                }
            }
        }
        names.sort();
        names
    }
}

impl Drop for System {
    fn drop(&mut self) {
        if let Some(mut daemon) = self.daemon.take() {
            let _ = daemon.kill();
            let _ = daemon.wait();
        }
    }
}
