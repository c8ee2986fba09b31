//! One attempt: from a person's confirmation to the device's verdict.
//!
//! Exchange and reset are one uninterrupted sequence, for one device at a time, and both leave on the one
//! link where the fresh inquiry was answered. Nothing of an attempt is sent before its record is durable:
//! [`OpenedAttempt`] can only be had from the store's word, and both functions that transmit ask for it.
//! The one that sends the reset takes it away, so that there is one reset for one record. A first password
//! goes the same way, with an activation in the place of the reset.

use core::time::Duration;

use sadp::KeyPair;

use super::{Asked, Case, Cx, Phase, SECRETS, STORE};
use crate::event::LinkId;
use crate::outbox::Asker;
use crate::problem::{Problem, ProblemKind};
use crate::request::{Channel, Reply};
use crate::rules::{KeyFile, NewPassword, ResetKey};
use crate::time::Mono;

mod outcome;
mod send;

use token::OpenedAttempt;

/// The device must answer the fresh inquiry within this.
const CHECK: Duration = Duration::from_secs(5);
/// A key pair is made within this, even on a slow board.
pub(super) const PAIR: Duration = Duration::from_secs(60);
/// An answer to a reset that comes later than it should is believed for so long.
const LATE: Duration = Duration::from_secs(120);
/// Exchanges until one gives a session key without a 00 byte; one in sixteen does not.
const EXCHANGES: u8 = 3;

/// What a person handed over. `Debug` shows nothing of it; wiped when dropped.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Secrets {
    pub(super) errand: Errand,
    pub(super) password: NewPassword,
    pub(super) until: Mono,
}

/// What the password is for.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Errand {
    /// To replace a lost one, by the vendor's leave.
    Reset { code: Code, sync_cameras: bool },
    /// To be the first one.
    Activate,
}

/// A typed key or the vendor's file.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Code {
    Key(ResetKey),
    File(KeyFile),
}

impl Code {
    fn expose(&self) -> &str {
        match self {
            Self::Key(key) => key.expose(),
            Self::File(file) => file.expose(),
        }
    }
}

impl Secrets {
    pub(super) fn new(now: Mono, errand: Errand, password: NewPassword) -> Self {
        Self {
            errand,
            password,
            until: now + SECRETS,
        }
    }

    pub(super) fn sync_cameras(&self) -> bool {
        matches!(
            self.errand,
            Errand::Reset {
                sync_cameras: true,
                ..
            }
        )
    }
}

/// The proof that the record of an attempt is durable.
mod token {
    use crate::time::Mono;

    /// The record of an attempt on its way to the store.
    #[derive(Clone, PartialEq, Debug)]
    pub(super) struct Opening {
        written: u64,
        pub(super) until: Mono,
    }

    /// The record of an attempt, durable.
    #[derive(Clone, PartialEq, Debug)]
    pub(super) struct OpenedAttempt(());

    impl Opening {
        pub(super) fn new(written: u64, until: Mono) -> Self {
            Self { written, until }
        }

        /// The store's word about record `number`, if it is this one.
        pub(super) fn persisted(&self, number: u64) -> Option<OpenedAttempt> {
            (self.written == number).then_some(OpenedAttempt(()))
        }

        pub(super) fn is(&self, number: u64) -> bool {
            self.written == number
        }
    }
}

/// A confirmed attempt.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Attempt {
    /// Gone once the reset is out.
    secrets: Option<Secrets>,
    /// Who confirmed; answered when the attempt has ended.
    asker: Option<Asker>,
    pub(super) channel: Channel,
    stage: Stage,
}

#[derive(Clone, PartialEq, Debug)]
enum Stage {
    /// Another attempt is under way.
    Queued,
    /// The fresh inquiry.
    Checking { until: Mono },
    /// The record is on its way; nothing was sent.
    Opening { opening: token::Opening, aim: Aim },
    /// A key pair is being made.
    Pairing {
        opened: OpenedAttempt,
        aim: Aim,
        round: u8,
        until: Mono,
    },
    /// The exchange is out.
    Exchanging {
        opened: OpenedAttempt,
        aim: Aim,
        round: u8,
        pair: Box<KeyPair>,
        asked: Asked,
    },
    /// The reset is out.
    Sending { asked: Asked },
    /// The outcome is on its way to the store.
    Settling(Box<Settling>),
}

/// An outcome on its way to the store.
#[derive(Clone, PartialEq, Debug)]
struct Settling {
    end: End,
    written: u64,
    until: Mono,
    after_reset: bool,
    /// The reset that got no answer in time.
    late: Option<Asked>,
}

/// What the fresh inquiry told.
#[derive(Copy, Clone, PartialEq, Debug)]
struct Aim {
    link: LinkId,
    code_encrypt: bool,
}

/// How an attempt ends.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum End {
    Done,
    /// The device said no; the key may be typed again.
    Refused(Problem),
    /// No reset was sent: key and password may be confirmed again.
    Back(Problem),
    Void(Problem),
    Unclear(Problem),
}

impl Attempt {
    pub(super) fn queued(secrets: Secrets, asker: Asker, channel: Channel) -> Self {
        Self {
            secrets: Some(secrets),
            asker: Some(asker),
            channel,
            stage: Stage::Queued,
        }
    }

    /// As the person handed it over; the reset that is out has taken it away.
    pub(super) fn sync_cameras(&self) -> bool {
        self.secrets.as_ref().is_some_and(Secrets::sync_cameras)
    }

    pub(super) fn is_queued(&self) -> bool {
        self.stage == Stage::Queued
    }

    pub(super) fn is_checking(&self) -> bool {
        matches!(self.stage, Stage::Checking { .. })
    }

    pub(super) fn wants_pair(&self) -> bool {
        matches!(self.stage, Stage::Pairing { .. })
    }

    /// No reset is out, so that nobody has to wait for an outcome.
    pub(super) fn can_be_stopped(&self) -> bool {
        !matches!(self.stage, Stage::Sending { .. } | Stage::Settling(_))
    }

    /// The reset is out.
    pub(super) fn is_sending(&self) -> bool {
        match &self.stage {
            Stage::Sending { .. } => true,
            Stage::Settling(settling) => settling.after_reset,
            _ => false,
        }
    }

    /// The record says that an attempt is open.
    pub(super) fn is_recorded(&self) -> bool {
        !matches!(self.stage, Stage::Queued | Stage::Checking { .. })
    }

    pub(super) fn end(&self) -> Option<&End> {
        match &self.stage {
            Stage::Settling(settling) => Some(&settling.end),
            _ => None,
        }
    }

    pub(super) fn until(&self) -> Option<Mono> {
        match &self.stage {
            Stage::Queued => self.secrets.as_ref().map(|secrets| secrets.until),
            Stage::Checking { until } | Stage::Pairing { until, .. } => Some(*until),
            Stage::Settling(settling) => Some(settling.until),
            Stage::Opening { opening, .. } => Some(opening.until),
            Stage::Exchanging { asked, .. } | Stage::Sending { asked } => Some(asked.until),
        }
    }

    pub(super) fn asked(&self) -> Option<&Asked> {
        match &self.stage {
            Stage::Exchanging { asked, .. } | Stage::Sending { asked } => Some(asked),
            _ => None,
        }
    }

    pub(super) fn sent(&self, transmit: u64) -> bool {
        self.asked().is_some_and(|asked| asked.transmit == transmit)
    }

    fn reply(&mut self, cx: &mut Cx<'_>, reply: Reply) {
        if let Some(asker) = self.asker.take() {
            cx.out.reply(asker, reply);
        }
    }
}

impl Case {
    pub(super) fn attempt(&mut self) -> Option<&mut Attempt> {
        match &mut self.phase {
            Phase::Attempt(attempt) => Some(attempt),
            _ => None,
        }
    }
}

fn odd(text: &str) -> End {
    End::Unclear(Problem::new(ProblemKind::OddAnswer { text: text.into() }))
}
