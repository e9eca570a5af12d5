//! The daemon's side of a worker: chooses its device, starts it, wakes it, listens to it, notices
//! that it hangs, starts it again.

use super::device_choice::{Choice, NoDevice, give_up};
use super::device_probe::Prober;
use super::protocol::{Order, Report, Said, Thread, to_line};
use super::watchdog::{Alarm, Sign, Watchdog};
use crate::change_signal::ChangeSignal;
use crate::config::Devices;
use crate::live_state::LiveState;
use crate::machine;
use crate::model::Device;
use crate::registry::Registry;
use medicosam_shared::activity::Activity;
use medicosam_shared::case::Fault;
use std::collections::HashMap;
use std::ffi::OsString;
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

/// Shortest wait before devices that all failed are tried again.
const PAUSE: Duration = Duration::from_secs(5);

/// How often a worker that rests looks for work that became due by itself.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// How long a process may take to end. One that a driver holds may never.
const ENDING: Duration = Duration::from_secs(10);

/// Keeps one worker process alive.
pub struct Supervisor {
    /// Number of the worker, from 1.
    pub number: u32,
    /// The program: this one.
    pub program: PathBuf,
    /// Its arguments, but for the device.
    pub arguments: Vec<OsString>,
    /// Where it may run.
    pub devices: Devices,
    /// Tries devices.
    pub prober: Prober,
    /// How long it may say nothing; `None` to learn that from its pace.
    pub hang_after: Option<Duration>,
    /// Where its work lies.
    pub store: Arc<Registry>,
    /// Wakes it.
    pub changes: ChangeSignal,
    /// Where its state is shown.
    pub live: Arc<LiveState>,
}

/// How a worker ended.
enum End {
    /// It had nothing to do, or was asked to make way for one on a better device.
    Rested,
    /// Its device failed. The work is given back already.
    DeviceFailed(Fault),
    /// It crashed or was killed.
    Died(Fault),
}

/// What a worker says last if it ends by itself.
enum LastWord {
    None,
    Resting,
    DeviceFailed(Fault),
}

impl Supervisor {
    /// Runs the worker, again and again. Dropping the future kills it. Ends only if no device
    /// works.
    pub async fn run(self) -> NoDevice {
        let longest = self.devices.retry_after;
        let shortest = PAUSE.min(longest);
        let (mut wait, mut pause) = (RESTART.0, shortest);
        let mut proven: Option<Choice> = None;
        let mut refused = HashMap::new();
        loop {
            let choice = match proven.take() {
                Some(choice) => choice,
                None => match self.choose(&refused).await {
                    Ok(choice) => choice,
                    Err(none) if self.devices.fallback == crate::config::Fallback::Fail => {
                        return none;
                    }
                    Err(none) => {
                        self.show_pause(&none, pause);
                        tokio::time::sleep(pause).await;
                        pause = (pause * 2).min(longest);
                        continue;
                    }
                },
            };
            pause = shortest;
            let started = Instant::now();
            let end = self.run_once(&choice).await;
            if started.elapsed() >= HEALTHY {
                wait = RESTART.0;
            }
            match end {
                End::Rested => {
                    self.rest().await;
                    // What it had passed over may work by now.
                    proven = Some(choice).filter(|choice| choice.passed_over.is_empty());
                }
                End::DeviceFailed(fault) => {
                    tracing::error!(worker = self.number, "{}", fault.message);
                    refused.insert(
                        choice.device,
                        (fault, Instant::now() + self.devices.retry_after),
                    );
                }
                End::Died(fault) => {
                    self.bury(fault).await;
                    tokio::time::sleep(wait).await;
                    wait = (wait * 2).min(RESTART.1);
                }
            }
        }
    }

    /// The first device that works.
    async fn choose(
        &self,
        refused: &HashMap<Device, (Fault, Instant)>,
    ) -> Result<Choice, NoDevice> {
        let mut faults = Vec::new();
        for device in self.devices.of_worker(self.number) {
            let refusal = refused
                .get(&device)
                .filter(|(_, until)| Instant::now() < *until);
            let fault = match refusal {
                Some((fault, _)) => fault.clone(),
                None => match self.works(device).await {
                    Ok(()) => {
                        return Ok(Choice {
                            device,
                            passed_over: faults,
                        });
                    }
                    Err(fault) => fault,
                },
            };
            tracing::warn!(worker = self.number, %device, code = fault.code, "{}", fault.message);
            faults.push((device, fault));
        }
        give_up(self.devices.fallback, faults)
    }

    async fn works(&self, device: Device) -> Result<(), Fault> {
        if device == Device::Cpu {
            return Ok(());
        }
        self.live.worker(self.number, |status| {
            status.activity = Activity::Probing;
        });
        let settings = self.devices.settings(device);
        let report = self.prober.probe(device, settings).await?;
        tracing::info!(
            worker = self.number, %device,
            "works: ready after {:.0} ms, then {:.1} ms for what takes the processor {:.1} ms",
            report.first_ms, report.run_ms, report.cpu_ms
        );
        Ok(())
    }

    fn show_pause(&self, none: &NoDevice, pause: Duration) {
        let fault = none.fault();
        tracing::error!(
            worker = self.number,
            "{}; tried again in {} s",
            fault.message,
            pause.as_secs()
        );
        self.live.worker(self.number, |status| {
            status.activity = Activity::Paused;
            status.device = None;
            status.fallback = None;
            status.fault = Some(fault);
        });
        self.changes.announce();
    }

    /// Runs the worker until it ends.
    async fn run_once(&self, choice: &Choice) -> End {
        let died = |what: String| End::Died(self.died("worker-died", &what));
        let spawned = Command::new(&self.program)
            .args(&self.arguments)
            .arg("--device")
            .arg(choice.device.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn();
        let mut child = match spawned {
            Ok(child) => child,
            Err(error) => return died(format!("cannot be started: {error}")),
        };
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return died("has no input or output".to_owned());
        };
        let fallback = choice.fault();
        if let Some(fault) = &fallback {
            tracing::warn!(worker = self.number, "{}", fault.message);
        }
        self.live.worker(self.number, |status| {
            status.pid = child.id();
            status.activity = Activity::Idle;
            status.device = Some(choice.device.to_string());
            status.fallback = fallback;
            status.fault = None;
        });
        self.changes.announce();
        let reports = BufReader::new(stdout).lines();
        self.converse(&mut child, stdin, reports, choice).await
    }

    async fn converse(
        &self,
        child: &mut Child,
        mut stdin: ChildStdin,
        mut reports: Lines<BufReader<ChildStdout>>,
        choice: &Choice,
    ) -> End {
        let mut changes = self.changes.listen();
        let mut watchdog = Watchdog::new(self.hang_after, Instant::now());
        let mut last_word = LastWord::None;
        let mut better = std::pin::pin!(self.better_device_works(choice));
        let mut made_way = false;
        loop {
            let order = tokio::select! {
                line = reports.next_line() => match line {
                    Ok(Some(line)) => {
                        if let Some(said) = self.read_report(&line) {
                            watchdog.hear(said.by, said.report.sign(), Instant::now());
                            self.take_report(said.report, &mut last_word);
                        }
                        continue;
                    }
                    _ => return self.ended(child, last_word).await,
                },
                () = changes.changed() => Order::Wake,
                alarm = rings(watchdog.alarm()) => return self.end_hung(child, alarm).await,
                device = &mut better, if !made_way => {
                    made_way = true;
                    tracing::info!(worker = self.number, %device, "works again");
                    Order::Rest
                }
            };
            // A worker that does not read any more is about to end.
            let line = to_line(&order).unwrap_or_default();
            let _ = stdin.write_all(line.as_bytes()).await;
        }
    }

    /// Ends when one of the devices that were passed over works again.
    async fn better_device_works(&self, choice: &Choice) -> Device {
        loop {
            tokio::time::sleep(self.devices.retry_after).await;
            for &(device, _) in &choice.passed_over {
                let settings = self.devices.settings(device);
                if device != choice.device && self.prober.probe(device, settings).await.is_ok() {
                    return device;
                }
            }
        }
    }

    /// What became of a worker that has closed its output.
    async fn ended(&self, child: &mut Child, last_word: LastWord) -> End {
        let status = match tokio::time::timeout(ENDING, child.wait()).await {
            Ok(status) => ending(status),
            Err(_) => {
                self.kill(child).await;
                "closed its output and did not end".to_owned()
            }
        };
        // Some device libraries crash when a process ends that has done all it had to.
        match last_word {
            LastWord::Resting => End::Rested,
            LastWord::DeviceFailed(fault) => End::DeviceFailed(fault),
            LastWord::None => End::Died(self.died("worker-died", &status)),
        }
    }

    async fn end_hung(&self, child: &mut Child, alarm: Alarm) -> End {
        let who = match alarm.thread {
            Thread::Main => "it",
            Thread::Desk => "what answers its prompts",
        };
        let silence = alarm.silence.as_secs_f64();
        self.kill(child).await;
        End::Died(self.died(
            "worker-hung",
            &format!("hung: {who} said nothing for {silence:.0} s"),
        ))
    }

    async fn kill(&self, child: &mut Child) {
        // Fails if it has ended already.
        let _ = child.start_kill();
        if tokio::time::timeout(ENDING, child.wait()).await.is_err() {
            tracing::error!(
                worker = self.number,
                pid = child.id(),
                "the process cannot be killed; a driver holds it. Another one takes its place"
            );
        }
    }

    fn died(&self, code: &str, what: &str) -> Fault {
        Fault {
            code: code.to_owned(),
            message: format!("worker {} {what}", self.number),
            hint: "It is started again by itself; the daemon's log has its last words. If it \
                   happens with one scan only, the scan is at fault: `medicosam retry CASE` tries \
                   once more."
                .to_owned(),
        }
    }

    fn read_report(&self, line: &str) -> Option<Said> {
        serde_json::from_str(line)
            .inspect_err(|error| {
                tracing::warn!(worker = self.number, line, "unreadable report: {error}");
            })
            .ok()
    }

    fn take_report(&self, report: Report, last_word: &mut LastWord) {
        match report {
            Report::Alive | Report::Waiting | Report::LongStep => {}
            Report::Changed => self.changes.announce(),
            Report::Running { runtime, device } => self.live.worker(self.number, |status| {
                status.runtime = Some(runtime);
                status.device = Some(device);
            }),
            Report::Case(case) => self.live.worker(self.number, |status| {
                status.activity = match case {
                    Some(_) => Activity::Busy,
                    None => Activity::Idle,
                };
                status.case = case;
                status.progress = None;
            }),
            Report::Progress(progress) => self
                .live
                .worker(self.number, |status| status.progress = Some(progress)),
            Report::Finished {
                device,
                timings,
                prompted,
            } => self.live.finished(&device, &timings, prompted),
            Report::Ahead { case, progress } => self.live.worker(self.number, |status| {
                status.activity = Activity::Ahead;
                status.case = Some(case);
                status.progress = Some(progress);
            }),
            Report::Fault(fault) => self.live.worker(self.number, |status| status.fault = fault),
            Report::Resting => *last_word = LastWord::Resting,
            Report::DeviceFailed(fault) => *last_word = LastWord::DeviceFailed(fault),
        }
    }

    /// Waits until there is work.
    async fn rest(&self) {
        tracing::info!(
            worker = self.number,
            "nothing to do: its models are unloaded"
        );
        self.live.worker(self.number, |status| {
            status.pid = None;
            status.activity = Activity::Resting;
            status.fallback = None;
            status.case = None;
            status.progress = None;
        });
        let mut changes = self.changes.listen();
        loop {
            let store = Arc::clone(&self.store);
            match tokio::task::spawn_blocking(move || store.has_due_work()).await {
                Ok(Ok(false)) => {}
                // A worker that cannot read the store says so better than anybody else.
                _ => return,
            }
            tokio::select! {
                () = changes.changed() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }

    /// Gives back the work of a worker that ended, and says so.
    async fn bury(&self, fault: Fault) {
        tracing::error!(
            worker = self.number,
            "{}; it is started again",
            fault.message
        );
        let mut process = 0;
        self.live.worker(self.number, |status| {
            process = status.pid.take().unwrap_or(0);
            status.activity = Activity::Stopped;
            status.case = None;
            status.progress = None;
            status.restarts += 1;
            status.fault = Some(fault.clone());
        });
        let store = Arc::clone(&self.store);
        let owner = machine::worker(self.number, process);
        match tokio::task::spawn_blocking(move || store.release(&owner, &fault)).await {
            Ok(Ok(_)) => self.changes.announce(),
            // The lease runs out by itself.
            Ok(Err(error)) => tracing::error!("cannot give back its work: {error}"),
            Err(error) => tracing::error!("cannot give back its work: {error}"),
        }
    }
}

impl Report {
    /// What it says about the pace of the thread that it is by.
    fn sign(&self) -> Sign {
        match self {
            Report::Progress(_) => Sign::Slice,
            Report::LongStep => Sign::LongStep,
            Report::Waiting => Sign::Waiting,
            _ => Sign::Life,
        }
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

fn ending(status: std::io::Result<ExitStatus>) -> String {
    match status {
        Ok(status) => format!("died ({status})"),
        Err(error) => format!("cannot be waited for: {error}"),
    }
}
