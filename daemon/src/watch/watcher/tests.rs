use super::*;
use std::fs;
use std::path::PathBuf;

/// A watcher over a temporary folder, and what it reports.
struct Fixture {
    folder: tempfile::TempDir,
    reports: Receiver<WatcherReport>,
    _handle: WatcherHandle,
}

fn watch(prepare: impl FnOnce(&Path)) -> Fixture {
    watch_knowing(|_| Vec::new(), prepare)
}

fn watch_knowing(
    known: impl FnOnce(&Path) -> Vec<KnownScan>,
    prepare: impl FnOnce(&Path),
) -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let root = Root {
        path: folder.path().join("in"),
        profiles: vec!["p".into()],
        pictures: false,
        label_maps: vec!["{stem}_seg.nii.gz".parse().unwrap()],
        output: folder.path().join("in/results"),
        results: Default::default(),
        stable_for: Duration::from_millis(50),
        scan_every: Duration::from_secs(1),
    };
    fs::create_dir(&root.path).unwrap();
    prepare(&root.path);
    let known = known(&root.path);
    let (sender, reports) = mpsc::channel();
    let report = move |report| {
        let _ = sender.send(report);
    };
    let beginning = Beginning {
        roots: vec![root],
        known,
        records: Records::default(),
        ..Beginning::default()
    };
    let handle = Watcher::start(beginning, report).unwrap();
    Fixture {
        folder,
        reports,
        _handle: handle,
    }
}

impl Fixture {
    fn root(&self) -> PathBuf {
        self.folder.path().join("in")
    }

    /// Waits until `count` files are settled; their names, sorted.
    fn settled(&self, count: usize) -> Vec<String> {
        let mut names = Vec::new();
        while names.len() < count {
            let report = self.reports.recv_timeout(Duration::from_secs(30)).unwrap();
            if let WatcherReport::Settled(settled) = report {
                let name = settled.place.strip_prefix(self.root()).unwrap();
                names.push(name.to_string_lossy().into_owned());
            }
        }
        names.sort();
        names
    }
}

#[test]
fn files_that_were_there_come_in_and_renamed_and_linked_ones_too() {
    let f = watch(|root| fs::write(root.join("old.nii"), "x").unwrap());
    assert_eq!(f.settled(1), ["old.nii"]);
    let outside = f.folder.path().join("outside.nii");
    fs::write(&outside, "y").unwrap();
    fs::hard_link(&outside, f.root().join("linked.nii")).unwrap();
    fs::rename(&outside, f.root().join("renamed.nii")).unwrap();
    fs::write(f.root().join("written.nii.gz"), "z").unwrap();
    assert_eq!(
        f.settled(3),
        ["linked.nii", "renamed.nii", "written.nii.gz"]
    );
}

#[test]
fn a_pair_is_one_scan_whichever_of_its_files_comes_first() {
    let f = watch(|root| fs::write(root.join("a.img"), "x").unwrap());
    fs::write(f.root().join("b.hdr"), "y").unwrap();
    fs::write(f.root().join("b.img"), "z").unwrap();
    assert_eq!(f.settled(1), ["b.hdr"], "the other waits for its header");
    fs::write(f.root().join("a.hdr"), "y").unwrap();
    assert_eq!(f.settled(1), ["a.hdr"]);
    // One of both is written again.
    fs::write(f.root().join("a.img"), "longer").unwrap();
    assert_eq!(f.settled(1), ["a.hdr"]);
}

#[test]
fn no_file_in_new_nested_folders_is_lost() {
    let f = watch(|_| {});
    let mut expected = Vec::new();
    for n in 0..300 {
        let folder = format!("sub-{n:03}/ses-1/anat");
        fs::create_dir_all(f.root().join(&folder)).unwrap();
        fs::write(f.root().join(&folder).join("T1w.nii"), "x").unwrap();
        expected.push(format!("{folder}/T1w.nii"));
    }
    assert_eq!(f.settled(300), expected);
}

#[test]
fn results_and_unfinished_files_are_never_taken_for_scans() {
    let f = watch(|root| {
        fs::create_dir(root.join("results")).unwrap();
        for name in ["results/a.nii", "b_dseg.nii.gz", ".c.nii", "d.nii.part"] {
            fs::write(root.join(name), "x").unwrap();
        }
        fs::write(root.join("scan.nii"), "x").unwrap();
    });
    assert_eq!(f.settled(1), ["scan.nii"]);
    fs::write(f.root().join("results/e.nii"), "x").unwrap();
    fs::write(f.root().join("last.nii"), "x").unwrap();
    assert_eq!(f.settled(1), ["last.nii"]);
}

#[test]
fn a_replaced_file_settles_again() {
    let f = watch(|root| fs::write(root.join("a.nii"), "x").unwrap());
    assert_eq!(f.settled(1), ["a.nii"]);
    fs::write(f.root().join("a.nii"), "longer").unwrap();
    assert_eq!(f.settled(1), ["a.nii"]);
}

#[test]
fn a_root_that_appears_later_is_found() {
    let f = watch(|root| fs::remove_dir(root).unwrap());
    let problem = loop {
        match f.reports.recv_timeout(Duration::from_secs(30)).unwrap() {
            WatcherReport::Walked { roots, .. } => break roots[0].problem.clone(),
            WatcherReport::Settled(_) | WatcherReport::Gone { .. } | WatcherReport::Mounts(_) => {}
        }
    };
    assert!(problem.unwrap().contains("cannot be read"));
    fs::create_dir(f.root()).unwrap();
    fs::write(f.root().join("a.nii"), "x").unwrap();
    assert_eq!(f.settled(1), ["a.nii"]);
}

impl Fixture {
    /// The next report of this kind.
    fn next<T>(&self, mut wanted: impl FnMut(WatcherReport) -> Option<T>) -> T {
        loop {
            let report = self.reports.recv_timeout(Duration::from_secs(30)).unwrap();
            if let Some(found) = wanted(report) {
                return found;
            }
        }
    }

    /// The next scans that are gone.
    fn gone(&self) -> Vec<PathBuf> {
        self.next(|report| match report {
            WatcherReport::Gone { scans, .. } => Some(scans),
            _ => None,
        })
    }

    /// The next state in which the root is away, or not.
    fn root_is(&self, away: bool) -> Option<String> {
        self.next(|report| match report {
            WatcherReport::Walked { roots, .. } if roots[0].away == away => {
                Some(roots[0].problem.clone())
            }
            _ => None,
        })
    }
}

#[test]
fn a_renamed_scan_is_gone_before_it_is_found_under_its_new_name() {
    let f = watch(|root| {
        fs::create_dir(root.join("old")).unwrap();
        fs::write(root.join("old/a.nii"), "x").unwrap();
        fs::write(root.join("b.nii"), "y").unwrap();
    });
    assert_eq!(f.settled(2), ["b.nii", "old/a.nii"]);
    fs::rename(f.root().join("b.nii"), f.root().join("c.nii")).unwrap();
    assert_eq!(f.gone(), [f.root().join("b.nii")]);
    assert_eq!(f.settled(1), ["c.nii"]);
    fs::rename(f.root().join("old"), f.root().join("new")).unwrap();
    assert_eq!(f.gone(), [f.root().join("old/a.nii")]);
    assert_eq!(f.settled(1), ["new/a.nii"]);
}

#[test]
fn a_scan_of_an_earlier_run_that_was_deleted_meanwhile_is_gone() {
    let known = |root: &Path| {
        let file = |name: &str| root.join(name);
        let unread = ["a.nii", "b.nii"].map(|name| KnownScan {
            place: file(name),
            files: Vec::new(),
        });
        unread.to_vec()
    };
    let f = watch_knowing(known, |root| fs::write(root.join("a.nii"), "x").unwrap());
    let mut told = [(); 2].map(|()| {
        f.next(|report| match report {
            WatcherReport::Settled(settled) => Some(("settled", settled.place)),
            WatcherReport::Gone { scans, .. } => Some(("gone", scans[0].clone())),
            WatcherReport::Mounts(_) | WatcherReport::Walked { .. } => None,
        })
    });
    told.sort();
    let expected = [("gone", "b.nii"), ("settled", "a.nii")];
    assert_eq!(
        told,
        expected.map(|(what, name)| (what, f.root().join(name)))
    );
}

#[test]
fn nothing_is_gone_while_the_root_is_away_and_nothing_is_read_again_when_it_is_back() {
    let f = watch(|root| fs::write(root.join("a.nii"), "x").unwrap());
    assert_eq!(f.settled(1), ["a.nii"]);
    let aside = f.folder.path().join("aside");
    fs::rename(f.root(), &aside).unwrap();
    assert!(f.root_is(true).unwrap().contains("cannot be read"));
    fs::rename(&aside, f.root()).unwrap();
    assert_eq!(f.root_is(false), None);
    fs::write(f.root().join("b.nii"), "y").unwrap();
    // Neither `a.nii` again, nor that it is gone.
    let next = f.next(|report| match report {
        WatcherReport::Settled(settled) => Some(settled.place),
        WatcherReport::Gone { scans, .. } => Some(scans[0].clone()),
        WatcherReport::Mounts(_) | WatcherReport::Walked { .. } => None,
    });
    assert_eq!(next, f.root().join("b.nii"));
}

#[test]
fn an_empty_folder_where_scans_were_is_away_until_one_is_back() {
    let known = |root: &Path| {
        vec![KnownScan {
            place: root.join("a.nii"),
            files: Vec::new(),
        }]
    };
    let f = watch_knowing(known, |_| {});
    assert!(f.root_is(true).unwrap().contains("is empty"));
    fs::write(f.root().join("a.nii"), "x").unwrap();
    assert_eq!(f.root_is(false), None);
    assert_eq!(f.settled(1), ["a.nii"]);
}
