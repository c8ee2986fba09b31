//! What the box tells systemd: that it is ready, that it lives, that it stops.

use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use resetbox_tests::process::{Running, resetbox};

#[test]
fn systemd_hears_ready_the_watchdog_and_stopping() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut agent, socket) = start(folder.path(), "");
    assert!(hear(&socket).contains("READY=1"));
    for _ in 0..3 {
        assert_eq!(hear(&socket).trim(), "WATCHDOG=1");
    }
    let pid = Pid::from_raw(i32::try_from(agent.pid()).expect("a process id"));
    kill(pid, Signal::SIGTERM).expect("it runs");
    let stopping = (0..5)
        .map(|_| hear(&socket))
        .any(|word| word.contains("STOPPING=1"));
    assert!(stopping, "a clean stop is announced");
    let (status, stderr) = agent.wait(Duration::from_secs(20));
    assert!(status.success(), "{status}: {stderr}");
}

#[test]
fn a_panel_that_does_not_work_is_told_before_the_box_is_ready() {
    let folder = tempfile::tempdir().expect("a folder");
    let profile = folder.path().join("panel.toml");
    let here = "/dev/no-such-bus";
    let text = resetbox_tests::board::PROFILE.replace("/dev/spidev0.0", here);
    std::fs::write(&profile, text).expect("written");
    let (mut agent, socket) = start(folder.path(), &format!("[panel]\nprofile = {profile:?}\n"));
    assert!(hear(&socket).contains("READY=1"), "the first word");
    let (_, log) = agent.kill();
    assert!(log.contains("panel: ") && log.contains(here), "{log}");
}

/// A box that talks to the socket as it would to systemd.
fn start(folder: &Path, settings: &str) -> (Running, UnixDatagram) {
    let socket = UnixDatagram::bind(folder.join("notify")).expect("a socket");
    socket
        .set_read_timeout(Some(Duration::from_secs(20)))
        .expect("set");
    let config = folder.join("resetbox.toml");
    let store = folder.join("resetbox.db");
    let text = format!(
        "[http]\nlisten = []\n[net]\ninterfaces = [\"none0\"]\n[store]\npath = {store:?}\n{settings}"
    );
    std::fs::write(&config, text).expect("written");
    let mut command = Command::new(resetbox());
    command
        .arg("run")
        .arg("--config")
        .arg(&config)
        .env("NOTIFY_SOCKET", folder.join("notify"))
        .env("WATCHDOG_USEC", "1000000");
    (Running::start(&mut command), socket)
}

/// The next datagram that systemd would get.
fn hear(socket: &UnixDatagram) -> String {
    let mut buffer = [0; 512];
    let length = socket.recv(&mut buffer).expect("the box speaks");
    String::from_utf8_lossy(&buffer[..length]).into_owned()
}
