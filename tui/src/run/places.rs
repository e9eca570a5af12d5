//! Where the reviewer was, kept in a file for the next run: one place for each daemon.

use crate::app::state::last_place::LastPlace;
use medicosam_shared::paths;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Most daemons whose places are kept.
const MOST: usize = 50;

/// Where the reviewer of a daemon was.
pub fn load(daemon: &str) -> Option<LastPlace> {
    read(&paths::places()?).remove(daemon)
}

/// Keeps where the reviewer of a daemon is. Where that cannot be written, the next run begins at the
/// top of the list, which is no reason to trouble anybody at the end of this one.
pub fn save(daemon: &str, place: LastPlace) {
    let Some(path) = paths::places() else {
        return;
    };
    let mut places = read(&path);
    if places.len() >= MOST {
        places.clear();
    }
    places.insert(daemon.to_owned(), place);
    let _ = write(&path, &places);
}

fn read(path: &Path) -> BTreeMap<String, LastPlace> {
    let text = fs::read_to_string(path).unwrap_or_default();
    // A file of another version says nothing.
    serde_json::from_str(&text).unwrap_or_default()
}

fn write(path: &Path, places: &BTreeMap<String, LastPlace>) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let beside = path.with_extension("new");
    fs::write(&beside, serde_json::to_vec(places)?)?;
    fs::rename(beside, path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use medicosam_shared::case::CaseId;

    #[test]
    fn each_daemon_has_its_place_and_a_broken_file_none() {
        let folder = std::env::temp_dir().join(format!("medicosam-places-{}", std::process::id()));
        let path = folder.join("places.json");
        let place = LastPlace {
            filter: "state:review".to_owned(),
            selected: Some(CaseId("3f2a".to_owned())),
            ..LastPlace::default()
        };
        let places = BTreeMap::from([("lab".to_owned(), place.clone())]);
        write(&path, &places).unwrap();
        assert_eq!(read(&path).remove("lab"), Some(place));
        fs::write(&path, "not json").unwrap();
        assert!(read(&path).is_empty());
        fs::remove_dir_all(folder).unwrap();
    }
}
