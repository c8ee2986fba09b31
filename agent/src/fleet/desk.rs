//! What a desk decides before and after it sends something: pure, so that every refusal can be tried.

use resetbox_core::secret::SecretText;
use resetbox_core::{Wall, rules};
use resetbox_view::texts;
use resetbox_view::texts::Language::En;
use serde::Serialize;
use zeroize::Zeroizing;

use super::roll::{BoxSeen, Roll};
use super::{screen, table};
use crate::mqtt::contract::{COMMAND_LIMIT, CaseState, CommandId, Expires, Outcome, Problem};

/// Why nothing more is done, or how it ended: what is said and the exit status.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct End {
    /// As [`super::run`] tells them.
    pub(super) status: u8,
    /// Lines for a person.
    pub(super) says: Vec<String>,
}

impl End {
    pub(super) fn new(status: u8, says: impl Into<String>) -> Self {
        Self {
            status,
            says: vec![says.into()],
        }
    }

    fn and(mut self, says: impl Into<String>) -> Self {
        self.says.push(says.into());
        self
    }

    /// Nothing left this machine; for what goes wrong before sending.
    pub(super) fn nothing_sent(status: u8, says: impl Into<String>) -> Self {
        Self::new(status, says).and("Nothing was sent.")
    }
}

/// The box, if it can be told anything.
pub(super) fn present<'a>(roll: &'a Roll, box_id: &str) -> Result<&'a BoxSeen, End> {
    let Some(seen) = roll.of(box_id) else {
        return Err(End::nothing_sent(
            super::NO_BROKER,
            format!("No box {box_id} on this broker: `resetbox fleet` lists those that are there."),
        ));
    };
    match seen.online {
        Some(true) => Ok(seen),
        Some(false) => Err(End::nothing_sent(
            super::NO_BROKER,
            format!(
                "{box_id} is offline: has it power, and a way to the broker? Try again when the list shows it."
            ),
        )),
        None => Err(End::nothing_sent(
            super::NO_BROKER,
            format!(
                "The broker has no word whether {box_id} is online: was it ever connected here?"
            ),
        )),
    }
}

/// The case, if a key can be handed over for it now.
pub(super) fn takes_key<'a>(
    seen: &'a BoxSeen,
    box_id: &str,
    case_id: &str,
    insist: bool,
    sync: bool,
) -> Result<&'a CaseState, End> {
    let no = |says: String| Err(End::nothing_sent(super::REFUSED, says));
    let Some(case) = seen.cases.get(case_id).map(|case| &case.state) else {
        let open: Vec<&str> = (seen.cases.iter())
            .filter(|(_, case)| table::is_open(&case.state))
            .map(|(id, _)| id.as_str())
            .collect();
        let open = match open.is_empty() {
            true => "it has none open".to_owned(),
            false => format!("open there: {}", open.join(", ")),
        };
        return no(format!("{box_id} has no case {case_id}; {open}."));
    };
    if !seen.info.as_ref().is_none_or(|info| info.broker.takes_keys) {
        return no(format!(
            "{box_id} takes no key over MQTT: its own way to the broker is not private. Give it TLS (mqtts), or use its phone page."
        ));
    }
    if case.kind == "first-password" {
        return no("This device has no password yet, so that there is no key: give it its first one on the box's phone page.".into());
    }
    if !case.typed_key {
        return no(
            "The vendor answers this device with a file, not a key: hand it over on the box's phone page.".into(),
        );
    }
    match &*case.phase {
        // Another key that waits for a confirmation is replaced.
        "awaiting" | "ready" => {}
        "exporting" => {
            return no("The device has not given its code yet: there can be no key for it.".into());
        }
        "exchanging" | "sending" => return no("An attempt is under way: see how it ends.".into()),
        "unclear" => {
            return no(
                "An earlier attempt had no answer and may have worked: try that password on the device first, then tell the box on its phone page.".into(),
            );
        }
        other => {
            let why = case.error.as_ref().map_or(String::new(), |problem| {
                format!(" {}", problem_words(problem))
            });
            return no(format!("The case is closed ({other}).{why}"));
        }
    }
    if table::serial_tail(&case.serial).trim().is_empty() {
        return no("The device told no serial: there is nothing to confirm it by. Use the box's phone page.".into());
    }
    if sync && !case.can_sync {
        return Err(End::nothing_sent(
            super::WRONG_USE,
            "This device cannot pass the password on: leave --sync-cameras away.",
        ));
    }
    if case.must_insist && !insist {
        return no(
            "Too many wrong keys: another one can lock the device. Check the key with the vendor, then add --insist.".into(),
        );
    }
    Ok(case)
}

/// What a person must see before typing anything.
pub(super) fn facts(case: &CaseState, box_id: &str, sync: bool, now: Wall) -> Vec<String> {
    let fact = |name: &str, value: &str| format!("  {name:<13}{value}");
    let tries = match case.tries_left {
        Some(tries) => texts::tries_left(En, tries),
        None => "not told".to_owned(),
    };
    let mut lines = vec![
        fact("Box", box_id),
        fact("Model", or(&case.model, texts::unknown_model(En))),
        fact("Address", case.ipv4.as_deref().unwrap_or(texts::no_ip(En))),
        fact("Serial", &case.serial),
        fact("Tries", &tries),
    ];
    if let Some(minutes) = case.lock_minutes.filter(|minutes| *minutes > 0) {
        lines.push(fact("Locked", &texts::locked_for(En, minutes)));
    }
    if case.can_sync {
        lines.push(fact(
            "Its cameras",
            match sync {
                true => texts::sync_on(En),
                false => texts::sync_off(En),
            },
        ));
    }
    if let Some(left) = table::left(case, now) {
        lines.push(fact("Time", &screen::clock(left)));
    }
    for problem in case.error.iter().chain(&case.doubt) {
        lines.push(fact("Mind", &problem_words(problem)));
    }
    if !case.device_present {
        lines.push(fact("Mind", "The device does not answer at the moment."));
    }
    lines
}

/// The typed confirmation names the device.
pub(super) fn confirms(serial: &str, typed: &str) -> bool {
    let tail = table::serial_tail(serial);
    !tail.is_empty() && tail.eq_ignore_ascii_case(typed.trim())
}

/// The box does not know the time, so it did nothing that has an end.
pub(super) fn has_no_clock(outcome: &Outcome) -> bool {
    let problem = outcome.problem.as_ref();
    !outcome.ok && problem.is_some_and(|problem| problem.kind.ends_with(":no-time"))
}

/// `submit-key` as the contract has it. With `serial` it is sent to the device at once.
#[derive(Serialize)]
pub(super) struct Submit<'a> {
    pub(super) id: CommandId,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) expires: Option<Expires>,
    pub(super) case: &'a str,
    pub(super) key: &'a str,
    pub(super) new_password: &'a str,
    pub(super) sync_cameras: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) serial: Option<&'a str>,
}

/// A command's bytes, wiped when dropped: the buffer never grows, so that no copy stays behind.
pub(super) fn bytes(command: &impl Serialize) -> Result<Zeroizing<Vec<u8>>, End> {
    // Escapes make a byte six at most; what is longer than the box takes is refused below.
    let mut bytes = Zeroizing::new(Vec::with_capacity(6 * COMMAND_LIMIT));
    let written = serde_json::to_writer(&mut *bytes, command);
    if written.is_err() || bytes.len() > COMMAND_LIMIT {
        return Err(End::nothing_sent(
            super::WRONG_USE,
            "The command is longer than a box takes.",
        ));
    }
    Ok(bytes)
}

/// Checks a key by the box's own rules; the words say what is wrong.
pub(super) fn key(typed: &SecretText) -> Result<rules::ResetKey, String> {
    rules::key(typed).map_err(|problem| rule_words(&problem))
}

/// Checks a password likewise.
pub(super) fn password(typed: &SecretText) -> Result<rules::NewPassword, String> {
    rules::password(typed, None).map_err(|problem| rule_words(&problem))
}

/// What became of a key that was sent.
pub(super) fn submitted(outcome: &Outcome, case: &CaseState) -> End {
    let device = format!(
        "{} {}",
        case.model,
        texts::tail(&table::serial_tail(&case.serial))
    );
    match (&outcome.problem, outcome.ok, outcome.outcome.as_deref()) {
        (_, true, Some("succeeded")) => End::new(
            super::DONE,
            format!("{}: {}", texts::succeeded(En), device.trim()),
        )
        .and(texts::succeeded_next(En)),
        (Some(problem), ..) if kind(problem) == "unclear" => {
            End::new(super::UNCLEAR, problem_words(problem)).and(DO_NOT_REPEAT)
        }
        (Some(problem), ..) => End::new(super::REFUSED, problem_words(problem)),
        (None, ok, said) => End::new(
            super::UNCLEAR,
            format!(
                "The box answered something unexpected ({}, {}).",
                if ok { "ok" } else { "not ok" },
                sadp::printable(said.unwrap_or("without an outcome"))
            ),
        )
        .and(DO_NOT_REPEAT),
    }
}

/// What became of any other command.
pub(super) fn carried_out(outcome: &Outcome) -> End {
    match &outcome.problem {
        None if outcome.ok => {
            let case = (outcome.case.as_deref())
                .map(|case| format!(": case {}", sadp::printable(case)))
                .unwrap_or_default();
            let what = match outcome.outcome.as_deref() {
                Some("case-open") => "The case is open",
                _ => "Done",
            };
            End::new(super::DONE, format!("{what}{case}."))
        }
        None => End::new(super::REFUSED, "The box did not do it and gave no reason."),
        Some(problem) => End::new(super::REFUSED, problem_words(problem)),
    }
}

/// No answer came, or the line broke, after something was sent.
pub(super) fn no_answer(why: &str, is_key: bool) -> End {
    let end = End::new(
        super::UNCLEAR,
        format!("It was sent, and no answer came: {why}."),
    );
    if is_key {
        end.and(DO_NOT_REPEAT)
    } else {
        end.and("`resetbox fleet` shows whether it was done; does the broker let this user write and read cmd topics?")
    }
}

/// After this nothing is sent again by itself, and nobody should.
const DO_NOT_REPEAT: &str = "It may have worked. Look at the case with `resetbox fleet`, and try the new password on the device, before \
     anything is sent again.";

/// The last word of a problem's type.
fn kind(problem: &Problem) -> &str {
    problem.kind.rsplit(':').next().unwrap_or_default()
}

/// `Key refused. The camera refused the key (code 2039). 4 tries left. Check the typing ...`
fn problem_words(problem: &Problem) -> String {
    let mut problem = problem.clone();
    super::roll::clean_problem(&mut problem);
    let parts = [&problem.title, &problem.detail, &problem.hint];
    let said: Vec<String> = parts
        .iter()
        .map(|part| part.trim())
        .filter(|part| !part.is_empty())
        .map(|part| match part.ends_with(['.', '!', '?']) {
            true => part.to_owned(),
            false => format!("{part}."),
        })
        .collect();
    if said.is_empty() {
        format!("The box gave the reason {:?}.", problem.kind)
    } else {
        said.join(" ")
    }
}

fn rule_words(problem: &resetbox_core::Problem) -> String {
    let words = texts::problem(En, problem);
    format!("{}: {} {}", words.title, words.what, words.next)
}

fn or<'a>(text: &'a str, otherwise: &'a str) -> &'a str {
    if text.is_empty() { otherwise } else { text }
}

#[cfg(test)]
mod tests;
