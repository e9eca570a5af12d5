//! `medicosam completions` and `medicosam man`: from the same definitions as the command line.

use super::Error;
use clap::{Args, Command};
use clap_complete::Shell;
use clap_mangen::Man;
use std::io::{self, Write};

/// Which shell the completions are for.
#[derive(Debug, Clone, Args)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub shell: Shell,
}

/// Prints the completions of `command`.
pub fn completions(
    args: &CompletionsArgs,
    mut command: Command,
    out: &mut dyn Write,
) -> Result<(), Error> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut command, "medicosam", &mut text);
    print(&text, out)
}

/// Prints the manual page of `command`.
pub fn man(mut command: Command, out: &mut dyn Write) -> Result<(), Error> {
    command.build();
    let text = page(&command).map_err(Error::Output)?;
    print(&text, out)
}

/// One page for everything: nobody would find a page for each verb.
fn page(command: &Command) -> io::Result<Vec<u8>> {
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
    page.render_extra_section(&mut text)?;
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
    page.render_extra_section(&mut parts)?;
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
    Ok(())
}

fn print(text: &[u8], out: &mut dyn Write) -> Result<(), Error> {
    match out.write_all(text).and_then(|()| out.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(Error::Output),
    }
}
