//! `medicosam completions` and `medicosam man`: from the same definitions as the command line.

use super::Error;
use clap::{Args, Command};
use clap_complete::Shell;
use std::io::Write;

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
pub fn man(command: Command, out: &mut dyn Write) -> Result<(), Error> {
    let mut text = Vec::new();
    clap_mangen::Man::new(command)
        .render(&mut text)
        .map_err(Error::Output)?;
    print(&text, out)
}

fn print(text: &[u8], out: &mut dyn Write) -> Result<(), Error> {
    match out.write_all(text).and_then(|()| out.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(Error::Output),
    }
}
