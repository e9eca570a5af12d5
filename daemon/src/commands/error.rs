//! How a verb fails: code, message, what to do next.

use crate::config::ConfigError;
use crate::server::ServerError;
use crate::setup::SetupError;
use crate::workers::WorkerError;
use medicosam_shared::case::Fault;
use medicosam_shared::client::ClientError;
use medicosam_shared::text::printable_lines;
use std::fmt::Display;

/// Why a verb did not do what was asked.
#[derive(Debug)]
pub struct CommandError(Fault);

impl CommandError {
    /// An error from its parts.
    pub fn new(code: &str, message: impl Display, hint: impl Display) -> Self {
        CommandError(Fault {
            code: code.to_owned(),
            message: message.to_string(),
            hint: hint.to_string(),
        })
    }

    /// The error in the form for scripts.
    pub fn fault(&self) -> &Fault {
        &self.0
    }

    /// Prints it for people.
    pub fn print(&self) {
        let Fault {
            code,
            message,
            hint,
        } = &self.0;
        eprintln!("medicosamd: {} [{code}]", printable_lines(message));
        if !hint.is_empty() {
            eprintln!("  {}", printable_lines(hint));
        }
    }
}

impl From<Fault> for CommandError {
    fn from(fault: Fault) -> Self {
        CommandError(fault)
    }
}

impl From<ConfigError> for CommandError {
    fn from(error: ConfigError) -> Self {
        CommandError::new(error.code(), &error, error.hint())
    }
}

impl From<ServerError> for CommandError {
    fn from(error: ServerError) -> Self {
        CommandError::new(error.code(), &error, error.hint())
    }
}

impl From<SetupError> for CommandError {
    fn from(error: SetupError) -> Self {
        // Setup's messages say what to do themselves.
        CommandError::new(error.code(), &error, "")
    }
}

impl From<WorkerError> for CommandError {
    fn from(error: WorkerError) -> Self {
        match error {
            WorkerError::Store(error) => CommandError::new(error.code(), &error, error.hint()),
            WorkerError::Thread(_) => CommandError::new(
                "thread-refused",
                &error,
                "The limits of the user may be too low.",
            ),
        }
    }
}

impl From<ClientError> for CommandError {
    fn from(error: ClientError) -> Self {
        CommandError::new(error.code(), &error, error.hint())
    }
}
