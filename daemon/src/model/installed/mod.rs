//! Models on disk, their descriptions, and the published models that are known by name.

pub mod catalog;
pub mod embedded;
pub mod fingerprint;
pub mod installed_model;
pub mod manifest;
pub mod open_error;
