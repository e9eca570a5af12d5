//! The stages of work on a case: load, embed, segment, assess, write.
//!
//! They are functions over the tools of a thread ([`Tools`]) and a job. Which work comes next, and
//! what a thread does between two slices, is decided by its [loop](crate::workers).

mod apply_profile;
mod commit;
mod copy;
mod correct;
mod draft;
mod embed;
mod failure;
mod job;
mod kept_embeddings;
mod load;
mod manual_masks;
mod models;
pub mod presence;
mod put_up;
mod report;
mod segment_slices;
mod segment_spans;
mod stored_points;
mod tools;
mod write;

pub(crate) use apply_profile::apply_profile;
pub(crate) use copy::begin_second_reading;
pub(crate) use correct::{Correction, correct};
pub(crate) use draft::{commit_draft, preview, propagate, segment_boxes};
pub(crate) use embed::Slices;
pub(crate) use failure::Failure;
pub(crate) use job::Assignment;
pub(crate) use kept_embeddings::KeptEmbeddings;
pub(crate) use load::LoadedScan;
pub(crate) use models::{ModelUse, Models, no_runtime};
pub(crate) use put_up::put_up;
pub(crate) use report::{Reporter, StageReport};
pub(crate) use tools::Tools;
pub(crate) use write::SweptFolders;
