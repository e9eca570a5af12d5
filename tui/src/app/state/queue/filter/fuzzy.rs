//! How well a word fits a name.

/// The word itself, somewhere in the name.
const WHOLE: u32 = 1000;
/// It begins the name, or a part of it.
const AT_START: u32 = 300;
const AT_PART: u32 = 150;
/// Its letters in order, with others between.
const STREWN: u32 = 300;
/// What each letter between costs.
const GAP: u32 = 10;
/// What a letter that begins a part of the name is worth.
const PART: u32 = 5;

/// How well `word` fits `name`, both in lower case: more is better. First come names with the word
/// in them, those that begin with it before those that only have it somewhere; then names that have
/// its letters in order, the closer together the better. `None` if the letters are not there.
pub fn quality(name: &str, word: &str) -> Option<u32> {
    if let Some(at) = name.find(word) {
        let place = match at {
            0 => AT_START,
            _ if begins_part(name, at) => AT_PART,
            _ => 0,
        };
        return Some(WHOLE + place);
    }
    // Forward to the first place where all letters are there, then back to the nearest beginning:
    // the shortest stretch that ends there.
    let mut letters = word.chars();
    let mut wanted = letters.next()?;
    let mut end = None;
    for (at, letter) in name.char_indices() {
        if letter == wanted {
            match letters.next() {
                Some(next) => wanted = next,
                None => {
                    end = Some(at + letter.len_utf8());
                    break;
                }
            }
        }
    }
    let stretch = &name[..end?];
    let mut letters = word.chars().rev();
    let mut wanted = letters.next();
    let (mut gaps, mut parts) = (0, 0);
    for (at, letter) in stretch.char_indices().rev() {
        if Some(letter) == wanted {
            parts += u32::from(at == 0 || begins_part(name, at));
            wanted = letters.next();
            if wanted.is_none() {
                break;
            }
        } else {
            gaps += 1;
        }
    }
    Some((STREWN + parts * PART).saturating_sub(gaps * GAP).max(1))
}

/// Whether a part of the name begins at `at`: behind anything that is no letter or digit.
fn begins_part(name: &str, at: usize) -> bool {
    let before = name[..at].chars().next_back();
    before.is_some_and(|c| !c.is_alphanumeric())
}
