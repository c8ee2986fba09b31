use std::collections::BTreeSet;
use std::slice;

use super::*;

/// The first sector of a log, which begins with `word`.
fn first(word: u64) -> Vec<u8> {
    let mut bytes = vec![0; SECTOR];
    bytes[..8].copy_from_slice(&word.to_le_bytes());
    bytes
}

fn entry(bytes: &mut Vec<u8>, words: [u64; 3], data: &[u8]) {
    let mut head: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    head.resize(SECTOR, 0);
    bytes.extend([&head, data].concat());
}

/// The second sector of a card of four is written, then kept, then the third one and the second one again.
fn log(folder: &Path) -> Log {
    let mut bytes = first(MAGIC);
    entry(&mut bytes, [1, 1, 0], &[1; SECTOR]);
    entry(&mut bytes, [0, 0, FLUSH], &[]);
    entry(&mut bytes, [2, 1, 0], &[2; SECTOR]);
    entry(&mut bytes, [1, 1, 0], &[3; SECTOR]);
    // Killed within the last one.
    entry(&mut bytes, [0, 1, 0], &[9; SECTOR - 1]);
    let path = folder.join("log");
    std::fs::write(&path, bytes).expect("written");
    Log::read(&path)
}

#[test]
fn each_place_and_each_loss_is_seen() {
    let folder = tempfile::tempdir().expect("a folder");
    let card = folder.path().join("card");
    std::fs::write(&card, [0; 4 * SECTOR]).expect("written");
    let log = log(folder.path());
    let writes = [1..2, 2..3, 1..2].map(Done::Write);
    let done = glance(&folder.path().join("log"));
    assert_eq!(done, [&writes[..1], &[Done::Flush], &writes[1..]].concat());
    let cuts = Cuts::new(&card, [&log]);
    assert_eq!(cuts.len(), 6, "four steps, and the end");
    let mut seen = Vec::new();
    cuts.each(&mut Chance::new(), 0, |cut| {
        let bytes = cut.read(&(0..4));
        let sectors: Vec<u8> = bytes.chunks(SECTOR).map(|sector| sector[0]).collect();
        let whole = folder.path().join("whole");
        cut.save_part(&(1..3), &whole);
        assert_eq!(
            std::fs::read(&whole).expect("saved"),
            bytes[SECTOR..3 * SECTOR]
        );
        seen.push((cut.at, cut.loss, sectors));
    });
    let (nothing, everything, spoilt) = (Loss::Nothing, Loss::Everything, Loss::Spoilt);
    let expected = [
        (0, nothing, [0, 0, 0, 0]),
        (1, nothing, [0, 1, 0, 0]),
        (1, everything, [0, 0, 0, 0]),
        (1, spoilt, [0, 0x5a, 0, 0]),
        (2, nothing, [0, 1, 0, 0]),
        (3, nothing, [0, 1, 2, 0]),
        (3, everything, [0, 1, 0, 0]),
        (3, spoilt, [0, 1, 0x5a, 0]),
        (4, nothing, [0, 3, 2, 0]),
        (4, everything, [0, 1, 0, 0]),
        (4, spoilt, [0, 0x5a, 2, 0]),
        (5, nothing, [0, 3, 2, 0]),
    ];
    let expected: Vec<_> = expected
        .map(|(at, loss, sectors)| (at, loss, sectors.to_vec()))
        .into();
    assert_eq!(seen, expected);
}

#[test]
fn by_lot_any_of_the_loose_writes_is_lost() {
    let folder = tempfile::tempdir().expect("a folder");
    let card = folder.path().join("card");
    std::fs::write(&card, [0; 4 * SECTOR]).expect("written");
    let log = log(folder.path());
    let mut seen = BTreeSet::new();
    Cuts::new(&card, [&log]).each(&mut Chance::new(), 64, |cut| {
        if (cut.at, cut.loss) == (4, Loss::ByLot) {
            let bytes = cut.read(&(1..3));
            seen.insert((bytes[0], bytes[SECTOR], cut.mark(&(1..2))));
        }
    });
    let values: BTreeSet<_> = seen
        .iter()
        .map(|(second, third, _)| (*second, *third))
        .collect();
    assert_eq!(values, BTreeSet::from([(1, 0), (1, 2), (3, 0), (3, 2)]));
    let marks: BTreeSet<_> = seen
        .iter()
        .map(|(second, _, mark)| (*second, *mark))
        .collect();
    assert_eq!(marks.len(), 2, "one mark for one content: {seen:?}");
}

#[test]
fn a_log_may_be_looked_at_before_the_first_flush() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("log");
    let mut bytes = Vec::new();
    let mut glance_at = |more: &[u8]| {
        bytes.extend(more);
        std::fs::write(&path, &bytes).expect("written");
        glance(&path)
    };
    assert_eq!(glance_at(&[]), []);
    assert_eq!(glance_at(&first(0)), []);
    let mut written = Vec::new();
    entry(&mut written, [2, 1, 0], &[2; SECTOR]);
    assert_eq!(glance_at(&written), [Done::Write(2..3)]);
}

#[test]
fn an_entry_that_a_later_one_overtook_is_waited_for_until_the_emulator_has_ended() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("log");
    let mut bytes = first(MAGIC);
    entry(&mut bytes, [1, 1, 0], &[1; SECTOR]);
    bytes.extend([0; 3 * SECTOR]);
    entry(&mut bytes, [2, 1, 0], &[2; SECTOR]);
    std::fs::write(&path, &bytes).expect("written");
    let [before, after] = [1..2, 2..3].map(Done::Write);
    assert_eq!(glance(&path), slice::from_ref(&before));
    let kept = Log::read(&path).steps.into_iter().map(|(done, _)| done);
    assert_eq!(kept.collect::<Vec<_>>(), [before, after]);
}

#[test]
#[should_panic(expected = "is no log")]
fn another_file_is_no_log() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("log");
    std::fs::write(&path, first(MAGIC + 1)).expect("written");
    glance(&path);
}
