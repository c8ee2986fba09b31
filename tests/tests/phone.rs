//! The phone page in a real Chromium of 360 points, before the real box and simulated cameras: the whole job, two phones at
//! once, files, recorders and first passwords. Each test prints where its pictures are: look at them.

use std::time::Duration;

use resetbox_plant::Profile;
use resetbox_tests::browser::Screen;
use resetbox_tests::eyes::Eyes;
use resetbox_tests::phone::{mac_of, on_site, phase, vendor};
use thirtyfour::prelude::*;

/// Passwords with the rules that they break, as the box told them (`agent/src/http/tests/passwords.rs`).
const PASSWORDS: &str = include_str!("../samples/passwords.json");

#[test]
fn a_whole_reset_with_one_thumb() {
    on_site(async |site| {
        let phone = site.phone(9515, Screen::Phone, "en", "whole").await;
        let mut eyes = Eyes::default();

        // An empty list says what to try, and all of it came from the box.
        phone.go("/").await;
        phone.read_word("no_devices", 20).await;
        phone.study(&mut eyes, "0-empty").await;
        let bytes = phone.asked_only_the_box().await;
        println!("the page and all that belongs to it: {bytes} bytes");
        assert!((20_000..100_000).contains(&bytes), "{bytes} bytes");
        let plant = site.plant(&[
            Profile::Ipc2018,
            Profile::Nvr,
            Profile::Ipc2022,
            Profile::Inactive,
            Profile::Ipc2015,
            Profile::Oem,
            Profile::Sadp31,
            Profile::Ezviz,
        ]);
        // Looking again is the person's doing: it needs the PIN, and a wrong one says so.
        phone.tap_word("scan").await;
        let pin = site.pin();
        let wrong: String = pin
            .chars()
            .map(|c| if c == '7' { '8' } else { '7' })
            .collect();
        phone.type_into("[name=pin]", &wrong).await;
        phone.tap_word("pin_ok").await;
        phone.see(".wrong:not(:empty)").await;
        phone.study(&mut eyes, "0-pin").await;
        phone.type_into("[name=pin]", &pin).await;
        phone.tap_word("pin_ok").await;
        phone.read("8 devices", 30).await;
        phone.study(&mut eyes, "1-list").await;
        eyes.walk(&phone, "the list").await;

        // The list can be searched.
        let camera = plant.camera(0).expect("a camera");
        let tail = camera.serial[camera.serial.len() - 6..].to_owned();
        phone.type_into("[name=filter]", "2385").await;
        phone.wait_gone("main > div > a.row:nth-of-type(2)").await;
        phone.tap(&tail).await;
        phone.see("#start").await;
        phone.tap_word("blink").await;
        phone.read_word("blink_stop", 20).await;
        assert!(plant.camera(0).expect("a camera").lamp, "it blinks");
        phone.study(&mut eyes, "2-device").await;

        phone.tap_word("forgot").await;

        // Step 1: the picture of the QR, and bigger.
        phone.see("img.qr").await;
        let drawn = "return document.querySelector('img.qr').decode().then(() => document.querySelector('img.qr').naturalWidth > 20)";
        assert_eq!(phone.ask(drawn).await, true, "the QR is drawn");
        phone.study(&mut eyes, "4-qr").await;
        phone.tap_word("qr_bigger").await;
        phone.see("dialog.whole img").await;
        phone.snap("4-qr-bigger").await;
        eyes.look(&phone, "the QR on the whole screen").await;
        phone.press(Key::Escape).await;
        phone.wait_gone("dialog").await;

        // Step 2: the checklist keeps its ticks over a reload; values are copied with one tap.
        phone.tap_word("next_app").await;
        phone.tap_word("app_no_menu").await;
        phone.tap_word("app_photo").await;
        phone.study(&mut eyes, "5-app").await;
        eyes.walk(&phone, "the checklist").await;
        let path = phone.ask("return location.pathname").await;
        let id = path
            .as_str()
            .and_then(|path| path.rsplit('/').next())
            .expect("a case")
            .to_owned();
        phone.driver().refresh().await.expect("reloaded");
        phone.see("[name=app_photo]").await;
        assert_eq!(
            phone
                .ask("return document.querySelector('[name=app_photo]').checked")
                .await,
            true
        );
        phone.tap_at("[aria-label='Copy: Serial']").await;
        phone.read_word("copied", 5).await;
        phone.tap_word("next_key").await;

        // Step 3: the boxes take a paste and typing, forgive blanks, and tell what is no key.
        let field = phone
            .driver()
            .find(By::Name("reset-key"))
            .await
            .expect("the boxes");
        field.send_keys(Key::Control + "v").await.expect("pasted");
        let pasted = phone
            .ask("return document.querySelector('[name=reset-key]').value")
            .await;
        assert_eq!(pasted, camera.serial.replace('-', ""), "what was copied");
        phone.tap_word("key_clear").await;
        let key = vendor(site, &plant, &id);
        let spaced = format!("{} {}-{}", &key[..3], &key[3..5], &key[5..7]);
        phone.type_into("[name=reset-key]", &spaced).await;
        phone.press(Key::Tab).await;
        phone.read("7 characters", 5).await;
        phone.study(&mut eyes, "6-key-short").await;
        phone.type_into("[name=reset-key]", &key[7..]).await;
        let boxes = "return [...document.querySelectorAll('.row8 i')].map((cell) => cell.textContent).join('')";
        assert_eq!(phone.ask(boxes).await, key.as_str(), "each in its box");
        phone.study(&mut eyes, "6-key").await;
        // A finger that leaves the boxes changes nothing in them, or the page moves and the finger misses its button.
        let left = "window.touched = 0; const watch = new MutationObserver((seen) => { window.touched += seen.length });\
             watch.observe(document.querySelector('.row8'), { childList: true, subtree: true });\
             document.querySelector('[name=reset-key]').dispatchEvent(new Event('blur'));\
             window.touched += watch.takeRecords().length; watch.disconnect(); return window.touched";
        assert_eq!(phone.ask(left).await, 0, "the boxes are drawn anew");
        phone.tap_word("next_password").await;

        // Step 4: a proposal, or one's own while the rules tick themselves off, exactly as the box checks them.
        phone.see("#proposed:not(:empty)").await;
        phone.study(&mut eyes, "7-password").await;
        phone.tap_word("pw_own").await;
        phone
            .type_into("[name=new-device-password]", "Camera11")
            .await;
        phone.read_word("strength_strong", 5).await;
        phone.type_into("[name=new-device-password]", "11").await;
        phone.read_word("strength_refused", 5).await;
        phone.tap_word("pw_show").await;
        phone.study(&mut eyes, "7-password-own").await;
        eyes.walk(&phone, "the password").await;
        let go_on = "return [...document.querySelectorAll('button.go')].some((b) => b.checkVisibility() && !b.disabled)";
        assert_eq!(
            phone.ask(go_on).await,
            false,
            "a password that breaks a rule goes nowhere"
        );
        agrees_with_the_box(&phone).await;
        phone.tap_word("pw_use").await;
        let password = phone
            .see("#proposed")
            .await
            .text()
            .await
            .expect("a password");
        phone.tap_word("next_check").await;

        // Step 5: what it is sent to, then once.
        let target = phone.see(".target").await.text().await.expect("the target");
        for part in [&camera.model, &camera.address.to_string(), &tail] {
            assert!(target.contains(part.as_str()), "{part} is not in {target}");
        }
        phone.study(&mut eyes, "8-send").await;
        eyes.walk(&phone, "the last look").await;
        phone.keeps_none_of(&[&key, &password, &pin]).await;
        phone.tap_word("send").await;
        phone.read("Reset Password Succeeded", 40).await;
        let recorder = plant.camera(1).expect("the recorder");
        phone.read(&recorder.address.to_string(), 5).await;
        phone.read(&format!("camera {}", camera.address), 5).await;
        phone.study(&mut eyes, "9-done").await;
        let counters = plant.camera(0).expect("a camera").counters;
        assert_eq!(
            (counters.exports, counters.resets),
            (1, 1),
            "asked once, sent once"
        );

        // Does it log in? Tried once, on the camera's own page.
        phone.tap_word("login_check").await;
        phone.read_word("login_worked", 60).await;
        phone.study(&mut eyes, "9-login").await;

        // The page forgets with the person.
        phone.keeps_none_of(&[&key, &password, &pin]).await;
        phone.tap_word("done_list").await;
        phone.read_word("ended_cases", 5).await;
        let held = format!("return document.documentElement.outerHTML.includes({password:?})");
        assert_eq!(
            phone.ask(&held).await,
            false,
            "the password is still on the page"
        );
        phone.tap_at("main a[href='/log']").await;
        phone.read_word("did_succeeded", 10).await;
        phone.study(&mut eyes, "10-log").await;
        phone.ask("history.back()").await;
        phone.tap_at("a[href='/diagnosis']").await;
        phone.read("eth0", 10).await;
        phone.study(&mut eyes, "11-diagnosis").await;
        phone.end().await;
        eyes.close();
    });
}

/// The page's rules and the box's are the same over many passwords.
async fn agrees_with_the_box(phone: &resetbox_tests::phone::Phone) {
    let samples: Vec<(String, Vec<String>)> = serde_json::from_str(PASSWORDS).expect("samples");
    assert!(samples.len() > 500, "{}", samples.len());
    let passwords: Vec<&String> = samples.iter().map(|(password, _)| password).collect();
    let script = format!(
        "return import('/password.js').then((rules) => {}.map((password) => rules.faults(password)))",
        serde_json::to_string(&passwords).expect("texts")
    );
    let told: Vec<Vec<String>> = serde_json::from_value(phone.ask(&script).await).expect("faults");
    for ((password, faults), page) in samples.iter().zip(&told) {
        assert_eq!(page, faults, "{password:?}: the page first, then the box");
    }
}

#[test]
fn two_phones_see_one_case_and_one_press_sends_once() {
    on_site(async |site| {
        let plant = site.plant(&[Profile::Ipc2018, Profile::Nvr]);
        site.agent.wait_devices(2, Duration::from_secs(30));
        let id = site.agent.open_case(&mac_of(&plant, 0));
        let one = site.phone(9515, Screen::Phone, "id", "first").await;
        let two = site.phone(9516, Screen::PhoneAtNight, "id", "second").await;
        let mut eyes = Eyes::default();
        for phone in [&one, &two] {
            phone.enter(&site.pin()).await;
            phone.go(&format!("/cases/{id}")).await;
            phone.see("img.qr").await;
        }
        let key = vendor(site, &plant, &id);
        let wrong = format!(
            "{}{}",
            if key.starts_with('Z') { 'Y' } else { 'Z' },
            &key[1..]
        );

        // A wrong key from the first; the second sees what waits, then what became of it.
        one.to_the_key(&id).await;
        one.hand_over(&wrong).await;
        two.see(".target").await;
        two.read_word("send_elsewhere", 5).await;
        two.study(&mut eyes, "1-waits").await;
        one.tap_word("send").await;
        for phone in [&one, &two] {
            phone.read("2039", 40).await;
        }
        one.read("Sisa 4", 10).await;
        one.study(&mut eyes, "1-refused").await;
        two.study(&mut eyes, "2-refused").await;
        assert_eq!(site.agent.case(&id)["attempts"], 1);

        // Typed again and wrong again: now the person must insist.
        one.hand_over(&wrong).await;
        one.tap_word("send").await;
        one.wait_gone(".target").await;
        one.read("Sisa 3", 40).await;
        one.hand_over(&key).await;
        one.see("[name=insist]").await;
        one.study(&mut eyes, "2-insist").await;

        // Both press send in the same moment: one sends, the other is told.
        two.see("[name=insist]").await;
        for phone in [&one, &two] {
            phone
                .ask("document.querySelector('[name=insist]').click(); window.held = document.querySelector('[name=insist]').closest('.body').querySelector('button.go')")
                .await;
        }
        one.ask("window.held.click()").await;
        two.ask("window.held.click()").await;
        for phone in [&one, &two] {
            phone.read("Reset Password Succeeded", 40).await;
        }
        two.read_word("overtaken", 10).await;
        two.study(&mut eyes, "3-overtaken").await;
        one.study(&mut eyes, "3-done").await;
        assert!(!one.text().await.contains(one.word("overtaken")));
        let resets = plant.camera(0).expect("a camera").counters.resets;
        assert_eq!(resets, 3, "two wrong keys, and one right one once");
        one.end().await;
        two.end().await;
        eyes.close();
    });
}

#[test]
fn files_recorders_and_many_cases() {
    on_site(async |site| {
        let plant = site.plant(&[
            Profile::Intercom,
            Profile::Nvr,
            Profile::Ipc2018,
            Profile::Ipc2022,
            Profile::Inactive,
        ]);
        site.agent.wait_devices(5, Duration::from_secs(30));
        let ids: Vec<String> = (0..4)
            .map(|camera| site.agent.open_case(&mac_of(&plant, camera)))
            .collect();
        let phone = site.phone(9515, Screen::Phone, "en", "many").await;
        let mut eyes = Eyes::default();
        phone.enter(&site.pin()).await;
        phone.go("/").await;
        phone.read_word("open_cases", 10).await;
        phone.study(&mut eyes, "1-list").await;

        // The file way: the box's own file is not the vendor's answer, and says so before a try is spent.
        phone.go(&format!("/cases/{}", ids[0])).await;
        let link = phone.see("a[download='DeviceKey.xml']").await;
        let fetch = format!(
            "return fetch({:?}).then((answer) => answer.text())",
            link.prop("href")
                .await
                .expect("an address")
                .expect("an address")
        );
        let own = phone.ask(&fetch).await.as_str().expect("a text").to_owned();
        assert_eq!(own.as_bytes(), site.agent.device_code(&ids[0]));
        phone.tap_word("next_app").await;
        phone.tap_word("next_file").await;
        let folder = tempfile::tempdir().expect("a folder");
        let choose = async |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).expect("written");
            phone
                .type_into("[name=answer-file]", path.to_str().expect("a path"))
                .await;
            phone.read_word("file_read", 5).await;
            phone.tap_word("next_password").await;
            phone.see("#proposed:not(:empty)").await;
            phone.tap_word("next_check").await;
        };
        phone.study(&mut eyes, "2-file").await;
        choose("DeviceKey.xml", &own).await;
        phone.see(".own[role=alert]").await;
        phone.study(&mut eyes, "3-own-file").await;
        assert_eq!(plant.camera(0).expect("there").counters.resets, 0);
        phone.tap_word("step_file").await;
        choose("answer.xml", &(vendor(site, &plant, &ids[0]) + "\r\n")).await;
        phone.tap_word("send").await;
        phone.read("Reset Password Succeeded", 40).await;
        let password = phone.see(".secret").await.text().await.expect("a password");

        // The next case is one tap away; a recorder passes the password on when asked to.
        phone.tap_word("done_next_case").await;
        phone.to_the_key(&ids[1]).await;
        phone
            .type_into("[name=reset-key]", &vendor(site, &plant, &ids[1]))
            .await;
        phone.tap_word("next_password").await;
        phone.see("#proposed:not(:empty)").await;
        phone.tap_word("sync").await;
        phone.study(&mut eyes, "4-recorder").await;
        phone.tap_word("next_check").await;
        phone.read("Also on its cameras: yes", 10).await;
        phone.tap_word("send").await;
        phone.read("Reset Password Succeeded", 40).await;
        phone.study(&mut eyes, "5-recorder-done").await;
        assert!(plant.camera(1).expect("there").cameras_synced);

        // Without a reload in between, the password used last is on offer.
        phone.tap_word("done_next_case").await;
        phone.tap_word("next_app").await;
        phone.tap_word("next_key").await;
        let path = phone.ask("return location.pathname").await;
        let next = path
            .as_str()
            .and_then(|path| path.rsplit('/').next())
            .expect("a case")
            .to_owned();
        let other = ids[2..].iter().find(|id| **id != next).expect("one more");
        phone
            .type_into("[name=reset-key]", &vendor(site, &plant, &next))
            .await;
        phone.tap_word("next_password").await;
        phone.see("#proposed:not(:empty)").await;
        let last = phone
            .driver()
            .find_all(By::Css(".choice"))
            .await
            .expect("choices");
        assert_eq!(last.len(), 3, "a proposal, the last one, one's own");
        phone.tap_word("pw_same").await;
        phone.study(&mut eyes, "6-same").await;
        phone.tap_word("next_check").await;
        phone.tap_word("send").await;
        phone.read("Reset Password Succeeded", 40).await;
        let same = phone.see(".secret").await.text().await.expect("a password");
        assert_ne!(
            same, password,
            "to_the_key loaded the page anew: the first was forgotten"
        );
        phone.keeps_none_of(&[&password, &same]).await;

        // Closing a case asks first.
        phone.tap_word("done_next_case").await;
        phone.tap_word("close_case").await;
        phone.study(&mut eyes, "7-close").await;
        phone.tap_word("close_do").await;
        phone.read_word("ended_cases", 10).await;
        assert_eq!(phase(&site.agent.case(other)), "cancelled");

        // A device that never had a password: no key, two steps.
        phone.go(&format!("/devices/{}", mac_of(&plant, 4))).await;
        phone.read_word("first_note", 20).await;
        phone.study(&mut eyes, "8-inactive").await;
        phone.tap_word("first_set").await;
        phone.see("#proposed:not(:empty)").await;
        phone.study(&mut eyes, "8-first").await;
        phone.tap_word("next_check").await;
        phone.see(".target").await;
        phone.study(&mut eyes, "8-first-send").await;
        phone.tap_word("send").await;
        phone.read_word("done_first", 40).await;
        phone.tap_word("login_check").await;
        phone.read_word("login_worked", 60).await;
        phone.study(&mut eyes, "8-first-done").await;
        assert!(plant.camera(4).expect("there").activated);
        phone.end().await;
        eyes.close();
    });
}
