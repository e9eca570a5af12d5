//! Saved filters: a file with one a line, for people to edit.

use crate::app::dialog::saved_filters::MOST_FILTERS;
use medicosam_shared::paths;
use std::fs;

/// The saved filters; `None` if none were ever saved.
pub fn load() -> Option<Vec<String>> {
    let text = fs::read_to_string(paths::filters()?).ok()?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    Some(lines.take(MOST_FILTERS).map(str::to_owned).collect())
}

/// Saves filters; says what went wrong if they could not be.
pub fn save(filters: &[String]) -> Result<(), String> {
    let Some(path) = paths::filters() else {
        return Err(
            "The filter is kept for this session only: there is no home folder.".to_owned(),
        );
    };
    let folder = path.parent().map_or(Ok(()), fs::create_dir_all);
    let text: String = filters.iter().map(|filter| format!("{filter}\n")).collect();
    folder
        .and_then(|()| fs::write(&path, text))
        .map_err(|error| format!("Saving the filters in {}: {error}", path.display()))
}
