//! `medicosamd completions` and `medicosamd man`: from the same definitions as the command line.

use super::Cli;
use super::error::CommandError;
use clap::{Args, CommandFactory};
use clap_complete::Shell;
use std::io::{self, Write};

/// Print the completions for a shell
///
/// For example: medicosamd completions bash > ~/.local/share/bash-completion/completions/medicosamd
#[derive(Debug, Clone, Args)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints the completions.
pub fn completions(args: &CompletionsArgs) -> Result<(), CommandError> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "medicosamd", &mut text);
    print(&text)
}

/// Prints the manual page.
pub fn man() -> Result<(), CommandError> {
    let mut text = Vec::new();
    clap_mangen::Man::new(Cli::command())
        .render(&mut text)
        .map_err(unwritable)?;
    print(&text)
}

fn print(text: &[u8]) -> Result<(), CommandError> {
    match io::stdout().write_all(text) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(unwritable(error)),
        _ => Ok(()),
    }
}

fn unwritable(error: io::Error) -> CommandError {
    CommandError::new(
        "output-unwritable",
        format!("writing to the standard output: {error}"),
        "",
    )
}
