//! How good is a model on scans with labels? The protocols of MedicoSAM's paper
//! (`medico_sam/evaluation`, `evaluate_interactive_3d.py`), over closures that answer prompts.

mod corrections;
mod disturbed;
mod metric;
mod random;
mod slices;
mod volumes;

pub use crate::segment::components;
pub use corrections::Found;
pub use disturbed::{auroc, disturbed};
pub use metric::{Compared, METRICS, Metric, Scores, by_round};
pub use random::Random;
pub use slices::{Start, correct};
pub use volumes::{Truth, grid, middle_prompt};
