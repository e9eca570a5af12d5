//! How models get into the folder of models: made from a checkpoint, or taken as a pair of graphs.

mod convert;
mod from_checkpoint;
mod pair;
mod staging;
mod trial;

pub use convert::usual_family;
pub use from_checkpoint::{
    InstallError, InstallRequest, can_remake, fingerprint, install, install_fingerprinted,
    open_or_remake, remove,
};
pub use pair::{PairError, PairRequest, install_pair};
pub use trial::try_model;
