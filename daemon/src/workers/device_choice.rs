//! Which device a worker runs on.

use crate::model::Device;
use medicosam_shared::case::Fault;

/// The device of a worker, and why it has no better one.
#[derive(Debug, Clone, PartialEq)]
pub struct DeviceChoice {
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

impl DeviceChoice {
    /// What to show if the device is not the preferred one.
    pub fn fault(&self) -> Option<Fault> {
        let (_, first) = self.passed_over.first()?;
        Some(Fault {
            code: "device-fallback".to_owned(),
            message: format!(
                "runs on {}, because {}",
                self.device,
                messages(&self.passed_over)
            ),
            hint: first.hint.clone(),
        })
    }
}

impl NoDevice {
    /// What to show.
    pub fn fault(&self) -> Fault {
        Fault {
            code: "no-device".to_owned(),
            message: format!("no device can be used: {}", messages(&self.faults)),
            hint: match self.faults.first() {
                Some((_, first)) => {
                    format!("{} `medicosamd probe` tries the devices again.", first.hint)
                }
                None => "Name a device under [runtime] in the configuration.".to_owned(),
            },
        }
    }
}

fn messages(faults: &[(Device, Fault)]) -> String {
    let all: Vec<&str> = faults.iter().map(|(_, f)| f.message.as_str()).collect();
    all.join("; ")
}
