//! `medicosamd dial-stdio`: the API on standard input and output, for clients that come through ssh.
//!
//! The user who logged in by ssh is the one whom the daemon sees, and the socket's rights are the
//! only ones that count.

use super::error::CommandError;
use clap::Args;
use medicosam_shared::client::{NO_DAEMON, NOT_ALLOWED, READY};
use medicosam_shared::fault_code::FaultCode;
use medicosam_shared::paths;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;

/// Connect standard input and output to the daemon's socket
///
/// `medicosam --host` runs this through ssh. Exit status: 0 the connection has ended, 1 it broke,
/// 3 no daemon listens there, 4 you may not connect.
#[derive(Debug, Clone, Args)]
pub struct DialStdioArgs {
    /// Socket of the daemon [default: MEDICOSAM_SOCKET, else the one in the data folder]
    #[arg(long, value_name = "PATH")]
    socket: Option<PathBuf>,

    /// Print a line when the daemon has been reached, before anything of the daemon's
    #[arg(long)]
    announce: bool,
}

/// Copies both ways until the daemon ends the connection.
pub fn run(args: &DialStdioArgs) -> ExitCode {
    let socket = args.socket.clone().unwrap_or_else(paths::default_socket);
    let stream = match UnixStream::connect(&socket) {
        Ok(stream) => stream,
        Err(error) => {
            let (status, hint) = match error.kind() {
                ErrorKind::PermissionDenied => (
                    NOT_ALLOWED,
                    "The socket's owner and group may connect, and whoever may enter its folder.",
                ),
                _ => (
                    NO_DAEMON,
                    "Is `medicosamd run` running? If it uses another socket, name it with --socket.",
                ),
            };
            let message = format!("cannot reach the daemon at {}: {error}", socket.display());
            // One line: the other side shows the last one.
            eprintln!("medicosamd: {message}. {hint}");
            return ExitCode::from(status);
        }
    };
    match copy(&stream, args.announce) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            CommandError::new(
                FaultCode::ConnectionBroken.as_str(),
                format!(
                    "copying between the daemon at {} and the standard input and output: {error}",
                    socket.display()
                ),
                "",
            )
            .print();
            ExitCode::FAILURE
        }
    }
}

fn copy(daemon: &UnixStream, announce: bool) -> io::Result<()> {
    // Not `io::stdout()`, which would hold back what does not end in a line break.
    let mut output = File::from(rustix::stdio::stdout().try_clone_to_owned()?);
    if announce {
        writeln!(output, "{READY}")?;
    }
    let mut to_daemon = daemon.try_clone()?;
    let mut input = File::from(rustix::stdio::stdin().try_clone_to_owned()?);
    // Whether the rest of the input arrives matters only as long as the daemon answers.
    thread::spawn(move || {
        let _ = pump(&mut input, &mut to_daemon);
        let _ = to_daemon.shutdown(Shutdown::Write);
    });
    match pump(&mut &*daemon, &mut output) {
        // The other side has hung up.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// Copies what is there as soon as it is there. `io::copy` would use `splice`, which holds the pipe
/// while it waits for the socket: sshd then cannot even read what was written before.
fn pump(from: &mut impl Read, to: &mut impl Write) -> io::Result<()> {
    let mut buffer = vec![0; 1 << 16];
    loop {
        match from.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(read) => to.write_all(&buffer[..read])?,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
