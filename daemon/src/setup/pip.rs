//! Runs `pip download`.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::str::FromStr;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use super::storage::create_folder;
use super::{Package, SetupError, Wheel};

/// How often the growing download is looked at.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(200);

/// How much of the end of pip's output is kept for an error message.
const SAID_BYTES: usize = 4096;
const SAID_LINES: usize = 8;

/// The command that runs `pip`: a program and the arguments before pip's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PipCommand {
    program: OsString,
    arguments: Vec<OsString>,
}

impl PipCommand {
    /// `program` with leading `arguments`, for example `python3` with `-m`, `pip`.
    pub fn new(
        program: impl Into<OsString>,
        arguments: impl IntoIterator<Item = impl Into<OsString>>,
    ) -> Self {
        Self {
            program: program.into(),
            arguments: arguments.into_iter().map(Into::into).collect(),
        }
    }
}

impl Default for PipCommand {
    fn default() -> Self {
        Self::new("python3", ["-m", "pip"])
    }
}

impl FromStr for PipCommand {
    type Err = EmptyPipCommand;

    /// Splits at white space; there is no quoting.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut words = text.split_whitespace();
        let program = words.next().ok_or(EmptyPipCommand)?;
        Ok(Self::new(program, words))
    }
}

/// A pip command without a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the pip command is empty; give a program, for example \"python3.12 -m pip\"")]
pub struct EmptyPipCommand;

impl fmt::Display for PipCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.program.display())?;
        self.arguments
            .iter()
            .try_for_each(|argument| write!(f, " {}", argument.display()))
    }
}

impl PipCommand {
    /// Fetches the wheel into `staging` and returns where it lies. Calls `progress` with the bytes
    /// so far.
    pub(super) fn download(
        &self,
        package: &Package,
        wheel: &Wheel,
        staging: &Path,
        progress: &mut dyn FnMut(u64),
    ) -> Result<PathBuf, SetupError> {
        let destination = staging.join("download");
        let temporary = staging.join("pip");
        create_folder(&destination)?;
        create_folder(&temporary)?;
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .args(package.pip_arguments(wheel).into_iter().flatten())
            // No cache: the wheel is kept in the data folder, and a broken download is not served
            // again.
            .args(["--no-cache-dir", "--progress-bar", "off", "--dest"])
            .arg(&destination)
            // pip writes into its temporary folder first: keep that on this file system, and seen
            // by the progress.
            .env("TMPDIR", &temporary)
            .env("PIP_NO_INPUT", "1")
            .env("PIP_DISABLE_PIP_VERSION_CHECK", "1")
            .stdin(Stdio::null());
        end_with_parent(&mut command);

        let (status, said) = run(command, || progress(largest_file(staging)))
            .map_err(|error| self.run_error(package, error))?;
        if !status.success() {
            return Err(self.failure(package, staging, status, last_lines(&said)));
        }
        let path = destination.join(wheel.file);
        if path.is_file() {
            Ok(path)
        } else {
            Err(wheel_absent(package, wheel, &destination))
        }
    }

    fn run_error(&self, package: &Package, source: io::Error) -> SetupError {
        match source.kind() {
            // A search path with folders that may not be read turns "not found" into "denied".
            io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied => {
                SetupError::PythonMissing {
                    command: self.to_string(),
                    program: self.program.display().to_string(),
                    package: package.name,
                    source,
                }
            }
            _ => SetupError::io("running", Path::new(&self.program), source),
        }
    }

    fn failure(
        &self,
        package: &Package,
        staging: &Path,
        status: ExitStatus,
        said: String,
    ) -> SetupError {
        let (command, package) = (self.to_string(), package.name);
        match Complaint::of(&said) {
            Some(Complaint::PipMissing) => SetupError::PipMissing { command, package },
            Some(Complaint::NetworkUnreachable) => SetupError::NetworkUnreachable { package, said },
            Some(Complaint::DiskFull) => SetupError::io(
                "fetching with pip",
                staging,
                io::ErrorKind::StorageFull.into(),
            ),
            None => SetupError::PipFailed {
                command,
                package,
                status: status.to_string(),
                said,
            },
        }
    }
}

/// What pip complains of, as far as different things are to be done about it.
#[derive(Debug, PartialEq, Eq)]
enum Complaint {
    PipMissing,
    NetworkUnreachable,
    DiskFull,
}

impl Complaint {
    /// Looks for words that Python and pip have used for many years.
    fn of(said: &str) -> Option<Self> {
        const NETWORK: [&str; 8] = [
            "(from versions: none)",
            "name resolution",
            "Name or service not known",
            "Network is unreachable",
            "NewConnectionError",
            "Max retries exceeded",
            "Read timed out",
            "ProxyError",
        ];
        // The whole line, or a missing module whose name only begins with "pip" would count.
        let no_pip = said
            .lines()
            .any(|line| line.trim_end().ends_with("No module named pip"));
        if no_pip {
            Some(Self::PipMissing)
        } else if said.contains("[Errno 28]") || said.contains("No space left on device") {
            Some(Self::DiskFull)
        } else if NETWORK.iter().any(|words| said.contains(words)) {
            Some(Self::NetworkUnreachable)
        } else {
            None
        }
    }
}

/// The progress of a running pip.
enum Event {
    Said(Vec<u8>),
    SaidAll,
    Ended(io::Result<ExitStatus>),
}

/// Runs the command to its end, calling `look` now and then. Returns how it ended, and the end of
/// what it wrote; kept in memory, because the disk may be what is full.
fn run(mut command: Command, mut look: impl FnMut()) -> io::Result<(ExitStatus, Vec<u8>)> {
    let (mut output, input) = io::pipe()?;
    command.stdout(input.try_clone()?).stderr(input);
    let mut child = command.spawn()?;
    // The command holds the writing end of the pipe, which must be closed for its reader to see the
    // end.
    drop(command);

    let (events, incoming) = mpsc::channel();
    let ended = events.clone();
    // Sending fails only when the receiver is gone.
    thread::spawn(move || drop(ended.send(Event::Ended(child.wait()))));
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(read @ 1..) = output.read(&mut buffer) {
            if events.send(Event::Said(buffer[..read].to_vec())).is_err() {
                return;
            }
        }
        drop(events.send(Event::SaidAll));
    });

    let mut said = Vec::new();
    let mut said_all = false;
    let mut status = None;
    loop {
        match incoming.recv_timeout(PROGRESS_INTERVAL) {
            Ok(Event::Said(more)) => {
                said.extend(more);
                said.drain(..said.len().saturating_sub(SAID_BYTES));
            }
            Ok(Event::SaidAll) => said_all = true,
            Ok(Event::Ended(result)) => status = Some(result?),
            // Something that the command has left running may hold its output open: do not wait for
            // that.
            Err(_) if status.is_some() => said_all = true,
            Err(RecvTimeoutError::Timeout) => look(),
            Err(RecvTimeoutError::Disconnected) => return Err(io::ErrorKind::BrokenPipe.into()),
        }
        if let (Some(status), true) = (status, said_all) {
            return Ok((status, said));
        }
    }
}

/// Lets the kernel end the child when this thread ends, even by SIGKILL, so that no forgotten
/// download goes on.
#[cfg(target_os = "linux")]
fn end_with_parent(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    let parent = rustix::process::getpid();
    let before_exec = move || {
        rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::TERM))?;
        // The parent may have died before the line above.
        if rustix::process::getppid() != Some(parent) {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        Ok(())
    };
    // SAFETY: between fork and exec only async-signal-safe calls are allowed; these are the bare
    // system calls prctl and getppid, which neither allocate nor lock.
    unsafe {
        command.pre_exec(before_exec);
    }
}

#[cfg(not(target_os = "linux"))]
fn end_with_parent(_command: &mut Command) {}

/// The size of the largest file below `folder`: the download, first under pip's temporary name,
/// then as the wheel. Files that vanish while we look count nothing.
fn largest_file(folder: &Path) -> u64 {
    fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .fold(0, |largest, entry| {
            let size = match entry.metadata() {
                Ok(metadata) if metadata.is_dir() => largest_file(&entry.path()),
                Ok(metadata) => metadata.len(),
                Err(_) => 0,
            };
            largest.max(size)
        })
}

/// The last lines of the output, as text, indented.
fn last_lines(said: &[u8]) -> String {
    let text = String::from_utf8_lossy(said);
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim_end)
        .filter(|line| !line.is_empty())
        .collect();
    let last = &lines[lines.len().saturating_sub(SAID_LINES)..];
    if last.is_empty() {
        return "  (nothing)".to_owned();
    }
    last.iter()
        .map(|line| format!("  {line}"))
        .collect::<Vec<_>>()
        .join("\n")
}

fn wheel_absent(package: &Package, wheel: &Wheel, destination: &Path) -> SetupError {
    let names: Vec<OsString> = fs::read_dir(destination)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.file_name())
        .collect();
    let found = if names.is_empty() {
        "nothing".into()
    } else {
        names.join(OsStr::new(", "))
    };
    SetupError::WheelAbsent {
        package: package.name,
        expected: wheel.file,
        found: found.to_string_lossy().into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_split_at_white_space() {
        assert_eq!("python3 -m pip".parse(), Ok(PipCommand::default()));
        assert_eq!(" uvx  pip ".parse(), Ok(PipCommand::new("uvx", ["pip"])));
        assert_eq!("  ".parse::<PipCommand>(), Err(EmptyPipCommand));
        assert_eq!(PipCommand::default().to_string(), "python3 -m pip");
    }

    #[test]
    fn what_pip_says_is_sorted() {
        let complaints = [
            (
                "/usr/bin/python3: No module named pip",
                Some(Complaint::PipMissing),
            ),
            (
                "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on \
                 device",
                Some(Complaint::DiskFull),
            ),
            (
                "WARNING: Retrying (Retry(total=0)) after connection broken by \
                 'NewConnectionError(': Failed to establish a new connection: [Errno -3] \
                 Temporary failure in name resolution')'",
                Some(Complaint::NetworkUnreachable),
            ),
            (
                "ERROR: Could not find a version that satisfies the requirement \
                 onnxruntime==1.32.0 (from versions: none)",
                Some(Complaint::NetworkUnreachable),
            ),
            (
                "ERROR: Could not find a version that satisfies the requirement \
                 onnxruntime==1.32.0 (from versions: 1.27.0, 1.28.0)",
                None,
            ),
            ("no such option: --frobnicate", None),
            ("/usr/bin/python3: No module named pipx", None),
        ];
        for (said, complaint) in complaints {
            assert_eq!(Complaint::of(said), complaint, "{said}");
        }
    }
}
