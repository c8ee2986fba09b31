//! All cases, and whose turn it is.

use std::collections::{BTreeMap, VecDeque};

use sadp::{Device, KeyPair, Mac, Message, Types};

use super::login::Check;
use super::{Case, Cx, Phase, Submission, no};
use crate::event::{LinkId, LoginAnswer};
use crate::outbox::Asker;
use crate::problem::ProblemKind;
use crate::record::CaseRecord;
use crate::request::{CaseId, Channel, Done, Reply, SubmissionId};
use crate::time::Mono;
use crate::view::CaseView;

/// Ended cases that are still shown.
const ENDED: usize = 200;

mod turn;

/// All cases by their id.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Cases {
    cases: BTreeMap<CaseId, Case>,
    /// Open ones by device.
    open: BTreeMap<Mac, CaseId>,
    /// Confirmed attempts that wait for their turn.
    queue: VecDeque<CaseId>,
    /// The one attempt under way.
    running: Option<CaseId>,
    last_number: u64,
    /// A key pair made ahead, used once.
    spare: Option<Box<KeyPair>>,
    /// The key pair that is being made, and since when.
    making: Option<(u64, Mono)>,
    /// Who waits for the record of a cancellation, and until when.
    cancelling: Vec<(u64, Mono, Asker)>,
    deadline: Option<(Mono, bool)>,
}

impl Cases {
    pub(crate) fn restore(cx: &mut Cx<'_>, records: impl Iterator<Item = CaseRecord>) -> Self {
        let mut cases = Self::default();
        let mut records: Vec<CaseRecord> = records.collect();
        records.sort_by_key(|record| record.number);
        for record in records {
            cases.last_number = cases.last_number.max(record.number);
            if let Some(case) = Case::restore(cx, record) {
                let older = cases.open.remove(&case.mac);
                if let Some(older) = older.and_then(|id| cases.cases.get_mut(&id)) {
                    // It ended before the device got its next case; the record that said so did not
                    // reach the disk.
                    older.void(cx, no(ProblemKind::ReExported));
                }
                if case.is_open() {
                    cases.open.insert(case.mac, case.id.clone());
                }
                cases.cases.insert(case.id.clone(), case);
            }
        }
        cases.after(cx);
        cases
    }

    /// The next moment at which a case must act, and whether it waits for an answer.
    pub(crate) fn deadline(&self) -> Option<(Mono, bool)> {
        self.deadline
    }

    /// When an attempt last succeeded in this run.
    pub(crate) fn succeeded(&self) -> Option<Mono> {
        self.cases.values().filter_map(|case| case.succeeded).max()
    }

    pub(crate) fn any_open(&self) -> bool {
        !self.open.is_empty()
    }

    /// The case of a device that was just found.
    pub(crate) fn tie(&self, cx: &mut Cx<'_>, mac: Mac) {
        let last = self.cases.values().filter(|case| case.mac == mac);
        let case = last.max_by_key(|case| (case.is_open(), case.number));
        if let Some(case) = case {
            let open = case.is_open().then_some(case.number);
            cx.roster.set_case(mac, &case.id, open);
        }
    }

    pub(crate) fn views(&self, now: Mono, policy: &crate::policy::Policy) -> Vec<CaseView> {
        let mut cases: Vec<&Case> = self.cases.values().collect();
        cases.sort_by_key(|case| (!case.is_open(), core::cmp::Reverse(case.number)));
        cases
            .into_iter()
            .map(|case| case.view(now, policy))
            .collect()
    }

    /// Acts on one case, then sees whose turn it is.
    fn with(&mut self, cx: &mut Cx<'_>, id: &CaseId, act: impl FnOnce(&mut Case, &mut Cx<'_>)) {
        if let Some(case) = self.cases.get_mut(id) {
            act(case, cx);
            self.after(cx);
        }
    }

    /// Acts on the case that a person means, or says why not.
    fn asked(
        &mut self,
        cx: &mut Cx<'_>,
        id: &CaseId,
        asker: Asker,
        act: impl FnOnce(&mut Case, &mut Cx<'_>, Asker),
    ) {
        let problem = match self.cases.get_mut(id) {
            None => ProblemKind::UnknownCase,
            Some(case) if !case.is_open() => ProblemKind::CaseClosed,
            Some(case) => {
                act(case, cx, asker);
                self.after(cx);
                return;
            }
        };
        cx.out.reply(asker, Err(no(problem)));
    }

    pub(crate) fn open(&mut self, cx: &mut Cx<'_>, mac: Mac, asker: Asker, channel: Channel) {
        if let Some(id) = self
            .open
            .get(&mac)
            .or_else(|| self.same_device(cx, mac))
            .cloned()
        {
            self.with(cx, &id, |case, cx| case.also_opened_by(cx, asker));
            return;
        }
        if let Err(kind) = self.may_open(cx, mac) {
            if kind == ProblemKind::DeviceSilent {
                cx.links.scan(cx.now.mono);
            }
            cx.out.reply(asker, Err(no(kind)));
            return;
        }
        let mut id = cx.out.random.case_id();
        while self.cases.contains_key(&id) {
            id = cx.out.random.case_id();
        }
        self.last_number += 1;
        let Some(entry) = cx.roster.get(mac).cloned() else {
            return;
        };
        let case = Case::open(cx, id.clone(), self.last_number, &entry, asker, channel);
        cx.roster.set_case(mac, &id, Some(self.last_number));
        self.open.insert(mac, id.clone());
        self.cases.insert(id, case);
        self.after(cx);
    }

    /// An open case of the same serial under another address: a device with two addresses is still one, and
    /// a second code would void the first.
    fn same_device(&self, cx: &Cx<'_>, mac: Mac) -> Option<&CaseId> {
        let entry = cx
            .roster
            .get(mac)
            .filter(|entry| entry.view.doubled_serial)?;
        let same = |id: &&CaseId| {
            self.cases
                .get(*id)
                .is_some_and(|case| case.serial == entry.serial())
        };
        self.open.values().find(same)
    }

    fn may_open(&self, cx: &Cx<'_>, mac: Mac) -> Result<(), ProblemKind> {
        use ProblemKind as K;
        let entry = cx.roster.get(mac).ok_or(K::UnknownDevice)?;
        let view = &entry.view;
        match view.way {
            sadp::Way::AskVendor | sadp::Way::None => return Err(K::NoWay),
            sadp::Way::Activate | sadp::Way::TypedKey | sadp::Way::KeyFile => {}
        }
        if view.doubled_mac {
            // Both would take the command.
            return Err(K::DeviceChanged);
        }
        if entry.serial().is_empty() {
            return Err(K::OddAnswer {
                text: "the device tells no serial".into(),
            });
        }
        if view.gone {
            return Err(K::DeviceSilent);
        }
        if !entry.link().is_some_and(|link| cx.links.usable(link)) {
            return Err(K::NoLink);
        }
        if self.open.len() >= cx.policy.case_limit {
            return Err(K::Busy);
        }
        Ok(())
    }

    pub(crate) fn submit(
        &mut self,
        cx: &mut Cx<'_>,
        submission: Submission,
        asker: Asker,
        channel: Channel,
    ) {
        let id = submission.case.clone();
        self.asked(cx, &id, asker, |case, cx, asker| {
            case.submit(cx, submission, asker, channel)
        });
        self.make_spare(cx);
    }

    pub(crate) fn confirm(
        &mut self,
        cx: &mut Cx<'_>,
        id: &CaseId,
        (submission, serial, insist): (&SubmissionId, &str, bool),
        asker: Asker,
        channel: Channel,
    ) {
        self.asked(cx, id, asker, |case, cx, asker| {
            case.confirm(cx, (submission, serial, insist), asker, channel);
        });
    }

    pub(crate) fn withdraw(
        &mut self,
        cx: &mut Cx<'_>,
        id: &CaseId,
        asker: Asker,
        channel: Channel,
    ) {
        self.asked(cx, id, asker, |case, cx, asker| {
            let reply = case.withdraw(cx, channel);
            cx.out.reply(asker, reply);
        });
    }

    pub(crate) fn resolve(
        &mut self,
        cx: &mut Cx<'_>,
        id: &CaseId,
        worked: bool,
        asker: Asker,
        channel: Channel,
    ) {
        self.asked(cx, id, asker, |case, cx, asker| {
            let reply = if case.login.is_under_way() {
                // In a moment it will be known.
                Err(no(ProblemKind::Busy))
            } else if matches!(case.phase, Phase::Unclear { .. }) {
                case.resolved(cx, worked, Some(channel));
                Ok(Done::Ok)
            } else {
                Err(no(ProblemKind::WrongState))
            };
            cx.out.reply(asker, reply);
        });
    }

    /// Whether the new password logs in: asked of ended cases too.
    pub(crate) fn check_login(&mut self, cx: &mut Cx<'_>, id: &CaseId, check: Check) {
        match self.cases.get_mut(id) {
            Some(case) => {
                case.check_login(cx, check);
                self.after(cx);
            }
            None => cx.out.reply(check.asker, Err(no(ProblemKind::UnknownCase))),
        }
    }

    pub(crate) fn login_checked(&mut self, cx: &mut Cx<'_>, number: u64, answer: LoginAnswer) {
        let asked = |case: &&Case| case.login.is_out_as(number);
        let id = self.cases.values().find(asked).map(|case| case.id.clone());
        if let Some(id) = id {
            self.with(cx, &id, |case, cx| case.login_checked(cx, answer));
        }
    }

    pub(crate) fn cancel(&mut self, cx: &mut Cx<'_>, id: &CaseId, asker: Asker, channel: Channel) {
        let mut waits = None;
        self.asked(cx, id, asker, |case, cx, asker| {
            match case.cancel(cx, channel) {
                Some(written) => waits = Some((written, cx.now.mono + super::STORE, asker)),
                None => cx.out.reply(asker, Err(no(ProblemKind::WrongState))),
            }
        });
        self.cancelling.extend(waits);
        self.after(cx);
    }

    /// A device describes itself.
    pub(crate) fn heard(&mut self, cx: &mut Cx<'_>, link: LinkId, device: &Device, hello: bool) {
        if let Some(id) = self.open.get(&device.mac).cloned() {
            self.with(cx, &id, |case, cx| case.heard(cx, link, device, hello));
        }
    }

    /// A device answers a command, ours or another client's. Gives whether it was one of ours.
    pub(crate) fn answer(&mut self, cx: &mut Cx<'_>, link: LinkId, message: &Message) -> bool {
        let mut ours = None;
        for id in self.open.values() {
            let case = self.cases.get_mut(id).expect("open cases are cases");
            if case.answer(cx, link, message) {
                ours = Some(id.clone());
                break;
            }
        }
        if ours.is_none()
            && matches!(message.types, Types::GetEncryptString | Types::GetCode)
            && let Some(id) = message.mac.and_then(|mac| self.open.get(&mac)).cloned()
        {
            self.with(cx, &id, |case, cx| case.answered_another(cx, message));
        }
        if ours.is_some() {
            self.after(cx);
        }
        ours.is_some()
    }

    pub(crate) fn persisted(&mut self, cx: &mut Cx<'_>, number: u64) {
        let Some(id) = self.written_as(number) else {
            return;
        };
        self.cancelled(cx, number, || Ok(Done::Ok));
        self.with(cx, &id, |case, cx| case.persisted(cx, number));
    }

    pub(crate) fn store_failed(&mut self, cx: &mut Cx<'_>, number: u64, words: &str) {
        let Some(id) = self.written_as(number) else {
            return;
        };
        self.cancelled(cx, number, || Err(super::store_problem(words)));
        self.with(cx, &id, |case, cx| case.store_failed(cx, number, words));
    }

    /// Answers whoever waits for record `number` of a cancellation.
    fn cancelled(&mut self, cx: &mut Cx<'_>, number: u64, reply: impl Fn() -> Reply) {
        let waits = self
            .cancelling
            .extract_if(.., |(written, ..)| *written == number);
        for (_, _, asker) in waits {
            cx.out.reply(asker, reply());
        }
    }

    fn written_as(&self, number: u64) -> Option<CaseId> {
        let case = self
            .cases
            .values()
            .find(|case| case.writing.contains(&number))?;
        Some(case.id.clone())
    }

    pub(crate) fn transmit_failed(&mut self, cx: &mut Cx<'_>, number: u64, words: &str) {
        for id in self.open.values().cloned().collect::<Vec<_>>() {
            self.with(cx, &id, |case, cx| case.transmit_failed(cx, number, words));
        }
    }

    pub(crate) fn learn_wall(&mut self, cx: &mut Cx<'_>) {
        for case in self.cases.values_mut() {
            case.learn_wall(cx);
        }
        self.after(cx);
    }

    pub(crate) fn pass_time(&mut self, cx: &mut Cx<'_>) {
        if self.deadline.is_none_or(|(at, _)| at > cx.now.mono) {
            return;
        }
        let now = cx.now.mono;
        let late = self.cancelling.iter().filter(|(_, until, _)| *until <= now);
        for number in late.map(|(number, ..)| *number).collect::<Vec<_>>() {
            self.cancelled(cx, number, || {
                Err(super::store_problem("the store does not answer"))
            });
        }
        for case in self.cases.values_mut() {
            if case.deadline(now).is_some_and(|(at, _)| at <= now) {
                case.pass_time(cx);
            }
        }
        self.after(cx);
    }

    /// Another client asked for a new device code of one of our devices.
    pub(crate) fn another_asks(&mut self, cx: &mut Cx<'_>, probe: &[u8]) {
        // No request for a code is longer.
        let text = String::from_utf8_lossy(&probe[..probe.len().min(2048)]);
        // Clients spell addresses in their own ways.
        let spelt = |text: &str| text.to_ascii_lowercase().replace(':', "-");
        let text = spelt(&text);
        let asks = ["getencryptstring", "getcode"]
            .iter()
            .any(|types| text.contains(types));
        if !asks {
            return;
        }
        for id in self.open.values().cloned().collect::<Vec<_>>() {
            self.with(cx, &id, |case, cx| {
                if case.export.is_some() && text.contains(&spelt(&case.mac_text)) {
                    case.exported_again(cx);
                }
            });
        }
    }
}
