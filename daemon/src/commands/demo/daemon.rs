//! The demo's own daemon, and where the programs lie.

use super::super::error::CommandError;
use super::Place;
use std::fs::File;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;

/// A running daemon; stopped when dropped.
pub struct Daemon {
    child: Mutex<Child>,
    log: PathBuf,
}

impl Daemon {
    /// Starts `medicosamd run` on the demo's configuration; it writes a log there.
    pub fn start(place: &Place) -> Result<Self, CommandError> {
        let failed = |error: std::io::Error| {
            CommandError::new(
                "demo-daemon",
                format!("cannot start the daemon: {error}"),
                "",
            )
        };
        let log = File::create(place.log()).map_err(failed)?;
        let child = Command::new(std::env::current_exe().map_err(failed)?)
            .args(["run", "--config"])
            .arg(place.config())
            .arg("--data")
            .arg(&place.data)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .map_err(failed)?;
        Ok(Daemon {
            child: Mutex::new(child),
            log: place.log(),
        })
    }

    /// Whether it is still running.
    pub fn is_running(&self) -> bool {
        let mut child = self
            .child
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        matches!(child.try_wait(), Ok(None))
    }

    /// The error with the daemon's last words, if it is gone.
    pub fn explain(&self, error: CommandError) -> CommandError {
        if self.is_running() {
            return error;
        }
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let last: Vec<&str> = log.lines().rev().take(5).collect();
        let last: Vec<&str> = last.into_iter().rev().collect();
        CommandError::new(
            "demo-daemon",
            format!(
                "the daemon ended; its last words were:\n{}",
                last.join("\n")
            ),
            format!("The whole log is {}.", self.log.display()),
        )
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let child = self
            .child
            .get_mut()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        // SIGTERM lets it take its socket and its worker along.
        if let Some(pid) = rustix::process::Pid::from_raw(child.id().cast_signed()) {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
        let _ = child.wait();
    }
}

/// A program of this product: beside this one.
pub fn program(name: &str) -> PathBuf {
    std::env::current_exe()
        .ok()
        .and_then(|own| Some(own.parent()?.join(name)))
        .unwrap_or_else(|| PathBuf::from(name))
}

/// How the client is built, if it lies nowhere yet: `cargo run` builds one program only.
pub fn how_to_build(client: &Path) -> Option<String> {
    let command = match cfg!(debug_assertions) {
        true => "cargo build",
        false => "cargo build --release",
    };
    (!client.exists()).then(|| {
        format!(
            "{} is not there yet: `{command}` in the sources builds the client.\n",
            client.display()
        )
    })
}

/// The client. Under `cargo run`, which builds one program only, it is built now.
pub fn client_program() -> Result<PathBuf, CommandError> {
    let client = program("medicosam");
    let cargo =
        std::env::var_os("CARGO").filter(|_| std::env::var_os("CARGO_MANIFEST_DIR").is_some());
    if let Some(cargo) = cargo {
        if std::io::stderr().is_terminal() {
            eprintln!("Building the client …");
        }
        let mut build = Command::new(cargo);
        build.args(["build", "--quiet", "--bin", "medicosam", "--manifest-path"]);
        build.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml"));
        if !cfg!(debug_assertions) {
            build.arg("--release");
        }
        let built = build.status().is_ok_and(|status| status.success());
        if !built && !client.exists() {
            return Err(CommandError::new(
                "client-missing",
                "the client cannot be built",
                "`cargo build --release --bin medicosam` says why.",
            ));
        }
    }
    Ok(client)
}

#[cfg(test)]
mod tests {
    use super::how_to_build;

    #[test]
    fn how_to_build_the_client_is_said_where_it_is_missing_only() {
        let folder = tempfile::tempdir().unwrap();
        let client = folder.path().join("medicosam");
        let said = how_to_build(&client).unwrap();
        assert!(said.contains("cargo build"), "{said}");
        assert!(said.contains(&client.display().to_string()), "{said}");
        std::fs::write(&client, "").unwrap();
        assert_eq!(how_to_build(&client), None);
    }
}
