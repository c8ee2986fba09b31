//! Commands over MQTT that must not be carried out: old ones, late ones, repeated ones, malformed ones, keys on a line
//! that can be read. And one confirmation from each of two channels is still one reset.

use std::time::Duration;

use resetbox_plant::{Options, PlantConfig};
use resetbox_tests::agent::BoxIn;
use resetbox_tests::broker::{ADDRESS, Broker, NAME, PLAIN, certificates, mqtt, publish, tls};
use resetbox_tests::plant::PlantIn;
use resetbox_tests::site::{Site, cameras, kind};
use serde_json::json;

const PASSWORD: &str = "Mrkr+7-Bolts";

#[test]
fn what_is_old_late_or_malformed_is_refused_in_words_and_without_its_values() {
    let site = Site::new();
    let plant = PlantIn::start(&site.plant, cameras(1));
    let folder = tempfile::tempdir().expect("a folder");
    let broker = Broker::start(&site.owner, folder.path(), PLAIN);
    let mut watcher = broker.watch();
    let config = mqtt(&format!("mqtt://{ADDRESS}"), "version = 5");
    let mut agent = BoxIn::start(&site.agent, folder.path(), &config);
    agent.wait_devices(1, Duration::from_secs(30));
    let id = watcher.id_of_box();
    watcher.wait_json("/devices", |devices| devices["count"] == 1);
    let topic = |verb: &str| format!("resetbox/v1/{id}/cmd/{verb}");
    let open = |id: &str| json!({ "id": id, "mac": plant.mac(0) });
    let exports = || plant.camera(0).expect("there").counters.exports;

    // Published as retained while the box listens, and found lying there by the next run.
    broker.publish(&topic("open-case"), &open("retained").to_string(), &["-r"]);
    let result = watcher.result("retained");
    assert_eq!(
        (kind(&result["problem"]), &result["ok"]),
        ("retained-command", &json!(false))
    );
    agent.pull_the_plug();
    let mut watcher = broker.watch();
    watcher.wait("/availability", |seen| seen.payload == b"offline");
    agent.power_on();
    let result = watcher.result("retained");
    assert_eq!(kind(&result["problem"]), "retained-command", "{result}");
    assert_eq!(exports(), 0, "a retained command does nothing");
    broker.publish(&topic("open-case"), "", &["-r"]);

    let mut late = open("late");
    late["expires"] = json!("2026-01-01T00:00:00Z");
    broker.publish(&topic("open-case"), &late.to_string(), &[]);
    assert_eq!(kind(&watcher.result("late")["problem"]), "command-expired");

    // Each with a marker where a value is wrong: no answer repeats it.
    for (verb, body, expected) in [
        ("Mrkr-fly", json!({ "id": "verb" }), "unknown-verb"),
        (
            "open-case",
            json!({ "id": "field", "mac": plant.mac(0), "Mrkr": 1 }),
            "bad-json",
        ),
        (
            "open-case",
            json!({ "id": "mac", "mac": "Mrkr" }),
            "bad-json",
        ),
        (
            "lamp",
            json!({ "id": "kind", "mac": plant.mac(0), "on": "Mrkr" }),
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
        assert_eq!(kind(&result["problem"]), expected, "{result}");
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
            (kind(&answer["problem"]), &answer["id"]),
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
    assert_eq!(kind(&result["problem"]), "channel-not-safe", "{result}");
    assert_eq!(result["problem"]["culprit"], "operator");
    let log = agent.pull_the_plug();
    assert!(!log.contains("Mrkr"), "{log}");
    for entry in std::fs::read_dir(folder.path()).expect("a folder") {
        let path = entry.expect("readable").path();
        // The box's own key and certificate are drawn by lot: any four letters may stand in them.
        if path.ends_with("resetbox.tls.pem") {
            continue;
        }
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
    let site = Site::new();
    // Slow enough that both come while the first is under way.
    let slow = PlantConfig {
        options: Options {
            delay_ms: (200, 300),
            ..Options::default()
        },
        ..cameras(1)
    };
    let plant = PlantIn::start(&site.plant, slow);
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
    let id = watcher.id_of_box();
    watcher.wait("/availability", |seen| seen.payload == b"online");
    let case = agent.open_case(&plant.mac(0));
    let key = plant.key(&agent.device_code(&case));
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

#[test]
fn a_command_whose_time_at_the_broker_ran_out_while_the_box_was_busy_is_not_carried_out() {
    let site = Site::new();
    let plant = PlantIn::start(&site.plant, cameras(1));
    let folder = tempfile::tempdir().expect("a folder");
    let broker = Broker::start(&site.owner, folder.path(), PLAIN);
    let mut watcher = broker.watch();
    let config = mqtt(&format!("mqtt://{ADDRESS}"), "version = 5");
    let agent = BoxIn::start(&site.agent, folder.path(), &config);
    agent.wait_devices(1, Duration::from_secs(30));
    let id = watcher.id_of_box();
    watcher.wait("/availability", |seen| seen.payload == b"online");
    let send = |verb: &str, id_of_command: &str, seconds: &str| {
        let body = json!({ "id": id_of_command, "mac": plant.mac(0) });
        let topic = format!("resetbox/v1/{id}/cmd/{verb}");
        let expiry = [
            "-V",
            "mqttv5",
            "-D",
            "publish",
            "message-expiry-interval",
            seconds,
        ];
        broker.publish(&topic, &body.to_string(), &expiry);
    };

    // A card that takes no writing: the box remembers a command before it does what it says.
    let path = folder.path().join("mqtt.db");
    let card = rusqlite::Connection::open(&path).expect("the box's own file");
    card.busy_timeout(Duration::from_secs(10)).expect("set");
    card.execute_batch("BEGIN IMMEDIATE").expect("locked");
    send("open-case", "late", "1");
    send("open-case", "later", "1");
    send("open-case", "in-time", "60");
    // Longer than the first two may wait, much shorter than the 5 s that the box waits for its card.
    std::thread::sleep(Duration::from_millis(1_500));
    card.execute_batch("ROLLBACK").expect("free again");

    for late in ["late", "later"] {
        assert_eq!(kind(&watcher.result(late)["problem"]), "command-expired");
    }
    assert_eq!(watcher.result("in-time")["ok"], true);
    let asked = plant.camera(0).expect("there").counters.exports;
    assert_eq!(asked, 1, "only the last one was carried out");
}
