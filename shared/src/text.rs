//! Text from files and networks made safe to show, and words that were nearly right.

/// The text without anything that could move the cursor, change colours or reverse the reading
/// direction: control characters and Unicode's bidirectional marks become `·`.
pub fn printable(text: &str) -> String {
    text.chars()
        .map(|c| {
            let bidirectional = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{061c}');
            if c.is_control() || bidirectional || c == '\u{feff}' {
                '·'
            } else {
                c
            }
        })
        .collect()
}

/// The same for text of several lines, which may have columns.
pub fn printable_lines(text: &str) -> String {
    let pieces = text.split_inclusive(['\n', '\t']);
    let printable_piece = |piece: &str| match piece.strip_suffix(['\n', '\t']) {
        Some(words) => printable(words) + &piece[words.len()..],
        None => printable(piece),
    };
    pieces.map(printable_piece).collect()
}

/// The one of `known` that is closest to `word`, if one is close.
pub fn did_you_mean<'k>(word: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    known
        .map(|k| (strsim::damerau_levenshtein(word, k), k))
        .min()
        .filter(|(distance, k)| *distance <= k.len().div_ceil(3))
        .map(|(_, k)| k)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_and_direction_marks_do_not_get_through() {
        assert_eq!(printable("a\x1b]52;c;x\x07b\nc"), "a·]52;c;x·b·c");
        assert_eq!(printable("gz\u{202e}nii\u{9b}m"), "gz·nii·m");
        assert_eq!(printable("Lunge_ö.nii.gz"), "Lunge_ö.nii.gz");
        assert_eq!(printable_lines("a\x1b\nb\r\n\tc"), "a·\nb·\n\tc");
    }

    #[test]
    fn a_word_is_guessed_only_if_it_is_close() {
        let guess = |word| did_you_mean(word, ["approve", "reject"].into_iter());
        assert_eq!(guess("aprove"), Some("approve"));
        assert_eq!(guess("rejcet"), Some("reject"));
        assert_eq!(guess("flag"), None);
    }
}
