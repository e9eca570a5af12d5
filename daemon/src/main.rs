//! `medicosamd`: see `medicosamd --help`.

fn main() -> std::process::ExitCode {
    medicosam_daemon::commands::main()
}
