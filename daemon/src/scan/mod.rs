//! Scans: what a case stands for ([`Source`]), and reading it into a [`Volume`].
//!
//! Formats have a folder each and one table, `formats.rs`; `format.rs` says what a format is.
//!
//! A scan comes from anywhere: half copied, truncated, made by a broken exporter, made to do
//! harm. So each file is opened once, without following links; its header is checked before anything
//! is reserved; memory grows with what was really read; the state of the file is compared before
//! and after. Every failure is a [`ScanError`] that says what was found and what to
//! do.
//!
//! # What the `nifti` crate does here, and what not
//!
//! It takes the 348 bytes of the header apart, in either byte order. The rest is done here
//! (compared with version 0.18):
//!
//! - its reader ends after the first gzip member, so the files of bgzip, and concatenated ones,
//!   are refused as too short;
//! - it takes gzip by the file's name for gzip, and a second pass over the file would be needed
//!   for the SHA-256;
//! - it reserves what the header asks for before reading a byte, panics where sizes in the header
//!   contradict each other, and its affines (a feature that brings nalgebra) panic on quaternions
//!   longer than 1 and on a `pixdim[0]` of 0;
//! - it keeps bytes and makes an array of all values to give out one.
//!
//! Measured on int16 noise over a smooth picture, release build, 2 busy cores, the best of several
//! runs, peak memory of the process; `nifti` with `into_ndarray`, without a hash:
//!
//! | Scan | here, with SHA-256 | as `i16` there | as `f32` there | gunzip alone |
//! |---|---|---|---|---|
//! | 256×256×180, .nii.gz of 9.7 MB | 0.062 s, 25 MB | 0.13 s, 48 MB | 0.15 s, 71 MB | 0.047 s |
//! | 512×512×300, .nii.gz of 64 MB | 0.41 s, 157 MB | 0.81 s, 309 MB | 1.01 s, 462 MB | 0.35 s |
//! | 512×512×300, .nii of 157 MB | 0.23 s, 157 MB | 0.31 s, 309 MB | 0.48 s, 462 MB | |

mod axis_order;
mod bytes;
mod error;
mod files;
mod format;
mod formats;
mod geometry;
mod header;
mod key;
mod label_map;
pub mod names;
mod nifti;
mod note;
mod path_text;
mod percentile;
mod picture;
mod problem;
mod reading;
mod role;
mod signature;
mod source;
mod stamp;
mod stored;
mod volume;
mod voxels;

#[cfg(test)]
pub(crate) mod tests;

pub use axis_order::AxisOrder;
pub use error::ScanError;
pub use formats::{endings, parts, places};
pub use geometry::{Geometry, Space};
pub use header::{DEFAULT_MAX_VOXEL_BYTES, Header};
pub use key::{SourceKey, split_frame};
pub use label_map::LabelMap;
pub use note::Note;
pub use problem::{Class, Problem};
pub use reading::{Loaded, content_hash, hash, read_header};
pub use role::{Group, Role, role};
pub use source::Source;
pub use stamp::{Fingerprint, Stamp};
pub use volume::Volume;
pub use voxels::VoxelType;
