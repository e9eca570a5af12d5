//! A command line that cannot be understood: told to people, and with `--json` to scripts.

use crate::exit::Exit;
use crate::verbs::{self, Told};
use clap::error::ErrorKind;
use medicosam_shared::case::Fault;
use std::ffi::OsString;
use std::io::Write;

/// Prints what is wrong with a command line, or the help that it asks for; returns how the program ends.
pub fn tell(error: &clap::Error, arguments: &[OsString], out: &mut dyn Write) -> Exit {
    // Where even the error cannot be written, the exit status is all that is left to say.
    let _ = error.print();
    if matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    ) {
        return Exit::Done;
    }
    if wants_json(arguments) {
        verbs::report_json(&Told::from(fault(&error.render().to_string())), out);
    }
    Exit::Usage
}

/// Whether a command line, which could not be parsed, asks for JSON.
fn wants_json(arguments: &[OsString]) -> bool {
    let options = arguments.iter().take_while(|argument| *argument != "--");
    options.into_iter().any(|argument| argument == "--json")
}

/// The first paragraph of what clap says, and the others as the hint.
fn fault(rendered: &str) -> Fault {
    let (message, hint) = rendered.split_once("\n\n").unwrap_or((rendered, ""));
    let message = message.trim().trim_start_matches("error: ");
    Fault {
        code: "usage".to_owned(),
        message: message.to_owned(),
        hint: hint.trim().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli;

    fn told(line: &str) -> (Exit, String) {
        let arguments: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        let error = cli::command().try_get_matches_from(&arguments).unwrap_err();
        let mut out = Vec::new();
        let exit = tell(&error, &arguments, &mut out);
        (exit, String::from_utf8(out).unwrap())
    }

    #[test]
    fn wrong_usage_is_json_where_json_is_asked_for() {
        let (exit, out) = told("medicosam list --sort size --json");
        assert_eq!(exit, Exit::Usage);
        let json: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert_eq!(json["error"]["code"], "usage");
        let message = json["error"]["message"].as_str().unwrap();
        assert!(message.contains("'size'"), "{message}");
        assert!(message.contains("attention, score, age"), "{message}");
        let hint = json["error"]["hint"].as_str().unwrap();
        assert!(hint.contains("--help"), "{hint}");
        assert_eq!(told("medicosam list --sort size").1, "");
        assert_eq!(told("medicosam note 3f -- a --json b").1, "");
    }
}
