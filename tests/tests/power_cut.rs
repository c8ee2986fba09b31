//! The plug is pulled at random moments of the flow. What the box had said must still be so when it is
//! back, the QR must be the same byte for byte, and no confirmation may ever send two resets.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use resetbox_plant::{Issued, Options, PlantConfig, Profile, WebMode, WireMode};
use resetbox_tests::agent::BoxIn;
use resetbox_tests::netns::{Host, Switch};
use resetbox_tests::plant::PlantIn;
use serde_json::{Value, json};

/// Power cuts in all; each runner makes its share.
const CUTS: usize = 200;
const RUNNERS: usize = 4;
/// The longest time from the session to the cut: longer than a whole reset takes with such quick cameras.
const LONGEST_MS: u64 = 500;

/// What the box told a person, who now relies on it.
#[derive(Default)]
struct Told {
    /// The device code of each case, once it was fetched.
    codes: BTreeMap<String, Vec<u8>>,
    /// Cases that ended in success.
    done: Vec<String>,
    /// Confirmations sent.
    confirms: u64,
    /// How often the cut came at what, and how often a reset was done or found unclear.
    cuts: BTreeMap<String, usize>,
}

#[test]
fn nothing_that_was_told_is_lost_at_200_random_moments() {
    let cuts = std::thread::scope(|scope| {
        let runners: Vec<_> = (0..RUNNERS)
            .map(|runner| scope.spawn(move || run(runner, CUTS / RUNNERS)))
            .collect();
        let mut all = BTreeMap::new();
        for runner in runners {
            for (phase, count) in runner
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            {
                *all.entry(phase).or_insert(0) += count;
            }
        }
        all
    });
    println!("what the cuts met: {cuts:?}");
    // The cuts must have been spread over the flow, or the test proves little.
    // Opening takes a few milliseconds: too few cuts meet it to be counted on.
    for what in ["exporting", "confirming", "(reset done)", "(found unclear)"] {
        assert!(
            cuts.get(what).is_some_and(|&count| count >= 3),
            "{what}: {cuts:?}"
        );
    }
}

fn run(runner: usize, cuts: usize) -> BTreeMap<String, usize> {
    let (switch, host, plant_host) = (Switch::new(), Host::new("box"), Host::new("plant"));
    switch.plug(&host, "eth0");
    host.ip("addr add 192.168.99.1/24 dev eth0");
    switch.plug(&plant_host, "eth0");
    let config = PlantConfig {
        cameras: 1,
        profiles: vec![Profile::Ipc2018],
        wire: WireMode::Raw {
            interface: "eth0".into(),
        },
        web: WebMode::Off,
        options: Options {
            delay_ms: (5, 60),
            ..Options::default()
        },
        seed: runner as u64,
        ..PlantConfig::default()
    };
    let plant = PlantIn::start(&plant_host, config);
    let folder = tempfile::tempdir().expect("a folder");
    let mut agent = BoxIn::start(&host, folder.path(), "");
    let mut told = Told::default();
    let mut random = 0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(runner as u64 + 1);
    for _ in 0..cuts {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let moment = Duration::from_millis(random % LONGEST_MS);
        let cut = AtomicBool::new(false);
        let pid = agent.process().pid();
        let phase = std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(moment);
                nix::sys::signal::kill(
                    nix::unistd::Pid::from_raw(i32::try_from(pid).expect("a process id")),
                    nix::sys::signal::Signal::SIGKILL,
                )
                .expect("the box runs");
                cut.store(true, Ordering::SeqCst);
            });
            let mut phase = "none".to_owned();
            while !cut.load(Ordering::SeqCst) {
                // The box may be gone in the middle of it: that is the point.
                let _ = step(&agent, &plant, &mut told, &mut phase);
                std::thread::sleep(Duration::from_millis(2));
            }
            phase
        });
        *told.cuts.entry(phase).or_insert(0) += 1;
        agent.pull_the_plug();
        // What left the box in its last moment is still on its way through the camera.
        std::thread::sleep(Duration::from_millis(200));
        let sent = plant.camera(0).expect("there").counters.resets;
        assert!(
            sent <= told.confirms,
            "{sent} resets for {} confirmations",
            told.confirms
        );
        agent.power_on();
        check(&agent, &told);
        let after = plant.camera(0).expect("there").counters.resets;
        assert_eq!(
            after, sent,
            "nothing is sent after a restart without a new confirmation"
        );
    }
    told.cuts
}

/// What was told must still be so.
fn check(agent: &BoxIn<'_>, told: &Told) {
    for (id, code) in &told.codes {
        // The code of an ended case is no longer given out, but the case is remembered.
        if agent.case(id)["open"] == true {
            assert_eq!(&agent.device_code(id), code, "case {id}: the same bytes");
        }
    }
    for id in &told.done {
        assert_eq!(agent.case(id)["phase"], "done", "case {id}");
    }
}

/// One thing that a person would do next; `None` when the box did not answer. Notes in `phase` what it is at.
fn step(agent: &BoxIn<'_>, plant: &PlantIn<'_>, told: &mut Told, phase: &mut String) -> Option<()> {
    let client = agent.client();
    let cases = client
        .get("/api/v1/cases")
        .filter(|answer| answer.status == 200)?
        .json();
    let list = cases.as_array().or_else(|| cases["cases"].as_array())?;
    let Some(case) = list.iter().find(|case| case["open"] == true) else {
        *phase = "opening".into();
        client.post("/api/v1/cases", &json!({ "mac": plant.mac(0) }))?;
        return Some(());
    };
    let id = case["id"].as_str()?.to_owned();
    *phase = case["phase"].as_str()?.to_owned();
    match phase.as_str() {
        "awaiting" => {
            let code = client
                .get(&format!("/api/v1/cases/{id}/DeviceKey.xml"))
                .filter(|answer| answer.status == 200)?
                .body;
            let before = told.codes.insert(id.clone(), code.clone());
            assert!(
                before.is_none_or(|before| before == code),
                "case {id}: the same bytes"
            );
            *phase = "confirming".into();
            confirm(agent, plant, told, case, &id, &code)
        }
        "unclear" => {
            // The person tries the new password at the camera's own page.
            let worked = plant
                .read(0, |camera| camera.password() == Some(PASSWORD))
                .ok()?;
            client.post(
                &format!("/api/v1/cases/{id}/resolve"),
                &json!({ "worked": worked }),
            )?;
            *told.cuts.entry("(found unclear)".into()).or_insert(0) += 1;
            Some(())
        }
        _ => Some(()),
    }
}

const PASSWORD: &str = "Ladder+7-Bolts";

/// Hands over the key with the confirmation; counts it before it leaves, as it may be cut off on its way.
fn confirm(
    agent: &BoxIn<'_>,
    plant: &PlantIn<'_>,
    told: &mut Told,
    case: &Value,
    id: &str,
    code: &[u8],
) -> Option<()> {
    let code = String::from_utf8(code.to_vec()).expect("a device code is text");
    let key = match plant.vendor_issue(&code) {
        Ok(Issued::Key(key)) => key,
        // Used up: the reset worked, but the power went before the box could say so.
        _ => "AAAA0000".to_owned(),
    };
    told.confirms += 1;
    let answer = agent.send_key(id, &key, PASSWORD, case["serial"].as_str()?)?;
    if answer.status == 200 {
        told.done.push(id.to_owned());
        *told.cuts.entry("(reset done)".into()).or_insert(0) += 1;
    }
    Some(())
}
