//! Workers: child processes that run the models.
//!
//! A crash, a hang or the end of memory in native code ends a worker, never the daemon. The daemon
//! ([`Supervisor`]) starts it again; the scan that it died of gets a strike.

mod ahead;
mod by_profile;
mod choice;
mod committing;
mod desk;
mod drafting;
mod embedding;
mod failure;
mod heartbeat;
mod job;
mod models;
mod pipeline;
mod probing;
mod process;
mod prompting;
mod protocol;
mod reading;
mod reporter;
mod slices;
mod supervisor;
mod volumes;
mod watchdog;

pub use choice::NoDevice;
pub use models::{checkpoint, models_folder, runtime_library};
pub use probing::{Prober, answer as probe_answer};
pub use process::{WorkerError, run};
pub use supervisor::Supervisor;
