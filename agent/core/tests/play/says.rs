//! What the box did and shows, in the words of a transcript.

use resetbox_core::effect::How;
use resetbox_core::record::PhaseRecord;
use resetbox_core::request::{CaseKind, Done};
use resetbox_core::view::{CasePhase, CaseView, LoginView, MustInsist};
use resetbox_core::{Effect, Problem, Purpose, Record, Reply};

use super::Player;
use crate::bench::element;

impl Player {
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

    pub(super) fn nothing_left(&mut self) {
        if let Some((said, _)) = self.next() {
            self.fail(&format!("before this, the box did: {said}"));
        }
    }

    pub(super) fn expect(&mut self, words: &[&str]) {
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

    pub(super) fn look(&self, words: &[&str]) {
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
