//! The emulator's two control sockets: QMP starts it, and qtest moves the lines that are inputs of the board.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

use super::wiring::Key;
use crate::process::wait_for;

/// Names of the sockets in the board's folder.
pub(super) const QMP: &str = "qmp";
pub(super) const QTEST: &str = "qtest";

/// Both sockets, and where in the emulator's tree of objects the GPIO chip is.
pub(super) struct Monitor {
    qmp: Mutex<Line>,
    qtest: Mutex<Line>,
    chip: String,
}

/// Lines both ways.
struct Line {
    reader: BufReader<UnixStream>,
    writer: UnixStream,
}

impl Monitor {
    /// Connects while `runs` says that the emulator does.
    pub(super) fn open(folder: &Path, runs: impl FnMut() -> bool) -> Self {
        let mut runs = runs;
        let mut connect = |name: &str| {
            let path = folder.join(name);
            let socket = wait_for("the emulator's sockets", Duration::from_secs(60), || {
                assert!(
                    runs(),
                    "the emulator ended early, and said why on standard error"
                );
                UnixStream::connect(&path).ok()
            });
            // Gone before the next power-on, whose sockets have the same names.
            let _ = std::fs::remove_file(&path);
            Line {
                reader: BufReader::new(socket.try_clone().expect("a second handle")),
                writer: socket,
            }
        };
        let (mut qmp, qtest) = (connect(QMP), connect(QTEST));
        qmp.read();
        qmp.execute("qmp_capabilities", &json!({}));
        let objects = qmp.execute("qom-list", &json!({ "path": "/machine/unattached" }));
        let chip = (objects.as_array().into_iter().flatten())
            .find(|object| {
                object["type"]
                    .as_str()
                    .is_some_and(|kind| kind.contains("pl061"))
            })
            .and_then(|object| object["name"].as_str())
            .unwrap_or_else(|| panic!("no GPIO chip: {objects}"));
        Self {
            chip: format!("/machine/unattached/{chip}"),
            qmp: Mutex::new(qmp),
            qtest: Mutex::new(qtest),
        }
    }

    /// Lets the processors run.
    pub(super) fn go(&self) {
        let mut qmp = self.qmp.lock().unwrap_or_else(PoisonError::into_inner);
        qmp.execute("cont", &json!({}));
    }

    /// Presses a key or lets it go: pressed is low.
    pub(super) fn set_key(&self, key: Key, pressed: bool) {
        let (line, level) = (key.line(), u8::from(!pressed));
        let mut qtest = self.qtest.lock().unwrap_or_else(PoisonError::into_inner);
        qtest.write(&format!(
            "set_irq_in {} unnamed-gpio-in {line} {level}",
            self.chip
        ));
        let answer = qtest.read();
        assert!(answer.starts_with("OK"), "qtest: {answer}");
    }
}

impl Line {
    fn write(&mut self, line: &str) {
        (self.writer.write_all(format!("{line}\n").as_bytes())).expect("the emulator listens");
    }

    fn read(&mut self) -> String {
        let mut line = String::new();
        let read = self.reader.read_line(&mut line);
        assert!(read.is_ok_and(|bytes| bytes > 0), "the emulator has ended");
        line
    }

    /// A command of QMP and its answer; events in between are not waited for.
    fn execute(&mut self, command: &str, arguments: &Value) -> Value {
        self.write(&json!({ "execute": command, "arguments": arguments }).to_string());
        loop {
            let line = self.read();
            let mut answer: Value =
                serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
            assert!(answer["error"].is_null(), "{command}: {answer}");
            if answer.get("return").is_some() {
                return answer["return"].take();
            }
        }
    }
}
