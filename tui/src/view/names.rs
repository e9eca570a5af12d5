//! Names and paths in a given width: what tells one from another goes last.

use super::text::{end_of, start_of};
use medicosam_shared::scan_name::stem;
use unicode_width::UnicodeWidthStr;

/// A name of a scan that fits into `width` columns: first its ending goes, which all scans share, then
/// the middle, because ends of names tell them apart.
pub fn name(text: &str, width: usize) -> String {
    match text.width() <= width {
        true => text.to_owned(),
        false => cut(stem(text), width),
    }
}

/// A path that fits into `width` columns: folders in its middle go first, the name of the file last.
pub fn path(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let Some((folder, file)) = text.rsplit_once('/') else {
        return name(text, width);
    };
    // Two columns for `…/`.
    match width.checked_sub(file.width() + 2) {
        Some(room) => format!("{}…/{file}", first(folder, room)),
        None => cut(file, width),
    }
}

/// As much of a text as fits into `columns`, in whole folders if possible.
fn first(folder: &str, columns: usize) -> &str {
    let ends = folder.match_indices('/').map(|(at, _)| at + 1);
    let mut fitting = ends.filter(|end| folder[..*end].width() <= columns);
    fitting.next_back().map_or("", |end| &folder[..end])
}

/// A text that fits into `width` columns, the middle left out.
fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let tail = end_of(text, width.saturating_sub(1) / 2);
    format!("{}{tail}", start_of(text, width - tail.width()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_goes_before_the_middle() {
        let long = "sub-0001_ses-01_ct.nii.gz";
        assert_eq!(name(long, 25), long);
        assert_eq!(name(long, 18), "sub-0001_ses-01_ct");
        assert_eq!(name(long, 12), "sub-00…01_ct");
        assert_eq!(name("肝臓肝臓肝臓", 6).width(), 5);
        assert_eq!(name("short", 12), "short");
    }

    #[test]
    fn the_name_of_the_file_stays() {
        let long = "/data/incoming/2026/january/sub-010_ct.nii.gz";
        assert_eq!(path(long, 45), long);
        assert_eq!(path(long, 40), "/data/incoming/2026/…/sub-010_ct.nii.gz");
        assert_eq!(path(long, 30), "/data/…/sub-010_ct.nii.gz");
        assert_eq!(path(long, 20), "/…/sub-010_ct.nii.gz");
        assert_eq!(path(long, 12), "sub-01…ii.gz");
        for width in 3..50 {
            assert!(path(long, width).width() <= width, "{width}");
        }
    }
}
