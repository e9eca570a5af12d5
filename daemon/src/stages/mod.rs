//! The stages of work on a case: load, embed, segment, assess, write.

pub(crate) mod apply_profile;
pub(crate) mod commit;
pub(crate) mod correct;
pub(crate) mod draft;
pub(crate) mod embed;
pub(crate) mod failure;
pub(crate) mod job;
pub(crate) mod load;
pub(crate) mod models;
pub(crate) mod segment_slices;
pub(crate) mod segment_spans;
