//! What is drawn goes to the clipboard of the terminal, as the objects of a profile.

use super::event::Effect;
use super::state::model::Model;
use super::state::notice::Notice;
use super::state::review::Review;
use crate::as_profile::{self, Drawn, Style};
use medicosam_shared::place::Label;
use medicosam_shared::prompt::SlicePrompt;
use std::collections::BTreeMap;

/// Copies what the draft has drawn, or else the boxes and points of the current revision.
pub(super) fn copy(model: &mut Model) -> Vec<Effect> {
    let Some(text) = model.review().and_then(objects) else {
        model.notice = Some(Notice::bad("Draw a box first; there is nothing to copy."));
        return Vec::new();
    };
    let count = text.matches("[[profile.object]]").count();
    let objects = if count == 1 { "object" } else { "objects" };
    model.notice = Some(Notice::good(format!(
        "Copied as {count} {objects} of a profile, if the terminal takes it (OSC 52); also: medicosam show --as-profile."
    )));
    vec![Effect::Copy(text)]
}

fn objects(review: &Review) -> Option<String> {
    let detail = review.detail.as_ref()?;
    let draft = review.drafting.draft();
    let prompts = draft.map(|draft| draft.drawn().into_values().cloned().collect());
    let prompts: Vec<SlicePrompt> = prompts.unwrap_or_default();
    if prompts.is_empty() {
        return as_profile::of_revision(detail, Style::default());
    }
    let masks = review.masks()?;
    let known = masks.objects.iter().map(|o| (o.label, o.name.clone()));
    let names: BTreeMap<Label, String> = known.chain(review.drafting.objects()).collect();
    let drawn = Drawn {
        scan: detail.scan.as_ref()?,
        axis: masks.axis,
        name: &detail.summary.name,
    };
    as_profile::toml(drawn, &names, &prompts, Style::default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture::{press, with_review};

    #[test]
    fn what_is_drawn_is_copied() {
        let mut model = with_review(&["one"]);
        press(&mut model, "enter e b l l l j j b");
        let effects = press(&mut model, "Y");
        let copied = effects.iter().find_map(|effect| match effect {
            Effect::Copy(text) => Some(text.clone()),
            _ => None,
        });
        let copied = copied.unwrap();
        assert!(copied.contains("box = { min = ["), "{copied}");
        assert!(
            model
                .notice
                .as_ref()
                .unwrap()
                .text
                .starts_with("Copied as 1 object")
        );
    }
}
