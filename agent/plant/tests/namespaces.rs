//! The wires, each in a network namespace of its own.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::net::{IpAddr, SocketAddr};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use common::namespace::{accept_foreign_subnets, cable, inside, ip};
use common::{Client, config, start};
use resetbox_plant::{
    AnswerMode, FaultConfig, FloodConfig, Garbage, Login, Options, PlantConfig, Profile, Subnet,
    WebMode, WireMode, flood, login,
};
use sadp::{Body, Request, ResultText};
use serde_json::{Value, json};

const QUIET: Duration = Duration::from_millis(700);

/// Answers to one inquiry: how many from each address, and the lengths.
async fn search(client: &mut Client) -> (BTreeMap<SocketAddr, usize>, BTreeSet<usize>) {
    let uuid = client.uuid();
    client.send(&Request::Inquiry.emit(&uuid)).await;
    let mut sources = BTreeMap::new();
    let mut lengths = BTreeSet::new();
    for (message, from, length) in client.collect(&uuid, QUIET).await {
        assert!(matches!(message.body, Body::Device(_)), "{message:?}");
        *sources.entry(from).or_default() += 1;
        lengths.insert(length);
    }
    (sources, lengths)
}

#[tokio::test]
async fn loopback_without_route_or_multicast_flag_carries_a_plant() {
    if !inside("loopback_without_route_or_multicast_flag_carries_a_plant") {
        return;
    }
    assert!(!ip("link show lo").contains("MULTICAST"));
    assert_eq!(ip("route show"), "");
    for (mode, times) in [
        (AnswerMode::Multicast, 1),
        (AnswerMode::Unicast, 1),
        (AnswerMode::Both, 2),
        (AnswerMode::Port37020, 1),
    ] {
        let mut config = config(1, &[Profile::Ipc2018; 20]);
        config.options.answer_mode = mode;
        let plant = start(config);
        // On the port that the plant listens on as well: the box holds it too.
        let (sources, _) = search(&mut Client::open(37020)).await;
        assert_eq!(sources.values().sum::<usize>(), 20 * times, "{mode:?}");
        assert!(
            sources.keys().all(|from| from.ip().is_loopback()),
            "{sources:?}"
        );
        if mode == AnswerMode::Unicast {
            let (sources, _) = search(&mut Client::open(0)).await;
            assert_eq!(
                sources.values().sum::<usize>(),
                20,
                "from a port of its own"
            );
        }
        // An asker that names the interface but has no address can be answered by multicast alone.
        let (sources, _) = search(&mut Client::on("lo", 37020)).await;
        let heard = matches!(mode, AnswerMode::Multicast | AnswerMode::Both);
        assert_eq!(
            sources.values().sum::<usize>(),
            if heard { 20 } else { 0 },
            "{mode:?}"
        );
        drop(plant);
    }
}

/// How many addresses answer an inquiry by broadcast.
async fn search_by_broadcast(client: &mut Client) -> usize {
    let uuid = client.uuid();
    client.broadcast(&Request::Inquiry.emit(&uuid)).await;
    let found = client.collect(&uuid, QUIET).await;
    found
        .iter()
        .map(|(_, from, _)| from)
        .collect::<BTreeSet<_>>()
        .len()
}

/// A raw plant on one end of a cable, `va` the other.
fn raw(cameras: usize) -> PlantConfig {
    PlantConfig {
        cameras,
        profiles: vec![Profile::Ipc2018, Profile::Nvr],
        wire: WireMode::Raw {
            interface: "vb".to_owned(),
        },
        web: WebMode::Off,
        options: Options {
            answer_mode: AnswerMode::Multicast,
            ..Options::default()
        },
        ..PlantConfig::default()
    }
}

#[tokio::test]
async fn raw_cameras_need_no_addresses_and_reach_every_asker() {
    if !inside("raw_cameras_need_no_addresses_and_reach_every_asker") {
        return;
    }
    cable();
    let subnets: Vec<Subnet> = Subnet::USUAL.to_vec();
    let check = |sources: &BTreeMap<SocketAddr, usize>, times: usize, what: &str| {
        assert_eq!(sources.len(), 254, "{what}");
        assert!(
            sources.values().all(|count| *count == times),
            "{what}: {sources:?}"
        );
        assert!(sources.keys().all(|from| from.port() == 37020), "{what}");
        for subnet in &subnets {
            let inside =
                |from: &&SocketAddr| matches!(from.ip(), IpAddr::V4(ip) if subnet.holds(ip));
            assert!(
                sources.keys().filter(inside).count() > 60,
                "{what}: {subnet:?}"
            );
        }
    };
    // No address at all: answers by multicast.
    let plant = start(raw(254));
    check(
        &search(&mut Client::on("va", 37020)).await.0,
        1,
        "no address",
    );
    drop(plant);
    // Answers in two and in six fragments.
    for (size, whole) in [(2500, 2440), (8000, 7940)] {
        let mut config = raw(254);
        config.options.answer_size = size;
        let plant = start(config);
        let (sources, lengths) = search(&mut Client::on("va", 37020)).await;
        check(&sources, 1, "fragments");
        assert!(
            lengths.iter().all(|length| (whole..=size).contains(length)),
            "{lengths:?}"
        );
        drop(plant);
    }
    // With an address of its own, by unicast to the port it asked from; foreign subnets too.
    ip("address add 192.168.77.1/24 dev va");
    for (mode, port, times) in [
        (AnswerMode::Unicast, 0, 1),
        (AnswerMode::Both, 37020, 2),
        (AnswerMode::Port37020, 37020, 1),
    ] {
        let mut config = raw(254);
        config.options.answer_mode = mode;
        let plant = start(config);
        check(
            &search(&mut Client::on("va", port)).await.0,
            times,
            "unicast",
        );
        drop(plant);
    }
    let plant = start(raw(254));
    assert_eq!(search_by_broadcast(&mut Client::on("va", 37020)).await, 254);
    drop(plant);
    // Without a gateway a unicast answer stays in the camera's subnet.
    let mut config = raw(254);
    config.options.answer_mode = AnswerMode::Unicast;
    config.gateway = false;
    let plant = start(config);
    assert_eq!(search(&mut Client::on("va", 37020)).await.0.len(), 0);
    ip("address replace 192.168.1.7/24 dev va");
    ip("address del 192.168.77.1/24 dev va");
    let (sources, _) = search(&mut Client::on("va", 37020)).await;
    assert_eq!(sources.len(), 64, "those of 192.168.1.0/24");
    drop(plant);
}

#[tokio::test]
async fn a_lossy_wire_loses_some_and_a_deaf_camera_all() {
    if !inside("a_lossy_wire_loses_some_and_a_deaf_camera_all") {
        return;
    }
    cable();
    let faults = FaultConfig {
        loss: 0.3,
        duplicates: 0.2,
        ..FaultConfig::default()
    };
    let plant = start(PlantConfig { faults, ..raw(254) });
    let (sources, _) = search(&mut Client::on("va", 37020)).await;
    assert!((130..230).contains(&sources.len()), "{}", sources.len());
    assert!(sources.values().any(|count| *count == 2));
    drop(plant);
    let faults = FaultConfig {
        request_loss: 1.0,
        ..FaultConfig::default()
    };
    let plant = start(PlantConfig { faults, ..raw(254) });
    assert_eq!(search(&mut Client::on("va", 37020)).await.0.len(), 0);
    drop(plant);
}

#[tokio::test]
async fn a_flood_is_sent_in_full_and_from_as_many_senders() {
    if !inside("a_flood_is_sent_in_full_and_from_as_many_senders") {
        return;
    }
    cable();
    let client = Client::on("va", 37020);
    let config = FloodConfig {
        wire: WireMode::Raw {
            interface: "vb".to_owned(),
        },
        kinds: vec![Garbage::Fakes],
        count: 500,
        over: Duration::from_millis(200),
        seed: 1,
    };
    // Read while it is sent: a small receive buffer must not decide this.
    let read = async {
        let mut senders = BTreeSet::new();
        while let Some((message, from, _)) = client.next(QUIET).await {
            senders.insert((message.mac, from));
        }
        senders
    };
    let (report, senders) = tokio::join!(flood(config), read);
    let report = report.expect("a flood");
    assert_eq!((report.sent, report.refused), (500, 0));
    assert_eq!(senders.len(), 500);
}

/// The program in a namespace of its own, at the other end of a cable, its control channel on our side of its pipes.
struct Program {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Program {
    fn start(arguments: &str) -> Program {
        let program = env!("CARGO_BIN_EXE_resetbox-plant");
        // It waits for its end of the cable.
        let script =
            format!("read go; ip link set lo up; ip link set vb up; exec {program} {arguments}");
        let mut child = Command::new("unshare")
            .args(["-n", "sh", "-c", &script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("unshare runs");
        let mut input = child.stdin.take().expect("a pipe");
        let output = BufReader::new(child.stdout.take().expect("a pipe"));
        // `unshare` has become `sh`: the namespace is that of the child once it differs from ours.
        let own = std::fs::read_link("/proc/self/ns/net").expect("a namespace");
        let theirs = format!("/proc/{}/ns/net", child.id());
        while std::fs::read_link(&theirs).expect("a namespace") == own {
            std::thread::sleep(Duration::from_millis(5));
        }
        ip(&format!(
            "link add va type veth peer name vb netns {}",
            child.id()
        ));
        ip("link set va up");
        accept_foreign_subnets();
        writeln!(input, "go").expect("the pipe is open");
        Program {
            child,
            input,
            output,
        }
    }

    fn control(&mut self, command: &Value) -> Value {
        writeln!(self.input, "{command}").expect("the pipe is open");
        let mut line = String::new();
        self.output.read_line(&mut line).expect("a reply");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{command}: {line:?}: {error}"))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn the_program_with_real_addresses_from_probe_to_web_login() {
    if !inside("the_program_with_real_addresses_from_probe_to_web_login") {
        return;
    }
    let mut plant = Program::start(
        "--interface vb --assign --cameras 40 --profile ipc-2018 --profile ipc-2022 --max-delay 60 --control -",
    );
    ip("address add 192.168.1.7/24 dev va");
    ip("route add default dev va");
    let list = plant.control(&json!({"do": "list"}));
    let cameras = list["cameras"].as_array().expect("a list").clone();
    assert_eq!(cameras.len(), 40);

    let mut client = Client::on("va", 37020);
    let (sources, _) = search(&mut client).await;
    let told: BTreeSet<String> = cameras
        .iter()
        .map(|camera| format!("{}:37020", camera["address"].as_str().expect("an address")))
        .collect();
    assert_eq!(
        sources
            .keys()
            .map(ToString::to_string)
            .collect::<BTreeSet<_>>(),
        told
    );
    assert!(
        sources.values().all(|count| *count == 2),
        "by multicast and by unicast: {sources:?}"
    );

    assert_eq!(search_by_broadcast(&mut client).await, 40);

    // Camera 2 is an ipc-2018 in 10.20.0.0/16.
    let camera = &cameras[2];
    let text = |name: &str| camera[name].as_str().expect("text").to_owned();
    let (mac, serial) = (text("mac"), text("serial"));
    let web: SocketAddr = text("web").parse().expect("an address");
    assert_eq!(
        web,
        SocketAddr::new("10.20.0.64".parse().expect("an address"), 80)
    );
    let code = client
        .export(&mac, &serial, sadp::Way::TypedKey)
        .await
        .expect("a device code");
    assert_eq!(
        plant.control(&json!({"do": "state", "camera": 2}))["camera"]["device_code"],
        json!(code)
    );
    let refused = plant.control(&json!({"do": "issue", "device_code": format!("{code} ")}));
    assert_eq!(refused["ok"], json!(false), "{refused}");
    let issued = plant.control(&json!({"do": "issue", "device_code": code}));
    let key = issued["text"].as_str().expect("a key");
    assert_eq!(issued["form"], json!("key"));
    let verdict = client
        .reset(&mac, "N3w-Passw0rd", key, false)
        .await
        .expect("an answer");
    assert_eq!(verdict.result, ResultText::Success);
    assert_eq!(
        login(web, "N3w-Passw0rd").await.expect("its web server"),
        Login::Accepted
    );
    assert_eq!(
        login(web, "N3w-Passw0rx").await.expect("its web server"),
        Login::Refused
    );
    let inside = plant.control(&json!({"do": "login", "camera": 2, "password": "N3w-Passw0rd"}));
    assert_eq!(inside["login"], json!("accepted"), "{inside}");

    // The error ways.
    client
        .export(&mac, &serial, sadp::Way::TypedKey)
        .await
        .expect("a device code");
    for (command, result) in [
        ("expire", ResultText::ExportFileOverDue),
        ("lock", ResultText::Locked),
        ("reboot", ResultText::Locked),
    ] {
        assert_eq!(
            plant.control(&json!({"do": command, "camera": 2}))["ok"],
            json!(true)
        );
        let verdict = client
            .reset(&mac, "N3w-Passw0rd", "00000000", false)
            .await
            .expect("an answer");
        assert_eq!(verdict.result, result, "{command}");
    }
    plant.control(&json!({"do": "advance", "seconds": 1800}));
    let verdict = client
        .reset(&mac, "N3w-Passw0rd", "00000000", false)
        .await
        .expect("an answer");
    assert_eq!(verdict.result, ResultText::EmptyEncryptString);
    plant.control(&json!({"do": "drop-power", "camera": 2}));
    assert_eq!(
        client.export(&mac, &serial, sadp::Way::TypedKey).await,
        None
    );

    // Answers on demand.
    for command in [
        json!({"do": "answer-mode", "camera": 4, "mode": "port37020"}),
        json!({"do": "delay", "camera": 4, "shortest": 0, "longest": 0}),
        json!({"do": "set-serial", "camera": 4, "serial": "X"}),
        json!({"do": "swallow", "camera": 4, "types": ["inquiry"]}),
        json!({"do": "fail", "camera": 4, "types": []}),
        json!({"do": "export-by-other", "camera": 4}),
        json!({"do": "sync-clock", "camera": 4}),
    ] {
        let reply = plant.control(&command);
        assert_eq!(reply["ok"], json!(true), "{command}: {reply}");
    }
    let state = plant.control(&json!({"do": "state", "camera": 4}));
    assert_eq!(
        (
            &state["camera"]["serial"],
            &state["camera"]["counters"]["exports"]
        ),
        (&json!("X"), &json!(1))
    );
    assert_eq!(
        search(&mut client).await.0.len(),
        38,
        "one has no power, one is swallowed"
    );

    for wrong in [
        json!({"do": "dance"}),
        json!({"do": "reboot"}),
        json!({"do": "reboot", "camera": 40}),
        json!(7),
    ] {
        let reply = plant.control(&wrong);
        assert_eq!(reply["ok"], json!(false), "{wrong}: {reply}");
        assert!(reply["error"].is_string());
    }
    assert_eq!(plant.control(&json!({"do": "quit"}))["ok"], json!(true));
    assert!(plant.child.wait().expect("it ends").success());
}

#[tokio::test]
async fn a_chatty_device_is_heard_once_by_everybody() {
    if !inside("a_chatty_device_is_heard_once_by_everybody") {
        return;
    }
    cable();
    let profiles = vec![Profile::Chatty, Profile::Ipc2018];
    let plain = start(PlantConfig {
        profiles: profiles.clone(),
        cameras: 2,
        ..PlantConfig::default()
    });
    let wired = start(PlantConfig { profiles, ..raw(2) });
    let client = Client::on("va", 37020);
    // It searches every five seconds; its own search is heard whether the wire brings it back or not.
    let mut foreign = BTreeSet::new();
    while let Some((message, _, _)) = client.next(Duration::from_secs(30)).await {
        foreign.insert((message.uuid, message.mac));
        if foreign.len() == 2 {
            break;
        }
    }
    assert_eq!(foreign.len(), 2, "answers to a search that was not ours");
    tokio::time::sleep(Duration::from_millis(300)).await;
    for plant in [&plain, &wired] {
        let inquiries: Vec<u64> = plant
            .cameras()
            .iter()
            .map(|camera| camera.counters.inquiries)
            .collect();
        assert_eq!(inquiries, [1, 1]);
    }
}
