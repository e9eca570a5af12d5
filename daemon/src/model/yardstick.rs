//! The machine's own speed: how fast it multiplies matrices, and nothing else.

use super::device::Device;
use super::onnx::{Dim, GraphBuilder, Model};
use super::provider::DeviceError;
use super::runtime::{Placement, Runtime, SessionError, SessionOptions};
use super::session::run;
use medicosam_kernels::gemm::{PANEL, pack};
use ort::session::Session;
use std::time::Instant;

/// Rows and columns of the matrices.
const SIDE: usize = 2048;

/// Measures the processor's rate of multiplying matrices of 32-bit floats.
#[derive(Debug)]
pub struct Yardstick {
    /// ONNX Runtime's product and that of our own kernels.
    sessions: [Session; 2],
    x: Vec<f32>,
}

/// Floating-point operations per second, of one product each.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GemmRate {
    /// ONNX Runtime's.
    pub runtime: f64,
    /// That of our own kernels.
    pub kernels: f64,
}

impl GemmRate {
    /// The faster one, which is what the machine could do at that time.
    pub fn best(self) -> f64 {
        self.runtime.max(self.kernels)
    }
}

impl Yardstick {
    /// Gets ready to measure with so many threads; 0 for one per core.
    pub fn new(runtime: &Runtime, threads: usize) -> Result<Self, DeviceError> {
        let folder = tempfile::tempdir().map_err(|e| refused(e.to_string()))?;
        let options = SessionOptions {
            threads,
            ..SessionOptions::default()
        };
        let open = |name: &str, model: Model| {
            let saved = model.save(folder.path(), name);
            saved.map_err(|e| refused(e.to_string()))?;
            let session = runtime.session(&folder.path().join(name), &options, Placement::Mixed);
            session.map_err(|error| match error {
                SessionError::Device(error) => error,
                SessionError::Mixed(reason) | SessionError::Graph(reason) => refused(reason),
            })
        };
        let mut yardstick = Yardstick {
            sessions: [
                open("runtime.onnx", product(false))?,
                open("kernels.onnx", product(true))?,
            ],
            x: numbers(),
        };
        // The first does not count: it warms up.
        yardstick.measure()?;
        Ok(yardstick)
    }

    /// Measures once.
    pub fn measure(&mut self) -> Result<GemmRate, DeviceError> {
        let x = self.x.as_slice();
        let mut rates = [0.0; 2];
        for (session, rate) in self.sessions.iter_mut().zip(&mut rates) {
            let started = Instant::now();
            let result = run(session, &[("x", &[SIDE, SIDE], x)], ["y"]);
            result.map_err(|e| refused(e.to_string()))?;
            *rate = 2.0 * (SIDE as f64).powi(3) / started.elapsed().as_secs_f64();
        }
        let [runtime, kernels] = rates;
        Ok(GemmRate { runtime, kernels })
    }
}

fn refused(reason: String) -> DeviceError {
    DeviceError::Refused {
        device: Device::Cpu,
        reason,
    }
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
