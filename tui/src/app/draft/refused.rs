//! Refused changes of the draft, as notices.

use crate::app::action::context::Context;
use crate::app::action::{Action, App, Draw};
use crate::app::keymap::Keymap;
use crate::app::state::notice::Notice;
use medicosam_shared::draft::DraftRefusal;

/// Why the draft is not changed, and which key helps.
pub fn refused(refusal: &DraftRefusal, keymap: &Keymap) -> Notice {
    let helps = match refusal {
        DraftRefusal::NoMasks(_) | DraftRefusal::NoSeed(_) | DraftRefusal::NothingSegmented => {
            Some(Action::Draw(Draw::Segment))
        }
        DraftRefusal::TooFewBoxes(_) => Some(Action::Draw(Draw::Corner)),
        DraftRefusal::Busy => Some(Action::App(App::Back)),
        DraftRefusal::NoDraft(_)
        | DraftRefusal::Moved(_)
        | DraftRefusal::OtherRevision { .. }
        | DraftRefusal::NoRevision { .. }
        | DraftRefusal::LabelTaken(_)
        | DraftRefusal::NameMissing(_)
        | DraftRefusal::Prompt(_)
        | DraftRefusal::NothingDrawn(_)
        | DraftRefusal::NothingToCorrect(_)
        | DraftRefusal::PaintedOutside(_)
        | DraftRefusal::NothingPainted(_)
        | DraftRefusal::NothingToCopy(_)
        | DraftRefusal::NothingBetween(_)
        | DraftRefusal::NoSuchRevision(_)
        | DraftRefusal::OtherPlane
        | DraftRefusal::NoSuchMask { .. }
        | DraftRefusal::NothingToUndo
        | DraftRefusal::NothingToRedo => None,
    };
    let key = helps.map(|action| keymap.way(Context::Edit, action));
    let hint = refusal.hint();
    let is_bad = !matches!(
        refusal,
        DraftRefusal::NothingToUndo | DraftRefusal::NothingToRedo | DraftRefusal::NoDraft(_)
    );
    Notice {
        text: refusal.to_string(),
        hint: match key {
            Some(key) => format!("{} ({key}).", hint.trim_end_matches('.')),
            None => hint.to_owned(),
        },
        bad: is_bad,
    }
}
