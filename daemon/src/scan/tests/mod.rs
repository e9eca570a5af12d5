//! Scans of every kind, made by code, and the two real ones of the repository.

mod affines;
mod bad_inputs;
mod changes;
mod frames;
mod odd_inputs;
mod pairs;
mod pictures;
mod real;
mod robustness;
pub(crate) mod sample;
mod values;
