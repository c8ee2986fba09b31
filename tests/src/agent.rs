//! The box: the real binary in a host, with a folder of its own, and what a person does with it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};

use crate::http::{Answer, Client};
use crate::netns::Host;
use crate::process::{Running, resetbox, wait_for};

/// Where the phone page is served inside the host.
const PAGE: &str = "http://127.0.0.1:8080";

/// A box with its store. The process may be killed and started again; the folder stays.
pub struct BoxIn<'a> {
    host: &'a Host,
    folder: PathBuf,
    /// The program and what stands before it on its command line.
    command: Vec<String>,
    process: Option<Running>,
    client: Client<'a>,
}

impl<'a> BoxIn<'a> {
    /// Starts the box in `host` with its files in `folder`. `more` is appended to its configuration.
    ///
    /// # Panics
    /// When its page does not come up.
    pub fn start(host: &'a Host, folder: &Path, more: &str) -> Self {
        Self::start_with_clock(host, folder, "trust = \"always\"", more)
    }

    /// The same, with the command line that `wrap` makes of the program's path: the path, and whatever is to run before it.
    ///
    /// # Panics
    /// When its page does not come up.
    pub fn start_wrapped(
        host: &'a Host,
        folder: &Path,
        more: &str,
        wrap: impl FnOnce(&str) -> Vec<String>,
    ) -> Self {
        let program = resetbox().display().to_string();
        let mut this = Self::prepare(host, folder, "trust = \"always\"", more);
        this.command = wrap(&program);
        this.power_on();
        this
    }

    /// The same as [`BoxIn::start`] with other words in `[clock]`.
    ///
    /// # Panics
    /// When its page does not come up.
    pub fn start_with_clock(host: &'a Host, folder: &Path, clock: &str, more: &str) -> Self {
        let mut this = Self::prepare(host, folder, clock, more);
        this.power_on();
        this
    }

    fn prepare(host: &'a Host, folder: &Path, clock: &str, more: &str) -> Self {
        let config = format!(
            "[box]\npin_file = {:?}\n\n[http]\nlisten = [\"127.0.0.1:8080\"]\n\n[store]\npath = {:?}\n\n[clock]\n{clock}\n\n{more}\n",
            folder.join("pin"),
            folder.join("resetbox.db"),
        );
        std::fs::write(folder.join("resetbox.toml"), config).expect("the folder is writable");
        Self {
            host,
            folder: folder.into(),
            command: vec![resetbox().display().to_string()],
            process: None,
            client: Client::new(host, PAGE),
        }
    }

    /// A box that somebody else starts, here systemd: its page at `page`, its PIN in `folder`.
    ///
    /// # Panics
    /// When its page does not come up.
    pub fn attach(host: &'a Host, folder: &Path, page: &str) -> Self {
        let mut this = Self {
            host,
            folder: folder.into(),
            command: vec![resetbox().display().to_string()],
            process: None,
            client: Client::new(host, page),
        };
        this.enter();
        this
    }

    /// A box whose panel showed this one-time link as a QR, opened by the phone `host`.
    ///
    /// # Panics
    /// When it is no such link, or opens nothing.
    pub fn by_link(host: &'a Host, link: &str) -> Self {
        let (page, token) = (link.split_once("/#t=")).unwrap_or_else(|| panic!("no link: {link}"));
        let mut this = Self {
            host,
            folder: PathBuf::new(),
            command: Vec::new(),
            process: None,
            client: Client::new(host, page),
        };
        let answer = wait_for("the phone page", Duration::from_secs(60), || {
            (this.client).post("/api/v1/session", &json!({ "token": token }))
        });
        let cookie = answer.expect(200).set_cookie.expect("a session's cookie");
        this.client.use_cookie(&cookie);
        this
    }

    /// Starts the process, waits for its page, and opens a session with the PIN.
    ///
    /// # Panics
    /// When its page does not come up.
    pub fn power_on(&mut self) {
        self.process = Some(self.spawn());
        self.enter();
    }

    /// Starts the process and waits for nothing.
    pub fn spawn(&self) -> Running {
        let mut command = self.host.command(&self.command[0]);
        command
            .args(&self.command[1..])
            .arg("run")
            .arg("--config")
            .arg(self.folder.join("resetbox.toml"));
        Running::start(&mut command)
    }

    /// Opens a session with the PIN that the box wrote for whoever stands before it.
    ///
    /// # Panics
    /// When the box does not answer, or the PIN is refused.
    pub fn enter(&mut self) {
        // A PIN file of the run before may still lie there: read it again for every try.
        let cookie = wait_for("a session", Duration::from_secs(20), || {
            let pin = std::fs::read_to_string(self.folder.join("pin")).ok()?;
            let answer = self
                .client
                .post("/api/v1/session", &json!({ "pin": pin.trim() }))?;
            answer.set_cookie.filter(|_| answer.status < 300)
        });
        self.client.use_cookie(&cookie);
    }

    /// The HTTP client, with its session.
    pub fn client(&self) -> &Client<'a> {
        &self.client
    }

    /// The process.
    ///
    /// # Panics
    /// While the box is without power.
    pub fn process(&mut self) -> &mut Running {
        self.process.as_mut().expect("the box has power")
    }

    /// Pulls the plug: SIGKILL. What it had written to standard error comes back.
    pub fn pull_the_plug(&mut self) -> String {
        self.process
            .take()
            .map_or_else(String::new, |mut process| process.kill().1)
    }

    /// Stops the box as systemd does: SIGTERM. It must end well.
    ///
    /// # Panics
    /// When it does not.
    pub fn stop(&mut self) {
        let pid = i32::try_from(self.process().pid()).expect("a process id");
        kill(Pid::from_raw(pid), Signal::SIGTERM).expect("the box runs");
        let (status, errors) = self.process().wait(Duration::from_secs(10));
        assert!(status.success(), "{errors}");
        self.process = None;
    }

    /// `GET /api/v1/state`.
    pub fn state(&self) -> Value {
        self.client.json("/api/v1/state")
    }

    /// Waits until so many devices are listed. Those that came after the box's first inquiries are found with the next, in its
    /// first minute 15 s later.
    pub fn wait_devices(&self, count: u64, limit: Duration) {
        wait_for(&format!("{count} devices"), limit, || {
            let listed = self.state()["devices_total"].as_u64()?;
            (listed == count).then_some(())
        });
    }

    /// Opens a case and waits until its device code is there.
    ///
    /// # Panics
    /// When the box refuses.
    pub fn open_case(&self, mac: &str) -> String {
        // A layer-2 answer, which may come first, does not tell the ways of recovery.
        wait_for("a way of recovery", Duration::from_secs(10), || {
            let device = self.client.json(&format!("/api/v1/devices/{mac}"));
            ["typed-key", "key-file"]
                .contains(&device["way"].as_str()?)
                .then_some(())
        });
        let answer = self
            .client
            .post("/api/v1/cases", &json!({ "mac": mac }))
            .expect("answered");
        assert!(
            answer.status < 300,
            "{}",
            String::from_utf8_lossy(&answer.body)
        );
        let id = answer.json()["id"].as_str().expect("an id").to_owned();
        self.wait_phase(&id, &["awaiting"]);
        id
    }

    /// `GET /api/v1/cases/ID`.
    pub fn case(&self, id: &str) -> Value {
        self.client.json(&format!("/api/v1/cases/{id}"))
    }

    /// Waits up to a minute until the case is in one of the phases.
    pub fn wait_phase(&self, id: &str, phases: &[&str]) -> Value {
        wait_for(
            &format!("case {id} in {phases:?}"),
            Duration::from_secs(60),
            || {
                let case = self.case(id);
                phases.contains(&case["phase"].as_str()?).then_some(case)
            },
        )
    }

    /// The bytes that the QR of a case holds.
    ///
    /// # Panics
    /// When the box refuses.
    pub fn device_code(&self, id: &str) -> Vec<u8> {
        let answer = self
            .client
            .get(&format!("/api/v1/cases/{id}/DeviceKey.xml"))
            .expect("answered")
            .expect(200);
        answer.body
    }

    /// Hands key and password over and confirms for `serial` at once; the answer comes when the attempt has ended.
    pub fn send_key(&self, id: &str, key: &str, password: &str, serial: &str) -> Option<Answer> {
        let body = json!({ "key": key, "new_password": password, "confirm": serial });
        self.client.post(&format!("/api/v1/cases/{id}/key"), &body)
    }

    /// Hands key and password over, to be confirmed later. Gives what the confirmation must name.
    ///
    /// # Panics
    /// When the box refuses.
    pub fn hand_over(&self, id: &str, key: &str, password: &str) -> String {
        let body = json!({ "key": key, "new_password": password });
        let answer = self
            .client
            .post(&format!("/api/v1/cases/{id}/key"), &body)
            .expect("answered")
            .json();
        let submission = answer["submission"].as_str();
        submission.unwrap_or_else(|| panic!("{answer}")).to_owned()
    }

    /// Confirms what was handed over; the answer comes when the attempt has ended.
    pub fn confirm(&self, id: &str, submission: &str, serial: &str) -> Option<Answer> {
        let body = json!({ "submission": submission, "serial": serial });
        self.client
            .post(&format!("/api/v1/cases/{id}/confirm"), &body)
    }

    /// Presses a key of the panel and lets it go.
    ///
    /// # Panics
    /// When the box refuses.
    pub fn press(&self, button: &str) {
        for edge in ["pressed", "released"] {
            let body = json!({ "button": button, "edge": edge });
            let answer = self
                .client
                .post("/api/v1/panel/keys", &body)
                .expect("answered");
            assert!(
                answer.status < 300,
                "{}",
                String::from_utf8_lossy(&answer.body)
            );
        }
    }

    /// What the panel shows: width, height and one grey byte per pixel.
    ///
    /// # Panics
    /// When the picture is none.
    pub fn panel(&self) -> (usize, usize, Vec<u8>) {
        let answer = self
            .client
            .get("/api/v1/panel/frame.png")
            .expect("answered")
            .expect(200);
        let mut decoder = png::Decoder::new(std::io::Cursor::new(answer.body));
        decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::STRIP_16);
        let mut reader = decoder.read_info().expect("a PNG");
        let mut pixels = vec![0; reader.output_buffer_size().expect("a small picture")];
        let info = reader.next_frame(&mut pixels).expect("a whole PNG");
        let samples = info.color_type.samples();
        let grey = pixels[..info.buffer_size()]
            .chunks_exact(samples)
            .map(|pixel| {
                let colours = if samples >= 3 { 3 } else { 1 };
                let sum: u32 = pixel[..colours].iter().map(|&value| u32::from(value)).sum();
                u8::try_from(sum / colours as u32).expect("a mean of bytes")
            })
            .collect();
        (info.width as usize, info.height as usize, grey)
    }

    /// Reads the QR on the panel, if it shows one.
    pub fn scan_panel(&self) -> Option<Vec<u8>> {
        let (width, height, grey) = self.panel();
        let mut image =
            rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| grey[y * width + x]);
        let mut bytes = Vec::new();
        image.detect_grids().first()?.decode_to(&mut bytes).ok()?;
        Some(bytes)
    }
}
