//! `medicosam`: see the library of this crate.

use std::process::ExitCode;

fn main() -> ExitCode {
    medicosam_tui::cli::main()
}
