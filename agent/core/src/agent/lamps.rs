//! Blinking a device, so that a person finds it. Harmless; not tied to a case.

use sadp::{Body, Mac, ResultText};

use crate::case::{ANSWER, Asked};
use crate::effect::{How, Purpose};
use crate::links::Links;
use crate::outbox::{Asker, Outbox};
use crate::problem::{Problem, ProblemKind};
use crate::request::Done;
use crate::roster::{Entry, Roster, clean};
use crate::time::{Mono, Now};
use crate::view::Lamp;

/// Devices that may be asked to blink at the same time.
const LAMPS: usize = 16;

/// Commands to blink that were not answered yet.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Lamps(Vec<(Asked, Asker)>);

impl Lamps {
    pub(super) fn set(
        &mut self,
        now: Now,
        (mac, on): (Mac, bool),
        asker: Asker,
        (roster, links, out): (&Roster, &Links, &mut Outbox),
    ) {
        let entry = roster.get(mac);
        let link = entry
            .and_then(Entry::link)
            .filter(|link| links.usable(*link));
        let (entry, link) = match (entry, link) {
            _ if self.0.len() >= LAMPS => return out.reply(asker, no(ProblemKind::Busy)),
            (None, _) => return out.reply(asker, no(ProblemKind::UnknownDevice)),
            (_, None) => return out.reply(asker, no(ProblemKind::NoLink)),
            (Some(entry), Some(link)) => (entry, link),
        };
        let request = sadp::Request::Lamp {
            mac: &entry.mac_text,
            on,
        };
        let (transmit, uuid) = out.transmit(link, How::Multicast, Purpose::Lamp, &request);
        let until = now.mono + ANSWER;
        self.0.push((
            Asked {
                uuid,
                types: request.types(),
                mac,
                transmit,
                until,
            },
            asker,
        ));
    }

    /// A device answers: anything but `failed` is yes (A).
    pub(super) fn answer(
        &mut self,
        message: &sadp::Message,
        (roster, out): (&mut Roster, &mut Outbox),
    ) {
        let answered = |(asked, _): &mut (Asked, Asker)| asked.is_answered_by(message);
        let (lamp, reply) = match &message.body {
            Body::Verdict(verdict) if verdict.result == ResultText::Failed => {
                (Lamp::Cannot, no(ProblemKind::DeviceFailed))
            }
            _ => (Lamp::Can, Ok(Done::Ok)),
        };
        for (asked, asker) in self.0.extract_if(.., answered) {
            roster.set_lamp(asked.mac, lamp);
            out.reply(asker, reply.clone());
            out.redraw();
        }
    }

    pub(super) fn transmit_failed(&mut self, number: u64, words: &str, out: &mut Outbox) {
        for (_, asker) in self.0.extract_if(.., |(asked, _)| asked.transmit == number) {
            out.reply(
                asker,
                no(ProblemKind::TransmitFailed {
                    text: clean(words, 200),
                }),
            );
        }
    }

    pub(super) fn deadline(&self) -> Option<Mono> {
        self.0.iter().map(|(asked, _)| asked.until).min()
    }

    pub(super) fn pass_time(&mut self, now: Mono, (roster, out): (&mut Roster, &mut Outbox)) {
        for (asked, asker) in self.0.extract_if(.., |(asked, _)| asked.until <= now) {
            roster.lamp_silent(asked.mac);
            out.reply(asker, no(ProblemKind::DeviceSilent));
            out.redraw();
        }
    }
}

fn no(kind: ProblemKind) -> crate::request::Reply {
    Err(Problem::new(kind))
}
