//! When a worker is started, and on which device.
//!
//! A pure state machine: each step says what to do next, and is given back with its outcome. Time
//! is an argument.

use super::device_choice::{DeviceChoice, NoDevice};
use crate::config::{Devices, Fallback};
use crate::model::Device;
use medicosam_shared::case::Fault;
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// Shortest and longest wait before a worker that died is started again.
const BACK_OFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

/// A worker that lived this long was healthy; its death starts the waits from the beginning.
const HEALTHY: Duration = Duration::from_secs(120);

/// Shortest wait before devices that all failed are tried again.
const PAUSE: Duration = Duration::from_secs(5);

/// What to do next.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Find out whether a device works; then [`RestartPolicy::probed`].
    Probe(Probing),
    /// Run the worker until it ends; then [`RestartPolicy::ended`].
    Run(DeviceChoice),
    /// Wait until there is work; then [`RestartPolicy::woken`].
    Rest(DeviceChoice),
    /// The worker died: wait; then [`RestartPolicy::begin`].
    BackOff(Duration),
    /// No device works: wait; then [`RestartPolicy::begin`].
    Pause(NoDevice, Duration),
    /// No device works, and the daemon is to end.
    Fail(NoDevice),
}

/// A device to be tried.
#[derive(Debug, Clone, PartialEq)]
pub struct Probing {
    device: Device,
    /// Devices that are preferred to it, and do not work.
    passed_over: Vec<(Device, Fault)>,
}

impl Probing {
    /// The device.
    pub fn device(&self) -> Device {
        self.device
    }
}

/// How a worker ended.
#[derive(Debug, Clone, PartialEq)]
pub enum End {
    /// It had nothing to do, or made way for one on a better device.
    Rested,
    /// Its device failed. The work is given back already.
    DeviceFailed(Fault),
    /// It had a scan in hand whose root does not answer.
    RootSilent(Fault),
    /// The store failed, which is no fault of what it had in hand.
    StoreFailed(Fault),
    /// It crashed or was killed.
    Died(Fault),
}

/// Decides when a worker is started, and on which device.
#[derive(Debug)]
pub struct RestartPolicy {
    /// The best first.
    devices: Vec<Device>,
    fallback: Fallback,
    /// How long a device that failed is left alone, at most.
    retry_after: Duration,
    /// Devices that failed at work, why, and until when they are left alone.
    refused: HashMap<Device, (Fault, Instant)>,
    /// The next wait after a death.
    back_off: Duration,
    /// The next wait for a device.
    pause: Duration,
}

impl RestartPolicy {
    /// The policy for a worker (numbers count from 1).
    pub fn new(devices: &Devices, number: u32) -> Self {
        let of_worker = devices.of_worker(number);
        Self::of(of_worker, devices.fallback, devices.retry_after)
    }

    fn of(devices: Vec<Device>, fallback: Fallback, retry_after: Duration) -> Self {
        RestartPolicy {
            devices,
            fallback,
            retry_after,
            refused: HashMap::new(),
            back_off: BACK_OFF.0,
            pause: PAUSE.min(retry_after),
        }
    }

    /// The first step, and the one after a wait.
    pub fn begin(&mut self, now: Instant) -> Step {
        self.choose(Vec::new(), now)
    }

    /// A device was tried.
    pub fn probed(&mut self, probing: Probing, outcome: Result<(), Fault>, now: Instant) -> Step {
        let Probing {
            device,
            mut passed_over,
        } = probing;
        match outcome {
            Ok(()) => self.run(DeviceChoice {
                device,
                passed_over,
            }),
            Err(fault) => {
                passed_over.push((device, fault));
                self.choose(passed_over, now)
            }
        }
    }

    /// The worker ended, having lived for a while.
    pub fn ended(&mut self, choice: DeviceChoice, end: End, lived: Duration, now: Instant) -> Step {
        if lived >= HEALTHY {
            self.back_off = BACK_OFF.0;
        }
        match end {
            End::Rested => Step::Rest(choice),
            End::DeviceFailed(fault) => {
                let until = now + self.retry_after;
                self.refused.insert(choice.device, (fault, until));
                self.begin(now)
            }
            End::RootSilent(_) | End::StoreFailed(_) | End::Died(_) => {
                let wait = self.back_off;
                self.back_off = (wait * 2).min(BACK_OFF.1);
                Step::BackOff(wait)
            }
        }
    }

    /// There is work for a worker that rested.
    pub fn woken(&mut self, choice: DeviceChoice, now: Instant) -> Step {
        match choice.passed_over.is_empty() {
            true => self.run(choice),
            // A better device may work by now.
            false => self.begin(now),
        }
    }

    /// The first device that may work, after those that do not.
    fn choose(&mut self, mut passed_over: Vec<(Device, Fault)>, now: Instant) -> Step {
        while let Some(&device) = self.devices.get(passed_over.len()) {
            if let Some(fault) = self.refusal(device, now) {
                passed_over.push((device, fault));
            } else if device == Device::Cpu {
                // The processor needs no probe.
                return self.run(DeviceChoice {
                    device,
                    passed_over,
                });
            } else {
                return Step::Probe(Probing {
                    device,
                    passed_over,
                });
            }
        }
        let none = NoDevice {
            faults: passed_over,
        };
        match self.fallback {
            Fallback::Cpu => self.run(DeviceChoice {
                device: Device::Cpu,
                passed_over: none.faults,
            }),
            Fallback::Pause => {
                let wait = self.pause;
                self.pause = (wait * 2).min(self.retry_after);
                Step::Pause(none, wait)
            }
            Fallback::Fail => Step::Fail(none),
        }
    }

    fn run(&mut self, choice: DeviceChoice) -> Step {
        self.pause = PAUSE.min(self.retry_after);
        Step::Run(choice)
    }

    /// Why a device is left alone, if it is.
    fn refusal(&self, device: Device, now: Instant) -> Option<Fault> {
        let (fault, until) = self.refused.get(&device)?;
        (now < *until).then(|| fault.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const RETRY_AFTER: Duration = Duration::from_secs(300);

    const GPU: Device = Device::Cuda(0);

    fn policy(devices: &[Device], fallback: Fallback) -> RestartPolicy {
        RestartPolicy::of(devices.to_vec(), fallback, RETRY_AFTER)
    }

    fn fault(text: &str) -> Fault {
        Fault {
            code: "device-refused".to_owned(),
            message: text.to_owned(),
            hint: "Look.".to_owned(),
        }
    }

    fn on(device: Device) -> DeviceChoice {
        DeviceChoice {
            device,
            passed_over: Vec::new(),
        }
    }

    /// The outcome of a probe, which must be the next step.
    fn probe(
        policy: &mut RestartPolicy,
        step: Step,
        expected: Device,
        outcome: Result<(), Fault>,
        now: Instant,
    ) -> Step {
        let Step::Probe(probing) = step else {
            panic!("{step:?} instead of a probe of {expected}");
        };
        assert_eq!(probing.device(), expected);
        policy.probed(probing, outcome, now)
    }

    #[test]
    fn waits_after_deaths_grow_and_health_resets_them() {
        let now = Instant::now();
        let mut policy = policy(&[Device::Cpu], Fallback::Pause);
        let mut wait_after = |lived: Duration| {
            assert_eq!(policy.begin(now), Step::Run(on(Device::Cpu)));
            let end = End::Died(fault("gone"));
            match policy.ended(on(Device::Cpu), end, lived, now) {
                Step::BackOff(wait) => wait.as_secs(),
                other => panic!("{other:?}"),
            }
        };
        let waits: Vec<u64> = (0..8).map(|_| wait_after(SECOND)).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(wait_after(HEALTHY - SECOND), 60);
        assert_eq!(wait_after(HEALTHY), 1);
        assert_eq!(wait_after(SECOND), 2);
    }

    #[test]
    fn rest_does_not_shorten_the_waits_of_a_worker_that_dies_young() {
        let now = Instant::now();
        let mut policy = policy(&[Device::Cpu], Fallback::Pause);
        let mut end = |end| policy.ended(on(Device::Cpu), end, SECOND, now);
        assert_eq!(end(End::Died(fault("gone"))), Step::BackOff(SECOND));
        assert_eq!(end(End::Rested), Step::Rest(on(Device::Cpu)));
        assert_eq!(end(End::Died(fault("gone"))), Step::BackOff(2 * SECOND));
    }

    #[test]
    fn the_first_device_that_works_is_taken_and_the_others_are_told() {
        let now = Instant::now();
        let mut policy = policy(&[GPU, Device::WebGpu, Device::Cpu], Fallback::Pause);
        let step = policy.begin(now);
        let step = probe(&mut policy, step, GPU, Err(fault("cuda:0 is broken")), now);
        let step = probe(&mut policy, step, Device::WebGpu, Ok(()), now);
        let chosen = DeviceChoice {
            device: Device::WebGpu,
            passed_over: vec![(GPU, fault("cuda:0 is broken"))],
        };
        assert_eq!(step, Step::Run(chosen));
    }

    #[test]
    fn a_device_that_fails_at_work_is_left_alone_for_a_while() {
        let start = Instant::now();
        let mut policy = policy(&[GPU, Device::Cpu], Fallback::Pause);
        let lost = fault("cuda:0 fell off the bus");
        let step = policy.ended(on(GPU), End::DeviceFailed(lost.clone()), SECOND, start);
        let instead = DeviceChoice {
            device: Device::Cpu,
            passed_over: vec![(GPU, lost)],
        };
        assert_eq!(step, Step::Run(instead), "not even probed");
        let before = start + RETRY_AFTER - SECOND;
        assert!(matches!(policy.begin(before), Step::Run(_)));
        let step = policy.begin(start + RETRY_AFTER);
        let step = probe(&mut policy, step, GPU, Ok(()), start + RETRY_AFTER);
        assert_eq!(step, Step::Run(on(GPU)));
    }

    #[test]
    fn after_a_rest_the_best_device_is_taken_without_a_probe_and_a_worse_one_is_not() {
        let now = Instant::now();
        let mut policy = policy(&[GPU, Device::Cpu], Fallback::Pause);
        assert_eq!(policy.woken(on(GPU), now), Step::Run(on(GPU)));
        let second = DeviceChoice {
            device: Device::Cpu,
            passed_over: vec![(GPU, fault("cuda:0 is broken"))],
        };
        let step = policy.woken(second, now);
        let step = probe(&mut policy, step, GPU, Ok(()), now);
        assert_eq!(step, Step::Run(on(GPU)));
    }

    #[test]
    fn without_a_device_work_pauses_longer_and_longer() {
        let now = Instant::now();
        let mut policy = policy(&[GPU], Fallback::Pause);
        let mut pause = |outcome: Result<(), Fault>| {
            let step = policy.begin(now);
            match probe(&mut policy, step, GPU, outcome, now) {
                Step::Pause(none, wait) => {
                    assert_eq!(none.faults, [(GPU, fault("broken"))]);
                    Some(wait.as_secs())
                }
                Step::Run(_) => None,
                other => panic!("{other:?}"),
            }
        };
        let waits: Vec<_> = (0..8).filter_map(|_| pause(Err(fault("broken")))).collect();
        assert_eq!(waits, [5, 10, 20, 40, 80, 160, 300, 300]);
        assert_eq!(pause(Ok(())), None);
        assert_eq!(pause(Err(fault("broken"))), Some(5));
    }

    #[test]
    fn no_pause_is_longer_than_the_time_after_which_devices_are_tried_again() {
        let now = Instant::now();
        let mut policy = RestartPolicy::of(vec![GPU], Fallback::Pause, 2 * SECOND);
        for _ in 0..3 {
            let step = policy.begin(now);
            let step = probe(&mut policy, step, GPU, Err(fault("broken")), now);
            assert!(matches!(step, Step::Pause(_, wait) if wait == 2 * SECOND));
        }
    }

    #[test]
    fn only_one_policy_lets_the_processor_take_over_and_it_says_why() {
        let now = Instant::now();
        let broken = |device: Device| fault(&format!("{device} is broken"));
        let devices = [GPU, Device::WebGpu];
        let last_step = |fallback| {
            let mut policy = policy(&devices, fallback);
            let step = policy.begin(now);
            let step = probe(&mut policy, step, GPU, Err(broken(GPU)), now);
            let webgpu = Device::WebGpu;
            probe(&mut policy, step, webgpu, Err(broken(webgpu)), now)
        };
        let Step::Run(choice) = last_step(Fallback::Cpu) else {
            panic!("the processor does not take over")
        };
        assert_eq!(choice.device, Device::Cpu);
        assert_eq!(
            choice.fault().unwrap().message,
            "runs on cpu, because cuda:0 is broken; webgpu is broken"
        );
        for fallback in [Fallback::Pause, Fallback::Fail] {
            let none = match (fallback, last_step(fallback)) {
                (Fallback::Pause, Step::Pause(none, _)) | (Fallback::Fail, Step::Fail(none)) => {
                    none.fault()
                }
                other => panic!("{other:?}"),
            };
            assert_eq!(none.code, "no-device");
            assert!(none.message.contains("webgpu is broken"));
            assert!(none.hint.contains("Look."));
        }
        assert_eq!(on(Device::Cuda(1)).fault(), None);
    }
}
