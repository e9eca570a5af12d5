//! Installing packages into a data folder, with a wheel that the test makes and a pip that is a
//! shell script which copies it: no network. What needs another process (a kill, a full disk) runs
//! this test program again.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests may panic like tests"
)]

mod place;

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;

use medicosam_daemon::digest::Digest;
use medicosam_daemon::setup::{
    Check, Installed, Outcome, PipCommand, Progress, SetupError, Source, Wanted, install,
};
use place::{
    INSTALLED, LIBRARY, LICENSE, Place, WHEEL, archive, package, package_with, wheel_bytes,
};

/// The error must have this code, and its text must name all of these.
#[track_caller]
fn assert_error(result: Result<Installed, SetupError>, code: &str, names: &[&str]) {
    let error = result.expect_err("an error");
    let text = error.to_string();
    assert_eq!(error.code(), code, "{text}");
    for name in names {
        assert!(text.contains(name), "{name:?} is not in: {text}");
    }
}

#[test]
fn fetches_checks_and_lays_out() {
    let place = Place::new();
    let package = package(&wheel_bytes());
    let installed = place.install(package).unwrap();
    place.assert_installed();
    assert_eq!(installed.outcome, Outcome::Installed);
    assert_eq!(
        installed.files.last().unwrap().path,
        place.data().join("runtime/tiny-1.0/lib.so")
    );
    assert_eq!(installed.files.last().unwrap().sha256, Digest::of(LIBRARY));
    let calls = place.calls();
    assert!(
        calls[0]
            .starts_with("download --no-deps --only-binary=:all: --python-version 3.12 tiny==1.0 "),
        "{calls:?}"
    );
}

#[test]
fn a_second_run_fetches_nothing() {
    let place = Place::new();
    let package = package(&wheel_bytes());
    place.install(package).unwrap();
    let again = place.install(package).unwrap();
    assert_eq!(again.outcome, Outcome::Kept);
    assert_eq!(place.calls().len(), 1);
}

#[test]
fn another_pinned_wheel_is_fetched_and_replaces_the_old_files() {
    let place = Place::new();
    place.install(package(&wheel_bytes())).unwrap();
    let newer = archive(&[("tiny/lib.so", b"newer"), ("tiny/LICENSE", LICENSE)]);
    place.serve(&newer);
    let installed = place
        .install(package_with(&newer, 5, Digest::of(b"newer")))
        .unwrap();
    assert_eq!(installed.outcome, Outcome::Installed);
    assert_eq!(
        fs::read(place.data().join("runtime/tiny-1.0/lib.so")).unwrap(),
        b"newer"
    );
    assert_eq!(place.files(), INSTALLED);
}

#[test]
fn what_is_missing_or_has_changed_is_installed_again() {
    let place = Place::new();
    let package = package(&wheel_bytes());
    place.install(package).unwrap();
    let library = place.data().join("runtime/tiny-1.0/lib.so");

    fs::remove_file(&library).unwrap();
    assert_eq!(place.install(package).unwrap().outcome, Outcome::Installed);

    // The same size, other contents: only reading tells.
    fs::write(&library, vec![b'?'; LIBRARY.len()]).unwrap();
    assert_eq!(place.install(package).unwrap().outcome, Outcome::Kept);
    let mut damaged = Vec::new();
    let installed = place
        .install_from(package, Source::Pip, Check::Contents, &mut |progress| {
            if let Progress::Damaged { file, .. } = progress {
                damaged.push(file.to_owned());
            }
        })
        .unwrap();
    assert_eq!(installed.outcome, Outcome::Installed);
    assert_eq!(damaged, [library]);
    place.assert_installed();

    let whole = place
        .install_from(package, Source::Pip, Check::Contents, &mut |_| {})
        .unwrap();
    assert_eq!(whole.outcome, Outcome::Kept);
}

#[test]
fn a_carried_wheel_needs_no_pip() {
    let place = Place::new();
    let package = package(&wheel_bytes());
    let carried = |name| Source::Carried(place.path(name));
    let result = place.install_from(package, carried("pip.sh"), Check::Sizes, &mut |_| {});
    assert_error(result, "setup-hash-mismatch", &["pip.sh", "--offline-help"]);
    let result = place.install_from(package, carried("nowhere"), Check::Sizes, &mut |_| {});
    assert_error(result, "setup-io", &["nowhere"]);
    let result = place.install_from(package, carried("."), Check::Sizes, &mut |_| {});
    assert_error(result, "setup-io", &["not a file"]);
    place.assert_nothing_installed();

    place
        .install_from(package, carried("wheel"), Check::Sizes, &mut |_| {})
        .unwrap();
    place.assert_installed();
    assert!(place.path("wheel").exists());
    assert!(place.calls().is_empty());
}

#[test]
fn a_wheel_with_a_wrong_hash_is_refused() {
    let place = Place::new();
    let pinned = wheel_bytes();
    let mut served = pinned.clone();
    served[20] ^= 1;
    place.serve(&served);
    let (expected, found) = (
        Digest::of(&pinned).to_string(),
        Digest::of(&served).to_string(),
    );
    assert_error(
        place.install(package(&pinned)),
        "setup-hash-mismatch",
        &[WHEEL, &expected, &found],
    );
    place.assert_nothing_installed();
}

#[test]
fn a_truncated_wheel_is_refused() {
    let place = Place::new();
    let pinned = wheel_bytes();
    place.serve(&pinned[..100]);
    let expected = format!("expected {} bytes", pinned.len());
    assert_error(
        place.install(package(&pinned)),
        "setup-hash-mismatch",
        &[WHEEL, &expected, "found 100 bytes", "try again"],
    );
    place.assert_nothing_installed();
}

#[test]
fn an_archive_that_does_not_hold_what_was_pinned_is_refused() {
    let place = Place::new();

    let no_zip = b"this is no zip archive".to_vec();
    place.serve(&no_zip);
    assert_error(
        place.install(package(&no_zip)),
        "setup-wheel-broken",
        &[WHEEL],
    );

    let other = archive(&[("tiny/LICENSE", LICENSE)]);
    place.serve(&other);
    assert_error(
        place.install(package(&other)),
        "setup-member-missing",
        &[WHEEL, "tiny/lib.so"],
    );

    let wheel = wheel_bytes();
    place.serve(&wheel);
    let bytes = LIBRARY.len() as u64;
    let changed = package_with(&wheel, bytes, Digest::of(b"another"));
    assert_error(
        place.install(changed),
        "setup-hash-mismatch",
        &["tiny/lib.so in", WHEEL],
    );
    let shorter = package_with(&wheel, bytes - 1, Digest::of(LIBRARY));
    assert_error(
        place.install(shorter),
        "setup-wheel-broken",
        &["tiny/lib.so", "more than"],
    );

    place.assert_nothing_installed();
}

#[test]
fn a_missing_python_or_pip_is_named() {
    let place = Place::new();
    let package = package(&wheel_bytes());
    let wanted = [Wanted {
        package,
        source: Source::Pip,
    }];
    let pip = PipCommand::new("no-such-python3", ["-m", "pip"]);
    let error = install(&place.data(), &wanted, &pip, Check::Sizes, &mut |_| {}).unwrap_err();
    assert_eq!(error.code(), "setup-python-missing");
    assert!(
        error.to_string().contains("`no-such-python3 -m pip`"),
        "{error}"
    );

    place.pip_does("echo '/usr/bin/python3: No module named pip' >&2; exit 1");
    assert_error(
        place.install(package),
        "setup-pip-missing",
        &["python3-pip"],
    );
    place.assert_nothing_installed();
}

#[test]
fn a_pip_that_fails_is_quoted() {
    let place = Place::new();
    let package = package(&wheel_bytes());

    place.pip_does(
        "echo; yes WARNING: not this | head -n 2000; echo 'ERROR: gravity has failed'; exit 3",
    );
    assert_error(
        place.install(package),
        "setup-pip-failed",
        &[
            "tiny",
            "exit status: 3",
            "WARNING: not this\n  ERROR: gravity has failed",
        ],
    );
    place.pip_does("kill -9 $$");
    assert_error(
        place.install(package),
        "setup-pip-failed",
        &["signal: 9", "(nothing)"],
    );
    place.pip_does(
        "echo 'ERROR: No matching version of tiny==1.0 (from versions: none)' >&2; exit 1",
    );
    assert_error(
        place.install(package),
        "setup-network-unreachable",
        &["PIP_INDEX_URL"],
    );
    place.pip_does("cp \"$here/wheel\" \"$dest/tiny-1.0-cp312-win.whl\"");
    assert_error(
        place.install(package),
        "setup-wheel-absent",
        &[WHEEL, "tiny-1.0-cp312-win.whl"],
    );
    place.assert_nothing_installed();
}

#[test]
fn what_does_not_fit_is_not_fetched() {
    let place = Place::new();
    let package = package_with(&wheel_bytes(), 1 << 60, Digest::of(LIBRARY));
    assert_error(
        place.install(package),
        "setup-no-space",
        &["MB are needed", "--data"],
    );
    assert!(place.calls().is_empty());
    place.assert_nothing_installed();
}

#[test]
fn a_folder_that_may_not_be_written_is_named() {
    let place = Place::new();
    let wanted = [Wanted {
        package: package(&wheel_bytes()),
        source: Source::Pip,
    }];
    // Nobody creates folders here, not even root.
    let data = Path::new("/sys/medicosam");
    let error = install(data, &wanted, &place.pip(), Check::Sizes, &mut |_| {}).unwrap_err();
    assert_eq!(error.code(), "setup-permission-denied", "{error}");
    assert!(error.to_string().contains("/sys/medicosam"), "{error}");
}

/// What a child process does: it installs in the place named by this variable, and prints how that
/// ended.
const CHILD: &str = "MEDICOSAM_TEST_SETUP_CHILD";

/// Not a test by itself: the other process of the tests below.
#[test]
fn child() {
    let Some(folder) = std::env::var_os(CHILD) else {
        return;
    };
    let place = Place::of_parent(folder.into());
    match place.install(package(&wheel_bytes())) {
        Ok(installed) => println!("outcome: {:?}", installed.outcome),
        Err(error) => println!("outcome: {} {error}", error.code()),
    }
}

/// This test program again, to run only [`child`].
fn child_arguments() -> (PathBuf, [&'static str; 3]) {
    (
        std::env::current_exe().unwrap(),
        ["child", "--exact", "--nocapture"],
    )
}

#[test]
fn killed_in_the_middle_leaves_nothing_half_installed() {
    let place = Place::new();
    place.make_pipes(&["started", "go"]);
    // Half of the wheel arrives, then the download stalls; the pipe stays open as long as this pip
    // lives.
    place.pip_does(
        "head -c 100 \"$here/wheel\" > \"$dest/$file\"; exec 9> \"$here/started\"; echo half >&9; \
         read _ < \"$here/go\"",
    );
    let (program, arguments) = child_arguments();
    let mut child = Command::new(program)
        .args(arguments)
        .env(CHILD, &place.folder)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut started = fs::File::open(place.path("started")).unwrap();
    let mut half = [0; 5];
    started.read_exact(&mut half).unwrap();
    assert_eq!(&half, b"half\n");

    child.kill().unwrap();
    child.wait().unwrap();
    // The pip of the killed process ends with it: its end of the pipe is closed.
    assert_eq!(started.read(&mut half).unwrap(), 0);
    let left = place.files();
    assert!(
        left.iter()
            .all(|file| file.starts_with(".setup-") || file == "setup.lock"),
        "{left:?}"
    );
    assert!(left.iter().any(|file| file.ends_with(WHEEL)), "{left:?}");

    place.pip_does("cp \"$here/wheel\" \"$dest/$file\"");
    let installed = place.install(package(&wheel_bytes())).unwrap();
    assert_eq!(installed.outcome, Outcome::Installed);
    place.assert_installed();
}

#[test]
fn two_at_once_wait_for_each_other_and_fetch_once() {
    let place = Place::new();
    place.make_pipes(&["started", "go"]);
    place.pip_does(
        "echo started > \"$here/started\"; read _ < \"$here/go\"; \
         cp \"$here/wheel\" \"$dest/$file\"",
    );
    let package = package(&wheel_bytes());
    std::thread::scope(|scope| {
        let first = scope.spawn(|| place.install(package).unwrap());
        // The first one is in the middle of its download ...
        fs::read(place.path("started")).unwrap();
        let (waiting, is_waiting) = mpsc::channel();
        let (place, package) = (&place, &package);
        let second = scope.spawn(move || {
            place
                .install_from(package, Source::Pip, Check::Sizes, &mut |progress| {
                    if let Progress::Waiting = progress {
                        waiting.send(()).unwrap();
                    }
                })
                .unwrap()
        });
        // ... until the second one has found the lock taken.
        is_waiting.recv().unwrap();
        fs::write(place.path("go"), "go\n").unwrap();
        assert_eq!(first.join().unwrap().outcome, Outcome::Installed);
        assert_eq!(second.join().unwrap().outcome, Outcome::Kept);
    });
    assert_eq!(place.calls().len(), 1);
    place.assert_installed();
}

/// Runs [`child`] with its data folder on a file system of 8 MB, in a mount namespace of its own.
/// Prints the files that are left there after its outcome. `None` where this system does not allow
/// that.
fn on_a_small_disk(place: &Place) -> Option<String> {
    fs::create_dir(place.data()).unwrap();
    let (program, arguments) = child_arguments();
    let script = "mount -t tmpfs -o size=8m none \"$0\" && echo mounted && \"$@\" && cd \"$0\" && \
                  find . -type f | sort | xargs echo left:";
    let output = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", script])
        .arg(place.data())
        .arg(program)
        .args(arguments)
        .env(CHILD, &place.folder)
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !text.contains("mounted") {
        // Not by `eprintln!`, which the test harness hides where a test passes.
        let _ = writeln!(
            std::io::stderr(),
            "skipped a full disk: no small file system can be mounted here"
        );
        return None;
    }
    Some(text)
}

#[test]
fn a_disk_that_fills_up_while_fetching_is_named() {
    let place = Place::new();
    place.pip_does(
        "head -c 16777216 /dev/zero > \"$dest/filler\" || { echo 'OSError: [Errno 28] No space \
         left on device'; exit 1; }",
    );
    if let Some(text) = on_a_small_disk(&place) {
        assert!(
            text.contains("outcome: setup-no-space fetching with pip"),
            "{text}"
        );
        assert!(text.contains("left: ./setup.lock\n"), "{text}");
    }
}

#[test]
fn a_disk_that_fills_up_while_unpacking_is_named() {
    let place = Place::new();
    place.pip_does(
        "cp \"$here/wheel\" \"$dest/$file\"; head -c 16777216 /dev/zero > \"$dest/filler\" || true",
    );
    if let Some(text) = on_a_small_disk(&place) {
        assert!(text.contains("outcome: setup-no-space writing"), "{text}");
        assert!(text.contains("left: ./setup.lock\n"), "{text}");
    }
}
