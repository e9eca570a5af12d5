//! The machine's own speed: how fast it multiplies matrices, and nothing else.

use super::device::Device;
use super::onnx::{Dim, GraphBuilder, Model};
use super::provider::DeviceError;
use super::runtime::{Placement, Runtime, SessionError, SessionOptions};
use super::session::run;
use medicosam_kernels::gemm::{PANEL, pack};
use std::path::Path;
use std::time::Instant;

/// Rows and columns of the matrices.
const SIDE: usize = 2048;

/// Floating-point operations per second of products of matrices of 32-bit floats.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GemmRate {
    /// ONNX Runtime's.
    pub runtime: f64,
    /// That of our own kernels.
    pub kernels: f64,
}

impl GemmRate {
    /// The faster one, which is what the machine can do.
    pub fn best(self) -> f64 {
        self.runtime.max(self.kernels)
    }
}

/// Measures the processor with so many threads (0 for one per core); the best of `runs`, in turn.
pub fn gemm_rate(runtime: &Runtime, threads: usize, runs: usize) -> Result<GemmRate, DeviceError> {
    let refused = |reason: String| DeviceError::Refused {
        device: Device::Cpu,
        reason,
    };
    let folder = tempfile::tempdir().map_err(|e| refused(e.to_string()))?;
    let options = SessionOptions {
        threads,
        ..SessionOptions::default()
    };
    let open = |name: &str, model: Model| {
        let saved = model.save(folder.path(), name);
        saved.map_err(|e| refused(e.to_string()))?;
        let graph: &Path = &folder.path().join(name);
        let session = runtime.session(graph, &options, Placement::Mixed);
        session.map_err(|error| match error {
            SessionError::Device(error) => error,
            SessionError::Mixed(reason) | SessionError::Graph(reason) => refused(reason),
        })
    };
    let mut sessions = [
        open("runtime.onnx", product(false))?,
        open("kernels.onnx", product(true))?,
    ];
    let x = numbers();
    let mut best = [f64::INFINITY; 2];
    // One more, which does not count: it warms up.
    for warm in 0..=runs {
        for (session, best) in sessions.iter_mut().zip(&mut best) {
            let started = Instant::now();
            let result = run(session, &[("x", &[SIDE, SIDE], &x)], ["y"]);
            result.map_err(|e| refused(e.to_string()))?;
            if warm > 0 {
                *best = best.min(started.elapsed().as_secs_f64());
            }
        }
    }
    let [runtime, kernels] = best.map(|seconds| 2.0 * (SIDE as f64).powi(3) / seconds);
    Ok(GemmRate { runtime, kernels })
}

/// x · W with a constant W.
fn product(kernels: bool) -> Model {
    let mut g = GraphBuilder::new("product");
    let shape = [Dim::Fixed(SIDE), Dim::Fixed(SIDE)];
    let x = g.input("x", &shape);
    let weight = numbers();
    let bias = g.constant(&[SIDE], vec![0.0; SIDE]);
    let y = if kernels {
        let packed = pack(SIDE, SIDE, |i, o| weight[o * SIDE + i]).into_flattened();
        let weight = g.constant(&[SIDE / PANEL, SIDE, PANEL], packed);
        g.fused_linear(x, [weight, bias], None, SIDE, false, 0.0)
    } else {
        let weight = g.constant(&[SIDE, SIDE], weight);
        g.linear(x, weight, Some(bias))
    };
    g.output(y, "y", &shape);
    g.finish()
}

/// Of ordinary size: subnormal numbers would be slower.
fn numbers() -> Vec<f32> {
    let number = |n: usize| (n % 1013) as f32 / 1013.0 - 0.5;
    (0..SIDE * SIDE).map(number).collect()
}
