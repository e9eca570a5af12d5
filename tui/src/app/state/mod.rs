//! What the client knows. Each type keeps itself in order; what happens on a key or an answer is
//! decided by the modules beside this one.

pub mod deaf;
pub mod doubts;
pub mod held;
pub mod last_place;
pub mod model;
pub mod notice;
pub mod preview;
pub mod queue;
mod refresh;
pub mod review;
pub mod sight;
