//! What a device says about a command: `Result`, tries left, minutes locked.

use crate::types::Types;
use crate::xml::{cut, trim};

/// The numbers the vendor's client shows for outcomes (A); people search for them.
pub mod code {
    /// The command was done.
    pub const SUCCESS: u16 = 0;
    /// Refused: wrong state, or switched off.
    pub const FAILED: u16 = 2009;
    /// No answer within 10 s. The command may have worked.
    pub const NO_ANSWER: u16 = 2011;
    /// Too many wrong tries.
    pub const LOCKED: u16 = 2018;
    /// The device has no password yet.
    pub const NOT_ACTIVATED: u16 = 2019;
    /// The new password is too weak.
    pub const RISK_PASSWORD: u16 = 2020;
    /// The device has a password already.
    pub const HAS_ACTIVATED: u16 = 2021;
    /// The device holds no open request.
    pub const EMPTY_ENCRYPT_STRING: u16 = 2022;
    /// The key or file expired.
    pub const EXPORT_FILE_OVER_DUE: u16 = 2023;
    /// The current password is wrong.
    pub const PASSWORD_ERROR: u16 = 2024;
    /// An answer to a security question is too long.
    pub const LONG_ANSWER: u16 = 2025;
    /// The GUID is wrong or superseded.
    pub const INVALID_GUID: u16 = 2026;
    /// The answers to the security questions are wrong.
    pub const ANSWER_ERROR: u16 = 2027;
    /// Exactly three answers are needed.
    pub const QUESTION_NUM_ERR: u16 = 2028;
    /// The e-mailed code is wrong or expired.
    pub const MAIL_CODE_ERROR: u16 = 2033;
    /// No reserved e-mail address exists.
    pub const NOT_EXIST: u16 = 2036;
    /// No reserved e-mail address was set.
    pub const NOT_SET_MAIL_BOX: u16 = 2038;
    /// The reset key is wrong.
    pub const CODE_ERROR: u16 = 2039;
    /// The key exchange failed; safe to repeat.
    pub const EXCHANGE_FAILED: u16 = 2041;
}

/// The text of a `Result` element (A).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ResultText {
    /// Done.
    Success,
    /// Refused: wrong state or switched off, often because the device is bound to a cloud account.
    Failed,
    /// Too many wrong tries: wait [`Verdict::lock_minutes`], keep the device powered.
    Locked,
    /// No password yet: activate instead.
    NotActivated,
    /// The new password is too weak.
    RiskPassword,
    /// It has a password: reset instead.
    HasActivated,
    /// The device holds no open request: it rebooted, or none was made, or another client made a newer one.
    EmptyEncryptString,
    /// Key or file expired.
    ExportFileOverDue,
    /// Wrong current password.
    PasswordError,
    /// An answer to a security question is too long.
    LongAnswer,
    /// The GUID is wrong or superseded.
    InvalidGuid,
    /// Wrong answers to the security questions.
    AnswerError,
    /// Exactly three answers are needed.
    QuestionNumErr,
    /// The e-mailed code is wrong or expired (`CodeError` in an answer to `MailReset`).
    MailCodeError,
    /// No reserved e-mail address exists.
    NotExist,
    /// No reserved e-mail address was set.
    NotSetMailBox,
    /// The reset key is wrong (`codeError` in an answer to `reset`).
    CodeError,
    /// There is no `Result`, or an empty one. Answers to `exchangecode` and `inquiry` have none by rights.
    Empty,
    /// Anything else, as it came (trimmed, at most 256 bytes): show it literally.
    Unknown(String),
}

/// Texts as devices spell them, with the vendor's number for each (A).
const TEXTS: [(&str, ResultText, u16); 17] = [
    ("success", ResultText::Success, code::SUCCESS),
    ("failed", ResultText::Failed, code::FAILED),
    ("locked", ResultText::Locked, code::LOCKED),
    (
        "notActivated",
        ResultText::NotActivated,
        code::NOT_ACTIVATED,
    ),
    (
        "riskPassword",
        ResultText::RiskPassword,
        code::RISK_PASSWORD,
    ),
    (
        "hasActivated",
        ResultText::HasActivated,
        code::HAS_ACTIVATED,
    ),
    (
        "emptyEncryptString",
        ResultText::EmptyEncryptString,
        code::EMPTY_ENCRYPT_STRING,
    ),
    (
        "exportFileOverDue",
        ResultText::ExportFileOverDue,
        code::EXPORT_FILE_OVER_DUE,
    ),
    (
        "PasswordError",
        ResultText::PasswordError,
        code::PASSWORD_ERROR,
    ),
    ("LongAnswer", ResultText::LongAnswer, code::LONG_ANSWER),
    ("invalidGUID", ResultText::InvalidGuid, code::INVALID_GUID),
    ("AnswerError", ResultText::AnswerError, code::ANSWER_ERROR),
    (
        "QuestionNumErr",
        ResultText::QuestionNumErr,
        code::QUESTION_NUM_ERR,
    ),
    ("codeError", ResultText::CodeError, code::CODE_ERROR),
    (
        "CodeError",
        ResultText::MailCodeError,
        code::MAIL_CODE_ERROR,
    ),
    ("notExist", ResultText::NotExist, code::NOT_EXIST),
    (
        "notSetMailBox",
        ResultText::NotSetMailBox,
        code::NOT_SET_MAIL_BOX,
    ),
];

impl ResultText {
    /// Reads a `Result` text in an answer to `types`, without case. The command matters because `codeError`
    /// means two things.
    pub fn parse(text: &str, types: &Types) -> ResultText {
        let text = trim(text);
        if text.is_empty() {
            return ResultText::Empty;
        }
        if text.eq_ignore_ascii_case("codeError") {
            return if *types == Types::MailReset {
                ResultText::MailCodeError
            } else {
                ResultText::CodeError
            };
        }
        TEXTS
            .iter()
            .find(|(known, ..)| known.eq_ignore_ascii_case(text))
            .map_or_else(
                || ResultText::Unknown(cut(text, 256).to_owned()),
                |(_, result, _)| result.clone(),
            )
    }

    /// The vendor's number for this text: `0` for success, `None` for an empty or unknown one.
    pub fn code(&self) -> Option<u16> {
        TEXTS
            .iter()
            .find(|(_, result, _)| result == self)
            .map(|(.., code)| *code)
    }

    /// The text as devices spell it; empty for [`ResultText::Empty`].
    pub fn as_str(&self) -> &str {
        match self {
            ResultText::Empty => "",
            ResultText::Unknown(text) => text,
            known => TEXTS
                .iter()
                .find(|(_, result, _)| result == known)
                .map_or("", |(text, ..)| text),
        }
    }
}

/// A device's verdict on a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What it said.
    pub result: ResultText,
    /// `RetryTimes`, or `RetryModifyTime` in an answer to `update`: tries left before it locks (A).
    pub tries_left: Option<u32>,
    /// `SurplusLockTime`: minutes until it unlocks (A).
    pub lock_minutes: Option<u32>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_round_trips_in_any_case() {
        for (text, result, number) in &TEXTS {
            let types = if *result == ResultText::MailCodeError {
                Types::MailReset
            } else {
                Types::Reset
            };
            assert_eq!(
                &ResultText::parse(&format!("\n {} ", text.to_uppercase()), &types),
                result
            );
            assert_eq!(result.as_str(), *text);
            assert_eq!(result.code(), Some(*number));
        }
    }

    #[test]
    fn an_empty_or_unknown_text_is_kept_without_a_number() {
        assert_eq!(ResultText::parse(" ", &Types::Reset), ResultText::Empty);
        assert_eq!(ResultText::Empty.code(), None);
        let unknown = ResultText::parse("deviceBusy", &Types::Reset);
        assert_eq!((unknown.as_str(), unknown.code()), ("deviceBusy", None));
    }
}
