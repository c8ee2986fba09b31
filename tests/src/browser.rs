//! A real Chromium inside a host, steered by its driver: a person's hands and eyes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};
use thirtyfour::prelude::*;
use thirtyfour::{ChromiumLikeCapabilities, LoggingPrefsLogLevel, WebDriver};

use crate::netns::Host;
use crate::process::Running;

/// What the browser pretends to be.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Screen {
    /// A phone of 360 x 740 points.
    Phone,
    /// The same, set to dark colours.
    PhoneAtNight,
    /// A desk's screen.
    Desk,
}

/// One browser window with a profile of its own. Call [`Browser::close`] at the end.
pub struct Browser {
    driver: WebDriver,
    chromedriver: Running,
    profile: PathBuf,
    shots: PathBuf,
}

impl Browser {
    /// Starts chromedriver in the host on `port`. Call it on a thread inside the host ([`Host::enter`]).
    ///
    /// # Panics
    /// Without the Debian packages chromium and chromium-driver.
    pub async fn start(host: &Host, port: u16, screen: Screen, language: &str) -> Self {
        let mut chromedriver = Running::start(
            host.command("chromedriver")
                .arg(format!("--port={port}"))
                .arg("--log-level=SEVERE"),
        );
        chromedriver.wait_line(Duration::from_secs(30), |line| {
            line.contains("successfully")
        });
        // Two browsers with one profile folder are one browser: ports repeat between hosts.
        let name = format!("resetbox-browser-{}-{port}", host.namespace());
        let profile = std::env::temp_dir().join(name);
        let mut wishes = DesiredCapabilities::chrome();
        let size = match screen {
            Screen::Phone | Screen::PhoneAtNight => "--window-size=500,900",
            Screen::Desk => "--window-size=1280,1000",
        };
        let user_data = format!("--user-data-dir={}", profile.display());
        let lang = format!("--accept-lang={language}");
        for argument in [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            size,
            &user_data,
            &lang,
        ] {
            wishes.add_arg(argument).expect("a list of arguments");
        }
        if screen == Screen::PhoneAtNight {
            let dark = wishes.add_arg("--blink-settings=preferredColorScheme=0");
            dark.expect("a list of arguments");
        }
        if screen != Screen::Desk {
            let phone = json!({
                "deviceMetrics": { "width": 360, "height": 740, "pixelRatio": 2.0, "touch": true }
            });
            wishes
                .add_experimental_option("mobileEmulation", phone)
                .expect("an option");
        }
        for log in ["browser", "performance"] {
            let wish = wishes.set_logging_prefs(log, LoggingPrefsLogLevel::All);
            wish.expect("a wish");
        }
        let driver = WebDriver::new(format!("http://127.0.0.1:{port}"), wishes)
            .await
            .expect("chromium starts: install the packages chromium and chromium-driver");
        let shots = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/screens-web");
        std::fs::create_dir_all(&shots).expect("target is writable");
        Self {
            driver,
            chromedriver,
            profile,
            shots,
        }
    }

    /// Goes to an address.
    pub async fn open(&self, url: &str) {
        self.driver.goto(url).await.expect("the page is served");
    }

    /// The driver itself.
    pub fn driver(&self) -> &WebDriver {
        &self.driver
    }

    /// Waits for a visible element.
    ///
    /// # Panics
    /// After 20 s, with the page's text.
    pub async fn see(&self, css: &str) -> WebElement {
        for _ in 0..200 {
            if let Ok(all) = self.driver.find_all(By::Css(css)).await {
                for element in all {
                    if element.is_displayed().await.unwrap_or(false) {
                        return element;
                    }
                }
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        self.picture("failed").await;
        panic!("no {css} on:\n{}", self.text().await);
    }

    /// Waits until nothing of this is on the page any more.
    ///
    /// # Panics
    /// After 20 s, with the page's text.
    pub async fn wait_gone(&self, css: &str) {
        for _ in 0..200 {
            let found = self.driver.find_all(By::Css(css)).await;
            if found.is_ok_and(|all| all.is_empty()) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        self.picture("failed").await;
        panic!("{css} is still on:\n{}", self.text().await);
    }

    /// Waits until the page's text holds `wanted`.
    ///
    /// # Panics
    /// After `seconds`, with the page's text.
    pub async fn read(&self, wanted: &str, seconds: u64) {
        for _ in 0..seconds * 10 {
            if self.text().await.contains(wanted) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        self.picture("failed").await;
        panic!("`{wanted}` is not on:\n{}", self.text().await);
    }

    /// Taps the visible button or link with this text.
    ///
    /// # Panics
    /// After 20 s, with the page's text.
    pub async fn tap(&self, text: &str) {
        for _ in 0..200 {
            let path = format!(
                "//*[self::button or self::a or self::label or self::summary][contains(normalize-space(.), {text:?})]"
            );
            for element in self
                .driver
                .find_all(By::XPath(path))
                .await
                .unwrap_or_default()
            {
                let ready = element.is_displayed().await.unwrap_or(false)
                    && element.is_enabled().await.unwrap_or(false);
                // A page that just changed may have taken the element away: look again.
                if ready && element.click().await.is_ok() {
                    return;
                }
                // It may lie under the head or the foot of the page: a thumb would scroll.
                if ready && let Ok(argument) = element.to_json() {
                    let centre = "arguments[0].scrollIntoView({ block: 'center' })";
                    let _ = self.driver.execute(centre, vec![argument]).await;
                }
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        self.picture("failed").await;
        panic!("no button `{text}` on:\n{}", self.text().await);
    }

    /// Taps the first element of this kind.
    ///
    /// # Panics
    /// After 20 s, with the page's text.
    pub async fn tap_at(&self, css: &str) {
        for _ in 0..200 {
            if let Ok(element) = self.driver.find(By::Css(css)).await {
                let argument = element.to_json().expect("an element");
                let centre = "arguments[0].scrollIntoView({ block: 'center' })";
                // A page that just changed may have taken the element away: look again.
                let _ = self.driver.execute(centre, vec![argument]).await;
                if element.click().await.is_ok() {
                    return;
                }
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        self.picture("failed").await;
        panic!("{css} cannot be tapped on:\n{}", self.text().await);
    }

    /// What is written on the page.
    pub async fn text(&self) -> String {
        match self.driver.find(By::Tag("body")).await {
            Ok(body) => body.text().await.unwrap_or_default(),
            Err(_) => String::new(),
        }
    }

    /// Writes `NAME.png` to the folder of the pictures: what the screen shows.
    pub async fn picture(&self, name: &str) {
        let path = self.shots.join(format!("{name}.png"));
        self.driver.screenshot(&path).await.expect("a picture");
    }

    /// The same of the whole page, from its head to its foot.
    pub async fn whole_picture(&self, name: &str) {
        let asked = "return document.documentElement.scrollHeight";
        let height = self.ask(asked).await.as_u64().unwrap_or(0).max(740);
        let metrics =
            json!({ "width": 360, "height": height, "deviceScaleFactor": 1.5, "mobile": true });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics)
            .await;
        self.picture(name).await;
        let phone = json!({ "width": 360, "height": 740, "deviceScaleFactor": 2, "mobile": true });
        self.devtools("Emulation.setDeviceMetricsOverride", phone)
            .await;
    }

    /// The folder of the pictures, for whoever wants to look.
    pub fn shots(&self) -> &Path {
        &self.shots
    }

    /// A value computed by the page.
    pub async fn ask(&self, script: &str) -> Value {
        let answer = self.driver.execute(script, Vec::new()).await;
        answer.expect("the script runs").json().clone()
    }

    /// A command of the browser's own tools.
    pub async fn devtools(&self, command: &str, arguments: Value) -> Value {
        let answer = self.driver.cdp().send_raw(command, arguments).await;
        answer.unwrap_or_else(|error| panic!("{command}: {error}"))
    }

    /// Presses a key wherever the focus is.
    pub async fn press(&self, key: Key) {
        let chain = self.driver.action_chain().send_keys(key);
        chain.perform().await.expect("a key");
    }

    /// Types into the element, as soon as it takes it.
    ///
    /// # Panics
    /// After 20 s, with the page's text.
    pub async fn type_into(&self, css: &str, text: &str) {
        for _ in 0..200 {
            if let Ok(element) = self.driver.find(By::Css(css)).await
                && element.send_keys(text).await.is_ok()
            {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        self.picture("failed").await;
        panic!("{css} takes no text on:\n{}", self.text().await);
    }

    /// What the browser asked for since this was called last: addresses, and bytes received over the network.
    ///
    /// # Panics
    /// When the browser keeps no such log.
    pub async fn requests(&self) -> (Vec<String>, u64) {
        let log = self.driver.get_log("performance").await.expect("a log");
        let (mut urls, mut bytes, mut ours) = (Vec::new(), 0, BTreeSet::new());
        for entry in log {
            let entry: Value = serde_json::from_str(&entry.message).expect("an event");
            let (method, params) = (&entry["message"]["method"], &entry["message"]["params"]);
            match method.as_str() {
                Some("Network.requestWillBeSent") => {
                    let url = params["request"]["url"].as_str().unwrap_or_default();
                    if url.starts_with("http") {
                        ours.insert(params["requestId"].to_string());
                    }
                    urls.push(url.to_owned());
                }
                Some("Page.navigatedWithinDocument") => {
                    let url = params["url"].as_str().unwrap_or_default();
                    urls.push(url.to_owned());
                }
                Some("Network.loadingFinished")
                    if ours.contains(&params["requestId"].to_string()) =>
                {
                    bytes += params["encodedDataLength"].as_f64().unwrap_or_default() as u64;
                }
                _ => {}
            }
        }
        (urls, bytes)
    }

    /// What the page complained about: errors of its script, and what its own policy forbade. Refused requests are the
    /// page's business.
    ///
    /// # Panics
    /// When the browser keeps no such log.
    pub async fn complaints(&self) -> Vec<String> {
        let log = self.driver.browser_log().await.expect("a log");
        log.into_iter()
            .map(|entry| entry.message)
            .filter(|text| {
                ["Uncaught", "Refused", "violates", "Content Security"]
                    .iter()
                    .any(|sign| text.contains(sign))
            })
            .collect()
    }

    /// Ends the browser.
    pub async fn close(self) {
        // What is left of it is ended right afterwards in any case.
        let _ = self.driver.clone().quit().await;
    }
}

impl Drop for Browser {
    /// After a failed test nobody said good-bye: the driver's library would wait two minutes for an answer.
    fn drop(&mut self) {
        // An error means that it has ended properly.
        if self.driver.clone().leak().is_ok() {
            let pid = self.chromedriver.pid();
            let path = format!("/proc/{pid}/task/{pid}/children");
            let children = std::fs::read_to_string(path).unwrap_or_default();
            for child in children
                .split_whitespace()
                .filter_map(|pid| pid.parse().ok())
            {
                // It may have ended by itself.
                let _ = kill(Pid::from_raw(child), Signal::SIGKILL);
            }
        }
        // A folder that stays behind lies among the temporary ones.
        let _ = std::fs::remove_dir_all(&self.profile);
    }
}
