//! How a run of the program ends, for scripts. The table is printed by `--help` and by `medicosam man`;
//! docs/api.md has it too.

/// The exit status of a run that no signal ended. Of several cases, the highest counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Everything was done.
    Done = 0,
    /// Something was refused or failed, or `doctor` found something to mend.
    Refused = 1,
    /// The command line or the settings cannot be understood.
    Usage = 2,
    /// The daemon cannot be reached.
    Unreachable = 3,
    /// Somebody else was first, or the case is not in a state for it.
    Conflict = 4,
    /// There is no decision to take back.
    NothingDecided = 5,
    /// What was waited for did not happen in time.
    TimeOut = 6,
}

impl Exit {
    /// All of them, lowest first.
    pub const ALL: [Exit; 7] = [
        Exit::Done,
        Exit::Refused,
        Exit::Usage,
        Exit::Unreachable,
        Exit::Conflict,
        Exit::NothingDecided,
        Exit::TimeOut,
    ];

    /// The number that the system sees.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// What it means, in words.
    pub const fn meaning(self) -> &'static str {
        match self {
            Exit::Done => "done",
            Exit::Refused => "refused or failed; `doctor`: something is to be mended",
            Exit::Usage => "wrong usage or settings",
            Exit::Unreachable => "the daemon cannot be reached",
            Exit::Conflict => "somebody else was first, or the case is not in a state for it",
            Exit::NothingDecided => "there was no decision to take back (`undo`)",
            Exit::TimeOut => "it did not happen in time (`wait`)",
        }
    }
}

/// The table of all exit statuses, one a line.
pub fn table() -> String {
    let lines = Exit::ALL.map(|exit| format!("  {:<6} {}\n", exit.code(), exit.meaning()));
    let signal = "  128+n  ended by signal n\n";
    format!("{}{signal}Of several cases, the highest.", lines.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documentation_has_the_same_table() {
        let page = include_str!("../../docs/api.md");
        for exit in Exit::ALL {
            let row = format!("| {} | {} |", exit.code(), exit.meaning());
            assert!(page.contains(&row), "docs/api.md lacks {row}");
        }
    }

    #[test]
    fn the_table_has_a_line_for_each() {
        assert_eq!(table().lines().count(), Exit::ALL.len() + 2);
    }
}
