//! `medicosam completions` and `medicosam man`: from the same definitions as the command line.

use super::Error;
use crate::exit;
use clap::{Args, Command};
use clap_complete::Shell;
use clap_complete::env::Shells;
use clap_mangen::Man;
use std::io::{self, Write};

/// The variable by which the completions ask this program for candidates.
pub const ASKED_BY: &str = "MEDICOSAM_COMPLETE";

/// Which shell the completions are for.
#[derive(Debug, Clone, Args)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub shell: Shell,
}

/// Prints the completions, which ask the program itself: cases are not known before.
pub fn completions(args: &CompletionsArgs, out: &mut dyn Write) -> Result<(), Error> {
    let shell = args.shell.to_string();
    let mut text = Vec::new();
    if let Some(completer) = Shells::builtins().completer(&shell) {
        let name = "medicosam";
        let written = completer.write_registration(ASKED_BY, name, name, name, &mut text);
        written.map_err(Error::Output)?;
    }
    print(&text, out)
}

/// Prints the manual page of `command`.
pub fn man(mut command: Command, examples: &str, out: &mut dyn Write) -> Result<(), Error> {
    command.build();
    let text = page(&command, examples).map_err(Error::Output)?;
    print(&text, out)
}

/// One page for everything: nobody would find a page for each verb.
fn page(command: &Command, examples: &str) -> io::Result<Vec<u8>> {
    let page = Man::new(command.clone());
    let mut text = Vec::new();
    page.render_title(&mut text)?;
    page.render_name_section(&mut text)?;
    page.render_synopsis_section(&mut text)?;
    page.render_description_section(&mut text)?;
    page.render_options_section(&mut text)?;
    writeln!(text, ".SH VERBS")?;
    for verb in command.get_subcommands() {
        // `help` says what this page says.
        if verb.get_name() != "help" {
            write_verb(verb, &mut text)?;
        }
    }
    writeln!(text, ".SH EXAMPLES")?;
    write_lines(examples, &mut text)?;
    writeln!(text, ".SH \"EXIT STATUS\"")?;
    write_lines(&exit::table(), &mut text)?;
    page.render_version_section(&mut text)?;
    Ok(text)
}

/// What a verb does, and the options that only it has.
fn write_verb(verb: &Command, text: &mut Vec<u8>) -> io::Result<()> {
    let own = verb.clone().mut_args(|arg| {
        let elsewhere = arg.is_global_set() || arg.get_id() == "help";
        if elsewhere { arg.hide(true) } else { arg }
    });
    let page = Man::new(own);
    let mut parts = Vec::new();
    page.render_synopsis_section(&mut parts)?;
    writeln!(parts, ".PP")?;
    page.render_description_section(&mut parts)?;
    page.render_options_section(&mut parts)?;
    writeln!(text, ".SS {}", verb.get_name())?;
    // Each part begins with a heading of its own, and with what roff needs once in a page.
    let is_once = |line: &&[u8]| {
        [".SH", ".ie", ".el"]
            .iter()
            .any(|c| line.starts_with(c.as_bytes()))
    };
    for line in parts
        .split_inclusive(|b| *b == b'\n')
        .filter(|line| !is_once(line))
    {
        text.extend(line);
    }
    if let Some(more) = verb.get_after_help() {
        writeln!(text, ".PP")?;
        write_lines(&more.to_string(), text)?;
    }
    Ok(())
}

/// Text whose lines stay as they are.
fn write_lines(lines: &str, text: &mut Vec<u8>) -> io::Result<()> {
    writeln!(text, ".nf")?;
    for line in lines.lines() {
        let line = line.replace('\\', "\\e").replace('-', "\\-");
        // A point or an apostrophe at the beginning would be a command.
        let guard = if line.starts_with(['.', '\'']) {
            "\\&"
        } else {
            ""
        };
        writeln!(text, "{guard}{line}")?;
    }
    writeln!(text, ".fi")
}

fn print(text: &[u8], out: &mut dyn Write) -> Result<(), Error> {
    match out.write_all(text).and_then(|()| out.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(Error::Output),
    }
}
