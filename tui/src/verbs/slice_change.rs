//! What an answer did to a slice, in words.

use medicosam_shared::correction::{SliceChange, Verdict};

/// What an answer did to a slice, and what speaks against it.
pub fn changed(change: &SliceChange) -> String {
    let mut text = format!(
        "slice {}: {} → {} pixels, score {:.2}",
        change.place.index, change.before, change.after, change.score
    );
    match change.verdict() {
        // The score is there already.
        Verdict::Fine | Verdict::LowScore(_) => {}
        doubt @ (Verdict::Emptied | Verdict::Grown(_) | Verdict::Shrunk(_)) => {
            text.extend(doubt.doubt().map(|doubt| format!(": {doubt}")));
        }
    }
    if !change.verdict().is_fine() {
        text.push_str(" (look at it)");
    }
    text
}
