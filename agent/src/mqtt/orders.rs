//! Commands: read strictly, remembered before they are carried out, answered once. No value of a command is ever
//! repeated in an answer or a log line; ids are.

use std::sync::Arc;
use std::time::Duration;

use resetbox_core::policy::Language;
use resetbox_core::request::{CaseId, Done, SubmissionId};
use resetbox_core::{Channel, ProblemKind, Request, View};
use serde::de::DeserializeOwned;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::Instant;

use super::contract::{
    CaseCommand, CheckLogin, CommandId, Confirm, Expires, IdOnly, Lamp, OpenCase, Outcome, Plain,
    Problem, Resolve, SECRET_VERBS, SubmitFile, SubmitKey, SubmitPassword, VERBS,
};
use super::outbox::{Known, Outbox};
use super::refusal::{Refusal, json_fault};
use super::say;
use super::wire::Payload;
use crate::bus::Bus;

/// Commands that wait to be read.
const WAITING: usize = 32;
/// Commands under way at once: a confirmation is, until its attempt has ended.
const UNDER_WAY: usize = 16;

/// A command as it came.
pub(crate) struct Order {
    pub(crate) verb: String,
    pub(crate) payload: Payload,
    /// It lay on the broker before the box came.
    pub(crate) retain: bool,
    /// Nobody on the way could read it.
    pub(crate) private: bool,
    /// Not after this, by the broker's word.
    pub(crate) until: Option<Instant>,
}

/// Takes commands in; cheap to clone.
#[derive(Clone)]
pub(crate) struct Orders {
    queue: mpsc::Sender<Order>,
    desk: Desk,
}

/// What carrying out needs.
#[derive(Clone)]
struct Desk {
    bus: Bus,
    outbox: Outbox,
}

/// What a command asks, or why not.
struct Read {
    id: CommandId,
    expires: Option<Expires>,
    request: Request,
}

impl Orders {
    /// Starts the desk.
    pub(crate) fn start(bus: Bus, outbox: Outbox) -> Self {
        let (queue, waiting) = mpsc::channel(WAITING);
        let desk = Desk { bus, outbox };
        tokio::spawn(work(desk.clone(), waiting));
        Self { queue, desk }
    }

    /// Takes a command; a queue that is full is told to its sender.
    pub(crate) fn take(&self, order: Order) {
        if let Err(error) = self.queue.try_send(order) {
            let order = error.into_inner();
            self.desk.refuse(&order, Refusal::Busy);
        }
    }

    /// Tells what became of a message that was too long to be kept.
    pub(crate) fn too_long(&self, verb: &str) {
        self.desk.answer(None, verb, Err(Refusal::TooLong.into()));
    }
}

impl Order {
    /// The id, if there is one: what cannot be read otherwise may still have it.
    fn id(&self) -> Option<String> {
        let only: IdOnly = serde_json::from_slice(&self.payload).ok()?;
        Some(only.id.as_str().to_owned())
    }
}

/// One after the other, so that they are carried out in the order in which they came.
async fn work(desk: Desk, mut waiting: mpsc::Receiver<Order>) {
    let places = Arc::new(Semaphore::new(UNDER_WAY));
    while let Some(order) = waiting.recv().await {
        let Some(read) = desk.read(&order) else {
            continue;
        };
        let (verb, until) = (order.verb.clone(), order.until);
        // The payload is wiped here, before anything is waited for.
        drop(order);
        let Ok(place) = places.clone().try_acquire_owned() else {
            let id = Some(read.id.as_str().to_owned());
            desk.answer(id, &verb, Err(Refusal::Busy.into()));
            continue;
        };
        let Some(read) = desk.begin(read, &verb, until).await else {
            continue;
        };
        let desk = desk.clone();
        tokio::spawn(async move {
            desk.carry_out(read, &verb).await;
            drop(place);
        });
    }
}

impl Desk {
    /// Reads a command; what cannot be taken is answered.
    fn read(&self, order: &Order) -> Option<Read> {
        let verb = order.verb.as_str();
        if !VERBS.contains(&verb) {
            return self.refuse(order, Refusal::UnknownVerb);
        }
        if order.retain {
            return self.refuse(order, Refusal::Retained);
        }
        if SECRET_VERBS.contains(&verb) && !order.private {
            let problem = resetbox_core::Problem::new(ProblemKind::ChannelNotSafe);
            self.answer(order.id(), verb, Err(Why::Core(problem)));
            return None;
        }
        match parse(verb, &order.payload) {
            Ok(read) => Some(read),
            Err(fault) => self.refuse(order, Refusal::BadJson(fault)),
        }
    }

    fn refuse(&self, order: &Order, why: Refusal) -> Option<Read> {
        let verb = if VERBS.contains(&order.verb.as_str()) {
            &order.verb
        } else {
            // Not one of ours: it may be anything.
            "unknown"
        };
        self.answer(order.id(), verb, Err(why.into()));
        None
    }

    /// Remembers the id. A command that is late or came before is answered.
    async fn begin(&self, read: Read, verb: &str, until: Option<Instant>) -> Option<Read> {
        let id = read.id.as_str();
        if let Some(why) = self.late(&read, until) {
            self.answer(Some(id.to_owned()), verb, Err(why.into()));
            return None;
        }
        match self.outbox.begin(id).await {
            // To remember it may have taken its time: a card that is slow.
            Ok(Known::New) => match self.late(&read, until) {
                None => return Some(read),
                Some(why) => {
                    let outcome = self.outcome(Some(id.to_owned()), verb, Err(why.into()));
                    self.outbox.finish(outcome, true);
                }
            },
            Ok(Known::Before(Some(before))) => {
                tracing::info!(id, verb, "a command came again; nothing was done");
                let again = Outcome {
                    repeated: true,
                    ..*before
                };
                self.outbox.finish(again, false);
            }
            Ok(Known::Before(None)) => {
                let mut outcome =
                    self.outcome(Some(id.to_owned()), verb, Err(Refusal::Interrupted.into()));
                outcome.repeated = true;
                self.outbox.finish(outcome, false);
            }
            Ok(Known::Full) => self.answer(Some(id.to_owned()), verb, Err(Refusal::TooMany.into())),
            Err(words) => self.answer(Some(id.to_owned()), verb, Err(Refusal::Store(words).into())),
        }
        None
    }

    /// Why a command is not to be carried out any more, by its own word or the broker's.
    fn late(&self, read: &Read, until: Option<Instant>) -> Option<Refusal> {
        let by_itself = read
            .expires
            .as_ref()
            .and_then(|Expires(end)| match self.view().wall {
                Some(now) if now > *end => Some(Refusal::Expired),
                Some(_) => None,
                None => Some(Refusal::NoTime),
            });
        let passed = until.is_some_and(|until| Instant::now() >= until);
        by_itself.or(passed.then_some(Refusal::Expired))
    }

    async fn carry_out(&self, read: Read, verb: &str) {
        let id = read.id.as_str().to_owned();
        tracing::info!(id, verb, "a command over MQTT");
        let said = match self.bus.ask(Channel::Mqtt, read.request).await {
            Ok(reply) => reply.map_err(Why::Core),
            Err(_) => Err(Refusal::Busy.into()),
        };
        let outcome = self.outcome(Some(id), verb, said);
        self.outbox.finish(outcome, true);
    }

    fn answer(&self, id: Option<String>, verb: &str, said: Result<Done, Why>) {
        let outcome = self.outcome(id, verb, said);
        if let Some(problem) = &outcome.problem {
            tracing::warn!(
                id = outcome.id,
                verb,
                kind = problem.kind,
                "a command over MQTT was refused"
            );
        }
        self.outbox.finish(outcome, false);
    }

    fn outcome(&self, id: Option<String>, verb: &str, said: Result<Done, Why>) -> Outcome {
        let mut outcome = Outcome {
            id,
            verb: verb.to_owned(),
            ok: said.is_ok(),
            repeated: false,
            outcome: None,
            case: None,
            submission: None,
            problem: None,
        };
        match said {
            Ok(done) => tell(done, &mut outcome),
            Err(why) => outcome.problem = Some(why.words(self.view().language)),
        }
        outcome
    }

    fn view(&self) -> Arc<View> {
        self.bus.view.borrow().clone()
    }
}

/// Why a command was not carried out.
pub(crate) enum Why {
    /// The core's reason.
    Core(resetbox_core::Problem),
    /// Something about the command itself.
    Command(Refusal),
}

impl From<Refusal> for Why {
    fn from(refusal: Refusal) -> Self {
        Self::Command(refusal)
    }
}

impl Why {
    fn words(&self, language: Language) -> Problem {
        match self {
            Self::Core(problem) => say::problem(problem, language),
            Self::Command(refusal) => refusal.words(language),
        }
    }
}

/// What was done, into the answer.
fn tell(done: Done, outcome: &mut Outcome) {
    let (name, case) = match done {
        Done::Case(case) => ("case-open", Some(case)),
        Done::AwaitingConfirm { case, submission } => {
            outcome.submission = Some(submission.0);
            ("awaiting-confirm", Some(case))
        }
        Done::Succeeded(case) => ("succeeded", Some(case)),
        Done::LoginWorked(case) => ("login-worked", Some(case)),
        // Nobody can ask for the last two here.
        Done::Ok | Done::Admitted | Done::Password(_) => ("done", None),
    };
    outcome.outcome = Some(name.into());
    outcome.case = case.map(|case| case.0);
}

fn parse(verb: &str, payload: &[u8]) -> Result<Read, String> {
    fn json<T: DeserializeOwned>(payload: &[u8]) -> Result<T, String> {
        serde_json::from_slice(payload).map_err(|error| json_fault(&error))
    }
    let read = |id, expires, request| Read {
        id,
        expires,
        request,
    };
    Ok(match verb {
        "scan" | "identify" => {
            let command: Plain = json(payload)?;
            let request = if verb == "scan" {
                Request::Scan
            } else {
                Request::Identify
            };
            read(command.id, command.expires, request)
        }
        "open-case" => {
            let OpenCase { id, expires, mac } = json(payload)?;
            read(id, expires, Request::OpenCase { mac })
        }
        "lamp" => {
            let Lamp {
                id,
                expires,
                mac,
                on,
            } = json(payload)?;
            read(id, expires, Request::Lamp { mac, on })
        }
        "cancel-case" | "withdraw" => {
            let CaseCommand { id, expires, case } = json(payload)?;
            let case = CaseId(case);
            let request = if verb == "withdraw" {
                Request::Withdraw { case }
            } else {
                Request::CancelCase { case }
            };
            read(id, expires, request)
        }
        "confirm" => {
            let command: Confirm = json(payload)?;
            let request = Request::Confirm {
                case: CaseId(command.case),
                submission: SubmissionId(command.submission),
                serial: command.serial,
                insist: command.insist,
            };
            read(command.id, command.expires, request)
        }
        "resolve" => {
            let Resolve {
                id,
                expires,
                case,
                worked,
            } = json(payload)?;
            let case = CaseId(case);
            read(id, expires, Request::Resolve { case, worked })
        }
        "submit-key" => {
            let command: SubmitKey = json(payload)?;
            let request = Request::SubmitKey {
                case: CaseId(command.case),
                key: command.key,
                new_password: command.new_password,
                sync_cameras: command.sync_cameras,
                confirm: command.serial,
            };
            read(command.id, command.expires, request)
        }
        "submit-password" => {
            let command: SubmitPassword = json(payload)?;
            let request = Request::SubmitPassword {
                case: CaseId(command.case),
                new_password: command.new_password,
                confirm: command.serial,
            };
            read(command.id, command.expires, request)
        }
        "check-login" => {
            let command: CheckLogin = json(payload)?;
            let request = Request::CheckLogin {
                case: CaseId(command.case),
                password: command.password,
            };
            read(command.id, command.expires, request)
        }
        _ => {
            let command: SubmitFile = json(payload)?;
            let request = Request::SubmitFile {
                case: CaseId(command.case),
                file: command.file,
                new_password: command.new_password,
                sync_cameras: command.sync_cameras,
                confirm: command.serial,
            };
            read(command.id, command.expires, request)
        }
    })
}

/// When a message of this validity, taken in now, is late.
pub(crate) fn until(expiry: Option<Duration>) -> Option<Instant> {
    Instant::now().checked_add(expiry?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verb_is_read_and_none_takes_an_unknown_field() {
        let case = r#""id":"1","case":"k7m2p9xq""#;
        let device = r#""id":"1","mac":"44-47-cc-37-ce-81""#;
        for verb in VERBS {
            let fields = match verb {
                "scan" | "identify" => r#""id":"1""#.to_owned(),
                "open-case" => device.to_owned(),
                "lamp" => format!(r#"{device},"on":true"#),
                "cancel-case" | "withdraw" => case.to_owned(),
                "confirm" => format!(r#"{case},"submission":"1-a","serial":"S""#),
                "resolve" => format!(r#"{case},"worked":true"#),
                "submit-key" => format!(r#"{case},"key":"a","new_password":"b""#),
                "submit-password" => format!(r#"{case},"new_password":"b""#),
                "check-login" => format!(r#"{case},"password":"b""#),
                "submit-file" => format!(r#"{case},"file":"a","new_password":"b""#),
                other => panic!("{other} has no sample"),
            };
            let good = format!("{{{fields}}}");
            let read = parse(verb, good.as_bytes()).unwrap_or_else(|why| panic!("{verb}: {why}"));
            assert_eq!(read.id.as_str(), "1");
            let more = format!("{{{fields},\"Mrkr0001\":1}}");
            let fault = parse(verb, more.as_bytes()).err().expect("a mistake");
            assert!(fault.contains("unknown field"), "{verb}: {fault}");
            assert!(!fault.contains("Mrkr"), "{verb}: {fault}");
        }
    }

    #[test]
    fn a_serial_makes_it_a_confirmation() {
        let text = br#"{"id":"1","case":"c","key":"a","new_password":"b","serial":"S1"}"#;
        let Ok(Read {
            request: Request::SubmitKey { confirm, .. },
            ..
        }) = parse("submit-key", text)
        else {
            panic!("a key was expected");
        };
        assert_eq!(confirm.as_deref(), Some("S1"));
    }
}
