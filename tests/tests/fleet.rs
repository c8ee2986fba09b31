//! The desk: a real box with simulated cameras, the owner's Mosquitto with TLS, and `resetbox fleet` on the owner's machine,
//! in a pipe and on a terminal.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use resetbox_plant::{Login, PlantConfig, Profile, WebMode};
use resetbox_tests::agent::BoxIn;
use resetbox_tests::broker::{Broker, NAME, certificates, mqtt, tls};
use resetbox_tests::plant::PlantIn;
use resetbox_tests::process::{resetbox, wait_for};
use resetbox_tests::pty::OnTerminal;
use resetbox_tests::site::{Site, cameras};
use serde_json::Value;

const PASSWORD: &str = "Ladder+7-Bolts";
const WRONG_KEY: &str = "Mrkr0Wr9";
const SOON: Duration = Duration::from_secs(60);

fn with_web(count: usize) -> PlantConfig {
    PlantConfig {
        web: WebMode::OwnAddresses { port: 80 },
        ..cameras(count)
    }
}

/// The listener with TLS, for those whose certificate the authority signed.
fn listener(folder: &Path) -> String {
    format!(
        "{}require_certificate true\nallow_anonymous true\n",
        tls(folder, "good")
    )
}

fn settings(folder: &Path) -> String {
    let path = |name: &str| folder.join(name);
    mqtt(
        &format!("mqtts://{NAME}:8883"),
        &format!(
            "ca_file = {:?}\nclient_cert_file = {:?}\nclient_key_file = {:?}\n",
            path("ca.pem"),
            path("client.pem"),
            path("client.key")
        ),
    )
}

/// `resetbox fleet WORDS` on the owner's machine.
fn fleet(site: &Site, folder: &Path, words: &[&str]) -> Command {
    let mut command = site.owner.command(resetbox());
    command
        .arg("fleet")
        .args(words)
        .args(["--broker", &format!("mqtts://{NAME}:8883")])
        .arg("--ca-file")
        .arg(folder.join("ca.pem"))
        .arg("--client-cert")
        .arg(folder.join("client.pem"))
        .arg("--client-key")
        .arg(folder.join("client.key"));
    command
}

/// Runs it with these lines on standard input.
fn run(command: &mut Command, input: &str) -> (Option<i32>, String, Output) {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut stdin = child.stdin.take().expect("piped");
    // Who refuses early does not read it.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    let said = [output.stdout.as_slice(), &output.stderr].concat();
    let said = String::from_utf8(said).expect("text");
    (output.status.code(), said, output)
}

fn list(site: &Site, folder: &Path) -> Value {
    let (status, said, output) = run(&mut fleet(site, folder, &["--json"]), "");
    assert_eq!(status, Some(0), "{said}");
    serde_json::from_slice(&output.stdout).expect("one document")
}

fn tail(serial: &str) -> &str {
    &serial[serial.len() - 6..]
}

#[test]
fn a_script_at_the_desk_does_a_whole_reset_and_a_wrong_key_is_told_once_and_sent_once() {
    let site = Site::new();
    let plant = PlantIn::start(&site.plant, with_web(2));
    let folder = tempfile::tempdir().expect("a folder");
    certificates(folder.path());
    let broker = Broker::start(&site.owner, folder.path(), &listener(folder.path()));
    let mut watcher = broker.watch();
    let mut agent = BoxIn::start(&site.agent, folder.path(), &settings(folder.path()));
    agent.wait_devices(2, Duration::from_secs(30));
    watcher.wait_json("/devices", |devices| devices["count"] == 2);
    let camera = plant.camera(0).expect("there");

    let before = list(&site, folder.path());
    let one = &before["boxes"][0];
    let id = one["id"].as_str().expect("an id").to_owned();
    assert_eq!(
        (&one["online"], &one["cases"]),
        (&true.into(), &Value::Array(vec![])),
        "{before}"
    );

    // The desk opens the case, the vendor answers, the desk hands the key over.
    let (status, said, _) = run(
        &mut fleet(&site, folder.path(), &["open-case", &id, &plant.mac(0)]),
        "",
    );
    assert_eq!(status, Some(0), "{said}");
    let case = said
        .rsplit("case ")
        .next()
        .and_then(|rest| rest.split('.').next())
        .expect("a case")
        .to_owned();
    watcher.wait_json(&format!("/cases/{case}/state"), |state| {
        state["phase"] == "awaiting"
    });
    let shown = list(&site, folder.path());
    let open = &shown["boxes"][0]["cases"][0];
    assert_eq!(open["id"], case.as_str(), "{shown}");
    assert_eq!(
        (&open["serial"], &open["need"]),
        (&camera.serial.as_str().into(), &"waiting".into()),
        "{shown}"
    );

    let submit = |confirm: &str, more: &[&str]| {
        let words = [
            &["submit-key", &id, &case, "--stdin", "--confirm", confirm],
            more,
        ]
        .concat();
        fleet(&site, folder.path(), &words)
    };
    let key = plant.key(&agent.device_code(&case));
    let both = |key: &str, password: &str| format!("{key}\n{password}\n");

    // What is refused here leaves nothing behind: not this device, a key and a password of no form.
    for (confirm, key, password, code, word) in [
        (
            "999999",
            key.as_str(),
            PASSWORD,
            5,
            "does not name this device",
        ),
        (
            tail(&camera.serial),
            "Mrkr!Bad",
            PASSWORD,
            2,
            "letters and digits",
        ),
        (
            tail(&camera.serial),
            &key,
            "mrkrweakpassw",
            2,
            "Choose another password",
        ),
    ] {
        let (status, said, _) = run(&mut submit(confirm, &[]), &both(key, password));
        assert_eq!(status, Some(code), "{said}");
        assert!(
            said.contains(word) && said.contains("Nothing was sent."),
            "{said}"
        );
    }
    assert_eq!(sent(&mut watcher), 0);

    let (status, said, _) = run(
        &mut submit(tail(&camera.serial), &[]),
        &both(WRONG_KEY, PASSWORD),
    );
    assert_eq!(status, Some(1), "{said}");
    assert!(
        said.contains(&camera.serial),
        "the whole serial is shown: {said}"
    );
    assert_eq!(said.matches("refused the key").count(), 1, "{said}");
    assert!(said.contains("4 tries left"), "{said}");
    assert_eq!(plant.camera(0).expect("there").counters.resets, 1);
    let refused = list(&site, folder.path());
    assert_eq!(
        refused["boxes"][0]["cases"][0]["need"], "person",
        "{refused}"
    );

    // Blanks of whoever copied the key are forgiven.
    let spaced = format!(" {} {}", &key[..4], &key[4..]);
    let (status, done, _) = run(
        &mut submit(tail(&camera.serial), &["--mqtt", "5"]),
        &both(&spaced, PASSWORD),
    );
    assert_eq!(status, Some(0), "{done}");
    assert!(
        done.contains("Reset Password Succeeded") && done.contains("NVR"),
        "{done}"
    );
    // A way from the plant's own host to the camera's web page.
    site.plant
        .ip(&format!("addr add {}/32 dev lo", camera.address));
    assert_eq!(plant.login(0, PASSWORD), Login::Accepted);
    assert_eq!(
        plant.camera(0).expect("there").counters.resets,
        2,
        "each key was sent once"
    );
    wait_for("both messages", SOON, || {
        (sent(&mut watcher) == 2).then_some(())
    });
    for said in [said, done] {
        for secret in [key.as_str(), WRONG_KEY, PASSWORD] {
            assert!(!said.contains(secret), "the desk shows a secret");
        }
    }

    // The case is over: another key for it goes nowhere. A box without power is told nothing either.
    watcher.wait(&format!("/cases/{case}/state"), |seen| {
        seen.payload.is_empty()
    });
    let (status, said, _) = run(
        &mut submit(tail(&camera.serial), &[]),
        &both(&key, PASSWORD),
    );
    assert_eq!(status, Some(1), "{said}");
    assert!(said.contains("has no case"), "{said}");
    let (status, said, _) = run(&mut fleet(&site, folder.path(), &["identify", &id]), "");
    assert_eq!(status, Some(0), "{said}");
    agent.process().kill();
    watcher.wait("/availability", |seen| seen.payload == b"offline");
    let (status, said, _) = run(
        &mut submit(tail(&camera.serial), &[]),
        &both(&key, PASSWORD),
    );
    assert_eq!(status, Some(3), "{said}");
    assert!(said.contains("offline"), "{said}");
    assert_eq!(sent(&mut watcher), 2);
}

/// How many keys were published.
fn sent(watcher: &mut resetbox_tests::broker::Watcher) -> usize {
    let keys = |seen: &&resetbox_tests::broker::Seen| seen.topic.ends_with("/cmd/submit-key");
    watcher.seen().iter().filter(keys).count()
}

#[test]
fn a_person_at_a_terminal_sees_the_list_and_hands_a_key_over() {
    let site = Site::new();
    let plant = PlantIn::start(&site.plant, with_web(1));
    let folder = tempfile::tempdir().expect("a folder");
    certificates(folder.path());
    let broker = Broker::start(&site.owner, folder.path(), &listener(folder.path()));
    let mut watcher = broker.watch();
    let agent = BoxIn::start(&site.agent, folder.path(), &settings(folder.path()));
    agent.wait_devices(1, Duration::from_secs(30));
    let camera = plant.camera(0).expect("there");
    let case = agent.open_case(&plant.mac(0));
    watcher.wait_json(&format!("/cases/{case}/state"), |state| {
        state["phase"] == "awaiting"
    });
    let one = list(&site, folder.path())["boxes"][0].clone();
    let id = one["id"].as_str().expect("an id").to_owned();

    // The list: on a screen of its own, and the terminal comes back as it was.
    let mut screen = OnTerminal::start(&mut fleet(&site, folder.path(), &[]), 100, 20);
    screen.wait("\x1b[?1049h", SOON);
    screen.wait("1 box, 1 case", SOON);
    screen.wait(&case, SOON);
    assert!(screen.is_taken());
    screen.type_in("q");
    let (status, rest) = screen.end(SOON);
    assert!(status.success());
    assert!(rest.contains("\x1b[?25h\x1b[?1049l"), "{rest:?}");
    assert!(screen.is_as_it_was());

    // Cancelled at the first question: nothing is sent, the terminal comes back.
    let submit = || {
        OnTerminal::start(
            &mut fleet(&site, folder.path(), &["submit-key", &id, &case]),
            80,
            24,
        )
    };
    let mut desk = submit();
    desk.wait("Reset key: ", SOON);
    desk.type_in("A1\x03");
    let (status, said) = desk.end(SOON);
    assert_eq!(status.code(), Some(5), "{said}");
    assert!(desk.is_as_it_was());

    let key = plant.key(&agent.device_code(&case));
    let mut desk = submit();
    desk.wait(&camera.serial, SOON);
    desk.wait("Reset key: ", SOON);
    desk.type_in("A1!\r");
    desk.wait("letters and digits", SOON);
    desk.wait("Reset key: ", SOON);
    // While Tab shows it the key can be read; afterwards stars stand there.
    desk.type_in("\t");
    desk.type_in(&key);
    desk.wait(&key, SOON);
    desk.type_in("\r");
    desk.wait("Reset key: ********", SOON);
    desk.wait("New password: ", SOON);
    desk.type_in(&format!("{PASSWORD}\r"));
    desk.wait("The same again: ", SOON);
    desk.type_in("Another-7-One\r");
    desk.wait("not the same", SOON);
    desk.wait("New password: ", SOON);
    desk.type_in(&format!("{PASSWORD}\r"));
    desk.wait("The same again: ", SOON);
    desk.type_in(&format!("{PASSWORD}\r"));
    desk.wait("last six", SOON);
    desk.type_in("999999\r");
    desk.wait("not this device", SOON);
    desk.wait("last six", SOON);
    assert_eq!(
        sent(&mut watcher),
        0,
        "nothing is sent before it is confirmed"
    );
    desk.type_in(&format!("{}\r", tail(&camera.serial)));
    desk.wait("Reset Password Succeeded", SOON);
    let (status, said) = desk.end(SOON);
    assert!(status.success(), "{said}");
    assert!(desk.is_as_it_was());
    assert!(!said.contains(PASSWORD));
    // A way from the plant's own host to the camera's web page.
    site.plant
        .ip(&format!("addr add {}/32 dev lo", camera.address));
    assert_eq!(plant.login(0, PASSWORD), Login::Accepted);
    assert_eq!(plant.camera(0).expect("there").counters.resets, 1);
    wait_for("the one message", SOON, || {
        (sent(&mut watcher) == 1).then_some(())
    });
}

#[test]
fn the_desk_looks_gives_up_insists_and_has_a_recorder_pass_a_proposed_password_on() {
    let site = Site::new();
    let config = PlantConfig {
        profiles: vec![Profile::Nvr],
        ..with_web(1)
    };
    let plant = PlantIn::start(&site.plant, config);
    let folder = tempfile::tempdir().expect("a folder");
    certificates(folder.path());
    let broker = Broker::start(&site.owner, folder.path(), &listener(folder.path()));
    let mut watcher = broker.watch();
    // As on a plant without the Internet: the box never learns the time, and the desk gets its way all the same.
    let clock = "trust = \"never\"\nask_devices = false";
    let config = settings(folder.path());
    let agent = BoxIn::start_with_clock(&site.agent, folder.path(), clock, &config);
    agent.wait_devices(1, Duration::from_secs(30));
    let id = watcher.id_of_box();
    watcher.wait_json("/devices", |devices| devices["count"] == 1);
    let act = |words: &[&str]| {
        let (status, said, _) = run(&mut fleet(&site, folder.path(), words), "");
        assert_eq!(status, Some(0), "{words:?}: {said}");
        said
    };
    let open = || {
        let said = act(&["open-case", &id, &plant.mac(0)]);
        let (_, rest) = said.rsplit_once("case ").expect("a case");
        rest.split('.').next().unwrap_or_default().to_owned()
    };
    let wait = |watcher: &mut resetbox_tests::broker::Watcher, case: &str, phase: &str| {
        watcher.wait_json(&format!("/cases/{case}/state"), |state| {
            state["phase"] == phase
        });
    };

    let asked = plant.camera(0).expect("there").counters.inquiries;
    act(&["scan", &id]);
    wait_for("the question that the desk wanted", SOON, || {
        (plant.camera(0).expect("there").counters.inquiries > asked).then_some(())
    });

    // A case that is given up is gone from the broker and from the list.
    let given_up = open();
    wait(&mut watcher, &given_up, "awaiting");
    act(&["cancel-case", &id, &given_up]);
    watcher.wait(&format!("/cases/{given_up}/state"), |seen| {
        seen.payload.is_empty()
    });
    let shown = list(&site, folder.path());
    assert_eq!(shown["boxes"][0]["cases"], Value::Array(vec![]), "{shown}");

    let case = open();
    wait(&mut watcher, &case, "awaiting");
    let serial = plant.camera(0).expect("there").serial;
    let submit = |key: &str, more: &[&str]| {
        let fixed = [
            "submit-key",
            &id,
            &case,
            "--stdin",
            "--generate",
            "--confirm",
        ];
        let words = [&fixed[..], &[tail(&serial)], more].concat();
        let (status, said, _) = run(
            &mut fleet(&site, folder.path(), &words),
            &format!("{key}\n"),
        );
        (status, said)
    };
    // Two wrong keys; the third attempt wants to be insisted on, and is not sent without.
    for _ in 0..2 {
        let (status, said) = submit(WRONG_KEY, &[]);
        assert_eq!(status, Some(1), "{said}");
        assert!(said.contains("refused the key"), "{said}");
    }
    let key = plant.key(&agent.device_code(&case));
    let (status, said) = submit(&key, &["--sync-cameras"]);
    assert_eq!(status, Some(1), "{said}");
    assert!(said.contains("insist"), "{said}");
    assert_eq!(plant.camera(0).expect("there").counters.resets, 2);

    let (status, said) = submit(&key, &["--sync-cameras", "--insist"]);
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains("Reset Password Succeeded"), "{said}");
    let recorder = plant.camera(0).expect("there");
    assert_eq!(recorder.counters.resets, 3);
    assert!(recorder.cameras_synced, "its cameras have the new password");
    // The proposed password was shown once, and it is the one.
    let (_, rest) = said.split_once("New password: ").expect("shown");
    let proposed = rest.lines().next().unwrap_or_default().trim();
    assert_eq!(said.matches(proposed).count(), 1, "{said}");
    site.plant
        .ip(&format!("addr add {}/32 dev lo", recorder.address));
    assert_eq!(plant.login(0, proposed), Login::Accepted);
}
