//! The Debian package in a clean Debian that systemd really boots: installed, kept in its sandbox, killed, hung, upgraded,
//! removed and purged, with a case open all the while.

use std::collections::BTreeSet;
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use resetbox_plant::{PlantConfig, Profile, WebMode, WireMode};
use resetbox_tests::agent::BoxIn;
use resetbox_tests::debian::{Machine, package};
use resetbox_tests::netns::{Host, Switch};
use resetbox_tests::plant::PlantIn;
use resetbox_tests::process::{resetbox, wait_for};

const UNIT: &str = "resetbox.service";

#[test]
fn the_package_guards_a_case_through_everything_and_leaves_nothing_behind() {
    let (switch, host, phone, plant_host) = (
        Switch::new(),
        Host::new("box"),
        Host::new("phone"),
        Host::new("plant"),
    );
    for host in [&host, &phone, &plant_host] {
        switch.plug(host, "eth0");
    }
    host.ip("addr add 192.168.99.1/24 dev eth0");
    host.ip("addr add 203.0.113.1/24 dev eth0");
    phone.ip("addr add 192.168.99.2/24 dev eth0");
    phone.ip("addr add 203.0.113.2/24 dev eth0");
    let plant = PlantIn::start(
        &plant_host,
        PlantConfig {
            cameras: 1,
            profiles: vec![Profile::Ipc2018],
            wire: WireMode::Raw {
                interface: "eth0".into(),
            },
            web: WebMode::Off,
            ..PlantConfig::default()
        },
    );
    let mac = plant.camera(0).expect("there is one").mac;
    let packages = tempfile::tempdir().expect("a folder");
    let first = package("amd64", &resetbox(), Some("0.1.0-1"), packages.path());
    let second = package("amd64", &resetbox(), Some("0.1.0-2"), packages.path());

    let machine = Machine::boot(&host);
    let before = files(machine.root());
    let install = |package: &Path| {
        let name = package
            .file_name()
            .expect("a file")
            .to_string_lossy()
            .into_owned();
        std::fs::copy(package, machine.root().join("var/tmp").join(&name)).expect("copied");
        machine.sh(&format!("dpkg -i /var/tmp/{name} && rm /var/tmp/{name}"));
    };

    // A panel of which no driver is there: two nodes of its kinds, and one of another.
    machine.sh("mknod -m 666 /dev/spidev0.0 c 153 0 && mknod -m 666 /dev/gpiochip0 c 153 9 && mknod -m 666 /dev/fuse c 10 229");

    // Installed: it runs at once, and systemd has nothing to complain of.
    install(&first);
    let pid = machine.main_pid(UNIT);
    for unit in [UNIT, "resetbox-hotspot.service"] {
        let verify = machine
            .command(&format!("systemd-analyze verify --man=no {unit}"))
            .output()
            .expect("run");
        let complaints = String::from_utf8_lossy(&verify.stderr).into_owned();
        // The one thing that a clean system lacks.
        let complaints = complaints.replace("resetbox-hotspot.service: Command /usr/sbin/hostapd is not executable: No such file or directory\n", "");
        assert_eq!(complaints, "", "{unit}");
    }
    assert_eq!(machine.sh("systemctl is-enabled resetbox"), "enabled");
    assert_ne!(
        machine
            .command("systemctl is-enabled resetbox-hotspot")
            .output()
            .expect("run")
            .status
            .code(),
        Some(0)
    );
    the_sandbox_holds(&machine, pid);
    only_near_addresses_reach_it(&phone);
    a_late_driver_starts_it_anew(&machine);

    // A case is opened.
    machine.sh("sed -i '/^\\[box\\]/a pin_file = \"/run/resetbox/pin\"' /etc/resetbox/resetbox.toml && systemctl restart resetbox");
    machine.main_pid(UNIT);
    let run = machine.seen_by(machine.leader(), "/run/resetbox");
    let mut agent = BoxIn::attach(&host, &run, "http://127.0.0.1");
    agent.wait_devices(1, Duration::from_secs(60));
    let case = agent.open_case(&mac);
    let code = agent.device_code(&case);
    let mut still_there = |what: &str| {
        machine.main_pid(UNIT);
        agent.enter();
        assert_eq!(agent.case(&case)["phase"], "awaiting", "{what}");
        assert_eq!(agent.device_code(&case), code, "{what}");
    };

    // Killed: systemd starts it again.
    let pid = machine.main_pid(UNIT);
    // main: looking for others beside a process that is just dying, systemd may read its number as 0 and complain.
    machine.sh("systemctl kill --kill-whom=main --signal=KILL resetbox");
    wait_for("a new process", Duration::from_secs(60), || {
        (machine.main_pid(UNIT) != pid).then_some(())
    });
    assert_eq!(machine.property(UNIT, "NRestarts"), "1");
    still_there("after SIGKILL");

    // Hung: the watchdog ends it, and systemd starts it again.
    let drop_in = "/run/systemd/system/resetbox.service.d";
    machine.sh(&format!(
        "mkdir -p {drop_in} && printf '[Service]\\nWatchdogSec=10\\n' > {drop_in}/soon.conf && systemctl daemon-reload && systemctl restart resetbox"
    ));
    let pid = machine.main_pid(UNIT);
    machine.sh("systemctl kill --kill-whom=main --signal=STOP resetbox");
    wait_for("a new process", Duration::from_secs(60), || {
        let restarts = machine.property(UNIT, "NRestarts");
        (restarts == "1" && machine.main_pid(UNIT) != pid).then_some(())
    });
    let journal = machine.sh("journalctl -b -u resetbox --no-pager");
    assert!(journal.contains("Watchdog timeout"), "{journal}");
    still_there("after the watchdog");
    machine.sh(&format!(
        "rm {drop_in}/soon.conf && systemctl daemon-reload"
    ));

    // Upgraded: another process, the same case and the owner's settings.
    let pid = machine.main_pid(UNIT);
    install(&second);
    assert_ne!(
        machine.main_pid(UNIT),
        pid,
        "the upgrade left the old program running"
    );
    still_there("after the upgrade");
    assert_eq!(
        plant.camera(0).expect("there is one").counters.exports,
        1,
        "the device was asked again"
    );

    // Removed and installed again: what was open is open.
    machine.sh("dpkg -r resetbox");
    assert!(!machine.root().join("usr/bin/resetbox").exists());
    assert_eq!(
        machine.sh("systemctl is-active resetbox || true"),
        "inactive"
    );
    assert!(
        machine.root().join("var/lib/resetbox/resetbox.db").exists(),
        "remove must keep the state"
    );
    install(&second);
    still_there("after it was removed and installed again");

    // Purged: only what Debian itself writes down about packages and users.
    machine.sh("dpkg -P resetbox");
    let left: Vec<PathBuf> = files(machine.root())
        .difference(&before)
        .filter(|path| {
            let keeps = [
                "etc/passwd",
                "etc/group",
                "etc/shadow",
                "etc/gshadow",
                "etc/.pwd.lock",
                "var/lib/dpkg",
                "var/lib/systemd",
                "var/log",
                "var/cache",
                // A copy of dpkg's own lists, made at midnight.
                "var/backups",
            ];
            !keeps
                .iter()
                .any(|start| path.to_string_lossy().starts_with(start))
        })
        .cloned()
        .collect();
    assert!(left.is_empty(), "purge left {left:?}");
}

/// What the kernel says of the process, not what the unit promises.
fn the_sandbox_holds(machine: &Machine, pid: u32) {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
    let value = |name: &str| {
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.unwrap_or_else(|| panic!("{name} in {status}"))
            .split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let passwd = std::fs::read_to_string(machine.root().join("etc/passwd")).expect("Debian has it");
    let user = passwd
        .lines()
        .find(|line| line.starts_with("resetbox:"))
        .expect("sysusers made it");
    let uid = user.split(':').nth(2).expect("a number");
    assert!(
        uid != "0" && value("Uid").iter().all(|own| own == uid),
        "{status}"
    );
    assert_eq!(value("NoNewPrivs"), ["1"]);
    assert_eq!(value("Seccomp"), ["2"], "no filter of system calls");
    // CAP_NET_BIND_SERVICE and CAP_NET_RAW, and not one more.
    for set in ["CapEff", "CapPrm", "CapBnd"] {
        assert_eq!(value(set), ["0000000000002400"], "{set}");
    }
    // Even root could not write in there: the mounts themselves are read-only.
    for folder in [
        "/etc", "/usr", "/usr/lib", "/usr/bin", "/var/lib", "/srv", "/boot",
    ] {
        let file = machine.seen_by(pid, folder).join("x");
        let error = std::fs::write(&file, "").expect_err(folder);
        assert_eq!(
            error.kind(),
            std::io::ErrorKind::ReadOnlyFilesystem,
            "{folder}: {error}"
        );
    }
    let mounts = std::fs::read_to_string(format!("/proc/{pid}/mountinfo")).expect("it runs");
    // Of a place with several mounts the last one counts.
    let options = |place: &str| {
        let line = mounts
            .lines()
            .rfind(|line| line.split(' ').nth(4) == Some(place));
        let line = line.unwrap_or_else(|| panic!("nothing is mounted at {place}: {mounts}"));
        line.split(' ').nth(5).expect("mount options").to_owned()
    };
    for place in [
        "/var/lib/resetbox",
        "/run/resetbox",
        "/tmp",
        "/var/tmp",
        "/dev/shm",
    ] {
        assert!(
            options(place).contains("noexec"),
            "{place}: {}",
            options(place)
        );
    }
    let state = machine
        .seen_by(pid, "/var/lib/resetbox")
        .metadata()
        .expect("StateDirectory made it");
    assert_eq!(
        (state.mode() & 0o777, state.uid().to_string().as_str()),
        (0o700, uid)
    );
    // CAP_NET_RAW is not only there: it was used.
    let packet = std::fs::read_to_string(format!("/proc/{pid}/net/packet")).expect("it runs");
    assert!(packet.lines().count() > 1, "no packet socket: {packet}");
    // Devices: those of a panel in a /dev of its own, ...
    for (node, there) in [("spidev0.0", true), ("gpiochip0", true), ("fuse", false)] {
        let path = machine.seen_by(pid, &format!("/dev/{node}"));
        assert_eq!(path.exists(), there, "{node}");
    }
    // ... and a list that the kernel keeps, for whoever is in the unit's group of processes. ENXIO: it was let through to a
    // driver that is not there.
    for (node, words) in [
        ("spidev0.0", "No such device or address"),
        ("fuse", "Operation not permitted"),
    ] {
        let opened = machine
            .command(&format!(
                "echo $$ > /sys/fs/cgroup/system.slice/{UNIT}/cgroup.procs && exec head -c1 /dev/{node}"
            ))
            .output()
            .expect("run");
        let said = String::from_utf8_lossy(&opened.stderr).into_owned();
        assert!(said.contains(words), "{node}: {said}");
    }
}

/// Its /dev is made when it starts: udev has it started anew for a node that it lacks, and for no other.
fn a_late_driver_starts_it_anew(machine: &Machine) {
    let pid = machine.main_pid(UNIT);
    // It has the first already; the second is none of a panel's; the third is no node.
    for node in ["spidev0.0", "fuse", "gpiochip512"] {
        machine.sh(&format!("/usr/lib/resetbox/late-panel {node}"));
        // Whatever was queued has begun when systemd answers this.
        machine.sh("systemctl start resetbox");
        assert_eq!(machine.main_pid(UNIT), pid, "{node}");
    }
    machine.sh("mknod -m 666 /dev/spidev0.1 c 153 1 && /usr/lib/resetbox/late-panel spidev0.1");
    let pid = wait_for("a new process", Duration::from_secs(60), || {
        let now = machine.main_pid(UNIT);
        (now != pid).then_some(now)
    });
    assert!(machine.seen_by(pid, "/dev/spidev0.1").exists());
}

/// The list of addresses is kept by the kernel too.
fn only_near_addresses_reach_it(phone: &Host) {
    let reaches = |address: &str| {
        let address: SocketAddr = address.parse().expect("an address");
        phone.enter(|| TcpStream::connect_timeout(&address, Duration::from_secs(3)).is_ok())
    };
    wait_for("the phone page", Duration::from_secs(30), || {
        reaches("192.168.99.1:80").then_some(())
    });
    assert!(!reaches("203.0.113.1:80"), "a public address was let in");
}

/// Every file and folder of a root where packages put something.
fn files(root: &Path) -> BTreeSet<PathBuf> {
    let mut all = BTreeSet::new();
    let mut waiting: Vec<PathBuf> = ["etc", "usr", "var", "opt"]
        .map(|name| root.join(name))
        .into();
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                waiting.push(path.clone());
            }
            all.insert(path.strip_prefix(root).expect("below it").into());
        }
    }
    all
}
