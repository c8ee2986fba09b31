//! The terminal itself: taken for keys and a whole screen, and given back as it was, whatever happens.

use std::io::{self, IsTerminal, Read, Write};
use std::os::fd::AsFd;
use std::sync::{Mutex, Once, PoisonError};

use rustix::termios::{
    InputModes, LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcgetwinsize,
    tcsetattr,
};
use tokio::sync::mpsc;

use super::cells::Line;
use super::screen::Size;

/// The other screen, without a cursor; cursor keys as plain sequences.
const ENTER: &str = "\x1b[?1049h\x1b[?25l\x1b[?1l";
const LEAVE: &str = "\x1b[?25h\x1b[?1049l";
/// Where a terminal does not tell its size.
const USUAL: Size = Size {
    columns: 80,
    lines: 24,
};
/// Bytes ahead of who reads them.
const QUEUE: usize = 256;

/// The terminal as it was. Also read by the panic hook: a release build does not unwind.
static BEFORE: Mutex<Option<Before>> = Mutex::new(None);

struct Before {
    termios: Termios,
    screen: bool,
}

/// While this lives, keys come one by one and are not echoed. Gives the terminal back when dropped.
pub(super) struct Taken(());

impl Taken {
    /// Takes the terminal on standard input; with `screen` the other screen of standard output too.
    pub(super) fn take(screen: bool) -> io::Result<Self> {
        static HOOK: Once = Once::new();
        HOOK.call_once(|| {
            let told = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |info| {
                give_back();
                told(info);
            }));
        });
        let stdin = io::stdin();
        let termios = tcgetattr(stdin.as_fd())?;
        let mut raw = termios.clone();
        raw.local_modes -=
            LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG | LocalModes::IEXTEN;
        raw.input_modes -= InputModes::IXON | InputModes::ICRNL;
        raw.special_codes[SpecialCodeIndex::VMIN] = 1;
        raw.special_codes[SpecialCodeIndex::VTIME] = 0;
        *before() = Some(Before { termios, screen });
        let this = Self(());
        // What was typed before a question was asked is no answer to it.
        tcsetattr(stdin.as_fd(), OptionalActions::Flush, &raw)?;
        if screen {
            write(ENTER)?;
        }
        Ok(this)
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        give_back();
    }
}

/// Gives the terminal back, if it was taken.
fn give_back() {
    if let Some(Before { termios, screen }) = before().take() {
        // A terminal that went away needs nothing back.
        if screen {
            let _ = write(LEAVE);
        }
        let _ = tcsetattr(io::stdin().as_fd(), OptionalActions::Drain, &termios);
    }
}

fn before() -> std::sync::MutexGuard<'static, Option<Before>> {
    BEFORE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Standard input's bytes as they come; ends with it. One thread waits for them until the program ends.
pub(super) fn keys() -> mpsc::Receiver<u8> {
    let (sender, receiver) = mpsc::channel(QUEUE);
    std::thread::spawn(move || {
        let mut byte = [0];
        let mut stdin = io::stdin().lock();
        while let Ok(1) = stdin.read(&mut byte) {
            if sender.blocking_send(byte[0]).is_err() {
                break;
            }
        }
    });
    receiver
}

/// The size of the terminal on standard output.
pub(super) fn size() -> Size {
    let told = tcgetwinsize(io::stdout().as_fd()).ok();
    told.filter(|told| told.ws_col > 0 && told.ws_row > 0)
        .map_or(USUAL, |told| Size {
            columns: told.ws_col.into(),
            lines: told.ws_row.into(),
        })
}

/// Both ends are a person's.
pub(super) fn is_there() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// Colour is wanted: <https://no-color.org>, and a terminal that can.
pub(super) fn colour() -> bool {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    set("NO_COLOR").is_none() && set("TERM").is_none_or(|term| term != "dumb")
}

/// Draws whole screens, sending only the lines that changed.
#[derive(Default)]
pub(super) struct Canvas {
    drawn: Vec<String>,
    size: Option<Size>,
}

impl Canvas {
    /// Draws the lines.
    pub(super) fn draw(&mut self, lines: &[Line], size: Size, colour: bool) -> io::Result<()> {
        let out = self.difference(lines, size, colour);
        if out.is_empty() { Ok(()) } else { write(&out) }
    }

    /// What must be written so that the screen shows the lines.
    fn difference(&mut self, lines: &[Line], size: Size, colour: bool) -> String {
        let mut out = String::new();
        if self.size.replace(size) != Some(size) {
            self.drawn.clear();
            out.push_str("\x1b[2J");
        }
        self.drawn.resize(size.lines, String::new());
        for (place, line) in lines.iter().enumerate().take(size.lines) {
            let text = line.sequences(size.columns, colour);
            if self.drawn[place] != text {
                out.push_str(&format!("\x1b[{};1H{text}\x1b[K", place + 1));
                self.drawn[place] = text;
            }
        }
        out
    }
}

/// Writes to standard output at once.
pub(super) fn write(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::super::cells::Tone;
    use super::*;

    #[test]
    fn only_what_changed_is_written_and_a_new_size_draws_all() {
        let lines = |second: &str| [Line::new("one", Tone::Plain), Line::new(second, Tone::Bad)];
        let size = Size {
            columns: 10,
            lines: 2,
        };
        let mut canvas = Canvas::default();
        let first = canvas.difference(&lines("two"), size, false);
        assert_eq!(first, "\x1b[2J\x1b[1;1Hone\x1b[K\x1b[2;1Htwo\x1b[K");
        assert_eq!(canvas.difference(&lines("two"), size, false), "");
        let third = canvas.difference(&lines("three"), size, false);
        assert_eq!(third, "\x1b[2;1Hthree\x1b[K");
        let small = Size {
            columns: 4,
            lines: 1,
        };
        let fourth = canvas.difference(&lines("three"), small, false);
        assert_eq!(fourth, "\x1b[2J\x1b[1;1Hone\x1b[K");
    }
}
