//! What lies over a screen. A dialog knows its own keys, takes them and says what comes of them;
//! what it says is done by [`super::dialogs`]. How it is drawn stands in `view/dialog/` under the
//! same name.

pub mod approval;
pub mod boxes;
pub mod command;
pub mod conflict;
pub mod filter;
pub mod help;
pub mod keys;
pub mod line;
pub mod new_object;
pub mod note;
pub mod other_result;
pub mod question;
pub mod range;
pub mod reason;
pub mod refusal;
pub mod said;
pub mod saved_filters;

use crate::term::Key;
use approval::Approval;
use boxes::BoxesOf;
use command::Command;
use conflict::Conflict;
use filter::FilterLine;
use help::Help;
use keys::DialogHint;
use new_object::NewObject;
use note::Note;
use other_result::OtherResult;
use question::Question;
use range::Range;
use reason::Reason;
use refusal::Refusal;
use said::Said;
use saved_filters::SavedFilters;

/// What lies over a screen.
#[derive(Debug, Clone, PartialEq)]
pub enum Dialog {
    /// The keys of a context.
    Help(Help),
    /// Asks for the reason of a decision.
    Reason(Reason),
    /// Why there can be no decision now.
    Refusal(Refusal),
    /// A command being typed.
    Command(Command),
    /// A question that is answered with yes or no.
    Question(Question),
    /// Asks for the name of a new object.
    NewObject(NewObject),
    /// Asks on which slices an object is to be followed.
    Range(Range),
    /// Asks what boxes on several slices say together.
    Boxes(BoxesOf),
    /// A note being typed.
    Note(Note),
    /// A filter being typed.
    Filter(FilterLine),
    /// The saved filters, one to be chosen.
    SavedFilters(SavedFilters),
    /// Whether to approve although something speaks against it.
    Approval(Approval),
    /// Another reviewer was first.
    Conflict(Conflict),
    /// Another result lies where that of a case goes.
    OtherResult(OtherResult),
}

impl Dialog {
    /// Takes a key.
    pub fn press(&mut self, key: Key) -> Said {
        match self {
            Dialog::Help(dialog) => dialog.press(key),
            Dialog::Reason(dialog) => dialog.press(key),
            Dialog::Refusal(dialog) => dialog.press(key),
            Dialog::Command(dialog) => dialog.press(key),
            Dialog::Question(dialog) => dialog.press(key),
            Dialog::NewObject(dialog) => dialog.press(key),
            Dialog::Range(dialog) => dialog.press(key),
            Dialog::Boxes(dialog) => dialog.press(key),
            Dialog::Note(dialog) => dialog.press(key),
            Dialog::Filter(dialog) => dialog.press(key),
            Dialog::SavedFilters(dialog) => dialog.press(key),
            Dialog::Approval(dialog) => dialog.press(key),
            Dialog::Conflict(dialog) => dialog.press(key),
            Dialog::OtherResult(dialog) => dialog.press(key),
        }
    }

    /// Whether any text that is typed may go in here.
    pub fn takes_text(&self) -> bool {
        match self {
            Dialog::Reason(_)
            | Dialog::Refusal(_)
            | Dialog::Command(_)
            | Dialog::NewObject(_)
            | Dialog::Range(_)
            | Dialog::Note(_)
            | Dialog::Filter(_) => true,
            Dialog::Help(dialog) => dialog.typing,
            Dialog::Boxes(_)
            | Dialog::Question(_)
            | Dialog::SavedFilters(_)
            | Dialog::Approval(_)
            | Dialog::Conflict(_)
            | Dialog::OtherResult(_) => false,
        }
    }

    /// Takes pasted text.
    pub fn paste(&mut self, text: &str) -> Said {
        match self {
            Dialog::Reason(dialog) => dialog.text.insert(text),
            Dialog::Command(dialog) => dialog.text.insert(text),
            Dialog::NewObject(dialog) => dialog.text.insert(text),
            Dialog::Range(dialog) => dialog.text.insert(text),
            Dialog::Note(dialog) => dialog.text.insert(text),
            Dialog::Filter(dialog) => return dialog.paste(text),
            Dialog::Help(dialog) => dialog.paste(text),
            Dialog::Boxes(_)
            | Dialog::Refusal(_)
            | Dialog::Question(_)
            | Dialog::SavedFilters(_)
            | Dialog::Approval(_)
            | Dialog::Conflict(_)
            | Dialog::OtherResult(_) => {}
        }
        Said::Nothing
    }

    /// Its keys for the row of hints; `None` where the keymap has them.
    pub fn hints(&self) -> Option<Vec<DialogHint>> {
        Some(match self {
            Dialog::Help(dialog) if dialog.typing => keys::hints(help::KEYS),
            Dialog::Help(_) => return None,
            Dialog::Reason(_) => keys::hints(reason::KEYS),
            Dialog::Refusal(_) => keys::hints(refusal::KEYS),
            Dialog::Command(_) => keys::hints(command::KEYS),
            Dialog::Question(_) => keys::hints(question::KEYS),
            Dialog::NewObject(_) => keys::hints(new_object::KEYS),
            Dialog::Range(_) => keys::hints(range::KEYS),
            Dialog::Boxes(_) => keys::hints(boxes::KEYS),
            Dialog::Note(_) => keys::hints(note::KEYS),
            Dialog::Filter(_) => keys::hints(filter::KEYS),
            Dialog::SavedFilters(_) => saved_filters::hints(),
            Dialog::Approval(dialog) => dialog.hints(),
            Dialog::Conflict(_) => keys::hints(conflict::KEYS),
            Dialog::OtherResult(_) => keys::hints(other_result::KEYS),
        })
    }
}
