//! The test vendor: a table from device code to key, and nothing that computes one.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};
use thiserror::Error;

/// How long a device code is worth a key (milliseconds): 48 h.
pub const VALID_MS: u64 = 48 * 60 * 60 * 1000;

/// What the vendor hands back for a device code.
#[derive(Clone, PartialEq, Eq)]
pub enum Issued {
    /// Eight letters and digits, typed by a person.
    Key(String),
    /// The text of a key file, without the line end that [`Issued::file_bytes`] adds.
    File(String),
}

impl Issued {
    /// The text a device accepts.
    pub fn text(&self) -> &str {
        match self {
            Issued::Key(text) | Issued::File(text) => text,
        }
    }

    /// What would be on a stick or in an e-mail: a file ends in one line end, a key has none.
    pub fn file_bytes(&self) -> Vec<u8> {
        match self {
            Issued::Key(text) => text.clone().into_bytes(),
            Issued::File(text) => format!("{text}\r\n").into_bytes(),
        }
    }
}

/// Shows the form, never the key.
impl std::fmt::Debug for Issued {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Issued::Key(_) => "Key(..)",
            Issued::File(_) => "File(..)",
        })
    }
}

/// Why the vendor issues nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// No camera of this plant exported this text. A changed byte is enough.
    #[error("no device exported this code: scan the whole code, byte for byte")]
    UnknownDeviceCode,
    /// Exported more than 48 h ago.
    #[error("the device code is older than 48 hours: ask the device for a new one")]
    Expired,
}

/// Which form of answer a device takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Key,
    File,
}

/// The authority. Clones share one table: the cameras' side writes it at export time, the tests' side reads it.
#[derive(Clone)]
pub struct Vendor(Arc<Mutex<Table>>);

struct Table {
    rng: ChaCha8Rng,
    rows: BTreeMap<String, Row>,
}

struct Row {
    issued: Issued,
    exported_ms: u64,
}

impl Vendor {
    /// An empty table whose keys will be drawn from `seed`.
    pub fn new(seed: u64) -> Vendor {
        // Apart from the cameras' streams, which use the same seed.
        let rng = ChaCha8Rng::seed_from_u64(seed ^ 0x7665_6e64_6f72);
        Vendor(Arc::new(Mutex::new(Table {
            rng,
            rows: BTreeMap::new(),
        })))
    }

    /// The key for a device code, as a person would get it. The vendor does not know what became of the device: a
    /// code that it has forgotten or replaced since is still worth a key, which the device then refuses.
    ///
    /// # Errors
    /// [`Refusal`] for a text that no camera exported, and 48 h after the export.
    pub fn issue(&self, now_ms: u64, device_code: &str) -> Result<Issued, Refusal> {
        let table = self.table();
        let row = table
            .rows
            .get(device_code)
            .ok_or(Refusal::UnknownDeviceCode)?;
        if now_ms.saturating_sub(row.exported_ms) > VALID_MS {
            return Err(Refusal::Expired);
        }
        Ok(row.issued.clone())
    }

    /// How many device codes were exported so far.
    pub fn len(&self) -> usize {
        self.table().rows.len()
    }

    /// Whether nothing was exported yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A camera exported `device_code`: a key is drawn for it.
    pub(crate) fn register(&self, now_ms: u64, device_code: &str, form: Form) {
        let mut table = self.table();
        let issued = match form {
            Form::Key => Issued::Key(letters_and_digits(&mut table.rng, 8)),
            Form::File => Issued::File(letters_and_digits(&mut table.rng, 128)),
        };
        table.rows.insert(
            device_code.to_owned(),
            Row {
                issued,
                exported_ms: now_ms,
            },
        );
    }

    /// The same table, read by the camera that checks a reset.
    pub(crate) fn accepts(&self, device_code: &str, text: &str) -> bool {
        self.table()
            .rows
            .get(device_code)
            .is_some_and(|row| row.issued.text() == text)
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        // No code panics while it holds the lock; a table is whole at any time anyway.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `count` characters of `[A-Za-z0-9]`.
pub(crate) fn letters_and_digits(rng: &mut ChaCha8Rng, count: usize) -> String {
    const SET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    (0..count)
        .map(|_| char::from(SET[(rng.next_u32() % 62) as usize]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn issues_what_was_registered_and_nothing_else() {
        let vendor = Vendor::new(1);
        assert!(vendor.is_empty());
        vendor.register(1000, "one", Form::Key);
        vendor.register(1000, "two", Form::File);
        let Ok(Issued::Key(key)) = vendor.issue(2000, "one") else {
            panic!("a key")
        };
        assert!(key.len() == 8 && key.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        assert_eq!(
            vendor.issue(9000, "one"),
            Ok(Issued::Key(key.clone())),
            "the same again"
        );
        assert!(
            vendor.accepts("one", &key)
                && !vendor.accepts("two", &key)
                && !vendor.accepts("three", &key)
        );
        let Ok(file @ Issued::File(_)) = vendor.issue(2000, "two") else {
            panic!("a file")
        };
        assert!(file.file_bytes().ends_with(b"\r\n") && !file.text().ends_with('\n'));
        for wrong in ["", "One", "one ", "on", "three"] {
            assert_eq!(
                vendor.issue(2000, wrong),
                Err(Refusal::UnknownDeviceCode),
                "{wrong}"
            );
        }
        assert_eq!(vendor.issue(1000 + VALID_MS, "one"), Ok(Issued::Key(key)));
        assert_eq!(vendor.issue(1001 + VALID_MS, "one"), Err(Refusal::Expired));
        assert_eq!(vendor.len(), 2);
    }

    #[test]
    fn debug_output_holds_no_key() {
        assert_eq!(format!("{:?}", Issued::Key("abcd1234".into())), "Key(..)");
    }
}
