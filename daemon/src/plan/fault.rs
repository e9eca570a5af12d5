//! Faults that a plan reports.

use super::choice::PassedOver;
use crate::config::Root;
use crate::prompts::PromptsError;
use crate::scan::{ScanError, Source};
use medicosam_shared::case::Fault;
use medicosam_shared::text::printable;

/// The fault of a scan that cannot be read.
pub fn of_scan(error: &ScanError) -> Fault {
    Fault {
        code: error.code().to_owned(),
        message: error.to_string(),
        hint: error.hint().to_string(),
    }
}

/// The prompts cannot be worked out. The wrong profile may be the reason, so those that were
/// passed over are named.
pub(super) fn of_prompts(error: &PromptsError, passed_over: &[PassedOver<'_>]) -> Fault {
    Fault {
        code: error.code().to_owned(),
        message: match passed_over {
            [] => error.to_string(),
            _ => format!("{error} ({})", reasons(passed_over)),
        },
        hint: error.hint().to_string(),
    }
}

/// No profile of the root matches.
pub(super) fn no_profile(root: &Root, file: &Source, passed_over: &[PassedOver<'_>]) -> Fault {
    let file = file.place().to_string_lossy();
    Fault {
        code: "no-profile".to_owned(),
        message: format!(
            "no profile of root {} matches {}: {}",
            root.path.display(),
            printable(&file),
            reasons(passed_over)
        ),
        hint:
            "Add or correct a profile (without rules under [profile.match] it takes every scan), \
               and restart the daemon: it looks at the scan again then. `medicosamd explain SCAN` \
               shows what matches."
                .to_owned(),
    }
}

fn reasons(passed_over: &[PassedOver<'_>]) -> String {
    let each = passed_over.iter();
    let reasons: Vec<String> = each
        .map(|PassedOver { profile, why }| format!("not {profile}: {why}"))
        .collect();
    reasons.join("; ")
}
