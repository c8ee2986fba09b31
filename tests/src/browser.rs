//! A real Chromium inside a host, steered by its driver: a person's hands and eyes.

use std::path::PathBuf;
use std::time::Duration;

use thirtyfour::prelude::*;
use thirtyfour::{ChromiumLikeCapabilities, WebDriver};

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
    _chromedriver: Running,
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
            let phone = serde_json::json!({
                "deviceMetrics": { "width": 360, "height": 740, "pixelRatio": 2.0, "touch": true }
            });
            wishes
                .add_experimental_option("mobileEmulation", phone)
                .expect("an option");
        }
        let driver = WebDriver::new(format!("http://127.0.0.1:{port}"), wishes)
            .await
            .expect("chromium starts: install the packages chromium and chromium-driver");
        let shots = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/screens-web");
        std::fs::create_dir_all(&shots).expect("target is writable");
        Self {
            driver,
            _chromedriver: chromedriver,
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
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        self.picture("failed").await;
        panic!("no button `{text}` on:\n{}", self.text().await);
    }

    /// What is written on the page.
    pub async fn text(&self) -> String {
        match self.driver.find(By::Tag("body")).await {
            Ok(body) => body.text().await.unwrap_or_default(),
            Err(_) => String::new(),
        }
    }

    /// Writes `target/screens-web/NAME.png`: what the screen shows.
    pub async fn picture(&self, name: &str) {
        let path = self.shots.join(format!("{name}.png"));
        self.driver.screenshot(&path).await.expect("a picture");
    }

    /// A value computed by the page.
    pub async fn ask(&self, script: &str) -> serde_json::Value {
        let answer = self.driver.execute(script, Vec::new()).await;
        answer.expect("the script runs").json().clone()
    }

    /// Ends the browser.
    pub async fn close(self) {
        // The driver is killed right afterwards in any case.
        let _ = self.driver.quit().await;
        let _ = std::fs::remove_dir_all(&self.profile);
    }
}
