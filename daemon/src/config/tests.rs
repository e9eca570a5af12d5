//! What configurations mean, and which are refused.

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
    Config::parse(text, source, Path::new("/var/lib/medicosam"))
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
fn results_stay_unless_their_root_says_that_they_follow() {
    assert_eq!(load(EXAMPLE).unwrap().roots[0].results, Results::Stay);
    let with = |word: &str| {
        load(&EXAMPLE.replace("stable_for", &format!("results = {word:?}\n    stable_for")))
    };
    assert_eq!(with("follow").unwrap().roots[0].results, Results::Follow);
    let error = with("come").unwrap_err().to_string();
    assert!(error.contains("`follow`"), "{error}");
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
    let scan = crate::scan::Source::file("/etc/medicosam/incoming/mr/s/x.nii");
    assert_eq!(root.folder_of_results(&scan), Path::new("/o/s"));
    assert_eq!(config.root_of(Path::new("/elsewhere")), None);
}
