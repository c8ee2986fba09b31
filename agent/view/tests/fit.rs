//! Nothing that is drawn leaves its box, the glass, or overlaps: for all samples and for the worst
//! that devices and the system can say.

mod worst;

use resetbox_core::problem::{Problem, ProblemKind as K};
use resetbox_core::screen::{AlertLine, Button, Legend, Page};
use resetbox_core::view::View;
use resetbox_view::palette::contrast;
use resetbox_view::texts::{self, Language};
use resetbox_view::{Geometry, Inspection, inspect, samples};

use worst::{ACTIONS, ALERTS, LONG, findings, kinds, worst_pages, worst_view};

const LANGUAGES: [Language; 2] = [Language::En, Language::Id];

/// The four sizes and the turned ones.
fn glasses() -> impl Iterator<Item = Geometry> {
    let turned = [Geometry::WIDE.turned(90), Geometry::LARGE.turned(270)];
    Geometry::ALL.into_iter().chain(turned)
}

fn faults_of(name: &str, view: &View, geometry: &Geometry) -> (Inspection, Vec<String>) {
    let seen = inspect(view, geometry);
    let place = format!(
        "{}x{} {:?} {name}",
        geometry.width, geometry.height, view.language
    );
    let mut faults: Vec<String> = seen
        .faults
        .iter()
        .map(|f| format!("{place}: {f}"))
        .collect();
    for (text, colour, ground) in &seen.texts {
        let ratio = contrast(*colour, *ground);
        if ratio < 4.5 {
            faults.push(format!("{place}: `{text}` has contrast {ratio:.2}"));
        }
    }
    (seen, faults)
}

fn assert_none(faults: Vec<String>) {
    assert!(
        faults.is_empty(),
        "{} faults, the first:\n{}",
        faults.len(),
        faults[..faults.len().min(40)].join("\n")
    );
}

#[test]
fn every_sample_fits_every_glass() {
    let mut faults = Vec::new();
    for language in LANGUAGES {
        for (name, view) in samples(language) {
            for geometry in glasses() {
                let (seen, more) = faults_of(name, &view, &geometry);
                assert_eq!(seen.shortened, [""; 0], "{name}: a sentence lost its end");
                faults.extend(more);
            }
        }
    }
    assert_none(faults);
}

#[test]
fn no_problem_loses_its_end_on_a_usual_camera() {
    let mut faults = Vec::new();
    for language in LANGUAGES {
        for kind in kinds()
            .into_iter()
            .filter(|k| !format!("{k:?}").contains(LONG))
        {
            let (name, mut view) = samples(language)
                .into_iter()
                .find(|(name, _)| *name == "refused")
                .expect("there is a sample of a refusal");
            if let Page::Refused { problem, .. } = &mut view.screen.page {
                problem.kind = kind.clone();
            }
            for geometry in glasses() {
                let (seen, more) = faults_of(name, &view, &geometry);
                faults.extend(more);
                for text in seen.shortened {
                    faults.push(format!("{}x{}: {text}", geometry.width, geometry.height));
                }
            }
        }
    }
    assert_none(faults);
}

#[test]
fn addresses_are_never_cut() {
    for language in LANGUAGES {
        for (name, view) in samples(language) {
            let Page::List { rows, cursor } = &view.screen.page else {
                continue;
            };
            for geometry in glasses() {
                let (seen, _) = faults_of(name, &view, &geometry);
                let ip = rows[*cursor].ipv4.map(|ip| ip.to_string());
                let ip = ip.expect("every sample row has an address");
                assert!(
                    seen.texts.iter().any(|(text, ..)| *text == ip),
                    "{name} {}x{}: {ip}",
                    geometry.width,
                    geometry.height
                );
            }
        }
    }
}

#[test]
fn the_tail_of_the_serial_is_on_every_page_of_a_case() {
    for language in LANGUAGES {
        for (name, view) in samples(language) {
            let target = match &view.screen.page {
                Page::ConfirmOpen { target, .. }
                | Page::Exporting { target }
                | Page::FirstPassword { target }
                | Page::NewPassword { target, .. }
                | Page::ConfirmSend { target, .. }
                | Page::Sending { target, .. }
                | Page::Succeeded { target, .. }
                | Page::Refused { target, .. }
                | Page::Unclear { target }
                | Page::Void { target, .. } => target,
                _ => continue,
            };
            for geometry in glasses() {
                let (seen, _) = faults_of(name, &view, &geometry);
                let shown = |what: &str| seen.texts.iter().any(|(text, ..)| text.contains(what));
                assert!(
                    shown(&target.serial_tail),
                    "{name} {}x{}",
                    geometry.width,
                    geometry.height
                );
            }
        }
    }
}

// The worst that can come.

#[test]
fn the_worst_fits_every_glass() {
    let mut faults = Vec::new();
    for language in LANGUAGES {
        for (turn, (name, page)) in worst_pages().into_iter().enumerate() {
            let view = worst_view(language, page, turn);
            for geometry in glasses() {
                faults.extend(faults_of(&name, &view, &geometry).1);
            }
        }
    }
    assert_none(faults);
}

#[test]
fn every_alert_line_and_every_key_fits() {
    let mut faults = Vec::new();
    let list = || Page::List {
        rows: Vec::new(),
        cursor: 0,
    };
    for language in LANGUAGES {
        for geometry in glasses() {
            for why in ALERTS {
                let mut view = worst_view(language, list(), 1);
                view.screen.alert = Some(AlertLine {
                    why,
                    serial_tail: "WMWMWM".into(),
                });
                faults.extend(faults_of("alert", &view, &geometry).1);
            }
            for turn in 0..3 * ACTIONS.len() {
                let mut view = worst_view(language, list(), turn);
                view.screen.alert = None;
                view.screen.holding = None;
                view.screen.legend.push(Legend {
                    button: Button::Up,
                    hold: turn.is_multiple_of(2),
                    action: ACTIONS[(turn + 13) % ACTIONS.len()],
                });
                faults.extend(faults_of("legend", &view, &geometry).1);
            }
        }
    }
    assert_none(faults);
}

#[test]
fn words_are_complete_and_differ_between_the_languages() {
    let (en, id) = (texts::all(Language::En), texts::all(Language::Id));
    assert_eq!(en.len(), id.len());
    for ((name, en), (_, id)) in en.into_iter().zip(id) {
        assert!(!en.is_empty() && !id.is_empty(), "{name}");
    }
    for kind in kinds() {
        let problem = Problem::new(kind.clone());
        let both = LANGUAGES.map(|language| texts::problem(language, &problem));
        for words in &both {
            for text in [&words.title, &words.what, &words.next, &words.short] {
                assert!(!text.is_empty(), "{kind:?}");
            }
            // Who reads the phone page learns what to do in a sentence.
            assert!(words.next.ends_with(['.', '?']), "{kind:?}: {}", words.next);
            assert!(words.what.ends_with('.'), "{kind:?}: {}", words.what);
        }
        assert_ne!(both[0].next, both[1].next, "{kind:?}");
    }
    for finding in findings() {
        let both = LANGUAGES.map(|language| texts::finding(language, &finding));
        assert_ne!(both[0].next, both[1].next, "{finding:?}");
        for words in both {
            assert!(
                words.next.ends_with(['.', '?']),
                "{finding:?}: {}",
                words.next
            );
        }
    }
}

#[test]
fn tries_and_lock_time_are_part_of_what_happened() {
    let problem = Problem {
        kind: K::KeyWrong,
        tries_left: Some(4),
        lock_minutes: Some(30),
    };
    let words = texts::problem(Language::En, &problem);
    assert!(words.what.contains("4 tries left."), "{}", words.what);
    assert!(
        words.what.contains("Locked for 30 minutes."),
        "{}",
        words.what
    );
}
