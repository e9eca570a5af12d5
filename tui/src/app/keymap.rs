//! Which key means what where. Hints and help are made from the same table.

use super::Action;
use crate::term::Key;

/// Where a key is pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Context {
    /// In the list of cases.
    Queue,
    /// Looking at a case.
    Review,
    /// Adjusting the window.
    Window,
    /// Changing the prompts of a case.
    Edit,
    /// Reading the help.
    Help,
}

/// A key that means something somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Binding {
    /// Where.
    pub context: Context,
    /// The key.
    pub key: Key,
    /// What it means.
    pub action: Action,
}

/// All of them; in a context a key has at most one meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keymap {
    bindings: Vec<Binding>,
}

const QUEUE: &[(&str, Action)] = &[
    ("a", Action::Approve),
    ("r", Action::Reject),
    ("f", Action::Flag),
    ("R", Action::Retry),
    (".", Action::Note),
    ("u", Action::TakeBack),
    ("/", Action::Filter),
    ("F", Action::SavedFilters),
    ("s", Action::Sort),
    ("S", Action::ReverseSort),
    ("space", Action::Mark),
    ("v", Action::MarkRange),
    ("esc", Action::Back),
    ("enter", Action::Open),
    ("j", Action::SelectNext),
    ("k", Action::SelectPrevious),
    ("down", Action::SelectNext),
    ("up", Action::SelectPrevious),
    ("ctrl-d", Action::SelectFurther),
    ("ctrl-u", Action::SelectFurtherBack),
    ("pgdn", Action::SelectFurther),
    ("pgup", Action::SelectFurtherBack),
    ("g", Action::SelectFirst),
    ("G", Action::SelectLast),
    ("home", Action::SelectFirst),
    ("end", Action::SelectLast),
    ("?", Action::Help),
    ("q", Action::Quit),
    (":", Action::Command),
    ("ctrl-z", Action::Suspend),
];

const REVIEW: &[(&str, Action)] = &[
    ("a", Action::Approve),
    ("r", Action::Reject),
    ("f", Action::Flag),
    ("e", Action::Edit),
    ("R", Action::Retry),
    (".", Action::Note),
    ("u", Action::TakeBack),
    ("n", Action::NextCase),
    ("p", Action::PreviousCase),
    ("j", Action::NextSlice),
    ("k", Action::PreviousSlice),
    ("down", Action::NextSlice),
    ("up", Action::PreviousSlice),
    ("ctrl-d", Action::FurtherSlice),
    ("ctrl-u", Action::FurtherSliceBack),
    ("pgdn", Action::FurtherSlice),
    ("pgup", Action::FurtherSliceBack),
    ("g", Action::FirstSlice),
    ("G", Action::LastSlice),
    ("home", Action::FirstSlice),
    ("end", Action::LastSlice),
    ("]", Action::NextMaskSlice),
    ("[", Action::PreviousMaskSlice),
    ("space", Action::ToggleMask),
    ("0", Action::WindowCase),
    ("1", Action::WindowAbdomen),
    ("2", Action::WindowLung),
    ("3", Action::WindowBrain),
    ("4", Action::WindowMediastinum),
    ("5", Action::WindowBone),
    ("6", Action::WindowAuto),
    ("w", Action::AdjustWindow),
    ("i", Action::Invert),
    ("}", Action::NextLowSlice),
    ("{", Action::PreviousLowSlice),
    ("z", Action::ViewAxial),
    ("y", Action::ViewCoronal),
    ("x", Action::ViewSagittal),
    ("v", Action::ThreePlanes),
    ("m", Action::Mosaic),
    ("enter", Action::OneSlice),
    ("+", Action::ZoomIn),
    ("-", Action::ZoomOut),
    ("=", Action::ZoomWhole),
    ("F", Action::ZoomMask),
    ("H", Action::PanLeft),
    ("J", Action::PanDown),
    ("K", Action::PanUp),
    ("L", Action::PanRight),
    ("o", Action::MaskForm),
    (")", Action::MoreOpaque),
    ("(", Action::LessOpaque),
    ("b", Action::ShowBefore),
    ("c", Action::ShowChanges),
    ("shift-left", Action::MoveLeft),
    ("shift-down", Action::MoveDown),
    ("shift-up", Action::MoveUp),
    ("shift-right", Action::MoveRight),
    ("ctrl-left", Action::MoveFarLeft),
    ("ctrl-down", Action::MoveFarDown),
    ("ctrl-up", Action::MoveFarUp),
    ("ctrl-right", Action::MoveFarRight),
    ("?", Action::Help),
    ("q", Action::Back),
    ("esc", Action::Back),
    (":", Action::Command),
    ("ctrl-z", Action::Suspend),
];

const WINDOW: &[(&str, Action)] = &[
    ("h", Action::WidthDown),
    ("l", Action::WidthUp),
    ("k", Action::LevelUp),
    ("j", Action::LevelDown),
    ("left", Action::WidthDown),
    ("right", Action::WidthUp),
    ("up", Action::LevelUp),
    ("down", Action::LevelDown),
    ("i", Action::Invert),
    ("0", Action::WindowCase),
    ("1", Action::WindowAbdomen),
    ("2", Action::WindowLung),
    ("3", Action::WindowBrain),
    ("4", Action::WindowMediastinum),
    ("5", Action::WindowBone),
    ("6", Action::WindowAuto),
    ("space", Action::ToggleMask),
    ("pgdn", Action::NextSlice),
    ("pgup", Action::PreviousSlice),
    ("?", Action::Help),
    ("w", Action::AdjustWindow),
    ("enter", Action::AdjustWindow),
    ("q", Action::Back),
    ("esc", Action::Back),
];

const EDIT: &[(&str, Action)] = &[
    ("h", Action::MoveLeft),
    ("j", Action::MoveDown),
    ("k", Action::MoveUp),
    ("l", Action::MoveRight),
    ("left", Action::MoveLeft),
    ("down", Action::MoveDown),
    ("up", Action::MoveUp),
    ("right", Action::MoveRight),
    ("H", Action::MoveFarLeft),
    ("J", Action::MoveFarDown),
    ("K", Action::MoveFarUp),
    ("L", Action::MoveFarRight),
    ("shift-left", Action::MoveFarLeft),
    ("shift-down", Action::MoveFarDown),
    ("shift-up", Action::MoveFarUp),
    ("shift-right", Action::MoveFarRight),
    ("b", Action::Corner),
    ("enter", Action::Confirm),
    ("t", Action::PositivePoint),
    ("T", Action::NegativePoint),
    ("x", Action::ClearPrompt),
    ("o", Action::NextObject),
    ("s", Action::Segment),
    ("S", Action::Propagate),
    ("tab", Action::NextCandidate),
    ("shift-tab", Action::PreviousCandidate),
    ("O", Action::NewObject),
    ("u", Action::UndoPrompt),
    ("U", Action::RedoPrompt),
    ("ctrl-r", Action::RedoPrompt),
    ("c", Action::CommitDraft),
    ("D", Action::DiscardDraft),
    ("pgdn", Action::NextSlice),
    ("pgup", Action::PreviousSlice),
    ("]", Action::NextMaskSlice),
    ("[", Action::PreviousMaskSlice),
    ("space", Action::ToggleMask),
    ("0", Action::WindowCase),
    ("1", Action::WindowAbdomen),
    ("2", Action::WindowLung),
    ("3", Action::WindowBrain),
    ("4", Action::WindowMediastinum),
    ("5", Action::WindowBone),
    ("6", Action::WindowAuto),
    ("i", Action::Invert),
    ("+", Action::ZoomIn),
    ("-", Action::ZoomOut),
    ("=", Action::ZoomWhole),
    ("F", Action::ZoomMask),
    ("?", Action::Help),
    ("q", Action::Back),
    ("esc", Action::Back),
    (":", Action::Command),
    ("ctrl-z", Action::Suspend),
];

const HELP: &[(&str, Action)] = &[
    ("j", Action::SelectNext),
    ("k", Action::SelectPrevious),
    ("down", Action::SelectNext),
    ("up", Action::SelectPrevious),
    ("?", Action::Help),
    ("q", Action::Back),
    ("esc", Action::Back),
    ("enter", Action::Back),
];

/// What the hints row says, most important first: actions whose keys are shown, and their title.
pub type Hint = (&'static [Action], &'static str);

const QUEUE_HINTS: &[Hint] = &[
    (&[Action::Open], "review"),
    (&[Action::Approve], "approve"),
    (&[Action::Reject], "reject"),
    (&[Action::Filter], "filter"),
    (&[Action::Sort], "sort"),
    (&[Action::Flag], "flag"),
    (&[Action::TakeBack], "undo"),
    (&[Action::MarkRange], "mark"),
    (&[Action::Retry], "retry"),
    (&[Action::SelectNext, Action::SelectPrevious], "move"),
    (&[Action::Quit], "quit"),
];

const REVIEW_HINTS: &[Hint] = &[
    (&[Action::Approve], "approve"),
    (&[Action::Reject], "reject"),
    (&[Action::Edit], "edit"),
    (&[Action::Flag], "flag"),
    (&[Action::NextSlice, Action::PreviousSlice], "slice"),
    (&[Action::PreviousMaskSlice, Action::NextMaskSlice], "mask"),
    (&[Action::NextCase, Action::PreviousCase], "case"),
    (&[Action::ToggleMask], "hide"),
    (&[Action::TakeBack], "undo"),
    (&[Action::Note], "note"),
    (
        &[Action::ViewSagittal, Action::ViewCoronal, Action::ViewAxial],
        "plane",
    ),
    (&[Action::ThreePlanes], "three"),
    (&[Action::Mosaic], "mosaic"),
    (&[Action::ZoomMask], "zoom"),
    (&[Action::MaskForm], "fill"),
    (&[Action::Back], "back"),
];

const WINDOW_HINTS: &[Hint] = &[
    (&[Action::WidthDown, Action::WidthUp], "width"),
    (&[Action::LevelDown, Action::LevelUp], "level"),
    (&[Action::Invert], "invert"),
    (&[Action::WindowAuto], "auto"),
    (&[Action::WindowCase], "as the model saw it"),
    (&[Action::Back], "done"),
];

const EDIT_HINTS: &[Hint] = &[
    (
        &[
            Action::MoveLeft,
            Action::MoveDown,
            Action::MoveUp,
            Action::MoveRight,
        ],
        "move",
    ),
    (&[Action::Corner], "box"),
    (&[Action::Segment], "segment"),
    (&[Action::CommitDraft], "commit"),
    (&[Action::PositivePoint, Action::NegativePoint], "point"),
    (&[Action::UndoPrompt], "undo"),
    (&[Action::Propagate], "propagate"),
    (&[Action::ClearPrompt], "clear"),
    (&[Action::PreviousSlice, Action::NextSlice], "slice"),
    (&[Action::Back], "leave"),
];

const HELP_HINTS: &[Hint] = &[
    (&[Action::SelectNext, Action::SelectPrevious], "scroll"),
    (&[Action::Back], "close"),
];

impl Context {
    /// All of them.
    pub const ALL: [Context; 5] = [
        Context::Queue,
        Context::Review,
        Context::Window,
        Context::Edit,
        Context::Help,
    ];

    /// As it is written in the settings.
    pub const fn name(self) -> &'static str {
        match self {
            Context::Queue => "queue",
            Context::Review => "review",
            Context::Window => "window",
            Context::Edit => "edit",
            Context::Help => "help",
        }
    }

    /// The one that is written so.
    pub fn named(name: &str) -> Option<Context> {
        Context::ALL
            .into_iter()
            .find(|context| context.name() == name)
    }

    /// What the hints row says here.
    pub const fn hints(self) -> &'static [Hint] {
        match self {
            Context::Queue => QUEUE_HINTS,
            Context::Review => REVIEW_HINTS,
            Context::Window => WINDOW_HINTS,
            Context::Edit => EDIT_HINTS,
            Context::Help => HELP_HINTS,
        }
    }
}

impl Default for Keymap {
    fn default() -> Self {
        let tables = [
            (Context::Queue, QUEUE),
            (Context::Review, REVIEW),
            (Context::Window, WINDOW),
            (Context::Edit, EDIT),
            (Context::Help, HELP),
        ];
        let bindings = tables.into_iter().flat_map(|(context, table)| {
            table.iter().filter_map(move |&(key, action)| {
                Some(Binding {
                    context,
                    key: key.parse().ok()?,
                    action,
                })
            })
        });
        Keymap {
            bindings: bindings.collect(),
        }
    }
}

impl Keymap {
    /// What `key` means in `context`.
    pub fn action(&self, context: Context, key: Key) -> Option<Action> {
        self.bindings
            .iter()
            .find(|b| b.context == context && b.key == key)
            .map(|b| b.action)
    }

    /// The keys that mean `action` in `context`.
    pub fn keys(&self, context: Context, action: Action) -> impl Iterator<Item = Key> {
        self.bindings
            .iter()
            .filter(move |b| b.context == context && b.action == action)
            .map(|b| b.key)
    }

    /// What `key` means in `context`: more than one action only while a keymap is being written.
    pub fn meanings(&self, context: Context, key: Key) -> Vec<Action> {
        let same = self
            .bindings
            .iter()
            .filter(|b| b.context == context && b.key == key);
        same.map(|b| b.action).collect()
    }

    /// Gives `action` these keys in `context` instead of those that it has, at the same place in
    /// the help.
    pub fn rebind(&mut self, context: Context, action: Action, keys: &[Key]) {
        let is_old = |b: &Binding| b.context == context && b.action == action;
        let place = self.bindings.iter().position(is_old);
        let place = place.unwrap_or(self.bindings.len());
        self.bindings.retain(|b| !is_old(b));
        let new = keys.iter().map(|&key| Binding {
            context,
            key,
            action,
        });
        self.bindings.splice(place..place, new);
    }

    /// Every action that has a key in `context`, in the order of the table, each once.
    pub fn actions(&self, context: Context) -> Vec<Action> {
        let mut actions = Vec::new();
        for binding in self.bindings.iter().filter(|b| b.context == context) {
            if !actions.contains(&binding.action) {
                actions.push(binding.action);
            }
        }
        actions
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_can_be_read_and_has_one_meaning() {
        let keymap = Keymap::default();
        let written = QUEUE.len() + REVIEW.len() + WINDOW.len() + EDIT.len() + HELP.len();
        assert_eq!(keymap.bindings.len(), written, "a key cannot be read");
        for (n, a) in keymap.bindings.iter().enumerate() {
            for b in &keymap.bindings[..n] {
                assert!((a.context, a.key) != (b.context, b.key), "{a:?} and {b:?}");
            }
        }
    }

    #[test]
    fn hints_name_only_what_has_a_key() {
        let keymap = Keymap::default();
        for context in Context::ALL {
            for action in context.hints().iter().flat_map(|(actions, _)| *actions) {
                assert!(keymap.keys(context, *action).next().is_some(), "{action:?}");
            }
        }
    }

    #[test]
    fn actions_are_written_in_snake_case() {
        let text = serde_json::to_string(&Action::NextMaskSlice).unwrap();
        assert_eq!(text, "\"next_mask_slice\"");
    }
}
