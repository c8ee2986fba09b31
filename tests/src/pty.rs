//! A program on a pseudo-terminal, and somebody who types when asked.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{FromRawFd, OwnedFd};
use std::process::{Child, Command, ExitStatus};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use crate::process::wait_for;

/// A running program and the other end of its terminal. Killed when dropped.
#[derive(Debug)]
pub struct OnTerminal {
    child: Child,
    terminal: File,
    /// Kept open so that the terminal lives on after the program.
    program_end: File,
    shown: Receiver<Vec<u8>>,
    seen: Vec<u8>,
    settings: String,
}

impl OnTerminal {
    /// Starts the command on a terminal of this size.
    ///
    /// # Panics
    /// When there is no terminal to be had or the command cannot be started.
    pub fn start(command: &mut Command, columns: u16, lines: u16) -> Self {
        let (terminal, program_end) = open(columns, lines);
        let end = || program_end.try_clone().expect("a descriptor");
        let settings = settings(&program_end);
        let child = command
            .stdin(end())
            .stdout(end())
            .stderr(end())
            .env("TERM", "xterm")
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let (sender, shown) = channel();
        let mut reader = terminal.try_clone().expect("a descriptor");
        std::thread::spawn(move || {
            let mut chunk = [0; 4096];
            while let Ok(count @ 1..) = reader.read(&mut chunk) {
                if sender.send(chunk[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self {
            child,
            terminal,
            program_end,
            shown,
            seen: Vec::new(),
            settings,
        }
    }

    /// Waits until the text is shown, after what was waited for before; so much of it is then behind.
    ///
    /// # Panics
    /// When it is not shown in time, with what was shown instead.
    pub fn wait(&mut self, text: &str, limit: Duration) {
        let end = Instant::now() + limit;
        loop {
            self.seen.extend(self.shown.try_iter().flatten());
            let place = self
                .seen
                .windows(text.len())
                .position(|part| part == text.as_bytes());
            if let Some(place) = place {
                self.seen.drain(..place + text.len());
                return;
            }
            assert!(
                Instant::now() < end,
                "{text:?} was not shown; shown: {}",
                String::from_utf8_lossy(&self.seen)
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Types.
    ///
    /// # Panics
    /// When the terminal is gone.
    pub fn type_in(&mut self, text: &str) {
        self.terminal
            .write_all(text.as_bytes())
            .expect("a terminal");
    }

    /// Waits for the program's end; what was shown since the last wait comes back.
    ///
    /// # Panics
    /// When it does not end in time.
    pub fn end(&mut self, limit: Duration) -> (ExitStatus, String) {
        let status = wait_for("the program's end", limit, || {
            self.seen.extend(self.shown.try_iter().flatten());
            self.child.try_wait().expect("our own child")
        });
        // The last bytes may still be on their way through the reading thread.
        while let Ok(more) = self.shown.recv_timeout(Duration::from_secs(1)) {
            self.seen.extend(more);
        }
        (status, String::from_utf8_lossy(&self.seen).into_owned())
    }

    /// The terminal's settings are what they were at the start.
    pub fn is_as_it_was(&self) -> bool {
        settings(&self.program_end) == self.settings
    }

    /// The settings now differ from those at the start: somebody took the terminal.
    pub fn is_taken(&self) -> bool {
        !self.is_as_it_was()
    }
}

impl Drop for OnTerminal {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn open(columns: u16, lines: u16) -> (File, File) {
    let (mut ours, mut theirs) = (-1, -1);
    let size = libc::winsize {
        ws_row: lines,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    // SAFETY: both places live through the call; name and settings may be absent.
    let done = unsafe {
        libc::openpty(
            &raw mut ours,
            &raw mut theirs,
            std::ptr::null_mut(),
            std::ptr::null(),
            &raw const size,
        )
    };
    assert_eq!(done, 0, "openpty: {}", std::io::Error::last_os_error());
    // SAFETY: openpty has just made both, and nobody else owns them.
    let own = |fd| File::from(unsafe { OwnedFd::from_raw_fd(fd) });
    (own(ours), own(theirs))
}

fn settings(terminal: &File) -> String {
    let output = Command::new("stty")
        .arg("-g")
        .stdin(terminal.try_clone().expect("a descriptor"))
        .output()
        .expect("stty is part of every Debian");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
