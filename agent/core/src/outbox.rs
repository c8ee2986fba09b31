//! Everything that leaves the core passes here: effects with their numbers, audit lines, replies.

use std::collections::VecDeque;

use sadp::Uuid;

use crate::drbg::Drbg;
use crate::effect::{Effect, How, LoginCheck, Purpose, Transmit};
use crate::event::LinkId;
use crate::record::{AuditEntry, CaseRecord, Record, SettingsRecord};
use crate::request::{CaseId, Channel, Reply, RequestId, SubmissionId};
use crate::time::{Now, Seed};
use crate::view::Feed;

/// How many of our own datagrams are remembered to know their echoes.
const OWN_ECHOES: usize = 256;

/// Who waits for a reply. Not `Copy`, and given away with the reply: nobody is answered twice.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Asker(Who);

#[derive(Clone, PartialEq, Debug)]
enum Who {
    Shell(RequestId),
    Panel,
    Nobody,
}

impl Asker {
    pub(crate) fn shell(id: RequestId) -> Self {
        Self(Who::Shell(id))
    }

    pub(crate) fn panel() -> Self {
        Self(Who::Panel)
    }

    /// For what the panel does by the way.
    pub(crate) fn nobody() -> Self {
        Self(Who::Nobody)
    }
}

/// A line for the feed, and for the audit log when a person or a case is concerned.
pub(crate) struct Line<'a> {
    pub(crate) what: &'static str,
    pub(crate) case: Option<&'a CaseId>,
    pub(crate) serial: Option<&'a str>,
    pub(crate) channel: Option<Channel>,
    pub(crate) detail: String,
}

/// The effects not yet taken, and the counters that number them.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Outbox {
    effects: VecDeque<Effect>,
    /// Answers to what the panel asked.
    panel_replies: Vec<Reply>,
    pub(crate) random: Drbg,
    last_transmit: u64,
    last_record: u64,
    last_pair: u64,
    last_login: u64,
    last_audit: u64,
    last_submission: u64,
    /// Hashes of the datagrams sent last, oldest first.
    own: VecDeque<u64>,
}

impl Outbox {
    pub(crate) fn new(seed: Seed, last_audit: u64) -> Self {
        Self {
            effects: VecDeque::new(),
            panel_replies: Vec::new(),
            random: Drbg::new(seed),
            last_transmit: 0,
            last_record: 0,
            last_pair: 0,
            last_login: 0,
            last_audit,
            last_submission: 0,
            own: VecDeque::new(),
        }
    }

    pub(crate) fn pop(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    pub(crate) fn push(&mut self, effect: Effect) {
        self.effects.push_back(effect);
    }

    /// Asks for a new picture, once for all changes of one event.
    pub(crate) fn redraw(&mut self) {
        if self.effects.back() != Some(&Effect::Redraw) {
            self.effects.push_back(Effect::Redraw);
        }
    }

    /// Sends one request as one datagram on one link, under a fresh Uuid.
    pub(crate) fn transmit(
        &mut self,
        link: LinkId,
        how: How,
        purpose: Purpose,
        request: &sadp::Request<'_>,
    ) -> (u64, Uuid) {
        let uuid = self.random.uuid();
        let bytes = request.emit(&uuid);
        if self.own.len() == OWN_ECHOES {
            self.own.pop_front();
        }
        self.own.push_back(self.random.hash(&bytes));
        let number = self.transmit_bytes(link, how, purpose, bytes);
        (number, uuid)
    }

    /// Sends bytes as they are.
    pub(crate) fn transmit_bytes(
        &mut self,
        link: LinkId,
        how: How,
        purpose: Purpose,
        bytes: zeroize::Zeroizing<Vec<u8>>,
    ) -> u64 {
        self.last_transmit += 1;
        self.push(Effect::Transmit(Transmit {
            number: self.last_transmit,
            link,
            how,
            purpose,
            bytes,
        }));
        self.last_transmit
    }

    /// Whether a content of this hash is one of our own datagrams, heard back.
    pub(crate) fn is_own(&self, hash: u64) -> bool {
        self.own.contains(&hash)
    }

    /// Writes a record; the answer comes back under the number.
    pub(crate) fn persist(&mut self, record: CaseRecord) -> u64 {
        self.write(Record::Case(Box::new(record)))
    }

    pub(crate) fn persist_settings(&mut self, settings: SettingsRecord) {
        self.write(Record::Settings(settings));
    }

    fn write(&mut self, record: Record) -> u64 {
        self.last_record += 1;
        self.push(Effect::Persist {
            number: self.last_record,
            record,
        });
        self.last_record
    }

    pub(crate) fn make_key_pair(&mut self) -> u64 {
        self.last_pair += 1;
        self.push(Effect::MakeKeyPair {
            number: self.last_pair,
        });
        self.last_pair
    }

    /// A name for what a person hands over; the count keeps it apart from all others of this run, the random
    /// part from those of other runs.
    pub(crate) fn submission_id(&mut self) -> SubmissionId {
        self.last_submission += 1;
        let random = self.random.case_id();
        SubmissionId(format!("{}-{random}", self.last_submission))
    }

    /// Has a login tried; the answer comes back under the number.
    pub(crate) fn check_login(&mut self, check: LoginCheck) -> u64 {
        self.last_login += 1;
        self.push(Effect::CheckLogin(LoginCheck {
            number: self.last_login,
            ..check
        }));
        self.last_login
    }

    pub(crate) fn reply(&mut self, asker: Asker, reply: Reply) {
        match asker.0 {
            Who::Shell(id) => self.push(Effect::Reply { id, reply }),
            Who::Panel => self.panel_replies.push(reply),
            Who::Nobody => {}
        }
    }

    pub(crate) fn take_panel_replies(&mut self) -> Vec<Reply> {
        core::mem::take(&mut self.panel_replies)
    }

    /// Tells whoever follows, without a line in the audit log.
    pub(crate) fn announce(&mut self, now: Now, line: Line<'_>) {
        self.push(Effect::Announce(Feed {
            what: line.what,
            at: now.mono,
            wall: now.wall,
            serial: line.serial.map(str::to_owned),
            case: line.case.cloned(),
            channel: line.channel,
            detail: line.detail,
        }));
    }

    /// Tells whoever follows and writes it into the audit log.
    pub(crate) fn tell(&mut self, now: Now, line: Line<'_>) {
        self.last_audit += 1;
        let entry = AuditEntry {
            number: self.last_audit,
            wall: now.wall,
            what: line.what.into(),
            channel: line.channel,
            case: line.case.cloned(),
            serial: line.serial.map(str::to_owned),
            detail: line.detail.clone(),
        };
        self.write(Record::Audit(entry));
        self.announce(now, line);
    }
}
