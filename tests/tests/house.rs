//! The rules of the house, kept by tests and not by good will: which crate may know which, what the pure crates may
//! not touch, and what no committed file may hold.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

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

// ---- Said once --------------------------------------------------------------------------------------------------

#[test]
fn the_oldest_rust_is_said_alike_everywhere() {
    let value = |file: &str, key: &str| {
        read(file)
            .lines()
            .find_map(|line| {
                line.strip_prefix(key)?
                    .trim()
                    .strip_prefix('=')
                    .map(|v| v.trim().to_owned())
            })
            .unwrap_or_else(|| panic!("{file} has no {key}"))
    };
    let oldest = value("Cargo.toml", "rust-version");
    assert_eq!(
        value("clippy.toml", "msrv"),
        oldest,
        "clippy.toml and Cargo.toml differ"
    );
    for name in PURE {
        assert_eq!(
            value(&format!("agent/{name}/clippy.toml"), "msrv"),
            oldest,
            "agent/{name}/clippy.toml differs"
        );
    }
    let plain = oldest.trim_matches('"');
    assert!(
        read("README.md").contains(plain),
        "README.md does not name Rust {plain}"
    );
}

// ---- What no committed file may hold ----------------------------------------------------------------------------

#[test]
fn no_file_looks_outside_the_project() {
    // In pieces, so that this file does not find itself.
    let outside = [
        concat!("/wo", "rk/"),
        concat!("/ro", "ot/"),
        concat!("/ho", "me/"),
        concat!("../sha", "red"),
    ];
    for (path, text) in committed_text() {
        for piece in outside {
            assert!(!text.contains(piece), "{} mentions {piece}", path.display());
        }
    }
}

#[test]
fn no_code_is_left_half_way() {
    let halves = [
        concat!("todo", "!("),
        concat!("unimplemented", "!("),
        concat!("dbg", "!("),
        concat!("FIX", "ME"),
    ];
    for (path, text) in committed_text() {
        if path.extension().is_some_and(|e| e == "rs" || e == "js")
            && !path.starts_with("tests/samples")
        {
            for half in halves {
                assert!(!text.contains(half), "{} holds {half}", path.display());
            }
        }
    }
}

#[test]
fn no_merge_is_left_half_way() {
    for (path, text) in committed_text() {
        for line in text.lines() {
            let mark = ["<<<<<<<", ">>>>>>>"].map(|mark| line.starts_with(&format!("{mark} ")));
            assert!(mark == [false; 2], "{}: {line}", path.display());
        }
    }
}

#[test]
fn links_in_the_docs_lead_somewhere() {
    for (path, text) in
        committed_text().filter(|(path, _)| path.extension().is_some_and(|e| e == "md"))
    {
        let folder = top()
            .join(&path)
            .parent()
            .expect("a file has a folder")
            .to_owned();
        for link in text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
        {
            let target = link
                .split('#')
                .next()
                .expect("split gives one piece at least");
            if !target.is_empty() && !target.contains("://") && !target.starts_with("mailto:") {
                assert!(
                    folder.join(target).exists(),
                    "{}: the link to {link} is dead",
                    path.display()
                );
            }
        }
    }
}

/// `cross` only warns of a word in its file that it does not know: these are the words of version 0.2.5.
#[test]
fn cross_knows_every_word_of_its_file() {
    let deny = read("deny.toml");
    let mut targets = 0;
    for line in read("cross.toml").lines().map(str::trim) {
        if let Some(section) = line
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            match section.strip_prefix("target.") {
                Some(target) => {
                    assert!(
                        deny.contains(&format!("\"{target}\"")),
                        "deny.toml does not judge {target}"
                    );
                    targets += 1;
                }
                None => assert_eq!(section, "build.env", "cross.toml: an unknown section"),
            }
        } else if !line.is_empty() && !line.starts_with('#') {
            let key = line.split('=').next().expect("one piece at least").trim();
            assert!(
                ["passthrough", "volumes"].contains(&key),
                "cross.toml: an unknown word {key}"
            );
        }
    }
    assert_eq!(targets, 3, "one section for each kind of board");
}

/// The fonts inside the binary ask to be named; a family that docs/fonts.md does not know must not slip in.
#[test]
fn every_font_family_has_its_licence_told() {
    let told = read("docs/fonts.md");
    for (path, text) in committed_text().filter(|(path, _)| path.starts_with("agent/view/src")) {
        for name in text.split("u8g2_font_").skip(1) {
            let family: String = name.chars().take_while(char::is_ascii_lowercase).collect();
            let known = [&family[..], &family[..family.len().min(2)]];
            assert!(
                known
                    .iter()
                    .any(|start| told.contains(&format!("`u8g2_font_{start}*`"))),
                "{}: the licence of {family} is not in docs/fonts.md",
                path.display()
            );
        }
    }
}

// ---- Helpers ----------------------------------------------------------------------------------------------------

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the tests crate has a parent")
        .to_owned()
}

fn read(path: &str) -> String {
    std::fs::read_to_string(top().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every committed text file, its path from the top; pictures and other binaries are left out.
fn committed_text() -> impl Iterator<Item = (PathBuf, String)> {
    // safe.directory: the tests may run as another user than the one who cloned.
    let list = run(Command::new("git")
        .args(["-c", "safe.directory=*", "ls-files", "-z"])
        .current_dir(top()));
    let paths: Vec<PathBuf> = list
        .split('\0')
        .filter(|p| !p.is_empty())
        .map(PathBuf::from)
        .collect();
    assert!(paths.len() > 10, "git lists the committed files");
    paths.into_iter().filter_map(|path| {
        let text = std::fs::read_to_string(top().join(&path)).ok()?;
        Some((path, text))
    })
}

/// The names of all crates that a build of the given packages holds on this platform.
fn tree(selection: &[&str]) -> BTreeSet<String> {
    let mut args = vec![
        "tree",
        "--edges",
        "normal,build",
        "--prefix",
        "none",
        "--format",
        "{p}",
    ];
    args.extend(selection);
    cargo(&args)
        .lines()
        .filter_map(|line| line.split(' ').next().map(str::to_owned))
        .collect()
}

fn cargo(args: &[&str]) -> String {
    run(Command::new(env!("CARGO"))
        .args(args)
        .args(["--locked", "--offline"])
        .current_dir(top()))
}

/// Runs clippy over one file by the rules of one folder; whether it passed, and what it said.
fn clippy(file: &Path, rules: &Path, out: &Path) -> (bool, String) {
    // Beside cargo in its toolchain; the name in PATH as a last resort.
    let beside = Path::new(env!("CARGO")).with_file_name("clippy-driver");
    let driver = if beside.exists() {
        beside
    } else {
        "clippy-driver".into()
    };
    let ran = Command::new(driver)
        .args([
            "--edition",
            "2024",
            "--crate-type",
            "lib",
            "--emit",
            "metadata",
            "-A",
            "warnings",
        ])
        .args([
            "-D",
            "clippy::disallowed_methods",
            "-D",
            "clippy::disallowed_types",
        ])
        .args(["-D", "clippy::disallowed_macros"])
        .arg("--out-dir")
        .arg(out)
        .arg("-L")
        .arg(out)
        .arg(file)
        .env("CLIPPY_CONF_DIR", rules)
        .output()
        .expect("clippy is there: rustup component add clippy");
    (
        ran.status.success(),
        String::from_utf8_lossy(&ran.stderr).into_owned(),
    )
}

fn run(command: &mut Command) -> String {
    let ran = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        ran.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&ran.stderr)
    );
    String::from_utf8(ran.stdout).expect("the tool prints UTF-8")
}
