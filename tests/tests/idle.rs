//! What the box costs while nobody looks: memory and wake-ups with 254 cameras on the wire.

use std::time::Duration;

use resetbox_plant::{PlantConfig, Profile, WebMode, WireMode};
use resetbox_tests::agent::BoxIn;
use resetbox_tests::netns::{Host, Switch};
use resetbox_tests::plant::PlantIn;
use resetbox_tests::process::resetbox;

/// Most resident memory, in kB.
const MEMORY_KB: u64 = 16 * 1024;
/// Largest release binary, in bytes.
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
    let mut agent = BoxIn::start(&host, folder.path(), "");
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
    assert!(memory <= MEMORY_KB, "{memory} kB resident");
    assert!(
        woken <= WAKE_UPS * WATCHED.as_secs(),
        "{woken} wake-ups in {WATCHED:?}"
    );
}

#[test]
fn the_release_binary_is_small() {
    let path = resetbox();
    assert!(
        path.components().any(|part| part.as_os_str() == "release")
            || std::env::var_os("RESETBOX_BIN").is_some(),
        "this is about the release build: cargo build --release --workspace"
    );
    let size = std::fs::metadata(&path).expect("the binary").len();
    println!("{}: {size} bytes", path.display());
    assert!(size <= BINARY, "{size} bytes");
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
