//! How good is a model on scans with labels? The protocols of MedicoSAM's paper
//! (`medico_sam/evaluation`, `evaluate_interactive_3d.py`), over closures that answer prompts.

mod corrections;
mod cvpr25;
mod distance;
mod disturbed;
mod metric;
mod random;
mod recist;
mod slices;
mod volumes;

pub use crate::segment::components;
pub use corrections::Found;
pub use cvpr25::{CLICKS, Click, Course, click, first_box, measure};
pub use disturbed::{auroc, disturbed};
pub use metric::{Compared, METRICS, Metric, Scores, Space, TOLERANCE_MM, by_round};
pub use random::Random;
pub use recist::Diameters;
pub use slices::{Start, correct};
pub use volumes::{Truth, grid, middle_prompt};
