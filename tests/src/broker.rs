//! A real Mosquitto, started by the test with a configuration of its own, never the system's service; certificates made
//! for the test; and somebody who watches every topic.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    date_time_ymd,
};
use serde_json::Value;

use crate::netns::Host;
use crate::process::{Running, wait_for};

/// The broker's address in these tests.
pub const ADDRESS: &str = "192.168.99.9";
/// The name that its certificate has, besides the address.
pub const NAME: &str = "broker.example";
/// The port on which the test itself watches and speaks, from the broker's own host.
const OWN_PORT: u16 = 1999;

/// Certificates in a folder: `ca.pem`; `good`, `expired`, `other` (another name) and `client`, each with `.pem` and
/// `.key`; and `wrong-ca.pem`, which signed none of them.
pub fn certificates(folder: &Path) {
    let authority = |name: &str| {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&key).expect("a certificate");
        (certificate.pem(), Issuer::new(params, key))
    };
    let write = |name: &str, text: String| {
        std::fs::write(folder.join(name), text).expect("the folder is writable");
    };
    let (pem, issuer) = authority("the test's authority");
    write("ca.pem", pem);
    write("wrong-ca.pem", authority("somebody else").0);
    for (name, names, from, to) in [
        ("good", &[NAME, ADDRESS][..], 2025, 2120),
        ("expired", &[NAME, ADDRESS], 2020, 2024),
        ("other", &["other.example"], 2025, 2120),
        ("client", &["rb-client"], 2025, 2120),
    ] {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let mut params = CertificateParams::new(names).expect("names");
        params.distinguished_name.push(DnType::CommonName, name);
        (params.not_before, params.not_after) =
            (date_time_ymd(from, 1, 1), date_time_ymd(to, 1, 1));
        params.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::ServerAuth,
            ExtendedKeyUsagePurpose::ClientAuth,
        ];
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &issuer).expect("a certificate");
        write(&format!("{name}.pem"), certificate.pem());
        write(&format!("{name}.key"), key.serialize_pem());
    }
}

/// A listener with TLS on port 8883 that shows the certificate of this name.
pub fn tls(folder: &Path, name: &str) -> String {
    let path = |name: &str| folder.join(name).display().to_string();
    format!(
        "listener 8883\ncafile {}\ncertfile {}\nkeyfile {}\n",
        path("ca.pem"),
        path(&format!("{name}.pem")),
        path(&format!("{name}.key")),
    )
}

/// A listener without TLS on port 1883 that lets everybody in.
pub const PLAIN: &str = "listener 1883\nallow_anonymous true\n";

/// A running broker.
pub struct Broker<'a> {
    host: &'a Host,
    config: PathBuf,
    process: Option<Running>,
}

impl<'a> Broker<'a> {
    /// Starts the broker in `host`, which has [`ADDRESS`], with these listeners.
    ///
    /// # Panics
    /// When it does not come up.
    pub fn start(host: &'a Host, folder: &Path, listeners: &str) -> Self {
        let config = folder.join("mosquitto.conf");
        let text = format!(
            "per_listener_settings true\npersistence false\nuser root\nlog_dest stderr\nlog_type all\n\
             listener {OWN_PORT} 127.0.0.1\nallow_anonymous true\n{listeners}"
        );
        std::fs::write(&config, text).expect("the folder is writable");
        let mut this = Self {
            host,
            config,
            process: None,
        };
        this.power_on();
        this
    }

    /// Starts it again.
    ///
    /// # Panics
    /// When it does not come up.
    pub fn power_on(&mut self) {
        let mut command = self.host.command("mosquitto");
        command.arg("-c").arg(&self.config);
        self.process = Some(Running::start(&mut command));
        wait_for("the broker", Duration::from_secs(20), || {
            self.host.enter(|| {
                std::net::TcpStream::connect(("127.0.0.1", OWN_PORT))
                    .ok()
                    .map(|_| ())
            })
        });
    }

    /// Ends it without a word. Its log comes back.
    pub fn kill(&mut self) -> String {
        self.process
            .take()
            .map_or_else(String::new, |mut process| process.kill().1)
    }

    /// Lets it take and say nothing, as a line that is stuck, or go on.
    ///
    /// # Panics
    /// While it does not run.
    pub fn stall(&self, on: bool) {
        let process = self.process.as_ref().expect("the broker runs");
        let signal = if on { Signal::SIGSTOP } else { Signal::SIGCONT };
        let pid = Pid::from_raw(i32::try_from(process.pid()).expect("a process id"));
        kill(pid, signal).expect("our own child");
    }

    /// Somebody who reads everything, from here on and what is retained.
    pub fn watch(&self) -> Watcher {
        let mut command = self.host.command("mosquitto_sub");
        command
            .args(["-h", "127.0.0.1", "-p"])
            .arg(OWN_PORT.to_string());
        watch(command)
    }

    /// Publishes; `more` are options of `mosquitto_pub`.
    pub fn publish(&self, topic: &str, payload: &str, more: &[&str]) {
        publish(self.speaker(), topic, payload, more);
    }

    /// A `mosquitto_pub` that knows this broker, for [`publish`] on another thread.
    pub fn speaker(&self) -> Command {
        let mut command = self.host.command("mosquitto_pub");
        command
            .args(["-h", "127.0.0.1", "-p"])
            .arg(OWN_PORT.to_string());
        command
    }
}

/// Has `command`, a `mosquitto_sub` that knows its broker, read everything.
pub fn watch(mut command: Command) -> Watcher {
    command.args(["-q", "1", "-t", "#", "-F", "%r %t %x"]);
    Watcher {
        process: Running::start(&mut command),
        messages: Vec::new(),
        read: 0,
    }
}

/// Has `command`, a `mosquitto_pub` that knows its broker, publish with QoS 1.
///
/// # Panics
/// When the broker does not take it.
pub fn publish(mut command: Command, topic: &str, payload: &str, more: &[&str]) {
    command
        .args(["-q", "1", "-t", topic, "-m", payload])
        .args(more);
    let output = command.output().expect("apt-get install mosquitto-clients");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// A message that was seen.
#[derive(Clone, PartialEq, Debug)]
pub struct Seen {
    /// It lay there already.
    pub retain: bool,
    /// Where.
    pub topic: String,
    /// What.
    pub payload: Vec<u8>,
}

impl Seen {
    /// The payload as JSON; null when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.payload).unwrap_or(Value::Null)
    }
}

/// Somebody who reads every topic.
pub struct Watcher {
    process: Running,
    messages: Vec<Seen>,
    read: usize,
}

impl Watcher {
    /// Everything that was seen so far.
    pub fn seen(&mut self) -> &[Seen] {
        let lines = self.process.seen();
        for line in &lines[self.read..] {
            let mut parts = line.splitn(3, ' ');
            let (Some(retain), Some(topic)) = (parts.next(), parts.next()) else {
                continue;
            };
            self.messages.push(Seen {
                retain: retain == "1",
                topic: topic.to_owned(),
                payload: unhex(parts.next().unwrap_or_default()),
            });
        }
        self.read = lines.len();
        &self.messages
    }

    /// Waits for a message on a topic that ends so, among all that were ever seen.
    ///
    /// # Panics
    /// When it does not come within a minute, with what came there instead.
    pub fn wait(&mut self, topic: &str, fits: impl Fn(&Seen) -> bool) -> Seen {
        let end = Instant::now() + Duration::from_secs(60);
        loop {
            let seen = self.seen().iter();
            let found = seen
                .rev()
                .find(|seen| seen.topic.ends_with(topic) && fits(seen));
            if let Some(found) = found {
                return found.clone();
            }
            if Instant::now() >= end {
                let mut there = String::new();
                for seen in self.seen() {
                    // A String takes everything.
                    let _ = writeln!(
                        there,
                        "{} {}",
                        seen.topic,
                        String::from_utf8_lossy(&seen.payload)
                    );
                }
                panic!("nothing fits on {topic}; seen:\n{there}");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The same for the JSON of the payload.
    pub fn wait_json(&mut self, topic: &str, fits: impl Fn(&Value) -> bool) -> Value {
        self.wait(topic, |seen| fits(&seen.json())).json()
    }

    /// Waits for the answer to the command with this id.
    pub fn result(&mut self, id: &str) -> Value {
        self.wait_json("/cmd/result", |result| result["id"] == id)
    }

    /// The id of the one box on the broker.
    ///
    /// # Panics
    /// When it does not introduce itself.
    pub fn id_of_box(&mut self) -> String {
        let info = self.wait_json("/info", |info| info["contract"] == 1);
        info["id"].as_str().expect("an id").to_owned()
    }

    /// What stands on a topic now, by what was seen: the last payload.
    pub fn last(&mut self, topic: &str) -> Option<Vec<u8>> {
        let last = self
            .seen()
            .iter()
            .rev()
            .find(|seen| seen.topic.ends_with(topic))?;
        Some(last.payload.clone())
    }
}

fn unhex(text: &str) -> Vec<u8> {
    let (pairs, _) = text.as_bytes().as_chunks::<2>();
    pairs
        .iter()
        .filter_map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

/// The box's part of the configuration.
pub fn mqtt(url: &str, more: &str) -> String {
    format!("[mqtt]\nbroker = \"{url}\"\n{more}\n")
}
