//! The rules of the house, kept by tests and not by good will: which crate may know which, what the pure crates may
//! not touch, and what no committed file may hold.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

#[path = "house/committed.rs"]
mod committed;
#[path = "house/tools.rs"]
mod tools;

use tools::{cargo, clippy, committed_text, read, top, tree};

/// The crates without I/O, clock and randomness, from the innermost outward.
const PURE: [&str; 3] = ["sadp", "core", "view"];

// ---- Dependencies point inward ----------------------------------------------------------------------------------

/// Who may know whom inside the workspace, and which crates from outside the pure ones may name. A new name here is a
/// decision: it must do no I/O.
#[test]
fn dependencies_point_inward() {
    type Row = (&'static str, &'static [&'static str], Option<&'static str>);
    let allowed: [Row; 6] = [
        (
            "sadp",
            &[],
            Some("aes base64 ecb encoding_rs md-5 quick-xml rand_core rsa sha2 thiserror zeroize"),
        ),
        (
            "resetbox-core",
            &["sadp"],
            Some("rand_chacha rand_core serde subtle thiserror zeroize"),
        ),
        (
            "resetbox-view",
            &["sadp", "resetbox-core"],
            Some("embedded-graphics qrcode u8g2-fonts"),
        ),
        // The plant reads the protocol from the device's side: it must not learn the box's own mistakes from the core.
        ("resetbox-plant", &["sadp"], None),
        (
            "resetbox",
            &["sadp", "resetbox-core", "resetbox-view", "resetbox-plant"],
            None,
        ),
        ("resetbox-tests", &["sadp", "resetbox-plant"], None),
    ];
    let members = allowed.map(|(name, ..)| name);
    let metadata: serde_json::Value =
        serde_json::from_str(&cargo(&["metadata", "--no-deps", "--format-version", "1"]))
            .expect("cargo metadata prints JSON");
    let packages = metadata["packages"]
        .as_array()
        .expect("metadata lists packages");
    assert_eq!(
        packages.len(),
        members.len(),
        "a crate is missing from the table in this test"
    );

    for (name, inside, outside) in allowed {
        let package = packages
            .iter()
            .find(|p| p["name"] == name)
            .expect("the member exists");
        let dependencies = package["dependencies"]
            .as_array()
            .expect("a list of dependencies");
        for dependency in dependencies
            .iter()
            .filter(|d| d["kind"].is_null() || d["kind"] == "build")
        {
            let to = dependency["name"]
                .as_str()
                .expect("a dependency has a name");
            if members.contains(&to) {
                assert!(inside.contains(&to), "{name} must not depend on {to}");
            } else if let Some(outside) = outside {
                assert!(
                    outside.split(' ').any(|name| name == to),
                    "{name} names {to}, which this test does not list"
                );
            }
        }
    }
}

/// Not even through somebody else's crate does a pure crate reach a runtime, a socket, a file or a process.
#[test]
fn pure_crates_reach_no_shell_crate() {
    let shell = "tokio mio socket2 nix rustix async-io smol axum hyper tower reqwest rumqttc rusqlite rustls tempfile \
                 clap tracing log gpiocdev spidev sd-notify prometheus-client";
    for package in ["sadp", "resetbox-core", "resetbox-view"] {
        let tree = tree(&["-p", package]);
        assert!(
            tree.contains("sadp"),
            "the tree of {package} must at least hold sadp: {tree:?}"
        );
        for shell in shell.split_whitespace() {
            assert!(
                !tree.contains(shell),
                "{package} reaches {shell}: cargo tree -p {package} -i {shell}"
            );
        }
    }
}

/// The simulated cameras and the demo's vendor never reach a box.
#[test]
fn the_boxs_build_holds_no_plant() {
    let demo = tree(&["-p", "resetbox"]);
    let image = tree(&["-p", "resetbox", "--no-default-features"]);
    for name in ["resetbox-plant", "rqrr"] {
        assert!(
            demo.contains(name),
            "the demo build should hold {name}, or this test proves nothing"
        );
        assert!(
            !image.contains(name),
            "--no-default-features must leave {name} out"
        );
    }
}

/// Shells know the bus and the three pure crates, never each other: only `run.rs`, the command line and the demo put
/// them together.
#[test]
fn shells_do_not_know_each_other() {
    const SHELLS: [&str; 7] = ["net", "http", "store", "mqtt", "panel", "buttons", "leds"];
    let mut seen = BTreeSet::new();
    for (path, text) in committed_text() {
        let Ok(inside) = path.strip_prefix("agent/src") else {
            continue;
        };
        let first = inside
            .components()
            .next()
            .expect("a file inside has a name")
            .as_os_str();
        let own = Path::new(first)
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        if SHELLS.contains(&own.as_str()) {
            for other in SHELLS.iter().filter(|other| **other != own).chain(&[
                "run",
                "cli",
                "demo",
                "panel_test",
            ]) {
                assert!(
                    !text.contains(&format!("crate::{other}")),
                    "{} knows crate::{other}",
                    path.display()
                );
            }
            seen.insert(own);
        }
    }
    assert!(
        seen.contains("store"),
        "the shells' names in this test are out of date"
    );
}

// ---- The pure crates stay pure ----------------------------------------------------------------------------------

#[test]
fn pure_crates_share_one_strict_clippy_file() {
    let [first, rest @ ..] = PURE.map(|name| read(&format!("agent/{name}/clippy.toml")));
    for (name, other) in PURE[1..].iter().zip(rest) {
        assert!(
            first == other,
            "agent/sadp/clippy.toml and agent/{name}/clippy.toml differ"
        );
    }
}

#[test]
fn clippy_refuses_every_forbidden_path() {
    let stubs = [
        (
            "rand_core",
            "pub struct OsRng; pub trait SeedableRng { fn from_entropy() where Self: Sized {} } impl SeedableRng for () {}",
        ),
        ("getrandom", "pub fn getrandom() {} pub fn fill() {}"),
        (
            "rand",
            "pub fn thread_rng() {} pub fn random() {} pub fn rng() {} pub mod rngs { pub struct OsRng; pub struct ThreadRng; }",
        ),
    ];
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("house");
    std::fs::create_dir_all(&out).expect("cargo's test folder is writable");
    for (name, text) in stubs {
        std::fs::write(out.join(format!("{name}.rs")), text)
            .expect("cargo's test folder is writable");
        let (ok, said) = clippy(
            &out.join(format!("{name}.rs")),
            &top().join("agent/sadp"),
            &out,
        );
        assert!(ok, "the stub of {name} should compile: {said}");
    }

    for name in PURE {
        let rules = top().join("agent").join(name);
        let forbidden: Vec<String> = read(&format!("agent/{name}/clippy.toml"))
            .lines()
            .filter_map(|line| {
                line.trim()
                    .strip_prefix("{ path = \"")?
                    .split('"')
                    .next()
                    .map(str::to_owned)
            })
            .collect();
        assert!(
            forbidden.len() > 60,
            "agent/{name}/clippy.toml lost its list"
        );

        let (ok, said) = clippy(&top().join("tests/samples/impure.rs"), &rules, &out);
        assert!(!ok, "clippy let the impure sample pass for {name}");
        assert!(
            !said.contains("error[E"),
            "the sample must compile but for clippy: {said}"
        );
        for path in forbidden {
            assert!(
                ["method", "type", "macro"]
                    .iter()
                    .any(|what| said.contains(&format!("use of a disallowed {what} `{path}`"))),
                "clippy does not refuse {path} in {name}: misspelt, or missing in tests/samples/impure.rs"
            );
        }

        let (ok, said) = clippy(&top().join("tests/samples/pure.rs"), &rules, &out);
        assert!(ok, "clippy refused the pure sample for {name}: {said}");
    }
}

#[test]
fn pure_crates_switch_nothing_off() {
    for name in PURE {
        let lib = read(&format!("agent/{name}/src/lib.rs"));
        assert!(
            lib.contains("#![forbid(unsafe_code)]"),
            "agent/{name}/src/lib.rs lacks #![forbid(unsafe_code)]"
        );
        for (path, text) in committed_text() {
            if path.starts_with(format!("agent/{name}/src")) {
                // Clippy sees a unit struct named as a type, not one used as a value.
                assert!(!text.contains("OsRng"), "{} names OsRng", path.display());
                assert!(
                    !text.contains("clippy::disallowed_"),
                    "{} switches a rule of purity off: move what needs it into tests/",
                    path.display()
                );
            }
        }
    }
}

/// One place for unsafe code, so that one reading checks it all.
#[test]
fn unsafe_code_has_one_home_in_the_agent() {
    let homes: Vec<PathBuf> = committed_text()
        .filter(|(path, text)| path.starts_with("agent/src") && text.contains("unsafe {"))
        .map(|(path, _)| path)
        .collect();
    assert!(
        homes.len() <= 1,
        "unsafe code in more than one file: {homes:?}"
    );
}
