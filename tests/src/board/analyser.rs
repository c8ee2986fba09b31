//! A logic analyser: the emulator writes down every change of a line, and this reads it while it is written: bytes of the
//! bus for the panel, and when which LED went on and off.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::ops::Deref;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use nix::sys::stat::Mode;

use super::Picture;
use super::glass::Panel;
use super::wiring::{CS, DC, Lamp, MOSI, SCLK};

/// Bytes of a whole picture.
const PICTURE: u64 = 2 * 128 * 128;

/// Reads what the emulator writes, on a thread of its own.
pub(super) struct Analyser {
    pipe: PathBuf,
    seen: Arc<Mutex<Seen>>,
    thread: Option<JoinHandle<()>>,
}

/// What was seen since power-on.
pub struct Seen {
    panel: Panel,
    bus: Bus,
    /// Changes of the LEDs.
    pub leds: Vec<Change>,
    /// Bytes on the bus.
    pub bytes: u64,
    /// When the bus had carried as much as a whole picture, since power-on.
    pub first_picture: Option<Duration>,
    /// When the emulator began, by the clock that it writes down.
    began: Option<Duration>,
    last_byte: Instant,
}

/// An LED went on or off.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Since power-on.
    pub at: Duration,
    /// Which.
    pub lamp: Lamp,
    /// It went on.
    pub on: bool,
}

/// The levels of the lines, and a byte that is on its way.
#[derive(Default)]
struct Bus {
    register: u64,
    data: bool,
    bits: u8,
    byte: u8,
}

/// A line of the emulator's log.
#[derive(Debug, PartialEq)]
enum Event {
    /// A line of the GPIO chip has this level.
    Line(usize, bool),
    /// The bus's register was written.
    Register(u64),
}

impl Analyser {
    /// Makes the pipe and waits on a thread for who writes into it.
    pub(super) fn start(pipe: &Path) -> Self {
        // Left by the power-on before.
        let _ = std::fs::remove_file(pipe);
        nix::unistd::mkfifo(pipe, Mode::S_IRUSR | Mode::S_IWUSR)
            .unwrap_or_else(|error| panic!("{}: {error}", pipe.display()));
        let seen = Arc::new(Mutex::new(Seen {
            panel: Panel::new(),
            bus: Bus::default(),
            leds: Vec::new(),
            bytes: 0,
            first_picture: None,
            began: None,
            last_byte: Instant::now(),
        }));
        let (shared, path) = (seen.clone(), pipe.to_owned());
        let thread = std::thread::spawn(move || read(&path, &shared));
        Self {
            pipe: pipe.into(),
            seen,
            thread: Some(thread),
        }
    }

    /// What was seen so far.
    pub(super) fn seen(&self) -> impl Deref<Target = Seen> + '_ {
        let seen: MutexGuard<'_, Seen> = match self.seen.lock() {
            Ok(seen) => seen,
            Err(_) => {
                panic!("the lines showed what no panel allows: see the panic of the analyser above")
            }
        };
        seen
    }

    /// Waits for the end of the log, after the emulator's.
    pub(super) fn end(mut self) {
        self.release();
        if let Some(Err(panic)) = self.thread.take().map(JoinHandle::join) {
            std::panic::resume_unwind(panic);
        }
    }

    /// The same, whatever it saw.
    pub(super) fn forget(mut self) {
        self.release();
        // Its panic was told on standard error.
        let _ = self.thread.take().map(JoinHandle::join);
    }

    /// An emulator that never came would keep the thread waiting for ever: come in its place.
    fn release(&self) {
        // Nobody waits in most cases.
        let _ = File::options()
            .write(true)
            .custom_flags(libc::O_NONBLOCK)
            .open(&self.pipe);
    }
}

fn read(pipe: &Path, seen: &Mutex<Seen>) {
    let file = File::open(pipe).unwrap_or_else(|error| panic!("{}: {error}", pipe.display()));
    let mut lines = BufReader::with_capacity(1 << 16, file);
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line).unwrap_or(0) > 0 {
        // A kill may cut the last line.
        if line.ends_with(b"\n")
            && let Some((at, event)) = parse(&line)
        {
            seen.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .event(at, &event);
        }
        line.clear();
    }
}

/// `PID@SECONDS.MICROSECONDS:EVENT WORDS`; `None` for what is no event of ours.
fn parse(line: &[u8]) -> Option<(Duration, Event)> {
    let line = std::str::from_utf8(line).ok()?.trim_end();
    let (stamp, event) = line.split_once('@')?.1.split_once(':')?;
    let (seconds, micros) = stamp.split_once('.')?;
    let at =
        Duration::from_secs(seconds.parse().ok()?) + Duration::from_micros(micros.parse().ok()?);
    let mut words = event.split(' ');
    let event = match words.next()? {
        "virtio_mmio_write_offset" => {
            let mut last = words.skip_while(|word| *word != "offset").skip(1);
            // Other registers are other slots' business.
            (last.next()? == "0x0").then_some(())?;
            Event::Register(u64::from_str_radix(last.nth(1)?.strip_prefix("0x")?, 16).ok()?)
        }
        "pl061_set_output" => {
            let mut last = words.skip_while(|word| *word != "output").skip(1);
            let line = last.next()?.parse().ok()?;
            Event::Line(line, last.nth(1)? == "1")
        }
        _ => return None,
    };
    Some((at, event))
}

impl Seen {
    /// What is on the glass; `None` while it is dark.
    pub fn picture(&self) -> Option<Picture> {
        self.panel.picture()
    }

    /// How long nothing has moved on the bus.
    pub fn quiet(&self) -> Duration {
        self.last_byte.elapsed()
    }

    fn event(&mut self, at: Duration, event: &Event) {
        let at = at.saturating_sub(*self.began.get_or_insert(at));
        match *event {
            Event::Line(DC, level) => self.bus.data = level,
            Event::Line(line, on) => {
                let lamp = Lamp::on(line);
                self.leds.extend(lamp.map(|lamp| Change { at, lamp, on }));
            }
            Event::Register(value) => {
                if let Some(byte) = self.bus.step(value) {
                    self.bytes += 1;
                    if self.bytes == PICTURE {
                        self.first_picture = Some(at);
                    }
                    self.last_byte = Instant::now();
                    self.panel.byte(at, byte, self.bus.data);
                }
            }
        }
    }
}

impl Bus {
    /// Mode 0: a bit is taken with the rising clock while the chip is selected (low). Gives the byte that it ends.
    fn step(&mut self, register: u64) -> Option<u8> {
        let before = std::mem::replace(&mut self.register, register);
        let rises = |bit: u64| before & bit == 0 && register & bit != 0;
        if rises(CS) {
            assert_eq!(self.bits, 0, "the chip was let go within a byte");
        }
        if register & CS != 0 || !rises(SCLK) {
            return None;
        }
        self.byte = self.byte << 1 | u8::from(register & MOSI != 0);
        self.bits = (self.bits + 1) % 8;
        (self.bits == 0).then_some(self.byte)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_log_are_read_and_others_left() {
        let read = |line: &str| parse(line.as_bytes()).map(|(_, event)| event);
        let slot = "7@16.000004:virtio_mmio_write_offset virtio_mmio_write offset";
        assert_eq!(
            read(&format!("{slot} 0x0 value 0x74726975\n")),
            Some(Event::Register(0x7472_6975))
        );
        assert_eq!(read(&format!("{slot} 0x70 value 0x1\n")), None);
        let line = "7@16.000004:pl061_set_output /machine/unattached/device[7] setting output";
        assert_eq!(
            read(&format!("{line} 2 to 1\n")),
            Some(Event::Line(2, true))
        );
        assert_eq!(
            read(&format!("{line} 0 to 0\n")),
            Some(Event::Line(0, false))
        );
        assert_eq!(read("7@16.000004:something else\n"), None);
        assert_eq!(
            parse(format!("{line} 0 to 0\n").as_bytes())
                .expect("an event")
                .0,
            Duration::from_micros(16_000_004)
        );
    }

    #[test]
    fn eight_rising_edges_are_a_byte_and_none_while_the_chip_is_not_selected() {
        let mut bus = Bus::default();
        let send = |bus: &mut Bus, byte: u8, cs: u64| -> Vec<u8> {
            let bits = (0..8).rev().map(|bit| u64::from(byte >> bit & 1) * MOSI);
            bits.flat_map(|bit| [bit | cs, bit | cs | SCLK, bit | cs])
                .filter_map(|register| bus.step(register))
                .collect()
        };
        assert!(send(&mut bus, 0xa5, CS).is_empty());
        assert_eq!(send(&mut bus, 0xa5, 0), [0xa5]);
        assert_eq!(send(&mut bus, 0x3c, 0), [0x3c]);
    }
}
