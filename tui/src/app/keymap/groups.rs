//! The usual keys, those together that belong together. A group serves every screen where its keys
//! mean something.

use super::Context;
use crate::app::Action;

/// Keys that belong together.
#[derive(Debug)]
pub struct Group {
    /// What they have in common, for the help.
    pub heading: &'static str,
    /// Each key, and what it means.
    pub keys: &'static [(&'static str, Action)],
}

const fn group(heading: &'static str, keys: &'static [(&'static str, Action)]) -> Group {
    Group { heading, keys }
}

const DECIDE: Group = group(
    "decide",
    &[
        ("a", Action::Approve),
        ("r", Action::Reject),
        ("f", Action::Flag),
        (".", Action::Note),
        ("u", Action::TakeBack),
        ("R", Action::Retry),
    ],
);

const FIND: Group = group(
    "find",
    &[
        ("/", Action::Filter),
        ("F", Action::SavedFilters),
        ("s", Action::Sort),
        ("S", Action::ReverseSort),
    ],
);

const LIST: Group = group(
    "cases",
    &[
        ("enter", Action::Open),
        ("space", Action::Mark),
        ("v", Action::MarkRange),
        ("j", Action::SelectNext),
        ("down", Action::SelectNext),
        ("k", Action::SelectPrevious),
        ("up", Action::SelectPrevious),
        ("ctrl-d", Action::SelectFurther),
        ("pgdn", Action::SelectFurther),
        ("ctrl-u", Action::SelectFurtherBack),
        ("pgup", Action::SelectFurtherBack),
        ("g", Action::SelectFirst),
        ("home", Action::SelectFirst),
        ("G", Action::SelectLast),
        ("end", Action::SelectLast),
    ],
);

const CASES: Group = group(
    "cases",
    &[
        ("n", Action::NextCase),
        ("p", Action::PreviousCase),
        ("e", Action::Edit),
        ("b", Action::ShowBefore),
        ("c", Action::ShowChanges),
    ],
);

const SLICES: Group = group(
    "slices",
    &[
        ("j", Action::NextSlice),
        ("down", Action::NextSlice),
        ("k", Action::PreviousSlice),
        ("up", Action::PreviousSlice),
        ("ctrl-d", Action::FurtherSlice),
        ("pgdn", Action::FurtherSlice),
        ("ctrl-u", Action::FurtherSliceBack),
        ("pgup", Action::FurtherSliceBack),
        ("g", Action::FirstSlice),
        ("home", Action::FirstSlice),
        ("G", Action::LastSlice),
        ("end", Action::LastSlice),
    ],
);

const MASK_SLICES: Group = group(
    "slices",
    &[
        ("]", Action::NextMaskSlice),
        ("[", Action::PreviousMaskSlice),
    ],
);

const LOW_SLICES: Group = group(
    "slices",
    &[("}", Action::NextLowSlice), ("{", Action::PreviousLowSlice)],
);

/// Slices by the keys that are left where letters and arrows move something else.
const PAGED_SLICES: Group = group(
    "slices",
    &[("pgdn", Action::NextSlice), ("pgup", Action::PreviousSlice)],
);

const PLANES: Group = group(
    "planes",
    &[
        ("z", Action::ViewAxial),
        ("y", Action::ViewCoronal),
        ("x", Action::ViewSagittal),
        ("v", Action::ThreePlanes),
        ("m", Action::Mosaic),
        ("enter", Action::OneSlice),
    ],
);

const ZOOM: Group = group(
    "zoom",
    &[
        ("+", Action::ZoomIn),
        ("-", Action::ZoomOut),
        ("=", Action::ZoomWhole),
        ("F", Action::ZoomMask),
    ],
);

const PAN: Group = group(
    "zoom",
    &[
        ("H", Action::PanLeft),
        ("J", Action::PanDown),
        ("K", Action::PanUp),
        ("L", Action::PanRight),
    ],
);

const MASKS: Group = group("masks", &[("space", Action::ToggleMask)]);

const MASK_FORM: Group = group(
    "masks",
    &[
        ("o", Action::MaskForm),
        (")", Action::MoreOpaque),
        ("(", Action::LessOpaque),
    ],
);

const WINDOWS: Group = group(
    "window",
    &[
        ("0", Action::WindowCase),
        ("1", Action::WindowAbdomen),
        ("2", Action::WindowLung),
        ("3", Action::WindowBrain),
        ("4", Action::WindowMediastinum),
        ("5", Action::WindowBone),
        ("6", Action::WindowAuto),
        ("i", Action::Invert),
    ],
);

const ADJUST: Group = group("window", &[("w", Action::AdjustWindow)]);

const ADJUSTING: Group = group(
    "adjust",
    &[
        ("h", Action::WidthDown),
        ("left", Action::WidthDown),
        ("l", Action::WidthUp),
        ("right", Action::WidthUp),
        ("k", Action::LevelUp),
        ("up", Action::LevelUp),
        ("j", Action::LevelDown),
        ("down", Action::LevelDown),
        ("w", Action::AdjustWindow),
        ("enter", Action::AdjustWindow),
    ],
);

const CURSOR: Group = group(
    "cursor",
    &[
        ("shift-left", Action::MoveLeft),
        ("shift-down", Action::MoveDown),
        ("shift-up", Action::MoveUp),
        ("shift-right", Action::MoveRight),
        ("ctrl-left", Action::MoveFarLeft),
        ("ctrl-down", Action::MoveFarDown),
        ("ctrl-up", Action::MoveFarUp),
        ("ctrl-right", Action::MoveFarRight),
    ],
);

const DRAWING_CURSOR: Group = group(
    "cursor",
    &[
        ("h", Action::MoveLeft),
        ("left", Action::MoveLeft),
        ("j", Action::MoveDown),
        ("down", Action::MoveDown),
        ("k", Action::MoveUp),
        ("up", Action::MoveUp),
        ("l", Action::MoveRight),
        ("right", Action::MoveRight),
        ("H", Action::MoveFarLeft),
        ("shift-left", Action::MoveFarLeft),
        ("J", Action::MoveFarDown),
        ("shift-down", Action::MoveFarDown),
        ("K", Action::MoveFarUp),
        ("shift-up", Action::MoveFarUp),
        ("L", Action::MoveFarRight),
        ("shift-right", Action::MoveFarRight),
    ],
);

const DRAW: Group = group(
    "draw",
    &[
        ("b", Action::Corner),
        ("enter", Action::Confirm),
        ("t", Action::PositivePoint),
        ("T", Action::NegativePoint),
        ("x", Action::ClearPrompt),
        ("o", Action::NextObject),
        ("O", Action::NewObject),
        ("u", Action::UndoPrompt),
        ("U", Action::RedoPrompt),
        ("ctrl-r", Action::RedoPrompt),
    ],
);

const SEGMENT: Group = group(
    "segment",
    &[
        ("s", Action::Segment),
        ("S", Action::Propagate),
        ("tab", Action::NextCandidate),
        ("shift-tab", Action::PreviousCandidate),
        ("c", Action::CommitDraft),
        ("D", Action::DiscardDraft),
    ],
);

const SCROLL: Group = group(
    "scroll",
    &[
        ("j", Action::SelectNext),
        ("down", Action::SelectNext),
        ("k", Action::SelectPrevious),
        ("up", Action::SelectPrevious),
    ],
);

const SCREEN: Group = group(
    "program",
    &[
        ("?", Action::Help),
        (":", Action::Command),
        ("ctrl-z", Action::Suspend),
    ],
);

const HELP: Group = group("program", &[("?", Action::Help)]);

const QUIT: Group = group("leave", &[("esc", Action::Back), ("q", Action::Quit)]);

const LEAVE: Group = group("leave", &[("q", Action::Back), ("esc", Action::Back)]);

const CLOSE: Group = group(
    "leave",
    &[
        ("q", Action::Back),
        ("esc", Action::Back),
        ("enter", Action::Back),
    ],
);

impl Context {
    /// The keys here, most important first.
    pub const fn groups(self) -> &'static [&'static Group] {
        match self {
            Context::Queue => &[&DECIDE, &FIND, &LIST, &SCREEN, &QUIT],
            Context::Review => &[
                &DECIDE,
                &CASES,
                &SLICES,
                &MASK_SLICES,
                &LOW_SLICES,
                &PLANES,
                &MASKS,
                &MASK_FORM,
                &WINDOWS,
                &ADJUST,
                &ZOOM,
                &PAN,
                &CURSOR,
                &SCREEN,
                &LEAVE,
            ],
            Context::Window => &[&ADJUSTING, &WINDOWS, &MASKS, &PAGED_SLICES, &HELP, &LEAVE],
            Context::Edit => &[
                &DRAWING_CURSOR,
                &DRAW,
                &SEGMENT,
                &PAGED_SLICES,
                &MASK_SLICES,
                &MASKS,
                &WINDOWS,
                &ZOOM,
                &SCREEN,
                &LEAVE,
            ],
            Context::Help => &[&SCROLL, &HELP, &CLOSE],
        }
    }
}
