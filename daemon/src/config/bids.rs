//! Entities in a path by the naming rules of BIDS: `sub-01/anat/sub-01_acq-mp2rage_T1w.nii.gz`.

use crate::scan;
use std::path::Path;

/// Data types of BIDS, which name the folder of a file.
const DATATYPES: [&str; 14] = [
    "anat", "beh", "dwi", "eeg", "fmap", "func", "ieeg", "meg", "micr", "motion", "mrs", "nirs",
    "perf", "pet",
];

/// The value of an entity (`sub`, `ses`, `acq`, …), of `suffix` (the part after the last `_`) or of
/// `datatype` (the folder); `None` if the path does not have it.
pub(super) fn value<'a>(path: &'a Path, entity: &str) -> Option<&'a str> {
    let name = path.file_name()?.to_str()?;
    let (stem, _) = scan::parts(name);
    match entity {
        "suffix" => {
            let last = stem.rsplit('_').next()?;
            (!last.contains('-')).then_some(last)
        }
        "datatype" => {
            let folder = path.parent()?.file_name()?.to_str()?;
            DATATYPES.contains(&folder).then_some(folder)
        }
        _ => {
            let mut parts = stem.split('_').filter_map(|part| part.split_once('-'));
            parts.find_map(|(key, value)| (key == entity).then_some(value))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_suffix_and_datatype_are_read_from_the_path() {
        let path = Path::new("sub-01/ses-2/anat/sub-01_ses-2_acq-mp2rage_T1w.nii.gz");
        for (entity, expected) in [
            ("sub", Some("01")),
            ("ses", Some("2")),
            ("acq", Some("mp2rage")),
            ("suffix", Some("T1w")),
            ("datatype", Some("anat")),
            ("task", None),
        ] {
            assert_eq!(value(path, entity), expected, "{entity}");
        }
        let odd = Path::new("scans/sub-01.nii");
        assert_eq!(value(odd, "suffix"), None);
        assert_eq!(value(odd, "datatype"), None);
        assert_eq!(value(odd, "sub"), Some("01"));
    }
}
