//! The devices that a model can run on, and how it uses them.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A device, as the configuration names it and as results record it.
///
/// The text form is `cpu`, `cuda:0`, `tensorrt:0`, `openvino:cpu`, `openvino:gpu.0`,
/// `openvino:npu` or `webgpu`; a number may be left out when it is 0, and `openvino` alone is the
/// processor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Device {
    /// The processor.
    Cpu,
    /// An NVIDIA GPU, by CUDA's number.
    Cuda(u32),
    /// An NVIDIA GPU with graphs compiled by TensorRT.
    TensorRt(u32),
    /// One of OpenVINO's devices.
    OpenVino(OpenVinoUnit),
    /// The first GPU of the system's Vulkan (or Metal, or Direct3D).
    WebGpu,
}

/// A device of OpenVINO.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OpenVinoUnit {
    /// The processor.
    Cpu,
    /// An Intel GPU.
    Gpu(u32),
    /// An Intel NPU.
    Npu,
}

/// How exactly the encoder computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// Numbers of 32 bits.
    F32,
    /// Numbers of 16 bits, where the model has a graph for them; its norms and sums in 32.
    F16,
}

impl Precision {
    /// The name in results and in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Precision::F32 => "f32",
            Precision::F16 => "f16",
        }
    }
}

/// Names of the providers, for help and guesses.
pub const PROVIDERS: [&str; 5] = ["cpu", "cuda", "tensorrt", "openvino", "webgpu"];

/// A text that names no device.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is no device; devices are cpu, cuda:0, tensorrt:0, openvino:cpu, openvino:gpu.0, \
     openvino:npu and webgpu"
)]
pub struct NoSuchDevice {
    /// The text.
    pub text: String,
}

impl Device {
    /// What drives it: one of [`PROVIDERS`].
    pub fn provider(self) -> &'static str {
        match self {
            Device::Cpu => "cpu",
            Device::Cuda(_) => "cuda",
            Device::TensorRt(_) => "tensorrt",
            Device::OpenVino(_) => "openvino",
            Device::WebGpu => "webgpu",
        }
    }

    /// The number of the NVIDIA GPU, if it is one.
    pub fn gpu(self) -> Option<u32> {
        match self {
            Device::Cuda(number) | Device::TensorRt(number) => Some(number),
            Device::Cpu | Device::OpenVino(_) | Device::WebGpu => None,
        }
    }

    /// The precision that it is best at.
    pub fn best_precision(self) -> Precision {
        match self.gpu() {
            Some(_) => Precision::F16,
            None => Precision::F32,
        }
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Device::Cpu | Device::WebGpu => f.write_str(self.provider()),
            Device::Cuda(number) | Device::TensorRt(number) => {
                write!(f, "{}:{number}", self.provider())
            }
            Device::OpenVino(OpenVinoUnit::Cpu) => f.write_str("openvino:cpu"),
            Device::OpenVino(OpenVinoUnit::Gpu(number)) => write!(f, "openvino:gpu.{number}"),
            Device::OpenVino(OpenVinoUnit::Npu) => f.write_str("openvino:npu"),
        }
    }
}

impl FromStr for Device {
    type Err = NoSuchDevice;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || NoSuchDevice {
            text: text.to_owned(),
        };
        let number = |digits: &str| digits.parse::<u32>().map_err(|_| wrong());
        let (provider, unit) = match text.split_once(':') {
            Some((provider, unit)) => (provider, Some(unit)),
            None => (text, None),
        };
        match (provider, unit) {
            ("cpu", None) => Ok(Device::Cpu),
            ("webgpu", None) => Ok(Device::WebGpu),
            ("cuda", unit) => Ok(Device::Cuda(number(unit.unwrap_or("0"))?)),
            ("tensorrt", unit) => Ok(Device::TensorRt(number(unit.unwrap_or("0"))?)),
            ("openvino", None | Some("cpu")) => Ok(Device::OpenVino(OpenVinoUnit::Cpu)),
            ("openvino", Some("npu")) => Ok(Device::OpenVino(OpenVinoUnit::Npu)),
            ("openvino", Some("gpu")) => Ok(Device::OpenVino(OpenVinoUnit::Gpu(0))),
            ("openvino", Some(unit)) => {
                let digits = unit.strip_prefix("gpu.").ok_or_else(wrong)?;
                Ok(Device::OpenVino(OpenVinoUnit::Gpu(number(digits)?)))
            }
            _ => Err(wrong()),
        }
    }
}

impl TryFrom<String> for Device {
    type Error = NoSuchDevice;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Device> for String {
    fn from(device: Device) -> Self {
        device.to_string()
    }
}

/// How sessions use the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionOptions {
    /// Threads that share the work of one run; 0 for one per core.
    pub threads: usize,
    /// Whether memory is kept between runs, which is faster, or returned to the system.
    pub keep_memory: bool,
    /// Where the graphs run: there, or it is an error. Never on another device.
    pub device: Device,
    /// Which of a model's encoders is used.
    pub precision: Precision,
    /// Slices that are embedded at once, at most; at least 1.
    pub batch: usize,
    /// Whether the processor runs the encoder in operators of our own, where the model has such a
    /// graph.
    pub kernels: bool,
    /// Most memory of a GPU that each session takes, in bytes.
    pub memory_limit: Option<u64>,
}

impl Default for SessionOptions {
    /// All cores; memory is kept.
    fn default() -> Self {
        SessionOptions {
            threads: 0,
            keep_memory: true,
            device: Device::Cpu,
            precision: Precision::F32,
            batch: 1,
            kernels: true,
            memory_limit: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back_as_they_are_written() {
        for (text, canonical) in [
            ("cpu", "cpu"),
            ("cuda", "cuda:0"),
            ("cuda:3", "cuda:3"),
            ("tensorrt:1", "tensorrt:1"),
            ("openvino", "openvino:cpu"),
            ("openvino:gpu", "openvino:gpu.0"),
            ("openvino:gpu.2", "openvino:gpu.2"),
            ("openvino:npu", "openvino:npu"),
            ("webgpu", "webgpu"),
        ] {
            let device: Device = text.parse().unwrap();
            assert_eq!(device.to_string(), canonical);
            assert_eq!(canonical.parse(), Ok(device));
        }
        for text in [
            "",
            "gpu",
            "cuda:",
            "cuda:-1",
            "cuda:x",
            "cpu:0",
            "webgpu:1",
            "openvino:gpu.",
            "CUDA",
        ] {
            assert!(text.parse::<Device>().is_err(), "{text}");
        }
    }
}
