//! A place to install in: a data folder, a wheel made by the test, and a pip that is a shell
//! script.

use std::fs;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use medicosam_daemon::digest::Digest;
use medicosam_daemon::setup::{
    Check, Installed, Member, Package, PipCommand, Platform, Progress, SetupError, Source, Tags,
    Wanted, Wheel, install,
};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

pub const LIBRARY: &[u8] = b"\x7fELF, let us say";
pub const LICENSE: &[u8] = b"Permission is hereby granted";
pub const WHEEL: &str = "tiny-1.0-py3-none-any.whl";

/// A wheel with what is wanted, and with more.
pub fn wheel_bytes() -> Vec<u8> {
    archive(&[
        ("tiny/lib.so", LIBRARY),
        ("tiny/LICENSE", LICENSE),
        ("tiny/__init__.py", b"raise SystemExit"),
        ("../../outside", b"nobody wants this"),
    ])
}

pub fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, contents) in files {
        archive
            .start_file(*path, SimpleFileOptions::default())
            .unwrap();
        archive.write_all(contents).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// The package that has `wheel` pinned. Packages are static data, so the test leaks a little.
pub fn package(wheel: &[u8]) -> &'static Package {
    package_with(wheel, LIBRARY.len() as u64, Digest::of(LIBRARY))
}

pub fn package_with(wheel: &[u8], bytes: u64, sha256: Digest) -> &'static Package {
    let member = |path, file, bytes, sha256| Member {
        path,
        file,
        bytes,
        sha256,
    };
    let license = member(
        "tiny/LICENSE",
        "LICENSE",
        LICENSE.len() as u64,
        Digest::of(LICENSE),
    );
    Box::leak(Box::new(Package {
        name: "tiny",
        version: "1.0",
        title: "Tiny",
        folder: "runtime/tiny-1.0",
        main: "lib.so",
        wheels: vec![Wheel {
            platform: Platform::Any,
            tags: Tags {
                python: "3.12",
                native: None,
            },
            file: WHEEL,
            bytes: wheel.len() as u64,
            sha256: Digest::of(wheel),
            members: vec![license, member("tiny/lib.so", "lib.so", bytes, sha256)].leak(),
        }]
        .leak(),
    }))
}

/// A temporary folder with a data folder, a wheel, and a pip that serves it.
pub struct Place {
    pub folder: PathBuf,
    _remove: Option<tempfile::TempDir>,
}

impl Place {
    pub fn new() -> Self {
        let remove = tempfile::tempdir().unwrap();
        let place = Self {
            folder: remove.path().to_owned(),
            _remove: Some(remove),
        };
        place.serve(&wheel_bytes());
        place.pip_does("cp \"$here/wheel\" \"$dest/$file\"");
        place
    }

    /// The place that another process of the same test has made.
    pub fn of_parent(folder: PathBuf) -> Self {
        Self {
            folder,
            _remove: None,
        }
    }

    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub fn serve(&self, wheel: &[u8]) {
        fs::write(self.path("wheel"), wheel).unwrap();
    }

    /// Makes named pipes, for a pip that has to wait.
    pub fn make_pipes(&self, names: &[&str]) {
        let paths = names.iter().map(|name| self.path(name));
        let made = Command::new("mkfifo").args(paths).status().unwrap();
        assert!(made.success());
    }

    /// Writes the script. `$here` is the test's folder, `$dest/$file` is where the wheel is
    /// expected.
    pub fn pip_does(&self, what: &str) {
        let script = format!(
            "set -eu\nhere='{}'\nfile='{WHEEL}'\necho \"$*\" >> \"$here/calls\"\n\
             while [ \"$1\" != --dest ]; do shift; done\ndest=$2\n{what}\n",
            self.folder.display()
        );
        fs::write(self.path("pip.sh"), script).unwrap();
    }

    pub fn pip(&self) -> PipCommand {
        PipCommand::new("sh", [self.path("pip.sh")])
    }

    /// The command line of each call of pip.
    pub fn calls(&self) -> Vec<String> {
        let calls = fs::read_to_string(self.path("calls")).unwrap_or_default();
        calls.lines().map(str::to_owned).collect()
    }

    pub fn install(&self, package: &Package) -> Result<Installed, SetupError> {
        self.install_from(package, Source::Pip, Check::Sizes, &mut |_| {})
    }

    pub fn install_from(
        &self,
        package: &Package,
        source: Source,
        check: Check,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Installed, SetupError> {
        let wanted = [Wanted { package, source }];
        install(&self.data(), &wanted, &self.pip(), check, progress).map(|mut installed| {
            assert_eq!(installed.len(), 1);
            installed.remove(0)
        })
    }

    pub fn files(&self) -> Vec<String> {
        files_below(&self.data())
    }

    pub fn assert_nothing_installed(&self) {
        assert_eq!(self.files(), ["setup.lock"]);
    }

    pub fn assert_installed(&self) {
        assert_eq!(self.files(), INSTALLED);
        assert_eq!(
            fs::read(self.data().join("runtime/tiny-1.0/lib.so")).unwrap(),
            LIBRARY
        );
        assert_eq!(
            fs::read(self.data().join("runtime/tiny-1.0/LICENSE")).unwrap(),
            LICENSE
        );
    }
}

/// The whole data folder after an installation.
pub const INSTALLED: [&str; 4] = [
    "runtime/tiny-1.0/LICENSE",
    "runtime/tiny-1.0/lib.so",
    "runtime/tiny-1.0/tiny-1.0.installed.json",
    "setup.lock",
];

/// The paths of all files below a folder, relative to it, sorted; of an empty folder the path with
/// a slash.
pub fn files_below(folder: &Path) -> Vec<String> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().into_string().unwrap();
        if entry.file_type().unwrap().is_dir() {
            let below = files_below(&entry.path());
            if below.is_empty() {
                files.push(format!("{name}/"));
            }
            files.extend(below.into_iter().map(|file| format!("{name}/{file}")));
        } else {
            files.push(name);
        }
    }
    files.sort();
    files
}
