//! Refused changes of the draft, as notices.

use crate::app::Action;
use crate::app::keymap::{Context, Keymap};
use crate::app::model::Notice;
use medicosam_shared::draft::DraftRefusal;

/// Why the draft is not changed, and which key helps.
pub fn refused(refusal: &DraftRefusal, keymap: &Keymap) -> Notice {
    let helps = match refusal {
        DraftRefusal::NoMasks(_) | DraftRefusal::NoSeed(_) | DraftRefusal::NothingSegmented => {
            Some(Action::Segment)
        }
        DraftRefusal::Busy => Some(Action::Back),
        DraftRefusal::NoDraft(_)
        | DraftRefusal::Moved(_)
        | DraftRefusal::OtherRevision { .. }
        | DraftRefusal::NoRevision { .. }
        | DraftRefusal::LabelTaken(_)
        | DraftRefusal::NameMissing(_)
        | DraftRefusal::Prompt(_)
        | DraftRefusal::NothingDrawn(_)
        | DraftRefusal::NoSuchMask { .. }
        | DraftRefusal::NothingToUndo
        | DraftRefusal::NothingToRedo => None,
    };
    let key = helps.and_then(|action| keymap.keys(Context::Edit, action).next());
    let hint = refusal.hint();
    let is_bad = !matches!(
        refusal,
        DraftRefusal::NothingToUndo | DraftRefusal::NothingToRedo | DraftRefusal::NoDraft(_)
    );
    Notice {
        text: refusal.to_string(),
        hint: match key {
            Some(key) => format!("{} ({}).", hint.trim_end_matches('.'), key.symbol()),
            None => hint.to_owned(),
        },
        bad: is_bad,
    }
}
