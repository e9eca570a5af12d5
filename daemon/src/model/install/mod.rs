//! How models get into the folder of models: made from a checkpoint, or taken as a pair of graphs.

mod convert;
mod describe;
mod error;
mod from_checkpoint;
mod pair;
mod pair_interface;
mod staging;
mod trial;

pub use convert::usual_family;
pub use error::{InstallError, PairError};
pub use from_checkpoint::{
    InstallRequest, can_remake, fingerprint, install, install_fingerprinted, open_or_remake, remove,
};
pub use pair::install_pair;
pub use pair_interface::PairRequest;
pub use trial::{LEAST_DICE, Trial, try_model};
