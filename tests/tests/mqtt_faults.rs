//! What a broker and a network do to a box: gone, back, full of old things, with a wrong certificate, stuck. The box goes
//! on, says what is wrong, and the broker's picture is right again afterwards.

use std::time::Duration;

use resetbox_tests::agent::BoxIn;
use resetbox_tests::broker::{ADDRESS, Broker, NAME, PLAIN, certificates, mqtt, tls};
use resetbox_tests::netns::Host;
use resetbox_tests::plant::PlantIn;
use resetbox_tests::process::wait_for;
use resetbox_tests::site::{Site, cameras};
use serde_json::{Value, json};

fn plain() -> String {
    mqtt(&format!("mqtt://{ADDRESS}"), "")
}

/// What the diagnosis says about the broker.
fn trouble(agent: &BoxIn<'_>) -> Option<String> {
    let diagnosis = agent.client().json("/api/v1/diagnosis");
    let findings = diagnosis["findings"].as_array()?.clone();
    let about = findings.into_iter().find(|one| one["kind"] == "broker")?;
    Some(about["detail"].as_str()?.to_owned())
}

fn wait_trouble(agent: &BoxIn<'_>, words: &str) {
    wait_for(words, Duration::from_secs(60), || {
        trouble(agent)?.contains(words).then_some(())
    });
}

#[test]
fn the_last_will_speaks_for_a_dead_box_and_a_stopped_one_speaks_for_itself() {
    for version in ["4", "5"] {
        let site = Site::new();
        let folder = tempfile::tempdir().expect("a folder");
        let mut broker = Broker::start(&site.owner, folder.path(), PLAIN);
        let config = mqtt(
            &format!("mqtt://{ADDRESS}"),
            &format!("version = {version}"),
        );
        let mut agent = BoxIn::start(&site.agent, folder.path(), &config);
        let mut watcher = broker.watch();
        let said = |word: &'static str| {
            move |seen: &resetbox_tests::broker::Seen| seen.payload == word.as_bytes()
        };
        watcher.wait("/availability", said("online"));
        agent.pull_the_plug();
        watcher.wait("/availability", said("offline"));
        agent.power_on();
        let mut watcher = broker.watch();
        watcher.wait("/availability", said("online"));
        agent.stop();
        watcher.wait("/availability", said("offline"));
        // Whoever is served now comes after the box's last word.
        broker.publish("nothing", "", &[]);
        let log = broker.kill();
        let goodbyes = log.matches("Received DISCONNECT from rb-").count();
        assert_eq!(goodbyes, 1, "one box died, one said good-bye:\n{log}");
    }
}

#[test]
fn a_broker_that_lost_everything_is_told_everything_again() {
    let site = Site::new();
    let plant = PlantIn::start(&site.plant, cameras(2));
    let folder = tempfile::tempdir().expect("a folder");
    let mut broker = Broker::start(&site.owner, folder.path(), PLAIN);
    let config = mqtt(
        &format!("mqtt://{ADDRESS}"),
        "publish_qr = true\nhome_assistant = true\n",
    );
    let agent = BoxIn::start(&site.agent, folder.path(), &config);
    agent.wait_devices(2, Duration::from_secs(30));
    let case = agent.open_case(
        &plant
            .camera(0)
            .expect("there")
            .mac
            .to_lowercase()
            .replace(':', "-"),
    );
    let gone = agent.open_case(
        &plant
            .camera(1)
            .expect("there")
            .mac
            .to_lowercase()
            .replace(':', "-"),
    );
    broker.watch().wait(&format!("/cases/{gone}/qr"), |seen| {
        !seen.payload.is_empty()
    });
    broker.kill();
    wait_trouble(&agent, "is the broker running");
    // Closed while nobody could be told.
    cancel(&agent, &gone);
    broker.power_on();
    let mut watcher = broker.watch();
    for topic in ["/availability", "/info", "/state", "/devices"] {
        watcher.wait(topic, |seen| !seen.payload.is_empty());
    }
    watcher.wait(&format!("/cases/{case}/qr"), |seen| {
        seen.payload == agent.device_code(&case)
    });
    watcher.wait_json(&format!("/cases/{case}/state"), |state| {
        state["phase"] == "awaiting"
    });
    let id = watcher.wait_json("/info", |info| info["contract"] == 1)["id"].clone();
    let entity = format!(
        "homeassistant/sensor/{}/phase/config",
        id.as_str().expect("an id")
    );
    watcher.wait(&entity, |seen| !seen.payload.is_empty());
    // A topic of a case that closed meanwhile is not said again.
    assert_eq!(
        watcher
            .last(&format!("/cases/{gone}/qr"))
            .unwrap_or_default(),
        b""
    );
}

fn cancel(agent: &BoxIn<'_>, case: &str) {
    let path = format!("/api/v1/cases/{case}");
    let answer = agent.client().delete(&path).expect("answered");
    assert!(answer.status < 300);
}

/// Whatever a run before left on the broker is cleared by the next one: cases that closed meanwhile, codes and
/// entities that were switched off.
#[test]
fn what_an_earlier_run_left_behind_is_cleared() {
    let site = Site::new();
    let folder = tempfile::tempdir().expect("a folder");
    let broker = Broker::start(&site.owner, folder.path(), PLAIN);
    let more = "publish_qr = true\nhome_assistant = true\n";
    let mut agent = BoxIn::start(
        &site.agent,
        folder.path(),
        &mqtt(&format!("mqtt://{ADDRESS}"), more),
    );
    let mut watcher = broker.watch();
    let info = watcher.wait_json("/info", |info| info["contract"] == 1);
    let id = info["id"].as_str().expect("an id").to_owned();
    watcher.wait(&format!("sensor/{id}/phase/config"), |seen| {
        !seen.payload.is_empty()
    });
    agent.stop();
    let stale = format!("resetbox/v1/{id}/cases/k7m2p9xq");
    let other = "resetbox/v1/rb-ffffff/cases/k7m2p9xq/state";
    for topic in [
        format!("{stale}/state"),
        format!("{stale}/qr"),
        other.to_owned(),
    ] {
        broker.publish(&topic, "{}", &["-r"]);
    }
    drop(agent);
    let agent = BoxIn::start(&site.agent, folder.path(), &plain());
    for topic in ["/cases/k7m2p9xq/qr", &format!("sensor/{id}/phase/config")] {
        watcher.wait(topic, |seen| seen.payload.is_empty());
    }
    watcher.wait(&format!("{id}/cases/k7m2p9xq/state"), |seen| {
        seen.payload.is_empty()
    });
    assert_eq!(
        watcher.last(other).as_deref(),
        Some(&b"{}"[..]),
        "another box's is its own"
    );
    drop(agent);
}

#[test]
fn certificates_are_judged_in_words_and_the_box_goes_on() {
    let site = Site::new();
    let folder = tempfile::tempdir().expect("a folder");
    certificates(folder.path());
    let path = |name: &str| folder.path().join(name);
    let with = |ca: &str, more: &str| {
        mqtt(
            &format!("mqtts://{NAME}"),
            &format!("ca_file = {:?}\n{more}", path(ca)),
        )
    };
    for (shown, ca, words) in [
        (
            "good",
            "wrong-ca.pem",
            "not signed by an authority in ca_file",
        ),
        ("expired", "ca.pem", "has expired"),
        ("other", "ca.pem", "other.example"),
        ("good", "missing.pem", "missing.pem"),
    ] {
        let broker = Broker::start(
            &site.owner,
            folder.path(),
            &format!("{}allow_anonymous true\n", tls(folder.path(), shown)),
        );
        let agent = BoxIn::start(&site.agent, folder.path(), &with(ca, ""));
        wait_trouble(&agent, words);
        assert_eq!(
            agent.state()["alerts"],
            json!([]),
            "no alarm: the box does its work without a broker"
        );
        drop((agent, broker));
    }
    // The broker wants a certificate that the box does not show.
    let lines = format!(
        "{}require_certificate true\nallow_anonymous true\n",
        tls(folder.path(), "good")
    );
    let broker = Broker::start(&site.owner, folder.path(), &lines);
    let agent = BoxIn::start(&site.agent, folder.path(), &with("ca.pem", ""));
    wait_trouble(&agent, "client_cert_file");
    drop((agent, broker));
    // A wrong password.
    let lines = format!("{}allow_anonymous false\n", tls(folder.path(), "good"));
    let broker = Broker::start(&site.owner, folder.path(), &lines);
    std::fs::write(path("password"), "Mrkr+Broker-7\n").expect("written");
    let more = format!("user = \"box\"\npassword_file = {:?}\n", path("password"));
    let mut agent = BoxIn::start(&site.agent, folder.path(), &with("ca.pem", &more));
    wait_trouble(&agent, "password_file");
    let log = agent.pull_the_plug();
    assert!(
        log.contains("password_file") && !log.contains("Mrkr"),
        "{log}"
    );
    drop(broker);
}

/// Nobody has told the box the time: a certificate that is good at some time is taken, one that ended long ago is not.
/// Once the time is known it is judged again.
#[test]
fn a_box_without_a_clock_is_not_locked_out() {
    let site = Site::new();
    let folder = tempfile::tempdir().expect("a folder");
    certificates(folder.path());
    let config = mqtt(
        &format!("mqtts://{NAME}"),
        &format!("ca_file = {:?}", folder.path().join("ca.pem")),
    );
    let clock = "trust = \"never\"\nask_devices = false";
    let lines = |shown: &str| format!("{}allow_anonymous true\n", tls(folder.path(), shown));
    let broker = Broker::start(&site.owner, folder.path(), &lines("expired"));
    let agent = BoxIn::start_with_clock(&site.agent, folder.path(), clock, &config);
    wait_trouble(&agent, "has expired");
    drop((agent, broker));
    let broker = Broker::start(&site.owner, folder.path(), &lines("good"));
    let agent = BoxIn::start_with_clock(&site.agent, folder.path(), clock, &config);
    let mut watcher = broker.watch();
    watcher.wait("/availability", |seen| seen.payload == b"online");
    let state = watcher.wait_json("/state", Value::is_object);
    assert_eq!(
        state["since"],
        Value::Null,
        "nobody knows the time: {state}"
    );
    // Long after the certificate's end.
    let year_2200 = 7_258_118_400_000_i64;
    let answer = agent
        .client()
        .post("/api/v1/time", &json!({ "unix_ms": year_2200 }))
        .expect("answered");
    assert!(answer.status < 300);
    wait_trouble(&agent, "has expired");
    drop(agent);
}

/// A broker that takes nothing for a while: nothing piles up, and then only what is so by then is said.
#[test]
fn a_stuck_broker_gets_the_latest_state_and_not_all_of_them() {
    let site = Site::new();
    let plant = PlantIn::start(&site.plant, cameras(1));
    let folder = tempfile::tempdir().expect("a folder");
    let broker = Broker::start(&site.owner, folder.path(), PLAIN);
    let mut agent = BoxIn::start(&site.agent, folder.path(), &plain());
    agent.wait_devices(1, Duration::from_secs(30));
    let mut watcher = broker.watch();
    watcher.wait_json("/devices", |devices| devices["count"] == 1);
    let before = agent.process().memory_kb("VmRSS");
    let mac = plant
        .camera(0)
        .expect("there")
        .mac
        .to_lowercase()
        .replace(':', "-");
    broker.stall(true);
    let (mut cases, rounds) = (Vec::new(), 12);
    for _ in 0..rounds {
        let case = agent.open_case(&mac);
        cancel(&agent, &case);
        cases.push(case);
    }
    let last = agent.open_case(&mac);
    broker.stall(false);
    watcher.wait_json(&format!("/cases/{last}/state"), |state| {
        state["phase"] == "awaiting"
    });
    watcher.wait_json("/state", |state| state["open_cases"] == 1);
    let after = agent.process().memory_kb("VmRSS");
    assert!(
        after < before + 4096,
        "{before} kB before, {after} kB after"
    );
    // Every event is there, and of the states of the closed cases at most what was under way.
    for case in &cases {
        watcher.wait_json("/events", |event| {
            event["case"] == case.as_str() && event["type"] == "case-cancelled"
        });
    }
    let states = (watcher.seen().iter())
        .filter(|seen| seen.topic.contains("/cases/") && !seen.topic.contains(&last))
        .filter(|seen| !seen.payload.is_empty())
        .count();
    println!("{states} states of {rounds} closed cases were published");
    assert!(states < 2 * rounds, "{states}");
}

#[test]
fn two_boxes_on_one_broker_do_not_disturb_each_other() {
    let site = Site::new();
    let second_host = Host::new("box2");
    site.switch.plug(&second_host, "eth0");
    second_host.ip("addr add 192.168.99.2/24 dev eth0");
    site.agent
        .etc("machine-id", "00000000000000000000000000aaaaaa\n");
    second_host.etc("machine-id", "00000000000000000000000000bbbbbb\n");
    let folders = [(); 3].map(|()| tempfile::tempdir().expect("a folder"));
    let broker = Broker::start(&site.owner, folders[0].path(), PLAIN);
    let first = BoxIn::start(&site.agent, folders[1].path(), &plain());
    let mut second = BoxIn::start(&second_host, folders[2].path(), &plain());
    let mut watcher = broker.watch();
    for id in ["rb-aaaaaa", "rb-bbbbbb"] {
        watcher.wait(&format!("{id}/availability"), |seen| {
            seen.payload == b"online"
        });
        broker.publish(
            &format!("resetbox/v1/{id}/cmd/identify"),
            r#"{"id":"same"}"#,
            &[],
        );
    }
    for id in ["rb-aaaaaa", "rb-bbbbbb"] {
        let result =
            watcher.wait_json(&format!("{id}/cmd/result"), |result| result["id"] == "same");
        assert_eq!(
            (&result["ok"], &result["repeated"]),
            (&json!(true), &json!(false)),
            "{result}"
        );
    }
    second.pull_the_plug();
    watcher.wait("rb-bbbbbb/availability", |seen| seen.payload == b"offline");
    assert_eq!(
        watcher.last("rb-aaaaaa/availability").as_deref(),
        Some(&b"online"[..])
    );
    assert_eq!(trouble(&first), None);
}
