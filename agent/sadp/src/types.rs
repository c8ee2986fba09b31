//! What a message is about: the text of its `Types` element.

use crate::xml::{cut, trim};

/// The `Types` element: the command a message asks for or answers.
///
/// Texts are compared without case and without blanks around them, because devices answer `activate ` (A).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Types {
    /// Who is there? (A)
    Inquiry,
    /// A device's own notice that it came up (A).
    Hello,
    /// Opens a case on a device of the typed-key way: makes its device code (A).
    GetEncryptString,
    /// Opens a case on a device of the key-file way: makes its device code (A).
    GetCode,
    /// Which ways of recovery did the owner set up? (B)
    GetPasswordResetType,
    /// Hands a public key over, gets a session key back (A).
    ExchangeCode,
    /// Sets a new administrator password with a reset key (A).
    Reset,
    /// Sets the first password (A).
    Activate,
    /// Lights the device's lamp (A).
    Lamp,
    /// Changes network settings with the current password (A).
    Update,
    /// The codes of the e-mail way (A).
    GetQRcodes,
    /// The security questions (A).
    GetSecurityQuestion,
    /// Reset by answers to security questions (A).
    AnswerReset,
    /// Reset by the owner's GUID file (A).
    GuidReset,
    /// Reset by an e-mailed code (A).
    MailReset,
    /// Anything else, as it came (trimmed, at most 64 bytes).
    Unknown(String),
}

/// Every known command with its wire spelling (A).
const SPELLINGS: [(&str, Types); 15] = [
    ("inquiry", Types::Inquiry),
    ("hello", Types::Hello),
    ("getencryptstring", Types::GetEncryptString),
    ("getcode", Types::GetCode),
    ("getPasswordResetType", Types::GetPasswordResetType),
    ("exchangecode", Types::ExchangeCode),
    ("reset", Types::Reset),
    ("activate", Types::Activate),
    ("lamp", Types::Lamp),
    ("update", Types::Update),
    ("GetQRcodes", Types::GetQRcodes),
    ("getsecurityquestion", Types::GetSecurityQuestion),
    ("AnswerReset", Types::AnswerReset),
    ("GUIDReset", Types::GuidReset),
    ("MailReset", Types::MailReset),
];

impl Types {
    /// Reads a `Types` text.
    pub fn parse(text: &str) -> Types {
        let text = trim(text);
        SPELLINGS
            .iter()
            .find(|(spelling, _)| spelling.eq_ignore_ascii_case(text))
            .map_or_else(
                || Types::Unknown(cut(text, 64).to_owned()),
                |(_, types)| types.clone(),
            )
    }

    /// The wire spelling.
    pub fn as_str(&self) -> &str {
        match self {
            Types::Unknown(text) => text,
            known => SPELLINGS
                .iter()
                .find(|(_, types)| types == known)
                .map_or("", |(spelling, _)| spelling),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_round_trips_in_any_case() {
        for (spelling, types) in &SPELLINGS {
            assert_eq!(
                &Types::parse(&format!(" {} \r\n", spelling.to_uppercase())),
                types
            );
            assert_eq!(types.as_str(), *spelling);
        }
    }

    #[test]
    fn an_unknown_text_is_kept() {
        assert_eq!(
            Types::parse(" frobnicate\0"),
            Types::Unknown("frobnicate".into())
        );
        assert_eq!(Types::parse("frobnicate").as_str(), "frobnicate");
        assert_eq!(Types::parse(&"ä".repeat(60)).as_str().len(), 64);
    }
}
