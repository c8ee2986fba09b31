use super::super::contract::EVENTS_LOST;
use super::writer::{LIMIT, begin};
use super::*;
use resetbox_core::Mono;

fn feed(detail: &str) -> Feed {
    Feed {
        what: "device-found",
        at: Mono(0),
        wall: None,
        serial: None,
        case: None,
        channel: None,
        detail: detail.to_owned(),
    }
}

fn outcome(id: &str) -> Outcome {
    Outcome {
        id: Some(id.into()),
        verb: "scan".into(),
        ok: true,
        repeated: false,
        outcome: Some("done".into()),
        case: None,
        submission: None,
        problem: None,
    }
}

fn rows(outbox: &Outbox, after: i64) -> Vec<Row> {
    outbox
        .read(after, 100_000)
        .blocking_recv()
        .expect("the thread runs")
}

fn events(rows: &[Row]) -> Vec<Event> {
    rows.iter()
        .filter(|row| !row.result)
        .map(|row| serde_json::from_str(&row.payload).expect("an event"))
        .collect()
}

#[test]
fn what_was_not_acknowledged_is_there_again_and_numbers_go_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("outbox.db");
    let (outbox, warning) = Outbox::open(&path);
    assert_eq!(warning, None);
    for number in 1..=5 {
        outbox.event(&feed(&number.to_string()));
    }
    let first = rows(&outbox, 0);
    assert_eq!(first.len(), 5);
    outbox.sent(first[0].number);
    outbox.sent(first[1].number);
    assert_eq!(rows(&outbox, 0).len(), 3);
    drop(outbox);

    let (outbox, _) = Outbox::open(&path);
    outbox.event(&feed("6"));
    let all = events(&rows(&outbox, 0));
    let told: Vec<(i64, &str)> = all
        .iter()
        .map(|event| (event.number, event.detail.as_str()))
        .collect();
    assert_eq!(told, [(3, "3"), (4, "4"), (5, "5"), (6, "6")]);
    for row in rows(&outbox, 0) {
        outbox.sent(row.number);
    }
    assert!(rows(&outbox, 0).is_empty());
    drop(outbox);
    let (outbox, _) = Outbox::open(&path);
    outbox.event(&feed("7"));
    assert_eq!(events(&rows(&outbox, 0))[0].number, 7, "never used twice");
}

#[tokio::test]
async fn an_id_is_remembered_with_its_result() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("outbox.db");
    let (outbox, _) = Outbox::open(&path);
    assert_eq!(outbox.begin("a").await, Ok(Known::New));
    assert_eq!(outbox.begin("a").await, Ok(Known::Before(None)));
    assert_eq!(outbox.begin("b").await, Ok(Known::New));
    outbox.finish(outcome("a"), true);
    assert_eq!(
        outbox.begin("a").await,
        Ok(Known::Before(Some(Box::new(outcome("a")))))
    );
    drop(outbox);
    let (outbox, _) = Outbox::open(&path);
    assert_eq!(
        outbox.begin("a").await,
        Ok(Known::Before(Some(Box::new(outcome("a")))))
    );
    assert_eq!(outbox.begin("b").await, Ok(Known::Before(None)));
}

#[test]
fn ids_are_forgotten_after_48_hours_with_power() {
    let mut connection = memory().expect("a store");
    let transaction = connection.transaction().expect("begun");
    let hours = |hours: i64| hours * 3600;
    assert_eq!(begin(&transaction, "a", hours(1)), Ok(Known::New));
    assert_eq!(begin(&transaction, "a", hours(49)), Ok(Known::Before(None)));
    assert_eq!(begin(&transaction, "a", hours(49) + 1), Ok(Known::New));
}

#[test]
fn the_oldest_go_and_are_counted() {
    let folder = tempfile::tempdir().expect("a folder");
    let (outbox, _) = Outbox::open(&folder.path().join("outbox.db"));
    let more = 450;
    for number in 1..=LIMIT + more {
        outbox.event(&feed(&number.to_string()));
    }
    let all = events(&rows(&outbox, 0));
    assert!(all.len() <= usize::try_from(LIMIT).expect("positive"));
    assert_eq!(all[0].kind, EVENTS_LOST);
    let lost = all[0].lost.expect("counted");
    assert_eq!(
        lost as usize + all.len() - 1,
        usize::try_from(LIMIT + more).expect("positive"),
        "every one is there or counted"
    );
    // What is there are the newest, in order.
    let first: u64 = all[1].detail.parse().expect("a number");
    assert_eq!(first, lost + 1);
    assert_eq!(all.last().expect("some").detail, (LIMIT + more).to_string());
}

#[test]
fn a_damaged_file_is_put_aside() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("outbox.db");
    std::fs::write(
        &path,
        "this is no database, and long enough to be taken for one: ".repeat(20),
    )
    .expect("written");
    let (outbox, warning) = Outbox::open(&path);
    let warning = warning.expect("told");
    assert!(warning.contains("damaged-1"), "{warning}");
    outbox.event(&feed("1"));
    assert_eq!(rows(&outbox, 0).len(), 1);
}

#[tokio::test]
async fn without_a_file_commands_are_refused_and_events_wait_in_memory() {
    let (outbox, warning) = Outbox::open(Path::new("/nowhere/outbox.db"));
    assert!(warning.expect("told").contains("/nowhere/outbox.db"));
    assert!(outbox.begin("a").await.is_err());
    outbox.event(&feed("1"));
    assert_eq!(outbox.read(0, 10).await.expect("answered").len(), 1);
}
