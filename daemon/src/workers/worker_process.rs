//! A worker process, as its supervisor sees it.

use super::device_choice::DeviceChoice;
use super::protocol::{Ending, Message, Order, Thread, WorkerReport, to_line};
use super::restart_policy::End;
use super::watchdog::{Alarm, Sign, Watchdog};
use crate::stages::StageReport;
use medicosam_shared::case::Fault;
use std::ffi::OsString;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// How long a process may take to end. One that a driver holds may never.
const ENDING: Duration = Duration::from_secs(10);

/// A worker process that runs.
pub struct WorkerProcess {
    number: u32,
    child: Child,
    orders: ChildStdin,
    messages: Lines<BufReader<ChildStdout>>,
    watchdog: Watchdog,
    /// What it said of its end.
    ending: Option<Ending>,
}

/// What a worker process does.
pub enum ProcessEvent {
    /// It reports.
    Report(WorkerReport),
    /// It closed its output: it is about to end. Follow with [`WorkerProcess::ended`].
    Closed,
    /// It was silent for too long. Follow with [`WorkerProcess::kill_hung`].
    Hung(Alarm),
}

impl WorkerProcess {
    /// Starts a worker on a device.
    pub fn spawn(
        number: u32,
        (program, arguments): (&Path, &[OsString]),
        choice: &DeviceChoice,
        hang_after: Option<Duration>,
    ) -> Result<Self, Fault> {
        let spawned = Command::new(program)
            .args(arguments)
            .arg("--device")
            .arg(choice.device.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn();
        let mut child = spawned.map_err(|e| died(number, &format!("cannot be started: {e}")))?;
        let (Some(orders), Some(messages)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(died(number, "has no input or output"));
        };
        Ok(WorkerProcess {
            number,
            child,
            orders,
            messages: BufReader::new(messages).lines(),
            watchdog: Watchdog::new(hang_after, Instant::now()),
            ending: None,
        })
    }

    /// Its id, while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// Waits for the next event. Nothing is lost if the future is dropped.
    pub async fn next(&mut self) -> ProcessEvent {
        loop {
            let line = tokio::select! {
                line = self.messages.next_line() => line,
                alarm = rings(self.watchdog.alarm()) => return ProcessEvent::Hung(alarm),
            };
            let Ok(Some(line)) = line else {
                return ProcessEvent::Closed;
            };
            let Some(Message { from, report }) = self.read(&line) else {
                continue;
            };
            self.watchdog.hear(from, sign(&report), Instant::now());
            match report {
                WorkerReport::Ending(ending) => self.ending = Some(ending),
                report => return ProcessEvent::Report(report),
            }
        }
    }

    /// Gives an order.
    pub async fn order(&mut self, order: Order) {
        // A worker that does not read any more is about to end.
        let line = to_line(&order).unwrap_or_default();
        let _ = self.orders.write_all(line.as_bytes()).await;
    }

    /// How it ended, having closed its output.
    pub async fn ended(mut self) -> End {
        let status = match tokio::time::timeout(ENDING, self.child.wait()).await {
            Ok(status) => describe(status),
            Err(_) => {
                self.kill().await;
                "closed its output and did not end".to_owned()
            }
        };
        // Some device libraries crash when a process ends, with all of its work done.
        match self.ending {
            Some(Ending::Resting) => End::Rested,
            Some(Ending::DeviceFailed(fault)) => End::DeviceFailed(fault),
            Some(Ending::StoreFailed(fault)) => End::StoreFailed(fault),
            None => End::Died(died(self.number, &status)),
        }
    }

    /// Kills it because it hangs.
    pub async fn kill_hung(mut self, alarm: Alarm) -> End {
        let who = match alarm.thread {
            Thread::Bulk => "it",
            Thread::Prompt => "its prompt thread",
        };
        let silence = alarm.silence.as_secs_f64();
        self.kill().await;
        let what = format!("hung: {who} said nothing for {silence:.0} s");
        End::Died(fault("worker-hung", self.number, &what))
    }

    /// Kills it because it may wait without end for a file system.
    pub async fn kill_waiting(mut self, why: Fault) -> End {
        self.kill().await;
        End::RootSilent(why)
    }

    async fn kill(&mut self) {
        // Fails if it has ended already.
        let _ = self.child.start_kill();
        let ended = tokio::time::timeout(ENDING, self.child.wait()).await;
        if ended.is_err() {
            tracing::error!(
                worker = self.number,
                pid = self.child.id(),
                "the process cannot be killed; a driver holds it. Another one takes its place"
            );
        }
    }

    fn read(&self, line: &str) -> Option<Message> {
        serde_json::from_str(line)
            .inspect_err(|error| {
                tracing::warn!(worker = self.number, line, "unreadable report: {error}");
            })
            .ok()
    }
}

/// The fault of a worker that died.
pub fn died(number: u32, what: &str) -> Fault {
    fault("worker-died", number, what)
}

fn fault(code: &str, number: u32, what: &str) -> Fault {
    Fault {
        code: code.to_owned(),
        message: format!("worker {number} {what}"),
        hint: "It is started again by itself; the daemon's log has its last words. If it \
               happens with one scan only, the scan is at fault: `medicosam retry CASE` tries \
               once more."
            .to_owned(),
    }
}

/// What a report says about the pace of its thread.
fn sign(report: &WorkerReport) -> Sign {
    match report {
        WorkerReport::Stage(StageReport::Progress(_)) => Sign::Slice,
        WorkerReport::Stage(StageReport::LongStep) => Sign::LongStep,
        WorkerReport::Waiting => Sign::Waiting,
        WorkerReport::Stage(
            StageReport::Alive
            | StageReport::Running { .. }
            | StageReport::Changed
            | StageReport::Finished { .. }
            | StageReport::Fault(_),
        )
        | WorkerReport::Case(_)
        | WorkerReport::Ahead { .. }
        | WorkerReport::Ending(_) => Sign::Life,
    }
}

/// Waits until it is time for the alarm.
async fn rings(alarm: Option<Alarm>) -> Alarm {
    match alarm {
        Some(alarm) => {
            tokio::time::sleep_until(alarm.at.into()).await;
            alarm
        }
        None => std::future::pending().await,
    }
}

fn describe(status: std::io::Result<ExitStatus>) -> String {
    match status {
        Ok(status) => format!("died ({status})"),
        Err(error) => format!("cannot be waited for: {error}"),
    }
}
