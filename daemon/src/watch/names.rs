//! Which names are looked at.

use crate::config::Root;
use crate::output;
use crate::prompts::sidecar;
use crate::scan::{Role, role};
use std::path::{Path, PathBuf};

/// What a file in a root is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A scan, or a file of one.
    Scan,
    /// A file beside a scan that prompts come from: a sidecar, or a label map.
    Prompts,
}

/// The place of a file in a scan, by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The file or folder that the scan goes by.
    pub place: PathBuf,
    /// The files that the scan needs, in the order of its format; none if that cannot be told by
    /// names.
    pub needed: Vec<PathBuf>,
}

impl Part {
    /// What the file at `path` belongs to.
    pub fn of(path: &Path) -> Self {
        match role(path) {
            Some(Role::Member(group)) => Part {
                place: group.place,
                needed: group.files,
            },
            Some(Role::Scan | Role::Picture) | None => Part {
                place: path.to_owned(),
                needed: vec![path.to_owned()],
            },
        }
    }
}

/// Folders that hold no scans: of synchronisers, snapshots, recycle bins.
const IGNORED_FOLDERS: [&str; 5] = [
    "@eaDir",
    "#recycle",
    "lost+found",
    "derivatives",
    "$RECYCLE.BIN",
];

/// Endings that copiers and browsers give to unfinished files.
const UNFINISHED: [&str; 6] = [
    ".tmp",
    ".part",
    ".partial",
    ".filepart",
    ".crdownload",
    ".swp",
];

/// What is passed over in a root.
#[derive(Debug, Clone)]
pub struct Ignore {
    outputs: Vec<PathBuf>,
    roots: Vec<PathBuf>,
}

impl Ignore {
    /// Passes over the given output folders, except where a root lies inside one.
    pub fn outputs(outputs: impl IntoIterator<Item = PathBuf>) -> Self {
        Ignore {
            outputs: outputs.into_iter().collect(),
            roots: Vec::new(),
        }
    }

    /// Passes over these roots too, where they lie in another one: each is looked at by itself.
    pub fn and_roots(self, roots: impl IntoIterator<Item = PathBuf>) -> Self {
        Ignore {
            roots: roots.into_iter().collect(),
            ..self
        }
    }

    /// Whether a folder below `root` is passed over, with everything in it.
    pub fn folder(&self, root: &Path, folder: &Path) -> bool {
        if folder == root {
            return false;
        }
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        let is_output = |output: &PathBuf| folder.starts_with(output) && !root.starts_with(output);
        name.starts_with('.')
            || IGNORED_FOLDERS.contains(&name.as_ref())
            || self.outputs.iter().any(is_output)
            || self.roots.iter().any(|inner| inner == folder)
    }

    /// Whether a path below `root` lies in a folder that is passed over.
    pub fn path(&self, root: &Path, path: &Path) -> bool {
        path.ancestors()
            .skip(1)
            .take_while(|folder| folder.starts_with(root))
            .any(|folder| self.folder(root, folder))
    }
}

/// What a file of this name in `root` is; `None` if it is nothing of interest.
pub fn kind_of(path: &Path, root: &Root) -> Option<Kind> {
    if output::is_output(path) || is_hidden_or_unfinished(path) {
        return None;
    }
    let is_label_map = || {
        root.label_maps
            .iter()
            .any(|map| map.scans_of(path).is_some())
    };
    if sidecar::named_after(path).is_some() || is_label_map() {
        return Some(Kind::Prompts);
    }
    // Folders of scans are full of screenshots and reports.
    let is_scan = match role(path)? {
        Role::Scan | Role::Member(_) => true,
        Role::Picture => root.pictures,
    };
    is_scan.then_some(Kind::Scan)
}

/// Whether a file of this name is a scan, or one of several files of a scan: neither hidden, nor
/// unfinished, nor a result of this program.
pub fn looks_like_scan(path: &Path) -> bool {
    let is_scan = matches!(role(path), Some(Role::Scan | Role::Member(_)));
    is_scan && !is_hidden_or_unfinished(path) && !output::is_output(path)
}

/// Whether a name is that of a hidden or of an unfinished file.
pub(super) fn is_hidden_or_unfinished(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default();
    let name = name.to_string_lossy().to_lowercase();
    name.starts_with('.')
        || name.starts_with('~')
        || UNFINISHED.iter().any(|ending| name.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn volumes_are_scans_and_leftovers_are_not() {
        for scan in [
            "a.nii",
            "sub-1_T1w.nii.gz",
            "CT.NII.GZ",
            "-odd name.nii",
            "pair.hdr",
            "pair.img.gz",
        ] {
            assert!(looks_like_scan(Path::new(scan)), "{scan}");
        }
        for other in [
            ".a.nii",
            "~a.nii",
            "a.nii.gz.part",
            "a.nii.tmp",
            ".a.nii.gz.Xy12",
            "a_dseg.nii.gz",
            "a_dseg.nii",
            "a.json",
            "nii",
        ] {
            assert!(!looks_like_scan(Path::new(other)), "{other}");
        }
    }

    #[test]
    fn files_beside_a_scan_that_prompts_come_from_are_no_scans() {
        let root = Root {
            path: "/in".into(),
            profiles: vec!["p".into()],
            pictures: true,
            label_maps: vec!["{stem}_seg.nii.gz".parse().unwrap()],
            output: "/out".into(),
            results: Default::default(),
            stable_for: std::time::Duration::ZERO,
            scan_every: std::time::Duration::ZERO,
        };
        for (path, kind) in [
            ("/in/a.nii.gz", Some(Kind::Scan)),
            ("/in/a_seg.nii.gz", Some(Kind::Prompts)),
            ("/in/a.prompts.json", Some(Kind::Prompts)),
            ("/in/a.nii.gz.prompts.json", Some(Kind::Prompts)),
            ("/in/.a.prompts.json", None),
            ("/in/a.prompts.json.part", None),
            ("/in/a.json", None),
            ("/in/a_dseg.nii.gz", None),
            ("/in/a.hdr", Some(Kind::Scan)),
            ("/in/a.img", Some(Kind::Scan)),
        ] {
            assert_eq!(kind_of(Path::new(path), &root), kind, "{path}");
        }
        let picture = Path::new("/in/skin.PNG");
        assert_eq!(kind_of(picture, &root), Some(Kind::Scan));
        assert_eq!(kind_of(Path::new("/in/skin_dseg.png"), &root), None);
        let without = Root {
            pictures: false,
            ..root
        };
        assert_eq!(kind_of(picture, &without), None);
    }

    #[test]
    fn outputs_inside_a_root_are_passed_over() {
        let ignore = Ignore::outputs([PathBuf::from("/data/in/results")]);
        let root = Path::new("/data/in");
        assert!(ignore.folder(root, Path::new("/data/in/results")));
        assert!(ignore.path(root, Path::new("/data/in/results/a/b.nii")));
        assert!(!ignore.path(root, Path::new("/data/in/a/b.nii")));
        assert!(ignore.path(root, Path::new("/data/in/.sync/b.nii")));
    }

    #[test]
    fn roots_inside_a_root_are_passed_over() {
        let roots = ["/data/in", "/data/in/ct"].map(PathBuf::from);
        let ignore = Ignore::outputs([]).and_roots(roots);
        let (outer, inner) = (Path::new("/data/in"), Path::new("/data/in/ct"));
        let scan = Path::new("/data/in/ct/a/b.nii");
        assert!(ignore.folder(outer, inner));
        assert!(ignore.path(outer, scan));
        assert!(!ignore.path(inner, scan));
        assert!(!ignore.path(outer, Path::new("/data/in/mr/b.nii")));
    }

    #[test]
    fn a_root_inside_its_own_output_is_still_watched() {
        let ignore = Ignore::outputs([PathBuf::from("/data")]);
        let root = Path::new("/data/in");
        assert!(!ignore.path(root, Path::new("/data/in/a/b.nii")));
        assert!(!ignore.folder(root, root));
    }

    #[test]
    fn both_files_of_a_pair_belong_to_its_header() {
        let (header, image) = (Path::new("/in/a.hdr"), Path::new("/in/a.img"));
        let pair = Part::of(image);
        assert_eq!(pair, Part::of(header));
        assert_eq!(pair.place, header);
        assert_eq!(pair.needed, [header, image]);
        let single = Path::new("/in/a.nii");
        assert_eq!(Part::of(single).needed, [single]);
    }
}
