use proptest::prelude::*;

use super::super::roll::Roll;
use super::super::samples::{self, NOW};
use super::super::table;
use super::*;

fn drawn(roll: &Roll, size: Size, top: usize, trouble: Option<(&str, Wall)>) -> Vec<Line> {
    let rows = table::rows(roll, NOW, NOW);
    let around = Around {
        broker: "mqtts://broker.example:8883 resetbox/v1",
        trouble,
        settled: roll.is_settled(),
        odd: roll.odd(),
        now: NOW,
    };
    screen(&rows, &around, size, top).0
}

fn text(lines: &[Line]) -> String {
    lines.iter().map(Line::text).collect::<Vec<_>>().join("\n")
}

fn size(columns: usize, lines: usize) -> Size {
    Size { columns, lines }
}

#[test]
fn the_list_at_80_columns() {
    insta::assert_snapshot!(text(&drawn(&samples::roll(), size(80, 20), 0, None)));
}

#[test]
fn the_list_at_120_columns() {
    insta::assert_snapshot!(text(&drawn(&samples::roll(), size(120, 20), 0, None)));
}

#[test]
fn the_list_with_its_tones() {
    let lines = drawn(&samples::roll(), size(80, 20), 0, None);
    let coloured: Vec<String> = lines.iter().map(|line| line.sequences(80, true)).collect();
    insta::assert_snapshot!(coloured.join("\n").replace('\x1b', "^["));
}

#[test]
fn a_list_that_is_longer_than_the_screen() {
    insta::assert_snapshot!(text(&drawn(&samples::roll(), size(80, 9), 3, None)));
}

#[test]
fn without_a_connection_the_last_that_was_known_stays() {
    let trouble = Some(("the broker closed the connection", NOW));
    insta::assert_snapshot!(text(&drawn(&samples::roll(), size(80, 10), 0, trouble)));
}

#[test]
fn nobody_there() {
    let mut roll = samples::empty();
    let asking = text(&drawn(&roll, size(80, 6), 0, None));
    roll.settle();
    let nobody = text(&drawn(&roll, size(80, 6), 0, None));
    insta::assert_snapshot!(format!("{asking}\n\n{nobody}"));
}

/// Colour repeats what signs and words say: without it nothing is lost.
#[test]
fn every_need_has_a_sign_or_words_of_its_own() {
    let signs: Vec<&str> = [
        Need::Person,
        Need::Lost,
        Need::Working,
        Need::Waiting,
        Need::Nothing,
    ]
    .map(|need| mark(need).0)
    .into();
    let mut unlike = signs.clone();
    unlike.sort_unstable();
    unlike.dedup();
    assert_eq!(unlike.len(), signs.len());
}

proptest! {
    #[test]
    fn any_size_and_any_place_fits(columns in 0usize..200, lines in 0usize..60, top in any::<usize>()) {
        let drawn = drawn(&samples::roll(), size(columns, lines), top, Some(("why", NOW)));
        prop_assert!(drawn.len() <= lines);
        for line in drawn {
            let text = line.sequences(columns, false);
            prop_assert!(unicode_width::UnicodeWidthStr::width(&*text) <= columns);
            prop_assert!(!text.contains('\x1b'));
        }
    }
}
