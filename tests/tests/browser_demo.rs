//! `resetbox demo` as a newcomer meets it, in a real Chromium: the box's screen on a desk, the
//! phone page on a phone of 360 points. Pictures of every station are written to `target/screens-web`.

use std::time::Duration;

use resetbox_tests::browser::{Browser, Screen};
use resetbox_tests::netns::Host;
use resetbox_tests::process::{Running, resetbox};
use thirtyfour::prelude::*;

/// The model of the ordinary camera, the first of the demo's.
const MODEL: &str = "DS-2CD2385G1-I";

struct Stage {
    demo: Running,
    page: String,
    desk: Browser,
    phone: Browser,
    language: &'static str,
}

impl Stage {
    async fn start(host: &Host, language: &'static str) -> Self {
        let mut demo = Running::start(host.command(resetbox()).args(["demo", "--port", "8080"]));
        demo.wait_line(Duration::from_secs(30), |line| line.contains("Ctrl+C"));
        // At night in Indonesia: the other language and the other colours in one go.
        let screen = if language == "en" {
            Screen::Phone
        } else {
            Screen::PhoneAtNight
        };
        let page = "http://127.0.0.1:8080".to_owned();
        let desk = Browser::start(host, 9515, Screen::Desk, "en").await;
        let phone = Browser::start(host, 9516, screen, language).await;
        Self {
            demo,
            page,
            desk,
            phone,
            language,
        }
    }

    async fn picture(&self, of: &Browser, name: &str) {
        of.picture(&format!("{}-{name}", self.language)).await;
    }

    /// A value of the box's state; `s` is the state.
    async fn state(&self, expression: &str) -> serde_json::Value {
        let script =
            format!("return fetch('/api/v1/state').then(a => a.json()).then(s => {expression})");
        self.desk.ask(&script).await
    }

    /// Presses ok as the guide says: the ordinary camera's case, until its QR is on the glass. Returns
    /// the case's id.
    async fn open_case(&self) -> String {
        self.desk.open(&format!("{}/panel", self.page)).await;
        self.desk.see("#app").await;
        while self.state("s.devices_total").await != 6 {
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
        self.picture(&self.desk, "panel-list").await;
        self.press("ok").await;
        tokio::time::sleep(Duration::from_millis(400)).await;
        self.press("ok").await;
        tokio::time::sleep(Duration::from_millis(400)).await;
        self.hold("ok").await;
        for _ in 0..100 {
            let id = self
                .state("s.cases.find(c => c.open && c.has_code)?.id ?? null")
                .await;
            if let Some(id) = id.as_str() {
                tokio::time::sleep(Duration::from_millis(600)).await;
                self.picture(&self.desk, "panel-qr").await;
                return id.to_owned();
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        self.picture(&self.desk, "failed").await;
        panic!("no case:\n{}", self.desk.text().await);
    }

    async fn press(&self, key: &str) {
        let key = self.desk.see(&format!("[data-key={key}]")).await;
        key.click().await.expect("a key");
        tokio::time::sleep(Duration::from_millis(150)).await;
    }

    async fn hold(&self, key: &str) {
        let key = self.desk.see(&format!("[data-key={key}]")).await;
        let chain = self.desk.driver().action_chain();
        chain
            .click_and_hold_element(&key)
            .perform()
            .await
            .expect("held");
        // Longer than the 0.8 s of a long press, however late the browser's word of its beginning comes.
        tokio::time::sleep(Duration::from_secs(3)).await;
        let chain = self.desk.driver().action_chain();
        chain.release().perform().await.expect("released");
    }

    /// Plays the installer in the vendor's app, until the key is shown, and returns it.
    async fn key_from_the_vendor(&self) -> String {
        self.desk.tap("Others: scan the QR code").await;
        self.desk.tap("Scan the box").await;
        self.desk.tap("Take the photo").await;
        self.desk.tap("I agree").await;
        self.desk.tap("Confirm").await;
        let key = self
            .desk
            .see("#issued")
            .await
            .text()
            .await
            .expect("the key");
        self.picture(&self.desk, "panel-key").await;
        key
    }

    /// Types the key and takes the proposed password, up to the last look.
    async fn enter(&self, key: &str) {
        let boxes = self
            .phone
            .driver()
            .find(By::Name("reset-key"))
            .await
            .expect("the key's boxes");
        boxes.send_keys(key).await.expect("typed");
        self.picture(&self.phone, "phone-3-key").await;
        self.phone
            .tap(self.word("Next: new password", "Lanjut: kata sandi baru"))
            .await;
        self.phone.see("#proposed:not(:empty)").await;
        self.picture(&self.phone, "phone-4-password").await;
        self.phone
            .tap(self.word("Check and go on", "Periksa dan lanjut"))
            .await;
        self.phone.see(".target").await;
        self.picture(&self.phone, "phone-5-send").await;
    }

    fn word(&self, english: &'static str, indonesian: &'static str) -> &'static str {
        if self.language == "en" {
            english
        } else {
            indonesian
        }
    }

    /// From the first step to the third.
    async fn to_the_key(&self, case: &str) {
        self.phone
            .open(&format!("{}/cases/{case}", self.page))
            .await;
        self.phone.see("img.qr").await;
        self.picture(&self.phone, "phone-1-qr").await;
        self.phone
            .tap(self.word("Next: the case in the app", "Lanjut: kasus di aplikasi"))
            .await;
        self.phone.see(".never").await;
        self.picture(&self.phone, "phone-2-app").await;
        self.phone
            .tap(self.word("I have the key", "Saya punya kuncinya"))
            .await;
    }

    async fn end(mut self) {
        self.desk.close().await;
        self.phone.close().await;
        let (_, errors) = self.demo.kill();
        assert!(!errors.contains("panicked"), "{errors}");
    }
}

/// Runs `play` on a thread inside a host of its own.
fn on_stage(play: impl AsyncFnOnce(&Host) + Send) {
    let host = Host::new("browser");
    host.enter(|| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.expect("a runtime").block_on(play(&host));
    });
}

#[test]
fn a_newcomer_gets_from_the_command_to_success() {
    on_stage(async |host: &Host| {
        let stage = Stage::start(host, "en").await;
        stage.phone.open(&stage.page).await;
        stage.phone.read(MODEL, 20).await;
        stage.phone.read("6 devices", 20).await;
        stage.picture(&stage.phone, "phone-0-list").await;
        let case = stage.open_case().await;
        let key = stage.key_from_the_vendor().await;
        stage.to_the_key(&case).await;
        stage.phone.read(MODEL, 5).await;
        stage.enter(&key).await;
        stage.phone.tap("Send to").await;
        stage.phone.read("Reset Password Succeeded", 40).await;
        stage.picture(&stage.phone, "phone-6-done").await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        stage.picture(&stage.desk, "panel-done").await;
        let wide = stage
            .phone
            .ask("return document.documentElement.scrollWidth")
            .await;
        assert_eq!(wide, 360, "the page scrolls sideways");
        stage.end().await;
    });
}

#[test]
fn a_wrong_key_costs_one_try_and_the_right_one_then_works() {
    on_stage(async |host: &Host| {
        let stage = Stage::start(host, "id").await;
        let case = stage.open_case().await;
        let key = stage.key_from_the_vendor().await;
        let wrong = if key.starts_with('Z') { 'Y' } else { 'Z' }.to_string() + &key[1..];
        stage.to_the_key(&case).await;
        stage.enter(&wrong).await;
        stage.phone.tap("Kirim ke").await;
        stage.phone.read("2039", 40).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        stage.picture(&stage.phone, "phone-7-refused").await;
        let script = format!("return fetch('/api/v1/cases/{case}').then(a => a.json())");
        let told = stage.phone.ask(&script).await;
        assert_eq!(told["attempts"], 1, "{told}");
        assert_eq!(told["phase"], "awaiting", "{told}");
        stage.phone.tap("Hapus").await;
        stage.enter(&key).await;
        stage.phone.tap("Kirim ke").await;
        stage.phone.read("Reset Password Succeeded", 40).await;
        stage.end().await;
    });
}

#[test]
fn a_camera_that_restarts_makes_its_case_void_and_says_so() {
    on_stage(async |host: &Host| {
        let stage = Stage::start(host, "en").await;
        let case = stage.open_case().await;
        stage
            .phone
            .open(&format!("{}/cases/{case}", stage.page))
            .await;
        stage.phone.see("img.qr").await;
        stage.desk.tap("Camera restarts").await;
        stage.phone.read("no longer works", 60).await;
        stage.picture(&stage.phone, "phone-8-void").await;
        stage.picture(&stage.desk, "panel-void").await;
        stage.phone.tap("New case with a new QR").await;
        stage.phone.see("img.qr").await;
        let now = stage.phone.ask("return location.pathname").await;
        assert_ne!(
            now,
            format!("/cases/{case}"),
            "a new case has a page of its own"
        );
        stage.phone.ask("history.back()").await;
        stage.phone.read("no longer works", 20).await;
        stage.end().await;
    });
}
