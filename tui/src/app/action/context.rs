//! Where keys are pressed, and how the help arranges them.

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

/// Keys that belong together in the help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// Decisions.
    Decide,
    /// Filters and sorting.
    Find,
    /// Cases.
    Cases,
    /// Slices.
    Slices,
    /// Planes and layouts.
    Planes,
    /// Masks.
    Masks,
    /// The window.
    Window,
    /// The window by steps.
    Adjust,
    /// Zoom and pan.
    Zoom,
    /// The cursor.
    Cursor,
    /// Prompts.
    Draw,
    /// Masks by hand.
    Hand,
    /// The draft.
    Segment,
    /// The help itself.
    Scroll,
    /// The program.
    Program,
    /// Ways out.
    Leave,
}

impl Context {
    /// All of them.
    pub const ALL: [Context; 5] = [
        Context::Queue,
        Context::Review,
        Context::Window,
        Context::Edit,
        Context::Help,
    ];

    /// The name in the settings.
    pub const fn name(self) -> &'static str {
        match self {
            Context::Queue => "queue",
            Context::Review => "review",
            Context::Window => "window",
            Context::Edit => "edit",
            Context::Help => "help",
        }
    }

    /// The context of this name.
    pub fn named(name: &str) -> Option<Context> {
        Context::ALL
            .into_iter()
            .find(|context| context.name() == name)
    }

    /// The sections of the help here, most important first.
    pub const fn sections(self) -> &'static [Section] {
        use Section::*;
        match self {
            Context::Queue => &[Decide, Find, Cases, Program, Leave],
            Context::Review => &[
                Decide, Cases, Slices, Planes, Masks, Window, Zoom, Cursor, Program, Leave,
            ],
            Context::Window => &[Adjust, Window, Masks, Slices, Program, Leave],
            Context::Edit => &[
                Cursor, Draw, Hand, Segment, Slices, Planes, Masks, Window, Zoom, Program, Leave,
            ],
            Context::Help => &[Scroll, Program, Leave],
        }
    }
}

impl Section {
    /// The heading in the help.
    pub const fn heading(self) -> &'static str {
        match self {
            Section::Decide => "decide",
            Section::Find => "find",
            Section::Cases => "cases",
            Section::Slices => "slices",
            Section::Planes => "planes",
            Section::Masks => "masks",
            Section::Window => "window",
            Section::Adjust => "adjust",
            Section::Zoom => "zoom",
            Section::Cursor => "cursor",
            Section::Draw => "draw",
            Section::Hand => "by hand",
            Section::Segment => "segment",
            Section::Scroll => "scroll",
            Section::Program => "program",
            Section::Leave => "leave",
        }
    }
}
