//! A command to one box: connect, look, ask the person, send once, wait for what became of it.

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use resetbox_core::rules;
use serde::Serialize;
use tokio::time::{Instant, sleep_until};

use super::args::{Act, CaseArg, FleetArgs, SubmitArgs, hex};
use super::desk::{self, End, Submit};
use super::roll::Roll;
use super::terminal;
use super::{NO_BROKER, WRONG_USE, ask, now};
use crate::mqtt::client::{Client, Incoming};
use crate::mqtt::contract::{
    CaseCommand, CaseState, CommandId, Confirm, Expires, OpenCase, Outcome, Plain, Topic, Topics,
};
use crate::mqtt::dial::{Dial, system_time};

/// Retained messages of one box are there after so long without one.
const QUIET: Duration = Duration::from_millis(500);
/// The longest wait for them.
const LOOK: Duration = Duration::from_secs(10);
/// A command that reaches the box later is not carried out.
const EXPIRES: Duration = Duration::from_secs(120);
/// The longest wait for an answer: an attempt may have to wait for another one.
const PATIENCE: Duration = Duration::from_secs(180);

/// Carries the command out; exit status as [`super::run`] tells it.
pub(super) async fn run(args: &FleetArgs, act: &Act, dial: Dial) -> ExitCode {
    let (Ok(end) | Err(end)) = carry_out(args, act, dial).await;
    for line in &end.says {
        if end.status == super::DONE {
            tell(line);
        } else {
            super::say(line);
        }
    }
    end.status.into()
}

async fn carry_out(args: &FleetArgs, act: &Act, dial: Dial) -> Result<End, End> {
    let box_id = &act.target().box_id;
    if let Act::SubmitKey(submit) = act {
        // Before anything is asked or sent: a key must not cross a network that others can read.
        private_by_name(&dial)?;
        if !submit.stdin && !terminal::is_there() {
            return Err(End::nothing_sent(
                WRONG_USE,
                "Key and password are asked for on a terminal; a script gives them with --stdin --confirm LAST6.",
            ));
        }
    }
    let mut desk = Desk::open(dial, args.broker.topics(), box_id).await?;
    let wait = args.broker.seconds.map_or(PATIENCE, Duration::from_secs);
    let plain = |id, expires| Plain { id, expires };
    let outcome = match act {
        Act::SubmitKey(submit) => return desk.submit(submit, wait).await,
        Act::Scan(_) => desk.order("scan", plain, wait).await?,
        Act::Identify(_) => desk.order("identify", plain, wait).await?,
        Act::OpenCase { mac, .. } => {
            let command = |id, expires| OpenCase {
                id,
                expires,
                mac: *mac,
            };
            desk.order("open-case", command, wait).await?
        }
        Act::CancelCase { target } => {
            let command = |id, expires| CaseCommand {
                id,
                expires,
                case: target.case.clone(),
            };
            desk.order("cancel-case", command, wait).await?
        }
    };
    desk.client.disconnect().await;
    Ok(desk::carried_out(&outcome))
}

/// A connection to the broker with an eye on one box.
pub(super) struct Desk {
    pub(super) client: Client,
    topics: Topics,
    box_id: String,
    roll: Roll,
}

impl Desk {
    /// Connects and reads what is known of the box; an error when it cannot be told anything.
    async fn open(dial: Dial, topics: Topics, box_id: &str) -> Result<Self, End> {
        let client = Client::connect(&dial, &system_time())
            .await
            .map_err(|trouble| End::nothing_sent(NO_BROKER, trouble.to_string()))?;
        let mut this = Self {
            client,
            roll: Roll::new(topics.clone()),
            topics,
            box_id: box_id.to_owned(),
        };
        this.roll.begin();
        let of_box = [
            Topic::Result,
            Topic::Availability,
            Topic::Info,
            Topic::State,
            Topic::CaseState("+".into()),
        ];
        let filters = of_box.map(|topic| this.topics.name(box_id, &topic));
        this.client.subscribe(filters.into());
        let limit = Instant::now() + LOOK;
        let mut heard = None;
        loop {
            let quiet = heard.map_or(limit, |heard: Instant| (heard + QUIET).min(limit));
            tokio::select! {
                incoming = this.client.next() => {
                    let incoming = incoming
                        .map_err(|trouble| End::nothing_sent(NO_BROKER, trouble.to_string()))?;
                    if let Incoming::Subscribed { refused } = &incoming && !refused.is_empty() {
                        let why = format!("The broker does not let this user read {}: see its access list.", refused.join(", "));
                        return Err(End::nothing_sent(NO_BROKER, why));
                    }
                    heard = Some(Instant::now());
                    this.take(incoming);
                }
                () = sleep_until(quiet) => break,
            }
        }
        this.roll.settle();
        desk::present(&this.roll, box_id)?;
        Ok(this)
    }

    /// Takes what the broker sends; an answer to a command comes back.
    pub(super) fn take(&mut self, incoming: Incoming) -> Option<Outcome> {
        let Incoming::Message(message) = incoming else {
            return None;
        };
        match self.topics.read(&message.topic) {
            Some((box_id, Topic::Result)) if box_id == self.box_id && !message.retain => {
                serde_json::from_slice(&message.payload).ok()
            }
            _ => {
                self.roll.take(now(), &message.topic, &message.payload);
                None
            }
        }
    }

    /// Has the box carry out what `command` makes of an id and an end of its validity. A box without a clock cannot tell
    /// whether that end has passed and refuses before it does anything: it gets the command anew without an end, for
    /// it has just shown that it is listening.
    async fn order<C: Serialize>(
        &mut self,
        verb: &str,
        command: impl Fn(CommandId, Option<Expires>) -> C,
        wait: Duration,
    ) -> Result<Outcome, End> {
        let id = new_id()?;
        let with_end = command(id.clone(), Some(Expires(now() + EXPIRES)));
        let outcome = self.send(verb, &id, &with_end, wait).await?;
        if !desk::has_no_clock(&outcome) {
            return Ok(outcome);
        }
        let id = new_id()?;
        self.send(verb, &id, &command(id.clone(), None), wait).await
    }

    /// Sends a command once and waits for its answer.
    async fn send(
        &mut self,
        verb: &str,
        id: &CommandId,
        command: &impl Serialize,
        wait: Duration,
    ) -> Result<Outcome, End> {
        let is_key = matches!(verb, "submit-key" | "confirm");
        let topic = self
            .topics
            .name(&self.box_id, &Topic::Command(verb.to_owned()));
        let payload = desk::bytes(command)?;
        let number = self.client.publish(&topic, &payload, false);
        drop(payload);
        let limit = Instant::now() + wait;
        loop {
            tokio::select! {
                incoming = self.client.next() => match incoming {
                    Ok(Incoming::Refused(refused, why)) if refused == number => {
                        return Err(End::nothing_sent(NO_BROKER, format!("The broker refused the command: {why}.")));
                    }
                    Ok(incoming) => {
                        if let Some(outcome) = self.take(incoming)
                            && outcome.id.as_deref() == Some(id.as_str())
                        {
                            return Ok(outcome);
                        }
                    }
                    Err(trouble) => return Err(desk::no_answer(&trouble.to_string(), is_key)),
                },
                () = sleep_until(limit) => {
                    let why = format!("not within {} s", wait.as_secs());
                    return Err(desk::no_answer(&why, is_key));
                }
            }
        }
    }

    /// `submit-key`, from the facts to the outcome.
    async fn submit(mut self, args: &SubmitArgs, wait: Duration) -> Result<End, End> {
        if !self.client.is_private() {
            return Err(not_private());
        }
        let target = &args.target;
        let case = self.case(args)?;
        tell(&format!("Case {} of this device:", target.case));
        for line in desk::facts(&case, &self.box_id, args.sync_cameras, now()) {
            tell(&line);
        }
        let (key, password) = if args.stdin {
            ask::from_stdin(args, &case)?
        } else {
            self.ask(args, &case).await?
        };
        // Much may have happened while somebody typed.
        desk::present(&self.roll, &self.box_id)?;
        let now_case = self.case(args)?;
        if now_case.serial != case.serial {
            return Err(End::nothing_sent(
                super::REFUSED,
                "The case is now said to be another device's.",
            ));
        }
        tell("Sending, once ...");
        let outcome = self
            .hand_over(target, &case, &key, &password, args, wait)
            .await?;
        drop((key, password));
        self.client.disconnect().await;
        Ok(desk::submitted(&outcome, &case))
    }

    fn case(&self, args: &SubmitArgs) -> Result<CaseState, End> {
        let seen = desk::present(&self.roll, &self.box_id)?;
        let CaseArg { case, .. } = &args.target;
        desk::takes_key(seen, &self.box_id, case, args.insist, args.sync_cameras).cloned()
    }

    /// Sends what was confirmed. To insist takes two messages: the key, then the confirmation that says so.
    async fn hand_over(
        &mut self,
        target: &CaseArg,
        case: &CaseState,
        key: &rules::ResetKey,
        password: &rules::NewPassword,
        args: &SubmitArgs,
        wait: Duration,
    ) -> Result<Outcome, End> {
        let insist = case.must_insist && args.insist;
        let command = |id, expires| Submit {
            id,
            expires,
            case: &target.case,
            key: key.expose(),
            new_password: password.expose(),
            sync_cameras: args.sync_cameras,
            serial: (!insist).then_some(&case.serial),
        };
        let outcome = self.order("submit-key", command, wait).await?;
        if !insist || !outcome.ok {
            return Ok(outcome);
        }
        let Some(submission) = outcome.submission.clone() else {
            return Ok(outcome);
        };
        let confirm = |id, expires| Confirm {
            id,
            expires,
            case: target.case.clone(),
            submission: submission.clone(),
            serial: case.serial.clone(),
            insist,
        };
        self.order("confirm", confirm, wait).await
    }
}

impl Act {
    fn target(&self) -> &super::args::BoxArg {
        match self {
            Self::SubmitKey(submit) => &submit.target.target,
            Self::Scan(target) | Self::Identify(target) | Self::OpenCase { target, .. } => target,
            Self::CancelCase { target } => &target.target,
        }
    }
}

/// Refuses what cannot be private, before a name is looked up.
fn private_by_name(dial: &Dial) -> Result<(), End> {
    let host = dial.url.host.as_str();
    let loopback = host == "localhost"
        || (host.parse::<std::net::IpAddr>()).is_ok_and(|ip| ip.to_canonical().is_loopback());
    if dial.url.tls || loopback {
        Ok(())
    } else {
        Err(not_private())
    }
}

fn not_private() -> End {
    End::nothing_sent(
        WRONG_USE,
        "Keys and passwords leave this machine only over TLS: name the broker as mqtts://HOST with --ca-file.",
    )
}

fn new_id() -> Result<CommandId, End> {
    let mut random = [0; 16];
    getrandom::fill(&mut random)
        .ok()
        .and_then(|()| CommandId::new(hex(&random)))
        .ok_or_else(|| End::nothing_sent(WRONG_USE, "No randomness for the command's id."))
}

/// A line on standard output. If nobody can read it any more, that changes nothing.
pub(super) fn tell(line: &str) {
    let _ = writeln!(io::stdout(), "{}", sadp::printable(line));
}
