//! `medicosam.toml` → a validated [`Config`].
//!
//! [`file`] is the file as written; [`Config`] is what it means: paths absolute, names resolved,
//! numbers in range. [`choice`] says which profile a scan has.

pub mod choice;
mod devices;
#[cfg(test)]
mod documentation;
mod error;
mod file;
mod review;
mod size;

pub use devices::{DeviceSettings, Devices, Fallback};
pub use error::ConfigError;
pub use file::Frames;
pub use review::ReviewPolicy;

use crate::prompts::{FromLabels, Marks, PathPattern};
use choice::Rules;
use medicosam_shared::geometry::{Axis, Plane};
use medicosam_shared::mask_rules::MaskRules;
use medicosam_shared::paths;
use medicosam_shared::prompt::Label;
use medicosam_shared::propagation::Propagation;
use medicosam_shared::provenance::ScanInfo;
use medicosam_shared::window::Window;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Bytes of scans in memory if the file does not say: two dozen of a CT's usual 80 MB.
const SCAN_MEMORY: u64 = 2 << 30;

/// Everything the daemon and its workers are told.
#[derive(Debug, Clone)]
pub struct Config {
    /// The file it came from; workers read it again.
    pub source: PathBuf,
    /// Runtime, models, caches.
    pub data: PathBuf,
    /// Store and lock.
    pub state: PathBuf,
    /// The API's socket.
    pub socket: PathBuf,
    /// Embeddings.
    pub cache: Cache,
    /// Bytes of scans that the daemon keeps in memory for people who look at them.
    pub scan_memory: u64,
    /// ONNX Runtime's library, if not the one in the data folder.
    pub runtime_library: Option<PathBuf>,
    /// Checkpoints by model name, if not those in the data folder.
    pub checkpoints: BTreeMap<String, PathBuf>,
    /// Where models run.
    pub devices: Devices,
    /// Number of worker processes: one for each GPU at least.
    pub workers: u32,
    /// Threads within an operator; 0 lets the worker take the machine's cores.
    pub threads: usize,
    /// How long a worker may say nothing before it counts as hung; `None` lets the daemon learn it
    /// from the worker's own pace.
    pub hang_after: Option<Duration>,
    /// Watched folders.
    pub roots: Vec<Root>,
    /// How scans are segmented.
    pub profiles: Vec<Profile>,
}

/// Where and how embeddings are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cache {
    /// Their folder.
    pub folder: PathBuf,
    /// Bytes that they may have together.
    pub max_bytes: u64,
    /// Whether the slices that no prompt touched are embedded as well when nothing else is to do.
    pub ahead: bool,
}

/// A watched folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// The folder.
    pub path: PathBuf,
    /// Names of the profiles for its scans; the first that matches a scan is its profile.
    pub profiles: Vec<String>,
    /// Whether pictures (PNG, JPEG, TIFF) in it are scans.
    pub pictures: bool,
    /// Label maps that these profiles read; they are not scans.
    pub label_maps: Vec<PathPattern>,
    /// Where results go; the folders below the root are repeated below it.
    pub output: PathBuf,
    /// How long a file must stay the same before it is read.
    pub stable_for: Duration,
    /// Time between walks through the folder.
    pub scan_every: Duration,
}

/// How scans are segmented.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// Name of the model.
    pub model: String,
    /// Plane of the slices.
    pub plane: SlicePlane,
    /// How voxel values become grey.
    pub window: Window,
    /// How 3-D boxes become masks slice by slice.
    pub propagation: Propagation,
    /// Which results wait for a person.
    pub review: ReviewPolicy,
    /// Which scans it is for.
    pub rules: Rules,
    /// Label map beside each scan that prompts are made of.
    pub from_labels: Option<FromLabels>,
    /// Which volumes of a file with several are scans; `None`: such a file is refused.
    pub frames: Option<Frames>,
    /// What is done to the masks that the model gives.
    pub masks: MaskRules,
    /// What to segment.
    pub objects: Vec<Object>,
}

/// Which plane a volume is sliced in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlicePlane {
    /// The plane that the scanner acquired: across the axis of the largest spacing.
    Acquisition,
    /// The plane that lies closest to this one.
    Fixed(Plane),
}

impl SlicePlane {
    /// The voxel axis that slices of a scan are cut across. A scan of a single slice, like a
    /// picture, has only that one, whatever the plane.
    pub fn axis(self, scan: &ScanInfo) -> Axis {
        let thin = |axis: &Axis| scan.dims.along(*axis) == 1;
        let mut single = Axis::ALL.into_iter().filter(thin);
        match (single.next(), single.next(), self) {
            (Some(axis), None, _) => axis,
            (_, _, SlicePlane::Acquisition) => scan.affine.acquisition_axis(),
            (_, _, SlicePlane::Fixed(plane)) => scan.affine.axis(plane),
        }
    }
}

/// One object to segment.
#[derive(Debug, Clone, PartialEq)]
pub struct Object {
    /// Its number in the label map.
    pub label: Label,
    /// Its name.
    pub name: String,
    /// Where it is; nothing if that differs from scan to scan.
    pub marks: Marks,
}

impl Config {
    /// Reads and checks a configuration file. `data` is the data folder where the file names none.
    pub fn load(path: &Path, data: &Path) -> Result<Config, ConfigError> {
        let source = std::path::absolute(path).map_err(|source| ConfigError::Read {
            path: path.to_owned(),
            source,
        })?;
        let text = std::fs::read_to_string(&source).map_err(|error| ConfigError::Read {
            path: source.clone(),
            source: error,
        })?;
        let file = file::parse(&text, &source)?;
        check(file, source, data)
    }

    /// The place where the configuration is looked for if nobody names one: the user's
    /// configuration folder, then `/etc/medicosam`.
    pub fn default_path() -> PathBuf {
        let system = PathBuf::from("/etc/medicosam/medicosam.toml");
        directories::ProjectDirs::from("", "", "medicosam")
            .map(|dirs| dirs.config_dir().join("medicosam.toml"))
            .filter(|own| own.exists() || !system.exists())
            .unwrap_or(system)
    }

    /// The profile with `name`.
    pub fn profile(&self, name: &str) -> Option<&Profile> {
        self.profiles.iter().find(|p| p.name == name)
    }

    /// The root that a path lies in: the innermost one.
    pub fn root_of(&self, path: &Path) -> Option<&Root> {
        self.roots
            .iter()
            .filter(|root| path.starts_with(&root.path))
            .max_by_key(|root| root.path.components().count())
    }
}

fn check(file: file::File, source: PathBuf, data: &Path) -> Result<Config, ConfigError> {
    let invalid = |what: String| ConfigError::Invalid {
        path: source.clone(),
        what,
    };
    let base = source.parent().unwrap_or(Path::new("/")).to_owned();
    let absolute = |path: PathBuf| base.join(path);

    let data = file.daemon.data.map_or_else(|| data.to_owned(), absolute);
    let state = file
        .daemon
        .state
        .map_or_else(|| paths::state_folder(&data), absolute);
    let socket = file
        .daemon
        .socket
        .map_or_else(|| paths::socket(&state), absolute);

    let cache = Cache {
        folder: file
            .daemon
            .cache
            .map_or_else(|| data.join("embeddings"), absolute),
        max_bytes: file.cache.max.0,
        ahead: file.cache.ahead,
    };

    let mut profiles = Vec::new();
    for profile in file.profile {
        profiles.push(check_profile(profile).map_err(invalid)?);
    }
    if let Some(name) = first_repeated(profiles.iter().map(|p| p.name.as_str())) {
        return Err(invalid(format!("two profiles are named {name:?}")));
    }

    let mut roots = Vec::new();
    for root in file.root {
        let chosen = root.profile.into_vec();
        if chosen.is_empty() {
            return Err(invalid(format!(
                "root {} has no profile",
                root.path.display()
            )));
        }
        let mut label_maps = Vec::new();
        for name in &chosen {
            let Some(profile) = profiles.iter().find(|p| p.name == *name) else {
                let names = profiles.iter().map(|p| p.name.as_str());
                return Err(invalid(format!(
                    "root {} uses profile {name:?}, which is not defined{}",
                    root.path.display(),
                    error::did_you_mean(name, names)
                )));
            };
            label_maps.extend(profile.from_labels.iter().map(|labels| labels.path.clone()));
        }
        if root.stable_for.is_negative() || !root.scan_every.is_positive() {
            return Err(invalid(format!(
                "root {}: stable_for must not be negative, scan_every must be more than nothing",
                root.path.display()
            )));
        }
        roots.push(Root {
            path: absolute(root.path),
            profiles: chosen,
            pictures: root.pictures,
            label_maps,
            output: absolute(root.output),
            stable_for: root.stable_for.unsigned_abs(),
            scan_every: root.scan_every.unsigned_abs(),
        });
    }
    if let Some(path) = first_repeated(roots.iter().map(|r| r.path.as_path())) {
        return Err(invalid(format!("root {} is named twice", path.display())));
    }

    let devices = Devices::check(&file.runtime, file.device).map_err(invalid)?;
    let hang_after = file.worker.hang_after;
    if hang_after.is_some_and(|limit| !limit.is_positive()) {
        return Err(invalid(
            "[worker] hang_after must be more than nothing".to_owned(),
        ));
    }

    Ok(Config {
        source,
        data,
        state,
        socket,
        cache,
        scan_memory: file.daemon.scan_memory.map_or(SCAN_MEMORY, |size| size.0),
        runtime_library: file.runtime.library.map(|p| base.join(p)),
        checkpoints: file
            .model
            .into_iter()
            .filter_map(|(name, model)| Some((name, base.join(model.checkpoint?))))
            .collect(),
        workers: devices.workers(file.worker.count),
        devices,
        threads: file.worker.threads,
        hang_after: hang_after.map(|limit| limit.unsigned_abs()),
        roots,
        profiles,
    })
}

fn check_profile(profile: file::Profile) -> Result<Profile, String> {
    let name = profile.name;
    if name == choice::NO_PROFILE {
        return Err("a profile has an empty name".to_owned());
    }
    let plane = match profile.plane.as_str() {
        "auto" => SlicePlane::Acquisition,
        other => SlicePlane::Fixed(
            other
                .parse()
                .map_err(|e| format!("profile {name:?}: {e}, or auto"))?,
        ),
    };
    let mut objects = Vec::new();
    for object in profile.object {
        let label = Label::new(object.label).ok_or_else(|| {
            format!(
                "profile {name:?}: object {:?} has label 0, which is the background",
                object.name
            )
        })?;
        let marks = Marks::new(object.bbox, object.boxes, object.points);
        marks
            .check()
            .map_err(|e| format!("profile {name:?}, object {:?}: {e}", object.name))?;
        objects.push(Object {
            label,
            name: object.name,
            marks,
        });
    }
    if let Some(label) = first_repeated(objects.iter().map(|o| o.label)) {
        return Err(format!("profile {name:?}: two objects have label {label}"));
    }
    if let Some(name_of_two) = first_repeated(objects.iter().map(|o| o.name.as_str())) {
        return Err(format!(
            "profile {name:?}: two objects are named {name_of_two:?}"
        ));
    }
    profile
        .masks
        .check()
        .map_err(|e| format!("profile {name:?}, masks: {e}"))?;
    let rules = profile.rules;
    rules
        .check()
        .map_err(|e| format!("profile {name:?}, match: {e}"))?;
    Ok(Profile {
        name,
        model: profile.model,
        plane,
        window: profile.window,
        propagation: profile.propagation,
        review: profile.review,
        rules,
        from_labels: profile.from_labels,
        frames: profile.frames,
        masks: profile.masks,
        objects,
    })
}

fn first_repeated<T: Ord + Clone>(items: impl Iterator<Item = T>) -> Option<T> {
    let mut seen = std::collections::BTreeSet::new();
    items.into_iter().find(|item| !seen.insert(item.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = r#"
        [[root]]
        path = "incoming"
        profile = "lung-nodule"
        output = "/data/derivatives"
        stable_for = "2s"

        [[profile]]
        name = "lung-nodule"
        window = { level = -600, width = 1500 }

        [[profile.object]]
        label = 1
        name = "nodule"
        box = { space = "voxel", min = [318, 333, 5], max = [405, 399, 16] }
        points = [{ space = "mm", at = [-52.0, -83.5, 12.0] }]
    "#;

    fn load(text: &str) -> Result<Config, ConfigError> {
        let source = PathBuf::from("/etc/medicosam/medicosam.toml");
        check(
            file::parse(text, &source)?,
            source,
            Path::new("/var/lib/medicosam"),
        )
    }

    #[test]
    fn the_example_means_what_it_says() {
        let config = load(EXAMPLE).unwrap();
        let root = &config.roots[0];
        assert_eq!(root.path, Path::new("/etc/medicosam/incoming"));
        assert_eq!(root.stable_for, Duration::from_secs(2));
        assert_eq!(root.scan_every, Duration::from_secs(60));
        assert_eq!(config.state, Path::new("/var/lib/medicosam/state"));
        assert_eq!(
            config.socket,
            Path::new("/var/lib/medicosam/state/api.sock")
        );
        assert_eq!((config.workers, config.threads), (1, 0));
        let cache = Path::new("/var/lib/medicosam/embeddings");
        assert_eq!(config.cache.folder, cache);
        assert_eq!(
            (config.cache.max_bytes, config.cache.ahead),
            (20 << 30, true)
        );
        let profile = config.profile("lung-nodule").unwrap();
        assert_eq!(profile.model, "litemedsam-points");
        assert_eq!(profile.plane, SlicePlane::Acquisition);
        assert!(profile.objects[0].marks.points[0].positive);
        assert_eq!(
            config.root_of(Path::new("/etc/medicosam/incoming/a/b.nii")),
            Some(root)
        );
    }

    #[test]
    fn mistakes_are_named_with_their_line_and_a_guess() {
        let error = load(&EXAMPLE.replace("stable_for", "stabel_for")).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("did you mean `stable_for`?"), "{text}");
        assert!(text.contains("line 6"), "{text}");

        let text = load(&EXAMPLE.replace("profile = \"lung-nodule\"", "profile = \"lung-nodul\""))
            .unwrap_err()
            .to_string();
        assert!(text.contains("did you mean `lung-nodule`?"), "{text}");

        for (from, to, expected) in [
            ("label = 1", "label = 0", "background"),
            ("min = [318", "min = [418", "empty"),
            ("-52.0", "nan", "number"),
            ("\"2s\"", "\"-2s\"", "stable_for"),
            ("{ level = -600, width = 1500 }", "\"lungs\"", "minmax"),
            (
                "name = \"lung-nodule\"",
                "name = \"lung-nodule\"\nplane = \"axail\"",
                "axial",
            ),
        ] {
            let text = load(&EXAMPLE.replace(from, to)).unwrap_err().to_string();
            assert!(text.contains(expected), "{from} → {to}: {text}");
        }
    }

    #[test]
    fn the_cache_is_as_large_as_it_is_said_to_be() {
        let text = format!(
            "[cache]\nmax = \"50 GB\"\nahead = false\n[daemon]\nscan_memory = \"1 GiB\"\n{EXAMPLE}"
        );
        let config = load(&text).unwrap();
        let cache = &config.cache;
        assert_eq!((cache.max_bytes, cache.ahead), (50_000_000_000, false));
        assert_eq!(config.scan_memory, 1 << 30);
        let error = load(&text.replace("50 GB", "50")).unwrap_err().to_string();
        assert!(
            error.contains("20 GiB") && error.contains("line 2"),
            "{error}"
        );
    }

    #[test]
    fn a_root_can_have_several_profiles() {
        let text = format!(
            "{}\n[[profile]]\nname = \"mr\"\nfrom_labels = \"{{stem}}_seg.nii.gz\"\n\
             [profile.match]\nbids = {{ suffix = \"T1w\" }}\n",
            EXAMPLE.replace(
                "profile = \"lung-nodule\"",
                "profile = [\"mr\", \"lung-nodule\"]"
            )
        );
        let config = load(&text).unwrap();
        let root = &config.roots[0];
        assert_eq!(root.profiles, ["mr", "lung-nodule"]);
        assert_eq!(root.label_maps.len(), 1);
        let choose = |name: &str| {
            let path = root.path.join(name);
            let choice = config.choose(
                root,
                &mut choice::Candidate {
                    path: &path,
                    info: None,
                    values: &mut || Err("not asked for".to_owned()),
                },
            );
            (
                choice.profile.unwrap().name.clone(),
                choice.passed_over.len(),
            )
        };
        assert_eq!(choose("sub-1_T1w.nii.gz"), ("mr".to_owned(), 0));
        assert_eq!(choose("sub-1_T2w.nii.gz"), ("lung-nodule".to_owned(), 1));
        for (from, to, expected) in [
            ("[\"mr\", ", "[\"rm\", ", "rm"),
            ("[\"mr\", \"lung-nodule\"]", "[]", "no profile"),
            ("[\"mr\", \"lung-nodule\"]", "3", "a list of names"),
            ("{stem}_seg", "seg", "{stem}"),
            ("suffix = \"T1w\"", "suffix = \"T[\"", "T["),
        ] {
            let error = load(&text.replace(from, to)).unwrap_err().to_string();
            assert!(error.contains(expected), "{from} → {to}: {error}");
        }
    }

    #[test]
    fn a_profile_says_which_volumes_are_scans_and_what_is_done_to_masks() {
        let with = |line: &str| {
            let name = "name = \"lung-nodule\"";
            let config = load(&EXAMPLE.replace(name, &format!("{name}\n{line}")))?;
            Ok::<_, ConfigError>(config.profiles[0].clone())
        };
        assert_eq!(with("").unwrap().frames, None);
        let each = with("frames = \"each\"").unwrap().frames.unwrap();
        assert_eq!(each.of(3), [0, 1, 2]);
        assert_eq!(with("frames = 7").unwrap().frames.unwrap().of(9), [7]);
        let masks = with("masks = { largest = true, overlap = \"keep\" }")
            .unwrap()
            .masks;
        assert!(masks.largest && masks.overlap.is_some());
        for (line, expected) in [
            ("frames = \"all\"", "\"each\""),
            ("frames = -1", "\"each\""),
            ("masks = { min_area = -3 }", "min_area is -3"),
            ("masks = { bigest = true }", "did you mean"),
        ] {
            let error = with(line).unwrap_err().to_string();
            assert!(error.contains(expected), "{line}: {error}");
        }
    }

    #[test]
    fn a_scan_of_one_slice_is_sliced_across_its_thin_axis() {
        let scan = |dims| ScanInfo {
            dims: medicosam_shared::geometry::Dims(dims),
            affine: medicosam_shared::geometry::Affine::from_spacing([1.0, 1.0, 3.0]),
            voxel_type: "uint8".into(),
            notes: vec![],
        };
        let coronal = SlicePlane::Fixed(Plane::Coronal);
        assert_eq!(coronal.axis(&scan([9, 9, 9])), Axis::J);
        assert_eq!(coronal.axis(&scan([9, 9, 1])), Axis::K);
        assert_eq!(SlicePlane::Acquisition.axis(&scan([1, 9, 9])), Axis::I);
        assert_eq!(SlicePlane::Acquisition.axis(&scan([9, 1, 1])), Axis::K);
    }

    #[test]
    fn the_innermost_root_owns_a_path() {
        let text = format!(
            "{EXAMPLE}\n[[root]]\npath = \"incoming/mr\"\nprofile = \"lung-nodule\"\noutput = \"/o\"\n"
        );
        let config = load(&text).unwrap();
        let root = config
            .root_of(Path::new("/etc/medicosam/incoming/mr/x.nii"))
            .unwrap();
        assert_eq!(root.path, Path::new("/etc/medicosam/incoming/mr"));
        assert_eq!(config.root_of(Path::new("/elsewhere")), None);
    }
}
