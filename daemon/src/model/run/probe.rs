//! Proves that a device computes, and computes right: a small graph of the operators that encoders
//! are made of, on the device and on the processor.
//!
//! A device's library can crash the process that tries it, so this belongs in a process of its own.

use super::device::{Device, SessionOptions};
use super::provider::DeviceError;
use super::runtime::{Placement, Runtime, SessionError};
use super::session::run;
use crate::model::graph::BATCH;
use crate::model::onnx::{Conv, Dim, GraphBuilder, Model};
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::time::Instant;

/// Largest difference to the processor's numbers that is allowed, as a fraction of the largest.
const TOLERANCE: f32 = 1e-3;

/// The measurements of a probe.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProbeReport {
    /// The device.
    pub device: Device,
    /// Version of the runtime.
    pub runtime: String,
    /// Milliseconds to get ready: the driver, and the first run.
    pub first_ms: f64,
    /// Milliseconds of one more run.
    pub run_ms: f64,
    /// Milliseconds of the same on the processor.
    pub cpu_ms: f64,
    /// Largest difference to the processor's numbers, as a fraction of the largest.
    pub difference: f32,
}

/// Side of the probe's picture, in pixels.
const SIDE: usize = 64;
/// Channels of its features.
const CHANNELS: usize = 32;
const GRAPH: &str = "probe.onnx";
const INPUT: &str = "image";
const OUTPUT: &str = "features";

/// Runs the probe on a device. All of it runs there, or it is an error.
pub fn probe(runtime: &Runtime, options: &SessionOptions) -> Result<ProbeReport, DeviceError> {
    let device = options.device;
    let refused = |error: String| DeviceError::Refused {
        device,
        reason: format!("the graph of the probe cannot be written: {error}"),
    };
    let folder = tempfile::tempdir().map_err(|e| refused(e.to_string()))?;
    let saved = graph().save(folder.path(), GRAPH);
    saved.map_err(|e| refused(e.to_string()))?;
    let graph = folder.path().join(GRAPH);
    let on = |options: &SessionOptions| measure(runtime, &graph, options);
    let on_cpu = on(&SessionOptions {
        threads: options.threads,
        ..SessionOptions::default()
    })?;
    let options = SessionOptions {
        batch: 1,
        ..*options
    };
    let on_device = on(&options)?;
    let difference = difference(&on_device.values, &on_cpu.values);
    if difference.is_nan() || difference > TOLERANCE {
        return Err(DeviceError::WrongNumbers {
            device,
            difference,
            allowed: TOLERANCE,
        });
    }
    Ok(ProbeReport {
        device,
        runtime: runtime.version().to_owned(),
        first_ms: on_device.first_ms,
        run_ms: on_device.run_ms,
        cpu_ms: on_cpu.run_ms,
        difference,
    })
}

struct Measured {
    values: Vec<f32>,
    first_ms: f64,
    run_ms: f64,
}

fn measure(
    runtime: &Runtime,
    graph: &Path,
    options: &SessionOptions,
) -> Result<Measured, DeviceError> {
    let device = options.device;
    let started = Instant::now();
    let session = runtime.session(graph, options, Placement::Strict);
    let mut session = session.map_err(|error| match error {
        SessionError::Device(error) => error,
        SessionError::Mixed(reason) | SessionError::Graph(reason) => {
            DeviceError::Refused { device, reason }
        }
    })?;
    let image = numbers(3 * SIDE * SIDE, 1);
    let mut run_once = || {
        let input = (INPUT, &[1, 3, SIDE, SIDE][..], image.as_slice());
        run(&mut session, &[input], [OUTPUT])
            .map_err(|e| DeviceError::from_runtime(device, &e.to_string()))
    };
    run_once()?;
    let first_ms = started.elapsed().as_secs_f64() * 1e3;
    let started = Instant::now();
    let [values] = run_once()?;
    Ok(Measured {
        values,
        first_ms,
        run_ms: started.elapsed().as_secs_f64() * 1e3,
    })
}

/// Patches → one block of attention and one of a perceptron, each with its norm → a map.
fn graph() -> Model {
    let (patch, grid) = (8, SIDE / 8);
    let mut g = GraphBuilder::new("probe");
    let image = g.input(INPUT, &planes(3, SIDE));
    let mut seed = 1;
    let mut weights = |g: &mut GraphBuilder, shape: &[usize]| {
        seed += 1;
        // Of a size that keeps numbers between layers near 1.
        let fan_in: usize = shape[1..].iter().product();
        let scale = (3.0 / fan_in as f32).sqrt();
        let count = shape.iter().product();
        let values = numbers(count, seed).into_iter().map(|v| v * scale);
        g.constant(shape, values.collect())
    };
    let (channels, tokens) = (CHANNELS as i64, (grid * grid) as i64);
    let weight = weights(&mut g, &[CHANNELS, 3, patch, patch]);
    let patches = Conv {
        kernel: patch,
        stride: patch,
        pad: 0,
        groups: 1,
    };
    let x = g.conv(image, weight, None, patches);
    let x = g.reshape(x, &[1, channels, tokens]);
    let x = g.transpose(x, &[0, 2, 1]);
    let ones = g.constant(&[CHANNELS], vec![1.0; CHANNELS]);
    let zeros = g.constant(&[CHANNELS], vec![0.0; CHANNELS]);

    let normed = g.layer_norm(x, ones, zeros, 1e-6);
    let [query, key, value] = [(); 3].map(|()| {
        let weight = weights(&mut g, &[CHANNELS, CHANNELS]);
        g.matmul(normed, weight)
    });
    let key = g.transpose(key, &[0, 2, 1]);
    let scores = g.matmul(query, key);
    let scale = g.scalar((CHANNELS as f32).powf(-0.5));
    let scores = g.mul(scores, scale);
    let attention = g.softmax(scores);
    let attended = g.matmul(attention, value);
    let x = g.add(x, attended);

    let normed = g.layer_norm(x, ones, zeros, 1e-6);
    let weight = weights(&mut g, &[CHANNELS, CHANNELS]);
    let hidden = g.matmul(normed, weight);
    let hidden = g.gelu(hidden);
    let x = g.add(x, hidden);
    let x = g.transpose(x, &[0, 2, 1]);
    let x = g.reshape(x, &[1, channels, grid as i64, grid as i64]);
    let weight = weights(&mut g, &[CHANNELS, CHANNELS, 3, 3]);
    let neck = Conv {
        kernel: 3,
        stride: 1,
        pad: 1,
        groups: 1,
    };
    let x = g.conv(x, weight, None, neck);
    g.output(x, OUTPUT, &planes(CHANNELS, grid));
    g.finish()
}

/// (batch, channels, side, side)
fn planes(channels: usize, side: usize) -> [Dim; 4] {
    let side = Dim::Fixed(side);
    [Dim::Named(BATCH), Dim::Fixed(channels), side, side]
}

/// Numbers from −1 to 1 that look random and are always the same.
fn numbers(count: usize, seed: u32) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9) | 1;
    let next = || {
        // xorshift32, Marsaglia 2003
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as f32 / u32::MAX as f32 * 2.0 - 1.0
    };
    std::iter::repeat_with(next).take(count).collect()
}

/// Largest difference, as a fraction of the largest number that is expected; NaN if there is one.
fn difference(found: &[f32], expected: &[f32]) -> f32 {
    let largest = expected
        .iter()
        .fold(f32::MIN_POSITIVE, |m, v| m.max(v.abs()));
    let pairs = found.iter().zip(expected);
    let worst = pairs.fold(0.0f32, |worst, (a, b)| {
        let distance = (a - b).abs();
        if distance.is_nan() || distance > worst {
            distance
        } else {
            worst
        }
    });
    if found.len() == expected.len() {
        worst / largest
    } else {
        f32::NAN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_numbers_are_noticed_nan_among_them() {
        assert_eq!(difference(&[1.0, -2.0], &[1.0, -2.0]), 0.0);
        assert_eq!(difference(&[1.0, -1.0], &[1.0, -2.0]), 0.5);
        assert!(difference(&[f32::NAN, -2.0], &[1.0, -2.0]).is_nan());
        assert!(difference(&[1.0], &[1.0, -2.0]).is_nan());
        let numbers = numbers(1000, 3);
        assert!(numbers.iter().all(|v| v.abs() <= 1.0));
        assert!(numbers.iter().sum::<f32>().abs() < 100.0);
    }
}
