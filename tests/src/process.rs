//! The real binaries, started and watched.

use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The agent's binary: `RESETBOX_BIN`, else the release build, else the debug build.
///
/// # Panics
/// When there is none, naming the remedy.
pub fn resetbox() -> PathBuf {
    binary("RESETBOX_BIN", "resetbox")
}

/// The simulated plant's binary, found likewise by `RESETBOX_PLANT_BIN`.
///
/// # Panics
/// When there is none, naming the remedy.
pub fn resetbox_plant() -> PathBuf {
    binary("RESETBOX_PLANT_BIN", "resetbox-plant")
}

/// The agent's binary for 64-bit ARM boards: `RESETBOX_ARM64_BIN`, else what `./x cross aarch64` left.
///
/// # Panics
/// When there is none, naming the remedy.
pub fn resetbox_arm64() -> PathBuf {
    let path = std::env::var_os("RESETBOX_ARM64_BIN").map_or_else(
        || target().join("cross/aarch64-unknown-linux-gnu/release/resetbox"),
        PathBuf::from,
    );
    assert!(
        path.is_file(),
        "no program for ARM at {path:?}: run ./x cross aarch64, and see what it says"
    );
    path
}

/// Cargo's target folder.
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target"),
        PathBuf::from,
    )
}

fn binary(variable: &str, name: &str) -> PathBuf {
    if let Some(path) = std::env::var_os(variable) {
        return path.into();
    }
    let target = target();
    ["release", "debug"]
        .iter()
        .map(|profile| target.join(profile).join(name))
        .find(|path| path.exists())
        .unwrap_or_else(|| {
            panic!("no binary `{name}`: run `cargo build --release --workspace`, or set {variable}")
        })
}

/// A process whose lines on standard output can be waited for. Killed when dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
    lines: Receiver<String>,
    seen: Vec<String>,
    stdout: Option<JoinHandle<()>>,
    stderr: Option<JoinHandle<String>>,
}

impl Running {
    /// Starts the command with its standard streams taken.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let stdout = child.stdout.take().expect("piped above");
        let mut stderr = child.stderr.take().expect("piped above");
        let (sender, lines) = channel();
        let stdout = std::thread::spawn(move || {
            for line in BufReader::new(stdout).split(b'\n').map_while(Result::ok) {
                // The test may have lost interest.
                let _ = sender.send(String::from_utf8_lossy(&line).into_owned());
            }
        });
        let stderr = std::thread::spawn(move || {
            let mut text = Vec::new();
            // What was read until an error is what there is.
            let _ = stderr.read_to_end(&mut text);
            String::from_utf8_lossy(&text).into_owned()
        });
        Self {
            child,
            lines,
            seen: Vec::new(),
            stdout: Some(stdout),
            stderr: Some(stderr),
        }
    }

    /// Waits for a line of standard output that satisfies `wanted`; lines before it are kept in [`Running::seen`].
    ///
    /// # Panics
    /// When it does not come in time, with everything that was printed.
    pub fn wait_line(&mut self, limit: Duration, wanted: impl Fn(&str) -> bool) -> String {
        let end = Instant::now() + limit;
        loop {
            match self
                .lines
                .recv_timeout(end.saturating_duration_since(Instant::now()))
            {
                Ok(line) => {
                    self.seen.push(line.clone());
                    if wanted(&line) {
                        return line;
                    }
                }
                Err(RecvTimeoutError::Timeout) => panic!("no such line; printed: {:#?}", self.seen),
                Err(RecvTimeoutError::Disconnected) => {
                    let (_, stderr) = self.kill();
                    panic!("ended early; printed: {:#?}\nerrors: {stderr}", self.seen)
                }
            }
        }
    }

    /// Lines read so far, those that just arrived included.
    pub fn seen(&mut self) -> &[String] {
        self.seen.extend(self.lines.try_iter());
        &self.seen
    }

    /// The child itself: its standard input, its exit.
    pub fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// The process that really runs: `ip netns exec` replaces itself, so it is the child's own.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// A value of `/proc/PID/status` in kB, for example `VmRSS` or `VmHWM`.
    ///
    /// # Panics
    /// When the process has ended.
    pub fn memory_kb(&self, name: &str) -> u64 {
        let path = format!("/proc/{}/status", self.pid());
        let status = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
        status
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
            .and_then(|rest| rest.split_whitespace().next()?.parse().ok())
            .unwrap_or_else(|| panic!("{path} has no {name}"))
    }

    /// SIGKILL, as a pulled plug; what it wrote to standard error comes back.
    pub fn kill(&mut self) -> (ExitStatus, String) {
        // It may have ended by itself.
        let _ = self.child.kill();
        self.end()
    }

    /// Waits for the end by itself.
    ///
    /// # Panics
    /// When it does not end in time.
    pub fn wait(&mut self, limit: Duration) -> (ExitStatus, String) {
        let end = Instant::now() + limit;
        while self.child.try_wait().expect("our own child").is_none() {
            if Instant::now() >= end {
                let (_, stderr) = self.kill();
                panic!("still running; printed: {:#?}\nerrors: {stderr}", self.seen);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        self.end()
    }

    fn end(&mut self) -> (ExitStatus, String) {
        let status = self.child.wait().expect("our own child");
        let stderr = self.stderr.take().map_or_else(String::new, |thread| {
            thread.join().unwrap_or_else(|_| "(reader failed)".into())
        });
        // What it printed last may still be on its way through the reading thread, whose panic would be told by lines that miss.
        let _ = self.stdout.take().map(JoinHandle::join);
        self.seen.extend(self.lines.try_iter());
        (status, stderr)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.stderr.is_some() {
            self.kill();
        }
    }
}

/// Calls `ready` every 50 ms until it gives a value.
///
/// # Panics
/// When `limit` has passed; `what` names what was waited for.
pub fn wait_for<T>(what: &str, limit: Duration, mut ready: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + limit;
    loop {
        if let Some(value) = ready() {
            return value;
        }
        assert!(Instant::now() < end, "waited {limit:?} in vain for {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}
