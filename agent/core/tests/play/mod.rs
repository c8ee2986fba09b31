//! Plays a transcript: a text file that says what happens to the box and what it must do, in order.
//!
//! ```text
//! +1.5s                     time passes, and the box is woken when it wants to be
//! link 2 / link-gone 2      a cable goes in or out
//! camera A 1 [file] [sync] [encrypt] [inactive] [boot=TEXT|boot=none]
//! < A inquiry [2]           the device answers the latest inquiry (heard on link 2 if not said otherwise)
//! < A hello [2]
//! < A export TEXT [2]       ... its device code; or: < A refuses RESULT [tries=N] [lock=N]
//! < A exchange KEYBYTE [2]  ... the exchange, with a session key of that byte; or: RESULT, garbage
//! < A reset RESULT [tries=N] [lock=N] [2]
//! < A activate RESULT [2]   ... the activation, with a blank after the name of the command, as devices have it
//! active A                  it has a password from now on
//! moves A ADDRESS           it has this address from now on
//! login worked|refused|locked|odd|not-sent        the shell's word on the latest login
//! < A other-export TEXT     ... another client's request for a device code
//! boot A TEXT               its BootTime from now on
//! store ok|silent|says-ok|says-no      pairs ok|silent|fail      sending-fails export|exchange|reset
//! wall system|phone HOURS   the time becomes known: so many hours after an arbitrary day
//! power-cut HOURS [known]   the plug is pulled for so long; known: the box has a clock that runs on
//! ask N CHANNEL open A | key A KEY PASSWORD [sync] [sent] | file A TEXT PASSWORD | confirm A [insist] [of=N]
//!               | password A PASSWORD [sent] | check A PASSWORD
//!               | wrong-confirm A | withdraw A | cancel A | resolve A worked|not | lamp A | scan
//! > login USER SERVER PASSWORD   must have been handed to the shell next
//! > WHAT LINK [A KEY PASSWORD]   must have been sent next (inquiries are not listed): for a reset also its content
//! ! PHASE [PROBLEM]         must have been written next: a case in another phase than before
//! = N ok|case|awaiting-confirm|succeeded|no PROBLEM [tries=N] [lock=N]    must have been replied next
//! ~ A PHASE [left=H:MM] [code=TEXT] [problem=P] [doubt=P] [tries=N] [lock=N] [attempts=N] [at-most] [may-be-void]
//!     [insist|insist-re-exported] [gone] [first] [login=STATE]   what surfaces show of its newest case (words left
//!     out must not hold)
//! ```

#![allow(unreachable_pub, reason = "it is a module of a test")]

use std::collections::BTreeMap;
use std::time::Duration;

use resetbox_core::event::WallSource;
use resetbox_core::request::{CaseId, Done, SubmissionId};
use resetbox_core::secret::SecretText;
use resetbox_core::view::CaseView;
use resetbox_core::{Channel, Event, LinkId, Mono, Now, Policy, Request, Wall};

use crate::bench::{Bench, Device};

mod happens;
mod says;

const HOUR_MS: i64 = 3_600_000;
/// Hour 0 of `wall`: in 2027.
const DAY_MS: i64 = 500_000 * HOUR_MS;

pub fn play(text: &str) {
    let mut player = Player::new();
    for (number, line) in text.lines().enumerate() {
        let words: Vec<&str> = line
            .split('#')
            .next()
            .unwrap_or_default()
            .split_whitespace()
            .collect();
        if !words.is_empty() {
            player.at = format!("line {}: {}", number + 1, line.trim());
            player.line(&words);
        }
    }
    player.at = "end of the transcript".into();
    player.nothing_left();
}

struct Player {
    bench: Bench,
    devices: BTreeMap<String, Device>,
    /// The transcript's number of a request to the bench's.
    asked: BTreeMap<u64, u64>,
    /// Phase last written of each case.
    phases: BTreeMap<CaseId, String>,
    at: String,
}

impl Player {
    fn new() -> Self {
        let now = Now {
            mono: Mono(1_000),
            wall: None,
        };
        Self {
            bench: Bench::restored(Policy::default(), Vec::new(), now),
            devices: BTreeMap::new(),
            asked: BTreeMap::new(),
            phases: BTreeMap::new(),
            at: String::new(),
        }
    }

    fn fail(&self, why: &str) -> ! {
        panic!("{}\n  {why}", self.at)
    }

    fn number<T: std::str::FromStr>(&self, word: &str) -> T {
        word.parse()
            .unwrap_or_else(|_| self.fail(&format!("{word} is no number")))
    }

    fn line(&mut self, words: &[&str]) {
        match words[0] {
            ">" | "!" | "=" => return self.expect(words),
            "~" => return self.look(&words[1..]),
            _ => {}
        }
        self.nothing_left();
        let words = match words[0].strip_prefix('+') {
            Some(time) => {
                self.bench.pass(self.duration(time));
                &words[1..]
            }
            None => words,
        };
        match words {
            [] => {}
            [">" | "!" | "=", ..] => self.expect(words),
            ["~", rest @ ..] => self.look(rest),
            ["link", link] => self.bench.link_up(self.number(link)),
            ["link-gone", link] => {
                let link = LinkId(self.number(link));
                self.bench.handle(Event::LinkGone(link));
            }
            ["camera", name, index, rest @ ..] => self.camera(name, index, rest),
            ["active", name] => {
                let device = self.device(name);
                device.more.insert("Activated".into(), "true".into());
            }
            ["moves", name, address] => {
                let address = self.number(address);
                self.device(name).ipv4 = address;
            }
            ["login", word] => {
                use resetbox_core::event::LoginAnswer as A;
                let why = resetbox_core::problem::LoginFault::Unreachable;
                self.bench.login_ends(match *word {
                    "worked" => A::Worked,
                    "refused" => A::Refused {
                        tries_left: Some(4),
                    },
                    "locked" => A::Locked { minutes: Some(30) },
                    "odd" => A::Odd { text: "x".into() },
                    _ => A::NotSent { why },
                });
            }
            ["boot", name, rest @ ..] => self.device(name).boot_time = Some(rest.join(" ")),
            ["<", name, what, rest @ ..] => self.heard(name, what, rest),
            ["store", word] => self.store(word),
            ["pairs", word] => self.pairs(word),
            ["sending-fails", what] => self.sending_fails(what),
            ["wall", source, hours] => {
                let source = match *source {
                    "system" => WallSource::System,
                    _ => WallSource::Phone,
                };
                let wall = Wall(DAY_MS + self.number::<i64>(hours) * HOUR_MS);
                self.bench.learn_wall(wall, source);
            }
            ["power-cut", hours, rest @ ..] => {
                let off = Duration::from_secs(self.number::<u64>(hours) * 3600);
                self.bench.power_cut(off, rest == ["known"]);
                self.asked.clear();
            }
            ["ask", number, channel, rest @ ..] => self.ask(number, channel, rest),
            _ => self.fail("not a word of transcripts"),
        }
    }

    fn duration(&self, text: &str) -> Duration {
        let (number, unit) = text.split_at(text.len() - 1);
        let number: f64 = self.number(number);
        Duration::from_secs_f64(match unit {
            "s" => number,
            "m" => number * 60.0,
            "h" => number * 3600.0,
            _ => self.fail("a time ends in s, m or h"),
        })
    }

    fn device(&mut self, name: &str) -> &mut Device {
        let at = &self.at;
        self.devices
            .get_mut(name)
            .unwrap_or_else(|| panic!("{at}\n  no camera {name}"))
    }

    /// The newest case of a device.
    fn case(&self, name: &str) -> CaseView {
        let mac = self
            .devices
            .get(name)
            .unwrap_or_else(|| self.fail("no such camera"))
            .mac();
        let cases = self.bench.view().cases;
        let case = cases.into_iter().find(|case| case.mac == mac);
        case.unwrap_or_else(|| self.fail("the device has no case"))
    }

    fn ask(&mut self, number: &str, channel: &str, words: &[&str]) {
        let channel = match channel {
            "phone" => Channel::Phone,
            "panel" => Channel::Panel,
            _ => Channel::Mqtt,
        };
        let serial = |name: &str| self.devices[name].serial.clone();
        let secret = |text: &str| SecretText::new(text.to_owned());
        let case = |name: &str| self.case(name).id;
        let request = match words {
            ["open", name] => Request::OpenCase {
                mac: self.devices[*name].mac(),
            },
            ["key", name, key, password, rest @ ..] => Request::SubmitKey {
                case: case(name),
                key: secret(key),
                new_password: secret(password),
                sync_cameras: rest.contains(&"sync"),
                confirm: rest.contains(&"sent").then(|| serial(name)),
            },
            ["file", name, text, password] => Request::SubmitFile {
                case: case(name),
                file: secret(&format!("{text}\r\n")),
                new_password: secret(password),
                sync_cameras: false,
                confirm: None,
            },
            ["password", name, password, rest @ ..] => Request::SubmitPassword {
                case: case(name),
                new_password: secret(password),
                confirm: rest.contains(&"sent").then(|| serial(name)),
            },
            ["check", name, password] => Request::CheckLogin {
                case: case(name),
                password: secret(password),
            },
            ["confirm", name, rest @ ..] => Request::Confirm {
                case: case(name),
                submission: self.submission(name, rest),
                serial: serial(name),
                insist: rest.contains(&"insist"),
            },
            ["wrong-confirm", name] => Request::Confirm {
                case: case(name),
                submission: self.submission(name, &[]),
                serial: "DS-OTHER".into(),
                insist: false,
            },
            ["withdraw", name] => Request::Withdraw { case: case(name) },
            ["cancel", name] => Request::CancelCase { case: case(name) },
            ["resolve", name, worked] => Request::Resolve {
                case: case(name),
                worked: *worked == "worked",
            },
            ["lamp", name] => Request::Lamp {
                mac: self.devices[*name].mac(),
                on: true,
            },
            ["scan"] => Request::Scan,
            _ => self.fail("nobody asks that"),
        };
        let number: u64 = self.number(number);
        let id = self.bench.next_request();
        self.asked.insert(number, id);
        self.bench.ask(channel, request);
    }

    /// What a confirmation names: what waits, or what a request handed over (`of=2`).
    fn submission(&self, name: &str, words: &[&str]) -> SubmissionId {
        let of = words.iter().find_map(|word| word.strip_prefix("of="));
        let Some(of) = of else {
            let waits = self.case(name).submission;
            return waits.unwrap_or_else(|| SubmissionId("none".into()));
        };
        let request = self.asked[&self.number::<u64>(of)];
        match self.bench.reply(request) {
            Some(Ok(Done::AwaitingConfirm { submission, .. })) => submission.clone(),
            other => self.fail(&format!("nothing was handed over: {other:?}")),
        }
    }
}
