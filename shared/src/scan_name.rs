//! Names of scans as people say them.

/// The name of a scan without its ending: `sub-010` of `sub-010.nii.gz`. An ending is `.gz`, and one
/// more of up to five letters.
pub fn stem(name: &str) -> &str {
    let unpacked = name.strip_suffix(".gz").unwrap_or(name);
    match unpacked.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() && is_ending(ending) => stem,
        Some(_) | None => unpacked,
    }
}

fn is_ending(text: &str) -> bool {
    (1..=5).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_go_and_versions_stay() {
        for (name, expected) in [
            ("sub-010.nii.gz", "sub-010"),
            ("skin_014.png", "skin_014"),
            ("bold_frame-0003.nii.gz", "bold_frame-0003"),
            ("ct.v2", "ct.v2"),
            ("ct.v2.nii", "ct.v2"),
            ("ct", "ct"),
            (".nii", ".nii"),
            ("", ""),
        ] {
            assert_eq!(stem(name), expected, "{name}");
        }
    }
}
