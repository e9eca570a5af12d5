//! What parsers of TOML and JSON say, in the words of those who write the files.

/// What a parser expected, and how people write it.
const EXPECTED: [(&str, &str); 16] = [
    ("u8", "a whole number from 0 to 255"),
    ("u16", "a whole number from 0 to 65535"),
    ("u32", "a whole number from 0 to 4294967295"),
    ("u64", "a whole number, 0 or more"),
    ("usize", "a whole number, 0 or more"),
    ("i32", "a whole number"),
    ("i64", "a whole number"),
    ("f32", "a number"),
    ("f64", "a number"),
    ("a boolean", "true or false"),
    ("a string", "a text in quotes"),
    ("a borrowed string", "a text in quotes"),
    ("a signed duration string", "a time like \"30s\" or \"5m\""),
    ("a sequence", "a list in square brackets"),
    ("a map", "a table"),
    ("path string", "a path in quotes"),
];

/// What a parser found, and how people call it.
const FOUND: [(&str, &str); 8] = [
    ("invalid type: integer ", "this is the number "),
    ("invalid type: floating point ", "this is the number "),
    ("invalid type: string ", "this is the text "),
    ("invalid type: boolean ", "this is "),
    ("invalid type: sequence", "this is a list"),
    ("invalid type: map", "this is a table"),
    ("invalid type: null", "nothing is given"),
    ("invalid value: ", "this is the "),
];

/// The message of a parser, without the names of types. What it does not know stays as it is.
pub fn in_words(message: &str) -> String {
    let (found, expected) = match message.split_once(", expected ") {
        // The names that are known follow.
        Some(parts) if !message.starts_with("unknown ") => parts,
        Some(_) | None => return message.to_owned(),
    };
    let known = FOUND.iter().find_map(|(raw, words)| {
        let rest = found.strip_prefix(raw)?;
        Some(format!("{words}{rest}"))
    });
    let found = known.unwrap_or_else(|| found.to_owned());
    // JSON says the place behind it.
    let (expected, place) = match expected.find(" at line ") {
        Some(at) => expected.split_at(at),
        None => (expected, ""),
    };
    let words = EXPECTED.iter().find(|(raw, _)| *raw == expected);
    let expected = match (words, expected.strip_prefix("struct ")) {
        (Some((_, words)), _) => words,
        (None, Some(_)) => "a table",
        (None, None) => expected,
    };
    format!("{found}, and must be {expected}{place}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_types_become_words_and_the_rest_stays() {
        for (raw, words) in [
            (
                "invalid value: integer `70000`, expected u16",
                "this is the integer `70000`, and must be a whole number from 0 to 65535",
            ),
            (
                "invalid type: string \"x\", expected u16",
                "this is the text \"x\", and must be a whole number from 0 to 65535",
            ),
            (
                "invalid type: integer `5`, expected a signed duration string",
                "this is the number `5`, and must be a time like \"30s\" or \"5m\"",
            ),
            (
                "invalid type: null, expected f64 at line 1 column 9",
                "nothing is given, and must be a number at line 1 column 9",
            ),
            (
                "invalid type: integer `1`, expected struct Profile",
                "this is the number `1`, and must be a table",
            ),
            ("unknown field `a`, expected one of `b`, `c`", ""),
            ("missing field `name`", ""),
        ] {
            let expected = match words {
                "" => raw.to_owned(),
                words => words.to_owned(),
            };
            assert_eq!(in_words(raw), expected);
        }
    }
}
