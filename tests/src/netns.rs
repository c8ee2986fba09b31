//! Hosts and switches made of network namespaces. Everything is named after the test and the process,
//! so tests run beside each other, and is taken away again when dropped.

use std::fs::File;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};

use nix::sched::{CloneFlags, setns};

/// A host: a network namespace whose loopback is up. No address, no route, nothing else.
#[derive(Debug)]
pub struct Host {
    namespace: String,
}

/// A switch: a bridge in a namespace of its own.
#[derive(Debug)]
pub struct Switch {
    host: Host,
}

/// Numbers namespaces and links of this process.
static NUMBER: AtomicU32 = AtomicU32::new(0);

impl Host {
    /// A new host; `role` is for whoever looks at a hanging test.
    ///
    /// # Panics
    /// Without root or iproute2, naming the remedy.
    pub fn new(role: &str) -> Self {
        assert!(
            nix::unistd::geteuid().is_root(),
            "network namespaces need root: run the tests by `./x test`"
        );
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let host = Self {
            namespace: format!("rbt{}-{number}-{role}", std::process::id()),
        };
        run(Command::new("ip").args(["netns", "add", &host.namespace]));
        host.ip("link set lo up");
        host
    }

    /// The namespace's name.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// `ip WORDS` in the host; words are separated by blanks.
    ///
    /// # Panics
    /// When it fails, with what it printed.
    pub fn ip(&self, words: &str) -> String {
        let output = run(Command::new("ip")
            .args(["-n", &self.namespace])
            .args(words.split(' ')));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Sets a kernel variable of the host: `net.ipv4.conf.all.rp_filter`.
    pub fn sysctl(&self, name: &str, value: &str) {
        let path = format!("/proc/sys/{}", name.replace('.', "/"));
        let value = value.to_owned();
        self.enter(move || {
            std::fs::write(&path, value).unwrap_or_else(|error| panic!("{path}: {error}"));
        });
    }

    /// Gives the host's commands a file of their own in place of `/etc/NAME`: `machine-id`, `hosts`.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn etc(&self, name: &str, text: &str) {
        let folder = format!("/etc/netns/{}", self.namespace);
        std::fs::create_dir_all(&folder).unwrap_or_else(|error| panic!("{folder}: {error}"));
        std::fs::write(format!("{folder}/{name}"), text)
            .unwrap_or_else(|error| panic!("{folder}/{name}: {error}"));
        // There must be something for it to stand in place of.
        let real = format!("/etc/{name}");
        if !std::path::Path::new(&real).exists() {
            std::fs::write(&real, "").unwrap_or_else(|error| panic!("{real}: {error}"));
        }
    }

    /// A command that will run in the host.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new("ip");
        command
            .args(["netns", "exec", &self.namespace])
            .arg(program);
        command
    }

    /// Runs `work` on a thread inside the host: its sockets are the host's.
    pub fn enter<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        let path = format!("/run/netns/{}", self.namespace);
        std::thread::scope(|scope| {
            scope
                .spawn(move || {
                    enter(&path);
                    work()
                })
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }
}

/// Moves the calling thread into the namespace at `path`, for good.
///
/// # Panics
/// When there is none or the thread may not.
pub fn enter(path: &str) {
    let file = File::open(path).unwrap_or_else(|error| panic!("{path}: {error}"));
    setns(file, CloneFlags::CLONE_NEWNET).expect("root may enter a namespace");
}

impl Drop for Host {
    fn drop(&mut self) {
        // Whatever still runs in there would keep the namespace alive.
        if let Ok(output) = Command::new("ip")
            .args(["netns", "pids", &self.namespace])
            .output()
        {
            for pid in String::from_utf8_lossy(&output.stdout).split_whitespace() {
                // It may have ended by itself.
                let _ = Command::new("kill").args(["-9", pid]).output();
            }
        }
        // Most hosts have none.
        let _ = std::fs::remove_dir_all(format!("/etc/netns/{}", self.namespace));
        // A test that failed half-way may not have made it.
        let _ = Command::new("ip")
            .args(["netns", "del", &self.namespace])
            .output();
    }
}

impl Switch {
    /// A switch without hosts.
    pub fn new() -> Self {
        let host = Host::new("switch");
        host.ip("link add br0 type bridge mcast_snooping 0");
        host.ip("link set br0 up");
        Self { host }
    }

    /// Turns IGMP snooping on, as on a managed switch.
    pub fn snoop(&self) {
        self.host.ip("link set br0 type bridge mcast_snooping 1");
    }

    /// Plugs a cable from the switch into the host; its end there is called `interface`, up, with no address.
    pub fn plug(&self, host: &Host, interface: &str) {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let port = format!("p{number}");
        self.host.ip(&format!(
            "link add {port} type veth peer name {interface} netns {}",
            host.namespace
        ));
        self.host.ip(&format!("link set {port} master br0 up"));
        host.sysctl(&format!("net.ipv6.conf.{interface}.disable_ipv6"), "1");
        host.ip(&format!("link set {interface} up"));
    }

    /// A port for a program that is a network card, such as an emulator: it runs in [`Switch::host`] and opens the tap device
    /// of this name.
    pub fn tap(&self) -> String {
        let port = format!("p{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        self.host.ip(&format!("tuntap add dev {port} mode tap"));
        self.host.ip(&format!("link set {port} master br0 up"));
        port
    }

    /// The switch's own namespace, for faults in the middle.
    pub fn host(&self) -> &Host {
        &self.host
    }
}

impl Default for Switch {
    fn default() -> Self {
        Self::new()
    }
}

fn run(command: &mut Command) -> Output {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}: apt-get install iproute2"));
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    output
}
