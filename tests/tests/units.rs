//! The units as systemd reads them: no word that it does not understand, and how open each leaves the machine. What they do
//! when systemd really starts them is the matter of `nspawn.rs`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// How open `systemd-analyze security` may find the unit, times ten: alone, as installed, with every choice.
const EXPOSURE: [(&str, &[&str], u32); 3] = [
    ("the unit alone", &[], 14),
    (
        "with raw Ethernet, as installed",
        &["10-raw-ethernet.conf"],
        15,
    ),
    (
        "with every choice",
        &[
            "10-raw-ethernet.conf",
            "any-address.conf",
            "led-class.conf",
            "temporary-address.conf",
        ],
        17,
    ),
];

#[test]
fn systemd_understands_every_word_of_every_unit() {
    let root = Root::new();
    root.add_choices();
    let verify = || {
        systemd_analyze(&[
            "verify",
            "--man=no",
            &root.option(),
            "resetbox.service",
            "resetbox-hotspot.service",
        ])
    };
    let output = verify();
    // It ends with 0 whatever it complains of: only silence is consent.
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{}",
        text(&output.stderr)
    );

    let file = root.system().join("resetbox.service.d/zz.conf");
    std::fs::write(&file, "[Service]\nWatchdogSec=soon\n").expect("the test's own folder");
    let output = verify();
    assert!(
        text(&output.stderr).contains("zz.conf:2"),
        "a bad value must not pass unheard: {}",
        text(&output.stderr)
    );
}

#[test]
fn the_sandbox_leaves_no_more_open_than_is_told() {
    for (what, drop_ins, limit) in EXPOSURE {
        let root = Root::new();
        root.add_choices();
        let folder = root.system().join("resetbox.service.d");
        for entry in std::fs::read_dir(&folder).expect("installed").flatten() {
            if !drop_ins.iter().any(|name| entry.file_name() == **name) {
                std::fs::remove_file(entry.path()).expect("the test's own folder");
            }
        }
        let exposure = |threshold: u32| {
            systemd_analyze(&[
                "security",
                "--offline=true",
                "--no-pager",
                &format!("--threshold={threshold}"),
                &root.option(),
                "resetbox.service",
            ])
        };
        let output = exposure(limit);
        assert!(
            output.status.success() && output.stderr.is_empty(),
            "{what}: more than {limit} tenths: {}{}",
            text(&output.stdout),
            text(&output.stderr)
        );
        // And no less: a smaller number must be told in the unit too.
        assert!(
            !exposure(limit - 1).status.success(),
            "{what} is tighter than this test and the unit's comment say"
        );
    }
}

/// What the tool still counts is named in the unit, as the tool names it, with its cost and the reason; and nothing else is.
#[test]
fn every_line_that_costs_is_told_in_the_unit() {
    let root = Root::new();
    let output = systemd_analyze(&[
        "security",
        "--offline=true",
        "--no-pager",
        "--json=short",
        &root.option(),
        "resetbox.service",
    ]);
    let lines: serde_json::Value =
        serde_json::from_slice(&output.stdout).expect("systemd-analyze prints JSON");
    let costs: BTreeSet<&str> = lines
        .as_array()
        .expect("a list")
        .iter()
        .filter(|line| line["exposure"].is_string())
        .map(|line| line["name"].as_str().expect("each line has a name"))
        .collect();
    let unit = read("systemd/resetbox.service");
    let told = unit.lines().filter_map(|line| {
        let (cost, rest) = line.strip_prefix("#   ")?.split_once("  ")?;
        cost.parse::<f32>().ok()?;
        rest.split_whitespace().next()
    });
    assert_eq!(costs, told.collect());
}

/// Whoever reads the unit must not have to guess.
#[test]
fn every_line_of_the_sandbox_is_explained() {
    for file in [
        "resetbox.service",
        "drop-ins/10-raw-ethernet.conf",
        "choices/any-address.conf",
        "choices/led-class.conf",
        "choices/temporary-address.conf",
    ] {
        let unit = read(&format!("systemd/{file}"));
        let mut explained = true;
        let sandbox = unit
            .lines()
            .skip_while(|line| !line.contains("who it is") && !line.starts_with("# "))
            .take_while(|line| *line != "[Install]");
        for line in sandbox {
            if line.trim().is_empty() {
                explained = false;
            } else if line.starts_with('#') || line.starts_with('[') {
                explained = true;
            } else {
                assert!(explained, "systemd/{file}: no comment above {line}");
            }
        }
    }
    // What is a choice must be installed, or nobody can choose it.
    let install = read("systemd/install");
    for folder in ["drop-ins", "choices", "hotspot"] {
        for entry in std::fs::read_dir(top().join("systemd").join(folder))
            .expect("it exists")
            .flatten()
        {
            let name = format!("{folder}/{}", entry.file_name().to_string_lossy());
            assert!(install.contains(&name), "systemd/install forgets {name}");
        }
    }
}

#[test]
fn the_hotspot_has_a_passphrase_of_its_own_and_hands_out_no_way_to_the_internet() {
    let prepare = |root: &Path, settings: &[(&str, &str)]| {
        Command::new(top().join("systemd/hotspot/hotspot"))
            .arg("prepare")
            .env("ROOT", root)
            .envs(settings.iter().copied())
            .output()
            .expect("a shell runs it")
    };
    let boxes = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
    let mut joins = Vec::new();
    for root in &boxes {
        let root = root.path();
        std::fs::create_dir(root.join("etc")).expect("writable");
        std::fs::write(
            root.join("etc/machine-id"),
            "0123456789abcdef0123456789ABCDEF\n",
        )
        .expect("writable");
        let file = |path: &str| {
            std::fs::read_to_string(root.join(path))
                .unwrap_or_else(|error| panic!("{path}: {error}"))
        };
        let output = prepare(root, &[]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        let passphrase = file("var/lib/resetbox-hotspot/passphrase");
        let passphrase = passphrase.trim();
        assert_eq!(passphrase.len(), 16, "{passphrase}");
        let hostapd = file("run/resetbox-hotspot/hostapd.conf");
        for line in [
            "wpa=2",
            "wpa_key_mgmt=WPA-PSK",
            "rsn_pairwise=CCMP",
            "ssid=resetbox-cdef",
        ] {
            assert!(
                hostapd.lines().any(|l| l == line),
                "{line} is missing: {hostapd}"
            );
        }
        assert!(hostapd.contains(&format!("wpa_passphrase={passphrase}\n")));
        let network = file("run/systemd/network/10-resetbox-hotspot.network");
        for line in [
            "EmitRouter=no",
            "EmitDNS=no",
            "IPForward=no",
            "DHCPServer=yes",
        ] {
            assert!(
                network.lines().any(|l| l == line),
                "{line} is missing: {network}"
            );
        }
        let join = file("run/resetbox-hotspot/join");
        assert_eq!(
            join,
            format!("WIFI:T:WPA;S:resetbox-cdef;P:{passphrase};;\n")
        );
        for secret in [
            "var/lib/resetbox-hotspot/passphrase",
            "run/resetbox-hotspot/hostapd.conf",
        ] {
            use std::os::unix::fs::PermissionsExt;
            let mode = root
                .join(secret)
                .metadata()
                .expect("it is there")
                .permissions()
                .mode();
            assert_eq!(mode & 0o077, 0, "{secret} can be read by others: {mode:o}");
        }
        // A second start keeps it: phones remember a Wi-Fi.
        assert!(prepare(root, &[]).status.success());
        assert_eq!(file("run/resetbox-hotspot/join"), join);
        joins.push(join);
    }
    assert_ne!(joins[0], joins[1], "two boxes share a passphrase");

    for (name, value) in [
        ("SSID", "a;b"),
        ("COUNTRY", "id"),
        ("CHANNEL", "14"),
        ("SSID", "x".repeat(33).as_str()),
    ] {
        let output = prepare(boxes[0].path(), &[(name, value)]);
        assert!(
            !output.status.success() && text(&output.stderr).contains(name),
            "{name}={value} passed"
        );
    }
}

/// A folder with the units and what of a system they refer to.
struct Root(tempfile::TempDir);

impl Root {
    fn new() -> Self {
        let root = Self(tempfile::tempdir().expect("a folder"));
        let status = Command::new(top().join("systemd/install"))
            .arg(root.0.path())
            .status()
            .expect("a shell runs it");
        assert!(status.success());
        for program in ["usr/bin/resetbox", "usr/sbin/hostapd"] {
            use std::os::unix::fs::PermissionsExt;
            let path = root.0.path().join(program);
            std::fs::create_dir_all(path.parent().expect("it has one")).expect("writable");
            std::fs::write(&path, "").expect("writable");
            std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755))
                .expect("our own file");
        }
        // Targets that units depend on by themselves.
        for target in [
            "sysinit.target",
            "basic.target",
            "shutdown.target",
            "network.target",
            "network-pre.target",
            "multi-user.target",
        ] {
            std::fs::write(root.system().join(target), "[Unit]\nDescription=x\n")
                .expect("writable");
        }
        root
    }

    fn option(&self) -> String {
        format!("--root={}", self.0.path().display())
    }

    fn system(&self) -> PathBuf {
        self.0.path().join("usr/lib/systemd/system")
    }

    /// As if the owner had chosen everything.
    fn add_choices(&self) {
        let choices = self.0.path().join("usr/share/resetbox/choices");
        for name in [
            "temporary-address.conf",
            "led-class.conf",
            "any-address.conf",
        ] {
            std::fs::copy(
                choices.join(name),
                self.system().join("resetbox.service.d").join(name),
            )
            .expect("installed");
        }
    }
}

fn systemd_analyze(words: &[&str]) -> Output {
    Command::new("systemd-analyze")
        .args(words)
        .output()
        .unwrap_or_else(|error| panic!("systemd-analyze: {error}: apt-get install systemd"))
}

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the tests crate has a parent")
        .to_owned()
}

fn read(path: &str) -> String {
    std::fs::read_to_string(top().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
