//! Where a board is tried: a switch, cameras on subnets of their own, and a phone.

use std::path::Path;

use resetbox_plant::{PlantConfig, Profile, WebMode, WireMode};
use tempfile::TempDir;

use super::{Board, Key, image};
use crate::agent::BoxIn;
use crate::http::Client;
use crate::netns::{Host, Switch};
use crate::plant::PlantIn;

/// A switch that snoops, a host for cameras, and a phone that has an address of link-local kind, as the box has one.
pub struct Stage {
    switch: Switch,
    /// Where the cameras are.
    pub plant: Host,
    /// Where the phone is.
    pub phone: Host,
    folder: TempDir,
}

impl Stage {
    /// An empty stage.
    pub fn new() -> Self {
        let (switch, plant, phone) = (Switch::new(), Host::new("plant"), Host::new("phone"));
        switch.snoop();
        switch.plug(&plant, "eth0");
        switch.plug(&phone, "eth0");
        phone.ip("addr add 169.254.77.7/16 dev eth0");
        Self {
            switch,
            plant,
            phone,
            folder: tempfile::tempdir().expect("a folder"),
        }
    }

    /// Cameras that take a typed key, none in a subnet of the box.
    pub fn cameras(&self, count: usize) -> PlantIn<'_> {
        let config = PlantConfig {
            cameras: count,
            profiles: vec![Profile::Ipc2018],
            subnets: ["192.168.1.0/24", "10.7.0.0/16"]
                .map(|text| text.parse().expect("a subnet"))
                .into(),
            wire: WireMode::Raw {
                interface: "eth0".into(),
            },
            web: WebMode::OwnAddresses { port: 80 },
            ..PlantConfig::default()
        };
        PlantIn::start(&self.plant, config)
    }

    /// A board with a card of its own.
    pub fn board(&self) -> Board<'_> {
        self.board_with("")
    }

    /// The same with these lines in the card's settings, behind those of the panel.
    pub fn board_with(&self, settings: &str) -> Board<'_> {
        Board::new(&self.switch, &image(), self.folder.path(), settings)
    }

    /// The board with another system than the card's image ([`Board::of_system`]).
    pub fn board_of(&self, system: &Path, options: &str) -> Board<'_> {
        Board::of_system(&self.switch, system, self.folder.path(), options)
    }

    /// Somebody on the network who only reads: the box says on its serial line where its page is.
    ///
    /// # Panics
    /// When it does not.
    pub fn reader(&self, board: &Board<'_>) -> Client<'_> {
        const SAID: &str = "the phone page is at http://";
        let line = board.said(&format!("{SAID}169.254."));
        let (_, rest) = line.split_once(SAID).expect("it was looked for");
        // The journal puts colours around it.
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.');
        Client::new(
            &self.phone,
            format!("http://{}", &rest[..end.unwrap_or(rest.len())]),
        )
    }

    /// What the box tells that needs a person.
    ///
    /// # Panics
    /// When it does not.
    pub fn alert(&self, board: &Board<'_>, kind: &str) -> String {
        let reader = self.reader(board);
        board.wait(kind, || {
            let state = reader.get("/api/v1/state")?.expect(200).json();
            let alerts = state["alerts"].as_array()?.clone();
            let alert = alerts.into_iter().find(|alert| alert["kind"] == kind)?;
            alert["text"].as_str().map(str::to_owned)
        })
    }

    /// From the first page, by keys alone, to the QR of a case, which must be this one. Whoever presses them waits until every
    /// device with an open case has answered, and knows where on the list the case's own stands.
    ///
    /// # Panics
    /// As [`Board::wait`].
    pub fn scan_again(&self, board: &Board<'_>, id: &str, code: &[u8]) {
        let reader = self.reader(board);
        let at = board.wait("the devices with open cases", || {
            let state = reader.get("/api/v1/state")?.expect(200).json();
            let [devices, cases] = ["devices", "cases"].map(|name| state[name].as_array());
            let open = cases?.iter().filter(|case| case["open"] == true).count();
            let listed = devices?.get(..open)?;
            let all = listed.iter().all(|device| device["case_open"] == true);
            let own = listed.iter().position(|device| device["case"] == id);
            own.filter(|_| all)
        });
        let keys = [vec![Key::Down; at], vec![Key::Ok, Key::Ok]].concat();
        let shown = board.press_to(&keys, &[Key::Down, Key::Ok, Key::Ok], |shown| shown == code);
        assert_eq!(shown, code, "the same bytes");
    }

    /// A folder for a test's own files.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// By keys, from the list, to the page that shows how to reach the box: the link in its QR.
    ///
    /// # Panics
    /// When the panel does not lead there.
    pub fn link(&self, board: &Board<'_>) -> String {
        let link = board.press_to(&[Key::Back, Key::Ok], &[Key::Back, Key::Ok], |code| {
            code.starts_with(b"http://")
        });
        String::from_utf8(link).expect("a link is text")
    }

    /// The same, and the phone opens a session with that link.
    pub fn join(&self, board: &Board<'_>) -> BoxIn<'_> {
        BoxIn::by_link(&self.phone, &self.link(board))
    }
}

impl Default for Stage {
    fn default() -> Self {
        Self::new()
    }
}
