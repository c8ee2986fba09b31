use super::*;
use resetbox_core::record::SettingsRecord;
use std::sync::mpsc::{Receiver, channel};

fn audit(number: u64) -> Record {
    Record::Audit(AuditEntry {
        number,
        wall: None,
        what: "scan".into(),
        channel: None,
        case: None,
        serial: None,
        detail: format!("line {number}"),
    })
}

type Reports = Receiver<(u64, Result<(), String>)>;

fn open(path: &Path) -> (Opened, Reports) {
    let (sender, receiver) = channel();
    let opened = Store::open(path, move |number, outcome| {
        // The test may have ended.
        let _ = sender.send((number, outcome));
    })
    .expect("a fresh temporary folder is writable");
    (opened, receiver)
}

fn wait(reports: &Reports, number: u64) {
    loop {
        let (found, outcome) = reports
            .recv_timeout(Duration::from_secs(30))
            .expect("a report");
        outcome.expect("written");
        if found == number {
            return;
        }
    }
}

#[test]
fn records_come_back_in_the_order_of_writing_and_replace_their_key() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("deep/er/resetbox.db");
    let (opened, reports) = open(&path);
    assert!(opened.records.is_empty() && opened.warning.is_none());
    let settings = |brightness| {
        Record::Settings(SettingsRecord {
            brightness: Some(brightness),
            ..Default::default()
        })
    };
    for (number, record) in [settings(10), audit(1), settings(70)]
        .into_iter()
        .enumerate()
    {
        opened
            .store
            .persist(number as u64 + 1, record)
            .expect("the thread runs");
    }
    wait(&reports, 3);
    drop(opened);
    let (opened, _) = open(&path);
    assert_eq!(opened.records, [audit(1), settings(70)]);
}

#[test]
fn the_audit_log_is_cut_at_its_limit_and_read_newest_first() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (opened, reports) = open(&folder.path().join("resetbox.db"));
    for number in 1..=AUDIT_LIMIT + 3 {
        opened
            .store
            .persist(number, audit(number))
            .expect("the thread runs");
    }
    wait(&reports, AUDIT_LIMIT + 3);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    let all = runtime
        .block_on(opened.store.audit(usize::MAX))
        .expect("readable");
    assert_eq!(all.len() as u64, AUDIT_LIMIT);
    assert_eq!(all[0].number, AUDIT_LIMIT + 3);
    assert_eq!(
        runtime
            .block_on(opened.store.audit(2))
            .expect("readable")
            .len(),
        2
    );
}

#[test]
fn a_damaged_file_is_kept_and_a_fresh_one_is_made() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("resetbox.db");
    std::fs::write(&path, vec![0x5a; 20_000]).expect("writable");
    let (opened, reports) = open(&path);
    let warning = opened.warning.clone().expect("a word about it");
    assert!(warning.contains("resetbox.db.damaged-1"), "{warning}");
    assert_eq!(
        std::fs::read(folder.path().join("resetbox.db.damaged-1")).expect("kept"),
        vec![0x5a; 20_000]
    );
    opened.store.persist(1, audit(1)).expect("the thread runs");
    wait(&reports, 1);
}

#[test]
fn torn_files_never_lose_a_reported_record() {
    // The main file and its journal as they were after the report, with the journal's tail torn off
    // behind that point: what was reported must be there.
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("resetbox.db");
    let (opened, reports) = open(&path);
    let wal = with_suffix(&path, "-wal");
    for number in 1..=20 {
        opened
            .store
            .persist(number, audit(number))
            .expect("the thread runs");
        wait(&reports, number);
        let durable = std::fs::metadata(&wal).map_or(0, |meta| meta.len());
        let copy = folder.path().join(format!("copy-{number}.db"));
        std::fs::copy(&path, &copy).expect("copied");
        let mut torn = std::fs::read(&wal).expect("the journal");
        torn.truncate(usize::try_from(durable).expect("small"));
        // Garbage after the durable part, as a torn write leaves it.
        torn.extend(std::iter::repeat_n(0xa5, 777));
        std::fs::write(with_suffix(&copy, "-wal"), torn).expect("written");
        let (found, _) = open(&copy);
        assert_eq!(found.records.len() as u64, number, "after record {number}");
    }
}

#[test]
fn a_record_of_a_later_version_is_left_in_place_and_told() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("resetbox.db");
    drop(open(&path));
    let other = Connection::open(&path).expect("opens");
    other
        .execute(
            "INSERT INTO record VALUES ('case/x', 1, '{\"record\":\"hologram\"}')",
            [],
        )
        .expect("inserted");
    let (opened, _) = open(&path);
    assert!(
        opened
            .warning
            .expect("a word")
            .contains("1 records could not be read")
    );
    let left: i64 = other
        .query_row("SELECT count(*) FROM record", [], |row| row.get(0))
        .expect("counted");
    assert_eq!(left, 1);
    other.pragma_update(None, "user_version", 99).expect("set");
    let error = Store::open(&path, |_, _| ()).expect_err("a later schema");
    assert!(error.to_string().contains("update the box"), "{error}");
}

#[test]
fn a_full_disk_is_reported_and_nothing_is_half_written() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("resetbox.db");
    let (connection, _, _) = open_and_read(&path).expect("fresh");
    // SQLite refuses to grow: what a full disk looks like from inside.
    let pages: i64 = connection
        .pragma_query_value(None, "page_count", |row| row.get(0))
        .expect("counted");
    connection
        .pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))
        .expect("set");
    let mut connection = connection;
    let mut big = audit(1);
    if let Record::Audit(entry) = &mut big {
        entry.detail = "x".repeat(100_000);
    }
    let error = write(
        &mut connection,
        &[(1, Box::new(audit(7))), (2, Box::new(big))],
    )
    .expect_err("no room");
    assert!(error.to_string().contains("full"), "{error}");
    assert!(
        read_all(&connection).expect("readable").0.is_empty(),
        "both or none"
    );
    connection
        .pragma_update_and_check(None, "max_page_count", 1_000_000, |_| Ok(()))
        .expect("set");
    write(&mut connection, &[(3, Box::new(audit(7)))]).expect("works again");
}

#[test]
fn who_asks_again_and_again_does_not_wear_out_the_card() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("resetbox.db");
    let (opened, _reports) = open(&path);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    for _ in 0..50 {
        runtime.block_on(opened.store.probe()).expect("writable");
    }
    let other = Connection::open(&path).expect("opens");
    let probes: i64 = other
        .query_row("SELECT probes FROM meta", [], |row| row.get(0))
        .expect("counted");
    assert!((1..=3).contains(&probes), "{probes} writes");
}

#[test]
fn a_store_is_read_without_writing_so_that_a_full_card_hides_no_case() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("resetbox.db");
    let (opened, reports) = open(&path);
    opened.store.persist(1, audit(1)).expect("the thread runs");
    wait(&reports, 1);
    let journal = with_suffix(&path, "-wal");
    drop(opened);
    let end = Instant::now() + Duration::from_secs(30);
    while journal.exists() {
        assert!(Instant::now() < end, "the thread ends");
        thread::sleep(Duration::from_millis(10));
    }
    let (connection, records, _) = open_and_read(&path).expect("opens");
    assert_eq!(records, [audit(1)]);
    let written = std::fs::metadata(&journal).map_or(0, |meta| meta.len());
    assert_eq!(written, 0, "nothing was written");
    drop(connection);
}
