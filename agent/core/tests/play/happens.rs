//! What happens to the box: cameras, their answers, the store, key pairs, sending.

use resetbox_core::{Event, Purpose};

use super::Player;
use crate::bench::{Device, element};

impl Player {
    pub(super) fn camera(&mut self, name: &str, index: &str, words: &[&str]) {
        let mut device = Device::new(self.number(index));
        let yes = || "true".to_owned();
        for word in words {
            match *word {
                "file" => {
                    device.more.remove("PasswordResetModeSecond");
                    device.more.insert("PasswordResetAbility".into(), yes());
                }
                "sync" => drop(device.more.insert("SyncIPCPassword".into(), yes())),
                "encrypt" => drop(device.more.insert("codeEncrypt".into(), yes())),
                "inactive" => {
                    device.more.insert("Activated".into(), "false".into());
                }
                "boot=none" => device.boot_time = None,
                "boot=1970" => device.boot_time = Some("1970-01-15 02:44:11".into()),
                _ => self.fail("no such kind of camera"),
            }
        }
        self.devices.insert(name.to_owned(), device);
    }

    pub(super) fn heard(&mut self, name: &str, what: &str, words: &[&str]) {
        let mut elements = String::new();
        let mut link = 2;
        let mut plain = Vec::new();
        for word in words {
            match word.split_once('=') {
                Some(("tries", n)) => elements += &format!("<RetryTimes>{n}</RetryTimes>"),
                Some(("lock", n)) => elements += &format!("<SurplusLockTime>{n}</SurplusLockTime>"),
                Some(("link", n)) => link = self.number(n),
                _ => plain.push(*word),
            }
        }
        let mut device = self.device(name).clone();
        let result = |text: &str| format!("<Result>{text}</Result>");
        let typed = device.more.contains_key("PasswordResetModeSecond");
        let exported = |text: &str| match typed {
            true => format!("{}<EncryptString>{text}</EncryptString>", result("success")),
            false => format!("{}<Code>{text}</Code>", result("success")),
        };
        let bench = &mut self.bench;
        match (what, plain.as_slice()) {
            ("inquiry", []) => bench.answers(link, &device),
            ("hello", []) => bench.heard(link, &device.hello()),
            ("export", [text]) => {
                bench.answers_command(link, &device, Purpose::Export, &exported(text));
            }
            ("other-export", [text]) => {
                let types = if typed { "getencryptstring" } else { "getcode" };
                bench.heard(link, &device.answer("F00F", types, &exported(text)));
            }
            ("refuses", [text]) => {
                elements += &result(text);
                bench.answers_command(link, &device, Purpose::Export, &elements);
            }
            ("exchange", [text]) if ["failed", "locked", "emptyEncryptString"].contains(text) => {
                elements += &result(text);
                bench.answers_command(link, &device, Purpose::Exchange, &elements);
            }
            ("exchange", ["garbage"]) => {
                bench.answers_command(link, &device, Purpose::Exchange, "<Code>AAAA</Code>");
            }
            ("exchange", [byte]) => {
                let byte = u8::from_str_radix(byte, 16).expect("a byte in hexadecimal");
                bench.answers_exchange(link, &mut device, [byte; 16]);
                self.devices.insert(name.to_owned(), device);
            }
            ("reset", [text]) => {
                elements += &result(if *text == "empty" { "" } else { text });
                bench.answers_command(link, &device, Purpose::Reset, &elements);
            }
            ("activate", [text]) => {
                let command = bench.last_to(&device, Purpose::Activate);
                elements += &result(text);
                let uuid = element(&command, "Uuid");
                bench.heard(link, &device.answer(uuid, "activate ", &elements));
            }
            _ => self.fail("a device does not say that"),
        }
    }

    pub(super) fn store(&mut self, word: &str) {
        match word {
            "ok" => self.bench.store = true,
            "silent" => self.bench.store = false,
            "says-ok" | "says-no" => {
                for number in self.bench.unanswered() {
                    self.bench.store_says(number, word == "says-ok");
                    if word == "says-no" {
                        self.bench
                            .written
                            .retain(|(written, ..)| *written != number);
                    }
                }
            }
            _ => self.fail("no such store"),
        }
    }

    pub(super) fn pairs(&mut self, word: &str) {
        match word {
            "ok" => self.bench.pairs = true,
            "silent" => self.bench.pairs = false,
            _ => {
                let number = self.bench.made_pairs;
                let error = "no randomness".into();
                self.bench.handle(Event::KeyPairFailed { number, error });
            }
        }
    }

    pub(super) fn sending_fails(&mut self, what: &str) {
        let purpose = match what {
            "export" => Purpose::Export,
            "exchange" => Purpose::Exchange,
            "activate" => Purpose::Activate,
            _ => Purpose::Reset,
        };
        let sent = self
            .bench
            .last(purpose)
            .unwrap_or_else(|| self.fail("nothing was sent"));
        let (link, number) = (sent.link, sent.number);
        let error = "network is unreachable".into();
        self.bench.handle(Event::TransmitFailed {
            link,
            number,
            error,
        });
    }
}
