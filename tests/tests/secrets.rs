//! No secret leaves the box but in the reset itself: a whole session at the noisiest log level, then
//! everything that the box wrote or sent is searched.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use resetbox_plant::{Issued, PlantConfig, Profile, WireMode};
use resetbox_tests::agent::BoxIn;
use resetbox_tests::netns::{Host, Switch};
use resetbox_tests::plant::PlantIn;
use resetbox_tests::wire::{Received, Wire};
use serde_json::json;

const PASSWORD: &str = "Mrkr+7-Ladder";
const OTHER_PASSWORD: &str = "Mrkr+8-Hammer";
const WEAK_PASSWORD: &str = "mrkrweakpassw";
const WRONG_KEY: &str = "Mrkr0Wr9";
const MALFORMED_KEY: &str = "Mrkr!Bad";

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

/// The start of an answer that may never end, and everything of one that does.
fn raw(host: &Host, request: &str) -> Vec<u8> {
    host.enter(|| {
        let mut stream = TcpStream::connect("127.0.0.1:8080").expect("the page is up");
        stream
            .set_read_timeout(Some(Duration::from_millis(300)))
            .expect("set");
        stream.write_all(request.as_bytes()).expect("taken");
        let (mut all, mut part) = (Vec::new(), [0; 4096]);
        let end = Instant::now() + Duration::from_secs(3);
        while Instant::now() < end {
            match stream.read(&mut part) {
                Ok(0) | Err(_) => break,
                Ok(count) => all.extend_from_slice(&part[..count]),
            }
        }
        all
    })
}

/// Every file in the folder but the PIN's, which is for whoever stands before the box.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(folder).expect("the folder is there");
    let paths = entries.map(|entry| entry.expect("readable").path());
    let mut files: Vec<_> = paths
        .filter(|path| !path.ends_with("pin"))
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
            cameras: 2,
            // The second one wants the key encrypted.
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

    let datagrams = std::thread::scope(|scope| {
        let capturing = scope.spawn(|| capture(&mut wire, &stop));
        let mut agent = BoxIn::start(&agent_host, folder.path(), "[log]\nlevel = \"trace\"\n");
        agent.wait_devices(2, Duration::from_secs(30));
        let mut bodies: Vec<(String, Vec<u8>)> = Vec::new();
        let mut ids = Vec::new();
        for index in 0..2 {
            let camera = plant.camera(index).expect("there");
            let id = agent.open_case(&camera.mac.to_lowercase().replace(':', "-"));
            let device_code = String::from_utf8(agent.device_code(&id)).expect("text");
            let Ok(Issued::Key(key)) = plant.vendor_issue(&device_code) else {
                panic!("a typed key was expected");
            };
            secrets.add(&format!("the key of camera {index}"), &key);
            let mut send = |key: &str, password: &str, status: u16| {
                let answer = agent
                    .send_key(&id, key, password, &camera.serial)
                    .expect("answered");
                let said = String::from_utf8_lossy(&answer.body).into_owned();
                assert_eq!(answer.status, status, "{said}");
                bodies.push((format!("the answer {status}"), answer.body));
            };
            // Forms that are refused; a wrong key; the right one.
            send(MALFORMED_KEY, PASSWORD, 422);
            send(&key, WEAK_PASSWORD, 422);
            send(WRONG_KEY, OTHER_PASSWORD, 422);
            send(&key, PASSWORD, 200);
            // Bodies in which a secret stands where none belongs.
            for body in [
                json!([PASSWORD]),
                json!({ "key": [WRONG_KEY], "new_password": PASSWORD }),
                json!({ "key": WRONG_KEY, "new_password": PASSWORD, "sync_cameras": PASSWORD }),
            ] {
                let path = format!("/api/v1/cases/{id}/key");
                let answer = agent.client().post(&path, &body).expect("answered");
                assert!(answer.status >= 400);
                bodies.push((path, answer.body));
            }
            ids.push(id);
        }
        let mut paths: Vec<String> = [
            "/",
            "/diagnosis",
            "/log",
            "/metrics",
            "/healthz",
            "/readyz",
            "/api/v1/state",
            "/api/v1/cases",
            "/api/v1/devices",
            "/api/v1/devices.csv",
            "/api/v1/diagnosis",
            "/api/v1/audit",
            "/api/v1/audit.csv",
            "/api/v1/session",
            "/api/v1/nothing-here",
        ]
        .map(str::to_owned)
        .into();
        for id in &ids {
            paths.push(format!("/cases/{id}"));
            paths.push(format!("/api/v1/cases/{id}"));
        }
        for path in paths {
            let answer = agent.client().get(&path).expect("answered");
            bodies.push((path, answer.body));
        }
        // From the oldest line on: the id is of no run of this box.
        let follow =
            "GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nLast-Event-ID: none-1\r\n\r\n";
        let events = raw(&agent_host, follow);
        assert!(
            holds(&events, b"event: succeeded"),
            "the stream goes back to the start"
        );
        bodies.push(("the event stream".into(), events));
        for (place, body) in &bodies {
            secrets.search(place, body);
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
        4,
        "a wrong and a right key for each camera, each sent once"
    );
    let wrong = |bytes: &&Vec<u8>| holds(bytes, WRONG_KEY.as_bytes());
    assert_eq!(
        datagrams.iter().filter(wrong).count(),
        1,
        "the camera that wants it plain, and nobody else"
    );
    for datagram in &datagrams {
        match without_code(datagram) {
            Some(rest) => secrets.search("a reset, beside its code,", &rest),
            None => secrets.search("a datagram", datagram),
        }
    }
}
