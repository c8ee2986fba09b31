//! `resetbox scan` in a host, and what it found.

use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;

use crate::netns::Host;
use crate::process::{Running, resetbox};

/// What a scan printed.
#[derive(Debug)]
pub struct Found {
    /// Hardware addresses on standard output, in the order in which they came.
    pub macs: Vec<String>,
    /// Standard output.
    pub lines: Vec<String>,
    /// Standard error.
    pub stderr: String,
    /// The exit status.
    pub status: Option<i32>,
}

/// With or without CAP_NET_RAW.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Rights {
    /// All of root's.
    Root,
    /// Without CAP_NET_RAW: no packet sockets.
    NoRaw,
}

/// The command `resetbox scan --json` in the host.
pub fn command(host: &Host, rights: Rights, more: &[&str]) -> Command {
    let program = resetbox();
    let mut command = match rights {
        Rights::Root => host.command(program),
        Rights::NoRaw => {
            let mut command = host.command("setpriv");
            command
                .args(["--bounding-set", "-net_raw", "--inh-caps", "-net_raw"])
                .arg(program);
            command
        }
    };
    command.args(["scan", "--json"]).args(more);
    command
}

/// Scans for so many seconds.
///
/// # Panics
/// When the scan does not end, or prints something that is no JSON object with a `mac`.
pub fn scan(host: &Host, rights: Rights, seconds: u64) -> Found {
    let seconds_text = seconds.to_string();
    let mut running = Running::start(&mut command(host, rights, &["--seconds", &seconds_text]));
    finish(&mut running, Duration::from_secs(seconds + 60))
}

/// Waits for the end of a scan.
///
/// # Panics
/// As [`scan`].
pub fn finish(running: &mut Running, limit: Duration) -> Found {
    let (status, stderr) = running.wait(limit);
    let lines = running.seen().to_vec();
    let macs = lines
        .iter()
        .map(|line| {
            let device: serde_json::Value = serde_json::from_str(line)
                .unwrap_or_else(|error| panic!("not JSON: {line:?}: {error}"));
            device["mac"]
                .as_str()
                .expect("every device has a mac")
                .to_owned()
        })
        .collect();
    Found {
        macs,
        lines,
        stderr,
        status: status.code(),
    }
}

impl Found {
    /// Each device once, as a set.
    ///
    /// # Panics
    /// When one was printed twice.
    pub fn set(&self) -> BTreeSet<String> {
        let set: BTreeSet<String> = self.macs.iter().cloned().collect();
        assert_eq!(set.len(), self.macs.len(), "a device was printed twice");
        set
    }
}

/// The hardware addresses of the crowd's cameras with these numbers, as a scan prints them.
pub fn macs(numbers: impl IntoIterator<Item = usize>) -> BTreeSet<String> {
    numbers
        .into_iter()
        .map(|number| sadp::Mac(crate::crowd::mac(number)).to_string())
        .collect()
}
