//! The card's two systems and their updates, by the image's own scripts on files: whenever the power goes, a whole system
//! starts, and the next start finishes what was begun. The same in an emulator is the matter of `image_update.rs`.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::time::Duration;

use resetbox_tests::process::wait_for;
use resetbox_tests::slots::{End, Slots};

const OLD: &[u8] = b"the system that the card came with";
const NEW: &[u8] = b"a newer system, somewhat longer than the one before it";
const FILE: &str = "boot/resetbox-1.2.3.update";
/// More changes than any script makes.
const MANY: usize = 100;

fn card() -> Slots {
    let slots = Slots::new(OLD);
    slots.is_version("1.0.0");
    slots
}

fn with_update(name: &str) -> Slots {
    let slots = card();
    let update = slots.signer.update("1.2.3", "6.1-box", NEW);
    fs::write(slots.path(name), update).expect("written");
    slots
}

/// One start: the slot that was chosen must hold a whole system. Gives its version, and whether it passed.
fn start(slots: &Slots) -> String {
    let (end, slot) = slots.start(None);
    assert_eq!(end, End::Whole);
    let held = slots.held(&slot);
    let version = match () {
        () if held.starts_with(NEW) => "1.2.3",
        () if held.starts_with(OLD) => "1.0.0",
        () => panic!("slot {slot} holds no whole system: {:?}", slots.record()),
    };
    slots.is_version(version);
    version.into()
}

/// Starts, checks and updates until nobody asks for a restart.
fn settle(slots: &Slots, what: &str, well: impl Fn(&str) -> bool) -> String {
    for _ in 0..6 {
        let version = start(slots);
        slots.check_health(well(&version), None);
        if slots.restarts() {
            continue;
        }
        slots.apply(what, None);
        if !slots.restarts() {
            return version;
        }
    }
    panic!("it starts again and again: {}", slots.record());
}

#[test]
fn a_card_that_says_nothing_starts_from_a() {
    let slots = card();
    assert_eq!(start(&slots), "1.0.0");
    assert_eq!(slots.check_health(true, None), End::Whole);
    assert_eq!(slots.record(), "a - 0 -");
    slots.apply("--card", None);
    assert_eq!(slots.news(), "", "no update, nothing to tell");
}

#[test]
fn the_record_outlives_a_write_that_is_cut_or_torn() {
    for torn in [false, true] {
        let slots = card();
        if torn {
            fs::write(slots.path("torn"), "").expect("written");
        }
        slots.with_functions("slot_is_good $card b", None);
        for write in [
            "slot_to_try $card b a",
            "slot_did_not_pass $card b a",
            "slot_is_good $card a",
        ] {
            let before = slots.record();
            assert_eq!(slots.with_functions(write, Some(1)), End::Cut);
            assert_eq!(slots.record(), before, "{write}, torn {torn}");
            assert_eq!(slots.with_functions(write, None), End::Whole);
            assert_ne!(slots.record(), before, "{write} writes something");
        }
    }
}

#[test]
fn a_good_update_runs_and_becomes_the_good_one() {
    let slots = with_update(FILE);
    assert_eq!(start(&slots), "1.0.0");
    slots.check_health(true, None);
    slots.apply("--card", None);
    assert!(
        slots.news().starts_with("coming resetbox-1.2.3.update"),
        "{}",
        slots.news()
    );
    assert!(slots.restarts());
    assert_eq!(slots.record(), "a b 2 -");
    assert_eq!(start(&slots), "1.2.3");
    assert_eq!(slots.record(), "a b 1 -", "counted before it is tried");
    slots.check_health(true, None);
    assert_eq!(slots.record(), "b - 0 -");
    assert!(!slots.restarts());
    // The file is still on the card: nothing is done again.
    slots.apply("--card", None);
    assert_eq!((slots.news().as_str(), slots.restarts()), ("", false));
    assert!(
        slots.held("a").starts_with(OLD),
        "the way back is still there"
    );
}

#[test]
fn an_update_that_does_not_come_up_is_left_behind_and_told() {
    let slots = with_update(FILE);
    let well = |version: &str| version == "1.0.0";
    assert_eq!(settle(&slots, "--card", well), "1.0.0");
    // Told in the start that went back and in the next two; the file on the card is not tried again.
    assert_eq!(slots.boot("failed").as_deref(), Some("b"));
    for told in [true, true, false, false] {
        assert_eq!(settle(&slots, "--card", well), "1.0.0");
        assert_eq!(slots.boot("failed").is_some(), told);
    }
    // A person may try it once more from the phone page.
    fs::copy(slots.path(FILE), slots.path("inbox/ready")).expect("copied");
    let inbox = slots.path("inbox/ready").display().to_string();
    assert_eq!(settle(&slots, &inbox, |_| true), "1.2.3");
    assert!(!slots.path("inbox/ready").exists());
}

#[test]
fn a_box_that_starts_again_and_again_is_not_healthy() {
    let slots = with_update(FILE);
    start(&slots);
    slots.check_health(true, None);
    slots.apply("--card", None);
    start(&slots);
    // Once is forgiven, five times is not.
    slots.check_health_of(true, 1, None);
    assert_eq!(slots.record(), "b - 0 -");
    let slots = with_update(FILE);
    start(&slots);
    slots.check_health(true, None);
    slots.apply("--card", None);
    start(&slots);
    slots.check_health_of(true, 5, None);
    assert_eq!(slots.record(), "a - 3 b");
    assert!(slots.restarts());
}

#[test]
fn a_system_that_hangs_is_left_behind_after_two_starts() {
    let slots = with_update(FILE);
    start(&slots);
    slots.check_health(true, None);
    slots.apply("--card", None);
    // Somebody pulls the plug of a board that says nothing.
    assert_eq!(start(&slots), "1.2.3");
    assert_eq!(start(&slots), "1.2.3");
    assert_eq!(start(&slots), "1.0.0");
    assert_eq!(slots.boot("failed").as_deref(), Some("b"));
}

#[test]
fn what_is_refused_is_told_and_changes_nothing() {
    let signer = card().signer;
    let mut damaged = signer.update("1.2.3", "6.1-box", NEW);
    *damaged.last_mut().expect("a root") ^= 1;
    let mut foreign = signer.update("1.2.3", "6.1-box", NEW);
    foreign[25] ^= 1;
    let whole = signer.update("1.2.3", "6.1-box", NEW);
    let table = [
        (damaged, "damaged or cut short"),
        (whole[..whole.len() - 9].to_vec(), "damaged or cut short"),
        (foreign, "signature does not fit"),
        (signer.update("0.9.9", "6.1-box", NEW), "older than 1.0.0"),
        (
            signer.update("1.2.3", "6.9-box", NEW),
            "needs kernel 6.9-box",
        ),
        (signer.update("1.2.3", "6.1-box", &[1; 5000]), "do not fit"),
        (Vec::new(), "no update file"),
    ];
    for (bytes, words) in table {
        let slots = card();
        fs::write(slots.path(FILE), &bytes).expect("written");
        fs::write(slots.path("inbox/ready"), &bytes).expect("written");
        let inbox = slots.path("inbox/ready").display().to_string();
        for what in ["--card", &inbox] {
            assert_eq!(settle(&slots, what, |_| true), "1.0.0");
            let news = slots.news();
            assert!(
                news.starts_with("refused ") && news.contains(words),
                "{words}: {news}"
            );
            assert_eq!(news.lines().count(), 1, "{news}");
            assert_eq!(slots.record(), "a - 0 -", "{words}");
            assert_eq!(slots.held("b"), [0; 4096], "{words}");
        }
        assert!(
            !slots.path("inbox/ready").exists(),
            "it would be looked at for ever"
        );
        assert!(
            slots.path(FILE).exists(),
            "a person's card is left as it is"
        );
    }
    let slots = with_update(FILE);
    start(&slots);
    fs::write(
        slots.path("run/resetbox-data"),
        "there is no data partition\n",
    )
    .expect("written");
    slots.apply("--card", None);
    assert!(
        slots.news().contains("there is no data partition"),
        "{}",
        slots.news()
    );
    assert!(!slots.restarts());
}

#[test]
fn a_reset_under_way_is_finished_before_the_restart() {
    let slots = with_update(FILE);
    start(&slots);
    slots.check_health(true, None);
    let busy = slots.path("run/resetbox/busy");
    fs::write(&busy, "").expect("written");
    // The wait is over when the box says so; here the box says so in the first second.
    let waited = slots.path("waited").display().to_string();
    let words = format!("#!/bin/sh\n: >{waited}\nrm -f {}\n", busy.display());
    fs::write(slots.path("bin/sleep"), words).expect("written");
    slots.apply("--card", None);
    assert!(slots.path("waited").exists() && slots.restarts());
}

#[test]
fn an_update_waits_for_another_one_that_is_being_written() {
    let slots = with_update(FILE);
    start(&slots);
    slots.check_health(true, None);
    let lock = fs::File::create(slots.path("run/resetbox-update.lock")).expect("made");
    lock.lock().expect("nobody else has it");
    std::thread::scope(|scope| {
        // Given back in any case, else the other one waits for ever.
        let lock = lock;
        let second = scope.spawn(|| slots.apply("--card", None));
        wait_for("one that waits", Duration::from_secs(60), || {
            is_waited_for(&lock).then_some(())
        });
        assert_eq!(slots.record(), "a - 0 -");
        assert_eq!(slots.news(), "");
        drop(lock);
        second.join().expect("it ends");
    });
    assert_eq!(slots.record(), "a b 2 -");
}

/// Whether a process waits for this file's lock, by the kernel's list: `1: -> FLOCK ADVISORY WRITE 4711 fe:00:1234 0 EOF`.
fn is_waited_for(lock: &fs::File) -> bool {
    let file = lock.metadata().expect("it is open");
    let file = format!(":{} 0 EOF", file.ino());
    let locks = fs::read_to_string("/proc/locks").expect("the kernel's list");
    let waits = |line: &str| line.contains("-> FLOCK") && line.ends_with(&file);
    locks.lines().any(waits)
}

#[test]
fn power_may_go_before_every_change() {
    cut_everywhere(FILE, "--card", true, false);
    cut_everywhere("inbox/ready", "inbox", false, true);
}

/// An update in which the power goes before the n-th change, for every n, in each of the three scripts.
fn cut_everywhere(name: &str, what: &str, torn: bool, well: bool) {
    for script in ["apply", "choose", "check"] {
        let mut cuts = 0;
        for cut in 1..MANY {
            let slots = with_update(name);
            if torn {
                fs::write(slots.path("torn"), "").expect("written");
            }
            let what = match what {
                "inbox" => slots.path(name).display().to_string(),
                other => other.to_owned(),
            };
            start(&slots);
            slots.check_health(true, None);
            let mut end = slots.apply(&what, (script == "apply").then_some(cut)).0;
            if script == "choose" {
                end = slots.start(Some(cut)).0;
            }
            if script == "check" {
                start(&slots);
                end = slots.check_health(well, Some(cut));
            }
            if end == End::Whole {
                break;
            }
            cuts += 1;
            let last = settle(&slots, &what, |version| well || version == "1.0.0");
            let place = format!("{script} of {what} cut before change {cut}, torn {torn}");
            let version = if well { "1.2.3" } else { "1.0.0" };
            assert_eq!(
                last,
                version,
                "{place}: {} {}",
                slots.record(),
                slots.news()
            );
            assert!(!slots.path("inbox/ready").exists(), "{place}");
            assert!(slots.held("a").starts_with(OLD), "{place}: the way back");
        }
        let fewest = if script == "apply" { 5 } else { 1 };
        assert!((fewest..MANY - 1).contains(&cuts), "{script}: {cuts} cuts");
    }
}
