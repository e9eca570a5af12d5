//! One graph of a model in ONNX Runtime.

use super::device::Device;
use super::runtime::{Runtime, SessionOptions};
use super::sam::SamError;
use ort::session::{Session, SessionInputValue};
use ort::value::TensorRef;
use std::borrow::Cow;
use std::path::PathBuf;

/// Which graph of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Slices to embeddings.
    Encoder,
    /// Embeddings and prompts to masks.
    Decoder,
}

impl std::fmt::Display for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Part::Encoder => "encoder",
            Part::Decoder => "decoder",
        })
    }
}

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
    loaded: Option<(Session, Device)>,
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
        };
        match std::fs::File::open(&graph.path) {
            Ok(_) => Ok(graph),
            Err(error) => Err(graph.load_error(error.to_string())),
        }
    }

    /// The device that it runs on, once it is loaded.
    pub fn device(&self) -> Option<Device> {
        self.loaded.as_ref().map(|&(_, device)| device)
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
        let (mut session, device) = match self.loaded.take() {
            Some(loaded) => loaded,
            None => {
                let loaded = self.runtime.session(&self.path, &self.options);
                loaded.map_err(|e| self.load_error(e.to_string()))?
            }
        };
        let result = run(&mut session, inputs, outputs);
        self.loaded = Some((session, device));
        let results = result.map_err(|e| SamError::Run {
            part: self.part,
            model: self.model.clone(),
            reason: e.to_string(),
        })?;
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

    fn load_error(&self, reason: String) -> SamError {
        SamError::Load {
            part: self.part,
            model: self.model.clone(),
            path: self.path.clone(),
            reason,
        }
    }
}

fn run<const N: usize>(
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
