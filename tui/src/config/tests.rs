use super::*;
use crate::app::action::Decide;
use crate::app::{Action, Context};
use crate::view::{Colours, ThemeChoice};

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse(text, Path::new("client.toml"))
}

fn error(text: &str) -> String {
    parse(text).unwrap_err().to_string()
}

#[test]
fn an_empty_file_changes_nothing() {
    assert_eq!(parse("").unwrap(), Config::default());
}

#[test]
fn keys_take_the_place_of_the_usual_ones() {
    let config =
        parse("[keys.review]\napprove = \"A\"\nreject = [\"ctrl-r\", \"f9\"]\nnext_slice = []\n")
            .unwrap();
    let action = |key: &str| config.keymap.action(Context::Review, key.parse().unwrap());
    assert_eq!(action("A"), Some(Action::Decide(Decide::Approve)));
    assert_eq!(action("f9"), Some(Action::Decide(Decide::Reject)));
    for key in ["a", "r", "j", "down"] {
        assert_eq!(action(key), None, "{key}");
    }
    let queue = config.keymap.action(Context::Queue, "a".parse().unwrap());
    assert_eq!(
        queue,
        Some(Action::Decide(Decide::Approve)),
        "elsewhere all is as usual"
    );
    let position = |keymap: &Keymap| {
        let mut actions = keymap.actions(Context::Review);
        actions.position(|a| a == Action::Decide(Decide::Approve))
    };
    assert_eq!(
        position(&config.keymap),
        position(&Keymap::default()),
        "the help keeps its order"
    );
}

#[test]
fn the_mouse_is_used_unless_somebody_says_no() {
    assert!(parse("[screen]\n").unwrap().mouse);
    assert!(!parse("[screen]\nmouse = false").unwrap().mouse);
}

#[test]
fn a_theme_is_chosen_by_its_name() {
    let light = parse("[screen]\ncolours = \"256\"\ntheme = \"light\"").unwrap();
    let expected = Theme::from_environment()
        .in_colours(Colours::Fixed)
        .chosen(ThemeChoice::Light);
    assert_eq!(light.theme, expected);
}

#[test]
fn two_keys_may_be_swapped() {
    let config = parse("[keys.queue]\napprove = \"r\"\nreject = \"a\"\n").unwrap();
    let action = |key: &str| config.keymap.action(Context::Queue, key.parse().unwrap());
    assert_eq!(action("r"), Some(Action::Decide(Decide::Approve)));
    assert_eq!(action("a"), Some(Action::Decide(Decide::Reject)));
}

#[test]
fn mistakes_name_the_line_and_what_was_meant() {
    for (text, line, why) in [
        ("[screen]\nglyhps = \"ascii\"", 2, "did you mean `glyphs`?"),
        ("[screen]\n\nglyphs = \"asci\"", 3, "did you mean `ascii`?"),
        ("[screen]\ngreys = 1", 2, "from 2 to 101"),
        ("[screen]\ndelta = 1", 2, "expected a boolean"),
        (
            "[screen]\ncolours = \"rainbow\"",
            2,
            "auto, all, 256, 16, none",
        ),
        ("[screen]\ntheme = \"ligth\"", 2, "did you mean `light`?"),
        ("[screen]\npicture = \"sixle\"", 2, "did you mean `sixel`?"),
        ("[screen]\nmouse = \"off\"", 2, "expected a boolean"),
        ("[screen]\nmose = false", 2, "did you mean `mouse`?"),
        ("[theme]\nbda = \"red\"", 2, "did you mean `bad`?"),
        ("[theme]\nbad = \"redish\"", 2, "a colour is"),
        (
            "[keys.reviwe]\napprove = \"A\"",
            1,
            "did you mean `review`?",
        ),
        (
            "[keys.review]\naprove = \"A\"",
            2,
            "did you mean `approve`?",
        ),
        (
            "[keys.queue]\nnext_slice = \"A\"",
            2,
            "unknown action in [keys.queue]",
        ),
        (
            "[keys.review]\napprove = \"ctrl+a\"",
            2,
            "keys are written like",
        ),
        ("[keys.review]\napprove = 3", 2, ""),
        (
            "[keys.review]\n\napprove = [\"A\", \"r\"]",
            3,
            "`r` already means `reject`",
        ),
        (
            "[keys.review]\napprove = \"Z\"\nreject = \"Z\"",
            2,
            "`Z` already means `reject`",
        ),
        (
            "[keys.review]\napprove = \"ctrl-c\"",
            2,
            "cannot be given away",
        ),
        ("[screen]\nnotify = \"osc7\"", 2, "unknown way to call you"),
        ("[keys.review", 1, ""),
    ] {
        let error = error(text);
        assert!(error.contains(&format!("line {line} (")), "{text}\n{error}");
        assert!(error.contains(why), "{text}\n{error}");
    }
}

#[test]
fn a_file_that_was_named_must_be_there() {
    let error = Config::load(Some(Path::new("/nonexistent/client.toml"))).unwrap_err();
    assert_eq!(error.code(), "settings-unreadable");
    assert!(error.to_string().contains("/nonexistent/client.toml"));
}
