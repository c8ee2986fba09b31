//! The board: the SD card's image in an emulator (`qemu-system-aarch64 -M virt`), its network port on a switch of the
//! test, a panel, keys and LEDs on its lines. The lines are real to the kernel in there: each edge of the SPI bus and of the
//! LEDs is read back, each key is an interrupt. What is pulled is the plug: the emulator is killed.

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::netns::Switch;
use crate::process::target;

mod analyser;
pub mod card;
mod emulator;
mod glass;
pub mod loss;
mod monitor;
mod picture;
pub mod stage;
mod wiring;

pub use analyser::{Change, Seen};
pub use loss::{Done, Log};
pub use picture::Picture;
pub use wiring::{Key, Lamp, PROFILE};

use analyser::Analyser;
use card::Card;
use emulator::Parts;
use monitor::Monitor;

/// The longest that anything may take between power-on and a picture, on a machine that has much else to do.
const PATIENCE: Duration = Duration::from_secs(600);
/// Everything that is logged goes to the serial line too.
pub const LOGGED: &str = "systemd.journald.forward_to_console=1";
/// So long nothing moves on the bus: what was to be drawn is drawn.
const REST: Duration = Duration::from_millis(900);

/// A short press: longer than its edges are waited out, much shorter than what repeats or is long (0.5 s and 0.8 s), since the
/// board sees an edge later than it came.
const SHORT: Duration = Duration::from_millis(200);

/// An emulator wants every core there is: one at a time.
static ONE: Mutex<()> = Mutex::new(());

/// A board with its card. Without power at first.
pub struct Board<'a> {
    switch: &'a Switch,
    tap: String,
    image: PathBuf,
    folder: PathBuf,
    card: Card,
    options: String,
    power: Option<Power>,
    powered: usize,
    _alone: MutexGuard<'static, ()>,
}

/// What there is while it has power.
struct Power {
    emulator: Child,
    monitor: Monitor,
    analyser: Analyser,
    since: Instant,
}

/// The folder of the built image: `RESETBOX_IMAGE`, else what `./x image` left.
///
/// # Panics
/// When there is none, naming the remedy.
pub fn image() -> PathBuf {
    let folder =
        std::env::var_os("RESETBOX_IMAGE").map_or_else(|| target().join("image"), PathBuf::from);
    for name in ["resetbox.img", "initrd.img", "Image"] {
        let file = folder.join(name);
        assert!(
            file.is_file(),
            "no {}: run ./x image, and see what it says",
            file.display()
        );
    }
    folder
}

impl<'a> Board<'a> {
    /// A board on the switch, with a card of 1 GB written with the image in its folder `image`, and `settings` in the
    /// card's `resetbox.toml`. `folder` is for its files.
    ///
    /// # Panics
    /// When the image or a tool is missing, naming the remedy.
    pub fn new(switch: &'a Switch, image: &Path, folder: &Path, settings: &str) -> Self {
        let mut board = Self::of_system(switch, image, folder, LOGGED);
        let settings = format!("[panel]\nprofile = \"/boot/firmware/panel.toml\"\n\n{settings}\n");
        board.put("panel.toml", PROFILE);
        board.put("resetbox.toml", settings);
        board
    }

    /// The same board with any system: `resetbox.img` is its card, `Image` its kernel, and the kernel's command line has
    /// these `options`. The card is taken as it is.
    ///
    /// # Panics
    /// As [`Board::new`].
    pub fn of_system(switch: &'a Switch, image: &Path, folder: &Path, options: &str) -> Self {
        let alone = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let card = Card::write(&image.join("resetbox.img"), folder);
        wiring::device_tree(&folder.join("board.dtb"));
        Self {
            switch,
            tap: switch.tap(),
            options: options.into(),
            image: image.into(),
            folder: folder.into(),
            card,
            power: None,
            powered: 0,
            _alone: alone,
        }
    }

    /// Adds `options` to the kernel's command line from the next power-on.
    pub fn with_options(&mut self, options: &str) {
        self.options = format!("{} {options}", self.options);
    }

    /// Gives it power, with every key up, and waits for nothing.
    ///
    /// # Panics
    /// When the emulator cannot be started.
    pub fn power_on(&mut self) {
        assert!(self.power.is_none(), "it has power already");
        self.powered += 1;
        let analyser = Analyser::start(&self.folder.join("lines"));
        let parts = Parts {
            image: &self.image,
            folder: &self.folder,
            card: &self.card.disk(),
            tap: &self.tap,
            options: &self.options,
            serial: &self.serial_file(),
        };
        let mut emulator = parts.start(self.switch.host());
        let monitor = Monitor::open(&self.folder, || {
            // It says why on standard error.
            emulator.try_wait().ok().flatten().is_none()
        });
        for key in Key::ALL {
            monitor.set_key(key, false);
        }
        monitor.go();
        self.power = Some(Power {
            emulator,
            monitor,
            analyser,
            since: Instant::now(),
        });
    }

    /// Pulls the plug. What the card had not been told to keep may be lost ([`card`](self)).
    ///
    /// # Panics
    /// When the kernel or the box had panicked, or the lines had shown something that no panel allows.
    pub fn pull_the_plug(&mut self) {
        let Some(power) = self.power.take() else {
            return;
        };
        power.end();
        let serial = self.serial();
        assert!(
            !serial.contains("panicked") && !serial.contains("Kernel panic"),
            "{serial}"
        );
    }

    /// Waits until the board starts again by itself, and takes its power away before it comes up.
    ///
    /// # Panics
    /// As [`Board::wait`].
    pub fn wait_restart(&mut self) {
        let mut power = self.power.take().expect("the board has power");
        // The emulator ends in place of a restart.
        let ended = wait_at_most(PATIENCE, || power.emulator.try_wait().ok().flatten());
        self.power = Some(power);
        assert!(ended.is_some(), "it did not start again: {}", self.serial());
        self.pull_the_plug();
    }

    /// Waits until the serial line has said something since the last power-on; gives the line.
    ///
    /// # Panics
    /// As [`Board::wait`].
    pub fn said(&self, what: &str) -> String {
        self.wait(what, || whole_line(&self.serial(), what))
    }

    /// Where what comes out of the serial line since the last power-on is written: the kernel's and the box's log.
    pub fn serial_file(&self) -> PathBuf {
        self.serial_of(self.powered)
    }

    fn serial_of(&self, number: usize) -> PathBuf {
        self.folder.join(format!("serial-{number}.log"))
    }

    fn serial(&self) -> String {
        // A board that just got power has not opened it yet.
        let bytes = std::fs::read(self.serial_file()).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Files with everything that was ever written to the card or came out of the serial line, to be searched.
    pub fn traces(&self) -> Vec<PathBuf> {
        let serial = (1..=self.powered).map(|number| self.serial_of(number));
        serial.chain(self.card.files()).collect()
    }

    fn power(&self) -> &Power {
        self.power.as_ref().expect("the board has power")
    }

    /// How long it has had power.
    pub fn uptime(&self) -> Duration {
        self.power().since.elapsed()
    }

    /// What the analyser has seen since power-on.
    ///
    /// # Panics
    /// When it saw something that no panel allows.
    pub fn lines(&self) -> impl Deref<Target = Seen> + '_ {
        self.power().analyser.seen()
    }

    /// What is on the glass; `None` while it is dark.
    pub fn picture(&self) -> Option<Picture> {
        self.lines().picture()
    }

    /// Waits until something is drawn, and everything that was to be drawn is.
    ///
    /// # Panics
    /// When nothing comes, with what the serial line said.
    pub fn rest(&self) -> Picture {
        self.wait("a picture, and the bus at rest", || {
            let seen = self.lines();
            (seen.quiet() >= REST).then(|| seen.picture()).flatten()
        })
    }

    /// Waits until `wanted` finds what it looks for.
    ///
    /// # Panics
    /// When it does not in ten minutes, with what the serial line said and where the last picture is.
    pub fn wait<T>(&self, what: &str, wanted: impl FnMut() -> Option<T>) -> T {
        wait_at_most(PATIENCE, wanted).unwrap_or_else(|| {
            let shows = self.picture().map_or("nothing".into(), |picture| {
                let file = target().join("board-last.png");
                picture.save(&file);
                file.display().to_string()
            });
            panic!(
                "waited in vain for {what}; the panel shows {shows}; serial line:\n{}",
                self.serial()
            )
        })
    }

    /// Waits until both decoders read the same QR from the glass.
    ///
    /// # Panics
    /// As [`Board::wait`].
    pub fn scan(&self) -> Vec<u8> {
        let mut read = None;
        self.wait("a QR on the glass", || self.code(&mut read))
    }

    /// What both decoders read from the glass. They are not asked again about the picture that was `read` last, in vain.
    fn code(&self, read: &mut Option<Picture>) -> Option<Vec<u8>> {
        let now = self.picture().filter(|now| read.as_ref() != Some(now))?;
        let code = now.code();
        *read = Some(now);
        code
    }

    /// Presses a key down or lets it go: an edge of its line.
    pub fn set(&self, key: Key, pressed: bool) {
        self.power().monitor.set_key(key, pressed);
    }

    /// Presses a key for so long.
    pub fn press_for(&self, key: Key, long: Duration) {
        self.set(key, true);
        // A finger.
        std::thread::sleep(long);
        self.set(key, false);
    }

    /// Presses a key, and waits until another page is drawn to its end. Whoever sees nothing for a long time presses again: a
    /// processor that is emulated beside others may have slept through the first press.
    ///
    /// # Panics
    /// As [`Board::wait`].
    pub fn press(&self, key: Key) -> Picture {
        const AGAIN: Duration = Duration::from_secs(30);
        let before = self.rest();
        let mut pressed: Option<Instant> = None;
        self.wait(&format!("another page after {key:?}"), || {
            if pressed.is_none_or(|at| at.elapsed() >= AGAIN) {
                self.press_for(key, SHORT);
                pressed = Some(Instant::now());
            }
            let seen = self.lines();
            (seen.quiet() >= REST)
                .then(|| seen.picture())
                .flatten()
                .filter(|now| now.page() != before.page())
        })
    }

    /// Holds a key longer than the 0.8 s of a long press.
    pub fn hold(&self, key: Key) {
        self.rest();
        self.press_for(key, Duration::from_millis(1_500));
    }

    /// From the list: opens a case with the device under the cursor, which is asked for its device code.
    ///
    /// # Panics
    /// As [`Board::wait`].
    pub fn open_case(&self) {
        self.press(Key::Ok);
        self.press(Key::Ok);
        self.hold(Key::Ok);
    }

    /// Presses these keys, from the first page, until the glass shows a QR that is `wanted`. A page that comes by itself under
    /// the finger spends a press: whoever looks sees that, goes back to the first page and presses `anew`.
    ///
    /// # Panics
    /// As [`Board::wait`].
    pub fn press_to(&self, first: &[Key], anew: &[Key], wanted: impl Fn(&[u8]) -> bool) -> Vec<u8> {
        let mut keys = first;
        self.wait("a QR on the glass that these keys lead to", || {
            for key in std::mem::replace(&mut keys, anew) {
                self.rest();
                self.press_for(*key, SHORT);
                // Drawn at once in most cases; where nothing is to be drawn nothing is waited for.
                wait_at_most(Duration::from_secs(1), || {
                    (self.lines().quiet() < REST).then_some(())
                });
            }
            self.rest();
            let mut read = None;
            let found = wait_at_most(Duration::from_secs(5), || {
                self.code(&mut read).filter(|code| wanted(code))
            });
            if found.is_none() {
                self.hold(Key::Back);
            }
            found
        })
    }
}

/// The first line with these words. What comes comes letter by letter: one without its end is not looked at.
fn whole_line(text: &str, what: &str) -> Option<String> {
    let (whole, _) = text.rsplit_once('\n')?;
    let line = whole.lines().find(|line| line.contains(what))?;
    Some(line.trim_end_matches('\r').to_owned())
}

/// Asks every 50 ms.
fn wait_at_most<T>(limit: Duration, mut wanted: impl FnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + limit;
    loop {
        let found = wanted();
        if found.is_some() || Instant::now() > end {
            return found;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

impl Power {
    fn end(mut self) {
        // It may have ended by itself.
        let _ = self.emulator.kill();
        let _ = self.emulator.wait();
        self.analyser.end();
    }
}

impl Drop for Board<'_> {
    fn drop(&mut self) {
        if let Some(mut power) = self.power.take() {
            // Nothing is asked of a board whose test has failed.
            let _ = power.emulator.kill();
            let _ = power.emulator.wait();
            power.analyser.forget();
        }
    }
}

/// Runs a tool of the system to its end and gives what it printed.
fn tool(program: &str, package: &str, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .args(arguments)
        // Debian keeps some of them where only root looks.
        .env(
            "PATH",
            format!(
                "{}:/usr/sbin:/sbin",
                std::env::var("PATH").unwrap_or_default()
            ),
        )
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}: apt-get install {package}"));
    assert!(
        output.status.success(),
        "{program} {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[cfg(test)]
mod tests {
    use super::whole_line;

    #[test]
    fn a_line_that_is_still_being_written_says_nothing_yet() {
        let text = "the phone page is at http://169.254.172.2";
        assert_eq!(whole_line(text, "http://"), None);
        let text = format!("before\n{text}2\r\nthe phone page is at ");
        let line = whole_line(&text, "phone page").expect("it is whole");
        assert_eq!(line, "the phone page is at http://169.254.172.22");
    }
}
