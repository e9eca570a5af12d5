//! `[runtime]` and `[device.NAME]`: the devices that models run on.

use super::check::{first_repeated, positive};
use super::error;
use super::fallback::Fallback;
use super::file;
use crate::model::{Device, PROVIDERS, Precision};
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::time::Duration;

/// Devices in order of preference, and their settings.
#[derive(Debug, Clone, PartialEq)]
pub struct Devices {
    /// In order of preference; never empty.
    preferred: Vec<Device>,
    /// Settings by the name of a device or of its provider.
    settings: BTreeMap<String, DeviceSettings>,
    /// What happens when no device works.
    pub fallback: Fallback,
    /// How long a worker without work keeps its models in memory.
    pub keep_alive: Duration,
    /// Longest time between two tries of a device that does not work.
    pub retry_after: Duration,
}

/// Settings of a device. `None` leaves a setting to the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DeviceSettings {
    /// Precision of the encoder.
    pub precision: Option<Precision>,
    /// Slices embedded at once.
    pub batch: Option<NonZeroUsize>,
    /// Most memory of a GPU that a session takes, in bytes.
    pub memory_limit: Option<u64>,
}

impl Devices {
    pub(super) fn check(
        runtime: &file::Runtime,
        settings: BTreeMap<String, file::Device>,
    ) -> Result<Self, String> {
        let preferred: Vec<Device> = match &runtime.devices {
            None => vec![Device::Cpu],
            Some(names) => names
                .iter()
                .map(|name| parse(name))
                .collect::<Result<_, _>>()?,
        };
        if preferred.is_empty() {
            return Err("[runtime] devices is empty; leave it out for the processor".to_owned());
        }
        if let Some(device) = first_repeated(preferred.iter().map(ToString::to_string)) {
            return Err(format!("[runtime] devices names {device} twice"));
        }
        let mut checked = BTreeMap::new();
        for (name, settings) in settings {
            let of = format!("[device.{name:?}]");
            let name = match PROVIDERS.contains(&name.as_str()) {
                true => name,
                false => parse(&name).map_err(|e| format!("{of}: {e}"))?.to_string(),
            };
            let settings = settings.check().map_err(|e| format!("{of}: {e}"))?;
            checked.insert(name, settings);
        }
        Ok(Devices {
            preferred,
            settings: checked,
            fallback: runtime.fallback,
            keep_alive: positive("[runtime] keep_alive", runtime.keep_alive)?,
            retry_after: positive("[runtime] retry_after", runtime.retry_after)?,
        })
    }

    /// The devices in order of preference.
    pub fn preferred(&self) -> &[Device] {
        &self.preferred
    }

    /// The number of workers: one for each NVIDIA GPU, and at least `count`.
    pub(super) fn workers(&self, count: u32) -> u32 {
        count.max(self.gpus().len() as u32)
    }

    /// The devices of a worker (numbered from 1) in order of preference. Each worker has one of the
    /// NVIDIA GPUs, in turn, and shares the other devices.
    pub fn of_worker(&self, number: u32) -> Vec<Device> {
        let gpus = self.gpus();
        let index = number.saturating_sub(1) as usize;
        let own = (!gpus.is_empty()).then(|| gpus[index % gpus.len()]);
        let may = |device: &Device| device.gpu().is_none() || device.gpu() == own;
        self.preferred.iter().copied().filter(may).collect()
    }

    /// The settings of a device; its own take precedence over its provider's.
    pub fn settings(&self, device: Device) -> DeviceSettings {
        let get = |name: &str| self.settings.get(name).copied().unwrap_or_default();
        let (own, shared) = (get(&device.to_string()), get(device.provider()));
        DeviceSettings {
            precision: own.precision.or(shared.precision),
            batch: own.batch.or(shared.batch),
            memory_limit: own.memory_limit.or(shared.memory_limit),
        }
    }

    /// Numbers of the NVIDIA GPUs, in order of preference.
    fn gpus(&self) -> Vec<u32> {
        let mut gpus = Vec::new();
        for gpu in self.preferred.iter().filter_map(|device| device.gpu()) {
            if !gpus.contains(&gpu) {
                gpus.push(gpu);
            }
        }
        gpus
    }
}

fn parse(name: &str) -> Result<Device, String> {
    name.parse().map_err(|e: crate::model::NoSuchDevice| {
        let provider = name.split(':').next().unwrap_or(name);
        let guess = match PROVIDERS.contains(&provider) {
            true => String::new(),
            false => error::did_you_mean(&provider.to_lowercase(), PROVIDERS.into_iter()),
        };
        format!("{e}{guess}")
    })
}

impl file::Device {
    fn check(self) -> Result<DeviceSettings, String> {
        let batch = self.batch.map(|batch| {
            NonZeroUsize::new(batch).ok_or_else(|| "a batch has at least one slice".to_owned())
        });
        Ok(DeviceSettings {
            precision: self.precision,
            batch: batch.transpose()?,
            memory_limit: self.memory_limit.map(|text| bytes(&text)).transpose()?,
        })
    }
}

/// `"8 GiB"`, `"500 MB"` in bytes.
fn bytes(text: &str) -> Result<u64, String> {
    let wrong = || format!("{text:?} is no amount of memory; write for example \"8 GiB\"");
    let digits = text.find(|c: char| c.is_alphabetic()).ok_or_else(wrong)?;
    let (number, unit) = text.split_at(digits);
    let factor: u64 = match unit.trim() {
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return Err(wrong()),
    };
    let number: f64 = number.trim().parse().map_err(|_| wrong())?;
    let bytes = number * factor as f64;
    if bytes >= 1.0 && bytes < u64::MAX as f64 {
        Ok(bytes as u64)
    } else {
        Err(wrong())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn devices(text: &str) -> Result<Devices, String> {
        let path = std::path::Path::new("medicosam.toml");
        let file = file::parse(text, path).map_err(|e| e.to_string())?;
        Devices::check(&file.runtime, file.device)
    }

    fn names(devices: &[Device]) -> Vec<String> {
        devices.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_gpu_has_a_worker_and_all_share_the_rest() {
        let all = devices(
            r#"[runtime]
            devices = ["tensorrt:1", "cuda", "cuda:1", "webgpu", "cpu"]"#,
        )
        .unwrap();
        assert_eq!((all.workers(1), all.workers(4)), (2, 4));
        assert_eq!(
            names(&all.of_worker(1)),
            ["tensorrt:1", "cuda:1", "webgpu", "cpu"]
        );
        assert_eq!(names(&all.of_worker(2)), ["cuda:0", "webgpu", "cpu"]);
        assert_eq!(all.of_worker(3), all.of_worker(1));
        let none = devices("").unwrap();
        assert_eq!((none.workers(1), none.workers(3)), (1, 3));
        assert_eq!(none.of_worker(2), [Device::Cpu]);
        assert_eq!(none.fallback, Fallback::Pause);
        assert_eq!(none.keep_alive, Duration::from_secs(600));
        assert_eq!(none.retry_after, Duration::from_secs(300));
    }

    #[test]
    fn the_settings_of_a_device_go_before_those_of_its_provider() {
        let devices = devices(
            r#"[device.cuda]
            batch = 4
            precision = "f32"
            [device."cuda:1"]
            batch = 8
            memory_limit = "1.5 GiB""#,
        )
        .unwrap();
        let of = |device: &str| devices.settings(device.parse().unwrap());
        assert_eq!(of("cuda:0").batch, NonZeroUsize::new(4));
        assert_eq!(of("cuda:1").batch, NonZeroUsize::new(8));
        assert_eq!(of("cuda:1").precision, Some(Precision::F32));
        assert_eq!(of("cuda:1").memory_limit, Some(3 << 29));
        assert_eq!(of("cpu"), DeviceSettings::default());
    }

    #[test]
    fn mistakes_are_explained() {
        for (text, expected) in [
            ("[runtime]\ndevices = [\"cudda:0\"]", "did you mean `cuda`"),
            ("[runtime]\ndevices = [\"cuda:x\"]", "cuda:0"),
            ("[runtime]\ndevices = []", "empty"),
            ("[runtime]\ndevices = [\"cuda\", \"cuda:0\"]", "twice"),
            ("[runtime]\nfallback = \"gpu\"", "pause"),
            ("[runtime]\nfalback = \"cpu\"", "did you mean `fallback`"),
            ("[runtime]\nkeep_alive = \"0s\"", "keep_alive"),
            ("[runtime]\nretry_after = \"-1s\"", "retry_after"),
            ("[device.cuda]\nbatch = 0", "at least one"),
            ("[device.cuda]\nbach = 1", "did you mean `batch`"),
            ("[device.cuda]\nprecision = \"half\"", "f16"),
            ("[device.gpu]\nbatch = 1", "no device"),
            ("[device.cuda]\nmemory_limit = \"much\"", "GiB"),
            ("[device.cuda]\nmemory_limit = \"-1 GiB\"", "GiB"),
        ] {
            let error = devices(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
