//! The tools of a thread that works.

use super::failure::Failure;
use super::kept_embeddings::KeptEmbeddings;
use super::models::Models;
use super::report::Reporter;
use super::write::SweptFolders;
use crate::config::Config;
use crate::registry::Registry;
use std::sync::Arc;

/// The tools of one thread of a worker, kept from case to case.
pub struct Tools {
    /// The configuration.
    pub config: Arc<Config>,
    /// Where cases and drafts lie.
    pub registry: Arc<Registry>,
    /// Open models.
    pub models: Models,
    /// Embeddings on disk.
    pub cache: KeptEmbeddings,
    /// Output folders that have been cleared of what a killed worker left.
    pub swept: SweptFolders,
    /// Where progress is reported to.
    pub reporter: Reporter,
    /// Questions of rules for 3-D boxes that the models have answered so far: long work counts by them.
    pub answered: u64,
}

/// What a thread does between two slices of long work, with the same tools.
pub type BetweenSlices<'a> = dyn FnMut(&mut Tools) -> Result<(), Failure> + 'a;
