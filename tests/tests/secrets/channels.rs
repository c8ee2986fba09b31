//! A whole session over each channel, with every mistake on the way, and what the box says meanwhile.

use std::net::TcpStream;
use std::time::Duration;

use resetbox_tests::agent::BoxIn;
use resetbox_tests::broker::Broker;
use resetbox_tests::netns::Host;
use resetbox_tests::plant::PlantIn;
use resetbox_tests::tls;
use serde_json::json;

use super::{
    MALFORMED_KEY, OTHER_PASSWORD, PASSWORD, Said, Secrets, WEAK_PASSWORD, WRONG_KEY, holds,
};

/// A reset by the phone page, with every mistake on the way.
pub(super) fn reset_by_http(
    agent: &BoxIn<'_>,
    plant: &PlantIn<'_>,
    index: usize,
    secrets: &mut Secrets,
    said: &mut Said,
) -> String {
    let camera = plant.camera(index).expect("there");
    let (id, key) = case_and_key(agent, plant, index, secrets, |id| agent.device_code(id));
    let mut send = |key: &str, password: &str, status: u16| {
        let answer = agent
            .send_key(&id, key, password, &camera.serial)
            .expect("answered");
        let words = String::from_utf8_lossy(&answer.body).into_owned();
        assert_eq!(answer.status, status, "{words}");
        said.push((format!("the answer {status}"), answer.body));
    };
    // Forms that are refused; a wrong key; the right one.
    send(MALFORMED_KEY, PASSWORD, 422);
    send(&key, WEAK_PASSWORD, 422);
    send(WRONG_KEY, OTHER_PASSWORD, 422);
    send(&key, PASSWORD, 200);
    // Bodies in which a secret stands where none belongs.
    for body in [
        json!([PASSWORD]),
        json!({ "key": [WRONG_KEY], "new_password": PASSWORD }),
        json!({ "key": WRONG_KEY, "new_password": PASSWORD, "sync_cameras": PASSWORD }),
    ] {
        let path = format!("/api/v1/cases/{id}/key");
        let answer = agent.client().post(&path, &body).expect("answered");
        assert!(answer.status >= 400);
        said.push((path, answer.body));
    }
    id
}

/// The same by HTTPS, in a session of its own.
pub(super) fn reset_by_https(
    agent: &BoxIn<'_>,
    client: &tls::Client<'_>,
    plant: &PlantIn<'_>,
    index: usize,
    secrets: &mut Secrets,
    said: &mut Said,
) -> String {
    let camera = plant.camera(index).expect("there");
    let (id, key) = case_and_key(agent, plant, index, secrets, |id| {
        let file = client.send("GET", &format!("/api/v1/cases/{id}/DeviceKey.xml"), None);
        file.expect(200).body
    });
    for (key, password, status) in [
        (MALFORMED_KEY, PASSWORD, 422),
        (key.as_str(), WEAK_PASSWORD, 422),
        (WRONG_KEY, OTHER_PASSWORD, 422),
        (key.as_str(), PASSWORD, 200),
    ] {
        let body = json!({ "key": key, "new_password": password, "confirm": camera.serial });
        let path = format!("/api/v1/cases/{id}/key");
        let answer = client.send("POST", &path, Some(&body)).expect(status);
        said.push((format!("the answer {status} by HTTPS"), answer.body));
    }
    id
}

/// The same over MQTT; everything that the box published by then is what was said.
pub(super) fn reset_by_mqtt(
    agent: &BoxIn<'_>,
    broker: &Broker<'_>,
    plant: &PlantIn<'_>,
    index: usize,
    secrets: &mut Secrets,
    said: &mut Said,
) -> String {
    let mut watcher = broker.watch();
    let info = watcher.wait_json("/info", |info| info["contract"] == 1);
    let (id, key) = case_and_key(agent, plant, index, secrets, |id| agent.device_code(id));
    let serial = plant.camera(index).expect("there").serial;
    let topic = format!(
        "resetbox/v1/{}/cmd/submit-key",
        info["id"].as_str().expect("an id")
    );
    for (number, key, password, ok) in [
        (1, MALFORMED_KEY, PASSWORD, false),
        (2, key.as_str(), WEAK_PASSWORD, false),
        (3, WRONG_KEY, OTHER_PASSWORD, false),
        (4, key.as_str(), PASSWORD, true),
    ] {
        let command = format!("secret-{number}");
        let body = json!({ "id": command, "case": id, "key": key, "new_password": password, "serial": serial });
        broker.publish(&topic, &body.to_string(), &[]);
        let result = watcher.result(&command);
        assert_eq!(result["ok"], ok, "{result}");
    }
    let misplaced = json!({ "id": "secret-5", "case": id, "key": [WRONG_KEY], "new_password": PASSWORD, PASSWORD: 1 });
    broker.publish(&topic, &misplaced.to_string(), &[]);
    watcher.result("secret-5");
    for seen in watcher.seen() {
        // The owner's own words.
        if !seen.topic.ends_with("/cmd/submit-key") {
            said.push((seen.topic.clone(), seen.payload.clone()));
        }
    }
    id
}

/// Secrets in places of a request where nobody but a mistaken script puts them.
pub(super) fn misplaced(host: &Host, id: &str, said: &mut Said) {
    for request in [
        format!("GET /?pin={PASSWORD} HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n"),
        format!("GET /api/v1/devices?limit={WRONG_KEY} HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n"),
        format!("GET /api/v1/cases/{id}/key?key={WRONG_KEY} HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n"),
        format!("GET /cases/{PASSWORD} HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n"),
        format!("GET /{PASSWORD} HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n"),
        format!(
            "GET / HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nReferer: http://x/?key={WRONG_KEY}\r\nUser-Agent: {PASSWORD}\r\n"
        ),
        format!(
            "GET / HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nCookie: resetbox_session={PASSWORD}\r\nLast-Event-ID: {WRONG_KEY}\r\n"
        ),
        format!(
            "POST /api/v1/session HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nAuthorization: {PASSWORD}\r\nContent-Type: {WRONG_KEY}\r\n"
        ),
        format!("BREW{WRONG_KEY} / HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n"),
    ] {
        let answer = raw(host, &format!("{request}Connection: close\r\n\r\n"));
        assert!(answer.starts_with(b"HTTP/1.1 "), "{request}");
        said.push((format!("the answer to {}", &request[..10]), answer));
    }
}

/// Everything that can be read, with a session.
pub(super) fn read_all(agent: &BoxIn<'_>, host: &Host, ids: &[String], said: &mut Said) {
    let mut paths: Vec<String> = [
        "/",
        "/panel",
        "/diagnosis",
        "/log",
        "/metrics",
        "/healthz",
        "/readyz",
        "/api/openapi.json",
        "/api/v1/state",
        "/api/v1/cases",
        "/api/v1/devices",
        "/api/v1/devices.csv",
        "/api/v1/diagnosis",
        "/api/v1/audit",
        "/api/v1/audit.csv",
        "/api/v1/session",
        "/api/v1/nothing-here",
        "/api/v1/panel/frame.png",
    ]
    .map(str::to_owned)
    .into();
    for id in ids {
        paths.push(format!("/cases/{id}"));
        paths.push(format!("/api/v1/cases/{id}"));
        for file in ["qr.png", "qr.svg", "DeviceKey.xml"] {
            paths.push(format!("/api/v1/cases/{id}/{file}"));
        }
    }
    for path in paths {
        let answer = agent.client().get(&path).expect("answered");
        said.push((path, answer.body));
    }
    // From the oldest line on: the id is of no run of this box.
    let follow =
        "GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nLast-Event-ID: none-1\r\n\r\n";
    let events = raw(host, follow);
    assert!(
        holds(&events, b"event: succeeded"),
        "the stream goes back to the start"
    );
    said.push(("the event stream".into(), events));
}

/// A whole answer; of one that never ends, what comes until nothing came for longer than a busy box pauses.
fn raw(host: &Host, request: &str) -> Vec<u8> {
    host.enter(|| {
        let mut stream = TcpStream::connect("127.0.0.1:8080").expect("the page is up");
        stream
            .set_read_timeout(Some(Duration::from_secs(5)))
            .expect("set");
        tls::ask(&mut stream, request, Duration::from_secs(20))
    })
}

/// Opens a case and has the vendor issue the key for its device code.
fn case_and_key(
    agent: &BoxIn<'_>,
    plant: &PlantIn<'_>,
    index: usize,
    secrets: &mut Secrets,
    code: impl FnOnce(&str) -> Vec<u8>,
) -> (String, String) {
    let id = agent.open_case(&plant.mac(index));
    let key = plant.key(&code(&id));
    secrets.add(&format!("the key of camera {index}"), &key);
    (id, key)
}
