//! What is left of the box's memory, and who can look into it, while a key and a password wait there: nothing, and nobody.

use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use resetbox_plant::{PlantConfig, Profile, WireMode};
use resetbox_tests::agent::BoxIn;
use resetbox_tests::netns::{Host, Switch};
use resetbox_tests::plant::PlantIn;
use resetbox_tests::process::{Running, resetbox, wait_for};
use serde_json::json;

const PASSWORD: &str = "Mrkr+7-Ladder";

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("the folder is there");
    entries
        .map(|entry| entry.expect("readable").path())
        .collect()
}

/// A command that would leave a core file wherever it may.
fn with_cores(words: &str) -> Vec<String> {
    ["sh", "-c", &format!("ulimit -c unlimited; {words}"), "sh"]
        .map(str::to_owned)
        .into()
}

#[test]
fn a_box_that_crashes_with_a_key_in_memory_leaves_no_core_file() {
    for signal in ["SEGV", "ABRT"] {
        let (switch, agent_host, plant_host) =
            (Switch::new(), Host::new("box"), Host::new("plant"));
        for host in [&agent_host, &plant_host] {
            switch.plug(host, "eth0");
        }
        agent_host.ip("addr add 192.168.99.1/24 dev eth0");
        let config = PlantConfig {
            cameras: 1,
            profiles: vec![Profile::Ipc2018],
            wire: WireMode::Raw {
                interface: "eth0".into(),
            },
            ..PlantConfig::default()
        };
        let plant = PlantIn::start(&plant_host, config);
        let folder = tempfile::tempdir().expect("a folder");
        let here = folder.path().display();
        // Somebody without the key in memory crashes the same way: here cores can be had.
        let mut control = Running::start(std::process::Command::new("sh").args([
            "-c",
            &format!("cd {here}; ulimit -c unlimited; exec sleep 60"),
        ]));
        wait_for("sleep", Duration::from_secs(10), || {
            let name = std::fs::read_to_string(format!("/proc/{}/comm", control.pid()));
            name.is_ok_and(|name| name.trim() == "sleep").then_some(())
        });
        kill(signal, control.pid());
        let (status, _) = control.wait(Duration::from_secs(10));
        let cores_here = status.core_dumped();
        for path in files(folder.path()) {
            std::fs::remove_file(path).expect("the control's core");
        }

        let mut agent = BoxIn::start_wrapped(&agent_host, folder.path(), "", |program| {
            let mut wrapped = with_cores(&format!("cd {here}; exec \"$@\""));
            wrapped.push(program.to_owned());
            wrapped
        });
        agent.wait_devices(1, Duration::from_secs(30));
        let id = agent.open_case(&plant.mac(0));
        let key = plant.key(&agent.device_code(&id));
        // Not confirmed: key and password wait in memory.
        let body = json!({ "key": key, "new_password": PASSWORD });
        let path = format!("/api/v1/cases/{id}/key");
        agent
            .client()
            .post(&path, &body)
            .expect("answered")
            .expect(200);
        agent.wait_phase(&id, &["ready"]);
        let pid = agent.process().pid();
        let limits = std::fs::read_to_string(format!("/proc/{pid}/limits")).expect("it runs");
        let cores = limits
            .lines()
            .find(|line| line.starts_with("Max core file size"))
            .expect("a limit");
        let words: Vec<&str> = cores.split_whitespace().collect();
        assert_eq!(words[4..6], ["0", "0"], "{cores}");

        crash(signal, pid);
        let (status, _) = agent.process().wait(Duration::from_secs(10));
        println!("SIG{signal}: cores can be had here: {cores_here}; the box: {status:?}");
        assert!(!status.core_dumped(), "SIG{signal}: {status:?}");
        for path in files(folder.path()) {
            let name = path.display();
            assert!(!name.to_string().contains("core"), "{name}");
            let bytes = std::fs::read(&path).expect("a file");
            for secret in [key.as_str(), PASSWORD] {
                let found = bytes
                    .windows(secret.len())
                    .any(|window| window == secret.as_bytes());
                assert!(!found, "{name} holds a secret");
            }
        }
    }
}

#[test]
fn no_other_process_of_its_user_reads_the_box_s_memory() {
    const USER: u32 = 65_534;
    let host = Host::new("box");
    let folder = tempfile::tempdir().expect("a folder");
    std::os::unix::fs::chown(folder.path(), Some(USER), Some(USER)).expect("root may");
    // The box's program, where that user can read it. Copied by another process: what this one starts meanwhile, for the other
    // test, would hold the copy open for writing for a moment, and then nobody can run it.
    let program = folder.path().join("program");
    let copied = std::process::Command::new("cp")
        .arg(resetbox())
        .arg(&program)
        .status();
    assert!(copied.expect("cp is part of every Debian").success());
    let run_as = |program: &str| -> Vec<String> {
        [
            "setpriv",
            "--reuid=65534",
            "--regid=65534",
            "--clear-groups",
            program,
        ]
        .map(str::to_owned)
        .into()
    };
    let path = program.display().to_string();
    let mut agent = BoxIn::start_wrapped(&host, folder.path(), "", |_| run_as(&path));
    let pid = agent.process().pid();
    let control = Running::start(std::process::Command::new("setpriv").args([
        "--reuid=65534",
        "--regid=65534",
        "--clear-groups",
        "sleep",
        "60",
    ]));
    wait_for("sleep", Duration::from_secs(10), || {
        let name = std::fs::read_to_string(format!("/proc/{}/comm", control.pid()));
        name.is_ok_and(|name| name.trim() == "sleep").then_some(())
    });
    let reads = |pid: u32, file: &str| {
        std::process::Command::new("setpriv")
            .args([
                "--reuid=65534",
                "--regid=65534",
                "--clear-groups",
                "head",
                "-c",
                "1",
            ])
            .arg(format!("/proc/{pid}/{file}"))
            .output()
            .expect("setpriv is there")
            .status
            .success()
    };
    for file in ["maps", "environ", "mem"] {
        if file != "mem" {
            assert!(
                reads(control.pid(), file),
                "an ordinary process shows {file}"
            );
        }
        assert!(!reads(pid, file), "/proc/{pid}/{file}");
        let owner = std::fs::metadata(format!("/proc/{pid}/{file}"))
            .expect("it runs")
            .uid();
        assert_eq!(owner, 0, "not dumpable: {file} belongs to root");
        let owner = std::fs::metadata(format!("/proc/{}/{file}", control.pid()))
            .expect("it runs")
            .uid();
        assert_eq!(owner, USER, "{file}");
    }
}

/// Crashes the box. Rust's own handler takes the first SIGSEGV, looks whether the stack ran over, and lets the next one pass.
fn crash(signal: &str, pid: u32) {
    kill(signal, pid);
    if signal == "SEGV" {
        wait_for("the handler to let go", Duration::from_secs(10), || {
            let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
            let caught = status
                .lines()
                .find_map(|line| line.strip_prefix("SigCgt:"))?;
            let caught = u64::from_str_radix(caught.trim(), 16).ok()?;
            (caught & (1 << (11 - 1)) == 0).then_some(())
        });
        kill(signal, pid);
    }
}

fn kill(signal: &str, pid: u32) {
    let outcome = std::process::Command::new("kill")
        .args([format!("-{signal}"), pid.to_string()])
        .status();
    assert!(outcome.expect("kill is there").success());
}
