//! Keys: to the dialog that is open, else to the action that they mean.

use super::action::{Action, App};
use super::event::Effect;
use super::meant::Meant;
use super::state::deaf;
use super::state::model::{Model, Screen};
use super::state::notice::Notice;
use super::state::review::count;
use super::{Context, dialogs, keymap, update};
use crate::term::{Key, KeyCode};

/// Takes a key; returns the work for the outside.
pub(super) fn press(model: &mut Model, key: Key) -> Vec<Effect> {
    if key == keymap::END {
        return vec![Effect::Quit];
    }
    if key == keymap::REDRAW {
        return vec![Effect::Redraw];
    }
    if model.dialog.is_some() && suspends(model, key) {
        return vec![Effect::Suspend];
    }
    let now = model.now;
    let is_held = model.held.press(key, now);
    let was_deaf = model.deaf.is_on(now) && model.dialog.is_none();
    if model.deaf.takes(key, now) || (was_deaf && key.code == KeyCode::Esc) {
        return Vec::new();
    }
    model.notice = None;
    // Keys mean what is on the screen.
    model.resuming = None;
    model.see_preview();
    if let Some(review) = model.review_mut() {
        // Keys are stronger than a button that is held.
        review.grip = None;
    }
    if let Some(typed) = behind_escape(model, key) {
        let mut effects = pressed(model, Key::plain(KeyCode::Esc), Meant::Surely);
        effects.extend(pressed(model, typed, Meant::BehindEscape));
        return effects;
    }
    let meant = match is_held {
        true => Meant::Held,
        false => Meant::Surely,
    };
    pressed(model, key, meant)
}

/// Whether a key gives the terminal to the shell on the screen under a dialog.
fn suspends(model: &Model, key: Key) -> bool {
    let context = match model.screen {
        Screen::Queue => Context::Queue,
        Screen::Review(_) => Context::Review,
    };
    key.ctrl && model.keymap.action(context, key) == Some(Action::App(App::Suspend))
}

/// The key that was typed so soon after an escape that both came as one, with alt, which means nothing.
/// Text has no use for it: a letter that is meant for a line must not leave it.
fn behind_escape(model: &Model, key: Key) -> Option<Key> {
    let is_letter = key.alt && matches!(key.code, KeyCode::Char(_));
    let takes_text = model.dialog.as_ref().is_some_and(|d| d.takes_text());
    let is_bound = model.keymap.action(model.context(), key).is_some();
    (is_letter && !takes_text && !is_bound).then_some(Key { alt: false, ..key })
}

fn pressed(model: &mut Model, key: Key, meant: Meant) -> Vec<Effect> {
    let now = model.now;
    let asks = model.dialog.as_ref().is_some_and(|d| !d.takes_text());
    if let Some(effects) = dialogs::press(model, key, meant) {
        let is_unheard = asks && effects.is_none();
        if is_unheard && deaf::is_text(key) {
            model.deaf.begin(now);
        }
        return effects.unwrap_or_default();
    }
    let context = model.context();
    let counts = matches!(context, Context::Review | Context::Edit);
    let is_digit = counts && count::digit(key).is_some();
    if counts && let Some(review) = model.review_mut() {
        review.type_digit(key, now);
    }
    let action = model.keymap.action(context, key);
    let Some(action) = action else {
        if deaf::is_text(key) && !is_digit {
            model.deaf.begin(now);
            model.notice = Some(without_meaning(model, context, key));
        }
        end_count(model, key);
        return Vec::new();
    };
    if action.decides()
        && let Some(why) = meant.why_not(key)
    {
        model.notice = Some(why);
        return Vec::new();
    }
    let effects = update::update(model, action);
    end_count(model, key);
    effects
}

fn end_count(model: &mut Model, key: Key) {
    if let Some(review) = model.review_mut() {
        review.end_count(key);
    }
}

fn without_meaning(model: &Model, context: Context, key: Key) -> Notice {
    let help = model.keymap.way(context, Action::App(App::Help));
    Notice::good(format!(
        "{key} means nothing here, nor does what is typed right behind it. {help} shows the keys."
    ))
}
