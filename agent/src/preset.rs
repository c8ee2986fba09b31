//! The password that an owner presets for the panel: one line in a file of his, read once at start. The box itself
//! never writes one.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::sys::statfs::{FsType, MSDOS_SUPER_MAGIC, fstatfs};
use resetbox_core::policy::Language;
use resetbox_core::rules::{self, NewPassword};
use resetbox_core::secret::SecretText;
use resetbox_view::texts;
use thiserror::Error;
use zeroize::Zeroizing;

/// What is read at most: more than any password, so that a wrong file is told from a long line.
const MOST: u64 = 256;
/// `EXFAT_SUPER_MAGIC` of Linux.
const EXFAT: FsType = FsType(0x2011_bab0);

/// Why there is no preset password. No text holds anything of the file.
#[derive(Debug, Error)]
pub enum PresetError {
    /// It cannot be read.
    #[error("{path}: {why}: name a file that the box's user can read")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// The system's words.
        why: io::Error,
    },
    /// It is a folder, a device or a pipe.
    #[error("{path}: not a plain file: name a file with one line, the password")]
    NotAFile {
        /// Which.
        path: PathBuf,
    },
    /// Others than its owner have rights to it.
    #[error(
        "{path}: others than its owner may use it (mode {mode:04o}), so it is not read: chown resetbox and chmod 600 it"
    )]
    Open {
        /// Which file.
        path: PathBuf,
        /// Its rights.
        mode: u32,
    },
    /// It is not one line of text.
    #[error("{path}: must be one line of text, the password, and nothing else")]
    NotOneLine {
        /// Which file.
        path: PathBuf,
    },
    /// No camera would take it.
    #[error("{path}: the password in it breaks the cameras' rules: {rules}")]
    Rules {
        /// Which file.
        path: PathBuf,
        /// The rules it breaks, in words.
        rules: String,
    },
}

/// Reads the file and checks the password by the rules that hold for every new one.
///
/// # Errors
/// [`PresetError`] names the file and the remedy, and nothing of what is in it.
pub fn read(path: &Path) -> Result<NewPassword, PresetError> {
    let unreadable = |why| PresetError::Unreadable {
        path: path.to_owned(),
        why,
    };
    // Before it is opened: opening a pipe would wait for a writer.
    if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(PresetError::NotAFile { path: path.into() });
    }
    let file = File::open(path).map_err(unreadable)?;
    let mode = file.metadata().map_err(unreadable)?.mode() & 0o777;
    if mode & 0o077 != 0 {
        if !has_no_rights(&file) {
            let path = path.into();
            return Err(PresetError::Open { path, mode });
        }
        tracing::warn!(
            "{}: its file system knows no rights: every program of this box and whoever takes the card can read it",
            path.display()
        );
    }
    // As large as it can get: a buffer that grows leaves copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(MOST as usize + 1));
    (file.take(MOST).read_to_end(&mut bytes)).map_err(unreadable)?;
    password(&bytes).map_err(|fault| match fault {
        None => PresetError::NotOneLine { path: path.into() },
        Some(rules) => PresetError::Rules {
            path: path.into(),
            rules,
        },
    })
}

/// The one line of a file. The error tells the broken rules; `None`: it is not one line.
fn password(bytes: &[u8]) -> Result<NewPassword, Option<String>> {
    let text = std::str::from_utf8(bytes).map_err(|_| None)?;
    // A PC's editor may have put a mark before the text and its own end behind it.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let line = text.strip_suffix('\n').unwrap_or(text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.is_empty() || line.contains(['\n', '\r']) {
        return Err(None);
    }
    rules::password(&SecretText::new(line), None)
        .map_err(|problem| Some(texts::problem(Language::En, &problem).next))
}

/// On the card's first partition, FAT, every file has the rights of the mount: they say nothing about this one.
fn has_no_rights(file: &File) -> bool {
    fstatfs(file).is_ok_and(|about| [MSDOS_SUPER_MAGIC, EXFAT].contains(&about.filesystem_type()))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn written(content: &[u8], mode: u32) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        fs::write(file.path(), content).expect("written");
        fs::set_permissions(file.path(), fs::Permissions::from_mode(mode)).expect("set");
        file
    }

    #[test]
    fn one_line_with_or_without_an_end_is_the_password() {
        for content in [
            "Ladder+77",
            "Ladder+77\n",
            "Ladder+77\r\n",
            "\u{feff}Ladder+77",
        ] {
            let file = written(content.as_bytes(), 0o400);
            let preset = read(file.path()).expect(content);
            assert_eq!(preset.expose(), "Ladder+77");
            assert!(!format!("{preset:?}").contains("Ladder"));
        }
    }

    #[test]
    fn a_file_that_others_may_use_is_refused() {
        for mode in [0o640, 0o604, 0o620, 0o644, 0o601] {
            let file = written(b"Ladder+77\n", mode);
            let error = read(file.path()).expect_err("others may use it");
            let words = error.to_string();
            assert!(matches!(error, PresetError::Open { .. }), "{words}");
            assert!(
                words.contains(&format!("mode 0{mode:o}")) && words.contains("chmod 600"),
                "{words}"
            );
        }
    }

    #[test]
    fn every_mistake_names_the_file_and_the_rule_and_nothing_of_the_content() {
        for (content, said) in [
            (&b""[..], "one line"),
            (b"\n", "one line"),
            (b"Mrkr+1234a\nMrkr+1234b\n", "one line"),
            (b"Mrkr\xff+123456", "one line"),
            (b"Mrkr1", "8"),
            (b"Mrkr+Mrkr+Mrkr+Mrkr+Mrkr", "16"),
            (b"Mrkr 7 Ladder", "breaks"),
            (b"mrkrmrkr", "Mix at least"),
            (&[b'M'; 4000], "16"),
        ] {
            let file = written(content, 0o600);
            let words = read(file.path()).expect_err("a mistake").to_string();
            let path = file.path().display().to_string();
            assert!(words.contains(&path) && words.contains(said), "{words}");
            assert!(!words.replace(&path, "").to_lowercase().contains("mrkr"));
        }
        let missing = read(Path::new("/nowhere/preset")).expect_err("missing");
        assert!(missing.to_string().contains("/nowhere/preset"), "{missing}");
        let folder = read(Path::new("/tmp")).expect_err("a folder");
        assert!(matches!(folder, PresetError::NotAFile { .. }), "{folder}");
    }
}
