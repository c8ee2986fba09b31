//! A reset by the buttons of the box alone: the real binary, its keys pressed one by one, the plant on real sockets, an
//! owner's preset password. Then the panel and a phone at once.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use resetbox_plant::{CameraState, Login, PlantConfig, WebMode};
use resetbox_tests::agent::BoxIn;
use resetbox_tests::netns::Host;
use resetbox_tests::plant::PlantIn;
use resetbox_tests::process::{resetbox, wait_for};
use resetbox_tests::site::{Site, cameras};
use serde_json::{Value, json};

const PRESET: &str = "Owner+Mrkr-77";
const WRONG_KEY: &str = "Mrkr0Wr9";
/// Longer than the 0.8 s of a long press.
const LONG: Duration = Duration::from_millis(1_000);

fn one_camera(plant: &Host) -> PlantIn<'_> {
    PlantIn::start(
        plant,
        PlantConfig {
            web: WebMode::OwnAddresses { port: 80 },
            ..cameras(1)
        },
    )
}

/// Starts a box whose owner has preset a password. It knows no time of day: its status bar would draw another picture with
/// every minute, whatever is pressed.
fn box_with_preset<'a>(host: &'a Host, folder: &Path) -> BoxIn<'a> {
    let preset = folder.join("preset.password");
    std::fs::write(&preset, format!("{PRESET}\n")).expect("the folder is writable");
    std::fs::set_permissions(&preset, std::fs::Permissions::from_mode(0o600)).expect("ours");
    let panel = format!("[panel]\npreset_password_file = {preset:?}");
    let clock = "trust = \"never\"\nask_devices = false";
    let agent = BoxIn::start_with_clock(host, folder, clock, &panel);
    agent.wait_devices(1, Duration::from_secs(30));
    agent
}

/// The hands of a person before the panel, who looks before each press: a page that came by itself takes none at once.
struct Person<'a> {
    agent: &'a BoxIn<'a>,
    presses: u32,
}

impl Person<'_> {
    fn edge(&self, button: &str, edge: &str) {
        let body = json!({ "button": button, "edge": edge });
        let answer = self.agent.client().post("/api/v1/panel/keys", &body);
        answer.expect("answered").expect(200);
    }

    fn press(&mut self, button: &str) {
        self.presses += 1;
        self.agent.press(button);
    }

    /// Presses, and waits for another picture.
    fn press_on(&mut self, button: &str) {
        let before = self.agent.panel();
        self.press(button);
        self.sees_other_than(&before);
    }

    fn hold_ok(&mut self) {
        self.presses += 1;
        self.edge("ok", "pressed");
        std::thread::sleep(LONG);
        self.edge("ok", "released");
    }

    fn sees_other_than(&self, before: &(usize, usize, Vec<u8>)) {
        wait_for("another page", Duration::from_secs(10), || {
            (self.agent.panel() != *before).then_some(())
        });
    }

    /// A page that comes by itself is looked at for a moment.
    fn looks(&self) {
        std::thread::sleep(Duration::from_millis(700));
    }

    /// From the list to the QR.
    fn opens_a_case(&mut self) -> Vec<u8> {
        self.looks();
        self.press_on("ok");
        self.press_on("ok");
        self.hold_ok();
        let code = wait_for("the QR on the panel", Duration::from_secs(30), || {
            self.agent.scan_panel()
        });
        self.looks();
        code
    }

    /// From the QR to the last look before sending.
    fn prepares(&mut self, key: &str) {
        self.press_on("ok");
        for character in key.chars() {
            for row in rows_of(character) {
                self.press_on(["up", "ok", "down"][row]);
            }
        }
        self.press_on("ok");
        // The owner's password stands there already.
        self.press_on("ok");
    }
}

/// The rows to press for a character: capitals, small letters and digits are divided by three until one is left. The last
/// third of the digits ends with "done".
fn rows_of(character: char) -> Vec<usize> {
    let kinds: [Vec<char>; 3] = [
        ('A'..='Z').collect(),
        ('a'..='z').collect(),
        ('0'..='9').chain(['\u{2713}']).collect(),
    ];
    let kind = kinds.iter().position(|kind| kind.contains(&character));
    let mut presses = vec![kind.expect("a letter or a digit")];
    let mut rest = kinds[presses[0]].clone();
    while rest.len() > 1 {
        let at = rest.iter().position(|it| *it == character);
        let at = at.expect("it was there before");
        let first = rest.len().div_ceil(3);
        let second = first + (rest.len() - first).div_ceil(2);
        let (row, part) = match at {
            at if at < first => (0, 0..first),
            at if at < second => (1, first..second),
            _ => (2, second..rest.len()),
        };
        presses.push(row);
        rest = rest[part].to_vec();
    }
    presses
}

fn camera(plant: &PlantIn<'_>) -> CameraState {
    plant.camera(0).expect("there")
}

fn only_case(agent: &BoxIn<'_>) -> Value {
    let cases = agent.client().json("/api/v1/cases");
    let all = cases.as_array().expect("a list");
    assert_eq!(all.len(), 1, "{cases}");
    all[0].clone()
}

#[test]
fn a_whole_reset_with_a_wrong_key_first_and_the_owners_password() {
    let site = Site::new();
    let plant = one_camera(&site.plant);
    let folder = tempfile::tempdir().expect("a folder");
    let mut agent = box_with_preset(&site.agent, folder.path());
    let mut person = Person {
        agent: &agent,
        presses: 0,
    };
    let device_code = person.opens_a_case();
    assert!(person.presses <= 5, "{} presses to the QR", person.presses);
    let key = plant.key(&device_code);

    // A wrong key: sent once, refused, told with its tries, and never sent again by itself.
    person.prepares(WRONG_KEY);
    assert_eq!(camera(&plant).counters.resets, 0, "nothing was confirmed");
    let last_look = agent.panel();
    person.hold_ok();
    let id = only_case(&agent)["id"].as_str().expect("an id").to_owned();
    let case = wait_for("the refusal", Duration::from_secs(30), || {
        let case = agent.case(&id);
        (!case["problem"].is_null()).then_some(case)
    });
    assert_eq!(case["problem"]["tries_left"], 4, "{case}");
    person.sees_other_than(&last_look);
    person.looks();
    let refused = agent.panel();
    assert_eq!(agent.scan_panel(), None, "the refusal is shown, not the QR");
    std::thread::sleep(Duration::from_secs(3));
    assert!(agent.panel() == refused, "it stays until it was read");
    assert_eq!(camera(&plant).counters.resets, 1, "sent once");

    // Ok leads to typing it anew.
    person.prepares(&key);
    person.hold_ok();
    agent.wait_phase(&id, &["done"]);
    let state = camera(&plant);
    assert_eq!(
        (state.counters.exports, state.counters.resets),
        (1, 2),
        "asked once, sent once for each confirmation"
    );
    site.plant
        .ip(&format!("addr add {}/32 dev lo", state.address));
    assert_eq!(plant.login(0, PRESET), Login::Accepted);
    assert_eq!(plant.login(0, "some-0ther-password"), Login::Refused);

    // The owner's password stands in his file and nowhere else.
    let said = agent.pull_the_plug();
    assert!(!said.contains(PRESET) && !said.contains(WRONG_KEY) && !said.contains(&key));
    for entry in std::fs::read_dir(folder.path()).expect("the folder is there") {
        let path = entry.expect("readable").path();
        if path.ends_with("preset.password") {
            continue;
        }
        let bytes = std::fs::read(&path).expect("a file");
        let holds = bytes
            .windows(PRESET.len())
            .any(|part| part == PRESET.as_bytes());
        assert!(!holds, "{} holds the password", path.display());
    }
}

#[test]
fn panel_and_phone_at_once_cause_one_transmission() {
    let site = Site::new();
    let plant = one_camera(&site.plant);
    let folder = tempfile::tempdir().expect("a folder");
    let agent = box_with_preset(&site.agent, folder.path());
    let mut person = Person {
        agent: &agent,
        presses: 0,
    };
    let device_code = person.opens_a_case();
    let key = plant.key(&device_code);
    let id = only_case(&agent)["id"].as_str().expect("an id").to_owned();
    let serial = camera(&plant).serial;
    person.prepares(&key);

    // The phone sends in the very moment in which the long press ends.
    let (path, client) = (format!("/api/v1/cases/{id}/key"), agent.client());
    let body = json!({ "key": key, "new_password": "Phone+Mrkr-8", "confirm": serial });
    let phone = std::thread::scope(|scope| {
        let phone = scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(800));
            client.post(&path, &body).expect("answered").status
        });
        person.hold_ok();
        phone.join().expect("no panic")
    });
    agent.wait_phase(&id, &["done"]);
    // Time for a second one to leave, if there were one.
    std::thread::sleep(Duration::from_secs(3));
    let state = camera(&plant);
    assert_eq!(state.counters.resets, 1, "the phone was told {phone}");
    site.plant
        .ip(&format!("addr add {}/32 dev lo", state.address));
    let (won, lost) = match phone {
        200 => ("Phone+Mrkr-8", PRESET),
        _ => (PRESET, "Phone+Mrkr-8"),
    };
    assert_eq!(
        plant.login(0, won),
        Login::Accepted,
        "the phone was told {phone}"
    );
    assert_eq!(plant.login(0, lost), Login::Refused);
}

#[test]
fn a_preset_that_others_may_read_is_refused_and_told() {
    let host = Host::new("box");
    let folder = tempfile::tempdir().expect("a folder");
    let preset = folder.path().join("preset.password");
    std::fs::write(&preset, format!("{PRESET}\n")).expect("the folder is writable");
    std::fs::set_permissions(&preset, std::fs::Permissions::from_mode(0o644)).expect("ours");
    let panel = format!("[panel]\npreset_password_file = {preset:?}");
    let mut agent = BoxIn::start(&host, folder.path(), &panel);
    let alerts = agent.state()["alerts"].to_string();
    let said = agent.pull_the_plug();
    let config = folder.path().join("resetbox.toml");
    let check = std::process::Command::new(resetbox())
        .arg("check-config")
        .arg(&config)
        .output()
        .expect("it runs");
    assert!(!check.status.success());
    let checked = String::from_utf8_lossy(&check.stderr).into_owned();
    for words in [&alerts, &said, &checked] {
        assert!(words.contains("preset_password_file"), "{words}");
        assert!(words.contains(&preset.display().to_string()), "{words}");
        assert!(words.contains("chmod 600"), "{words}");
        assert!(!words.contains(PRESET), "{words}");
    }
    let place = format!("{}:", config.display());
    assert!(checked.starts_with(&place), "line and column: {checked}");
}
