//! A clean Debian that really boots: systemd as process 1 in a container, its network a host of the test's.

use std::fs::File;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use nix::fcntl::{Flock, FlockArg};

use crate::netns::Host;
use crate::process::{target, wait_for};

/// What the clean system holds besides Debian's essential packages.
const PACKAGES: &str = "systemd-sysv,iproute2";
const SUITE: &str = "bookworm";

/// A running Debian. Nothing of it is left when it is dropped.
pub struct Machine {
    nspawn: Child,
    /// Its process 1, as this machine numbers it.
    leader: u32,
    root: PathBuf,
    _folder: tempfile::TempDir,
}

impl Machine {
    /// Boots a clean Debian in `host` and waits until systemd has nothing more to start.
    ///
    /// # Panics
    /// When it does not come up, with what it printed.
    pub fn boot(host: &Host) -> Self {
        let base = clean_root();
        // Beside the base: an overlay's upper folder must not lie on another overlay, as /tmp may.
        let folder = tempfile::tempdir_in(target()).expect("the target folder is writable");
        let [upper, work, root] = ["upper", "work", "root"].map(|name| folder.path().join(name));
        for path in [&upper, &work, &root] {
            std::fs::create_dir(path).expect("a new folder");
        }
        let options = format!(
            "lowerdir={},upperdir={},workdir={}",
            base.display(),
            upper.display(),
            work.display()
        );
        run(Command::new("mount")
            .args(["-t", "overlay", "-o", &options, "overlay"])
            .arg(&root));
        let log = folder.path().join("console");
        let console = File::create(&log).expect("a new file");
        let mut nspawn = Command::new("systemd-nspawn")
            .env("UNIFIED_CGROUP_HIERARCHY", "1")
            .arg("-D")
            .arg(&root)
            .arg(format!(
                "--network-namespace-path=/run/netns/{}",
                host.namespace()
            ))
            // bpf: the address list and the device list of a unit are programs in the kernel.
            .args(["--system-call-filter=bpf", "--capability=all"])
            .args(["-b", "--register=no", "--keep-unit", "--console=pipe"])
            .stdin(Stdio::null())
            .stdout(console.try_clone().expect("our own file"))
            .stderr(console)
            .spawn()
            .unwrap_or_else(|error| {
                panic!("systemd-nspawn: {error}: apt-get install systemd-container")
            });
        let children = format!("/proc/{0}/task/{0}/children", nspawn.id());
        let leader = wait_for("process 1", Duration::from_secs(60), || {
            if let Some(status) = nspawn.try_wait().expect("our own child") {
                panic!(
                    "{status}: {}",
                    std::fs::read_to_string(&log).unwrap_or_default()
                );
            }
            let child = std::fs::read_to_string(&children).ok()?;
            let child: u32 = child.split_whitespace().next()?.parse().ok()?;
            let name = std::fs::read_to_string(format!("/proc/{child}/comm")).ok()?;
            (name.trim() == "systemd").then_some(child)
        });
        let machine = Self {
            nspawn,
            leader,
            root,
            _folder: folder,
        };
        wait_for("the end of the boot", Duration::from_secs(120), || {
            let output = machine
                .command("systemctl is-system-running")
                .output()
                .ok()?;
            let state = text(&output.stdout);
            ["running", "degraded"]
                .contains(&state.trim())
                .then_some(())
        });
        machine
    }

    /// Its files, seen from outside.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where a path of the running system is found from outside, what is mounted there included.
    pub fn seen_by(&self, pid: u32, path: &str) -> PathBuf {
        format!("/proc/{pid}/root{path}").into()
    }

    /// Its process 1, as this machine numbers it.
    pub fn leader(&self) -> u32 {
        self.leader
    }

    /// A command line that will run in it.
    pub fn command(&self, line: &str) -> Command {
        let mut command = Command::new("nsenter");
        command
            .args([
                "-t",
                &self.leader.to_string(),
                "-m",
                "-u",
                "-i",
                "-n",
                "-p",
                "-C",
            ])
            .args(["sh", "-c", line])
            .env("DEBIAN_FRONTEND", "noninteractive")
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        command
    }

    /// Runs a command line in it; what it printed comes back.
    ///
    /// # Panics
    /// When it fails, with what it printed.
    #[track_caller]
    pub fn sh(&self, line: &str) -> String {
        let output = self.command(line).output().expect("nsenter is there");
        assert!(
            output.status.success(),
            "{line}: {}{}",
            text(&output.stdout),
            text(&output.stderr)
        );
        text(&output.stdout).trim_end().to_owned()
    }

    /// A property of a unit, as `systemctl show` tells it.
    pub fn property(&self, unit: &str, name: &str) -> String {
        self.sh(&format!("systemctl show {unit} -p {name} --value"))
    }

    /// The unit's main process as this machine numbers it, once there is one and the unit is active.
    pub fn main_pid(&self, unit: &str) -> u32 {
        wait_for(unit, Duration::from_secs(60), || {
            let shown = self.sh(&format!(
                "systemctl show {unit} -p ActiveState,MainPID --value"
            ));
            let mut words = shown
                .split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>();
            words.sort();
            let (pid, state) = (words.first()?, words.last()?);
            if state != "active" {
                return None;
            }
            self.outside(pid)
        })
    }

    /// Its number of a process, as this machine counts.
    fn outside(&self, pid: &str) -> Option<u32> {
        let entries = std::fs::read_dir("/proc").expect("Linux has it").flatten();
        let mut numbers =
            entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
        let own = format!("/proc/{}/ns/pid", self.leader);
        let namespace = std::fs::read_link(own).ok()?;
        numbers.find(|number| {
            let status =
                std::fs::read_to_string(format!("/proc/{number}/status")).unwrap_or_default();
            let inside = status.lines().find_map(|line| line.strip_prefix("NSpid:"));
            inside.is_some_and(|all| all.split_whitespace().next_back() == Some(pid))
                && std::fs::read_link(format!("/proc/{number}/ns/pid"))
                    .is_ok_and(|ns| ns == namespace)
        })
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // Its process 1 dies with it, and with that all the others.
        let _ = self.nspawn.kill();
        let _ = self.nspawn.wait();
        let _ = Command::new("umount").arg("-l").arg(&self.root).status();
    }
}

/// Makes the Debian package of a program; its path comes back.
///
/// # Panics
/// When it cannot be made, with what was printed.
pub fn package(arch: &str, binary: &Path, version: Option<&str>, out: &Path) -> PathBuf {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../package/deb");
    let mut command = Command::new(script);
    command
        .args(["--arch", arch, "--binary"])
        .arg(binary)
        .arg("--out")
        .arg(out);
    if let Some(version) = version {
        command.args(["--version", version]);
        // It is installed at once.
        command.env("DEB_COMPRESSION", "none");
    }
    let said = text(&run(&mut command).stdout);
    said.lines()
        .last()
        .expect("its last line is the package's path")
        .into()
}

/// What there is of a run that was ended in the middle goes first.
const FETCH: &str = r#"
fetch() { rm -rf "$2"; mmdebstrap -q --variant=minbase --mode=root --include="$0" "$1" "$2" http://deb.debian.org/debian; }
. "$3"
again fetch "$1" "$2"
"#;

/// The clean root, made once for all tests of this target folder.
fn clean_root() -> PathBuf {
    let target = target();
    std::fs::create_dir_all(&target).expect("the target folder is writable");
    let target = target.canonicalize().expect("made above");
    let root = target.join(format!("debian-{SUITE}-{}", PACKAGES.replace(',', "-")));
    let lock = File::create(target.join("debian.lock")).expect("the target folder is writable");
    let _lock = Flock::lock(lock, FlockArg::LockExclusive).expect("a lock on our own file");
    if !root.exists() {
        let part = root.with_extension("part");
        let again = concat!(env!("CARGO_MANIFEST_DIR"), "/../image/again.sh");
        run(Command::new("bash")
            .args(["-c", FETCH, PACKAGES, SUITE])
            .arg(&part)
            .arg(again));
        // A console that is none has nobody to ask at the first boot.
        for unit in ["systemd-firstboot.service", "console-getty.service"] {
            symlink("/dev/null", part.join("etc/systemd/system").join(unit)).expect("a new root");
        }
        std::fs::rename(&part, &root).expect("both lie in the target folder");
    }
    root
}

fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| {
        panic!("{command:?}: {error}: ./x setup installs what the tests need")
    });
    assert!(
        output.status.success(),
        "{command:?}: {}",
        text(&output.stderr)
    );
    output
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
