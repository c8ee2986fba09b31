//! The whole job: the real binary in one network namespace, the plant in another, a bridge between.

use std::time::Duration;

use resetbox_plant::{AnswerMode, Login, PlantConfig, Subnet, WebMode};
use resetbox_tests::agent::BoxIn;
use resetbox_tests::plant::PlantIn;
use resetbox_tests::process::wait_for;
use resetbox_tests::site::{Site, cameras, kind};
use serde_json::json;

const PASSWORD: &str = "Ladder+7-Bolts";

fn subnets(list: &[&str]) -> Vec<Subnet> {
    list.iter()
        .map(|text| text.parse().expect("a subnet"))
        .collect()
}

/// Cameras that answer to a typed key, each from its own address.
fn typed_key_cameras(count: usize) -> PlantConfig {
    PlantConfig {
        web: WebMode::OwnAddresses { port: 80 },
        ..cameras(count)
    }
}

#[test]
fn from_254_cameras_on_four_foreign_subnets_to_the_new_password() {
    let site = Site::new();
    let config = PlantConfig {
        subnets: subnets(&[
            "192.168.1.0/24",
            "192.0.0.0/24",
            "10.7.0.0/16",
            "172.20.5.0/24",
        ]),
        ..typed_key_cameras(254)
    };
    let plant = PlantIn::start(&site.plant, config);
    let folder = tempfile::tempdir().expect("a folder");
    let agent = BoxIn::start(&site.agent, folder.path(), "");
    agent.wait_devices(254, Duration::from_secs(30));

    // By the panel: the first camera of the list, "forgot password", the QR.
    let first = agent.state()["devices"][0].clone();
    let (mac, serial) = (
        first["mac"].as_str().expect("a MAC"),
        first["serial"].as_str().expect("a serial"),
    );
    let id = agent.open_case(mac);
    let device_code = agent.device_code(&id);
    let scanned = wait_for("the QR on the panel", Duration::from_secs(30), || {
        agent.scan_panel().or_else(|| {
            agent.press("ok");
            None
        })
    });
    assert_eq!(
        scanned, device_code,
        "the QR holds the device code byte for byte"
    );

    let camera = (plant.cameras().iter())
        .position(|state| state.serial == serial)
        .expect("a camera of the plant");
    agent
        .send_key(&id, &plant.key(&scanned), PASSWORD, serial)
        .expect("answered")
        .expect(200);
    assert_eq!(agent.case(&id)["phase"], "done");

    let state = plant.camera(camera).expect("there");
    assert_eq!(
        (state.counters.exports, state.counters.resets),
        (1, 1),
        "asked once, sent once"
    );
    site.plant
        .ip(&format!("addr add {}/32 dev lo", state.address));
    assert_eq!(plant.login(camera, PASSWORD), Login::Accepted);
    assert_eq!(plant.login(camera, "some-0ther-password"), Login::Refused);
}

#[test]
fn a_restart_of_the_camera_voids_the_case_within_a_minute() {
    let site = Site::new();
    let plant = PlantIn::start(&site.plant, typed_key_cameras(3));
    let folder = tempfile::tempdir().expect("a folder");
    let agent = BoxIn::start(&site.agent, folder.path(), "");
    agent.wait_devices(3, Duration::from_secs(30));
    let id = agent.open_case(&plant.mac(1));
    std::thread::sleep(Duration::from_secs(3));
    plant.reboot(1).expect("there");
    let case = agent.wait_phase(&id, &["void"]);
    assert_eq!(kind(&case["problem"]), "rebooted", "{case}");
    agent
        .send_key(&id, "A1b2C3d4", PASSWORD, "any")
        .expect("answered")
        .expect(410);
    assert_eq!(plant.camera(1).expect("there").counters.resets, 0);
}

#[test]
fn a_second_export_by_another_client_is_told() {
    let site = Site::new();
    let plant = PlantIn::start(&site.plant, typed_key_cameras(2));
    let folder = tempfile::tempdir().expect("a folder");
    let agent = BoxIn::start(&site.agent, folder.path(), "");
    agent.wait_devices(2, Duration::from_secs(30));

    // Heard: the camera's answer to the other client goes to the group. Anybody could have forged it,
    // so the case is not thrown away, but no try is spent on a key that is probably void.
    let camera = plant.camera(0).expect("there");
    let id = agent.open_case(&plant.mac(0));
    let key_of_old_code = plant.key(&agent.device_code(&id));
    plant.export_by_other(0).expect("there");
    let case = wait_for("the doubt", Duration::from_secs(60), || {
        let case = agent.case(&id);
        (!case["doubt"].is_null()).then_some(case)
    });
    assert_eq!(kind(&case["doubt"]), "re-exported", "{case}");
    let refused = agent
        .send_key(&id, &key_of_old_code, PASSWORD, &camera.serial)
        .expect("answered");
    assert_eq!(
        kind(&refused.json()),
        "insist-re-exported",
        "{}",
        refused.json()
    );
    let case = agent.case(&id);
    assert_eq!(case["insist_because"], "re-exported", "{case}");
    assert_eq!(
        plant.camera(0).expect("there").counters.resets,
        0,
        "no try was spent"
    );

    // Not heard: a camera whose open request is over says so when the key comes.
    let camera = plant.camera(1).expect("there");
    plant
        .set_options(1, |options| options.answer_mode = AnswerMode::Unicast)
        .expect("there");
    let id = agent.open_case(&plant.mac(1));
    let key = plant.key(&agent.device_code(&id));
    plant.expire(1).expect("there");
    agent
        .send_key(&id, &key, PASSWORD, &camera.serial)
        .expect("answered")
        .expect(410);
    assert_eq!(
        kind(&agent.wait_phase(&id, &["void"])["problem"]),
        "overdue"
    );
    assert_eq!(
        plant.camera(1).expect("there").counters.resets,
        1,
        "sent once, never again"
    );
}

#[test]
fn a_camera_that_another_client_reset_unheard_says_that_no_request_is_open() {
    let site = Site::new();
    let plant = PlantIn::start(&site.plant, typed_key_cameras(1));
    let folder = tempfile::tempdir().expect("a folder");
    let agent = BoxIn::start(&site.agent, folder.path(), "");
    agent.wait_devices(1, Duration::from_secs(30));
    let camera = plant.camera(0).expect("there");
    let id = agent.open_case(&plant.mac(0));
    let key = plant.key(&agent.device_code(&id));
    plant.reset_by_other(0, "Somebody+5-Else").expect("there");

    // The answer to the reset is `emptyEncryptString`, and the camera did not restart.
    let refused = agent
        .send_key(&id, &key, PASSWORD, &camera.serial)
        .expect("answered");
    let problem = refused.json();
    assert_eq!(
        (refused.status, kind(&problem)),
        (410, "re-exported"),
        "{problem}"
    );
    let case = agent.wait_phase(&id, &["void"]);
    assert_eq!(kind(&case["problem"]), "re-exported", "{case}");
    assert_eq!(
        plant.camera(0).expect("there").counters.resets,
        1,
        "sent once"
    );
    site.plant
        .ip(&format!("addr add {}/32 dev lo", camera.address));
    assert_eq!(plant.login(0, PASSWORD), Login::Refused);

    // A new case is a new device code, and its key works.
    let id = agent.open_case(&plant.mac(0));
    let key = plant.key(&agent.device_code(&id));
    agent
        .send_key(&id, &key, PASSWORD, &camera.serial)
        .expect("answered")
        .expect(200);
    assert_eq!(plant.login(0, PASSWORD), Login::Accepted);
}

#[test]
fn a_wrong_key_is_sent_once_and_the_tries_are_told() {
    let site = Site::new();
    let plant = PlantIn::start(&site.plant, typed_key_cameras(1));
    let folder = tempfile::tempdir().expect("a folder");
    let agent = BoxIn::start(&site.agent, folder.path(), "");
    agent.wait_devices(1, Duration::from_secs(30));
    let camera = plant.camera(0).expect("there");
    let id = agent.open_case(&plant.mac(0));
    let refused = agent
        .send_key(&id, "AAAA0000", PASSWORD, &camera.serial)
        .expect("answered");
    let problem = refused.json();
    assert_eq!(problem["code"], 2039, "{problem}");
    assert_eq!(problem["tries_left"], 4, "{problem}");
    std::thread::sleep(Duration::from_secs(5));
    assert_eq!(plant.camera(0).expect("there").counters.resets, 1);
    let key = plant.key(&agent.device_code(&id));
    agent
        .send_key(&id, &key, PASSWORD, &camera.serial)
        .expect("answered")
        .expect(200);
    assert_eq!(plant.camera(0).expect("there").counters.resets, 2);
}

#[test]
fn a_confirmation_sends_the_key_that_it_names_and_no_other() {
    let site = Site::new();
    let plant = PlantIn::start(&site.plant, typed_key_cameras(1));
    let folder = tempfile::tempdir().expect("a folder");
    let agent = BoxIn::start(&site.agent, folder.path(), "");
    agent.wait_devices(1, Duration::from_secs(30));
    let camera = plant.camera(0).expect("there");
    let resets = || plant.camera(0).expect("there").counters.resets;
    let id = agent.open_case(&plant.mac(0));
    let key = plant.key(&agent.device_code(&id));

    // Two phones: the second one's key takes the place of the first one's.
    let first = agent.hand_over(&id, "AAAA0000", "First+7-Bolts");
    assert_eq!(agent.case(&id)["submission"], first.as_str());
    let second = agent.hand_over(&id, &key, PASSWORD);
    assert_ne!(first, second);
    let case = agent.case(&id);
    assert_eq!(case["submission"], second.as_str(), "{case}");
    let audit = agent.client().json("/api/v1/audit");
    let told = audit.as_array().expect("lines").iter();
    let told = told.filter(|line| line["what"] == "key-replaced").count();
    assert_eq!(told, 1, "{audit}");

    let stale = agent
        .confirm(&id, &first, &camera.serial)
        .expect("answered");
    assert_eq!((stale.status, kind(&stale.json())), (409, "key-replaced"));
    assert_eq!(stale.json()["culprit"], "operator");
    assert_eq!(resets(), 0, "nothing was sent");

    // Everybody presses at once: one of those who mean what waits wins, and one reset leaves.
    let answers: Vec<u16> = std::thread::scope(|scope| {
        let presses: Vec<_> = [&first, &second, &second, &first, &second]
            .into_iter()
            .map(|submission| {
                let (client, path) = (agent.client(), format!("/api/v1/cases/{id}/confirm"));
                let body = json!({ "submission": submission, "serial": camera.serial });
                scope.spawn(move || client.post(&path, &body).expect("answered").status)
            })
            .collect();
        let answers = presses
            .into_iter()
            .map(|press| press.join().expect("no panic"));
        answers.collect()
    });
    let won = answers.iter().filter(|status| **status == 200).count();
    assert_eq!(won, 1, "{answers:?}");
    assert!(
        answers
            .iter()
            .all(|status| [200, 409, 410].contains(status)),
        "{answers:?}"
    );
    assert_eq!(
        agent.wait_phase(&id, &["done"])["submission"],
        second.as_str()
    );
    assert_eq!(resets(), 1, "sent once");
    site.plant
        .ip(&format!("addr add {}/32 dev lo", camera.address));
    assert_eq!(plant.login(0, PASSWORD), Login::Accepted);
}
