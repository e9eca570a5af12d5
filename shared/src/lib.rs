//! The language of both sides of the socket.
//!
//! - [`geometry`]: voxel axes, anatomical planes, the affine, how a slice lies on a screen.
//! - [`place`]: an object on a slice.
//! - [`prompt`]: questions of a profile or a person to the model.
//! - [`propagation`]: how a 3-D box becomes masks slice by slice.
//! - [`draft`]: what a reviewer changes before it becomes a revision.
//! - [`mask`]: the answer: binary masks per slice and object, run-length coded.
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
//! - [`text`]: names from files made safe for a screen.
//! - [`understands`]: which prompts a model was trained on.
//! - [`window`]: which voxel values become black and white.
//! - [`word_or_table`]: settings that can be either.

pub mod activity;
pub mod api;
pub mod case;
pub mod client;
pub mod draft;
pub mod fault_code;
pub mod geometry;
pub mod mask;
pub mod mask_rules;
pub mod paths;
pub mod place;
pub mod progress;
pub mod prompt;
pub mod propagation;
pub mod provenance;
pub mod quality;
pub mod text;
pub mod understands;
pub mod window;
pub mod word_or_table;
