//! The daemon's side of a worker: does what the restart policy says, wakes the worker and listens
//! to it.

use super::device_choice::{DeviceChoice, NoDevice};
use super::device_probe::Prober;
use super::display::Display;
use super::protocol::Order;
use super::restart_policy::{End, RestartPolicy, Step};
use super::worker_process::{ProcessEvent, WorkerProcess};
use crate::case::Owner;
use crate::config::Devices;
use crate::live_state::LiveState;
use crate::machine;
use crate::model::Device;
use crate::registry::{Registry, RegistryError};
use crate::stages::presence::does_not_answer;
use medicosam_shared::case::{CaseId, Fault};
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often a worker that rests looks for work that became due by itself.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// How long a worker may keep a scan whose root does not answer.
const PUT_BACK: Duration = Duration::from_secs(5);

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
    /// Where its work lies; changes wake it.
    pub store: Arc<Registry>,
    /// Where its state is shown.
    pub live: Arc<LiveState>,
}

impl Supervisor {
    /// Runs the worker, again and again. Dropping the future kills it. Ends only if no device
    /// works.
    pub async fn run(self) -> NoDevice {
        let display = Display {
            number: self.number,
            live: Arc::clone(&self.live),
            changes: self.store.changes().clone(),
        };
        let mut policy = RestartPolicy::new(&self.devices, self.number);
        let mut step = policy.begin(Instant::now());
        loop {
            step = match step {
                Step::Probe(probing) => {
                    display.probing();
                    let outcome = self.works(probing.device()).await;
                    policy.probed(probing, outcome, Instant::now())
                }
                Step::Run(choice) => {
                    let started = Instant::now();
                    let (process, end) = self.run_once(&choice, &display).await;
                    let lived = started.elapsed();
                    self.clean_up(process, &end, &display).await;
                    policy.ended(choice, end, lived, Instant::now())
                }
                Step::Rest(choice) => {
                    self.rest(&display).await;
                    policy.woken(choice, Instant::now())
                }
                Step::BackOff(wait) => {
                    tokio::time::sleep(wait).await;
                    policy.begin(Instant::now())
                }
                Step::Pause(none, wait) => {
                    tracing::error!(
                        worker = self.number,
                        "{}; tried again in {} s",
                        none.fault().message,
                        wait.as_secs()
                    );
                    display.paused(&none);
                    tokio::time::sleep(wait).await;
                    policy.begin(Instant::now())
                }
                Step::Fail(none) => return none,
            };
        }
    }

    /// Whether a device works.
    async fn works(&self, device: Device) -> Result<(), Fault> {
        let settings = self.devices.settings(device);
        match self.prober.probe(device, settings).await {
            Ok(report) => {
                tracing::info!(
                    worker = self.number, %device,
                    "works: ready after {:.0} ms, then {:.1} ms for what takes the processor {:.1} ms",
                    report.first_ms, report.run_ms, report.cpu_ms
                );
                Ok(())
            }
            Err(fault) => {
                let code = &fault.code;
                tracing::warn!(worker = self.number, %device, code, "{}", fault.message);
                Err(fault)
            }
        }
    }

    /// Runs the worker until it ends; with its process id, if it could be started.
    async fn run_once(&self, choice: &DeviceChoice, display: &Display) -> (Option<u32>, End) {
        let command = (self.program.as_path(), self.arguments.as_slice());
        let spawned = WorkerProcess::spawn(self.number, command, choice, self.hang_after);
        let mut process = match spawned {
            Ok(process) => process,
            Err(fault) => return (None, End::Died(fault)),
        };
        if let Some(fault) = choice.fault() {
            tracing::warn!(worker = self.number, "{}", fault.message);
        }
        let mut changes = self.store.changes().listen();
        let pid = process.pid();
        display.started(pid, choice);
        let mut better = std::pin::pin!(self.better_device_works(choice));
        let mut waits = std::pin::pin!(self.waits_for_silent_root());
        let mut made_way = false;
        loop {
            tokio::select! {
                event = process.next() => match event {
                    ProcessEvent::Report(report) => display.report(report),
                    ProcessEvent::Closed => return (pid, process.ended().await),
                    ProcessEvent::Hung(alarm) => return (pid, process.kill_hung(alarm).await),
                },
                why = &mut waits => return (pid, process.kill_waiting(why).await),
                () = changes.changed() => process.order(Order::Wake).await,
                device = &mut better, if !made_way => {
                    made_way = true;
                    tracing::info!(worker = self.number, %device, "works again");
                    process.order(Order::Rest).await;
                }
            }
        }
    }

    /// Ends when the worker goes on having a scan in hand whose root does not answer.
    async fn waits_for_silent_root(&self) -> Fault {
        let mut live = self.live.listen();
        loop {
            if let Some((case, _)) = self.silent_in_hand().await {
                // It puts a scan back at once if it has not asked for it yet.
                tokio::time::sleep(PUT_BACK).await;
                match self.silent_in_hand().await {
                    Some((still, fault)) if still == case => return fault,
                    Some(_) | None => continue,
                }
            }
            live.changed().await;
        }
    }

    /// The case that the worker has in hand, if the root of its scan does not answer.
    async fn silent_in_hand(&self) -> Option<(CaseId, Fault)> {
        if self.live.all_roots_answer() {
            return None;
        }
        let case = self.live.case_of(self.number)?;
        let (store, id) = (Arc::clone(&self.store), case.clone());
        let scan = tokio::task::spawn_blocking(move || store.scan(&id)).await;
        let scan = scan.ok()?.ok()?.source;
        let why = self.live.silence(scan.place())?;
        Some((case, does_not_answer(&scan, &why)))
    }

    /// Ends when one of the devices that were passed over works again.
    async fn better_device_works(&self, choice: &DeviceChoice) -> Device {
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

    /// Deals with what a worker leaves behind.
    async fn clean_up(&self, process: Option<u32>, end: &End, display: &Display) {
        match end {
            End::Rested => {
                tracing::info!(
                    worker = self.number,
                    "nothing to do: its models are unloaded"
                );
            }
            End::DeviceFailed(fault) => tracing::error!(worker = self.number, "{}", fault.message),
            End::Died(fault) => {
                tracing::error!(
                    worker = self.number,
                    "{}; it is started again",
                    fault.message
                );
                display.died(fault);
                let fault = fault.clone();
                let release = move |store: &Registry, owner: &Owner| store.release(owner, &fault);
                self.give_back(process, release).await;
            }
            End::RootSilent(fault) => {
                tracing::warn!(worker = self.number, "{}", fault.message);
                display.died(fault);
                let why = fault.message.clone();
                let release = move |store: &Registry, owner: &Owner| store.give_back(owner, &why);
                self.give_back(process, release).await;
            }
            End::StoreFailed(fault) => {
                tracing::error!(worker = self.number, "{}", fault.message);
                display.died(fault);
                let why = format!("the store failed: {}", fault.message);
                let release = move |store: &Registry, owner: &Owner| store.give_back(owner, &why);
                self.give_back(process, release).await;
            }
        }
    }

    /// Gives back the work of a worker that has ended with it in hand.
    async fn give_back<F>(&self, process: Option<u32>, release: F)
    where
        F: FnOnce(&Registry, &Owner) -> Result<Vec<CaseId>, RegistryError> + Send + 'static,
    {
        let Some(process) = process else {
            return;
        };
        let store = Arc::clone(&self.store);
        let owner = machine::worker(self.number, process);
        match tokio::task::spawn_blocking(move || release(&store, &owner)).await {
            Ok(Ok(cases)) => {
                for case in cases {
                    tracing::warn!(worker = self.number, %case, "given back: the worker ended with it in hand");
                }
            }
            // The lease runs out by itself.
            Ok(Err(error)) => tracing::error!("cannot give back its work: {error}"),
            Err(error) => tracing::error!("cannot give back its work: {error}"),
        }
    }

    /// Waits until there is work.
    async fn rest(&self, display: &Display) {
        display.resting();
        let mut changes = self.store.changes().listen();
        loop {
            let store = Arc::clone(&self.store);
            match tokio::task::spawn_blocking(move || store.has_due_work()).await {
                Ok(Ok(false)) => {}
                // A worker reports best that it cannot read the store.
                Ok(Ok(true) | Err(_)) | Err(_) => return,
            }
            tokio::select! {
                () = changes.changed() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }
}
