//! The doors of the real box: HTTPS beside HTTP, its certificate over power cuts, sessions that end with power.

use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use resetbox_tests::agent::BoxIn;
use resetbox_tests::netns::{Host, Switch};
use resetbox_tests::process::wait_for;
use resetbox_tests::tls;
use serde_json::json;

const CERTIFICATE: &str = "resetbox.tls.pem";
const ADDRESS: &str = "192.168.99.1";
const DOOR: &str = "192.168.99.1:443";

fn plugged(switch: &Switch) -> Host {
    let host = Host::new("box");
    switch.plug(&host, "eth0");
    host.ip("addr add 192.168.99.1/24 dev eth0");
    host
}

/// What the box says about HTTPS, once it serves it.
fn secured(agent: &BoxIn<'_>) -> (Vec<String>, String) {
    wait_for("HTTPS", Duration::from_secs(20), || {
        let https = &agent.state()["https"];
        let addresses = https["addresses"].as_array()?;
        let addresses: Vec<String> = addresses
            .iter()
            .filter_map(|address| Some(address.as_str()?.to_owned()))
            .collect();
        let fingerprint = https["sha256"].as_str()?.to_owned();
        (!addresses.is_empty()).then_some((addresses, fingerprint))
    })
}

#[test]
fn the_certificate_is_the_box_s_own_and_outlives_power_cuts() {
    let switch = Switch::new();
    let host = plugged(&switch);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join(CERTIFICATE);
    let mut agent = BoxIn::start(&host, folder.path(), "");
    let (addresses, told) = secured(&agent);
    assert_eq!(addresses, ["https://192.168.99.1"]);
    assert_eq!(
        told,
        tls::fingerprint(&file),
        "what it tells is what it shows"
    );
    let mode = std::fs::metadata(&file).expect("kept").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let ready = agent.client().json("/readyz");
    assert_eq!(ready["https"], true);

    // A whole session there; every request is verified against the file, for the box's address.
    let pin = std::fs::read_to_string(folder.path().join("pin")).expect("a PIN");
    let mut client = tls::Client::new(&host, DOOR, &file, ADDRESS);
    assert_eq!(client.send("POST", "/api/v1/scan", None).status, 401);
    let set = client.enter(&pin);
    for part in [
        "__Host-resetbox_session=",
        "HttpOnly",
        "SameSite=Strict",
        "Path=/",
        "Secure",
    ] {
        assert!(set.contains(part), "{set}");
    }
    assert_eq!(client.send("POST", "/api/v1/scan", None).status, 200);
    let by_id = agent.state()["box"]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    for name in [by_id.clone(), format!("{by_id}.local")] {
        let client = tls::Client::new(&host, DOOR, &file, &name);
        assert_eq!(client.send("GET", "/healthz", None).status, 200, "{name}");
    }

    // The plug is pulled: the certificate stays, the sessions end.
    agent.pull_the_plug();
    agent.power_on();
    assert_eq!(secured(&agent).1, told);
    assert_eq!(client.send("POST", "/api/v1/scan", None).status, 401);
    client.send("GET", "/healthz", None).expect(200);

    // The card is damaged: another certificate, with a word in the log.
    agent.pull_the_plug();
    std::fs::write(&file, "-----BEGIN PRIVATE KEY-----\nAAAA").expect("written");
    agent.power_on();
    let (_, other) = secured(&agent);
    assert_ne!(other, told);
    assert_eq!(other, tls::fingerprint(&file));
    let log = agent.pull_the_plug();
    assert!(log.contains("damaged") && log.contains("old.pem"), "{log}");
    assert!(log.contains(&other), "the log has the fingerprint");
}

#[test]
fn a_session_ends_with_power() {
    let switch = Switch::new();
    let host = plugged(&switch);
    let folder = tempfile::tempdir().expect("a folder");
    let mut agent = BoxIn::start(&host, folder.path(), "");
    let pin = std::fs::read_to_string(folder.path().join("pin")).expect("a PIN");
    let body = json!({ "pin": pin.trim() });
    let opened = agent.client().post("/api/v1/session", &body);
    let set = opened.expect("answered").set_cookie.expect("a cookie");
    let mut other = resetbox_tests::http::Client::new(&host, "http://127.0.0.1:8080");
    other.use_cookie(&set);
    let scan = |client: &resetbox_tests::http::Client<'_>| {
        let answer = client.post("/api/v1/scan", &json!({}));
        answer.expect("answered").status
    };
    assert_eq!(scan(&other), 200);
    agent.pull_the_plug();
    agent.power_on();
    assert_eq!(scan(agent.client()), 200, "a new session acts");
    assert_eq!(scan(&other), 401, "the old one is gone");
}

#[test]
fn a_port_that_another_program_has_is_told_and_the_plain_page_goes_on() {
    let switch = Switch::new();
    let host = plugged(&switch);
    let _held = host.enter(|| std::net::TcpListener::bind("0.0.0.0:443").expect("free"));
    let folder = tempfile::tempdir().expect("a folder");
    let mut agent = BoxIn::start(&host, folder.path(), "");
    let text = wait_for("an alert", Duration::from_secs(20), || {
        let state = agent.state();
        let alerts = state["alerts"].as_array()?.clone();
        let alert = alerts.into_iter().find(|alert| alert["kind"] == "https")?;
        alert["text"].as_str().map(str::to_owned)
    });
    assert!(
        text.contains("443") && text.contains("listen_tls"),
        "{text}"
    );
    assert_eq!(agent.client().json("/readyz")["https"], false);
    assert!(agent.state()["https"].is_null());
    let log = agent.pull_the_plug();
    assert!(log.contains("listen_tls"), "{log}");
}
