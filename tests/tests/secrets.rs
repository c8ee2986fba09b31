//! No secret leaves the box but in the reset itself: whole sessions at the noisiest log level, one after the other over
//! every channel, then everything that the box wrote or sent is searched.
//!
//! A channel more is a function more that carries out a reset ([`reset_by_http`] is one): it adds what must not be found
//! to [`Secrets`] and what the box said to [`Said`].

use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use resetbox_plant::{PlantConfig, Profile, WireMode};
use resetbox_tests::agent::BoxIn;
use resetbox_tests::broker::{self, ADDRESS, Broker, certificates, mqtt};
use resetbox_tests::netns::{Host, Switch};
use resetbox_tests::plant::PlantIn;
use resetbox_tests::process::wait_for;
use resetbox_tests::tls;
use resetbox_tests::wire::{Received, Wire};

#[path = "secrets/channels.rs"]
mod channels;

use channels::{misplaced, read_all, reset_by_http, reset_by_https, reset_by_mqtt};

const PASSWORD: &str = "Mrkr+7-Ladder";
const OTHER_PASSWORD: &str = "Mrkr+8-Hammer";
const WEAK_PASSWORD: &str = "mrkrweakpassw";
const WRONG_KEY: &str = "Mrkr0Wr9";
const MALFORMED_KEY: &str = "Mrkr!Bad";
/// Beside the store.
const CERTIFICATE: &str = "resetbox.tls.pem";

/// What must not be found, with a name that may be told.
struct Secrets(Vec<(String, Vec<u8>)>);

impl Secrets {
    fn add(&mut self, name: &str, secret: &str) {
        let forms = [
            ("", secret.to_owned()),
            (" as base64", STANDARD.encode(secret)),
            (" as base64 without padding", STANDARD_NO_PAD.encode(secret)),
            (" as base64 for URLs", URL_SAFE_NO_PAD.encode(secret)),
            // As `Debug` prints a slice of bytes.
            (
                " as numbers",
                format!("{:?}", secret.as_bytes())[1..]
                    .trim_end_matches(']')
                    .to_owned(),
            ),
        ];
        for (form, text) in forms {
            self.0.push((format!("{name}{form}"), text.into_bytes()));
        }
    }

    fn search(&self, place: &str, bytes: &[u8]) {
        for (name, secret) in &self.0 {
            assert!(!holds(bytes, secret), "{place} holds {name}");
        }
    }
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// What the box said, and where.
type Said = Vec<(String, Vec<u8>)>;

/// Every file in the folder but the PIN's, which is for whoever stands before the box, and the key's of HTTPS, which
/// holds nothing else.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(folder).expect("the folder is there");
    let paths = entries.map(|entry| entry.expect("readable").path());
    let mut files: Vec<_> = paths
        .filter(|path| !path.ends_with("pin") && !path.ends_with(CERTIFICATE))
        .map(|path| {
            (
                path.display().to_string(),
                std::fs::read(&path).expect("a file"),
            )
        })
        .collect();
    files.sort();
    files
}

/// Datagrams on the wire until `stop`.
fn capture(wire: &mut Wire, stop: &AtomicBool) -> Vec<Vec<u8>> {
    wire.set_timeout(Duration::from_millis(100));
    let mut datagrams = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        if let Some(frame) = wire.receive() {
            datagrams.push(match Received::parse(&frame) {
                Some(received) => received.payload.to_vec(),
                None => frame,
            });
        }
    }
    datagrams
}

/// A reset without what may be in it: the element that carries the key.
fn without_code(datagram: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(datagram).ok()?;
    if !text.contains("<Types>reset</Types>") || !text.starts_with("<?xml") {
        return None;
    }
    let (head, rest) = text.split_once("<Code")?;
    let (_, tail) = rest.split_once("</Code>")?;
    Some(format!("{head}{tail}").into_bytes())
}

/// The lines of the private key of HTTPS.
fn add_private_key(secrets: &mut Secrets, certificate: &Path) {
    let pem = std::fs::read_to_string(certificate).expect("the box made it");
    let (key, _) = pem.split_once("-----END PRIVATE KEY").expect("a key");
    for line in key
        .lines()
        .filter(|line| line.len() > 20 && !line.starts_with('-'))
    {
        secrets
            .0
            .push(("the private key".into(), line.as_bytes().to_vec()));
    }
}

fn secrets() -> Secrets {
    let mut secrets = Secrets(Vec::new());
    for (name, secret) in [
        ("the password", PASSWORD),
        ("the other password", OTHER_PASSWORD),
        ("the weak password", WEAK_PASSWORD),
        ("the wrong key", WRONG_KEY),
        ("the malformed key", MALFORMED_KEY),
    ] {
        secrets.add(name, secret);
    }
    secrets
}

#[test]
fn no_key_and_no_password_is_written_or_sent_anywhere_but_in_the_reset() {
    let (switch, agent_host, plant_host) = (Switch::new(), Host::new("box"), Host::new("plant"));
    let listener = Host::new("listener");
    switch.plug(&agent_host, "eth0");
    agent_host.ip("addr add 192.168.99.1/24 dev eth0");
    switch.plug(&plant_host, "eth0");
    switch.plug(&listener, "eth0");
    let plant = PlantIn::start(
        &plant_host,
        PlantConfig {
            cameras: 4,
            // Every second one wants the key encrypted.
            profiles: vec![Profile::Ipc2018, Profile::Ipc2022],
            wire: WireMode::Raw {
                interface: "eth0".into(),
            },
            ..PlantConfig::default()
        },
    );
    let mut wire = Wire::open(&listener, "eth0");
    let stop = AtomicBool::new(false);
    let folder = tempfile::tempdir().expect("a folder");
    let certificate = folder.path().join(CERTIFICATE);
    let mut secrets = secrets();
    let (owner, desk) = (Host::new("owner"), tempfile::tempdir().expect("a folder"));
    switch.plug(&owner, "eth0");
    owner.ip(&format!("addr add {ADDRESS}/24 dev eth0"));
    certificates(desk.path());
    let lines = broker::tls(desk.path(), "good") + "allow_anonymous true\n";
    let broker = Broker::start(&owner, desk.path(), &lines);

    let datagrams = std::thread::scope(|scope| {
        let capturing = scope.spawn(|| capture(&mut wire, &stop));
        let more = format!(
            "{}[log]\nlevel = \"trace\"\n",
            mqtt(
                &format!("mqtts://{ADDRESS}"),
                &format!(
                    "publish_qr = true\nca_file = {:?}",
                    desk.path().join("ca.pem")
                )
            )
        );
        let mut agent = BoxIn::start(&agent_host, folder.path(), &more);
        agent.wait_devices(4, Duration::from_secs(30));
        let mut said: Said = Vec::new();
        let mut ids: Vec<String> = (0..2)
            .map(|index| reset_by_http(&agent, &plant, index, &mut secrets, &mut said))
            .collect();

        wait_for("HTTPS", Duration::from_secs(20), || {
            agent.state()["https"]["sha256"].as_str().map(drop)
        });
        let pin = std::fs::read_to_string(folder.path().join("pin")).expect("a PIN");
        let mut client = tls::Client::new(
            &agent_host,
            "192.168.99.1:443",
            &certificate,
            "192.168.99.1",
        );
        let set_cookie = client.enter(&pin);
        let value = set_cookie.split(['=', ';']).nth(1).expect("a value");
        secrets.add("a session's cookie", value);
        add_private_key(&mut secrets, &certificate);
        ids.push(reset_by_https(
            &agent,
            &client,
            &plant,
            2,
            &mut secrets,
            &mut said,
        ));

        ids.push(reset_by_mqtt(
            &agent,
            &broker,
            &plant,
            3,
            &mut secrets,
            &mut said,
        ));

        misplaced(&agent_host, &ids[0], &mut said);
        read_all(&agent, &agent_host, &ids, &mut said);
        for (place, bytes) in &said {
            secrets.search(place, bytes);
        }

        let during = files(folder.path());
        assert!(
            during.iter().any(|(name, _)| name.ends_with("-wal")),
            "the journal is searched too"
        );
        let log = agent.pull_the_plug();
        // The search would find what is there.
        assert!(log.contains("TRACE") || log.contains("DEBUG"),);
        assert!(log.contains("a person confirmed the device"));
        let serial = plant.camera(0).expect("there").serial;
        assert!(
            during
                .iter()
                .any(|(_, bytes)| holds(bytes, serial.as_bytes()))
        );
        secrets.search("the log", log.as_bytes());
        for (name, bytes) in during.into_iter().chain(files(folder.path())) {
            secrets.search(&name, &bytes);
        }
        stop.store(true, Ordering::Relaxed);
        capturing.join().expect("the listener")
    });

    let resets: Vec<_> = datagrams
        .iter()
        .filter_map(|bytes| without_code(bytes))
        .collect();
    assert_eq!(
        resets.len(),
        8,
        "a wrong and a right key for each camera, each sent once"
    );
    let wrong = |bytes: &&Vec<u8>| holds(bytes, WRONG_KEY.as_bytes());
    assert_eq!(
        datagrams.iter().filter(wrong).count(),
        2,
        "the cameras that want it plain, and nobody else"
    );
    for datagram in &datagrams {
        match without_code(datagram) {
            Some(rest) => secrets.search("a reset, beside its code,", &rest),
            None => secrets.search("a datagram", datagram),
        }
    }
}

/// A plant with one camera, and a host for the box beside it.
fn one_camera(switch: &Switch, agent_host: &Host, plant_host: &Host) -> PlantConfig {
    switch.plug(agent_host, "eth0");
    agent_host.ip("addr add 192.168.99.1/24 dev eth0");
    switch.plug(plant_host, "eth0");
    PlantConfig {
        cameras: 1,
        profiles: vec![Profile::Ipc2018],
        wire: WireMode::Raw {
            interface: "eth0".into(),
        },
        ..PlantConfig::default()
    }
}

#[test]
fn the_journal_of_the_system_holds_no_secret() {
    let (switch, agent_host, plant_host) = (Switch::new(), Host::new("box"), Host::new("plant"));
    let config = one_camera(&switch, &agent_host, &plant_host);
    let plant = PlantIn::start(&plant_host, config);
    let folder = tempfile::tempdir().expect("a folder");
    let journal = folder.path().join("journal");
    std::fs::create_dir(&journal).expect("a folder");
    let socket = UnixDatagram::bind(journal.join("socket")).expect("a free name");
    socket
        .set_read_timeout(Some(Duration::from_millis(100)))
        .expect("set");
    let stop = AtomicBool::new(false);
    let mut secrets = secrets();
    let lines = std::thread::scope(|scope| {
        let listening = scope.spawn(|| {
            let (mut all, mut line) = (Vec::new(), vec![0; 256 * 1024]);
            while !stop.load(Ordering::Relaxed) {
                if let Ok(count) = socket.recv(&mut line) {
                    all.extend_from_slice(&line[..count]);
                    all.push(b'\n');
                }
            }
            all
        });
        let box_folder = folder.path().join("box");
        std::fs::create_dir(&box_folder).expect("a folder");
        let mut agent = BoxIn::start_wrapped(
            &agent_host,
            &box_folder,
            "[log]\nlevel = \"trace\"\n",
            |program| {
                // The namespace that `ip netns exec` made has mounts of its own.
                let mut wrapped = Vec::from(["sh".into(), "-c".into()]);
                wrapped.push(format!(
                "mkdir -p /run/systemd/journal && mount --bind {} /run/systemd/journal && JOURNAL_STREAM=1:1 exec \"$@\"",
                journal.display()
            ));
                wrapped.push("sh".into());
                wrapped.push(program.to_owned());
                wrapped
            },
        );
        agent.wait_devices(1, Duration::from_secs(30));
        let mut said: Said = Vec::new();
        let id = reset_by_http(&agent, &plant, 0, &mut secrets, &mut said);
        misplaced(&agent_host, &id, &mut said);
        agent.pull_the_plug();
        stop.store(true, Ordering::Relaxed);
        listening.join().expect("the listener")
    });
    assert!(
        holds(&lines, b"a person confirmed the device"),
        "the journal was heard"
    );
    secrets.search("the journal", &lines);
}
