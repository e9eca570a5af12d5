//! A daemon on another machine, through ssh.
//!
//! One ssh process runs `medicosamd dial-stdio` there and carries everything: requests share it as
//! streams of HTTP/2, so that none waits for another, and the user signs in once. When it breaks,
//! the next request starts another one.

use super::Host;
use crate::fault_code::FaultCode;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http2::{self, SendRequest};
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex as StdMutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::sync::{Mutex, oneshot, watch};
use tokio::time::timeout;

/// Name of the variable with another ssh program, and arguments for it: `ssh -F lab.conf`.
pub const SSH_VARIABLE: &str = "MEDICOSAM_SSH";

/// The line that `medicosamd dial-stdio --announce` prints when it has reached the daemon. Text
/// before it comes from the other machine's login scripts.
pub const READY: &str = "medicosamd: connected";

/// Exit status of `medicosamd dial-stdio` where no daemon listens.
pub const NO_DAEMON: u8 = 3;

/// Exit status of `medicosamd dial-stdio` where the user may not connect.
pub const NOT_ALLOWED: u8 = 4;

/// How long a host may take to answer a call.
const CONNECT_SECONDS: u32 = 10;

/// After this long without data the other side is asked for a sign of life; after as long again it
/// counts as gone.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// Room for what is on its way of one answer: enough to fill a slow line (2 Mbit/s at 160 ms). What is in
/// it holds up the answer behind it, by 0.2 s there; so it is no larger.
const STREAM_WINDOW: u32 = 48 << 10;

/// How long a process that has just broken the line may take to say why.
const LAST_WORDS: Duration = Duration::from_millis(1500);

/// Most bytes of login scripts' output before [`READY`].
const MOST_NOISE: usize = 1 << 16;

/// Most bytes of ssh's messages that are kept.
const MOST_SAID: usize = 4096;

/// Where it stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostFault {
    /// ssh cannot be started here.
    NoSsh,
    /// ssh did not reach the machine, or was not let in.
    Unreachable,
    /// There is no `medicosamd` there.
    NoProgram,
    /// There is one that cannot do this.
    OtherProgram,
    /// No daemon listens there.
    NoDaemon,
    /// The user may not connect to the daemon there.
    NotAllowed,
    /// The connection was there and broke.
    Lost,
}

/// Why a daemon on another machine does not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {said}", .fault.what(.host))]
pub struct HostError {
    /// The machine.
    pub host: Host,
    /// Where it stopped.
    pub fault: HostFault,
    /// The last line of ssh, or of the program on the other machine.
    pub said: String,
}

impl HostFault {
    fn what(self, host: &Host) -> String {
        match self {
            HostFault::NoSsh => format!("starting ssh to reach {host}"),
            HostFault::Unreachable => format!("ssh does not reach {host}"),
            HostFault::NoProgram => format!("{host} has no medicosamd where ssh finds it"),
            HostFault::OtherProgram => format!("medicosamd on {host} cannot be talked to"),
            HostFault::NoDaemon => format!("no daemon runs on {host}"),
            HostFault::NotAllowed => format!("the daemon on {host} may not be used"),
            HostFault::Lost => format!("the connection to {host} broke"),
        }
    }

    /// Stable code for scripts.
    pub fn code(self) -> &'static str {
        match self {
            HostFault::NoSsh => "ssh-missing",
            HostFault::Unreachable => "host-unreachable",
            HostFault::NoProgram => "host-without-medicosamd",
            HostFault::OtherProgram => "host-other-medicosamd",
            HostFault::NoDaemon => FaultCode::DaemonUnreachable.as_str(),
            HostFault::NotAllowed => "daemon-forbidden",
            HostFault::Lost => FaultCode::ConnectionBroken.as_str(),
        }
    }

    /// What to do about it.
    pub fn hint(self) -> &'static str {
        match self {
            HostFault::NoSsh => "Install OpenSSH's client, or name another one in MEDICOSAM_SSH.",
            HostFault::Unreachable => "Try `ssh` to it by itself; what works there works here.",
            HostFault::NoProgram => {
                "Install medicosamd there, into ~/.local/bin, /usr/local/bin or the PATH of ssh's commands."
            }
            HostFault::OtherProgram => "Install medicosam and medicosamd of one version.",
            HostFault::NoDaemon => {
                "Start `medicosamd run` there. If it uses another socket, say so with --socket."
            }
            HostFault::NotAllowed => {
                "Ask the person who runs the daemon to let your user open its socket."
            }
            HostFault::Lost => "Nothing that was confirmed is lost.",
        }
    }

    /// The meaning of ssh's exit status while nothing has been answered yet.
    fn before_ready(status: Option<i32>) -> Self {
        match status {
            Some(126 | 127) => HostFault::NoProgram,
            Some(s) if s == i32::from(NO_DAEMON) => HostFault::NoDaemon,
            Some(s) if s == i32::from(NOT_ALLOWED) => HostFault::NotAllowed,
            Some(1 | 2) => HostFault::OtherProgram,
            _ => HostFault::Unreachable,
        }
    }
}

/// The way to a daemon on another machine.
#[derive(Debug)]
pub(super) struct Link {
    host: Host,
    /// The daemon's socket there, where it is not the usual one.
    socket: Option<PathBuf>,
    /// How often ssh was started.
    tries: AtomicU64,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    line: Option<Line>,
    failure: Option<HostError>,
    /// Whether ssh may ask for a passphrase: only while the terminal is still the shell's.
    may_ask: bool,
}

/// An ssh process that is, or was, connected.
#[derive(Debug, Clone)]
pub(super) struct Line {
    host: Host,
    sender: SendRequest<Full<Bytes>>,
    ended: watch::Receiver<Option<Ended>>,
}

/// How an ssh process ended.
#[derive(Debug, Clone)]
struct Ended {
    status: Option<i32>,
    said: String,
}

impl Link {
    pub(super) fn new(host: Host, socket: Option<PathBuf>) -> Self {
        Link {
            host,
            socket,
            tries: AtomicU64::new(0),
            state: Mutex::new(State {
                line: None,
                failure: None,
                may_ask: true,
            }),
        }
    }

    pub(super) fn host(&self) -> &Host {
        &self.host
    }

    /// The open line, or a new one. Callers that wait while another one fails to connect get the
    /// same answer instead of trying again.
    pub(super) async fn line(&self) -> Result<Line, HostError> {
        let tries = self.tries.load(Ordering::SeqCst);
        let mut state = self.state.lock().await;
        if let Some(line) = &state.line
            && !line.sender.is_closed()
        {
            return Ok(line.clone());
        }
        if self.tries.load(Ordering::SeqCst) != tries
            && let Some(failure) = &state.failure
        {
            return Err(failure.clone());
        }
        state.line = None;
        let result = self.connect(state.may_ask).await;
        self.tries.fetch_add(1, Ordering::SeqCst);
        match &result {
            Ok(line) => {
                state.may_ask = false;
                state.failure = None;
                state.line = Some(line.clone());
            }
            Err(failure) => state.failure = Some(failure.clone()),
        }
        result
    }

    async fn connect(&self, may_ask: bool) -> Result<Line, HostError> {
        let failure = |fault, said: String| HostError {
            host: self.host.clone(),
            fault,
            said,
        };
        let mut process = Process::start(self.command(may_ask))
            .map_err(|error| failure(HostFault::NoSsh, error.to_string()))?;
        if !process.is_ready().await {
            let Ended { status, said } = process.end().await;
            return Err(failure(HostFault::before_ready(status), said));
        }
        let Process {
            input,
            output,
            ended,
            hang_up,
        } = process;
        let handshake = http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(4 * STREAM_WINDOW)
            .keep_alive_interval(KEEP_ALIVE)
            .keep_alive_timeout(KEEP_ALIVE)
            .keep_alive_while_idle(true)
            .handshake(TokioIo::new(tokio::io::join(output, input)))
            .await;
        let (sender, connection) =
            handshake.map_err(|error| failure(HostFault::Lost, error.to_string()))?;
        tokio::spawn(async move {
            // Requests learn of an error themselves; the process is of no further use.
            let _ = connection.await;
            drop(hang_up);
        });
        Ok(Line {
            host: self.host.clone(),
            sender,
            ended,
        })
    }

    fn command(&self, may_ask: bool) -> Command {
        let variable = std::env::var(SSH_VARIABLE).unwrap_or_default();
        let mut words = variable.split_whitespace();
        let mut command = Command::new(words.next().unwrap_or("ssh"));
        command.args(words).args(["-T", "-x", "-a"]);
        command.args(["-o", &format!("ConnectTimeout={CONNECT_SECONDS}")]);
        command.args(["-o", "ClearAllForwardings=yes"]);
        if !may_ask {
            command.args(["-o", "BatchMode=yes"]);
            // The keys of the screen, ctrl-z among them, must not reach it.
            command.process_group(0);
        }
        if let Some(port) = self.host.port() {
            command.args(["-p", &port.to_string()]);
        }
        command.arg("--").arg(self.host.destination());
        command.arg(remote_command(
            self.socket.as_ref().map(|s| s.to_string_lossy()).as_deref(),
        ));
        command
    }
}

impl Line {
    /// Sends a request.
    pub(super) async fn send(
        &self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Incoming>, HostError> {
        match self.sender.clone().send_request(request).await {
            Ok(response) => Ok(response),
            Err(error) => Err(self.broken(&error).await),
        }
    }

    /// Why the line broke: what ssh says of it, else what `error` says.
    pub(super) async fn broken(&self, error: &hyper::Error) -> HostError {
        let mut ended = self.ended.clone();
        let last_words = timeout(LAST_WORDS, ended.wait_for(Option::is_some)).await;
        let said = match last_words {
            Ok(Ok(ended)) => ended.as_ref().map(|e| e.said.clone()),
            _ => None,
        };
        HostError {
            host: self.host.clone(),
            fault: HostFault::Lost,
            said: said
                .filter(|said| !said.is_empty())
                .unwrap_or_else(|| error.to_string()),
        }
    }
}

/// The command for the login shell there. It may be any shell, so all of it is one `sh -c`. Users'
/// programs are often missing from the PATH of ssh's commands.
fn remote_command(socket: Option<&str>) -> String {
    let mut command = "sh -c 'PATH=\"$PATH:$HOME/.local/bin:/usr/local/bin\"; export PATH; \
                       exec medicosamd dial-stdio --announce \"$@\"' sh"
        .to_owned();
    if let Some(socket) = socket {
        let quoted = socket.replace('\'', r"'\''");
        command.push_str(&format!(" --socket '{quoted}'"));
    }
    command
}

/// A running ssh.
struct Process {
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    ended: watch::Receiver<Option<Ended>>,
    /// Ends it when dropped.
    hang_up: oneshot::Sender<()>,
}

impl Process {
    fn start(mut command: Command) -> std::io::Result<Self> {
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let mut child = command.spawn()?;
        let missing = || std::io::Error::other("ssh has no pipes");
        let input = child.stdin.take().ok_or_else(missing)?;
        let output = child.stdout.take().ok_or_else(missing)?;
        let errors = child.stderr.take().ok_or_else(missing)?;
        let (tell, ended) = watch::channel(None);
        let (hang_up, hung_up) = oneshot::channel::<()>();
        tokio::spawn(async move {
            let end = attend(child, errors, hung_up).await;
            tell.send_replace(Some(end));
        });
        Ok(Process {
            input,
            output: BufReader::new(output),
            ended,
            hang_up,
        })
    }

    /// Waits until the daemon is reached; false if it cannot be.
    async fn is_ready(&mut self) -> bool {
        let mut left = MOST_NOISE;
        loop {
            let mut line = Vec::new();
            let mut limited = (&mut self.output).take(left as u64);
            match limited.read_until(b'\n', &mut line).await {
                Ok(1..) if line.trim_ascii() == READY.as_bytes() => return true,
                Ok(read @ 1..) => left = left.saturating_sub(read),
                Ok(0) | Err(_) => return false,
            }
        }
    }

    /// Ends it, if it has not ended; returns how it did.
    async fn end(self) -> Ended {
        let Process {
            input,
            output,
            mut ended,
            hang_up,
        } = self;
        drop((input, output));
        let own = timeout(LAST_WORDS, ended.wait_for(Option::is_some)).await;
        let own = match own {
            Ok(Ok(ended)) => ended.clone(),
            _ => None,
        };
        drop(hang_up);
        own.unwrap_or_else(|| Ended {
            status: None,
            said: "what answers there is not medicosamd".to_owned(),
        })
    }
}

/// Waits for a process to end, or ends it; returns its exit status and its last words.
async fn attend(mut child: Child, errors: ChildStderr, hung_up: oneshot::Receiver<()>) -> Ended {
    let tail = Arc::new(StdMutex::new(Vec::new()));
    let reading = tokio::spawn(keep_tail(errors, Arc::clone(&tail)));
    let status = tokio::select! {
        status = child.wait() => status,
        _ = hung_up => {
            // It may have ended by itself, and is about to say why.
            match timeout(LAST_WORDS / 3, child.wait()).await {
                Ok(status) => status,
                Err(_) => {
                    let _ = child.start_kill();
                    child.wait().await
                }
            }
        }
    };
    // A master process that ssh leaves in the background keeps the pipe open.
    let _ = timeout(LAST_WORDS / 3, reading).await;
    let said = last_line(&tail.lock().unwrap_or_else(PoisonError::into_inner));
    Ended {
        status: status.ok().and_then(|s| s.code()),
        said,
    }
}

async fn keep_tail(mut errors: ChildStderr, tail: Arc<StdMutex<Vec<u8>>>) {
    let mut buffer = [0; 1024];
    while let Ok(read @ 1..) = errors.read(&mut buffer).await {
        let mut tail = tail.lock().unwrap_or_else(PoisonError::into_inner);
        tail.extend_from_slice(&buffer[..read]);
        let excess = tail.len().saturating_sub(MOST_SAID);
        tail.drain(..excess);
    }
}

/// The last line that is not blank, without characters that could control a terminal.
fn last_line(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let line = text.lines().map(str::trim).rfind(|line| !line.is_empty());
    crate::text::printable(line.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_reaches_the_other_shell_as_one_word() {
        assert!(remote_command(None).ends_with("' sh"));
        let command = remote_command(Some("/run/it's here/api.sock"));
        assert!(
            command.ends_with(r" sh --socket '/run/it'\''s here/api.sock'"),
            "{command}"
        );
    }

    #[test]
    fn the_last_words_are_one_line_that_cannot_harm() {
        let said = last_line(b"motd\n\x1b[2JPermission denied (publickey).\r\n\n");
        assert_eq!(said, "·[2JPermission denied (publickey).");
        assert_eq!(last_line(b""), "");
    }

    #[test]
    fn the_exit_status_says_where_it_stopped() {
        for (status, fault) in [
            (Some(255), HostFault::Unreachable),
            (Some(127), HostFault::NoProgram),
            (Some(3), HostFault::NoDaemon),
            (Some(4), HostFault::NotAllowed),
            (Some(2), HostFault::OtherProgram),
            (None, HostFault::Unreachable),
        ] {
            assert_eq!(HostFault::before_ready(status), fault);
        }
    }
}
