//! Execution providers: how ONNX Runtime is told to use a device.

use super::device::{Device, OpenVinoUnit, Precision, SessionOptions};
use ort::ep::{ArenaExtendStrategy, CUDA, ExecutionProvider, OpenVINO, TensorRT, WebGPU};
use ort::session::builder::SessionBuilder;
use std::path::Path;

/// Why a device cannot be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum DeviceError {
    /// The runtime was built without it.
    #[error("{device} cannot be used, because this ONNX Runtime was built without it: {reason}")]
    NotBuiltIn {
        /// The device.
        device: Device,
        /// The runtime's message.
        reason: String,
    },
    /// A library that the device needs cannot be loaded.
    #[error("{device} cannot be used, because a library cannot be loaded: {reason}")]
    LibraryMissing {
        /// The device.
        device: Device,
        /// The runtime's message.
        reason: String,
    },
    /// The device is not there, its driver refuses, or it cannot run the graph.
    #[error("{device} cannot be used: {reason}")]
    Refused {
        /// The device.
        device: Device,
        /// The runtime's message.
        reason: String,
    },
    /// Its memory is too small, or in use.
    #[error("the memory of {device} is full: {reason}")]
    OutOfMemory {
        /// The device.
        device: Device,
        /// The runtime's message.
        reason: String,
    },
    /// Its results differ from the processor's.
    #[error(
        "{device} computes wrong numbers: they differ from the processor's by {difference:.1e} of \
         the largest, and {allowed:.0e} is allowed"
    )]
    WrongNumbers {
        /// The device.
        device: Device,
        /// Largest difference, as a fraction of the largest number.
        difference: f32,
        /// The limit.
        allowed: f32,
    },
}

impl DeviceError {
    /// The meaning of a failure of the runtime on a device, by its message.
    pub(super) fn from_runtime(device: Device, reason: &str) -> Self {
        let reason = without_origin(reason).trim().to_owned();
        let says = |words: &str| reason.contains(words);
        if is_out_of_memory(&reason) {
            DeviceError::OutOfMemory { device, reason }
        } else if says("is not enabled in this build")
            || says("execution provider is not supported")
        {
            DeviceError::NotBuiltIn { device, reason }
        } else if says("Failed to load library") || says("cannot open shared object file") {
            DeviceError::LibraryMissing { device, reason }
        } else {
            DeviceError::Refused { device, reason }
        }
    }

    /// A stable name of the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            DeviceError::NotBuiltIn { .. } => "device-not-built-in",
            DeviceError::LibraryMissing { .. } => "device-library-missing",
            DeviceError::Refused { .. } => "device-refused",
            DeviceError::OutOfMemory { .. } => "device-out-of-memory",
            DeviceError::WrongNumbers { .. } => "device-wrong-numbers",
        }
    }

    /// The device.
    pub fn device(&self) -> Device {
        match *self {
            DeviceError::NotBuiltIn { device, .. }
            | DeviceError::LibraryMissing { device, .. }
            | DeviceError::Refused { device, .. }
            | DeviceError::OutOfMemory { device, .. }
            | DeviceError::WrongNumbers { device, .. } => device,
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        let nvidia = self.device().gpu().is_some();
        match self {
            DeviceError::NotBuiltIn { .. } if nvidia => {
                "Fetch the runtime for NVIDIA GPUs with `medicosamd setup --gpu`, and see that \
                 [runtime] names no other library."
            }
            DeviceError::NotBuiltIn { .. } => {
                "Name a build of ONNX Runtime that has it as [runtime] library; docs/server.md says \
                 where to get one."
            }
            DeviceError::LibraryMissing { .. } if nvidia => {
                "The GPU runtime needs CUDA 13 and cuDNN 9 (TensorRT 10 too, for tensorrt): install \
                 them, and let the daemon find them (LD_LIBRARY_PATH or ldconfig)."
            }
            DeviceError::LibraryMissing { .. } => {
                "Install the library, and let the daemon find it (LD_LIBRARY_PATH or ldconfig)."
            }
            DeviceError::Refused { .. } if nvidia => {
                "See whether `nvidia-smi` lists this GPU for the daemon's user, and whether the \
                 driver is new enough for CUDA 13."
            }
            DeviceError::Refused { .. } => {
                "See whether the device's driver is installed and the daemon's user may use it."
            }
            DeviceError::OutOfMemory { .. } => {
                "Stop other programs that use the device, or set a smaller batch or precision = \"f16\" for it \
                 in the configuration."
            }
            DeviceError::WrongNumbers { .. } => {
                "Update the device's driver or the runtime; until then take the device out of the \
                 configuration."
            }
        }
    }
}

/// The runtime's words without the place in its source that they come from.
fn without_origin(reason: &str) -> &str {
    let Some((_, rest)) = reason.rsplit_once("[ONNXRuntimeError] : ") else {
        return reason;
    };
    // The rest begins with a number and a name of the kind of error.
    rest.splitn(3, " : ").last().unwrap_or(rest)
}

/// Whether a failure of the runtime means that memory ran out, on any device.
pub(super) fn is_out_of_memory(reason: &str) -> bool {
    // From CUDA, cuBLAS, cuDNN, the runtime's arena, TensorRT, Dawn (WebGPU) and Vulkan, and the
    // C++ library. A buffer beyond what a WebGPU adapter allows is a batch too large, too.
    const SAYINGS: [&str; 13] = [
        "out of memory",
        "outofmemory",
        "out_of_memory",
        "out_of_device_memory",
        "out_of_host_memory",
        "cudaerrormemoryallocation",
        "cublas_status_alloc_failed",
        "cudnn_status_alloc_failed",
        "device_allocation_failed",
        "failed to allocate memory",
        "available memory of",
        "bad_alloc",
        "exceeds the max buffer size",
    ];
    let reason = reason.to_lowercase();
    SAYINGS.iter().any(|saying| reason.contains(saying))
}

/// Whether a session was refused because some of its nodes would run on the processor.
pub(super) fn is_fallback_refused(reason: &str) -> bool {
    reason.contains("fallback to CPU EP")
}

/// Adds a device to a session's options. `graph` is the file that will be loaded: compiled engines
/// are kept beside it, and go with it when the model is installed again.
pub(super) fn register(
    builder: &mut SessionBuilder,
    options: &SessionOptions,
    graph: &Path,
) -> Result<(), DeviceError> {
    let half = options.precision == Precision::F16;
    let registered = match options.device {
        Device::Cpu => Ok(()),
        Device::Cuda(number) => cuda(number, options).register(builder),
        Device::TensorRt(number) => {
            let mut tensorrt = TensorRT::default()
                .with_device_id(number.cast_signed())
                .with_fp16(half)
                .with_layer_norm_fp32_fallback(true);
            if let Some(folder) = graph.parent() {
                let engines = folder.join("engines").to_string_lossy().into_owned();
                tensorrt = tensorrt
                    .with_engine_cache(true)
                    .with_engine_cache_path(&engines)
                    .with_timing_cache(true)
                    .with_timing_cache_path(engines);
            }
            // What TensorRT cannot compile stays on the same GPU.
            tensorrt
                .register(builder)
                .and_then(|()| cuda(number, options).register(builder))
        }
        Device::OpenVino(unit) => openvino(unit, options).register(builder),
        Device::WebGpu => WebGPU::default().register(builder),
    };
    registered.map_err(|e| DeviceError::from_runtime(options.device, &e.to_string()))
}

fn cuda(number: u32, options: &SessionOptions) -> CUDA {
    let cuda = CUDA::default()
        .with_device_id(number.cast_signed())
        // The other strategy doubles the memory each time, and starves other users of the GPU.
        .with_arena_extend_strategy(ArenaExtendStrategy::SameAsRequested)
        // Rounds products to 10 bits: good enough for a graph in half precision only.
        .with_tf32(options.precision == Precision::F16);
    match options.memory_limit {
        Some(bytes) => cuda.with_memory_limit(usize::try_from(bytes).unwrap_or(usize::MAX)),
        None => cuda,
    }
}

fn openvino(unit: OpenVinoUnit, options: &SessionOptions) -> OpenVINO {
    let openvino = OpenVINO::default();
    let on_graphics = |name: String| {
        // OpenVINO would choose half precision by itself.
        let precision = match options.precision {
            Precision::F16 => "FP16",
            Precision::F32 => "ACCURACY",
        };
        OpenVINO::default()
            .with_device_type(name)
            .with_precision(precision)
    };
    match unit {
        OpenVinoUnit::Cpu if options.threads > 0 => openvino
            .with_device_type("CPU")
            .with_num_threads(options.threads),
        OpenVinoUnit::Cpu => openvino.with_device_type("CPU"),
        OpenVinoUnit::Gpu(number) => on_graphics(format!("GPU.{number}")),
        OpenVinoUnit::Npu => on_graphics("NPU".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_runtime_says_of_a_device_is_told_apart() {
        // As ONNX Runtime 1.27 to 1.32 and the drivers under it write them.
        for (reason, code) in [
            (
                "CUDA execution provider is not enabled in this build. ",
                "device-not-built-in",
            ),
            (
                "/onnxruntime_src/onnxruntime/core/session/provider_bridge_ort.cc:2043 \
                 onnxruntime::Provider& onnxruntime::ProviderLibrary::Get() [ONNXRuntimeError] : 1 : \
                 FAIL : Failed to load library libonnxruntime_providers_cuda.so with error: \
                 libcublasLt.so.13: cannot open shared object file",
                "device-library-missing",
            ),
            (
                "CUDA failure 100: no CUDA-capable device is detected ; GPU=-1",
                "device-refused",
            ),
            ("Failed to get a WebGPU adapter", "device-refused"),
            (
                "BFCArena::AllocateRawInternal Failed to allocate memory for requested buffer of \
                 size 3221225472",
                "device-out-of-memory",
            ),
            (
                "BFCArena::AllocateRawInternal Available memory of 1048576 is smaller than requested \
                 bytes of 4194304",
                "device-out-of-memory",
            ),
            (
                "CUDA failure 2: out of memory ; GPU=0 ; expr=cudaMalloc((void**)&p, size)",
                "device-out-of-memory",
            ),
            (
                "CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED ; GPU=0",
                "device-out-of-memory",
            ),
            ("std::bad_alloc", "device-out-of-memory"),
            ("VK_ERROR_OUT_OF_DEVICE_MEMORY", "device-out-of-memory"),
        ] {
            let error = DeviceError::from_runtime(Device::Cuda(0), reason);
            assert_eq!(error.code(), code, "{reason}");
            let text = error.to_string();
            assert!(text.contains("cuda:0") && !text.contains("_src"), "{text}");
            assert!(!error.hint().is_empty());
        }
    }
}
