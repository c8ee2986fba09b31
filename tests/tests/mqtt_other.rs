//! The contract hangs on no maker of brokers: the plain of it against nats-server, whose MQTT has nothing in common with
//! Mosquitto's but the standard.

use std::time::Duration;

use resetbox_plant::{PlantConfig, Profile, WebMode, WireMode};
use resetbox_tests::agent::BoxIn;
use resetbox_tests::broker::{ADDRESS, Watcher, mqtt, publish, watch};
use resetbox_tests::netns::{Host, Switch};
use resetbox_tests::plant::PlantIn;
use resetbox_tests::process::{Running, wait_for};
use serde_json::json;

/// Somebody who reads everything at the broker, and `mosquitto_pub` for it.
fn reader(owner: &Host) -> Watcher {
    let mut command = owner.command("mosquitto_sub");
    command.args(["-h", "127.0.0.1", "-i", "watcher"]);
    watch(command)
}

fn say(owner: &Host, topic: &str, payload: &str) {
    let mut command = owner.command("mosquitto_pub");
    command.args(["-h", "127.0.0.1"]);
    publish(command, topic, payload, &[]);
}

#[test]
fn the_plain_contract_holds_with_nats_server_too() {
    let switch = Switch::new();
    let (agent_host, plant_host, owner) =
        (Host::new("box"), Host::new("plant"), Host::new("owner"));
    for host in [&agent_host, &plant_host, &owner] {
        switch.plug(host, "eth0");
    }
    agent_host.ip("addr add 192.168.99.1/24 dev eth0");
    owner.ip(&format!("addr add {ADDRESS}/24 dev eth0"));
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("nats.conf");
    let text = format!(
        "server_name: broker\nlisten: \"127.0.0.1:4222\"\njetstream {{ store_dir: {:?} }}\nmqtt {{ listen: \"0.0.0.0:1883\" }}\n",
        folder.path().join("jetstream")
    );
    std::fs::write(&config, text).expect("the folder is writable");
    let mut command = owner.command("nats-server");
    command.arg("-c").arg(&config);
    let _broker = Running::start(&mut command);
    wait_for("the broker", Duration::from_secs(20), || {
        owner.enter(|| {
            std::net::TcpStream::connect("127.0.0.1:1883")
                .ok()
                .map(|_| ())
        })
    });

    let plant = PlantIn::start(
        &plant_host,
        PlantConfig {
            cameras: 2,
            profiles: vec![Profile::Ipc2018],
            wire: WireMode::Raw {
                interface: "eth0".into(),
            },
            web: WebMode::Off,
            ..PlantConfig::default()
        },
    );
    let mut agent = BoxIn::start(
        &agent_host,
        folder.path(),
        &mqtt(&format!("mqtt://{ADDRESS}"), ""),
    );
    agent.wait_devices(2, Duration::from_secs(30));
    let mut watcher = reader(&owner);
    let info = watcher.wait_json("/info", |info| info["contract"] == 1);
    let id = info["id"].as_str().expect("an id").to_owned();
    watcher.wait("/availability", |seen| seen.payload == b"online");
    watcher.wait_json("/devices", |devices| devices["count"] == 2);
    let mac = plant
        .camera(0)
        .expect("there")
        .mac
        .to_lowercase()
        .replace(':', "-");
    let topic = |verb: &str| format!("resetbox/v1/{id}/cmd/{verb}");
    say(
        &owner,
        &topic("open-case"),
        &json!({ "id": "open", "mac": mac }).to_string(),
    );
    let opened = watcher.result("open");
    let case = opened["case"].as_str().expect("a case").to_owned();
    let state = format!("/cases/{case}/state");
    watcher.wait_json(&state, |state| state["phase"] == "awaiting");
    watcher.wait_json("/events", |event| event["type"] == "case-opened");
    say(
        &owner,
        &topic("cancel-case"),
        &json!({ "id": "cancel", "case": case }).to_string(),
    );
    assert_eq!(watcher.result("cancel")["ok"], true);
    watcher.wait(&state, |seen| seen.payload.is_empty());
    // Who comes later finds what is retained, and nothing of the case that is closed.
    drop(watcher);
    let mut later = reader(&owner);
    later.wait_json("/state", |state| state["open_cases"] == 0);
    later.wait("/availability", |seen| seen.payload == b"online");
    assert_eq!(later.last(&state).unwrap_or_default(), b"");
    agent.pull_the_plug();
    later.wait("/availability", |seen| seen.payload == b"offline");
}
