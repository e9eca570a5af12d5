//! Endings of file names.

/// The name without its ending, if it has one of these. Upper and lower case are the same: shares
/// and scanners like capitals.
pub fn strip(name: &str, endings: impl IntoIterator<Item = &'static str>) -> Option<&str> {
    endings.into_iter().find_map(|ending| {
        let at = name.len().checked_sub(ending.len())?;
        let (start, end) = (name.get(..at)?, name.get(at..)?);
        end.eq_ignore_ascii_case(ending).then_some(start)
    })
}
