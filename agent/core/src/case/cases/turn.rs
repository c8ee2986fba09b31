//! One attempt at a time: whose turn it is, its key pair, and what ended.

use sadp::{KeyPair, Mac};

use super::{Cases, ENDED};
use crate::case::attempt::PAIR;
use crate::case::{Case, Cx, Phase};
use crate::request::CaseId;

impl Cases {
    /// Whose turn is it? And when is something due next?
    pub(in crate::case) fn after(&mut self, cx: &mut Cx<'_>) {
        loop {
            let busy = |case: &mut Case| case.attempt().is_some_and(|attempt| !attempt.is_queued());
            let running = self.running.as_ref().and_then(|id| self.cases.get_mut(id));
            if running.is_some_and(busy) {
                break;
            }
            self.running = None;
            // Those that were confirmed since, in the order of their confirmation.
            let queued = |case: &Case| matches!(&case.phase, Phase::Attempt(a) if a.is_queued());
            self.queue
                .retain(|id| self.cases.get(id).is_some_and(queued));
            for id in self.open.values() {
                if self.cases.get(id).is_some_and(queued) && !self.queue.contains(id) {
                    self.queue.push_back(id.clone());
                }
            }
            let Some(id) = self.queue.pop_front() else {
                break;
            };
            if let Some(case) = self.cases.get_mut(&id) {
                case.start_attempt(cx);
            }
            self.running = Some(id);
        }
        self.pair(cx);
        self.close(cx);
        let now = cx.now.mono;
        let due = self.cases.values().filter_map(|case| case.deadline(now));
        let cancelled = self.cancelling.iter().map(|(_, until, _)| (*until, true));
        self.deadline = due.chain(cancelled).min();
    }

    /// Gives the running attempt its key pair.
    fn pair(&mut self, cx: &mut Cx<'_>) {
        let Some(case) = self.running.as_ref().and_then(|id| self.cases.get_mut(id)) else {
            return;
        };
        if !case.attempt().is_some_and(|attempt| attempt.wants_pair()) {
            return;
        }
        match self.spare.take() {
            Some(pair) => case.exchange(cx, pair),
            None => self.make_pair(cx),
        }
    }

    /// Unties the devices of ended cases, and forgets the oldest ended ones.
    fn close(&mut self, cx: &mut Cx<'_>) {
        let ended = |id: &CaseId| !self.cases.get(id).is_some_and(Case::is_open);
        let ended: Vec<Mac> = self
            .open
            .iter()
            .filter(|(_, id)| ended(id))
            .map(|(mac, _)| *mac)
            .collect();
        for mac in ended {
            if let Some(id) = self.open.remove(&mac) {
                cx.roster.set_case(mac, &id, None);
            }
        }
        while self.cases.len() > self.open.len() + ENDED {
            let ended = self.cases.values();
            let idle = |case: &Case| case.writing.is_empty() && !case.login.is_under_way();
            let ended = ended.filter(|case| !case.is_open() && idle(case));
            let oldest = ended.min_by_key(|case| case.number);
            let Some(id) = oldest.map(|case| case.id.clone()) else {
                break;
            };
            self.cases.remove(&id);
        }
    }

    /// A key pair takes its time on a small board: made while the person looks at the confirmation.
    pub(in crate::case) fn make_spare(&mut self, cx: &mut Cx<'_>) {
        let wanted = self
            .cases
            .values()
            .any(|case| matches!(&case.phase, Phase::Ready(_) | Phase::Attempt(_)));
        if wanted && self.spare.is_none() {
            self.make_pair(cx);
        }
    }

    /// Asks for a key pair, unless one is being made.
    fn make_pair(&mut self, cx: &mut Cx<'_>) {
        let now = cx.now.mono;
        // What takes longer than an attempt waits for it does not come any more.
        if self
            .making
            .is_none_or(|(_, since)| now.since(since) >= PAIR)
        {
            self.making = Some((cx.out.make_key_pair(), now));
        }
    }

    pub(crate) fn key_pair(&mut self, cx: &mut Cx<'_>, number: u64, pair: Box<KeyPair>) {
        if self.making.is_some_and(|(making, _)| making == number) {
            self.making = None;
            self.spare = Some(pair);
            self.after(cx);
        }
    }

    pub(crate) fn key_pair_failed(&mut self, cx: &mut Cx<'_>, number: u64, words: &str) {
        if self.making.is_none_or(|(making, _)| making != number) {
            return;
        }
        self.making = None;
        if let Some(id) = self.running.clone() {
            self.with(cx, &id, |case, cx| {
                if case.attempt().is_some_and(|attempt| attempt.wants_pair()) {
                    case.no_pair(cx, words);
                }
            });
        }
    }
}
