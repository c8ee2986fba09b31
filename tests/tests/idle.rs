//! What the box costs while nobody looks, and while phones only follow: memory and wake-ups with 254 cameras on the wire.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use resetbox_plant::{PlantConfig, Profile, WebMode, WireMode};
use resetbox_tests::agent::BoxIn;
use resetbox_tests::broker::{ADDRESS, Broker, PLAIN, mqtt};
use resetbox_tests::http::Client;
use resetbox_tests::netns::{Host, Switch};
use resetbox_tests::plant::PlantIn;
use resetbox_tests::process::{resetbox, resetbox_arm64};
use resetbox_tests::tls;

/// Most resident memory, in kB.
const MEMORY_KB: u64 = 16 * 1024;
/// Largest release program, in bytes: the one with demo and desk in it, and the one for a board.
const BINARY: u64 = 6 * 1024 * 1024;
/// Most wake-ups in a second, as a mean over [`WATCHED`].
const WAKE_UPS: u64 = 5;
/// Two rounds of the background inquiry.
const WATCHED: Duration = Duration::from_secs(120);

#[test]
fn idle_with_254_cameras() {
    let (switch, host, plant_host) = (Switch::new(), Host::new("box"), Host::new("plant"));
    switch.plug(&host, "eth0");
    host.ip("addr add 192.168.99.1/24 dev eth0");
    switch.plug(&plant_host, "eth0");
    let config = PlantConfig {
        cameras: 254,
        // Twenty recorders that each search the network all the time would be another plant.
        profiles: (Profile::ALL.into_iter())
            .filter(|profile| *profile != Profile::Chatty)
            .collect(),
        wire: WireMode::Raw {
            interface: "eth0".into(),
        },
        web: WebMode::Off,
        ..PlantConfig::default()
    };
    let plant = PlantIn::start(&plant_host, config);
    let folder = tempfile::tempdir().expect("a folder");
    // The owner's broker is connected all the time.
    let owner = Host::new("owner");
    switch.plug(&owner, "eth0");
    owner.ip(&format!("addr add {ADDRESS}/24 dev eth0"));
    let broker = Broker::start(&owner, folder.path(), PLAIN);
    let config = mqtt(&format!("mqtt://{ADDRESS}"), "");
    let mut agent = BoxIn::start(&host, folder.path(), &config);
    agent.wait_devices(254, Duration::from_secs(30));
    // The minute in which somebody looks passes.
    std::thread::sleep(Duration::from_secs(70));

    let pid = agent.process().pid();
    let asked = plant.camera(0).expect("there").counters.inquiries;
    let before = wake_ups(pid);
    std::thread::sleep(WATCHED);
    let woken = wake_ups(pid) - before;
    let memory = agent.process().memory_kb("VmRSS");
    println!("wake-ups in {WATCHED:?}: {woken}; resident: {memory} kB");
    assert!(
        plant.camera(0).expect("there").counters.inquiries > asked,
        "it went on looking for devices"
    );
    assert_eq!(agent.state()["devices_total"], 254);
    let guests = Guests::come(&host, folder.path());
    // The answer to each of them, and the first news, have passed.
    std::thread::sleep(Duration::from_secs(10));
    let before = wake_ups(pid);
    std::thread::sleep(WATCHED);
    let woken_by_guests = wake_ups(pid) - before;
    let memory_with_guests = agent.process().memory_kb("VmRSS");
    println!(
        "with four phones, wake-ups in {WATCHED:?}: {woken_by_guests}; resident: {memory_with_guests} kB"
    );
    guests.all_still_follow();
    let mut watcher = broker.watch();
    watcher.wait("/availability", |seen| seen.payload == b"online");
    for (who, woken, memory) in [
        ("alone", woken, memory),
        ("with four phones", woken_by_guests, memory_with_guests),
    ] {
        assert!(memory <= MEMORY_KB, "{who}: {memory} kB resident");
        assert!(
            woken <= WAKE_UPS * WATCHED.as_secs(),
            "{who}: {woken} wake-ups in {WATCHED:?}"
        );
    }
}

/// Four phones that follow the box, one of them by HTTPS; no panel mirror is open.
struct Guests(Vec<Arc<AtomicU64>>);

impl Guests {
    fn come(host: &Host, folder: &Path) -> Self {
        let pin = std::fs::read_to_string(folder.join("pin")).expect("a PIN");
        let mut guests = Vec::new();
        for _ in 0..3 {
            let mut client = Client::new(host, "http://127.0.0.1:8080");
            let body = serde_json::json!({ "pin": pin.trim() });
            let session = client.post("/api/v1/session", &body).expect("answered");
            let cookie = session.expect(200).set_cookie.expect("a cookie");
            client.use_cookie(&cookie);
            let name_and_value = cookie.split(';').next().unwrap_or_default();
            let request = format!(
                "GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nCookie: {name_and_value}\r\n\r\n"
            );
            let stream =
                host.enter(|| TcpStream::connect("127.0.0.1:8080").expect("the box listens"));
            guests.push(follow(stream, request));
        }
        let certificate = folder.join("resetbox.tls.pem");
        let name = "192.168.99.1";
        let mut client = tls::Client::new(host, "192.168.99.1:443", &certificate, name);
        client.enter(&pin);
        let request = client.head("GET", "/api/v1/events") + "\r\n";
        let stream = tls::connect(host, "192.168.99.1:443", &certificate, name);
        stream.sock.set_read_timeout(None).expect("set");
        guests.push(follow(stream, request));
        Self(guests)
    }

    /// Each of them heard at least the heartbeats.
    fn all_still_follow(&self) {
        for heard in &self.0 {
            let heard = heard.load(Ordering::Relaxed);
            assert!(heard >= WATCHED.as_secs() / 15, "{heard} pieces");
        }
    }
}

/// Sends the request and reads for ever on a thread of its own; counts the pieces of the answer.
fn follow(mut stream: impl Read + Write + Send + 'static, request: String) -> Arc<AtomicU64> {
    let heard = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&heard);
    stream.write_all(request.as_bytes()).expect("taken");
    stream.flush().expect("taken");
    std::thread::spawn(move || {
        let mut piece = [0; 4096];
        while stream.read(&mut piece).is_ok_and(|count| count > 0) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    });
    heard
}

#[test]
fn the_release_programs_are_small() {
    let path = resetbox();
    assert!(
        path.components().any(|part| part.as_os_str() == "release"),
        "this is about the release build: cargo build --release"
    );
    for path in [path, resetbox_arm64()] {
        let size = std::fs::metadata(&path).expect("the program").len();
        println!("{}: {size} bytes", path.display());
        assert!(size <= BINARY, "{}: {size} bytes", path.display());
    }
}

/// How often any thread of the process went to sleep and was woken: voluntary context switches.
fn wake_ups(pid: u32) -> u64 {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).expect("the box runs");
    tasks
        .filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("status")).ok())
        .filter_map(|status| {
            status
                .lines()
                .find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"))?
                .trim()
                .parse::<u64>()
                .ok()
        })
        .sum()
}
