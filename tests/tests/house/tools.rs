//! What the tests of the house read and run.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

pub(super) fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the tests crate has a parent")
        .to_owned()
}

pub(super) fn read(path: &str) -> String {
    std::fs::read_to_string(top().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every committed text file, its path from the top; pictures and other binaries are left out.
pub(super) fn committed_text() -> impl Iterator<Item = (PathBuf, String)> {
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
pub(super) fn tree(selection: &[&str]) -> BTreeSet<String> {
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

pub(super) fn cargo(args: &[&str]) -> String {
    run(Command::new(env!("CARGO"))
        .args(args)
        .args(["--locked", "--offline"])
        .current_dir(top()))
}

/// Runs clippy over one file by the rules of one folder; whether it passed, and what it said.
pub(super) fn clippy(file: &Path, rules: &Path, out: &Path) -> (bool, String) {
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

pub(super) fn run(command: &mut Command) -> String {
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
