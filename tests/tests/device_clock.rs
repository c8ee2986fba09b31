//! A box that has no clock learns the time from the devices around it, and believes a phone rather.

use std::time::Duration;

use resetbox_plant::{PlantConfig, WebMode, WireMode};
use resetbox_tests::agent::BoxIn;
use resetbox_tests::netns::{Host, Switch};
use resetbox_tests::plant::PlantIn;
use resetbox_tests::process::wait_for;
use serde_json::json;

/// 2031-03-04T05:06:07Z by the cameras: nobody's clock but theirs.
const CAMERAS_S: i64 = 1_930_367_167;
const CAMERAS: u64 = 4;

#[test]
fn the_time_comes_from_the_devices_until_a_phone_knows_better() {
    let (switch, plant_host) = (Switch::new(), Host::new("plant"));
    let (asking, silent) = (Host::new("asking"), Host::new("silent"));
    for (host, own) in [(&asking, 1), (&silent, 2)] {
        switch.plug(host, "eth0");
        host.ip(&format!("addr add 192.168.99.{own}/24 dev eth0"));
    }
    switch.plug(&plant_host, "eth0");
    let config = PlantConfig {
        cameras: CAMERAS as usize,
        subnets: vec!["192.168.99.0/24".parse().expect("a subnet")],
        wire: WireMode::Addressed {
            interface: "eth0".into(),
        },
        web: WebMode::OwnAddresses { port: 80 },
        epoch_s: Some(CAMERAS_S),
        ..PlantConfig::default()
    };
    for (address, _) in config.addresses().expect("room for four") {
        plant_host.ip(&format!("addr add {address}/24 dev eth0"));
    }
    let _plant = PlantIn::start(&plant_host, config);

    let folders = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
    // The one that may not ask is there first and waits longer.
    let silent = BoxIn::start_with_clock(
        &silent,
        folders[0].path(),
        "trust = \"never\"\nask_devices = false",
        "",
    );
    silent.wait_devices(CAMERAS, Duration::from_secs(30));
    let asking = BoxIn::start_with_clock(&asking, folders[1].path(), "trust = \"never\"", "");
    asking.wait_devices(CAMERAS, Duration::from_secs(30));

    let time = wait_for("the time", Duration::from_secs(60), || {
        asking.state()["time"].as_str().map(str::to_owned)
    });
    assert!(time.starts_with("2031-03-04T05:"), "{time}");
    let state = silent.state();
    assert_eq!(state["devices_total"], CAMERAS);
    assert!(
        state["time"].is_null(),
        "it was told to ask nobody: {}",
        state["time"]
    );

    // 2027-01-15T08:00:00Z
    let body = json!({ "unix_ms": 1_800_000_000_000_i64 });
    for agent in [&asking, &silent] {
        let answer = agent
            .client()
            .post("/api/v1/time", &body)
            .expect("answered");
        assert!(answer.status < 300, "{}", answer.status);
        let time = agent.state()["time"].to_string();
        assert!(time.contains("2027-01-15T08:"), "{time}");
    }
    // Another phone is no better than the first.
    let body = json!({ "unix_ms": 1_900_000_000_000_i64 });
    let _ = asking.client().post("/api/v1/time", &body);
    let time = asking.state()["time"].to_string();
    assert!(time.contains("2027-01-15T08:"), "{time}");
}

#[test]
fn a_device_of_another_subnet_is_never_asked_by_the_router() {
    const ROUTER: &str = "192.168.99.254";
    let (switch, host, plant_host) = (Switch::new(), Host::new("box"), Host::new("plant"));
    switch.plug(&host, "eth0");
    host.ip("addr add 192.168.99.1/24 dev eth0");
    host.ip(&format!("route add default via {ROUTER}"));
    switch.plug(&plant_host, "eth0");
    let config = PlantConfig {
        cameras: 2,
        subnets: vec!["10.20.0.0/16".parse().expect("a subnet")],
        wire: WireMode::Raw {
            interface: "eth0".into(),
        },
        web: WebMode::OwnAddresses { port: 80 },
        ..PlantConfig::default()
    };
    let _plant = PlantIn::start(&plant_host, config);
    let folder = tempfile::tempdir().expect("a folder");
    let agent = BoxIn::start_with_clock(&host, folder.path(), "trust = \"never\"", "");
    agent.wait_devices(2, Duration::from_secs(30));
    // Whom the kernel looked for on the wire.
    let neighbours = wait_for("a call", Duration::from_secs(30), || {
        let text = host.ip("neigh show dev eth0");
        (text.contains("10.20.") || text.contains(ROUTER)).then_some(text)
    });
    assert!(neighbours.contains("10.20."), "{neighbours}");
    assert!(!neighbours.contains(ROUTER), "{neighbours}");
}
