//! The machine's own speed: how fast it multiplies matrices, and nothing else.

use super::device::{Device, SessionOptions};
use super::provider::DeviceError;
use super::runtime::{Placement, Runtime, SessionError};
use super::session::run;
use crate::model::onnx::{Dim, GraphBuilder, Model};
use medicosam_kernels::gemm::{PANEL, pack};
use ort::session::Session;
use std::time::Instant;

/// Rows of the first matrix, columns of it, and columns of the second: those of the largest layers
/// of ViT-B, a shape at which libraries of linear algebra are about as fast as they get.
const SHAPE: [usize; 3] = [4096, 768, 3072];

/// Products per measurement; the fastest counts.
const REPEATS: usize = 3;

/// Measures the processor's rate of multiplying matrices of 32-bit floats.
#[derive(Debug)]
pub struct Yardstick {
    /// ONNX Runtime's product and that of our own kernels.
    sessions: [Session; 2],
    x: Vec<f32>,
}

/// Floating-point operations per second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GemmRate {
    /// ONNX Runtime's.
    pub runtime: f64,
    /// That of our own kernels.
    pub kernels: f64,
}

impl GemmRate {
    /// The faster one: the machine's capability at that time.
    pub fn best(self) -> f64 {
        self.runtime.max(self.kernels)
    }
}

impl Yardstick {
    /// Gets ready to measure with this many threads; 0 for one per core.
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
            x: numbers(SHAPE[0] * SHAPE[1]),
        };
        // The first does not count: it warms up.
        yardstick.measure()?;
        Ok(yardstick)
    }

    /// Measures both, in turn.
    pub fn measure(&mut self) -> Result<GemmRate, DeviceError> {
        let x = self.x.as_slice();
        let mut rates = [0.0; 2];
        let turns = (0..REPEATS * rates.len()).map(|turn| turn % rates.len());
        for turn in turns.collect::<Vec<_>>() {
            let (session, rate) = (&mut self.sessions[turn], &mut rates[turn]);
            let started = Instant::now();
            let result = run(session, &[("x", &SHAPE[..2], x)], ["y"]);
            result.map_err(|e| refused(e.to_string()))?;
            let operations = 2.0 * SHAPE.map(|n| n as f64).iter().product::<f64>();
            *rate = f64::max(*rate, operations / started.elapsed().as_secs_f64());
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
    let [rows, inner, columns] = SHAPE;
    let mut g = GraphBuilder::new("product");
    let x = g.input("x", &[Dim::Fixed(rows), Dim::Fixed(inner)]);
    let weight = numbers(columns * inner);
    let bias = g.constant(&[columns], vec![0.0; columns]);
    let y = if kernels {
        let packed = pack(inner, columns, |i, o| weight[o * inner + i]).into_flattened();
        let weight = g.constant(&[columns / PANEL, inner, PANEL], packed);
        g.fused_linear(x, [weight, bias], None, columns, false, 0.0)
    } else {
        let weight = g.constant(&[columns, inner], weight);
        g.linear(x, weight, Some(bias))
    };
    // One row is handed out: making and copying 50 MB takes a third as long as the product.
    let row = g.slice(y, &[0], &[0], &[1]);
    g.output(row, "y", &[Dim::Fixed(1), Dim::Fixed(columns)]);
    g.finish()
}

/// Of ordinary size: subnormal numbers would be slower.
fn numbers(count: usize) -> Vec<f32> {
    let number = |n: usize| (n % 1013) as f32 / 1013.0 - 0.5;
    (0..count).map(number).collect()
}
