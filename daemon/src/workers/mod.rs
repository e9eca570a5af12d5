//! Workers: child processes that run the models.
//!
//! A crash, a hang or the end of memory in native code ends a worker, never the daemon. The daemon
//! ([`Supervisor`]) starts it again; the scan that it died of gets a strike.

pub(crate) mod claimed;
mod device_choice;
pub(crate) mod device_probe;
mod embed_ahead;
mod heartbeat;
mod process;
pub(crate) mod prompt_thread;
pub(crate) mod protocol;
pub(crate) mod reporter;
mod supervisor;
mod watchdog;

pub use device_choice::NoDevice;
pub use device_probe::{Prober, answer as probe_answer};
pub use process::{WorkerError, run};
pub use supervisor::Supervisor;
