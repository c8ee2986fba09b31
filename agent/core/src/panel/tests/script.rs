//! Transcripts of the panel in use: what a person does, what the panel asks for, what it shows.
//!
//! A line without a mark is something that happens; the lines below it say what came of it: `!` what
//! the panel asked for, `->` the page that is shown since, with its legend. A test plays the lines
//! that happen and compares the whole text.

use core::fmt::Write as _;
use core::time::Duration;

use sadp::Way;

use super::bench::Bench;
use super::describe::{asked, page};
use crate::panel::Ask;
use crate::policy::KeySet;
use crate::problem::{Problem, ProblemKind};
use crate::request::{Request, SubmissionId};
use crate::screen::{Button, Edge, KEY_MORE, Page};
use crate::view::{CasePhase, CaseView, MustInsist};

/// Plays a transcript and gives back what it should have said.
pub(super) fn play(transcript: &str) -> String {
    let mut script = Script {
        bench: Bench::new(KeySet::FourKeys),
        shown: String::new(),
        presses: 0,
    };
    let mut said = String::new();
    for line in transcript.lines() {
        let happens = !line.starts_with(['#', ' ']) && !line.is_empty();
        if happens {
            let _ = writeln!(said, "{line}");
            script.happen(line);
            script.tell(&mut said);
        } else if !line.starts_with(' ') {
            let _ = writeln!(said, "{line}");
        }
    }
    said
}

struct Script {
    bench: Bench,
    /// The page as it was told last.
    shown: String,
    /// Presses since the last time they were told.
    presses: u32,
}

impl Script {
    fn happen(&mut self, line: &str) {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            ["keys", "joystick"] => self.bench = Bench::new(KeySet::Joystick),
            ["keys", "four"] => self.bench = Bench::new(KeySet::FourKeys),
            ["wifi"] => self.bench.policy.wifi_join = Some("WIFI:T:WPA;S:rb;P:x;;".into()),
            ["preset", password] => {
                let typed = crate::secret::SecretText::new(password);
                let preset = crate::rules::password(&typed, None);
                self.bench.policy.preset_password = Some(preset.expect("a good password"));
            }
            ["no", "cable"] => {
                self.bench.links[0].carrier = false;
                self.bench.tick();
            }
            ["cable"] => {
                self.bench.links[0].carrier = true;
                self.bench.tick();
            }
            ["press", key] => self.press(button(key)),
            ["press", key, times] => {
                for _ in 0..number(times) {
                    self.press(button(key));
                }
            }
            ["hold", key, time] => {
                self.presses += 1;
                self.bench.hold(button(key), duration(time));
                self.bench.wait(Duration::from_millis(500));
            }
            ["down", key] => self.bench.edge(button(key), Edge::Pressed),
            ["up", key] => self.bench.edge(button(key), Edge::Released),
            ["wait", time] => self.bench.wait(duration(time)),
            ["type", text] => self.type_key(text),
            ["probes", count] => {
                self.bench.diagnosis.probes = u64::from(number(count));
                self.bench.tick();
            }
            ["https", outcome] => {
                let report = match outcome {
                    "served" => Ok(crate::Secured {
                        urls: vec!["https://10.43.0.1".into()],
                        fingerprint: crate::Fingerprint([0x5a; 32]),
                    }),
                    _ => Err("port 443 is taken".into()),
                };
                self.bench.health.take(crate::event::Health::Https(report));
                self.bench.tick();
            }
            ["store", "fails"] => {
                let report = crate::event::Health::Store(Err("disk full".into()));
                self.bench.health.take(report);
                self.bench.tick();
            }
            ["phone", "opens", camera] => {
                self.bench.open_case(number(camera) as u8);
                self.bench.tick();
            }
            ["camera", camera, ref what @ ..] => self.camera(number(camera) as u8, what),
            _ => panic!("the transcript says what this test does not know: {line}"),
        }
        self.bench.wait(Duration::ZERO);
    }

    fn camera(&mut self, camera: u8, what: &[&str]) {
        let way = match what {
            ["appears", "typed", ..] => Some(Way::TypedKey),
            ["appears", "file"] => Some(Way::KeyFile),
            ["appears", "inactive"] => Some(Way::Activate),
            ["appears", "old"] => Some(Way::AskVendor),
            _ => None,
        };
        if let Some(way) = way {
            self.bench.camera(camera, way);
            if what.ends_with(&["sync"]) {
                self.bench
                    .change_device(camera, |device| device.can_sync = true);
            }
            return;
        }
        if *what == ["key", "waits"] {
            self.bench.key_waits(camera);
            return;
        }
        if *what == ["goes"] {
            self.bench
                .change_device(camera, |device| device.gone = true);
            return;
        }
        if *what == ["has", "a", "password"] {
            self.bench.change_device(camera, |device| {
                (device.activated, device.way) = (true, Way::TypedKey);
            });
            return;
        }
        let change: Box<dyn FnOnce(&mut CaseView)> = match what {
            ["gives", "code"] => Box::new(|case| {
                case.phase = CasePhase::Awaiting;
                case.device_code = Some("DEVICECODE".into());
                case.left = Some(Duration::from_secs(48 * 3600 - 1));
            }),
            ["waits", "for", "a", "password"] => Box::new(|case| case.phase = CasePhase::Awaiting),
            ["got", "a", "password", "elsewhere"] => Box::new(|case| {
                case.phase = CasePhase::Void;
                case.problem = Some(Problem::new(ProblemKind::AlreadyActivated));
            }),
            ["fails", "to", "give", "code"] => Box::new(|case| {
                case.phase = CasePhase::Failed;
                case.problem = Some(Problem::new(ProblemKind::DeviceFailed));
            }),
            ["attempt", "begins"] => Box::new(|case| {
                case.phase = CasePhase::Exchanging;
                case.attempts += 1;
                case.problem = None;
            }),
            ["is", "checked", "first"] => Box::new(|case| case.phase = CasePhase::Exchanging),
            ["is", "silent", "when", "checked"] => Box::new(|case| {
                case.phase = CasePhase::Ready;
                case.submission = Some(SubmissionId("checked-test".into()));
                case.problem = Some(Problem::new(ProblemKind::DeviceSilent));
            }),
            ["had", "two", "wrong", "keys"] => {
                Box::new(|case| case.must_insist = Some(MustInsist::KeysRefused))
            }
            ["is", "asked", "elsewhere"] => Box::new(|case| {
                case.doubt = Some(Problem::new(ProblemKind::ReExported));
                case.must_insist = Some(MustInsist::ReExported);
            }),
            ["exchanged"] => Box::new(|case| case.phase = CasePhase::Sending),
            ["says", "success"] => Box::new(|case| case.phase = CasePhase::Done),
            ["says", "codeError", tries] => {
                let tries = number(tries);
                Box::new(move |case| {
                    case.phase = CasePhase::Awaiting;
                    case.tries_left = Some(tries);
                    case.must_insist = (case.attempts >= 2).then_some(MustInsist::KeysRefused);
                    case.problem = Some(Problem {
                        tries_left: Some(tries),
                        ..Problem::new(ProblemKind::KeyWrong)
                    });
                })
            }
            ["says", "locked", minutes] => {
                let minutes = number(minutes);
                Box::new(move |case| {
                    case.phase = CasePhase::Awaiting;
                    case.lock_minutes = Some(minutes);
                    case.problem = Some(Problem::new(ProblemKind::Locked));
                })
            }
            ["unlocks"] => Box::new(|case| case.lock_minutes = None),
            ["says", "nothing"] => Box::new(|case| case.phase = CasePhase::Unclear),
            ["restarts"] => Box::new(|case| {
                case.phase = CasePhase::Void;
                case.problem = Some(Problem::new(ProblemKind::Rebooted));
            }),
            ["may", "have", "restarted"] => Box::new(|case| {
                case.doubt = Some(Problem::new(ProblemKind::MaybeRestarted));
            }),
            _ => panic!("a camera of these tests cannot do that: {what:?}"),
        };
        self.bench.change_case(camera, change);
    }

    fn press(&mut self, key: Button) {
        self.presses += 1;
        self.bench.press(key);
    }

    /// Finds each character by what the screen shows, as a person does.
    fn type_key(&mut self, text: &str) {
        for wanted in text.chars() {
            loop {
                let Page::KeyEntry { rows, .. } = self.bench.screen().page else {
                    panic!("not where a key is typed: {:?}", self.bench.screen().page);
                };
                let has = |row: &Vec<char>| row.contains(&wanted) || row.contains(&KEY_MORE);
                let row = rows.iter().position(has);
                let row = row.expect("every letter and digit stands in a row");
                self.press([Button::Up, Button::Ok, Button::Down][row]);
                if rows[row] == [wanted] {
                    break;
                }
            }
        }
    }

    /// What came of it.
    fn tell(&mut self, said: &mut String) {
        for ask in self.bench.asks.drain(..) {
            if ask != Ask::Quietly(Request::Look) {
                let _ = writeln!(said, "    ! {}", asked(&ask));
            }
        }
        let mut shown = page(&self.bench.screen());
        if self.bench.panel.asleep() {
            shown = "asleep".into();
        }
        if shown != self.shown {
            let _ = writeln!(said, "    -> {shown}");
            self.shown = shown;
        }
        if self.presses > 1 {
            let _ = writeln!(said, "    ({} presses)", self.presses);
        }
        self.presses = 0;
    }
}

fn button(name: &str) -> Button {
    match name {
        "up" => Button::Up,
        "down" => Button::Down,
        "ok" => Button::Ok,
        "back" => Button::Back,
        "left" => Button::Left,
        "right" => Button::Right,
        other => panic!("no such key: {other}"),
    }
}

fn number(text: &str) -> u32 {
    text.trim_start_matches('x')
        .parse()
        .expect("the transcript has a number here")
}

fn duration(text: &str) -> Duration {
    match text.strip_suffix("ms") {
        Some(ms) => Duration::from_millis(number(ms).into()),
        None => Duration::from_secs(number(text.trim_end_matches('s')).into()),
    }
}
