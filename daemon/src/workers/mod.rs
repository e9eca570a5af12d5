//! Workers: child processes that run the models.
//!
//! A crash, a hang or the end of memory in native code ends a worker, never the daemon. The daemon
//! ([`Supervisor`]) starts it again; the scan that it died of gets a strike.
//!
//! In the daemon: [`Supervisor`], its restart policy, the worker process as it sees it, the watchdog.
//! In the worker: the bulk thread and the prompt thread, which run the [stages](crate::stages).
//! Between them: the protocol.

mod bulk_thread;
mod claimed;
mod device_choice;
mod device_probe;
mod display;
mod embed_ahead;
mod heartbeat;
mod process;
mod prompt_thread;
mod protocol;
mod read_ahead;
mod reporter;
mod restart_policy;
mod supervisor;
mod watchdog;
mod worker_process;

pub use device_choice::NoDevice;
pub use device_probe::{Prober, answer as probe_answer};
pub use process::{WorkerError, run};
pub use supervisor::Supervisor;
