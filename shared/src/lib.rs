//! The language of both sides of the socket.
//!
//! - [`geometry`]: voxel axes, anatomical planes, the affine, how a slice lies on a screen.
//! - [`place`]: an object on a slice.
//! - [`prompt`]: questions of a profile or a person to the model.
//! - [`propagation`]: how a 3-D box becomes masks slice by slice.
//! - [`hand`]: pixels that people have painted.
//! - [`paint`]: the pixels under a brush, or within a closed line.
//! - [`interpolation`]: masks between two slices, by shape.
//! - [`correction`]: whether an answer looks like the correction that was meant.
//! - [`propagation_report`]: how far a propagation went, and why it stopped.
//! - [`draft`]: what a reviewer changes before it becomes a revision.
//! - [`mask`]: the answer: binary masks per slice and object, run-length coded.
//! - `mask_sets`: masks joined and taken from one another.
//! - [`mask_rules`]: rules that masks go through before they become a result.
//! - [`case`]: a scan on its way from the watched folder to a decision.
//! - [`activity`]: what a worker does right now.
//! - [`provenance`]: how a result came about; stored, written beside the label map, shown.
//! - [`progress`]: slices done and slices to do.
//! - [`fault_code`]: the fault codes that programs act on.
//! - [`api`]: requests and responses of the HTTP API, one struct per message.
//! - [`client`]: that API as async methods over the Unix socket.
//! - [`paths`]: paths of data, state and socket.
//! - [`quality`]: how far a result is to be trusted.
//! - [`cohort`]: volumes that are far from those of other cases.
//! - [`comparison`]: a result beside those of other cases.
//! - [`scan_name`]: names of scans as people say them.
//! - [`text`]: names from files made safe for a screen.
//! - [`understands`]: which prompts a model was trained on.
//! - [`window`]: which voxel values become black and white.
//! - [`word_or_table`]: settings that can be either.

pub mod activity;
pub mod agreement;
pub mod api;
pub mod case;
pub mod client;
pub mod cohort;
pub mod comparison;
pub mod correction;
pub mod draft;
pub mod fault_code;
pub mod geometry;
pub mod hand;
pub mod interpolation;
pub mod mask;
pub mod mask_rules;
mod mask_sets;
pub mod packed;
pub mod paint;
pub mod parser_words;
pub mod paths;
pub mod place;
pub mod progress;
pub mod prompt;
pub mod propagation;
pub mod propagation_report;
pub mod provenance;
pub mod quality;
pub mod reference;
pub mod scan_name;
pub mod text;
pub mod understands;
pub mod window;
pub mod word_or_table;
