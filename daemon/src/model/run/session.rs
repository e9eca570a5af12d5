//! One graph of a model in ONNX Runtime.

use super::device::{Device, SessionOptions};
use super::error::{Part, SamError};
use super::provider::{DeviceError, is_out_of_memory};
use super::runtime::{Placement, Runtime, SessionError};
use ort::session::{Session, SessionInputValue};
use ort::value::TensorRef;
use std::borrow::Cow;
use std::path::PathBuf;

/// An input of a run: name, shape, numbers (row-major).
pub type Input<'a> = (&'a str, &'a [usize], &'a [f32]);

/// A graph that is loaded when it is first run.
#[derive(Debug)]
pub struct GraphSession {
    part: Part,
    model: String,
    path: PathBuf,
    runtime: Runtime,
    options: SessionOptions,
    loaded: Option<Loaded>,
    /// Why the device cannot be used any more.
    lost: Option<DeviceError>,
}

#[derive(Debug)]
struct Loaded {
    session: Session,
    /// Whether the processor may run some of its nodes.
    mixed: bool,
}

impl GraphSession {
    /// What runs it.
    pub fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// Fails if the file cannot be read; its content is looked at when it is first run.
    pub fn open(
        part: Part,
        model: &str,
        path: PathBuf,
        runtime: &Runtime,
        options: &SessionOptions,
    ) -> Result<Self, SamError> {
        let graph = GraphSession {
            part,
            model: model.to_owned(),
            path,
            runtime: runtime.clone(),
            options: *options,
            loaded: None,
            lost: None,
        };
        match std::fs::File::open(&graph.path) {
            Ok(_) => Ok(graph),
            Err(error) => Err(graph.load_error(error.to_string())),
        }
    }

    /// The same graph for batches of another size, not loaded.
    pub fn with_batch(&self, batch: usize) -> Self {
        GraphSession {
            part: self.part,
            model: self.model.clone(),
            path: self.path.clone(),
            runtime: self.runtime.clone(),
            options: SessionOptions {
                batch,
                ..self.options
            },
            loaded: None,
            lost: None,
        }
    }

    /// Slices that go through it at once.
    pub fn batch(&self) -> usize {
        self.options.batch
    }

    /// The device that it runs on, once it is loaded.
    pub fn device(&self) -> Option<Device> {
        self.loaded.as_ref().map(|_| self.options.device)
    }

    /// Why the device cannot be used any more, if it cannot.
    pub fn lost_device(&self) -> Option<&DeviceError> {
        self.lost.as_ref()
    }

    /// Whether the processor runs nodes that the device cannot.
    pub fn is_mixed(&self) -> bool {
        self.loaded.as_ref().is_some_and(|loaded| loaded.mixed)
    }

    /// Gives back its memory until it is run again.
    pub fn unload(&mut self) {
        self.loaded = None;
    }

    /// Runs the graph and returns the named outputs, row-major. Their numbers are finite.
    pub fn run<const N: usize>(
        &mut self,
        inputs: &[Input<'_>],
        outputs: [&str; N],
    ) -> Result<[Vec<f32>; N], SamError> {
        let mut loaded = self.load()?;
        let result = run(&mut loaded.session, inputs, outputs);
        self.loaded = Some(loaded);
        let results = match result {
            Ok(results) => results,
            Err(error) => return Err(self.run_error(error.to_string())),
        };
        if results.iter().flatten().any(|v| !v.is_finite()) {
            return Err(self.bad_result("numbers that are not finite"));
        }
        Ok(results)
    }

    /// The error that says that this graph gave something useless.
    pub fn bad_result(&self, what: impl Into<String>) -> SamError {
        SamError::BadResult {
            part: self.part,
            model: self.model.clone(),
            what: what.into(),
        }
    }

    fn load(&mut self) -> Result<Loaded, SamError> {
        if let Some(loaded) = self.loaded.take() {
            return Ok(loaded);
        }
        let make = |placement| self.runtime.session(&self.path, &self.options, placement);
        // The encoder is where the time goes: a part of it on the processor deserves a warning. The
        // decoder has a few nodes that compute shapes, and these always run there.
        let loaded = match self.part {
            Part::Encoder => match make(Placement::Strict) {
                Err(SessionError::Mixed(reason)) => {
                    let (model, device) = (&self.model, self.options.device);
                    tracing::warn!(%device, model, "the processor runs parts of the encoder: {reason}");
                    make(Placement::Mixed).map(|session| (session, true))
                }
                strict => strict.map(|session| (session, false)),
            },
            Part::Decoder => make(Placement::Mixed).map(|session| (session, false)),
        };
        match loaded {
            Ok((session, mixed)) => Ok(Loaded { session, mixed }),
            Err(SessionError::Device(error)) => Err(self.lose(error)),
            Err(SessionError::Mixed(reason) | SessionError::Graph(reason)) => {
                Err(self.load_error(reason))
            }
        }
    }

    fn lose(&mut self, error: DeviceError) -> SamError {
        if self.options.device != Device::Cpu {
            self.lost = Some(error.clone());
        }
        error.into()
    }

    fn run_error(&mut self, reason: String) -> SamError {
        let device = self.options.device;
        if device != Device::Cpu || is_out_of_memory(&reason) {
            return self.lose(DeviceError::from_runtime(device, &reason));
        }
        SamError::Run {
            part: self.part,
            model: self.model.clone(),
            reason,
        }
    }

    fn load_error(&self, reason: String) -> SamError {
        SamError::Load {
            part: self.part,
            model: self.model.clone(),
            path: self.path.clone(),
            reason,
        }
    }
}

/// Runs a session and returns copies of the named outputs.
pub(super) fn run<const N: usize>(
    session: &mut Session,
    inputs: &[Input<'_>],
    outputs: [&str; N],
) -> ort::Result<[Vec<f32>; N]> {
    let mut feed: Vec<(Cow<'_, str>, SessionInputValue<'_>)> = Vec::with_capacity(inputs.len());
    for &(name, shape, values) in inputs {
        feed.push((
            name.into(),
            TensorRef::from_array_view((shape, values))?.into(),
        ));
    }
    let results = session.run(feed)?;
    let mut copies = std::array::from_fn(|_| Vec::new());
    for (copy, name) in copies.iter_mut().zip(outputs) {
        let value = results.get(name);
        let value = value.ok_or_else(|| ort::Error::new(format!("it has no output {name}")))?;
        *copy = value.try_extract_tensor::<f32>()?.1.to_vec();
    }
    Ok(copies)
}
