//! Commands over MQTT that must not be carried out: old ones, late ones, repeated ones, malformed ones, keys on a line
//! that can be read. And one confirmation from each of two channels is still one reset.

use std::time::Duration;

use resetbox_plant::{Issued, Options, PlantConfig, Profile, WebMode, WireMode};
use resetbox_tests::agent::BoxIn;
use resetbox_tests::broker::{
    ADDRESS, Broker, NAME, PLAIN, Watcher, certificates, mqtt, publish, tls,
};
use resetbox_tests::netns::{Host, Switch};
use resetbox_tests::plant::PlantIn;
use serde_json::json;

const PASSWORD: &str = "Mrkr+7-Bolts";

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
    agent.etc("hosts", &format!("127.0.0.1 localhost\n{ADDRESS} {NAME}\n"));
    Site {
        _switch: switch,
        agent,
        plant,
        owner,
    }
}

fn cameras(delay_ms: (u64, u64)) -> PlantConfig {
    PlantConfig {
        cameras: 1,
        profiles: vec![Profile::Ipc2018],
        wire: WireMode::Raw {
            interface: "eth0".into(),
        },
        web: WebMode::Off,
        options: Options {
            delay_ms,
            ..Options::default()
        },
        ..PlantConfig::default()
    }
}

fn mac(plant: &PlantIn<'_>) -> String {
    let camera = plant.camera(0).expect("there");
    camera.mac.to_lowercase().replace(':', "-")
}

fn id_of_box(watcher: &mut Watcher) -> String {
    let info = watcher.wait_json("/info", |info| info["contract"] == 1);
    info["id"].as_str().expect("an id").to_owned()
}

/// The last word of a problem's type.
fn kind(result: &serde_json::Value) -> &str {
    let kind = result["problem"]["type"].as_str().unwrap_or_default();
    kind.rsplit(':').next().unwrap_or_default()
}

#[test]
fn what_is_old_late_or_malformed_is_refused_in_words_and_without_its_values() {
    let site = site();
    let plant = PlantIn::start(&site.plant, cameras((5, 60)));
    let folder = tempfile::tempdir().expect("a folder");
    let broker = Broker::start(&site.owner, folder.path(), PLAIN);
    let mut watcher = broker.watch();
    let config = mqtt(&format!("mqtt://{ADDRESS}"), "version = 5");
    let mut agent = BoxIn::start(&site.agent, folder.path(), &config);
    agent.wait_devices(1, Duration::from_secs(30));
    let id = id_of_box(&mut watcher);
    watcher.wait_json("/devices", |devices| devices["count"] == 1);
    let topic = |verb: &str| format!("resetbox/v1/{id}/cmd/{verb}");
    let open = |id: &str| json!({ "id": id, "mac": mac(&plant) });
    let exports = || plant.camera(0).expect("there").counters.exports;

    // Published as retained while the box listens, and found lying there by the next run.
    broker.publish(&topic("open-case"), &open("retained").to_string(), &["-r"]);
    let result = watcher.result("retained");
    assert_eq!(
        (kind(&result), &result["ok"]),
        ("retained-command", &json!(false))
    );
    agent.pull_the_plug();
    let mut watcher = broker.watch();
    watcher.wait("/availability", |seen| seen.payload == b"offline");
    agent.power_on();
    let result = watcher.result("retained");
    assert_eq!(kind(&result), "retained-command", "{result}");
    assert_eq!(exports(), 0, "a retained command does nothing");
    broker.publish(&topic("open-case"), "", &["-r"]);

    let mut late = open("late");
    late["expires"] = json!("2026-01-01T00:00:00Z");
    broker.publish(&topic("open-case"), &late.to_string(), &[]);
    assert_eq!(kind(&watcher.result("late")), "command-expired");

    // Each with a marker where a value is wrong: no answer repeats it.
    for (verb, body, expected) in [
        ("Mrkr-fly", json!({ "id": "verb" }), "unknown-verb"),
        (
            "open-case",
            json!({ "id": "field", "mac": mac(&plant), "Mrkr": 1 }),
            "bad-json",
        ),
        (
            "open-case",
            json!({ "id": "mac", "mac": "Mrkr" }),
            "bad-json",
        ),
        (
            "lamp",
            json!({ "id": "kind", "mac": mac(&plant), "on": "Mrkr" }),
            "bad-json",
        ),
        (
            "cancel-case",
            json!({ "id": "case", "case": "Mrkr" }),
            "unknown-case",
        ),
    ] {
        broker.publish(&topic(verb), &body.to_string(), &[]);
        let id = body["id"].as_str().expect("an id");
        let result = watcher.result(id);
        assert_eq!(kind(&result), expected, "{result}");
        assert!(
            !result["problem"]["hint"]
                .as_str()
                .unwrap_or_default()
                .is_empty()
        );
        assert!(!result.to_string().contains("Mrkr"), "{result}");
    }
    let long = format!("{{\"id\":\"long\",\"Mrkr\":\"{}\"}}", "x".repeat(5000));
    for (body, expected) in [
        ("Mrkr", "bad-json"),
        ("{\"id\":\"Mrkr Mrkr\"}", "bad-json"),
        (long.as_str(), "command-too-long"),
    ] {
        let before = watcher.seen().len();
        broker.publish(&topic("scan"), body, &[]);
        let answer = loop {
            let seen = &watcher.seen()[before..];
            if let Some(answer) = seen.iter().find(|seen| seen.topic.ends_with("/cmd/result")) {
                break answer.json();
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        assert_eq!(
            (kind(&answer), &answer["id"]),
            (expected, &json!(null)),
            "{answer}"
        );
        assert!(!answer.to_string().contains("Mrkr"), "{answer}");
    }
    assert_eq!(exports(), 0);

    // The same id twice, also after a power cut: done once, answered the same.
    broker.publish(&topic("open-case"), &open("once").to_string(), &[]);
    let first = watcher.result("once");
    assert_eq!(first["ok"], true, "{first}");
    broker.publish(&topic("open-case"), &open("once").to_string(), &[]);
    let again = watcher.wait_json("/cmd/result", |result| {
        result["id"] == "once" && result["repeated"] == true
    });
    assert_eq!(again["case"], first["case"]);
    let case = first["case"].as_str().expect("a case").to_owned();
    agent.wait_phase(&case, &["awaiting"]);
    let cancel = json!({ "id": "cancel", "case": case }).to_string();
    broker.publish(&topic("cancel-case"), &cancel, &[]);
    assert_eq!(watcher.result("cancel")["ok"], true);
    agent.pull_the_plug();
    agent.power_on();
    let mut watcher = broker.watch();
    watcher.wait("/availability", |seen| seen.payload == b"online");
    broker.publish(&topic("open-case"), &open("once").to_string(), &[]);
    let again = watcher.result("once");
    assert_eq!(
        (&again["repeated"], &again["case"]),
        (&json!(true), &first["case"]),
        "{again}"
    );
    assert_eq!(exports(), 1, "the device was asked once");

    // A key on a line that can be read: refused, and nothing of it is anywhere.
    let key = json!({ "id": "key", "case": case, "key": "Mrkr0001", "new_password": PASSWORD });
    broker.publish(&topic("submit-key"), &key.to_string(), &[]);
    let result = watcher.result("key");
    assert_eq!(kind(&result), "channel-not-safe", "{result}");
    assert_eq!(result["problem"]["culprit"], "operator");
    let log = agent.pull_the_plug();
    assert!(!log.contains("Mrkr"), "{log}");
    for entry in std::fs::read_dir(folder.path()).expect("a folder") {
        let path = entry.expect("readable").path();
        let bytes = std::fs::read(&path).expect("a file");
        assert!(
            !bytes.windows(4).any(|part| part == b"Mrkr"),
            "{}",
            path.display()
        );
    }
}

#[test]
fn a_confirmation_on_each_of_two_channels_is_one_reset() {
    let site = site();
    // Slow enough that both come while the first is under way.
    let plant = PlantIn::start(&site.plant, cameras((200, 300)));
    let folder = tempfile::tempdir().expect("a folder");
    certificates(folder.path());
    let lines = format!("{}allow_anonymous true\n", tls(folder.path(), "good"));
    let broker = Broker::start(&site.owner, folder.path(), &lines);
    let mut watcher = broker.watch();
    let ca = format!("ca_file = {:?}", folder.path().join("ca.pem"));
    let agent = BoxIn::start(
        &site.agent,
        folder.path(),
        &mqtt(&format!("mqtts://{NAME}"), &ca),
    );
    agent.wait_devices(1, Duration::from_secs(30));
    let id = id_of_box(&mut watcher);
    watcher.wait("/availability", |seen| seen.payload == b"online");
    let case = agent.open_case(&mac(&plant));
    let code = String::from_utf8(agent.device_code(&case)).expect("text");
    let Ok(Issued::Key(key)) = plant.vendor_issue(&code) else {
        panic!("a typed key was expected");
    };
    let serial = plant.camera(0).expect("there").serial;
    let body = json!({ "id": "mqtt", "case": case, "key": key, "new_password": PASSWORD, "serial": serial });
    let topic = format!("resetbox/v1/{id}/cmd/submit-key");
    let speaker = broker.speaker();
    let by_phone = std::thread::scope(|scope| {
        scope.spawn(|| publish(speaker, &topic, &body.to_string(), &[]));
        agent
            .send_key(&case, &key, PASSWORD, &serial)
            .expect("answered")
    });
    let by_mqtt = watcher.result("mqtt");
    agent.wait_phase(&case, &["done"]);
    let succeeded = usize::from(by_phone.status == 200) + usize::from(by_mqtt["ok"] == true);
    assert_eq!(succeeded, 1, "phone {}, MQTT {by_mqtt}", by_phone.status);
    assert_eq!(plant.camera(0).expect("there").counters.resets, 1);
}
