//! The Debian package and the program for ARM boards: what is in them, what they need, and that the program really runs there
//! (under qemu-user). What happens on a system is the matter of `nspawn.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use resetbox_tests::debian::package;
use resetbox_tests::process::{Running, resetbox, resetbox_arm64, wait_for};

#[test]
fn the_arm_program_runs() {
    let folder = tempfile::tempdir().expect("a folder");
    let example = top().join("agent/resetbox.example.toml");
    let arm = |arguments: &[&str]| {
        run(Command::new("qemu-aarch64-static")
            .args(["-L", "/usr/aarch64-linux-gnu"])
            .arg(resetbox_arm64())
            .args(arguments))
    };
    assert_eq!(
        arm(&["--version"]).trim(),
        format!("resetbox {}", env!("CARGO_PKG_VERSION"))
    );
    assert!(arm(&["check-config", path(&example)]).contains("no mistakes"));
    let words = arm(&["--help"]);
    assert!(
        !words.contains("demo"),
        "the boards' program holds the demo: {words}"
    );

    // The same pictures, bit for bit, as on this machine: drawing, fonts and QR do not depend on the processor. An emulated
    // processor takes seconds for each: the first few are enough.
    let mut emulated = Command::new("qemu-aarch64-static");
    emulated
        .args(["-L", "/usr/aarch64-linux-gnu"])
        .arg(resetbox_arm64());
    let there = first_pictures(emulated, &folder.path().join("there"));
    let here = first_pictures(Command::new(resetbox()), &folder.path().join("here"));
    let mut same = 0;
    for (name, picture) in there {
        if let Some(other) = here.get(&name) {
            assert!(
                picture == *other,
                "the ARM program draws {name:?} otherwise"
            );
            same += 1;
        }
    }
    assert!(same > 3, "{same} pictures that both drew");
}

#[test]
fn the_package_is_whole_needs_no_newer_library_and_is_made_alike_twice() {
    let program = resetbox_arm64();
    let folders = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
    let [first, second] = folders
        .each_ref()
        .map(|folder| package("arm64", &program, None, folder.path()));
    assert!(
        std::fs::read(&first).ok() == std::fs::read(&second).ok(),
        "two builds differ"
    );

    let name = first
        .file_name()
        .expect("a file")
        .to_string_lossy()
        .into_owned();
    assert_eq!(
        name,
        format!("resetbox_{}-1_arm64.deb", env!("CARGO_PKG_VERSION"))
    );
    let changelog = read("package/changelog");
    assert!(
        changelog.starts_with(&format!("resetbox ({}-1)", env!("CARGO_PKG_VERSION"))),
        "package/changelog begins with another version"
    );

    let list = run(Command::new("dpkg-deb").arg("-c").arg(&first));
    for file in [
        "./usr/bin/resetbox",
        "./etc/resetbox/resetbox.toml",
        "./usr/share/man/man1/resetbox.1.gz",
        "./usr/share/bash-completion/completions/resetbox",
        "./usr/lib/systemd/system/resetbox.service",
    ] {
        assert!(
            list.lines().any(|line| line.ends_with(file)),
            "{file} is missing: {list}"
        );
    }
    assert!(
        list.lines().all(|line| line.contains(" root/root ")),
        "{list}"
    );

    let depends = run(Command::new("dpkg-deb")
        .arg("-f")
        .arg(&first)
        .arg("Depends"));
    let declared = depends
        .split("libc6 (>= ")
        .nth(1)
        .and_then(|rest| rest.split(')').next())
        .expect("a version of libc6");
    let needed = run(Command::new("readelf").args(["-V", "--wide"]).arg(&program));
    let newest = needed
        .split("GLIBC_")
        .skip(1)
        .filter_map(|rest| match rest.split([' ', ')', '\n']).next()? {
            // glibc's mark for programs with a bitmap of addresses to move: since 2.36.
            "ABI_DT_RELR" => version("2.36"),
            number => version(number),
        })
        .max()
        .expect("the program names versions of the C library");
    assert!(
        version(declared).is_some_and(|declared| declared >= newest),
        "declared {declared}, needed {newest:?}"
    );

    // That a first upload to Debian closes a request for the package is nothing for a package made elsewhere.
    let said = run(Command::new("lintian")
        .args([
            "--allow-root",
            "--fail-on",
            "none",
            "--tag-display-limit",
            "0",
            "--suppress-tags",
            "initial-upload-closes-no-bugs",
        ])
        .arg(&first));
    let tags: Vec<&str> = said
        .lines()
        .filter(|line| line.starts_with("E:") || line.starts_with("W:"))
        .collect();
    assert!(tags.is_empty(), "{said}");
}

/// The first pictures that `screens` writes; it is ended then.
fn first_pictures(mut program: Command, folder: &Path) -> BTreeMap<OsString, Vec<u8>> {
    let mut drawing = Running::start(program.args(["screens", "--out", path(folder)]));
    // The smallest panel comes first.
    let folder = folder.join("128x128");
    let names = || -> BTreeSet<OsString> {
        let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
        entries.map(|entry| entry.file_name()).collect()
    };
    wait_for("ten pictures", Duration::from_secs(900), || {
        (names().len() >= 10).then_some(())
    });
    drawing.kill();
    names()
        .into_iter()
        .map(|name| {
            let picture = std::fs::read(folder.join(&name)).expect("it was there a moment ago");
            (name, picture)
        })
        // The newest may not be whole: its last chunk is missing.
        .filter(|(_, picture)| picture.ends_with(b"IEND\xaeB`\x82"))
        .collect()
}

/// The package and the image must put the same files at the same places.
#[test]
fn the_table_of_the_package_and_the_install_script_agree() {
    let folder = tempfile::tempdir().expect("a folder");
    run(Command::new(top().join("systemd/install")).arg(folder.path()));
    let metadata = run(Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--locked",
            "--offline",
            "--no-deps",
            "--format-version",
            "1",
        ])
        .current_dir(top()));
    let metadata: serde_json::Value = serde_json::from_str(&metadata).expect("cargo prints JSON");
    let packages = metadata["packages"].as_array().expect("a list");
    let table = packages
        .iter()
        .find(|package| package["name"] == "resetbox")
        .expect("it is there");
    let mut installed = 0;
    for asset in table["metadata"]["deb"]["assets"]
        .as_array()
        .expect("a table of assets")
    {
        let [from, to, mode] = [0, 1, 2].map(|column| asset[column].as_str().expect("a text"));
        let Some(source) = from.strip_prefix("../systemd/") else {
            continue;
        };
        installed += 1;
        use std::os::unix::fs::PermissionsExt;
        let file = folder.path().join(to);
        let there = std::fs::read(&file)
            .unwrap_or_else(|error| panic!("systemd/install puts no {to}: {error}"));
        assert!(
            there == std::fs::read(top().join("systemd").join(source)).expect("an asset exists"),
            "{to} is another file"
        );
        let permissions = file.metadata().expect("read above").permissions().mode() & 0o777;
        assert_eq!(format!("{permissions:o}"), mode, "{to}");
    }
    let script = read("systemd/install");
    let put = script
        .lines()
        .filter(|line| line.starts_with("put "))
        .count();
    assert_eq!(
        put, installed,
        "systemd/install puts a file that the package does not"
    );
}

fn version(text: &str) -> Option<(u32, u32)> {
    let (major, minor) = text.trim().split_once('.')?;
    Some((major.parse().ok()?, minor.split('.').next()?.parse().ok()?))
}

fn path(path: &Path) -> &str {
    path.to_str()
        .expect("the test's own folder has a plain name")
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

/// What the command printed.
fn run(command: &mut Command) -> String {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}: ./x setup installs it"));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{command:?}: {said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    said
}
