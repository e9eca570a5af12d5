//! What is asked of the model for one scan: from its profile, from a sidecar beside the scan, from
//! a label map beside the scan.
//!
//! The sidecar's objects take the place of the profile's. A label map gives boxes (and masks to
//! start from) to the objects without a box of their own; written points are added to them.
//!
//! [`Files::read`] reads what lies beside the scan, [`resolve`] is pure.

mod between;
mod error;
mod files;
mod grid;
mod labels;
mod object;
mod of_scan;
mod origin;
mod place;
mod resolve;
pub mod sidecar;
mod written;

pub use error::PromptsError;
pub use files::{Files, NamedMap, scans_of};
pub use grid::{check_grid, onto_grid};
pub use object::ObjectPrompts;
pub use of_scan::Prompts;
pub use origin::Origin;
pub use resolve::resolve;

#[cfg(test)]
mod tests;
