//! Another machine to log in to: a real `sshd` on the loopback address, with keys and a
//! configuration of its own.

#![allow(
    clippy::expect_used,
    reason = "what a test needs and cannot have makes it fail"
)]

use rustix::process::{Pid, Signal, kill_process};
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// Set to `1` where the tests with a real sshd must run; otherwise they are skipped where it is
/// missing.
pub const REQUIRE_VARIABLE: &str = "MEDICOSAM_REQUIRE_SSHD";

/// The name that its key is known by, whatever port leads to it.
const NAME: &str = "medicosam-test";

/// Where systems keep the server, which is in no user's PATH.
const SERVERS: [&str; 3] = ["/usr/sbin/sshd", "/usr/local/sbin/sshd", "/usr/bin/sshd"];

/// A running sshd. It ends, and everything that was made for it goes, when this is dropped.
pub struct Sshd {
    folder: TempDir,
    port: u16,
    user: String,
    server: Child,
}

/// For the first line of a test: whether it can run. If it cannot, this says so on standard error.
///
/// # Panics
/// If it cannot run although [`REQUIRE_VARIABLE`] is set.
#[must_use]
pub fn can_run() -> bool {
    let client = Command::new("ssh").arg("-V").stderr(Stdio::null()).status();
    if client.is_ok() && server().is_some() {
        return true;
    }
    let missing =
        "ssh or sshd not found (on Debian and Ubuntu: apt install openssh-client openssh-server)";
    assert!(
        std::env::var_os(REQUIRE_VARIABLE).is_none_or(|value| value != "1"),
        "{missing}, and {REQUIRE_VARIABLE} is set"
    );
    eprintln!("skipped: {missing}");
    false
}

fn server() -> Option<&'static str> {
    SERVERS.into_iter().find(|path| Path::new(path).exists())
}

impl Sshd {
    /// Starts it. Those who log in get these variables, and the PATH of the tests with the programs
    /// of this workspace first.
    #[must_use]
    pub fn start(programs: &Path, variables: &[(&str, &Path)]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for key in ["host_key", "user_key"] {
            let made = Command::new("ssh-keygen")
                .args(["-q", "-t", "ed25519", "-N", "", "-f"])
                .arg(folder.path().join(key))
                .status();
            assert!(made.expect("ssh-keygen can be started").success());
        }
        let user = Command::new("id").arg("-un").output().expect("a user");
        let user = String::from_utf8_lossy(&user.stdout).trim().to_owned();
        // Another program may take the port in between; then sshd ends and says so.
        let (server, port) = (0..5)
            .find_map(|_| serve(folder.path(), programs, variables))
            .expect("sshd can listen on a port");
        let host_key = fs::read_to_string(folder.path().join("host_key.pub")).expect("a key");
        fs::write(
            folder.path().join("known_hosts"),
            format!("{NAME} {host_key}"),
        )
        .expect("a file");
        let at = folder.path().display();
        let config = format!(
            "IdentityFile {at}/user_key\nIdentitiesOnly yes\nIdentityAgent none\n\
             UserKnownHostsFile {at}/known_hosts\nStrictHostKeyChecking yes\n\
             HostKeyAlias {NAME}\n"
        );
        fs::write(folder.path().join("ssh_config"), config).expect("a file");
        Self {
            folder,
            port,
            user,
            server,
        }
    }

    /// The machine as `medicosam --host` takes it.
    #[must_use]
    pub fn host(&self) -> String {
        self.host_at(self.port)
    }

    /// The same through another port that leads to it.
    #[must_use]
    pub fn host_at(&self, port: u16) -> String {
        format!("ssh://{}@127.0.0.1:{port}", self.user)
    }

    /// The port that it listens on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The ssh command with the keys of this machine, for `MEDICOSAM_SSH`.
    #[must_use]
    pub fn client(&self) -> OsString {
        let mut command = OsString::from("ssh -F ");
        command.push(self.folder.path().join("ssh_config"));
        command
    }

    /// `ssh -t` to this machine.
    #[must_use]
    pub fn log_in(&self, remote_command: &str) -> Command {
        let mut command = Command::new("ssh");
        command
            .arg("-F")
            .arg(self.folder.path().join("ssh_config"))
            .args(["-t", "-p", &self.port.to_string()])
            .arg(format!("{}@127.0.0.1", self.user))
            .arg(remote_command);
        command
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Starts sshd on a free port; `None` if it does not listen there.
fn serve(folder: &Path, programs: &Path, variables: &[(&str, &Path)]) -> Option<(Child, u16)> {
    let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = free.local_addr().expect("an address").port();
    drop(free);
    let path = std::env::var("PATH").unwrap_or_default();
    let mut environment = format!("PATH={}:{path}", programs.display());
    for (name, value) in variables {
        environment.push_str(&format!(" {name}={}", value.display()));
    }
    let at = folder.display();
    let config = format!(
        "Port {port}\nListenAddress 127.0.0.1\nHostKey {at}/host_key\nPidFile none\n\
         AuthorizedKeysFile {at}/user_key.pub\nStrictModes no\nUsePAM no\n\
         PasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin yes\n\
         PrintMotd no\nPrintLastLog no\nSetEnv {environment}\n"
    );
    let file: PathBuf = folder.join("sshd_config");
    fs::write(&file, config).expect("a file");
    let mut server = Command::new(server().expect("asked before"))
        .args(["-D", "-e", "-f"])
        .arg(&file)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("sshd can be started");
    let errors = server.stderr.take().expect("it was piped");
    let mut log = BufReader::new(errors).lines().map_while(Result::ok);
    let mut said = Vec::new();
    let listens = log.by_ref().any(|line| {
        let listens = line.contains("Server listening");
        said.push(line);
        listens
    });
    if !listens {
        let _ = server.kill();
        let _ = server.wait();
        eprintln!("{}", said.join("\n"));
        return None;
    }
    // What it says later is read, so that it never waits for a reader.
    std::thread::spawn(move || log.for_each(drop));
    Some((server, port))
}

/// Ends the ssh processes that the process `parent` has started, as a broken line would; returns
/// how many there were.
pub fn cut(parent: u32) -> usize {
    let mut cut = 0;
    for entry in fs::read_dir("/proc").expect("processes").flatten() {
        let name = entry.file_name();
        let Some(process) = name.to_str().and_then(|n| n.parse::<i32>().ok()) else {
            continue;
        };
        // pid (name) state parent …
        let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let Some((head, tail)) = stat.rsplit_once(')') else {
            continue;
        };
        let is_child = tail.split_whitespace().nth(1) == Some(&parent.to_string());
        if is_child
            && head.ends_with("(ssh")
            && let Some(process) = Pid::from_raw(process)
        {
            kill_process(process, Signal::KILL).expect("a child can be killed");
            cut += 1;
        }
    }
    cut
}
