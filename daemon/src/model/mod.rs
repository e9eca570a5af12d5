//! Models: from a published checkpoint to masks.
//!
//! A checkpoint as its authors published it is read ([`checkpoint`]), turned into ONNX graphs
//! ([`graph`], [`onnx`]) and kept beside a description ([`install`], [`InstalledModel`]); graphs
//! that were made elsewhere are taken as they are ([`install_pair`]). To
//! segment, ONNX Runtime is loaded ([`Runtime`]), and [`Sam`] runs the graphs: [`Sam::embed`] once
//! per slice, [`Sam::decode`] once per prompt. How slices and prompts are prepared belongs to the
//! model's [`Family`].
//!
//! Nothing here knows of scans, queues or the network.

mod batch;
mod candidates;
mod catalog;
pub mod checkpoint;
mod convert;
mod device;
pub mod embedded;
mod embedding;
mod family;
mod fingerprint;
pub mod graph;
pub mod half;
pub mod image;
mod install;
mod installed;
mod interface;
mod manifest;
pub mod onnx;
mod operators;
mod pair;
mod probe;
mod progress;
mod provider;
mod runtime;
mod sam;
mod session;
mod sizes;
mod staging;
mod trial;
mod yardstick;

pub use candidates::Candidates;
pub use catalog::{
    DEFAULT_MODEL, KNOWN_MODELS, KnownModel, Origin, known_checkpoint, known_model, known_names,
};
pub use convert::usual_family;
pub use device::{Device, NoSuchDevice, OpenVinoUnit, PROVIDERS, Precision};
pub use embedding::{Embedding, LowResLogits};
pub use family::{Family, PromptToken, TokenKind};
pub use fingerprint::{Checksum, Fingerprint, Xxh128};
pub use image::SliceImage;
pub use install::{
    InstallError, InstallRequest, can_remake, fingerprint, install, install_fingerprinted,
    open_or_remake, remove,
};
pub use installed::{
    InstalledModel, ListedModel, OpenError, check_name, installed_models, understands,
};
pub use interface::{DecoderInterface, EncoderInterface, ImageForm, Interface};
pub use manifest::{FileRecord, Source};
pub use pair::{PairError, PairRequest, install_pair};
pub use probe::{ProbeReport, probe};
pub use progress::{Progress, Watch};
pub use provider::DeviceError;
pub use runtime::{Runtime, RuntimeError, SessionOptions};
pub use sam::{Masks, Sam, SamError, Segmented};
pub use session::Part;
pub use sizes::Sizes;
pub use trial::try_model;
pub use yardstick::{GemmRate, Yardstick};
