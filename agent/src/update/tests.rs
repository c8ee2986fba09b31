use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{Ed25519KeyPair, KeyPair};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::*;

const ROOT: &[u8] = b"a new root, whatever it holds";

struct Bench {
    folder: TempDir,
    pair: Ed25519KeyPair,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let pair = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).expect("a key");
        let public = STANDARD.encode(pair.public_key());
        std::fs::write(folder.path().join("key"), public + "\n").expect("written");
        // A slot with room, and something in it from before.
        std::fs::write(folder.path().join("slot"), [0xee; 64]).expect("written");
        Self { folder, pair }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn slot(&self) -> Vec<u8> {
        std::fs::read(self.path("slot")).expect("there")
    }

    fn head(root: &[u8]) -> String {
        let sha256: String = Sha256::digest(root)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        format!(
            "resetbox-update 1\nversion 1.2.3\nkernel 6.1-box\nbytes {}\nsha256 {sha256}\n",
            root.len()
        )
    }

    fn sign(&self, head: &str) -> String {
        let signature = STANDARD.encode(self.pair.sign(head.as_bytes()));
        format!("{head}signature {signature}\n\n")
    }

    fn file(&self, head: &str, root: &[u8]) -> PathBuf {
        let path = self.path("update");
        std::fs::write(&path, [head.as_bytes(), root].concat()).expect("written");
        path
    }

    fn args(&self, file: &Path) -> UpdateArgs {
        UpdateArgs {
            file: file.into(),
            key: self.path("key"),
            to: Some(self.path("slot")),
            kernel: Some("6.1-box".into()),
            newer_than: Some(Version(1, 0, 9)),
            unless_in: Vec::new(),
            head: false,
        }
    }

    /// The words of the refusal; the slot must be as it was.
    fn refused(&self, args: &UpdateArgs) -> String {
        let before = self.slot();
        let error = update(args).expect_err("refused").to_string();
        assert_eq!(self.slot(), before, "{error}");
        error
    }
}

#[test]
fn a_signed_root_is_written_to_the_slot() {
    let bench = Bench::new();
    let file = bench.file(&bench.sign(&Bench::head(ROOT)), ROOT);
    let header = update(&bench.args(&file)).expect("a good update");
    assert_eq!(header.version, Version(1, 2, 3));
    assert_eq!(&bench.slot()[..ROOT.len()], ROOT);
    // What the slot held beyond the root stays: the root knows its own size.
    assert!(bench.slot()[ROOT.len()..].iter().all(|&byte| byte == 0xee));
}

#[test]
fn a_check_writes_nothing() {
    let bench = Bench::new();
    let file = bench.file(&bench.sign(&Bench::head(ROOT)), ROOT);
    let args = UpdateArgs {
        to: None,
        ..bench.args(&file)
    };
    update(&args).expect("a good update");
    assert_eq!(bench.slot(), [0xee; 64]);
    let short = bench.file(&bench.sign(&Bench::head(ROOT)), &ROOT[1..]);
    let args = UpdateArgs {
        to: None,
        ..bench.args(&short)
    };
    assert!(bench.refused(&args).contains("cut short"));
}

#[test]
fn whatever_is_wrong_is_told_before_anything_is_written() {
    let bench = Bench::new();
    let head = Bench::head(ROOT);
    let signed = bench.sign(&head);
    let table: [(&str, String, &str); 8] = [
        (
            "another first line",
            signed.replacen("update 1", "update 2", 1),
            "its first line",
        ),
        (
            "a changed head",
            signed.replacen("1.2.3", "1.2.4", 1),
            "signature does not fit",
        ),
        ("an unsigned head", format!("{head}\n"), "no end"),
        (
            "a torn signature",
            signed.replacen("signature ", "signature !", 1),
            "base64",
        ),
        (
            "no end of the head",
            "resetbox-update 1\n".to_owned() + &"x".repeat(9000),
            "no end",
        ),
        (
            "no version",
            bench.sign(&head.replacen("version", "colour", 1)),
            "no version",
        ),
        (
            "no digest",
            bench.sign(&head.replacen("sha256 ", "sha256 zz", 1)),
            "SHA-256",
        ),
        (
            "no size",
            bench.sign(&head.replacen("bytes ", "bytes -", 1)),
            "how many bytes",
        ),
    ];
    for (what, head, words) in table {
        let file = bench.file(&head, ROOT);
        let error = bench.refused(&bench.args(&file));
        assert!(error.contains(words), "{what}: {error}");
        assert!(error.contains("update"), "{what} names the file: {error}");
    }
    let somebody = Ed25519KeyPair::from_seed_unchecked(&[8; 32]).expect("a key");
    let signature = STANDARD.encode(somebody.sign(head.as_bytes()));
    let file = bench.file(&format!("{head}signature {signature}\n\n"), ROOT);
    assert!(
        bench
            .refused(&bench.args(&file))
            .contains("signature does not fit")
    );
}

#[test]
fn another_kernel_an_older_version_and_a_small_slot_are_refused() {
    let bench = Bench::new();
    let file = bench.file(&bench.sign(&Bench::head(ROOT)), ROOT);
    let args = UpdateArgs {
        kernel: Some("6.2-box".into()),
        ..bench.args(&file)
    };
    assert!(bench.refused(&args).contains("needs kernel 6.1-box"));
    let args = UpdateArgs {
        newer_than: Some(Version(1, 10, 0)),
        ..bench.args(&file)
    };
    assert!(bench.refused(&args).contains("older than 1.10.0"));
    let large = [1; 65];
    let file = bench.file(&bench.sign(&Bench::head(&large)), &large);
    assert!(bench.refused(&bench.args(&file)).contains("do not fit"));
    let args = UpdateArgs {
        key: bench.path("slot"),
        ..bench.args(&file)
    };
    update(&args).expect_err("no key");
}

#[test]
fn a_root_that_is_cut_short_or_changed_is_told() {
    let bench = Bench::new();
    let head = bench.sign(&Bench::head(ROOT));
    let mut changed = ROOT.to_vec();
    changed[3] ^= 1;
    for root in [&ROOT[..5], &changed[..]] {
        let file = bench.file(&head, root);
        // The slot keeps what it held: it may be what the box falls back to one day.
        let error = bench.refused(&bench.args(&file));
        assert!(error.contains("damaged or cut short"), "{error}");
    }
}

#[test]
fn a_root_that_is_there_already_is_not_written_again() {
    let bench = Bench::new();
    let file = bench.file(&bench.sign(&Bench::head(ROOT)), ROOT);
    let running = bench.path("running");
    std::fs::write(&running, [ROOT, b"what follows"].concat()).expect("written");
    let args = UpdateArgs {
        unless_in: vec![running.clone()],
        ..bench.args(&file)
    };
    assert!(bench.refused(&args).contains("nothing to do"));
    assert_eq!(update(&args).expect_err("there already").status(), 3);
    // A damaged file is told, whatever runs.
    let damaged = bench.file(
        &bench.sign(&Bench::head(ROOT)),
        &[b"A", &ROOT[1..]].concat(),
    );
    assert!(bench.refused(&args).contains("damaged"), "{damaged:?}");
    let file = bench.file(&bench.sign(&Bench::head(ROOT)), ROOT);
    assert_eq!(file, damaged, "the same name");
    // Another root, or a device that is too short for it, is none.
    for other in [&b"another root, as long as this"[..], &ROOT[..4]] {
        std::fs::write(&running, other).expect("written");
        update(&args).expect("a good update");
    }
    assert_eq!(&bench.slot()[..ROOT.len()], ROOT);
}

#[test]
fn the_head_alone_is_checked_without_reading_on() {
    let bench = Bench::new();
    let file = bench.file(&bench.sign(&Bench::head(ROOT)), &ROOT[..1]);
    let args = UpdateArgs {
        head: true,
        ..bench.args(&file)
    };
    update(&args).expect("a good head");
    assert_eq!(bench.slot(), [0xee; 64]);
    let file = bench.file(&Bench::head(ROOT), ROOT);
    bench.refused(&UpdateArgs {
        head: true,
        ..bench.args(&file)
    });
}
