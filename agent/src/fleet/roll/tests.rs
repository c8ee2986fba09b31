use proptest::prelude::*;

use super::super::samples::{self, NOW, case, empty, info, put, say, state};
use super::*;

fn ids(roll: &Roll) -> Vec<&str> {
    roll.boxes().map(|(id, _)| id).collect()
}

fn whys(roll: &Roll) -> Vec<(Why, u64)> {
    roll.odd()
        .kinds()
        .map(|(why, count)| (why, count.count))
        .collect()
}

#[test]
fn what_makes_no_sense_is_counted_by_kind_and_changes_nothing() {
    let mut roll = empty();
    put(&mut roll, "rb-1/availability", "online");
    say(&mut roll, "rb-1/state", &state("listed", 3, None));
    let before = roll.of("rb-1").cloned();
    for (topic, payload) in [
        ("rb-1/availability", "perhaps"),
        ("rb-1/state", "[]"),
        ("rb-1/state", "{\"phase\":7}"),
        ("rb-1/devices", "{}"),
        ("rb-1/cmd/submit-key", "{}"),
        ("rb 2/availability", "online"),
        ("rb-1/cases/\u{1b}[31m/state", "{}"),
    ] {
        assert_eq!(put(&mut roll, topic, payload), None, "{topic}");
    }
    put(&mut roll, "rb-1/info", &"x".repeat(LONGEST_PAYLOAD + 1));
    roll.too_long("resetbox/v1/rb-1/info");
    assert_eq!(roll.of("rb-1").cloned(), before);
    assert_eq!(ids(&roll), ["rb-1"]);
    assert_eq!(
        whys(&roll),
        [
            (Why::Topic, 2),
            (Why::Id, 2),
            (Why::TooLong, 2),
            (Why::Payload, 2),
            (Why::Availability, 1)
        ]
    );
    let (_, id) = roll.odd().kinds().nth(1).expect("odd names");
    assert!(id.topic.chars().all(|c| !c.is_control()), "{id:?}");
}

#[test]
fn what_is_cleared_goes_and_a_box_of_which_nothing_is_left_too() {
    let mut roll = samples::roll();
    put(&mut roll, "rb-5e0000/cases/a2b3c4d5/state", "");
    assert!(roll.of("rb-5e0000").expect("there").cases.is_empty());
    put(&mut roll, "rb-5e0000/availability", "");
    assert_eq!(roll.of("rb-5e0000"), None);
    // Clearing what never was makes nothing.
    put(&mut roll, "rb-nobody/state", "");
    assert_eq!(roll.of("rb-nobody"), None);
}

#[test]
fn what_a_new_connection_does_not_tell_again_is_gone() {
    let mut roll = empty();
    for id in ["rb-1", "rb-2"] {
        put(&mut roll, &format!("{id}/availability"), "online");
        say(
            &mut roll,
            &format!("{id}/cases/a/state"),
            &case("awaiting", "2026-11-27T12:00:00Z"),
        );
    }
    roll.settle();
    roll.begin();
    assert_eq!(
        ids(&roll),
        ["rb-1", "rb-2"],
        "shown until it is known better"
    );
    put(&mut roll, "rb-2/availability", "online");
    roll.settle();
    assert_eq!(ids(&roll), ["rb-2"]);
    assert!(roll.of("rb-2").expect("there").cases.is_empty());
}

#[test]
fn when_a_box_went_is_told_only_if_somebody_looked() {
    let mut roll = empty();
    put(&mut roll, "rb-1/availability", "offline");
    put(&mut roll, "rb-2/availability", "online");
    roll.settle();
    assert_eq!(roll.of("rb-1").expect("there").changed, None);
    put(&mut roll, "rb-2/availability", "offline");
    assert_eq!(roll.of("rb-2").expect("there").changed, Some(NOW));
    roll.begin();
    put(&mut roll, "rb-2/availability", "offline");
    put(&mut roll, "rb-1/availability", "online");
    roll.settle();
    assert_eq!(roll.of("rb-2").expect("there").changed, Some(NOW));
    assert_eq!(roll.of("rb-1").expect("there").changed, None);
}

#[test]
fn boxes_cases_and_texts_are_bounded() {
    let mut roll = empty();
    for n in 0..=MOST_BOXES {
        put(&mut roll, &format!("rb-{n}/availability"), "online");
    }
    assert_eq!(roll.boxes().count(), MOST_BOXES);
    for n in 0..=MOST_CASES {
        put(
            &mut roll,
            &format!("rb-1/cases/c{n}/state"),
            &case("awaiting", "x").to_string(),
        );
    }
    assert_eq!(roll.of("rb-1").expect("there").cases.len(), MOST_CASES);
    assert_eq!(
        whys(&roll),
        [(Why::TooManyBoxes, 1), (Why::TooManyCases, 1)]
    );
    say(
        &mut roll,
        "rb-1/info",
        &info("rb-1", &"\u{202e}\u{1b}".repeat(500), None),
    );
    let name = &roll
        .of("rb-1")
        .and_then(|seen| seen.info.as_ref())
        .expect("there")
        .name;
    assert_eq!(*name, "\u{fffd}".repeat(LONGEST_TEXT));
}

proptest! {
    #[test]
    fn anything_may_be_published(
        messages in proptest::collection::vec(
            (
                prop_oneof![
                    "resetbox/v1/rb-[ab]/(availability|info|state|cases/[ab]/state)",
                    "resetbox/v1/[^/]{0,50}/cases/[^/]{0,50}/state",
                    "\\PC{0,60}",
                ],
                prop_oneof![
                    Just(b"online".to_vec()),
                    Just(Vec::new()),
                    Just(state("waiting", 1, None).to_string().into_bytes()),
                    Just(case("awaiting", "2026-11-27T12:00:00Z").to_string().into_bytes()),
                    proptest::collection::vec(any::<u8>(), 0..200),
                ],
            ),
            0..40,
        ),
    ) {
        let mut roll = empty();
        for (topic, payload) in &messages {
            roll.take(NOW, topic, payload);
        }
        roll.settle();
        prop_assert!(ids(&roll).iter().all(|id| is_id(id)));
        let document = super::super::json::document(&roll, "b", "base", NOW, NOW);
        prop_assert!(serde_json::from_str::<serde_json::Value>(&document).is_ok());
    }
}
