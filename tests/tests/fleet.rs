//! The desk: a real box with simulated cameras, the owner's Mosquitto with TLS, and `resetbox fleet` on the owner's machine,
//! in a pipe and on a terminal.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use resetbox_plant::{Issued, Login, PlantConfig, Profile, WebMode, WireMode};
use resetbox_tests::agent::BoxIn;
use resetbox_tests::broker::{ADDRESS, Broker, NAME, certificates, mqtt, tls};
use resetbox_tests::netns::{Host, Switch};
use resetbox_tests::plant::PlantIn;
use resetbox_tests::process::{resetbox, wait_for};
use resetbox_tests::pty::OnTerminal;
use serde_json::Value;

const PASSWORD: &str = "Ladder+7-Bolts";
const WRONG_KEY: &str = "Mrkr0Wr9";
const SOON: Duration = Duration::from_secs(60);

/// A box, a plant and the owner's machine, which is the broker's too, on one switch.
struct Site {
    _switch: Switch,
    agent: Host,
    plant: Host,
    owner: Host,
}

fn site() -> Site {
    let switch = Switch::new();
    let (agent, plant, owner) = (Host::new("box"), Host::new("plant"), Host::new("owner"));
    for host in [&agent, &plant, &owner] {
        switch.plug(host, "eth0");
    }
    agent.ip("addr add 192.168.99.1/24 dev eth0");
    owner.ip(&format!("addr add {ADDRESS}/24 dev eth0"));
    for host in [&agent, &owner] {
        host.etc("hosts", &format!("127.0.0.1 localhost\n{ADDRESS} {NAME}\n"));
    }
    Site {
        _switch: switch,
        agent,
        plant,
        owner,
    }
}

fn cameras(count: usize) -> PlantConfig {
    PlantConfig {
        cameras: count,
        profiles: vec![Profile::Ipc2018],
        wire: WireMode::Raw {
            interface: "eth0".into(),
        },
        web: WebMode::OwnAddresses { port: 80 },
        ..PlantConfig::default()
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

fn key(plant: &PlantIn<'_>, device_code: &[u8]) -> String {
    let text = String::from_utf8(device_code.to_vec()).expect("a device code is text");
    match plant.vendor_issue(&text) {
        Ok(Issued::Key(key)) => key,
        _ => panic!("a typed key was expected"),
    }
}

fn tail(serial: &str) -> &str {
    &serial[serial.len() - 6..]
}

fn mac(camera: &resetbox_plant::CameraState) -> String {
    camera.mac.to_lowercase().replace(':', "-")
}

#[test]
fn a_script_at_the_desk_does_a_whole_reset_and_a_wrong_key_is_told_once_and_sent_once() {
    let site = site();
    let plant = PlantIn::start(&site.plant, cameras(2));
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
        &mut fleet(&site, folder.path(), &["open-case", &id, &mac(&camera)]),
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
    let key = key(&plant, &agent.device_code(&case));
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
    assert_eq!(sent(&mut watcher), 2);
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
    let site = site();
    let plant = PlantIn::start(&site.plant, cameras(1));
    let folder = tempfile::tempdir().expect("a folder");
    certificates(folder.path());
    let broker = Broker::start(&site.owner, folder.path(), &listener(folder.path()));
    let mut watcher = broker.watch();
    let agent = BoxIn::start(&site.agent, folder.path(), &settings(folder.path()));
    agent.wait_devices(1, Duration::from_secs(30));
    let camera = plant.camera(0).expect("there");
    let case = agent.open_case(&mac(&camera));
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

    let key = key(&plant, &agent.device_code(&case));
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
