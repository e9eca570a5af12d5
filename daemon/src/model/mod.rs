//! Models: from a published checkpoint to masks.
//!
//! A checkpoint as its authors published it is read ([`checkpoint`]), turned into two ONNX graphs
//! ([`graph`], [`onnx`]) and kept beside a description ([`install`], [`InstalledModel`]). To
//! segment, ONNX Runtime is loaded ([`Runtime`]), and [`Sam`] runs the graphs: [`Sam::embed`] once
//! per slice, [`Sam::decode`] once per prompt. How slices and prompts are prepared belongs to the
//! model's [`Family`].
//!
//! Nothing here knows of scans, queues or the network.

mod batch;
mod catalog;
pub mod checkpoint;
mod device;
mod embedding;
mod family;
pub mod graph;
pub mod half;
pub mod image;
mod install;
mod installed;
pub mod onnx;
pub mod operators;
mod probe;
mod provider;
mod runtime;
mod sam;
mod session;
mod sizes;

pub use catalog::{KNOWN_MODELS, KnownModel, Understanding, known_model};
pub use device::{Device, NoSuchDevice, OpenVinoUnit, PROVIDERS, Precision};
pub use embedding::{Embedding, LowResLogits};
pub use family::{Family, PromptToken, TokenKind};
pub use image::SliceImage;
pub use install::{InstallError, InstallRequest, install};
pub use installed::{InstalledModel, ListedModel, OpenError, installed_models};
pub use probe::{ProbeReport, probe};
pub use provider::DeviceError;
pub use runtime::{Runtime, RuntimeError, SessionOptions};
pub use sam::{Masks, Sam, SamError, Segmented};
pub use session::Part;
pub use sizes::Sizes;
