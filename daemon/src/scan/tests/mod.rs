//! Scans of every kind, made by code, and the two real ones of the repository.

mod real;
pub(crate) mod sample;
