//! What is wrong with a command before anyone asks the core, in words. No value of the command is in them.

use resetbox_core::policy::Language;

use super::contract::{COMMAND_LIMIT, Problem};

/// What is wrong with a command.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Refusal {
    /// No such verb.
    UnknownVerb,
    /// It lay on the broker.
    Retained,
    /// Its time is over.
    Expired,
    /// It has an end, and the box does not know the time.
    NoTime,
    /// Longer than a command may be.
    TooLong,
    /// Not the JSON that is expected; the words name the field.
    BadJson(String),
    /// It came before, and what became of it is not known.
    Interrupted,
    /// Too much at once.
    Busy,
    /// Too many ids are remembered.
    TooMany,
    /// Its id cannot be remembered.
    Store(String),
}

impl Refusal {
    /// The stable name.
    fn name(&self) -> &'static str {
        match self {
            Self::UnknownVerb => "unknown-verb",
            Self::Retained => "retained-command",
            Self::Expired => "command-expired",
            Self::NoTime => "no-time",
            Self::TooLong => "command-too-long",
            Self::BadJson(_) => "bad-json",
            Self::Interrupted => "repeated",
            Self::Busy => "busy",
            Self::TooMany => "too-many-commands",
            Self::Store(_) => "store",
        }
    }

    /// As the contract says it.
    pub(crate) fn words(&self, language: Language) -> Problem {
        let [title, detail, hint] = match language {
            Language::En => self.english(),
            Language::Id => self.indonesian(),
        };
        Problem {
            kind: format!("urn:resetbox:problem:{}", self.name()),
            title,
            detail,
            hint,
            culprit: match self {
                Self::Busy | Self::Store(_) | Self::NoTime => "box-fault",
                _ => "operator",
            }
            .into(),
            code: None,
            tries_left: None,
            lock_minutes: None,
            faults: Vec::new(),
        }
    }

    fn english(&self) -> [String; 3] {
        let [title, detail, hint] = match self {
            Self::UnknownVerb => [
                "No such command",
                "The topic's last word is no command of this box.",
                "docs/mqtt.md lists the commands.",
            ],
            Self::Retained => [
                "A retained command",
                "The command lay on the broker: nobody knows how old it is. It was not carried out.",
                "Delete it there (an empty retained message to the same topic) and publish commands without retain.",
            ],
            Self::Expired => [
                "Too late",
                "The command's time was over when it came. It was not carried out.",
                "Send it again with a new id if it is still wanted.",
            ],
            Self::NoTime => [
                "The box does not know the time",
                "The command has `expires`, and the box has no clock that it could be compared with.",
                "Open the phone page once, which tells the time, or leave `expires` away.",
            ],
            Self::TooLong => {
                return [
                    "Too long".into(),
                    format!("The command is longer than {COMMAND_LIMIT} bytes."),
                    "Send only what docs/mqtt.md lists.".into(),
                ];
            }
            Self::BadJson(why) => {
                return [
                    "Not what is expected".into(),
                    format!("The command was not understood: {why}."),
                    "Correct the named field; docs/mqtt.md says what each command takes.".into(),
                ];
            }
            Self::Interrupted => [
                "It came before",
                "A command with this id came before. It is still being carried out, or the power went meanwhile.",
                "Look at the case's state. To do it again, send it with a new id.",
            ],
            Self::Busy => [
                "The box is busy",
                "The box has too many commands to carry out.",
                "Send it again with a new id in a few seconds.",
            ],
            Self::TooMany => [
                "Too many commands",
                "More commands came in 48 hours than the box can remember.",
                "Find out who sends so many; later ones are taken again as old ones are forgotten.",
            ],
            Self::Store(words) => {
                return [
                    "The box cannot remember it".into(),
                    format!("The command was not carried out: {words}."),
                    "Look at the box's log; check its card and the free space.".into(),
                ];
            }
        };
        [title.into(), detail.into(), hint.into()]
    }

    fn indonesian(&self) -> [String; 3] {
        let [title, detail, hint] = match self {
            Self::UnknownVerb => [
                "Perintah tidak dikenal",
                "Kata terakhir topik ini bukan perintah kotak.",
                "docs/mqtt.md memuat daftar perintah.",
            ],
            Self::Retained => [
                "Perintah tersimpan",
                "Perintah ini tersimpan di broker: umurnya tidak diketahui. Tidak dijalankan.",
                "Hapus di broker (pesan kosong dengan retain ke topik yang sama), dan kirim perintah tanpa retain.",
            ],
            Self::Expired => [
                "Terlambat",
                "Waktu perintah ini sudah lewat saat diterima. Tidak dijalankan.",
                "Kirim lagi dengan id baru jika masih perlu.",
            ],
            Self::NoTime => [
                "Kotak tidak tahu waktu",
                "Perintah ini memakai `expires`, tetapi kotak tidak punya jam untuk membandingkan.",
                "Buka halaman ponsel sekali agar kotak tahu waktu, atau hilangkan `expires`.",
            ],
            Self::TooLong => {
                return [
                    "Terlalu panjang".into(),
                    format!("Perintah lebih panjang dari {COMMAND_LIMIT} bita."),
                    "Kirim hanya yang tertulis di docs/mqtt.md.".into(),
                ];
            }
            Self::BadJson(why) => {
                return [
                    "Tidak sesuai".into(),
                    format!("Perintah tidak dimengerti: {why}."),
                    "Perbaiki bagian yang disebut; docs/mqtt.md menjelaskan isi tiap perintah."
                        .into(),
                ];
            }
            Self::Interrupted => [
                "Sudah pernah diterima",
                "Perintah dengan id ini sudah diterima. Masih dijalankan, atau listrik putus di tengahnya.",
                "Lihat status kasusnya. Untuk mengulang, kirim dengan id baru.",
            ],
            Self::Busy => [
                "Kotak sedang sibuk",
                "Terlalu banyak perintah sekaligus.",
                "Kirim lagi dengan id baru beberapa detik kemudian.",
            ],
            Self::TooMany => [
                "Terlalu banyak perintah",
                "Perintah dalam 48 jam lebih banyak dari yang bisa diingat kotak.",
                "Cari siapa yang mengirim sebanyak itu; nanti perintah diterima lagi.",
            ],
            Self::Store(words) => {
                return [
                    "Kotak tidak bisa mengingatnya".into(),
                    format!("Perintah tidak dijalankan: {words}."),
                    "Lihat log kotak; periksa kartu dan ruang kosongnya.".into(),
                ];
            }
        };
        [title.into(), detail.into(), hint.into()]
    }
}

/// The parser's words without anything that the sender wrote: even a field's name may be a key that slipped.
pub(crate) fn json_fault(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!("line {} column {}", error.line(), error.column());
    if text.starts_with("missing field") || text.starts_with("duplicate field") {
        // Both name fields of ours only.
        return text;
    }
    let expected = text
        .rsplit_once("expected ")
        .map_or("another kind of value", |(_, rest)| {
            rest.split(" at line").next().unwrap_or(rest)
        });
    if text.starts_with("unknown field") {
        format!("unknown field at {place}, expected {expected}")
    } else if error.is_data() {
        format!("expected {expected} at {place}")
    } else {
        format!("not JSON at {place}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mqtt::contract::SubmitKey;

    #[test]
    fn faults_name_the_place_and_tell_nothing_that_was_sent() {
        let fault = |text: &str| {
            json_fault(&serde_json::from_str::<SubmitKey>(text).expect_err("a mistake"))
        };
        for (text, word) in [
            (r#"{"id":"1"}"#, "missing field `case`"),
            (r#"{"id":"Mrkr 1"}"#, "`id`"),
            (r#"{"id":"1","Mrkr":1}"#, "unknown field at line 1"),
            (r#"{"id":"1","expires":"Mrkr"}"#, "`expires`"),
            (r#"{"id":"1","sync_cameras":"Mrkr"}"#, "expected a boolean"),
            (
                r#"{"id":"1","key":["Mrkr, expected Mrkr"]}"#,
                "expected a string",
            ),
            (r#""Mrkr""#, "expected struct"),
            (r#"{"Mrkr"#, "not JSON"),
        ] {
            let said = fault(text);
            assert!(
                said.contains(word) && !said.contains("Mrkr"),
                "{text}: {said}"
            );
        }
    }
}
