//! The whole job over MQTT, with a real Mosquitto between: TLS with the owner's authority, both versions; every line of
//! docs/mqtt.md that a person would type; and nothing secret on any topic.

use std::process::Command;
use std::time::Duration;

use resetbox_tests::agent::BoxIn;
use resetbox_tests::broker::{Broker, NAME, certificates, mqtt, tls};
use resetbox_tests::plant::PlantIn;
use resetbox_tests::site::{Site, cameras, hyphens};
use serde_json::{Value, json};

const PASSWORD: &str = "Ladder+7-Bolts";
/// The box of the document's lines.
const BOX: &str = "rb-1a2b3c";

/// A listener with TLS, a user for the owner and one for the box.
fn listener(folder: &std::path::Path) -> String {
    let passwords = folder.join("passwords");
    for (user, password) in [("owner", "Broker-Owner-1"), (BOX, "Broker-Box-1")] {
        let create: &[&str] = if user == "owner" { &["-c"] } else { &[] };
        let made = Command::new("mosquitto_passwd")
            .args(create)
            .arg("-b")
            .arg(&passwords)
            .args([user, password])
            .status();
        assert!(made.expect("apt-get install mosquitto").success());
        std::fs::write(
            folder.join(format!("{user}.password")),
            format!("{password}\n"),
        )
        .expect("written");
    }
    let acl = folder.join("acl");
    let text = include_str!("../../docs/mqtt.md");
    let (_, rest) = text.split_once("```acl\n").expect("the example of an ACL");
    let (lines, _) = rest.split_once("```").expect("its end");
    std::fs::write(&acl, lines).expect("written");
    format!(
        "{}password_file {}\nacl_file {}\n",
        tls(folder, "good"),
        passwords.display(),
        acl.display()
    )
}

#[test]
fn from_open_case_to_the_new_password_over_tls_with_either_version() {
    for version in ["4", "\"5\""] {
        let site = Site::new();
        let plant = PlantIn::start(&site.plant, cameras(2));
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        certificates(folder.path());
        let broker = Broker::start(&site.owner, folder.path(), &tls_with_client(folder.path()));
        let mut watcher = broker.watch();
        let config = mqtt(
            &format!("mqtts://{NAME}:8883"),
            &format!(
                "version = {version}\npublish_qr = true\nca_file = {:?}\nclient_cert_file = {:?}\nclient_key_file = {:?}\n",
                path("ca.pem"),
                path("client.pem"),
                path("client.key"),
            ),
        );
        let mut agent = BoxIn::start(
            &site.agent,
            folder.path(),
            &format!("{config}[log]\nlevel = \"trace\"\n"),
        );
        agent.wait_devices(2, Duration::from_secs(30));
        let id = watcher.id_of_box();
        let info = watcher.wait_json("/info", |info| info["broker"]["tls"] == true);
        assert_eq!(info["broker"]["takes_keys"], true, "{info}");
        watcher.wait("/availability", |seen| seen.payload == b"online");
        watcher.wait_json("/devices", |devices| devices["count"] == 2);

        let camera = plant.camera(0).expect("there");
        let command = |verb: &str| format!("resetbox/v1/{id}/cmd/{verb}");
        let open = json!({ "id": "open", "mac": hyphens(&camera.mac) }).to_string();
        broker.publish(&command("open-case"), &open, &[]);
        let opened = watcher.result("open");
        assert_eq!(opened["outcome"], "case-open", "{opened}");
        let case = opened["case"].as_str().expect("a case").to_owned();
        let topic = format!("/cases/{case}/state");
        let state = watcher.wait_json(&topic, |state| state["phase"] == "awaiting");
        assert_eq!(state["serial"], camera.serial.as_str());
        let code = watcher.wait(&format!("/cases/{case}/qr"), |seen| {
            !seen.payload.is_empty()
        });
        assert_eq!(code.payload, agent.device_code(&case), "byte for byte");

        // A wrong key first, told as the device told it; then the right one, which waits for its confirmation.
        let key = plant.key(&code.payload);
        let submit = |id: &str, key: &str, more: Value| {
            let mut body = json!({ "id": id, "case": case, "key": key, "new_password": PASSWORD });
            let more = more.as_object().expect("fields").clone();
            body.as_object_mut().expect("fields").extend(more);
            body.to_string()
        };
        let topic_key = command("submit-key");
        broker.publish(
            &topic_key,
            &submit("wrong", "Mrkr0Wr9", json!({ "serial": camera.serial })),
            &[],
        );
        let wrong = watcher.result("wrong");
        assert_eq!(
            wrong["problem"]["type"], "urn:resetbox:problem:key-wrong",
            "{wrong}"
        );
        assert_eq!(wrong["problem"]["code"], 2039, "{wrong}");
        broker.publish(&topic_key, &submit("key", &key, json!({})), &[]);
        let waits = watcher.result("key");
        assert_eq!(waits["outcome"], "awaiting-confirm", "{waits}");
        watcher.wait_json(&topic, |state| {
            state["phase"] == "ready" && state["submission"] == waits["submission"]
        });
        let confirm = json!({ "id": "confirm", "case": case, "submission": waits["submission"], "serial": camera.serial }).to_string();
        broker.publish(&command("confirm"), &confirm, &[]);
        let done = watcher.result("confirm");
        assert_eq!(done["outcome"], "succeeded", "{done}");
        assert_eq!(plant.camera(0).expect("there").counters.passwords_set, 1);

        // The last word, then nothing: both topics of the case are cleared.
        watcher.wait_json(&topic, |state| state["phase"] == "done");
        watcher.wait(&topic, |seen| seen.payload.is_empty());
        watcher.wait(&format!("/cases/{case}/qr"), |seen| seen.payload.is_empty());
        let event = watcher.wait_json("/events", |event| event["type"] == "succeeded");
        assert_eq!(event["serial"], camera.serial.as_str(), "{event}");

        // What the box said holds neither key nor password; what the owner said holds both, so the search would find them.
        let mut found = 0;
        for seen in watcher.seen() {
            let text = String::from_utf8_lossy(&seen.payload);
            for secret in [key.as_str(), PASSWORD, "Mrkr0Wr9"] {
                if text.contains(secret) {
                    assert!(
                        seen.topic.ends_with("/cmd/submit-key"),
                        "{} holds a secret",
                        seen.topic
                    );
                    found += 1;
                }
            }
        }
        assert_eq!(found, 4, "two keys and two passwords, each sent once");
        let log = agent.pull_the_plug();
        assert!(
            log.contains("a command over MQTT"),
            "the log is searched at its noisiest"
        );
        for secret in [key.as_str(), PASSWORD, "Mrkr0Wr9"] {
            assert!(!log.contains(secret), "the log holds a secret");
            for entry in std::fs::read_dir(folder.path()).expect("a folder") {
                let path = entry.expect("readable").path();
                let bytes = std::fs::read(&path).expect("a file");
                let holds = bytes
                    .windows(secret.len())
                    .any(|part| part == secret.as_bytes());
                assert!(!holds, "{} holds a secret", path.display());
            }
        }
    }
}

/// The listener with TLS, for those whose certificate the authority signed.
fn tls_with_client(folder: &std::path::Path) -> String {
    format!(
        "{}require_certificate true\nallow_anonymous true\n",
        tls(folder, "good")
    )
}

/// The lines of docs/mqtt.md between `<!-- test: NAME -->` and the end of the next block.
fn lines(name: &str) -> String {
    let text = include_str!("../../docs/mqtt.md");
    let mark = format!("<!-- test: {name} -->\n```sh\n");
    let (_, rest) = text
        .split_once(&mark)
        .unwrap_or_else(|| panic!("docs/mqtt.md has no {mark}"));
    rest.split_once("```").expect("the block ends").0.to_owned()
}

#[test]
fn every_line_of_the_document_does_what_it_says() {
    let site = Site::new();
    let plant = PlantIn::start(&site.plant, cameras(1));
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    certificates(folder.path());
    let broker = Broker::start(&site.owner, folder.path(), &listener(folder.path()));
    let mut watcher = broker.watch();
    site.agent
        .etc("machine-id", "000000000000000000000000001a2b3c\n");
    let config = mqtt(
        &format!("mqtts://{NAME}:8883"),
        &format!(
            "user = \"{BOX}\"\npassword_file = {:?}\nca_file = {:?}\n",
            path(&format!("{BOX}.password")),
            path("ca.pem")
        ),
    );
    // The document's rules go by the user's name, which is the box id.
    let agent = BoxIn::start(&site.agent, folder.path(), &config);
    agent.wait_devices(1, Duration::from_secs(30));
    let id = watcher.id_of_box();
    watcher.wait_json("/devices", |devices| devices["count"] == 1);
    let camera = plant.camera(0).expect("there");

    let mut variables = vec![
        ("BOX", id.clone()),
        ("MAC", hyphens(&camera.mac)),
        ("SERIAL", camera.serial.clone()),
        ("NEW_PASSWORD", PASSWORD.to_owned()),
    ];
    let owner = lines("owner");
    let run = |name: &str, variables: &[(&str, String)]| {
        let script = format!("set -eu\n{owner}\n{}", lines(name));
        let mut command = site.owner.command("sh");
        command.arg("-c").arg(&script).current_dir(folder.path());
        for (name, value) in variables {
            command.env(name, value);
        }
        let ran = command.output().expect("sh");
        let said = String::from_utf8_lossy(&ran.stdout).into_owned();
        assert!(
            ran.status.success(),
            "{name}:\n{script}\n{said}{}",
            String::from_utf8_lossy(&ran.stderr)
        );
        said
    };
    assert!(run("look", &variables).contains("availability online"));
    let listed = run("devices", &variables);
    assert!(listed.contains(&camera.serial), "{listed}");
    run("scan", &variables);
    assert_eq!(watcher.result("scan-1")["ok"], true);
    run("identify", &variables);
    assert_eq!(watcher.result("identify-1")["ok"], true);
    run("lamp", &variables);
    watcher.result("lamp-1");
    run("open-case", &variables);
    let opened = watcher.result("open-1");
    let case = opened["case"].as_str().expect("a case").to_owned();
    agent.wait_phase(&case, &["awaiting"]);
    variables.push(("CASE", case.clone()));
    let key = plant.key(&agent.device_code(&case));
    variables.push(("KEY", key));
    run("submit-key", &variables);
    assert_eq!(watcher.result("key-1")["outcome"], "awaiting-confirm");
    run("withdraw", &variables);
    assert_eq!(watcher.result("withdraw-1")["ok"], true);
    run("submit-key-again", &variables);
    let waits = watcher.result("key-2");
    assert_eq!(waits["outcome"], "awaiting-confirm", "{waits}");
    let submission = waits["submission"].as_str().expect("a submission");
    variables.push(("SUBMISSION", submission.to_owned()));
    run("confirm", &variables);
    let done = watcher.result("confirm-1");
    assert_eq!(done["outcome"], "succeeded", "{done}");
    assert_eq!(plant.camera(0).expect("there").counters.passwords_set, 1);
    run("open-case-again", &variables);
    let opened = watcher.result("open-2");
    variables.push(("CASE2", opened["case"].as_str().expect("a case").to_owned()));
    run("cancel-case", &variables);
    assert_eq!(watcher.result("cancel-1")["ok"], true);
}
