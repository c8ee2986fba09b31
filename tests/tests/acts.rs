//! What the box can do beside and after a reset, on real sockets: the first password of a device that has none,
//! and the one check whether a new password logs in.

use std::net::Ipv4Addr;
use std::time::Duration;

use resetbox_plant::{Login, PlantConfig, Profile, WebMode, WireMode};
use resetbox_tests::agent::BoxIn;
use resetbox_tests::http::Answer;
use resetbox_tests::netns::{Host, Switch};
use resetbox_tests::plant::PlantIn;
use resetbox_tests::process::wait_for;
use resetbox_tests::site::{hyphens, kind};
use serde_json::{Value, json};

const PASSWORD: &str = "Kopi-Susu-27";
const OTHER: &str = "Teh-Manis-58";
const PATIENCE: Duration = Duration::from_secs(60);

/// One camera of this kind in `subnet`, with the kernel's own network stack behind its web page.
fn one_camera<'a>(host: &'a Host, profile: Profile, subnet: &str) -> PlantIn<'a> {
    let config = PlantConfig {
        cameras: 1,
        profiles: vec![profile],
        subnets: vec![subnet.parse().expect("a subnet")],
        wire: WireMode::Addressed {
            interface: "eth0".into(),
        },
        web: WebMode::OwnAddresses { port: 80 },
        ..PlantConfig::default()
    };
    for (address, _) in config.addresses().expect("room for one") {
        host.ip(&format!("addr add {address}/24 dev eth0"));
    }
    host.ip("route add 239.0.0.0/8 dev eth0");
    PlantIn::start(host, config)
}

/// Opens the case of a camera without a password.
fn open_first(agent: &BoxIn<'_>, mac: &str) -> String {
    agent.wait_devices(1, PATIENCE);
    wait_for("what it needs", PATIENCE, || {
        let device = agent.client().json(&format!("/api/v1/devices/{mac}"));
        (device["way"] == "activate").then_some(())
    });
    let body = json!({ "mac": mac });
    let answer = agent.client().post("/api/v1/cases", &body);
    let answer = answer.expect("answered").expect(201).json();
    answer["id"].as_str().expect("an id").to_owned()
}

fn set_first(agent: &BoxIn<'_>, id: &str, password: &str, serial: &str) -> Answer {
    let body = json!({ "new_password": password, "confirm": serial });
    let path = format!("/api/v1/cases/{id}/password");
    agent.client().post(&path, &body).expect("answered")
}

fn check_login(agent: &BoxIn<'_>, id: &str, password: &str) -> Answer {
    let path = format!("/api/v1/cases/{id}/login-check");
    let body = json!({ "password": password });
    agent.client().post(&path, &body).expect("answered")
}

#[test]
fn a_camera_without_a_password_gets_one_and_it_logs_in() {
    let (switch, host, plant_host) = (Switch::new(), Host::new("box"), Host::new("plant"));
    switch.plug(&host, "eth0");
    switch.plug(&plant_host, "eth0");
    host.ip("addr add 192.168.99.1/24 dev eth0");
    let plant = one_camera(&plant_host, Profile::Inactive, "192.168.99.0/24");
    let camera = plant.camera(0).expect("there");
    assert_eq!(plant.login(0, PASSWORD), Login::NotActivated);
    let folder = tempfile::tempdir().expect("a folder");
    let agent = BoxIn::start(&host, folder.path(), "");
    let id = open_first(&agent, &hyphens(&camera.mac));
    let case = agent.case(&id);
    assert_eq!(
        (&case["kind"], &case["phase"], &case["has_code"]),
        (&json!("first-password"), &json!("awaiting"), &json!(false))
    );

    // What a reset takes is no use here, and a weak password does not leave the box.
    let answer = agent.send_key(&id, "A1b2C3d4", PASSWORD, &camera.serial);
    let problem = answer.expect("answered").expect(409).json();
    assert_eq!(kind(&problem), "needs-activation");
    let problem = set_first(&agent, &id, "weak", &camera.serial).expect(422);
    assert_eq!(kind(&problem.json()), "password-form");
    let counters = || plant.camera(0).expect("there").counters;
    assert_eq!((counters().activations, counters().exports), (0, 0));

    let done = set_first(&agent, &id, PASSWORD, &camera.serial).expect(200);
    assert_eq!(done.json()["outcome"], "succeeded");
    assert_eq!((counters().activations, counters().passwords_set), (1, 1));
    assert_eq!(plant.login(0, PASSWORD), Login::Accepted);
    assert_eq!(plant.login(0, OTHER), Login::Refused);
    let case = agent.case(&id);
    assert_eq!(
        (&case["phase"], &case["login"]),
        (&json!("done"), &json!("untried"))
    );

    // The box can see for itself, once.
    let before = counters().logins;
    let answer = check_login(&agent, &id, PASSWORD).expect(200).json();
    assert_eq!(answer["outcome"], "login-worked");
    assert_eq!(agent.case(&id)["login"], "worked");
    let problem = check_login(&agent, &id, PASSWORD).expect(409).json();
    assert_eq!(kind(&problem), "login-used");
    assert_eq!(counters().logins, before + 1);

    // Nothing of the password in what the box keeps and tells.
    let audit = agent.client().json("/api/v1/audit").to_string();
    for what in [
        "password-entered",
        "succeeded",
        "login-tried",
        "login-worked",
    ] {
        assert!(audit.contains(what), "{what} in {audit}");
    }
    assert!(!audit.contains(PASSWORD), "{audit}");
    for file in std::fs::read_dir(folder.path()).expect("the box's folder") {
        let path = file.expect("an entry").path();
        let bytes = std::fs::read(&path).expect("readable");
        let holds = bytes
            .windows(PASSWORD.len())
            .any(|text| text == PASSWORD.as_bytes());
        assert!(!holds, "the password in {}", path.display());
    }
}

#[test]
fn a_wrong_password_is_tried_once_and_never_again_also_after_a_power_cut() {
    let (switch, host, plant_host) = (Switch::new(), Host::new("box"), Host::new("plant"));
    switch.plug(&host, "eth0");
    switch.plug(&plant_host, "eth0");
    host.ip("addr add 192.168.99.1/24 dev eth0");
    let plant = one_camera(&plant_host, Profile::Ipc2018, "192.168.99.0/24");
    let camera = plant.camera(0).expect("there");
    let folder = tempfile::tempdir().expect("a folder");
    let mut agent = BoxIn::start(&host, folder.path(), "");
    agent.wait_devices(1, PATIENCE);
    let id = agent.open_case(&hyphens(&camera.mac));
    let problem = check_login(&agent, &id, PASSWORD).expect(409).json();
    assert_eq!(kind(&problem), "wrong-state");

    let key = plant.key(&agent.device_code(&id));
    let sent = agent.send_key(&id, &key, PASSWORD, &camera.serial);
    sent.expect("answered").expect(200);
    let logins = || plant.camera(0).expect("there").counters.logins;
    assert_eq!(logins(), 0);

    let problem = check_login(&agent, &id, OTHER).expect(422).json();
    assert_eq!(kind(&problem), "login-refused");
    assert_eq!(logins(), 1);
    let again = |agent: &BoxIn<'_>| {
        let problem = check_login(agent, &id, PASSWORD).expect(409).json();
        assert_eq!(kind(&problem), "login-used");
        assert_eq!(agent.case(&id)["login"], "refused");
    };
    again(&agent);
    agent.pull_the_plug();
    agent.power_on();
    agent.wait_devices(1, PATIENCE);
    again(&agent);
    assert_eq!(logins(), 1, "the camera saw one try");
    // It was the wrong one; the right one is in the camera.
    assert_eq!(plant.login(0, PASSWORD), Login::Accepted);
}

#[test]
fn a_camera_of_another_subnet_is_asked_from_a_temporary_address_only() {
    let (switch, host, plant_host) = (Switch::new(), Host::new("box"), Host::new("plant"));
    switch.plug(&host, "eth0");
    switch.plug(&plant_host, "eth0");
    host.ip("addr add 10.77.0.10/24 dev eth0");
    // A router that would take it out of the local network.
    host.ip("route add default via 10.77.0.254");
    let plant = one_camera(&plant_host, Profile::Inactive, "192.168.1.0/24");
    let camera = plant.camera(0).expect("there");
    let folder = tempfile::tempdir().expect("a folder");
    let agent = BoxIn::start(&host, folder.path(), "");
    let id = open_first(&agent, &hyphens(&camera.mac));
    set_first(&agent, &id, PASSWORD, &camera.serial).expect(200);
    let logins = || plant.camera(0).expect("there").counters.logins;

    let problem = check_login(&agent, &id, PASSWORD).expect(502).json();
    assert_eq!(kind(&problem), "login-not-sent");
    assert_eq!(problem["faults"], json!(["other-subnet"]));
    let hint = problem["hint"].to_string();
    assert!(hint.contains("temporary_address = true"), "{hint}");
    let neighbours = host.ip("neigh show dev eth0");
    assert!(!neighbours.contains("10.77.0.254"), "{neighbours}");
    assert_eq!(
        (logins(), agent.case(&id)["login"].clone()),
        (0, json!("untried"))
    );
    drop(agent);

    let agent = BoxIn::start(&host, folder.path(), "[net]\ntemporary_address = true");
    agent.wait_devices(1, PATIENCE);
    let own: Ipv4Addr = wait_for("a temporary address", PATIENCE, || {
        let links = agent.state()["links"].clone();
        let addresses = links[0]["addresses"].as_array()?.clone();
        let text = addresses.iter().filter_map(Value::as_str);
        let near = |text: &&str| text.starts_with("192.168.1.");
        text.clone().find(near)?.split('/').next()?.parse().ok()
    });
    assert_ne!(own, camera.address);
    let answer = check_login(&agent, &id, PASSWORD).expect(200).json();
    assert_eq!(answer["outcome"], "login-worked");
    assert_eq!(logins(), 1);
}
