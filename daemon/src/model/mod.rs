//! Models: from a published checkpoint to masks.
//!
//! A checkpoint as its authors published it is read ([`checkpoint`]), turned into ONNX graphs
//! ([`graph`], [`onnx`]) and kept beside a manifest ([`install`], [`InstalledModel`]); graphs made
//! elsewhere are installed unchanged ([`install_pair`]). To segment, ONNX Runtime is loaded
//! ([`Runtime`]), and [`Sam`] runs the graphs: [`Sam::embed`] once per slice, [`Sam::decode`] once
//! per prompt. How slices and prompts are prepared belongs to the model's [`Family`].
//!
//! `installed/` describes models on disk, `run/` runs them, `install/` makes them. Nothing here knows
//! of scans, queues or the network.

pub mod checkpoint;
mod embedding;
mod family;
pub mod graph;
pub mod half;
pub mod image;
mod install;
mod installed;
mod interface;
pub mod onnx;
mod progress;
mod run;
mod sizes;
mod view;

pub use embedding::{Embedding, LowResLogits};
pub use family::{Family, PromptToken, TokenKind};
pub use image::SliceImage;
pub use install::{
    InstallError, InstallRequest, LEAST_DICE, PairError, PairRequest, Trial, can_remake,
    fingerprint, install, install_fingerprinted, install_pair, open_or_remake, remove, try_model,
    usual_family,
};
pub use installed::catalog::{
    DEFAULT_MODEL, KNOWN_MODELS, KnownModel, Origin, known_checkpoint, known_model, known_names,
};
pub use installed::embedded;
pub use installed::fingerprint::{Checksum, Fingerprint, Xxh128};
pub use installed::installed_model::{InstalledModel, ListedModel, installed_models, understands};
pub use installed::manifest::{FileRecord, Source};
pub use installed::open_error::{OpenError, check_name};
pub use interface::{DecoderInterface, EncoderInterface, ImageForm, Interface};
pub use progress::{Progress, Watch};
pub use run::answer::{Candidates, Masks, Segmented};
pub use run::device::{Device, NoSuchDevice, OpenVinoUnit, PROVIDERS, Precision, SessionOptions};
pub use run::error::{Part, SamError};
pub use run::probe::{ProbeReport, probe};
pub use run::provider::DeviceError;
pub use run::runtime::Runtime;
pub use run::runtime_error::RuntimeError;
pub use run::sam::Sam;
pub use run::yardstick::{GemmRate, Yardstick};
pub use sizes::Sizes;
pub use view::{Turn, View};
