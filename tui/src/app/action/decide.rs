//! Decisions.

use super::context::{Context, Section};
use super::def::{actions, on};

const SCREENS: &[Context] = &[Context::Queue, Context::Review];

actions! {
    /// Decisions on the case that is selected or looked at, and what goes with them.
    Decide {
        /// Approve.
        Approve = "approve", "approve, then the next case",
            on("a", SCREENS, Section::Decide).hint("approve");
        /// Reject; asks for the reason.
        Reject = "reject", "reject, with a reason",
            on("r", SCREENS, Section::Decide).hint("reject");
        /// Flag for somebody else; asks for the reason.
        Flag = "flag", "flag for somebody else",
            on("f", SCREENS, Section::Decide).hint("flag");
        /// Leave a note, which decides nothing.
        Note = "note", "leave a note",
            on(".", &[Context::Queue], Section::Decide),
            on(".", &[Context::Review], Section::Decide).hint("note");
        /// Take the last decision back.
        TakeBack = "take_back", "take the last decision back",
            on("u", SCREENS, Section::Decide).hint("undo");
        /// Try a failed or paused case again.
        Retry = "retry", "try again (failed, paused)",
            on("R", &[Context::Queue], Section::Decide).hint("retry"),
            on("R", &[Context::Review], Section::Decide);
        /// Put a failed case away, or bring it back.
        Dismiss = "dismiss", "put away, or back (failed)",
            on("X", SCREENS, Section::Decide);
        /// Have a case done before all others that wait.
        Hurry = "hurry", "first in the queue (waiting)",
            on("T", &[Context::Queue], Section::Cases);
        /// Have the daemon begin no scans, or go on.
        PauseIntake = "pause_intake", "pause the intake, or resume",
            on("!", &[Context::Queue], Section::Cases);
    }
}
