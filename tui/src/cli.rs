//! The command line: what it looks like, and how a run ends.
//!
//! Exit statuses are in [`crate::exit`].

use crate::app::Review;
use crate::config::{Config, ConfigError};
use crate::doctor;
use crate::exit::{self, Exit};
use crate::picture::GreyLevels;
use crate::run::{self, RunError, Start};
use crate::term::graphics::Choice;
use crate::term::probe::Preferences;
use crate::usage;
use crate::verbs::{self, Told, Verb, generate, keys};
use crate::view::ThemeChoice;
use clap::{Command, CommandFactory, FromArgMatches, Parser};
use clap_complete::CompleteEnv;
use medicosam_shared::case::Fault;
use medicosam_shared::client::{Client, Host};
use medicosam_shared::paths;
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

const EXAMPLES: &str = "\
  medicosam                                  review the queue on the screen
  medicosam open sub-010                     review one case, by the name of its scan or its id
  medicosam list --state review              what waits for a person
  medicosam show 3f2a --json | jq .score     one case, for a script
  medicosam approve 3f2a --revision 2        approve, unless revision 3 came meanwhile
  medicosam reject 3f2a --reason \"mask leaks into the vessel\"
  medicosam undo 3f2a                        take your own last decision back
  medicosam note 3f2a \"ask the surgeon\"     a remark that decides nothing
  medicosam list --filter 'state:review score>0.95' --ids | xargs medicosam approve
  medicosam events --follow | jq -r .action  what happens, as it happens
  medicosam prompt 3f2a --slice 12 --box 318,333,405,399
  medicosam draft 3f2a                       what you segmented and have not committed yet
  ssh -t host medicosam                      all of this on a server
  medicosam --host anna@host                 or from here, if medicosamd is installed there";

/// Heading of the options that only matter where there is a screen.
const SCREEN: &str = "Screen";

/// Verbs with a screen, or that try one.
const WITH_SCREEN: [&str; 2] = ["open", "doctor"];

fn after_help() -> String {
    format!("Examples:\n{EXAMPLES}\n\nExit status:\n{}", exit::table())
}

/// The command line. The help of a verb without a screen leaves out the options of the screen, which
/// are understood there all the same.
pub fn command() -> Command {
    let mut command = Cli::command();
    command.build();
    let verbs = command
        .get_subcommands()
        .map(|verb| verb.get_name().to_owned());
    let verbs: Vec<String> = verbs
        .filter(|verb| !WITH_SCREEN.contains(&verb.as_str()))
        .collect();
    verbs.into_iter().fold(command, |command, verb| {
        command.mut_subcommand(verb, |verb| {
            verb.mut_args(|arg| {
                let of_screen = arg.get_help_heading() == Some(SCREEN);
                if of_screen { arg.hide(true) } else { arg }
            })
        })
    })
}

/// Review segmentations of medical scans in a terminal.
///
/// Without a verb: the queue, the pictures and the decisions on the screen (press ? there).
/// With a verb: the same actions for scripts.
#[derive(Debug, Parser)]
#[command(name = "medicosam", version, after_help = after_help())]
pub struct Cli {
    /// Socket of the daemon [default: MEDICOSAM_SOCKET, else the one in the data folder]
    #[arg(long, global = true, value_name = "PATH", display_order = 100)]
    pub socket: Option<PathBuf>,
    /// The daemon is on another machine: ssh://user@host:port, user@host, or a name that ssh knows.
    /// Then --socket is the one there
    #[arg(long, global = true, value_name = "HOST", display_order = 100)]
    pub host: Option<Host>,
    /// Settings of the screen: keys, colours, pictures [default: the user's medicosam-client.toml]
    #[arg(long, global = true, value_name = "FILE", help_heading = SCREEN)]
    pub config: Option<PathBuf>,
    /// How pictures are shown [default: auto]
    #[arg(
        long,
        global = true,
        value_enum,
        env = "MEDICOSAM_PICTURE",
        value_name = "HOW",
        help_heading = SCREEN
    )]
    pub picture: Option<Choice>,
    /// Size of a character cell in pixels, where the terminal does not know it
    #[arg(long, global = true, value_name = "WxH", value_parser = parse_cell, help_heading = SCREEN)]
    pub cell: Option<(u16, u16)>,
    /// Colours of the text: for the background that the terminal reports, for a dark or a light one, or
    /// with more contrast [default: auto]
    #[arg(
        long,
        global = true,
        value_enum,
        env = "MEDICOSAM_THEME",
        value_name = "WHICH",
        help_heading = SCREEN
    )]
    pub theme: Option<ThemeChoice>,
    /// Grey levels in a picture, 2 to 101 (16, 32, 64): more are finer and take longer over a slow
    /// line [default: 32 in a sixel, 8 bits with kitty and iTerm2]
    #[arg(long, global = true, env = "MEDICOSAM_GREYS", value_name = "N", value_parser = parse_greys, help_heading = SCREEN)]
    pub greys: Option<GreyLevels>,
    /// Redraw whole pictures whenever something on them changes, for terminals that show a change
    /// over a picture wrongly
    #[arg(long, global = true, env = "MEDICOSAM_NO_DELTA", value_parser = clap::builder::FalseyValueParser::new(), help_heading = SCREEN)]
    pub no_delta: bool,
    /// Leave the mouse to the terminal, which then selects text without shift
    #[arg(long, global = true, help_heading = SCREEN)]
    pub no_mouse: bool,
    /// Record the session into a new file, as asciinema plays it: text and times, without pictures
    #[arg(long, global = true, value_name = "FILE", help_heading = SCREEN)]
    pub record: Option<PathBuf>,
    /// What to do; nothing: the screen
    #[command(subcommand)]
    pub verb: Option<Verb>,
}

/// Parses the command line, does what it says, and returns the exit status.
pub fn main() -> ExitCode {
    CompleteEnv::with_factory(command)
        .var(generate::ASKED_BY)
        .complete();
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let parsed = command().try_get_matches_from(&arguments);
    let cli = match parsed.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) => {
            return usage::tell(&error, &arguments, &mut io::stdout())
                .code()
                .into();
        }
    };
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
    let settings = Settings {
        config: cli.config,
        picture: cli.picture,
        cell: cli.cell,
        theme: cli.theme,
        greys: cli.greys,
        no_delta: cli.no_delta,
        no_mouse: cli.no_mouse,
        record: cli.record,
    };
    let client = match cli.host {
        Some(host) => Client::over_ssh(host, cli.socket),
        None => Client::new(cli.socket.unwrap_or_else(paths::default_socket)),
    };
    let status = runtime.block_on(act(client, settings, cli.verb));
    // Requests to the daemon or the terminal that are still open have no more use.
    runtime.shutdown_background();
    ExitCode::from(status)
}

/// Does what the command line says; returns the exit status.
async fn act(client: Client, settings: Settings, verb: Option<Verb>) -> u8 {
    let json = verb.as_ref().is_some_and(Verb::json);
    let done = match &verb {
        None => return screen(client, settings, None).await,
        Some(Verb::Open(args)) => match verbs::open(&client, args).await {
            Ok(review) => return screen(client, settings, Some(review)).await,
            Err(error) => Err(error),
        },
        Some(Verb::Doctor(args)) => match settings.load() {
            Ok((preferences, _)) => {
                doctor::run(&client, preferences, args.json, &mut io::stdout()).await
            }
            Err(error) => return wrong_settings(&error, json),
        },
        Some(Verb::Keys(args)) => match settings.load() {
            Ok((_, config)) => {
                keys::run(&config.keymap, args.json, &mut io::stdout()).map(|()| Exit::Done)
            }
            Err(error) => return wrong_settings(&error, json),
        },
        Some(Verb::Completions(args)) => {
            generate::completions(args, &mut io::stdout()).map(|()| Exit::Done)
        }
        Some(Verb::Man) => {
            generate::man(Cli::command(), EXAMPLES, &mut io::stdout()).map(|()| Exit::Done)
        }
        Some(verb) => {
            let done = verbs::run(&client, verb, &mut io::stdout()).await;
            done.map(|()| Exit::Done)
        }
    };
    match done {
        Ok(exit) => exit.code(),
        Err(error) => {
            let json = json && !error.is_told();
            verbs::report(&error.told(), json, &mut io::stdout(), &mut io::stderr());
            error.exit().code()
        }
    }
}

/// What the command line says of the screen.
struct Settings {
    config: Option<PathBuf>,
    picture: Option<Choice>,
    cell: Option<(u16, u16)>,
    theme: Option<ThemeChoice>,
    greys: Option<GreyLevels>,
    no_delta: bool,
    no_mouse: bool,
    record: Option<PathBuf>,
}

impl Settings {
    /// With the settings of the file, where the command line says nothing.
    fn load(self) -> Result<(Preferences, Config), ConfigError> {
        let mut config = Config::load(self.config.as_deref())?;
        config.mouse &= !self.no_mouse;
        if let Some(theme) = self.theme {
            config.theme = config.theme.chosen(theme);
        }
        let preferences = Preferences {
            picture: self.picture.or(config.picture).unwrap_or_default(),
            cell: self.cell,
            greys: self.greys.or(config.greys),
            patches: !self.no_delta && config.delta.unwrap_or(true),
        };
        Ok((preferences, config))
    }
}

fn wrong_settings(error: &ConfigError, json: bool) -> u8 {
    let fault = Fault {
        code: error.code().to_owned(),
        message: error.to_string(),
        hint: error.hint().to_owned(),
    };
    let told = Told::from(fault);
    verbs::report(&told, json, &mut io::stdout(), &mut io::stderr());
    Exit::Usage.code()
}

async fn screen(client: Client, mut settings: Settings, opened: Option<Review>) -> u8 {
    let record = settings.record.take();
    let (preferences, config) = match settings.load() {
        Ok(loaded) => loaded,
        Err(error) => return wrong_settings(&error, false),
    };
    // While the terminal is still the shell's, ssh may ask for a passphrase there.
    if client.host().is_some()
        && let Err(error) = client.hello().await
    {
        let error = verbs::Error::from(error);
        verbs::report(&error.told(), false, &mut io::stdout(), &mut io::stderr());
        return error.exit().code();
    }
    match run::run(client, preferences, config, Start { opened, record }).await {
        Ok(()) => 0,
        // The sender of the signal knows, and the terminal may not take another word.
        Err(error @ RunError::Signal(_)) => error.exit_status(),
        Err(error) => {
            let fault = Fault {
                code: error.code().to_owned(),
                message: error.to_string(),
                hint: error.hint().to_owned(),
            };
            let told = Told::from(fault);
            verbs::report(&told, false, &mut io::stdout(), &mut io::stderr());
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
