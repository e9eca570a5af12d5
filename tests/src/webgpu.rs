//! A GPU for machines without one: ONNX Runtime's WebGPU build over SwiftShader, Vulkan in software.
//!
//! Both are fetched once into the folder of build outputs: the runtime as a Python wheel, the
//! driver out of Debian's package of Chromium, without installing it.
//!
//! The wheel is pinned by its hash. The packages cannot be: Debian replaces them with every
//! security update and keeps no older ones. Their hashes are in Debian's index, which is signed;
//! `apt-get` checks both, and refuses what it cannot check. That is as much as the
//! machine knows about every other package that it has, and the driver only runs in tests.

#![allow(
    clippy::expect_used,
    reason = "what a test needs and cannot have makes it fail"
)]

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Set to `1` where the tests with WebGPU must run; otherwise they are skipped where its parts
/// cannot be had, and say so.
pub const REQUIRE_VARIABLE: &str = "MEDICOSAM_REQUIRE_WEBGPU";

/// Names the driver's description to the Vulkan loader.
pub const DRIVER_VARIABLE: &str = "VK_ICD_FILENAMES";

const RUNTIME: &str = "onnxruntime-webgpu==1.27.0 \
    --hash=sha256:fe5e49e00ad71bc667316d57670bfbf525438783d4a3468e0d337314ec985cbe";
const LIBRARY: &str = "onnxruntime/capi/libonnxruntime.so.1.27.0";
const DRIVER: &str = "usr/lib/chromium/vk_swiftshader_icd.json";

/// The parts.
pub struct WebGpu {
    folder: PathBuf,
}

impl WebGpu {
    /// The parts; `None` if they cannot be had, which has then been said.
    ///
    /// # Panics
    ///
    /// If they cannot be had although [`REQUIRE_VARIABLE`] is set.
    pub fn get() -> Option<Self> {
        match Self::fetch() {
            Ok(parts) => Some(parts),
            Err(missing) if std::env::var_os(REQUIRE_VARIABLE).is_some_and(|v| v == "1") => {
                panic!("{REQUIRE_VARIABLE}=1, but {missing}")
            }
            Err(missing) => {
                eprintln!("SKIPPED: {missing}");
                None
            }
        }
    }

    /// ONNX Runtime.
    pub fn library(&self) -> PathBuf {
        self.folder.join(LIBRARY)
    }

    /// What a process needs in its environment to find the driver.
    pub fn variables(&self) -> [(&'static str, PathBuf); 3] {
        [
            (DRIVER_VARIABLE, self.folder.join(DRIVER)),
            ("XDG_RUNTIME_DIR", self.folder.clone()),
            (
                "LD_LIBRARY_PATH",
                self.folder.join("usr/lib/x86_64-linux-gnu"),
            ),
        ]
    }

    fn fetch() -> Result<Self, String> {
        let deps = std::env::current_exe().expect("a test knows its own file");
        let target = deps
            .ancestors()
            .nth(3)
            .expect("tests lie in target/<profile>/deps");
        let folder = target.join("tmp/webgpu");
        fs::create_dir_all(&folder).expect("the folder of build outputs can be written");
        // Several test processes want them; one fetches.
        let lock = File::create(folder.join("lock")).expect("a lock file");
        lock.lock().expect("it can be locked");
        let done = folder.join("done");
        if !done.exists() {
            fetch_runtime(&folder)?;
            fetch_driver(&folder)?;
            File::create(done).expect("the folder of build outputs can be written");
        }
        Ok(WebGpu { folder })
    }
}

fn fetch_runtime(folder: &Path) -> Result<(), String> {
    // pip takes hashes from such files only.
    fs::write(folder.join("runtime.txt"), RUNTIME).expect("the folder can be written");
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "download", "--no-deps", "--only-binary=:all:"])
        .args([
            "--python-version",
            "3.12",
            "--implementation",
            "cp",
            "--abi",
            "cp312",
        ])
        .args(["--platform", "manylinux_2_27_x86_64", "-d", "."])
        .args(["--require-hashes", "-r", "runtime.txt"]);
    run(pip.current_dir(folder))?;
    let wheel = file_with(folder, "onnxruntime_webgpu-", ".whl")?;
    let mut unzip = Command::new("python3");
    unzip.args(["-m", "zipfile", "-e"]).arg(&wheel).arg(folder);
    run(&mut unzip)?;
    let _ = fs::remove_file(wheel);
    Ok(())
}

fn fetch_driver(folder: &Path) -> Result<(), String> {
    let apt = || {
        let mut apt = Command::new("apt-get");
        apt.args(["-o", "APT::Get::AllowUnauthenticated=false"])
            .args(["-o", "Acquire::AllowInsecureRepositories=false"])
            .stdin(Stdio::null());
        apt
    };
    let mut download = apt();
    download
        .args(["download", "chromium-common", "libvulkan1"])
        .current_dir(folder);
    // The list of packages may be older than the newest package.
    if run(&mut download).is_err() {
        run(apt().args(["update", "-qq"]))?;
        run(&mut download)?;
    }
    for package in ["chromium-common_", "libvulkan1_"] {
        let package = file_with(folder, package, ".deb")?;
        let mut unpack = Command::new("dpkg-deb");
        unpack.arg("-x").arg(&package).arg(folder);
        run(&mut unpack)?;
        let _ = fs::remove_file(package);
    }
    Ok(())
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command
        .output()
        .map_err(|e| format!("{command:?} cannot be started: {e}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(format!("{command:?} failed: {}", said.trim()))
}

fn file_with(folder: &Path, start: &str, end: &str) -> Result<PathBuf, String> {
    let entries = fs::read_dir(folder).expect("the folder can be read");
    let fits = |name: &str| name.starts_with(start) && name.ends_with(end);
    entries
        .flatten()
        .find(|entry| fits(&entry.file_name().to_string_lossy()))
        .map(|entry| entry.path())
        .ok_or_else(|| format!("{start}*{end} is not in {}", folder.display()))
}
