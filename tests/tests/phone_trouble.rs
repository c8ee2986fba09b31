//! The phone page in a real Chromium when something goes wrong, without a script, and as tables.

use std::time::Duration;

use resetbox_plant::Profile;
use resetbox_tests::browser::Screen;
use resetbox_tests::eyes::Eyes;
use resetbox_tests::phone::{mac_of, on_site, phase, vendor};
use serde_json::Value;

#[test]
fn what_can_go_wrong_is_told_in_words_and_read_without_a_script() {
    on_site(async |site| {
        let plant = site.plant(&[Profile::Ipc2018; 4]);
        site.agent.wait_devices(4, Duration::from_secs(30));
        let ids: Vec<String> = (0..4)
            .map(|camera| site.agent.open_case(&mac_of(&plant, camera)))
            .collect();
        let phone = site
            .phone(9515, Screen::PhoneAtNight, "en", "trouble")
            .await;
        let mut eyes = Eyes::default();
        phone.enter(&site.pin()).await;
        plant.reboot(0).expect("there");

        // Locked: the time is told, nothing is lost.
        plant.lock(1).expect("there");
        phone.to_the_key(&ids[1]).await;
        phone.hand_over(&vendor(site, &plant, &ids[1])).await;
        phone.tap_word("send").await;
        phone.read_word("locked_for", 40).await;
        phone.study(&mut eyes, "1-locked").await;

        // No answer: a person looks and says.
        plant
            .set_options(2, |options| options.swallow = vec!["reset".to_owned()])
            .expect("there");
        phone.to_the_key(&ids[2]).await;
        phone.hand_over(&vendor(site, &plant, &ids[2])).await;
        phone.tap_word("send").await;
        phone.read_word("unclear_title", 60).await;
        phone.study(&mut eyes, "2-unclear").await;
        phone.tap_word("unclear_worked").await;
        phone.read("Reset Password Succeeded", 20).await;

        // Reloaded while key and password wait: they wait in the box, and can be taken back.
        phone.to_the_key(&ids[3]).await;
        phone.hand_over(&vendor(site, &plant, &ids[3])).await;
        phone.driver().refresh().await.expect("reloaded");
        phone.read_word("send_elsewhere", 20).await;
        phone.study(&mut eyes, "3-reloaded").await;
        phone.tap_word("send_change").await;
        phone.see(".row8").await;
        assert_eq!(phase(&site.agent.case(&ids[3])), "awaiting");

        // The camera that restarted.
        phone.go(&format!("/cases/{}", ids[0])).await;
        phone.read_word("phase_void", 60).await;
        phone.study(&mut eyes, "4-void").await;
        phone.go("/").await;
        phone.study(&mut eyes, "5-list").await;

        // A link that was used before opens nothing and stays nowhere.
        phone.go("/diagnosis#t=abcdefghijkmnpqr").await;
        phone.read("eth0", 10).await;
        assert_eq!(phone.ask("return location.hash").await, "");

        // Without a script everything can still be read, in both languages.
        let off = serde_json::json!({ "value": true });
        phone
            .devtools("Emulation.setScriptExecutionDisabled", off)
            .await;
        let word = |key| phone.word(key).to_owned();
        let device = plant.camera(3).expect("there").serial;
        let pages = [
            ("/".to_owned(), "4 devices".to_owned()),
            (format!("/devices/{}", mac_of(&plant, 3)), device),
            (
                format!("/cases/{}", ids[3]),
                "Online Support Case".to_owned(),
            ),
            (format!("/cases/{}", ids[0]), word("phase_void")),
            ("/diagnosis".to_owned(), "eth0".to_owned()),
            ("/log".to_owned(), word("did_case-opened")),
            ("/?lang=id".to_owned(), "4 perangkat".to_owned()),
            ("/log".to_owned(), "Kasus dibuka".to_owned()),
            (
                "/cases/nothing".to_owned(),
                "Ini sudah tidak ada".to_owned(),
            ),
        ];
        for (number, (path, wanted)) in pages.iter().enumerate() {
            phone.go(path).await;
            phone.read(wanted, 10).await;
            let name = format!("6-no-script-{number}");
            phone.study(&mut eyes, &name).await;
        }
        let on = serde_json::json!({ "value": false });
        phone
            .devtools("Emulation.setScriptExecutionDisabled", on)
            .await;

        // The language stays as it was chosen; the switch changes it.
        phone.go("/").await;
        phone.read("4 perangkat", 20).await;
        phone.tap("EN").await;
        phone.read("4 devices", 20).await;

        // The box goes away and comes back: the page says so and goes on.
        phone.complaints().await;
        site.agent.pull_the_plug();
        phone.read_word("offline", 20).await;
        phone.study(&mut eyes, "7-offline").await;
        site.agent.power_on();
        phone.wait_gone("#offline:not([hidden])").await;
        phone.end().await;
        eyes.close();
    });
}

#[test]
fn tables_for_a_spreadsheet() {
    on_site(async |site| {
        let plant = site.plant(&[Profile::Ipc2018]);
        site.agent.wait_devices(1, Duration::from_secs(30));
        site.agent.open_case(&mac_of(&plant, 0));
        let serial = plant.camera(0).expect("there").serial;
        for (path, wanted) in [
            ("/api/v1/devices.csv", ["mac,model,serial", serial.as_str()]),
            ("/api/v1/audit.csv", ["number,time,what", "case-opened"]),
        ] {
            let answer = site.agent.client().get(path).expect("answered");
            let text = String::from_utf8(answer.body).expect("UTF-8");
            assert_eq!(answer.status, 200, "{text}");
            assert!(
                wanted.iter().all(|part| text.contains(part)),
                "{path}: {text}"
            );
        }
        let state: Value = site.agent.state();
        assert_eq!(state["devices"][0]["recorder"], false, "{state}");
    });
}
