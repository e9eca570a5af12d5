//! Which device a worker runs on.

use crate::config::Fallback;
use crate::model::Device;
use medicosam_shared::case::Fault;

/// The device of a worker, and why it has no better one.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// The device.
    pub device: Device,
    /// What is wrong with those that were preferred.
    pub passed_over: Vec<(Device, Fault)>,
}

/// No device works, and the processor may not take over.
#[derive(Debug, Clone, PartialEq)]
pub struct NoDevice {
    /// What is wrong with each.
    pub faults: Vec<(Device, Fault)>,
}

impl Choice {
    /// What is to be shown if the device is not the preferred one.
    pub fn fault(&self) -> Option<Fault> {
        let (_, first) = self.passed_over.first()?;
        Some(Fault {
            code: "device-fallback".to_owned(),
            message: format!(
                "runs on {}, because {}",
                self.device,
                told(&self.passed_over)
            ),
            hint: first.hint.clone(),
        })
    }
}

impl NoDevice {
    /// What is to be shown.
    pub fn fault(&self) -> Fault {
        Fault {
            code: "no-device".to_owned(),
            message: format!("no device can be used: {}", told(&self.faults)),
            hint: match self.faults.first() {
                Some((_, first)) => {
                    format!("{} `medicosamd probe` tries the devices again.", first.hint)
                }
                None => "Name a device under [runtime] in the configuration.".to_owned(),
            },
        }
    }
}

/// What happens when all devices have failed.
pub fn give_up(fallback: Fallback, faults: Vec<(Device, Fault)>) -> Result<Choice, NoDevice> {
    match fallback {
        Fallback::Cpu => Ok(Choice {
            device: Device::Cpu,
            passed_over: faults,
        }),
        Fallback::Pause | Fallback::Fail => Err(NoDevice { faults }),
    }
}

fn told(faults: &[(Device, Fault)]) -> String {
    let messages: Vec<&str> = faults.iter().map(|(_, f)| f.message.as_str()).collect();
    messages.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_policy_lets_the_processor_take_over_and_it_says_why() {
        let fault = |text: &str| Fault {
            code: "device-refused".to_owned(),
            message: text.to_owned(),
            hint: "Look.".to_owned(),
        };
        let faults = vec![
            (Device::Cuda(0), fault("cuda:0 is broken")),
            (Device::WebGpu, fault("webgpu is broken")),
        ];
        let choice = give_up(Fallback::Cpu, faults.clone()).unwrap();
        assert_eq!(choice.device, Device::Cpu);
        assert_eq!(
            choice.fault().unwrap().message,
            "runs on cpu, because cuda:0 is broken; webgpu is broken"
        );
        for fallback in [Fallback::Pause, Fallback::Fail] {
            let none = give_up(fallback, faults.clone()).unwrap_err().fault();
            assert_eq!(none.code, "no-device");
            assert!(none.message.contains("webgpu is broken"));
            assert!(none.hint.contains("Look."));
        }
        let good = Choice {
            device: Device::Cuda(1),
            passed_over: vec![],
        };
        assert_eq!(good.fault(), None);
    }
}
