//! The row of hints at the foot of each screen.

use crate::app::action::context::Context;
use crate::app::action::{Action, App, Cases, Cursor, Decide, Draw, Look, Slice, Window};

/// Actions that share a hint: their keys are shown with the word that they all have for the
/// context.
pub type Hint = &'static [Action];

const QUEUE: &[Hint] = &[
    &[Action::Cases(Cases::Open)],
    &[Action::Decide(Decide::Approve)],
    &[Action::Decide(Decide::Reject)],
    &[Action::Cases(Cases::Filter)],
    &[Action::Cases(Cases::Sort)],
    &[Action::Decide(Decide::Flag)],
    &[Action::Decide(Decide::TakeBack)],
    &[Action::Cases(Cases::MarkRange)],
    &[Action::Decide(Decide::Retry)],
    &[
        Action::Cases(Cases::SelectNext),
        Action::Cases(Cases::SelectPrevious),
    ],
    &[Action::App(App::Quit)],
];

const REVIEW: &[Hint] = &[
    &[Action::Decide(Decide::Approve)],
    &[Action::Decide(Decide::Reject)],
    &[Action::Draw(Draw::Begin)],
    &[Action::Decide(Decide::Flag)],
    &[Action::Slice(Slice::Next), Action::Slice(Slice::Previous)],
    &[
        Action::Slice(Slice::PreviousMasked),
        Action::Slice(Slice::NextMasked),
    ],
    &[Action::Look(Look::Mosaic)],
    &[Action::Look(Look::ZoomMask)],
    &[Action::Cases(Cases::Next), Action::Cases(Cases::Previous)],
    &[Action::Look(Look::ToggleMasks)],
    &[Action::Look(Look::TogglePrompts)],
    &[Action::Decide(Decide::TakeBack)],
    &[Action::Decide(Decide::Note)],
    &[
        Action::Look(Look::Sagittal),
        Action::Look(Look::Coronal),
        Action::Look(Look::Axial),
    ],
    &[Action::Look(Look::ThreePlanes)],
    &[Action::Look(Look::MaskForm)],
    &[Action::App(App::Back)],
];

const WINDOW: &[Hint] = &[
    &[
        Action::Window(Window::Narrower),
        Action::Window(Window::Wider),
    ],
    &[
        Action::Window(Window::LevelDown),
        Action::Window(Window::LevelUp),
    ],
    &[Action::Window(Window::Invert)],
    &[Action::Window(Window::Auto)],
    &[Action::Window(Window::Case)],
    &[Action::App(App::Back)],
];

const EDIT: &[Hint] = &[
    &[
        Action::Cursor(Cursor::Left),
        Action::Cursor(Cursor::Down),
        Action::Cursor(Cursor::Up),
        Action::Cursor(Cursor::Right),
    ],
    &[Action::Draw(Draw::Corner)],
    &[Action::Draw(Draw::Segment)],
    &[Action::Draw(Draw::Commit)],
    &[Action::Draw(Draw::Approve)],
    &[
        Action::Draw(Draw::PositivePoint),
        Action::Draw(Draw::NegativePoint),
    ],
    &[Action::Draw(Draw::Undo)],
    &[Action::Draw(Draw::Brush)],
    &[Action::Draw(Draw::Eraser)],
    &[Action::Draw(Draw::EmptySlice)],
    &[Action::Draw(Draw::Propagate)],
    &[Action::Draw(Draw::Clear)],
    &[Action::Slice(Slice::Previous), Action::Slice(Slice::Next)],
    &[Action::App(App::Back)],
];

const HELP: &[Hint] = &[
    &[Action::Cases(Cases::Filter)],
    &[
        Action::Cases(Cases::SelectNext),
        Action::Cases(Cases::SelectPrevious),
    ],
    &[Action::App(App::Back)],
];

/// The hint that stands at the end of every row.
pub const LAST: Hint = &[Action::App(App::Help)];

/// The row of hints for a context, most important first.
pub const fn row(context: Context) -> &'static [Hint] {
    match context {
        Context::Queue => QUEUE,
        Context::Review => REVIEW,
        Context::Window => WINDOW,
        Context::Edit => EDIT,
        Context::Help => HELP,
    }
}

/// The word of a hint in a context.
pub fn word(context: Context, hint: Hint) -> &'static str {
    let keys = hint.iter().find_map(|action| action.def().at(context));
    keys.and_then(|keys| keys.hint).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_actions_of_a_hint_share_its_word() {
        for context in Context::ALL {
            for hint in row(context).iter().chain([&LAST]) {
                assert!(!word(context, hint).is_empty(), "{hint:?} in {context:?}");
                for action in *hint {
                    let own = action.def().at(context).and_then(|keys| keys.hint);
                    assert_eq!(own, Some(word(context, hint)), "{action:?} in {context:?}");
                }
            }
        }
    }

    #[test]
    fn an_action_with_a_word_stands_in_the_row() {
        for context in Context::ALL {
            let hints = row(context).iter().chain([&LAST]);
            let there: Vec<Action> = hints.flat_map(|hint| hint.iter().copied()).collect();
            for action in Action::all() {
                let word = action.def().at(context).and_then(|keys| keys.hint);
                assert_eq!(
                    word.is_some(),
                    there.contains(&action),
                    "{action:?} in {context:?}"
                );
            }
        }
    }
}
