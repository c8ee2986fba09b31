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

use resetbox_core::effect::How;
use resetbox_core::event::WallSource;
use resetbox_core::record::PhaseRecord;
use resetbox_core::request::{CaseId, CaseKind, Done, SubmissionId};
use resetbox_core::secret::SecretText;
use resetbox_core::view::{CasePhase, CaseView, LoginView, MustInsist};
use resetbox_core::{
    Channel, Effect, Event, LinkId, Mono, Now, Policy, Problem, Purpose, Record, Reply, Request,
    Wall,
};

use crate::bench::{Bench, Device, element};

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

    fn camera(&mut self, name: &str, index: &str, words: &[&str]) {
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

    fn heard(&mut self, name: &str, what: &str, words: &[&str]) {
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

    fn store(&mut self, word: &str) {
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

    fn pairs(&mut self, word: &str) {
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

    fn sending_fails(&mut self, what: &str) {
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

    /// The next effect that transcripts list, in their words.
    fn next(&mut self) -> Option<(String, Effect)> {
        while !self.bench.effects.is_empty() {
            let effect = self.bench.effects.remove(0);
            let said = match &effect {
                Effect::Transmit(sent) if sent.purpose != Purpose::Inquiry => {
                    assert_eq!(
                        sent.how,
                        How::Multicast,
                        "a command leaves once, to the group"
                    );
                    let text = core::str::from_utf8(&sent.bytes).expect("our own text");
                    format!("> {} {}", element(text, "Types"), sent.link.0)
                }
                Effect::CheckLogin(check) => format!(
                    "> login {} {} {}",
                    check.user,
                    check.server,
                    check.password.expose()
                ),
                Effect::Persist {
                    record: Record::Case(case),
                    ..
                } => {
                    let mut phase = phase(&case.phase);
                    if let Some(login) = &case.login {
                        phase += &format!(" login-{:?}", login.state).to_lowercase();
                    }
                    let before = self.phases.insert(case.id.clone(), phase.clone());
                    if before.as_ref() == Some(&phase) {
                        continue;
                    }
                    format!("! {phase}")
                }
                Effect::Reply { id, reply } => {
                    let number = self.asked.iter().find(|(_, asked)| **asked == id.0);
                    let number = number.map_or(0, |(number, _)| *number);
                    format!("= {number} {}", reply_said(reply))
                }
                _ => continue,
            };
            return Some((said, effect));
        }
        None
    }

    fn nothing_left(&mut self) {
        if let Some((said, _)) = self.next() {
            self.fail(&format!("before this, the box did: {said}"));
        }
    }

    fn expect(&mut self, words: &[&str]) {
        let (words, content) = match words {
            [">", what @ ("reset" | "activate"), link, content @ ..] => {
                (vec![">", *what, *link], content)
            }
            _ => (words.to_vec(), &[][..]),
        };
        let expected = words.join(" ");
        match self.next() {
            Some((said, _)) if said != expected => self.fail(&format!("the box did: {said}")),
            None => self.fail("the box did nothing"),
            Some((_, Effect::Transmit(sent))) => {
                if let (Purpose::Activate, [name, password]) = (sent.purpose, content) {
                    let text = core::str::from_utf8(&sent.bytes).expect("our own text");
                    let takes = self.devices[*name].takes_first(text, password);
                    assert!(takes, "{}\n  another content", self.at);
                } else if let [name, key, password, ..] = content {
                    let text = core::str::from_utf8(&sent.bytes).expect("our own text");
                    let device = &self.devices[*name];
                    assert!(
                        device.takes(text, password, key),
                        "{}\n  another content",
                        self.at
                    );
                    let sync = text.contains("<SyncIPCPassword>true</SyncIPCPassword>");
                    assert_eq!(sync, content.contains(&"sync"), "{}", self.at);
                }
            }
            Some(_) => {}
        }
    }

    fn look(&self, words: &[&str]) {
        let [name, rest @ ..] = words else {
            self.fail("look at what?")
        };
        let mut shown = case_said(&self.case(name));
        let mut expected: Vec<String> = rest.iter().map(|word| (*word).to_owned()).collect();
        // What is always there need not be said; but before a code is durable nothing of it may be there.
        if shown[0] != "exporting" {
            for prefix in ["code=", "left=", "attempts="] {
                if !rest.iter().any(|word| word.starts_with(prefix)) {
                    shown.retain(|word| !word.starts_with(prefix));
                }
            }
        } else {
            shown.retain(|word| word != "attempts=0");
        }
        shown[1..].sort();
        expected[1..].sort();
        assert_eq!(shown, expected, "{}", self.at);
    }
}

fn phase(phase: &PhaseRecord) -> String {
    match phase {
        PhaseRecord::Exporting => "exporting".into(),
        PhaseRecord::Awaiting { last: None } => "awaiting".into(),
        PhaseRecord::Awaiting {
            last: Some(problem),
        } => format!("awaiting {}", problem.kind.name()),
        PhaseRecord::AttemptOpen { .. } => "attempt-open".into(),
        PhaseRecord::Unclear => "unclear".into(),
        PhaseRecord::Done => "done".into(),
        PhaseRecord::Void { problem } => format!("void {}", problem.kind.name()),
        PhaseRecord::Failed { problem } => format!("failed {}", problem.kind.name()),
        PhaseRecord::Cancelled => "cancelled".into(),
    }
}

fn problem_said(problem: &Problem) -> String {
    let mut said = problem.kind.name().to_owned();
    if let Some(tries) = problem.tries_left {
        said += &format!(" tries={tries}");
    }
    if let Some(minutes) = problem.lock_minutes {
        said += &format!(" lock={minutes}");
    }
    said
}

fn reply_said(reply: &Reply) -> String {
    match reply {
        Ok(Done::Ok) => "ok".into(),
        Ok(Done::Case(_)) => "case".into(),
        Ok(Done::AwaitingConfirm { .. }) => "awaiting-confirm".into(),
        Ok(Done::Succeeded(_)) => "succeeded".into(),
        Ok(Done::LoginWorked(_)) => "login-worked".into(),
        Ok(other) => format!("{other:?}"),
        Err(problem) => format!("no {}", problem_said(problem)),
    }
}

fn case_said(case: &CaseView) -> Vec<String> {
    let phase = match case.phase {
        CasePhase::Exporting => "exporting",
        CasePhase::Awaiting => "awaiting",
        CasePhase::Ready => "ready",
        CasePhase::Exchanging => "exchanging",
        CasePhase::Sending => "sending",
        CasePhase::Unclear => "unclear",
        CasePhase::Done => "done",
        CasePhase::Void => "void",
        CasePhase::Failed => "failed",
        CasePhase::Cancelled => "cancelled",
    };
    let mut said = vec![phase.to_owned()];
    let mut add = |condition: bool, word: String| {
        if condition {
            said.push(word);
        }
    };
    if let Some(left) = case.left {
        let minutes = left.as_secs() / 60;
        add(true, format!("left={}:{:02}", minutes / 60, minutes % 60));
    }
    if let Some(code) = &case.device_code {
        add(true, format!("code={code}"));
    }
    if let Some(problem) = &case.problem {
        add(true, format!("problem={}", problem.kind.name()));
    }
    if let Some(doubt) = &case.doubt {
        add(true, format!("doubt={}", doubt.kind.name()));
    }
    if let Some(tries) = case.tries_left {
        add(true, format!("tries={tries}"));
    }
    if let Some(minutes) = case.lock_minutes {
        add(true, format!("lock={minutes}"));
    }
    add(true, format!("attempts={}", case.attempts));
    add(case.kind == CaseKind::FirstPassword, "first".into());
    if let Some(login) = case.login.filter(|login| *login != LoginView::Untried) {
        add(true, format!("login={login:?}").to_lowercase());
    }
    add(case.left_at_most, "at-most".into());
    add(case.may_be_void, "may-be-void".into());
    match case.must_insist {
        Some(MustInsist::KeysRefused) => add(true, "insist".into()),
        Some(MustInsist::ReExported) => add(true, "insist-re-exported".into()),
        None => {}
    }
    add(!case.device_present && case.phase.is_open(), "gone".into());
    said
}
