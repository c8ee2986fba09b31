//! What `resetbox scan` prints, to whom.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::time::Duration;

use resetbox_tests::crowd::{self, Answers, Config, Crowd};
use resetbox_tests::netns::{Host, Switch};
use resetbox_tests::process::{Running, resetbox};

const CAMERAS: usize = 12;

struct Rig {
    host: Host,
    _crowd: Crowd,
    _rest: (Host, Switch),
}

fn rig() -> Rig {
    let (host, cameras, switch) = (Host::new("box"), Host::new("cameras"), Switch::new());
    switch.plug(&host, "eth0");
    switch.plug(&cameras, "eth0");
    let config = Config::new(
        crowd::addresses(&[[192, 0, 0], [10, 1, 1]], CAMERAS),
        Answers::Both,
    );
    let crowd = Crowd::start(&cameras, "eth0", config);
    Rig {
        host,
        _crowd: crowd,
        _rest: (cameras, switch),
    }
}

fn lines(command: &mut Command) -> (Vec<String>, String, Option<i32>) {
    let mut running = Running::start(command);
    let (status, stderr) = running.wait(Duration::from_secs(60));
    (running.seen().to_vec(), stderr, status.code())
}

#[test]
fn a_pipe_gets_a_line_per_device_separated_by_tabs() {
    let rig = rig();
    let (lines, stderr, status) =
        lines(
            rig.host
                .command(resetbox())
                .args(["scan", "--seconds", "2", "--interface", "eth0"]),
        );
    assert_eq!((lines.len(), status), (CAMERAS, Some(0)), "{stderr}");
    let fields: Vec<&str> = lines[0].split('\t').collect();
    assert_eq!(fields.len(), 11, "{fields:?}");
    assert_eq!(fields[2..4], ["DS-2CD2143G0-I", &crowd::serial(0)]);
    assert_eq!(fields[10], "eth0");
    assert!(
        !stderr.contains("\x1b"),
        "no progress into a pipe: {stderr:?}"
    );
}

#[test]
fn csv_has_a_header_also_when_nobody_answers() {
    let rig = rig();
    let scan = |host: &Host| {
        lines(
            host.command(resetbox())
                .args(["scan", "--csv", "--seconds", "2"]),
        )
    };
    let (found, stderr, status) = scan(&rig.host);
    assert_eq!((found.len(), status), (CAMERAS + 1, Some(0)), "{stderr}");
    assert!(
        found[0].starts_with("mac,ipv4,model,serial,"),
        "{}",
        found[0]
    );
    assert!(found[1].contains("\"DS-2CD2143G0-I\""), "{}", found[1]);
    let (switch, alone) = (Switch::new(), Host::new("alone"));
    switch.plug(&alone, "eth0");
    let (none, stderr, status) = scan(&alone);
    assert_eq!((none.len(), status), (1, Some(1)), "{stderr}");
    assert!(stderr.contains("No device answered"), "{stderr}");
}

#[test]
fn a_terminal_gets_progress_and_a_table_sorted_by_address() {
    let rig = rig();
    let scan = format!("{} scan --seconds 3", resetbox().display());
    let output = rig
        .host
        .command("script")
        .args(["-qec", &scan, "/dev/null"])
        .stdin(Stdio::null())
        .output()
        .expect("script is part of util-linux: apt-get install bsdutils");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(
        text.contains(&format!("{CAMERAS} devices, 1 s left")),
        "{text:?}"
    );
    let (_, table) = text.split_once("ADDRESS").expect("a table");
    let addresses: Vec<&str> = table
        .lines()
        .skip(1)
        .filter_map(|line| line.split_whitespace().next())
        .take(CAMERAS)
        .collect();
    let near = (0..CAMERAS / 2).map(|host| format!("10.1.1.{}", host + 2));
    let far = (0..CAMERAS / 2).map(|host| format!("192.0.0.{}", host + 2));
    assert_eq!(addresses, near.chain(far).collect::<Vec<_>>(), "{text}");
    assert!(table.contains(&format!("{CAMERAS} devices")), "{table}");
}

#[test]
fn a_reader_that_leaves_ends_the_scan_quietly() {
    let rig = rig();
    let mut child = rig
        .host
        .command(resetbox())
        .args(["scan", "--json", "--seconds", "600"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("started");
    let mut line = String::new();
    let mut out = BufReader::new(child.stdout.take().expect("piped"));
    out.read_line(&mut line).expect("a line");
    // Whether or not there is more to print.
    std::thread::sleep(Duration::from_millis(500));
    drop(out);
    let status = child.wait().expect("our child");
    let mut stderr = String::new();
    let mut err = child.stderr.take().expect("piped");
    err.read_to_string(&mut stderr).expect("text");
    assert!(status.success() && stderr.is_empty(), "{status}: {stderr}");
}

#[test]
fn a_wrong_interface_is_named_with_the_right_ones() {
    let rig = rig();
    let (_, stderr, status) =
        lines(
            rig.host
                .command(resetbox())
                .args(["scan", "--interface", "eth9"]),
        );
    assert_eq!(status, Some(2), "{stderr}");
    assert!(
        stderr.contains("eth9") && stderr.contains("eth0"),
        "{stderr}"
    );
}

#[test]
fn without_any_interface_it_says_so_with_3() {
    let host = Host::new("box");
    let (_, stderr, status) = lines(host.command(resetbox()).args(["scan", "--seconds", "1"]));
    assert_eq!(status, Some(3), "{stderr}");
    assert!(stderr.contains("No network port"), "{stderr}");
}
