//! Many answers at once, long ones, lost ones, hostile ones.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::net::Ipv4Addr;
use std::process::Stdio;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use resetbox_tests::agent::BoxIn;
use resetbox_tests::crowd::{self, Answers, Config, Crowd};
use resetbox_tests::netns::{Host, Switch};
use resetbox_tests::process::{Running, resetbox, wait_for};
use resetbox_tests::scanning::{self, Rights, macs, scan};
use resetbox_tests::wire::{self, Envelope, Wire};

const SUBNETS: [[u8; 3]; 4] = [[192, 0, 0], [10, 1, 1], [172, 16, 5], [192, 168, 64]];

/// A box with an address of none of the cameras' subnets, and the cameras' host, on one switch.
fn wired() -> (Host, Host, Switch) {
    let (host, cameras, switch) = (Host::new("box"), Host::new("cameras"), Switch::new());
    switch.plug(&host, "eth0");
    switch.plug(&cameras, "eth0");
    host.sysctl("net.ipv4.conf.all.rp_filter", "0");
    host.sysctl("net.ipv4.conf.eth0.rp_filter", "0");
    host.ip("addr add 10.77.0.10/24 dev eth0");
    (host, cameras, switch)
}

#[test]
fn five_thousand_answers_to_one_question_are_all_heard() {
    for rights in [Rights::Root, Rights::NoRaw] {
        let (host, cameras, _switch) = wired();
        let config = Config {
            once: true,
            ..Config::new(crowd::addresses(&SUBNETS, 5_000), Answers::Multicast)
        };
        let crowd = Crowd::start(&cameras, "eth0", config);
        let found = scan(&host, rights, 6);
        let state = crowd.state();
        println!(
            "{rights:?}: {} of 5000 found; the burst took {:?}",
            found.macs.len(),
            state
                .last_answer
                .zip(state.first_answer)
                .map(|(last, first)| last - first)
        );
        assert_eq!(state.inquiries, 1, "one question was answered");
        assert_eq!(found.set(), macs(0..5_000), "{}", found.stderr);
    }
}

#[test]
fn a_tenth_lost_each_way_still_leaves_nobody_out() {
    let (host, cameras, _switch) = wired();
    let config = Config {
        loss_percent: 10,
        ..Config::new(crowd::addresses(&SUBNETS, 254), Answers::Multicast)
    };
    let _crowd = Crowd::start(&cameras, "eth0", config);
    let found = scan(&host, Rights::Root, 5);
    assert_eq!(found.set(), macs(0..254), "{}", found.stderr);
}

#[test]
fn long_answers_arrive_in_pieces_and_are_read() {
    for (len, rp_filter, rights) in [
        (2_500, "0", Rights::NoRaw),
        (8_000, "0", Rights::NoRaw),
        (8_000, "0", Rights::Root),
        // The kernel drops these: the pieces are put together by the box itself.
        (2_500, "1", Rights::Root),
        (8_000, "1", Rights::Root),
        (60_000, "1", Rights::Root),
    ] {
        let (host, cameras, _switch) = wired();
        host.sysctl("net.ipv4.conf.eth0.rp_filter", rp_filter);
        let config = Config {
            answer_len: len,
            ..Config::new(crowd::addresses(&SUBNETS, 40), Answers::Both)
        };
        let _crowd = Crowd::start(&cameras, "eth0", config);
        let found = scan(&host, rights, 3);
        assert_eq!(
            found.set(),
            macs(0..40),
            "{len} bytes, rp_filter {rp_filter}: {}",
            found.stderr
        );
    }
}

/// The first line is timed, not judged to the millisecond: this machine does other things as well.
#[test]
fn the_first_camera_is_printed_when_it_answers() {
    let mut delays = Vec::new();
    for _ in 0..5 {
        let (host, cameras, _switch) = wired();
        let config = Config::new(crowd::addresses(&SUBNETS, 254), Answers::Both);
        let crowd = Crowd::start(&cameras, "eth0", config);
        let mut child = scanning::command(&host, Rights::Root, &["--seconds", "30"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("started");
        let mut out = BufReader::new(child.stdout.take().expect("piped"));
        let mut line = String::new();
        out.read_line(&mut line).expect("a line");
        let printed = Instant::now();
        assert!(line.contains("\"mac\""), "{line}");
        let answered = crowd
            .state()
            .first_answer
            .expect("it was found, so it answered");
        delays.push(printed.saturating_duration_since(answered));
        child.kill().expect("our child");
        child.wait().expect("our child");
    }
    delays.sort_unstable();
    println!("first camera on standard output after its answer left: {delays:?}");
    assert!(delays[2] < Duration::from_secs(2), "{delays:?}");
}

#[test]
fn a_hostile_flood_neither_kills_nor_fills_nor_hides() {
    let (host, cameras, switch) = wired();
    let hostile = Host::new("hostile");
    switch.plug(&hostile, "eth0");
    let good = |first: usize| Config {
        first,
        ..Config::new(crowd::addresses(&SUBNETS, 100), Answers::Both)
    };
    let _during = Crowd::start(&cameras, "eth0", good(0));
    let wire = Wire::open(&hostile, "eth0");
    let frames = hostile_frames(100_000);
    let mut command = scanning::command(&host, Rights::Root, &["--seconds", "300"]);
    let mut running = Running::start(&mut command);
    let start = Instant::now();
    flood(&wire, &frames, Duration::from_secs(5));
    let took = start.elapsed();
    let more = Host::new("late");
    switch.plug(&more, "eth0");
    let _after = Crowd::start(&more, "eth0", good(200));
    std::thread::sleep(Duration::from_secs(5));
    let peak = running.memory_kb("VmHWM");
    signal(&running, Signal::SIGTERM);
    let found = scanning::finish(&mut running, Duration::from_secs(60));
    let set = found.set();
    println!(
        "{} hostile frames in {took:?}, {} devices printed, peak {peak} kB",
        frames.len(),
        set.len()
    );
    assert_eq!(found.status, Some(0), "{}", found.stderr);
    assert!(peak <= 64 * 1024, "{peak} kB");
    let good: BTreeSet<String> = macs((0..100).chain(200..300));
    let missing: Vec<_> = good.difference(&set).collect();
    assert!(
        missing.is_empty(),
        "not found: {missing:?}\n{}",
        found.stderr
    );
    for text in found.lines.iter().chain([&found.stderr]) {
        let raw = text.chars().find(|c| c.is_control() && *c != '\n');
        assert_eq!(raw, None, "{text:?}");
    }
}

/// The box itself under the same flood: it lives, stays small, lists the good cameras during and
/// after, and passes nothing raw on to a page or a log.
#[test]
fn the_box_survives_the_same_flood() {
    let (host, cameras, switch) = wired();
    let hostile = Host::new("hostile");
    switch.plug(&hostile, "eth0");
    let good = |first: usize| Config {
        first,
        ..Config::new(crowd::addresses(&SUBNETS, 100), Answers::Both)
    };
    let _there = Crowd::start(&cameras, "eth0", good(0));
    let folder = tempfile::tempdir().expect("a folder");
    let mut agent = BoxIn::start(&host, folder.path(), "");
    agent.wait_devices(100, Duration::from_secs(30));
    let wire = Wire::open(&hostile, "eth0");
    let frames = hostile_frames(100_000);
    let scan = || {
        let answer = agent.client().post("/api/v1/scan", &serde_json::json!({}));
        assert!(answer.expect("it answers").status < 300);
    };
    let listed = |serials: std::ops::Range<usize>| {
        let csv = agent
            .client()
            .get("/api/v1/devices.csv")
            .expect("it answers")
            .body;
        let csv = String::from_utf8(csv).expect("text");
        let raw = csv
            .chars()
            .find(|c| c.is_control() && !matches!(c, '\r' | '\n'));
        assert_eq!(raw, None, "raw characters in the list");
        serials
            .filter(|number| csv.contains(&crowd::serial(*number)))
            .count()
    };
    std::thread::scope(|scope| {
        let flooding = scope.spawn(|| flood(&wire, &frames, Duration::from_secs(5)));
        std::thread::sleep(Duration::from_secs(2));
        scan();
        std::thread::sleep(Duration::from_secs(1));
        assert_eq!(listed(0..100), 100, "good cameras during the flood");
        flooding.join().expect("it was sent");
    });
    let late = Host::new("late");
    switch.plug(&late, "eth0");
    let _late = Crowd::start(&late, "eth0", good(200));
    // What waits in the kernel's buffers from the flood may have pushed the first answers out: a
    // person presses "search" again.
    wait_for(
        "the cameras that came later",
        Duration::from_secs(60),
        || {
            scan();
            std::thread::sleep(Duration::from_secs(2));
            (listed(200..300) == 100).then_some(())
        },
    );
    assert_eq!(listed(0..100), 100, "good cameras after the flood");
    let peak = agent.process().memory_kb("VmHWM");
    println!("peak of the box {peak} kB");
    assert!(peak <= 64 * 1024, "{peak} kB");
    let log = agent.pull_the_plug();
    let raw = log.chars().find(|c| c.is_control() && *c != '\n');
    assert_eq!(raw, None, "raw characters in the log");
}

/// Without CAP_NET_ADMIN the buffer is small; the program is stopped while more arrives than fits.
#[test]
fn what_the_kernel_dropped_is_counted_and_told() {
    let (host, cameras, _switch) = wired();
    let wire = Wire::open(&cameras, "eth0");
    let frames = hostile_frames(40_000);
    let mut command = host.command("setpriv");
    command.args(["--bounding-set", "-net_admin", "--inh-caps", "-net_admin"]);
    command
        .arg(resetbox())
        .args(["scan", "--json", "--seconds", "20"]);
    let mut running = Running::start(&mut command);
    std::thread::sleep(Duration::from_secs(5));
    signal(&running, Signal::SIGSTOP);
    frames.iter().for_each(|frame| wire.send(frame));
    signal(&running, Signal::SIGCONT);
    let found = scanning::finish(&mut running, Duration::from_secs(60));
    let told = found
        .stderr
        .lines()
        .find_map(|line| line.strip_prefix("eth0: ")?.split_once(" answers lost"))
        .and_then(|(count, _)| count.parse::<u64>().ok());
    println!("{told:?} told as dropped of {}", frames.len());
    let sent = frames.len() as u64;
    assert!(
        told.is_some_and(|count| (1..=sent).contains(&count)),
        "{}",
        found.stderr
    );
}

fn signal(running: &Running, signal: Signal) {
    let pid = i32::try_from(running.pid()).expect("a process id");
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), signal).expect("our child");
}

/// Invented cameras with terminal escapes in their names, and every sort of garbage in between.
fn hostile_frames(cameras: u32) -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    for number in 0..cameras {
        let [_, b, c, d] = number.to_be_bytes();
        let source = Ipv4Addr::new(10, b, c, d);
        let envelope = Envelope {
            source_mac: [2, 0, 0, b, c, d],
            destination_mac: [0x01, 0x00, 0x5e, 0x7f, 0xff, 0xfa],
            source,
            destination: sadp::GROUP,
            ports: (sadp::PORT, sadp::PORT),
        };
        let invented = crowd::answer(0x0080_0000 + number as usize, source, "X", 1_000);
        let mut payload = String::from_utf8(invented)
            .expect("text")
            .replace("DS-2CD2143G0-I<", "\x1b]0;owned\x07\x1b[2J&#27;[31m<")
            .into_bytes();
        match number % 50 {
            0 => payload = vec![0; 1_400],
            1 => payload.truncate(300),
            2 => {
                payload =
                    b"<!DOCTYPE a [<!ENTITY b \"&b;&b;\">]><ProbeMatch>&b;</ProbeMatch>".to_vec();
            }
            3 => payload = "<a>".repeat(400).into_bytes(),
            4 => payload.iter_mut().for_each(|byte| *byte ^= 0x80),
            5 => payload = b"<Probe><Uuid>1</Uuid><Types>inquiry</Types></Probe>".to_vec(),
            6 if number % 1_000 == 6 => payload.resize(60_000, b'<'),
            7 => payload = format!("<ProbeMatch {}/>", "a=\"1\" ".repeat(220)).into_bytes(),
            _ => {}
        }
        frames.extend(wire::frames(&envelope, number as u16, &payload));
    }
    frames
}

/// Sends them spread over the time.
fn flood(wire: &Wire, frames: &[Vec<u8>], duration: Duration) {
    let start = Instant::now();
    for (number, frame) in (0_u32..).zip(frames) {
        wire.send(frame);
        let due = duration * number / u32::try_from(frames.len()).expect("few enough");
        if let Some(early) = due.checked_sub(start.elapsed())
            && early.as_millis() > 0
        {
            std::thread::sleep(early);
        }
    }
}
