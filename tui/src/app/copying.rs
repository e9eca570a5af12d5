//! Things to hand on go to the clipboard of the terminal: objects of a profile, and the way to a slice.

use super::event::Effect;
use super::state::model::Model;
use super::state::notice::Notice;
use super::state::review::Review;
use crate::as_profile::{self, Drawn, Style};
use medicosam_shared::place::Label;
use medicosam_shared::prompt::SlicePrompt;
use std::collections::BTreeMap;

/// Copies the command that opens what is on the screen: the slice, or the selected case of the list.
pub(super) fn copy_link(model: &mut Model) -> Vec<Effect> {
    let Some(command) = link(model) else {
        model.notice = Some(Notice::bad("There is no case here."));
        return Vec::new();
    };
    model.notice = Some(Notice::good(format!(
        "Copied, if the terminal takes it (OSC 52): {command}"
    )));
    vec![Effect::Copy(command)]
}

fn link(model: &Model) -> Option<String> {
    let mut command = String::from("medicosam ");
    if let Some(host) = &model.host {
        command += &format!("--host {host} ");
    }
    let Some(review) = model.review() else {
        let case = model.queue.selected()?;
        return Some(command + &format!("open {}", case.id));
    };
    command += &format!("open {}", review.case);
    if review.stack().is_some() {
        command += &format!(" --slice {}", review.index());
    }
    if let Some(axis) = review.place().axis {
        command += &format!(" --across {axis}");
    }
    Some(command)
}

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

    fn copied(effects: Vec<Effect>) -> String {
        let text = |effect| match effect {
            Effect::Copy(text) => Some(text),
            _ => None,
        };
        effects.into_iter().find_map(text).unwrap()
    }

    #[test]
    fn the_way_to_a_slice_is_copied() {
        let mut model = with_review(&["one"]);
        assert_eq!(copied(press(&mut model, "Y")), "medicosam open one");
        press(&mut model, "enter 0 2 G");
        let slice = "medicosam open one --slice 2";
        assert_eq!(copied(press(&mut model, "Y")), slice);
        model.host = Some("lab".to_owned());
        press(&mut model, "x 0 7 G");
        let sagittal = "medicosam --host lab open one --slice 7 --across i";
        assert_eq!(copied(press(&mut model, "Y")), sagittal);
    }

    #[test]
    fn what_is_drawn_is_copied() {
        let mut model = with_review(&["one"]);
        press(&mut model, "enter e b l l l j j b");
        let copied = copied(press(&mut model, "Y"));
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
