use std::fs;
use std::path::Path;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use resetbox_core::event::UpdateNews;
use ring::signature::{Ed25519KeyPair, KeyPair};
use sha2::{Digest, Sha256};

use super::*;
use crate::update::Version;

/// A folder that looks like a box that runs from slot a of a card, and updates for it.
pub(crate) struct Bench {
    pub(crate) root: tempfile::TempDir,
    pair: Ed25519KeyPair,
}

pub(crate) const ROOT: &[u8] = b"a new root, whatever it holds";

impl Bench {
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().expect("a folder");
        let pair = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).expect("a key");
        let bench = Self { root, pair };
        bench.put("run/resetbox-boot", "card=/dev/mmcblk0\nslot=a\nfailed=\n");
        bench.put("usr/lib/resetbox/image", "VERSION=1.0.0\nKERNEL=6.1-box\n");
        let key = STANDARD.encode(bench.pair.public_key());
        bench.put("usr/lib/resetbox/update.pub", &key);
        bench.put("sys/class/block/mmcblk0p2/size", "8\n");
        bench.put("proc/sys/kernel/osrelease", "6.1-box\n");
        fs::create_dir_all(bench.root.path().join("run/resetbox")).expect("made");
        bench
    }

    pub(crate) fn put(&self, path: &str, text: &str) {
        let path = self.root.path().join(path);
        fs::create_dir_all(path.parent().expect("below the root")).expect("made");
        fs::write(path, text).expect("written");
    }

    pub(crate) fn card(&self) -> Arc<Card> {
        Arc::new(Card::at(self.root.path()).expect("a card"))
    }

    pub(crate) fn there(&self, name: &str) -> bool {
        self.root
            .path()
            .join("var/lib/resetbox/update")
            .join(name)
            .exists()
    }

    pub(crate) fn update(&self, version: &str, kernel: &str, root: &[u8]) -> Vec<u8> {
        let sha256: String = (Sha256::digest(root).iter())
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let head = format!(
            "resetbox-update 1\nversion {version}\nkernel {kernel}\nbytes {}\nsha256 {sha256}\n",
            root.len()
        );
        let signature = STANDARD.encode(self.pair.sign(head.as_bytes()));
        [format!("{head}signature {signature}\n\n").as_bytes(), root].concat()
    }
}

fn send(inbox: &Inbox, file: &[u8], piece: usize) -> Result<Version, InboxError> {
    let mut receiver = inbox.receive()?;
    for bytes in file.chunks(piece) {
        receiver.take(bytes)?;
    }
    receiver.finish()
}

#[test]
fn only_the_image_s_card_is_one() {
    assert!(Card::at(Path::new("/nowhere")).is_none());
    let bench = Bench::new();
    let card = bench.card();
    assert_eq!(card.slot(), "a");
    assert_eq!(card.version(), Some(Version(1, 0, 0)));
    assert_eq!(card.room(), Some(4096));
    assert_eq!(card.kernel().as_deref(), Some("6.1-box"));
    bench.put("run/resetbox-boot", "card=/dev/vda\nslot=b\nfailed=\n");
    bench.put("sys/class/block/vda3/size", "16\n");
    assert_eq!(bench.card().room(), Some(8192));
}

#[test]
fn what_root_s_scripts_say_is_told() {
    let bench = Bench::new();
    assert_eq!(bench.card().news(), None);
    assert_eq!(bench.card().fleeting(), None);
    bench.put("run/resetbox-update", "refused x.update: older\n");
    let refused = UpdateNews::Refused("x.update: older".into());
    assert_eq!(bench.card().news(), Some(refused.clone()));
    bench.put("run/resetbox-boot", "card=/dev/vda\nslot=a\nfailed=b\n");
    assert_eq!(
        bench.card().news(),
        Some(refused),
        "the newer thing to tell"
    );
    bench.put("run/resetbox-update", "coming x.update\n");
    assert_eq!(
        bench.card().news(),
        Some(UpdateNews::Coming("x.update".into()))
    );
    bench.put("run/resetbox-update", "");
    let Some(UpdateNews::FellBack(why)) = bench.card().news() else {
        panic!("the way back is told");
    };
    assert!(why.contains("system b"), "{why}");
    bench.put(
        "run/resetbox-data",
        "there is no data partition on this card\n",
    );
    assert_eq!(
        bench.card().fleeting().as_deref(),
        Some("there is no data partition on this card")
    );
}

#[test]
fn an_update_is_taken_whole_and_handed_over_on_a_word() {
    let bench = Bench::new();
    let inbox = Inbox::new(bench.card());
    let file = bench.update("1.2.3", "6.1-box", ROOT);
    for piece in [1, 7, 4096] {
        assert_eq!(send(&inbox, &file, piece).expect("good"), Version(1, 2, 3));
        assert_eq!(
            inbox.stage(),
            Stage::Received {
                version: Version(1, 2, 3)
            }
        );
    }
    assert!(matches!(
        inbox.start(Version(1, 2, 4)),
        Err(InboxError::Nothing)
    ));
    assert!(!bench.there("ready"));
    inbox.start(Version(1, 2, 3)).expect("handed over");
    let ready = bench.root.path().join("var/lib/resetbox/update/ready");
    assert_eq!(fs::read(&ready).expect("there"), file);
    assert!(matches!(inbox.receive(), Err(InboxError::Taken)));
    assert!(matches!(inbox.discard(), Err(InboxError::Taken)));
    // The box starts again before root's unit took it.
    assert!(matches!(
        Inbox::new(bench.card()).receive(),
        Err(InboxError::Taken)
    ));
    fs::remove_file(ready).expect("root's unit took it");
    assert_eq!(inbox.stage(), Stage::Empty);
    assert!(matches!(
        inbox.start(Version(1, 2, 3)),
        Err(InboxError::Nothing)
    ));
}

#[test]
fn what_is_no_update_leaves_nothing_behind() {
    let bench = Bench::new();
    let inbox = Inbox::new(bench.card());
    let good = bench.update("1.2.3", "6.1-box", ROOT);
    let mut changed = good.clone();
    *changed.last_mut().expect("a root") ^= 1;
    let mut signed_by_nobody = good.clone();
    signed_by_nobody[30] ^= 1;
    let table = [
        (b"".to_vec(), "its first line"),
        (b"PK\x03\x04".repeat(2000), "its first line"),
        (good[..100].to_vec(), "no end"),
        (good[..good.len() - 1].to_vec(), "cut short"),
        ([&good[..], b"x"].concat(), "damaged"),
        (changed, "damaged"),
        (signed_by_nobody, "signature does not fit"),
        (
            bench.update("1.2.3", "6.2-box", ROOT),
            "needs kernel 6.2-box",
        ),
        (bench.update("0.9.0", "6.1-box", ROOT), "older than 1.0.0"),
        (bench.update("1.2.3", "6.1-box", &[0; 4097]), "do not fit"),
    ];
    for (file, words) in table {
        let error = send(&inbox, &file, 64).expect_err(words).to_string();
        assert!(error.contains(words), "{error}, not {words}");
        assert_eq!(inbox.stage(), Stage::Empty);
        assert!(
            !bench.there("incoming") && !bench.there("received"),
            "{words}"
        );
    }
    send(&inbox, &good, 64).expect("a good one is still taken");
    // Somebody else begins, and what waited is gone: one at a time.
    let receiver = inbox.receive().expect("free");
    assert!(matches!(inbox.receive(), Err(InboxError::Taken)));
    drop(receiver);
    assert_eq!(inbox.stage(), Stage::Empty);
    assert!(!bench.there("received"));
}

#[test]
fn an_update_can_be_thrown_away_and_has_no_room_in_memory() {
    let bench = Bench::new();
    let inbox = Inbox::new(bench.card());
    let file = bench.update("1.2.3", "6.1-box", ROOT);
    send(&inbox, &file, 64).expect("good");
    inbox.discard().expect("thrown away");
    assert!(!bench.there("received"));
    inbox.discard().expect("nothing there is nothing to do");
    send(&inbox, &file, 64).expect("good");
    Inbox::new(bench.card());
    assert!(!bench.there("received"), "an earlier run's is thrown away");
    bench.put(
        "run/resetbox-data",
        "the data partition cannot be mounted\n",
    );
    let error = send(&inbox, &file, 64).expect_err("no room").to_string();
    assert!(error.contains("cannot be mounted"), "{error}");
}
