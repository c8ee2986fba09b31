//! Pages made of blocks: what goes on, what is asked, how it ended.

use resetbox_core::event::UpdateNews;
use resetbox_core::problem::{Culprit, Problem, ProblemKind};
use resetbox_core::request::CaseKind;
use resetbox_core::screen::{Page, Target};
use resetbox_core::view::{Alert, CasePhase, MustInsist};

use super::Pen;
use super::stack::{Block, Stack, draw};
use crate::draw::{Icon, Rect};
use crate::palette::{ORANGE, PAPER, QUIET, SKY};
use crate::texts;

pub(super) fn page(pen: &mut Pen<'_>, area: Rect, page: &Page) {
    let language = pen.language;
    let ring = Icon::Ring(pen.turn);
    let say = |text: &str| Block::Text(text.to_owned(), QUIET);
    let title = |text: &str| Block::Title(text.to_owned());
    let stack = match page {
        Page::Start { version, box_name } => simple(
            ring,
            vec![
                title("resetbox"),
                Block::Strong(box_name.clone(), SKY),
                Block::Text(format!("{} {version}", texts::starting(language)), QUIET),
            ],
        ),
        Page::NoCable { links } => {
            let name = links.first().map_or("eth0", String::as_str);
            let next = texts::no_cable_next(language).replace("{}", name);
            simple(
                Icon::Triangle,
                vec![title(texts::no_cable(language)), Block::Text(next, PAPER)],
            )
        }
        Page::Searching {
            stuck: false,
            probes,
            addresses,
            ..
        } => {
            let mut full = vec![title(texts::searching(language))];
            full.push(say(texts::searching_what(language)));
            full.push(say(&texts::probes_sent(language, *probes)));
            full.extend(own_addresses(pen, addresses));
            simple(ring, full)
        }
        Page::Searching {
            probes, addresses, ..
        } => {
            let mut full = vec![
                title(texts::nothing_found(language)),
                Block::Text(texts::nothing_found_next(language).into(), PAPER),
                say(&texts::probes_sent(language, *probes)),
            ];
            full.extend(own_addresses(pen, addresses));
            let brief = vec![
                title(texts::nothing_found(language)),
                Block::Text(texts::nothing_found_next(language).into(), PAPER),
                say(&texts::probes_sent(language, *probes)),
            ];
            Stack {
                icon: Some(Icon::Triangle),
                full,
                brief,
            }
        }
        Page::ConfirmOpen { target, .. } => Stack {
            icon: Some(Icon::Triangle),
            full: vec![
                title(texts::confirm_open(language)),
                Block::Target(target),
                Block::Text(texts::confirm_open_text(language).into(), PAPER),
            ],
            brief: vec![
                title(texts::confirm_open(language)),
                Block::Target(target),
                Block::Text(texts::confirm_open_short(language).into(), PAPER),
            ],
        },
        Page::Exporting { target } => with_target(
            ring,
            texts::exporting(language),
            target,
            texts::exporting_text(language),
            texts::exporting_short(language),
        ),
        Page::FirstPassword { target } => with_target(
            Icon::Key,
            texts::first_password(language),
            target,
            texts::first_password_text(language),
            texts::first_password_short(language),
        ),
        Page::ConfirmSend {
            kind: CaseKind::FirstPassword,
            target,
            ..
        } => with_target(
            Icon::Key,
            texts::confirm_first(language),
            target,
            texts::confirm_first_text(language),
            texts::confirm_first_short(language),
        ),
        Page::ConfirmSend {
            kind: CaseKind::Reset,
            target,
            tries_left,
            sync_cameras,
            can_sync,
            must_insist,
            unusual_key,
        } => {
            let sync = can_sync.then_some(*sync_cameras);
            confirm_send(pen, target, *tries_left, sync, *must_insist, *unusual_key)
        }
        Page::Sending { target, phase } => {
            let words = if *phase == CasePhase::Sending {
                texts::sending(language)
            } else {
                texts::exchanging(language)
            };
            let text = texts::sending_text(language);
            with_target(ring, words, target, text, text)
        }
        Page::Succeeded {
            kind: CaseKind::FirstPassword,
            target,
        } => {
            let next = texts::first_set_next(language);
            let short = texts::first_set_short(language);
            with_target(Icon::Tick, texts::first_set(language), target, next, short)
        }
        Page::Succeeded {
            kind: CaseKind::Reset,
            target,
        } => {
            let next = texts::succeeded_next(language);
            let short = texts::succeeded_short(language);
            with_target(Icon::Tick, texts::succeeded(language), target, next, short)
        }
        Page::Refused { target, problem } => refused(pen, target, problem),
        Page::Unclear { target } => with_target(
            Icon::Triangle,
            texts::unclear(language),
            target,
            texts::unclear_next(language),
            texts::unclear_short(language),
        ),
        Page::Void {
            target,
            problem,
            at,
        } => void(pen, target, problem, *at),
        Page::Fault { alert } => fault(pen, alert),
        // Pages with a layout of their own.
        _ => return,
    };
    draw(pen, area, &stack);
}

/// Something about the box itself. Where there is little room the system's own words matter most: a mistake in the
/// settings is told by line and word.
fn fault<'a>(pen: &Pen<'_>, alert: &Alert) -> Stack<'a> {
    let words = texts::alert(pen.language, alert);
    let icon = match alert {
        Alert::Config(_) | Alert::Update(_) => Icon::Triangle,
        _ => Icon::Octagon,
    };
    let text = alert.fault().unwrap_or_default().to_owned();
    let mut brief = vec![Block::Title(words.title.clone())];
    match alert {
        Alert::Update(UpdateNews::Coming(_) | UpdateNews::FellBack(_)) => {
            brief.push(Block::Text(words.short, PAPER));
        }
        Alert::Config(_) => brief.push(Block::Text(text, PAPER)),
        _ => brief.extend([Block::Text(text, PAPER), Block::Text(words.short, QUIET)]),
    }
    Stack {
        icon: Some(icon),
        full: vec![
            Block::Title(words.title),
            Block::Text(words.what, PAPER),
            Block::Text(words.next, QUIET),
        ],
        brief,
    }
}

fn simple(icon: Icon, full: Vec<Block<'_>>) -> Stack<'_> {
    let brief = full.iter().take(3).cloned().collect();
    Stack {
        icon: Some(icon),
        full,
        brief,
    }
}

fn own_addresses(pen: &Pen<'_>, addresses: &[core::net::Ipv4Addr]) -> Option<Block<'static>> {
    let first = addresses.first()?;
    Some(Block::Text(
        format!("{} {first}", texts::own_address(pen.language)),
        QUIET,
    ))
}

fn with_target<'a>(
    icon: Icon,
    title: &str,
    target: &'a Target,
    text: &str,
    short: &str,
) -> Stack<'a> {
    Stack {
        icon: Some(icon),
        full: vec![
            Block::Title(title.into()),
            Block::Target(target),
            Block::Text(text.into(), PAPER),
        ],
        brief: vec![
            Block::Title(title.into()),
            Block::Target(target),
            Block::Text(short.into(), PAPER),
        ],
    }
}

fn confirm_send<'a>(
    pen: &Pen<'_>,
    target: &'a Target,
    tries: Option<u32>,
    sync: Option<bool>,
    insist: Option<MustInsist>,
    unusual_key: bool,
) -> Stack<'a> {
    let language = pen.language;
    let build = |long: bool| {
        let mut blocks = vec![
            Block::Title(texts::confirm_send(language).into()),
            Block::Target(target),
        ];
        let tries = match tries {
            Some(n) => Some(texts::tries_left(language, n)),
            None => long.then(|| texts::tries_unknown(language).into()),
        };
        blocks.extend(tries.map(|text| Block::Strong(text, PAPER)));
        if let Some(why) = insist {
            let (words, kind) = match why {
                MustInsist::KeysRefused => (texts::must_insist(language), ProblemKind::MustInsist),
                MustInsist::ReExported => (
                    texts::insist_re_exported(language),
                    ProblemKind::InsistReExported,
                ),
            };
            let words = if long {
                words.into()
            } else {
                texts::problem(language, &Problem::new(kind)).short
            };
            blocks.push(Block::Text(words, ORANGE));
        } else if unusual_key {
            let words = if long {
                texts::unusual_key(language)
            } else {
                texts::unusual_key_short(language)
            };
            blocks.push(Block::Text(words.into(), ORANGE));
        }
        let words = match (sync, long) {
            (Some(true), true) => Some((texts::sync_on(language), ORANGE)),
            (Some(true), false) => Some((texts::sync_on_short(language), ORANGE)),
            (Some(false), true) => Some((texts::sync_off(language), QUIET)),
            (Some(false), false) => Some((texts::sync_off_short(language), QUIET)),
            (None, _) => None,
        };
        blocks.extend(words.map(|(text, colour)| Block::Text(text.into(), colour)));
        blocks
    };
    Stack {
        icon: Some(if insist.is_some() || unusual_key {
            Icon::Triangle
        } else {
            Icon::Key
        }),
        full: build(true),
        brief: build(false),
    }
}

fn refused<'a>(pen: &Pen<'_>, target: &'a Target, problem: &Problem) -> Stack<'a> {
    let language = pen.language;
    let words = texts::problem(language, problem);
    let plain = texts::problem(language, &Problem::new(problem.kind.clone()));
    // While it is locked, waiting comes before anything that the refusal asks for.
    let locked = problem.lock_minutes.is_some_and(|minutes| minutes > 0);
    let next = if locked {
        texts::problem(language, &Problem::new(ProblemKind::Locked))
    } else {
        plain.clone()
    };
    let mut facts = Vec::new();
    if let Some(minutes) = problem.lock_minutes {
        facts.push(texts::locked_for(language, minutes));
    }
    // "Locked" says already that none are left.
    if let Some(tries) = problem.tries_left.filter(|n| *n > 0 || facts.is_empty()) {
        facts.push(texts::tries_left(language, tries));
    }
    let build = |what: Option<&str>, next: &str| {
        let mut blocks = vec![Block::Title(words.title.clone()), Block::Target(target)];
        blocks.extend((!facts.is_empty()).then(|| Block::Strong(facts.join(". "), ORANGE)));
        blocks.extend(what.map(|text| Block::Text(text.into(), QUIET)));
        blocks.push(Block::Text(next.into(), PAPER));
        blocks
    };
    let icon = match problem.culprit() {
        Culprit::Operator => Icon::Triangle,
        _ => Icon::Octagon,
    };
    Stack {
        icon: Some(icon),
        full: build(Some(&plain.what), &next.next),
        brief: build(None, &next.short),
    }
}

fn void<'a>(
    pen: &Pen<'_>,
    target: &'a Target,
    problem: &Problem,
    at: Option<(u8, u8)>,
) -> Stack<'a> {
    let language = pen.language;
    let words = texts::problem(language, problem);
    let noticed = at.map(|(h, m)| {
        let label = texts::noticed(language);
        Block::Strong(format!("{label} {h:02}:{m:02} UTC"), ORANGE)
    });
    let mut full = vec![Block::Title(words.title.clone()), Block::Target(target)];
    full.extend(noticed);
    full.push(Block::Text(words.what, QUIET));
    full.push(Block::Text(words.next, PAPER));
    let mut brief = vec![Block::Title(words.title), Block::Target(target)];
    let short = match at {
        Some((h, m)) if !pen.theme.small() => format!("{h:02}:{m:02} UTC: {}", words.short),
        _ => words.short,
    };
    brief.push(Block::Text(short, PAPER));
    Stack {
        icon: Some(Icon::Triangle),
        full,
        brief,
    }
}
