//! Tools of the end-to-end tests: a whole system, and terminals for its client, one scripted and
//! one real.
//!
//! - [`checkpoint`]: checkpoints of random weights, of any size.
//! - [`client`]: the client as a command and in a terminal.
//! - [`link`]: a slow line between a program and its terminal.
//! - [`mouse`]: what a terminal sends for a mouse.
//! - [`nifti`]: label maps read without the product's code.
//! - [`signals`]: signals to programs.
//! - [`slow_port`]: a slow line to a port.
//! - [`sshd`]: another machine to log in to.
//! - [`system`]: the real daemon with the real model, in a folder of its own.
//! - [`pty`]: a program in a pseudo-terminal that answers queries like the terminal of a profile,
//!   keeps the screen as text and collects the pictures apart from it.
//! - [`under_review`]: a system with a case up for review.
//! - [`waiting`]: waiting for what announces nothing.
//! - [`webgpu`]: a GPU for machines without one.
//! - [`xterm`]: a program in a real xterm under its own X server, with keys and screenshots.
//!
//! Both wait for what the program shows, up to a deadline; neither ever sleeps and hopes.

pub mod checkpoint;
pub mod client;
mod escape;
pub mod keys;
pub mod link;
pub mod mouse;
pub mod nifti;
pub mod profile;
mod program;
pub mod pty;
pub mod screenshot;
pub mod signals;
pub mod slow_port;
pub mod sshd;
pub mod system;
pub mod under_review;
pub mod waiting;
pub mod webgpu;
pub mod xterm;

pub use program::Size;
