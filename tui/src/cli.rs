//! The command line: what it looks like, and how a run ends.
//!
//! Exit status: 0 done, 1 refused or failed, 2 wrong usage, 3 the daemon cannot be reached,
//! 4 somebody else was first, 128 + n ended by signal n.

use crate::picture::GreyLevels;
use crate::run::{self, RunError};
use crate::term::probe::{Choice, Preferences};
use crate::verbs::{self, Verb};
use clap::Parser;
use medicosam_shared::case::{CaseId, Fault};
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
  medicosam undo 3f2a                        take your own last decision back
  medicosam note 3f2a \"ask the surgeon\"     a remark that decides nothing
  medicosam list --filter 'state:review score>0.95' --ids | xargs medicosam approve
  medicosam prompt 3f2a --slice 12 --box 318,333,405,399
  ssh -t host medicosam                      all of this on a server

Exit status: 0 done, 1 refused or failed, 2 wrong usage, 3 the daemon cannot be reached,
4 somebody else was first. Of several cases, the highest.";

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
    /// How pictures are shown
    #[arg(
        long,
        global = true,
        value_enum,
        env = "MEDICOSAM_PICTURE",
        default_value_t,
        value_name = "HOW",
        help_heading = "Screen"
    )]
    pub picture: Choice,
    /// Size of a character cell in pixels, where the terminal does not know it
    #[arg(long, global = true, value_name = "WxH", value_parser = parse_cell, help_heading = "Screen")]
    pub cell: Option<(u16, u16)>,
    /// Grey levels in a picture, 2 to 101 (16, 32, 64): more are finer and take longer over a slow line
    #[arg(long, global = true, env = "MEDICOSAM_GREYS", value_name = "N", value_parser = parse_greys, default_value = "32", help_heading = "Screen")]
    pub greys: GreyLevels,
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
    let preferences = Preferences {
        picture: cli.picture,
        cell: cli.cell,
        greys: cli.greys,
    };
    let client = Client::new(cli.socket.unwrap_or_else(paths::default_socket));
    let status = runtime.block_on(act(client, preferences, cli.verb));
    // Whatever still waits for the daemon or the terminal is of no more use.
    runtime.shutdown_background();
    ExitCode::from(status)
}

/// Does what the command line says; returns the exit status.
async fn act(client: Client, preferences: Preferences, verb: Option<Verb>) -> u8 {
    let json = verb.as_ref().is_some_and(Verb::json);
    let done = match &verb {
        None => return screen(client, preferences, None).await,
        Some(Verb::Open(args)) => match verbs::open(&client, args).await {
            Ok(case) => return screen(client, preferences, Some(case)).await,
            Err(error) => Err(error),
        },
        Some(verb) => verbs::run(&client, verb, &mut io::stdout()).await,
    };
    match done {
        Ok(()) => 0,
        Err(error) => {
            verbs::report(&error.fault(), json, &mut io::stdout(), &mut io::stderr());
            error.exit_status()
        }
    }
}

async fn screen(client: Client, preferences: Preferences, case: Option<CaseId>) -> u8 {
    match run::run(client, preferences, case).await {
        Ok(()) => 0,
        // Whoever ended it knows; and the terminal may not take another word.
        Err(error @ RunError::Signal(_)) => error.exit_status(),
        Err(error) => {
            let fault = Fault {
                code: error.code().to_owned(),
                message: error.to_string(),
                hint: error.hint().to_owned(),
            };
            verbs::report(&fault, false, &mut io::stdout(), &mut io::stderr());
            error.exit_status()
        }
    }
}

fn parse_cell(text: &str) -> Result<(u16, u16), String> {
    let number = |n: &str| n.parse::<u16>().ok().filter(|n| (2..=256).contains(n));
    match text.split_once('x').map(|(w, h)| (number(w), number(h))) {
        Some((Some(width), Some(height))) => Ok((width, height)),
        _ => Err("a cell is two numbers from 2 to 256, for example 10x20".to_owned()),
    }
}

fn parse_greys(text: &str) -> Result<GreyLevels, String> {
    let count = text.parse().ok().and_then(GreyLevels::new);
    count.ok_or_else(|| "a number from 2 to 101".to_owned())
}
