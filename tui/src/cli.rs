//! The command line: what it looks like, and how a run ends.
//!
//! Exit status: 0 done, 1 refused or failed, 2 wrong usage, 3 the daemon cannot be reached,
//! 4 somebody else was first.

use crate::verbs::{self, Verb};
use clap::Parser;
use medicosam_shared::client::Client;
use medicosam_shared::paths;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  medicosam                                  review the queue on the screen
  medicosam open 3f2a                        review the case whose id begins with 3f2a
  medicosam list --state review              what waits for a person
  medicosam show 3f2a --json | jq .score     one case, for a script
  medicosam approve 3f2a --revision 2        approve, unless revision 3 came meanwhile
  medicosam reject 3f2a --reason \"mask leaks into the vessel\"
  medicosam prompt 3f2a --slice 12 --box 318,333,405,399
  ssh -t host medicosam                      all of this on a server

Exit status: 0 done, 1 refused or failed, 2 wrong usage, 3 the daemon cannot be reached,
4 somebody else was first.";

/// Review segmentations of medical scans in a terminal.
///
/// Without a verb: the queue, the pictures and the decisions on the screen (press ? there).
/// With a verb: the same actions for scripts.
#[derive(Debug, Parser)]
#[command(name = "medicosam", version, after_help = EXAMPLES)]
pub struct Cli {
    /// Socket of the daemon [default: the one in the data folder]
    #[arg(
        long,
        global = true,
        env = "MEDICOSAM_SOCKET",
        value_name = "PATH",
        hide_env_values = true,
        display_order = 100
    )]
    pub socket: Option<PathBuf>,
    /// What to do; nothing: the screen
    #[command(subcommand)]
    pub verb: Option<Verb>,
}

/// Parses the command line, does what it says, and returns the exit status.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("medicosam: cannot start the event loop: {error}");
            return ExitCode::FAILURE;
        }
    };
    let client = Client::new(cli.socket.unwrap_or_else(paths::default_socket));
    let Some(verb) = cli.verb else {
        return ExitCode::SUCCESS;
    };
    match runtime.block_on(verbs::run(&client, &verb, &mut io::stdout())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            verbs::report(&error, verb.json(), &mut io::stdout(), &mut io::stderr());
            ExitCode::from(error.exit_status())
        }
    }
}
