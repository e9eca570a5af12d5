//! The program.

use super::context::{Context, Section};
use super::def::{actions, on};

const SCREENS: &[Context] = &[Context::Queue, Context::Review, Context::Edit];

actions! {
    /// The program itself, and ways out.
    App {
        /// Show or hide the keys.
        Help = "help", "these keys",
            on("?", &Context::ALL, Section::Program).hint("help");
        /// Type an action by its name, or a slice by its number.
        Command = "command", "command, or slice number",
            on(":", SCREENS, Section::Program);
        /// Give the terminal back to the shell for a while.
        Suspend = "suspend", "to the shell; fg comes back",
            on("ctrl-z", SCREENS, Section::Program);
        /// One step back: out of a dialog, a mode, a screen.
        Back = "back", "back",
            on("esc", &[Context::Queue], Section::Leave),
            on("q esc", &[Context::Review], Section::Leave).hint("back"),
            on("q esc", &[Context::Window], Section::Leave).hint("done"),
            on("q esc", &[Context::Edit], Section::Leave).hint("leave"),
            on("q esc enter", &[Context::Help], Section::Leave).hint("close");
        /// End the client.
        Quit = "quit", "quit",
            on("q", &[Context::Queue], Section::Leave).hint("quit");
    }
}
