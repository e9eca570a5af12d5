//! The daemon: watches folders, segments what comes in, queues it for review.
//!
//! The modules are the way of the data: [`watch`] finds settled files, [`scan`] reads them, [`plan`]
//! says what is done with them, [`registry`] makes cases of them by the rules in [`case`] and keeps
//! them in a [`store`], [`workers`] do the work in [`stages`] with [`model`], [`embed`] and
//! [`segment`], [`output`] writes the results, [`api`] serves them to people.
//! [`server`] puts it together; [`commands`] are the verbs of `medicosamd`, among which [`setup`]
//! fetches what a fresh machine lacks, [`download`] models from where they were published, and
//! [`recover`] makes a lost store again of the results.

pub mod api;
pub mod case;
pub mod change_signal;
pub mod commands;
pub mod config;
pub mod data_folder;
pub mod digest;
pub mod download;
pub mod embed;
pub mod evaluate;
pub mod live_state;
pub mod machine;
pub mod model;
pub mod output;
pub mod plan;
pub mod prompts;
pub mod recover;
pub mod registry;
pub mod scan;
pub mod segment;
pub mod server;
pub mod setup;
pub mod stages;
pub mod store;
pub mod watch;
pub mod workers;
