//! Phones in real browsers before the real box: the stage of the tests of the phone page.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::path::Path;
use std::sync::LazyLock;

use resetbox_plant::{Issued, PlantConfig, Profile, WebMode, WireMode};
use serde_json::Value;

use crate::agent::BoxIn;
use crate::browser::{Browser, Screen};
use crate::eyes::Eyes;
use crate::netns::{Host, Switch};
use crate::plant::PlantIn;

/// The page's words as the box serves them, in English and Indonesian.
static WORDS: LazyLock<BTreeMap<String, [String; 2]>> = LazyLock::new(|| {
    let text = include_str!("../../agent/assets/words.json");
    serde_json::from_str(text).expect("the words are JSON")
});

/// A box on a switch with a host for cameras.
pub struct Site<'a> {
    host: &'a Host,
    plant_host: &'a Host,
    folder: &'a Path,
    /// The box, running, with a session of the test's own.
    pub agent: BoxIn<'a>,
}

/// A phone with the page open.
pub struct Phone {
    browser: Browser,
    language: usize,
    /// Begins the names of its pictures.
    story: &'static str,
}

/// Sets up a site and runs `play` on a thread inside the box's host.
///
/// # Panics
/// When the site cannot be set up, or the box panicked.
pub fn on_site(play: impl AsyncFnOnce(&mut Site<'_>) + Send) {
    on_site_with(|program| vec![program.to_owned()], play);
}

/// The same with a box that finds the files below `root` in `/run`, `/usr/lib` and `/var/lib`, over those of this machine.
///
/// # Panics
/// As [`on_site`].
pub fn on_card(root: &Path, play: impl AsyncFnOnce(&mut Site<'_>) + Send) {
    let mut words = String::from("set -e; ");
    for folder in ["run", "usr/lib", "var/lib"] {
        let upper = root.join(folder);
        let work = root.join(format!("work-{}", folder.replace('/', "-")));
        for made in [&upper, &work] {
            std::fs::create_dir_all(made).expect("the test's own folder");
        }
        words.push_str(&format!(
            "mount -t overlay -o lowerdir=/{folder},upperdir={},workdir={} files /{folder}; ",
            upper.display(),
            work.display()
        ));
    }
    // A disk for the box's own files: those over a folder of the machine are what a card's memory is.
    let state = root.join("state");
    for made in [state.clone(), root.join("var/lib/resetbox")] {
        std::fs::create_dir_all(made).expect("the test's own folder");
    }
    words.push_str(&format!(
        "mount --bind {} /var/lib/resetbox; exec \"$@\"",
        state.display()
    ));
    on_site_with(
        |program| {
            ["unshare", "-m", "sh", "-c", &words, "sh", program]
                .map(str::to_owned)
                .into()
        },
        play,
    );
}

fn on_site_with(
    wrap: impl FnOnce(&str) -> Vec<String> + Send,
    play: impl AsyncFnOnce(&mut Site<'_>) + Send,
) {
    let (switch, host, plant_host) = (Switch::new(), Host::new("box"), Host::new("plant"));
    switch.plug(&host, "eth0");
    host.ip("addr add 192.168.99.1/24 dev eth0");
    switch.plug(&plant_host, "eth0");
    host.enter(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let mut site = Site {
            host: &host,
            plant_host: &plant_host,
            folder: folder.path(),
            agent: BoxIn::start_wrapped(&host, folder.path(), "", wrap),
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.expect("a runtime").block_on(play(&mut site));
        let errors = site.agent.pull_the_plug();
        assert!(!errors.contains("panicked"), "{errors}");
    });
}

impl<'a> Site<'a> {
    /// Starts cameras, one of each profile, in turn, in the box's own subnet: their web pages can be reached.
    pub fn plant(&self, profiles: &[Profile]) -> PlantIn<'a> {
        let config = PlantConfig {
            cameras: profiles.len(),
            profiles: profiles.to_vec(),
            subnets: vec!["192.168.99.0/24".parse().expect("a subnet")],
            wire: WireMode::Addressed {
                interface: "eth0".into(),
            },
            web: WebMode::OwnAddresses { port: 80 },
            ..PlantConfig::default()
        };
        for (address, _) in config.addresses().expect("room") {
            let words = format!("addr add {address}/24 dev eth0");
            self.plant_host.ip(&words);
        }
        self.plant_host.ip("route add 239.0.0.0/8 dev eth0");
        PlantIn::start(self.plant_host, config)
    }

    /// A phone; `port` is its driver's.
    pub async fn phone(
        &self,
        port: u16,
        screen: Screen,
        language: &str,
        story: &'static str,
    ) -> Phone {
        let browser = Browser::start(self.host, port, screen, language).await;
        browser.requests().await;
        println!("pictures: {}/{story}-*.png", browser.shots().display());
        Phone {
            browser,
            language: usize::from(language != "en"),
            story,
        }
    }

    /// The PIN that the box shows whoever stands before it.
    ///
    /// # Panics
    /// When the box wrote none.
    pub fn pin(&self) -> String {
        let pin = std::fs::read_to_string(self.folder.join("pin")).expect("a PIN");
        pin.trim().to_owned()
    }
}

impl Phone {
    /// Goes to a page of the box's.
    pub async fn go(&self, path: &str) {
        self.browser
            .open(&format!("http://127.0.0.1:8080{path}"))
            .await;
    }

    /// A word of the page's, up to its first mark.
    ///
    /// # Panics
    /// When there is no such word.
    pub fn word(&self, key: &str) -> &'static str {
        let both = WORDS
            .get(key)
            .unwrap_or_else(|| panic!("no word called {key}"));
        let text = &both[self.language];
        text.split('{').next().unwrap_or(text).trim()
    }

    /// Taps what is called so.
    pub async fn tap_word(&self, key: &str) {
        self.browser.tap(self.word(key)).await;
    }

    /// Waits until the page says so.
    pub async fn read_word(&self, key: &str, seconds: u64) {
        self.browser.read(self.word(key), seconds).await;
    }

    /// A picture of what the phone shows.
    pub async fn snap(&self, name: &str) {
        let name = format!("{}-{name}", self.story);
        self.browser.picture(&name).await;
    }

    /// A picture of the whole page, and a close look at it.
    pub async fn study(&self, eyes: &mut Eyes, name: &str) {
        let name = format!("{}-{name}", self.story);
        self.browser.whole_picture(&name).await;
        eyes.look(&self.browser, &name).await;
    }

    /// Opens a session with the PIN, from the foot of the list.
    pub async fn enter(&self, pin: &str) {
        self.go("/").await;
        self.tap_word("enter").await;
        self.browser.type_into("[name=pin]", pin).await;
        self.tap_word("pin_ok").await;
        self.browser.wait_gone("dialog").await;
        self.read_word("leave", 10).await;
    }

    /// From the key to the last look, on a case's page whose third step is open.
    pub async fn hand_over(&self, key: &str) {
        let held = "return document.querySelector('[name=reset-key]').value";
        if self.browser.ask(held).await != "" {
            self.tap_word("key_clear").await;
        }
        self.browser.type_into("[name=reset-key]", key).await;
        self.tap_word("next_password").await;
        self.browser.see("#proposed:not(:empty)").await;
        self.tap_word("next_check").await;
        self.browser.see(".target").await;
    }

    /// To the third step of a case.
    pub async fn to_the_key(&self, id: &str) {
        self.go(&format!("/cases/{id}")).await;
        self.tap_word("next_app").await;
        self.tap_word("next_key").await;
    }

    /// Nothing of this is in the address, the history, the cookies that a script can read, or any store of the
    /// browser's.
    ///
    /// # Panics
    /// When it is.
    pub async fn keeps_none_of(&self, secrets: &[&str]) {
        let kept = self
            .browser
            .ask(
                "return Promise.all([caches.keys(), indexedDB.databases()]).then((stores) => JSON.stringify([stores, \
                 Object.entries(sessionStorage), Object.entries(localStorage), location.href, document.cookie, history.state]))",
            )
            .await;
        let (urls, _) = self.browser.requests().await;
        // Numbers that are no PIN, though it may be the same four digits.
        let kept = format!("{kept} {urls:?}")
            .replace("127.0.0.1:8080", "")
            .replace("q=2385", "");
        assert!(
            kept.starts_with(r#""[[[],[]]"#),
            "a store of its own: {kept}"
        );
        for secret in secrets {
            assert!(!kept.contains(secret), "{secret} is kept: {kept}");
        }
    }

    /// Everything that was asked for since the last look was asked of the box; how many bytes came.
    ///
    /// # Panics
    /// When something was asked of somebody else.
    pub async fn asked_only_the_box(&self) -> u64 {
        let (urls, bytes) = self.browser.requests().await;
        for url in &urls {
            // The browser's own first page comes from nowhere.
            let own = ["http://127.0.0.1:8080/", "data:", "chrome:"];
            let ours = own.iter().any(|start| url.starts_with(start));
            assert!(ours, "asked for {url}");
        }
        bytes
    }

    /// Ends the browser; its page must never have complained.
    ///
    /// # Panics
    /// When it did.
    pub async fn end(self) {
        let complaints = self.browser.complaints().await;
        assert!(complaints.is_empty(), "{complaints:#?}");
        self.asked_only_the_box().await;
        self.browser.close().await;
    }
}

impl Deref for Phone {
    type Target = Browser;
    fn deref(&self) -> &Browser {
        &self.browser
    }
}

/// What the vendor sends for a case's device code.
///
/// # Panics
/// When it knows no such code.
pub fn vendor(site: &Site<'_>, plant: &PlantIn<'_>, case: &str) -> String {
    let code = String::from_utf8(site.agent.device_code(case)).expect("a device code is text");
    match plant.vendor_issue(&code).expect("the vendor knows it") {
        Issued::Key(text) | Issued::File(text) => text,
    }
}

/// The address as the API names a device.
pub fn mac_of(plant: &PlantIn<'_>, camera: usize) -> String {
    let state = plant.camera(camera).expect("a camera");
    state.mac.to_lowercase().replace(':', "-")
}

/// The phase of a case.
pub fn phase(case: &Value) -> &str {
    case["phase"].as_str().unwrap_or_default()
}
