//! What the box tells systemd: that it is ready, that it lives, that it stops.

use std::fs::File;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use nix::sys::signal::{SigHandler, Signal, kill, signal};
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
    let bus = Path::new("/dev/no-such-bus");
    let (mut agent, socket) = start(folder.path(), &panel_on(bus, folder.path()));
    signs_of_life_before_ready(&socket);
    let (_, log) = agent.kill();
    assert!(
        log.contains("panel: ") && log.contains("/dev/no-such-bus"),
        "{log}"
    );
}

#[test]
fn a_panel_that_hangs_does_not_keep_the_box_from_being_ready() {
    let folder = tempfile::tempdir().expect("a folder");
    let devices = tempfile::tempdir_in("/dev/shm").expect("a folder");
    let bus = devices.path().join("bus");
    let hanging = opens_hang(&bus);
    let (mut agent, socket) = start(folder.path(), &panel_on(&bus, folder.path()));
    // Two a second, for the five seconds that the first picture is waited for.
    let signs = signs_of_life_before_ready(&socket);
    assert!(
        (3..=11).contains(&signs),
        "ready after {signs} half seconds: {}",
        agent.kill().1
    );
    assert!(hear(&socket).contains("WATCHDOG=1"), "and it lives on");
    let (_, log) = agent.kill();
    assert!(!log.contains("panel: "), "it hangs still: {log}");
    drop(hanging);
}

/// How often the box says that it lives before it says that it is ready. It may do so before it knows how its panel is.
///
/// # Panics
/// When it does not get ready in half a minute.
fn signs_of_life_before_ready(socket: &UnixDatagram) -> usize {
    for signs in 0..60 {
        let word = hear(socket);
        if word.contains("READY=1") {
            return signs;
        }
        assert_eq!(word.trim(), "WATCHDOG=1");
    }
    panic!("it lives, and does not get ready");
}

/// Settings with a panel on this bus.
fn panel_on(bus: &Path, folder: &Path) -> String {
    let profile = folder.join("panel.toml");
    let bus = bus.display().to_string();
    let text = resetbox_tests::board::PROFILE.replace("/dev/spidev0.0", &bus);
    std::fs::write(&profile, text).expect("written");
    format!("[panel]\nprofile = {profile:?}\n")
}

/// Whoever opens this file waits, as for a bus whose driver hangs, until what comes back is dropped, but no longer than
/// `/proc/sys/fs/lease-break-time`, 45 s: a lease, of which its holder takes no notice. The file is new, and opened once: a lease
/// is only for who has it open alone.
fn opens_hang(path: &Path) -> File {
    let file = (File::options().read(true).write(true).create_new(true))
        .open(path)
        .expect("a new file");
    // SAFETY: no handler, the signal is ignored. Unheeded it would end the holder.
    unsafe { signal(Signal::SIGIO, SigHandler::SigIgn) }.expect("a signal that may be ignored");
    // SAFETY: the descriptor is open, and this command takes an integer.
    let taken = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_SETLEASE, libc::F_WRLCK) };
    assert_eq!(taken, 0, "{}", std::io::Error::last_os_error());
    file
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
        "[http]\nlisten = []\nlisten_tls = []\n[net]\ninterfaces = [\"none0\"]\n[store]\npath = {store:?}\n{settings}"
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
