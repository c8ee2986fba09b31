//! The temporary secondary address: a device in another subnet, with the kernel's own network stack
//! and no gateway, can answer by unicast; the address is given back, and yields to an owner.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use resetbox_tests::agent::BoxIn;
use resetbox_tests::crowd;
use resetbox_tests::netns::{Host, Switch};
use resetbox_tests::process::wait_for;

const CAMERA: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 64);
/// The probe takes up to six seconds, and there may be a conflict first.
const PATIENCE: Duration = Duration::from_secs(60);

/// Answers every inquiry to the group, and to the asker if there is a way.
fn camera(socket: &UdpSocket, stop: &AtomicBool, by_unicast: &AtomicUsize) {
    let mut buffer = [0; 4096];
    while !stop.load(Ordering::Relaxed) {
        let Ok((len, from)) = socket.recv_from(&mut buffer) else {
            continue;
        };
        let text = String::from_utf8_lossy(&buffer[..len]);
        let uuid = text
            .split_once("<Uuid>")
            .and_then(|(_, rest)| rest.split_once("</Uuid>"));
        if let Some((uuid, rest)) = uuid
            && rest.contains("inquiry")
        {
            let answer = crowd::answer(1, CAMERA, uuid, 1_000);
            socket
                .send_to(&answer, (sadp::GROUP, sadp::PORT))
                .expect("a route for the group");
            let near =
                matches!(from, SocketAddr::V4(from) if from.ip().octets()[..3] == [192, 168, 1]);
            // Without a gateway there is no way to another subnet.
            let sent = socket.send_to(&answer, from);
            assert_eq!(sent.is_ok(), near, "{from}: {sent:?}");
            by_unicast.fetch_add(usize::from(near), Ordering::Relaxed);
        }
    }
}

/// Ends the camera, also when the test fails.
struct EndOf<'a>(&'a AtomicBool);

impl Drop for EndOf<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn temporary(host: &Host) -> Option<Ipv4Addr> {
    let shown = host.ip("-4 -o addr show dev eth0");
    let line = shown
        .lines()
        .find(|line| line.contains(" 192.168.1."))?
        .to_owned();
    assert!(line.contains("eth0:rb"), "marked as ours: {line}");
    let seconds = line.split_once("valid_lft ")?.1.split_once("sec")?.0;
    assert!(
        seconds.parse::<u32>().is_ok_and(|left| left <= 600),
        "{line}"
    );
    line.split_whitespace()
        .find_map(|word| word.split_once('/')?.0.parse().ok())
}

#[test]
fn an_address_in_the_devices_subnet_is_taken_and_given_back() {
    let (host, device, switch) = (Host::new("box"), Host::new("camera"), Switch::new());
    switch.plug(&host, "eth0");
    switch.plug(&device, "eth0");
    host.ip("addr add 10.77.0.10/24 dev eth0");
    device.ip("addr add 192.168.1.64/24 dev eth0");
    device.ip("route add 239.0.0.0/8 dev eth0");
    let socket = device.enter(|| {
        let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, sadp::PORT)).expect("free");
        socket
            .join_multicast_v4(&sadp::GROUP, &CAMERA)
            .expect("joined");
        socket
    });
    socket
        .set_read_timeout(Some(Duration::from_millis(100)))
        .expect("set");
    let (stop, by_unicast) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        let running = scope.spawn(|| camera(&socket, &stop, &by_unicast));
        let end = EndOf(&stop);
        let folder = tempfile::tempdir().expect("a folder");
        let mut agent = BoxIn::start(&host, folder.path(), "[net]\ntemporary_address = true");
        let taken = wait_for("a temporary address", PATIENCE, || temporary(&host));
        wait_for("an inquiry from there", PATIENCE, || {
            (by_unicast.load(Ordering::Relaxed) > 0).then_some(())
        });

        let pid = Pid::from_raw(i32::try_from(agent.process().pid()).expect("a process id"));
        kill(pid, Signal::SIGTERM).expect("it runs");
        agent.process().wait(Duration::from_secs(20));
        assert_eq!(temporary(&host), None, "given back at the end");

        // Killed, it cannot give it back: the kernel will, and the next start does at once.
        agent.power_on();
        assert_eq!(
            wait_for("the same again", PATIENCE, || temporary(&host)),
            taken
        );
        agent.pull_the_plug();
        assert_eq!(
            temporary(&host),
            Some(taken),
            "still there, for a limited time"
        );

        // Meanwhile it got an owner.
        let owner = Host::new("owner");
        switch.plug(&owner, "eth0");
        owner.ip(&format!("addr add {taken}/24 dev eth0"));
        agent.power_on();
        let other = wait_for("another address", PATIENCE, || {
            temporary(&host).filter(|address| *address != taken)
        });
        println!("first {taken}, then {other}");

        // And an owner that comes later gets it too.
        owner.ip(&format!("addr add {other}/24 dev eth0"));
        owner.enter(|| {
            // Whoever speaks from an address asks for others in its name.
            let socket = UdpSocket::bind((other, 0)).expect("its own");
            let _ = socket.send_to(b"x", (CAMERA, 9));
        });
        wait_for("a third address", PATIENCE, || {
            temporary(&host).filter(|address| ![taken, other].contains(address))
        });
        drop(end);
        running.join().expect("the camera had no complaint");
    });
}
