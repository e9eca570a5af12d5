//! The daemon's side of a worker: starts it, wakes it, listens to it, starts it again.

use super::protocol::{Order, Report, to_line};
use crate::board::Board;
use crate::changes::Changes;
use crate::store::Store;
use medicosam_shared::case::Fault;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// Shortest and longest wait before a worker that died is started again.
const RESTART: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

/// A worker that lived this long was healthy; its death starts the waits from the beginning.
const HEALTHY: Duration = Duration::from_secs(120);

/// Keeps one worker process alive.
pub struct Supervisor {
    /// Number of the worker, from 1.
    pub number: u32,
    /// The program: this one.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<std::ffi::OsString>,
    /// Where its work lies.
    pub store: Arc<dyn Store>,
    /// Wakes it.
    pub changes: Changes,
    /// Where its state is shown.
    pub board: Arc<Board>,
}

impl Supervisor {
    /// The name that a worker has in leases and in the audit log.
    pub fn owner(number: u32) -> String {
        format!("worker {number}")
    }

    /// Runs the worker, again and again. Dropping the future kills it.
    pub async fn run(self) {
        let mut wait = RESTART.0;
        loop {
            let started = Instant::now();
            let end = self.run_once().await;
            if started.elapsed() >= HEALTHY {
                wait = RESTART.0;
            }
            self.bury(&end).await;
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(RESTART.1);
        }
    }

    /// Runs the worker until it ends; how it ended, in words.
    async fn run_once(&self) -> String {
        let spawned = Command::new(&self.program)
            .args(&self.arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn();
        let mut child = match spawned {
            Ok(child) => child,
            Err(error) => return format!("cannot be started: {error}"),
        };
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return "has no input or output".to_owned();
        };
        self.board.worker(self.number, |status| {
            status.pid = child.id();
            status.activity = "idle".to_owned();
            status.fault = None;
        });
        self.converse(&mut child, stdin, BufReader::new(stdout).lines())
            .await
    }

    async fn converse(
        &self,
        child: &mut Child,
        mut stdin: ChildStdin,
        mut reports: Lines<BufReader<ChildStdout>>,
    ) -> String {
        let mut changes = self.changes.listen();
        let wake = to_line(&Order::Wake).unwrap_or_default();
        loop {
            tokio::select! {
                line = reports.next_line() => match line {
                    Ok(Some(line)) => self.take_report(&line),
                    _ => return ending(child.wait().await),
                },
                () = changes.changed() => {
                    // A worker that does not read any more is about to end.
                    let _ = stdin.write_all(wake.as_bytes()).await;
                }
            }
        }
    }

    fn take_report(&self, line: &str) {
        let report = match serde_json::from_str::<Report>(line) {
            Ok(report) => report,
            Err(error) => {
                tracing::warn!(worker = self.number, line, "unreadable report: {error}");
                return;
            }
        };
        match report {
            Report::Changed => self.changes.announce(),
            Report::Running { runtime, device } => self.board.worker(self.number, |status| {
                status.runtime = Some(runtime);
                status.device = Some(device);
            }),
            Report::Case(case) => self.board.worker(self.number, |status| {
                let activity = if case.is_some() { "busy" } else { "idle" };
                status.activity = activity.to_owned();
                status.case = case;
                status.progress = None;
            }),
            Report::Progress(progress) => self
                .board
                .worker(self.number, |status| status.progress = Some(progress)),
            Report::Ahead { case, progress } => self.board.worker(self.number, |status| {
                status.activity = "ahead".to_owned();
                status.case = Some(case);
                status.progress = Some(progress);
            }),
            Report::Fault(fault) => self
                .board
                .worker(self.number, |status| status.fault = fault),
        }
    }

    /// Gives back the work of a worker that ended, and says so.
    async fn bury(&self, end: &str) {
        tracing::error!(worker = self.number, "worker {end}; it is started again");
        self.board.worker(self.number, |status| {
            status.pid = None;
            status.activity = "stopped".to_owned();
            status.case = None;
            status.progress = None;
            status.fault = Some(Fault {
                code: "worker-died".to_owned(),
                message: format!("worker {} {end}", self.number),
                hint: "It is started again by itself; the daemon's log has its last words."
                    .to_owned(),
            });
        });
        let store = Arc::clone(&self.store);
        let owner = Self::owner(self.number);
        match tokio::task::spawn_blocking(move || store.release(&owner)).await {
            Ok(Ok(_)) => self.changes.announce(),
            // The lease runs out by itself.
            Ok(Err(error)) => tracing::error!("cannot give back its work: {error}"),
            Err(error) => tracing::error!("cannot give back its work: {error}"),
        }
    }
}

fn ending(status: std::io::Result<ExitStatus>) -> String {
    match status {
        Ok(status) => format!("ended ({status})"),
        Err(error) => format!("cannot be waited for: {error}"),
    }
}
