//! `medicosamd completions` and `medicosamd man`: from the same definitions as the command line.

use super::Cli;
use super::error::CommandError;
use super::stdout;
use clap::{Args, CommandFactory};
use clap_complete::Shell;

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
    stdout::bytes(&text)
}

/// Prints the manual page.
pub fn man() -> Result<(), CommandError> {
    let mut text = Vec::new();
    clap_mangen::Man::new(Cli::command())
        .render(&mut text)
        .map_err(stdout::unwritable)?;
    stdout::bytes(&text)
}
