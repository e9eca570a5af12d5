//! ONNX Runtime: a shared library that is loaded when it is needed, so that the same binary serves
//! whichever build of it a machine has.

use super::device::{Device, SessionOptions};
use super::operators;
use super::provider::{self, DeviceError};
use super::runtime_error::{MINIMUM_MINOR, RuntimeError};
use crate::model::graph::BATCH;
use ort::ep::{CPU, ExecutionProvider};
use ort::session::Session;
use ort::session::builder::SessionBuilder;
use std::error::Error;
use std::ffi::CStr;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError, RwLock};

/// ONNX Runtime, loaded. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Runtime {
    environment: ort::environment::Environment,
    library: PathBuf,
    version: String,
}

/// Which nodes of a graph must run on the device of the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Placement {
    /// All of them.
    Strict,
    /// Those that it can run; the processor takes the others.
    Mixed,
}

/// Why there is no session.
#[derive(Debug, thiserror::Error)]
pub(super) enum SessionError {
    /// The device's fault.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// The device cannot run every node, as was asked.
    #[error("{0}")]
    Mixed(String),
    /// The graph's fault.
    #[error("{0}")]
    Graph(String),
}

/// A process has one runtime, and it stays loaded: its libraries cannot be unloaded safely.
static LOADED: Mutex<Option<Runtime>> = Mutex::new(None);

impl Runtime {
    /// Loads the library at `path`, or returns the runtime that was loaded from there before.
    pub fn load(path: &Path) -> Result<Self, RuntimeError> {
        let path = path.canonicalize().map_err(|_| RuntimeError::Missing {
            path: path.to_owned(),
        })?;
        let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(runtime) = loaded.as_ref() {
            return if runtime.library == path {
                Ok(runtime.clone())
            } else {
                Err(RuntimeError::AnotherIsLoaded {
                    path,
                    loaded: runtime.library.clone(),
                })
            };
        }
        let unusable = |reason: String| RuntimeError::Unusable {
            path: path.clone(),
            reason,
        };
        let version = version(&path).map_err(unusable)?;
        if !is_new_enough(&version) {
            return Err(RuntimeError::TooOld { path, version });
        }
        // Nothing about scans or their processing leaves the machine.
        let environment = ort::init_from(&path)
            .map_err(|e| unusable(with_causes(&e)))?
            .with_name("medicosam")
            .with_telemetry(false)
            .build()
            .map_err(|e| unusable(with_causes(&e)))?;
        let runtime = Runtime {
            environment,
            version,
            library: path,
        };
        *loaded = Some(runtime.clone());
        Ok(runtime)
    }

    /// The library, with all links resolved.
    pub fn library(&self) -> &Path {
        &self.library
    }

    /// Its version, for example `1.32.0`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Loads a graph onto the device of the options. The first axis of the encoder's input is as
    /// long as `options.batch`, so that all shapes are known beforehand.
    pub(super) fn session(
        &self,
        graph: &Path,
        options: &SessionOptions,
        placement: Placement,
    ) -> Result<Session, SessionError> {
        let device = options.device;
        let blame = |error: ort::Error| {
            let reason = error.to_string();
            if provider::is_fallback_refused(&reason) {
                SessionError::Mixed(reason)
            } else if device == Device::Cpu {
                SessionError::Graph(reason)
            } else {
                DeviceError::from_runtime(device, &reason).into()
            }
        };
        let configured = || -> ort::Result<SessionBuilder> {
            // Planning all memory of a run ahead makes an encoder hold 1.7 times as much, and is
            // not measurably faster.
            let builder = Session::builder(&self.environment)?
                .with_memory_pattern(false)?
                .with_intra_threads(options.threads)?
                .with_dimension_override(BATCH, options.batch as i64)?;
            Ok(match (device, placement) {
                (Device::Cpu, _) => builder.with_operators(operators::domain()?)?,
                (_, Placement::Strict) => builder.with_disable_cpu_fallback()?,
                (_, Placement::Mixed) => builder,
            })
        };
        let mut builder = configured().map_err(|e| SessionError::Graph(e.to_string()))?;
        provider::register(&mut builder, options, graph)?;
        CPU::default()
            .with_arena_allocator(options.keep_memory)
            .register(&mut builder)
            .map_err(blame)?;
        let brings_operators = device == Device::Cpu;
        commit(builder, graph, brings_operators).map_err(blame)
    }
}

/// Whether the library knows the domain of our operators.
static DOMAIN_IS_KNOWN: RwLock<bool> = RwLock::new(false);

/// Loads the graph. The library notes a new domain without a lock of its own, and refuses it when
/// two sessions bring it at once; so the first one that brings it is alone.
fn commit(
    mut builder: SessionBuilder,
    graph: &Path,
    brings_operators: bool,
) -> ort::Result<Session> {
    let is_known = || {
        DOMAIN_IS_KNOWN
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    };
    if brings_operators && !*is_known() {
        let mut known = DOMAIN_IS_KNOWN
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let session = builder.commit_from_file(graph);
        *known |= session.is_ok();
        return session;
    }
    let _others_may_load_too = is_known();
    builder.commit_from_file(graph)
}

/// Asks a library for its version.
fn version(path: &Path) -> Result<String, String> {
    type GetApiBase = unsafe extern "C" fn() -> *const ort::sys::OrtApiBase;
    // SAFETY: loading runs the library's initialisers. It is the file that the configuration names
    // as ONNX Runtime, and is trusted as much as this program.
    let library = unsafe { libloading::Library::new(path) }.map_err(|e| with_causes(&e))?;
    // SAFETY: every version of ONNX Runtime exports this function with this type.
    let get_api_base = unsafe { library.get::<GetApiBase>(b"OrtGetApiBase") };
    let get_api_base = get_api_base.map_err(|_| "it is another library".to_owned())?;
    // SAFETY: the function takes nothing and returns null or a structure that lives as long as the
    // library, whose version function returns a text that does, too.
    let version = unsafe {
        let base = get_api_base().as_ref().ok_or("it offers no interface")?;
        CStr::from_ptr((base.GetVersionString)())
    };
    Ok(version.to_string_lossy().into_owned())
}

fn is_new_enough(version: &str) -> bool {
    let mut numbers = version
        .split('.')
        .map_while(|part| part.parse::<u32>().ok());
    numbers.next() == Some(1) && numbers.next().is_some_and(|minor| minor >= MINIMUM_MINOR)
}

/// An error and what led to it: the loader's own words come last.
fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_number() {
        assert!(is_new_enough("1.24.0"));
        assert!(is_new_enough("1.100.2"));
        assert!(!is_new_enough("1.9.1"));
        assert!(!is_new_enough("0.30.0"));
        assert!(!is_new_enough("unknown"));
    }

    #[test]
    fn what_is_no_runtime_is_an_error_that_names_the_file_and_the_remedy() {
        let missing = Runtime::load(Path::new("/nonexistent/libonnxruntime.so")).unwrap_err();
        assert_eq!(missing.code(), "runtime-missing");
        let text = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(text.path(), "not a library, but long enough to look at").unwrap();
        let unusable = Runtime::load(text.path()).unwrap_err();
        assert_eq!(unusable.code(), "runtime-unusable");
        for error in [missing, unusable] {
            assert!(error.to_string().contains("medicosamd setup"), "{error}");
        }
    }
}
