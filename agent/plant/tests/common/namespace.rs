//! A test in a network namespace of its own: it starts itself again inside one.

use std::process::{Command, Stdio};

const INSIDE: &str = "PLANT_TEST_INSIDE";

/// `true` inside the namespace, where nothing exists but `lo`, which is up. Outside it runs the test of this name
/// inside, passes its failure on and gives `false`. Where this machine allows no namespaces it says so; with `CI` set
/// that is a failure.
pub fn inside(test: &str) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        ip("link set lo up");
        return true;
    }
    // As root outright; else as root of a user namespace.
    let works = |how: &str| {
        let tried = Command::new("unshare")
            .args([how, "true"])
            .stderr(Stdio::null())
            .status();
        tried.is_ok_and(|status| status.success())
    };
    let Some(how) = ["-n", "-rn"].into_iter().find(|how| works(how)) else {
        assert!(
            std::env::var_os("CI").is_none(),
            "this machine allows no network namespaces"
        );
        eprintln!("{test}: skipped, this machine allows no network namespaces");
        return false;
    };
    let program = std::env::current_exe().expect("the test's own path");
    let status = Command::new("unshare")
        .arg(how)
        .arg(program)
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(INSIDE, "1")
        .status()
        .expect("unshare runs");
    assert!(status.success(), "{test} failed in its namespace");
    false
}

/// Runs `ip`.
pub fn ip(arguments: &str) -> String {
    let output = Command::new("ip")
        .args(arguments.split(' '))
        .output()
        .expect("`ip` (package iproute2) runs");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "ip {arguments}: {error}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A cable between `va` and `vb`, both up. The kernel gives an end its queue a moment after it has said that it is up, and
/// loses without a word what is sent before.
pub fn cable() {
    ip("link add va type veth peer name vb");
    ip("link set va up");
    ip("link set vb up");
    accept_foreign_subnets();
    for _ in 0..1_000 {
        if !ip("link show").contains("qdisc noop") {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    panic!("an end of the cable has no queue: {}", ip("link show"));
}

/// Lets answers in that have no route back, as the box does.
pub fn accept_foreign_subnets() {
    for name in ["all", "default", "va"] {
        let path = format!("/proc/sys/net/ipv4/conf/{name}/rp_filter");
        std::fs::write(&path, "0").unwrap_or_else(|error| panic!("{path}: {error}"));
    }
}
