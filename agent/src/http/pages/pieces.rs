//! What the pages are put together from: cards, remarks, tables. Everything that is not HTML is escaped here.

use resetbox_core::request::CaseKind;
use resetbox_core::view::{Alert, CasePhase, CaseView, DeviceView};
use resetbox_view::texts;

use super::super::dto::AlertBody;
use super::{Say, escape};

pub(super) fn back(say: &Say) -> String {
    let word = say.word("cameras");
    format!(
        "<a class=\"back\" href=\"/\">{}{word}</a>",
        icon("back", "")
    )
}

fn icon(name: &str, class: &str) -> String {
    format!("<svg class=\"i {class}\" aria-hidden=\"true\"><use href=\"#i-{name}\"/></svg>")
}

/// The shape says the state, the colour repeats it.
pub(super) fn shape(case: &CaseView) -> String {
    match case.phase {
        CasePhase::Exporting | CasePhase::Exchanging | CasePhase::Sending => icon("ring", "c-go"),
        CasePhase::Done => icon("tick", "c-go"),
        CasePhase::Unclear | CasePhase::Ready => icon("triangle", "c-need"),
        CasePhase::Void | CasePhase::Failed => icon("octagon", "c-bad"),
        CasePhase::Awaiting if case.problem.is_some() => icon("octagon", "c-bad"),
        CasePhase::Awaiting => icon("ring", "c-go"),
        CasePhase::Cancelled => String::new(),
    }
}

/// Where a case stands, in words: a first password has some of its own.
pub(super) fn phase_word(say: &Say, case: &CaseView) -> &'static str {
    let own = match case.kind {
        CaseKind::Reset => "",
        CaseKind::FirstPassword => match case.phase {
            CasePhase::Exporting => "phase_exporting_first",
            CasePhase::Awaiting => "phase_awaiting_first",
            CasePhase::Exchanging => "phase_exchanging_first",
            CasePhase::Done => "phase_done_first",
            CasePhase::Void => "phase_void_first",
            CasePhase::Failed => "phase_failed_first",
            _ => "",
        },
    };
    match own {
        "" => say.named("phase_", case.phase),
        own => say.word(own),
    }
}

pub(super) fn heading(say: &Say, key: &str) -> String {
    format!("<h2>{}</h2>", say.word(key))
}

pub(super) fn paragraph(text: &str) -> String {
    format!("<p>{}</p>", escape(text))
}

/// Who, what, next.
pub(super) fn three(title: &str, what: &str, next: &str) -> String {
    format!(
        "<b>{}</b>{}{}",
        escape(title),
        paragraph(what),
        paragraph(next)
    )
}

/// A framed remark around HTML.
pub(super) fn notice(kind: &str, inner: &str) -> String {
    let picture = match kind {
        "good" => icon("tick", "c-go"),
        _ => icon("triangle", "c-need"),
    };
    format!("<div class=\"notice {kind}\">{picture}<div>{inner}</div></div>")
}

pub(super) fn remark(kind: &str, text: &str) -> String {
    notice(kind, &escape(text))
}

pub(super) fn alert_remark(say: &Say, alert: &Alert) -> String {
    let body = AlertBody::from(alert);
    let text = say.fill(
        &format!("alert_{}", body.kind),
        &[
            ("tail", body.serial_tail.as_deref().unwrap_or_default()),
            ("text", body.text.as_deref().unwrap_or_default()),
        ],
    );
    notice("need", &format!("<b>{text}</b>"))
}

pub(super) fn facts(say: &Say, rows: &[(&str, &str)]) -> String {
    let rows: String = (rows.iter())
        .filter(|(_, value)| !value.is_empty())
        .map(|(key, value)| {
            let (key, value) = (say.word(key), escape(value));
            format!("<div><dt>{key}</dt><dd>{value}</dd></div>")
        })
        .collect();
    format!("<dl class=\"facts\">{rows}</dl>")
}

pub(super) fn table<'a>(rows: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let rows: String = rows
        .map(|(name, value)| {
            let (name, value) = (escape(name), escape(value));
            format!("<tr><th scope=\"row\">{name}</th><td>{value}</td></tr>")
        })
        .collect();
    format!("<table>{rows}</table>")
}

pub(super) fn address(say: &Say, ipv4: Option<std::net::Ipv4Addr>) -> String {
    ipv4.map_or_else(|| say.word("no_address").to_owned(), |ip| ip.to_string())
}

pub(super) fn time_left(say: &Say, case: &CaseView, left: std::time::Duration) -> String {
    let key = match case.left_at_most {
        true => "left_at_most",
        false => "left",
    };
    say.fill(key, &[("t", &texts::clock(left))])
}

pub(super) fn device_card(say: &Say, device: &DeviceView) -> String {
    let mark = match device.way {
        _ if device.gone => say.word("mark_gone"),
        _ if !device.activated => say.word("mark_inactive"),
        sadp::Way::None | sadp::Way::AskVendor => say.word("mark_noway"),
        _ => "",
    };
    let state = match mark {
        "" => icon("go", "c-quiet"),
        mark => format!("<span>{mark}</span>"),
    };
    card(
        &format!("/devices/{}", device.mac),
        (&device.model, if mark.is_empty() { "" } else { " dim" }),
        &address(say, device.ipv4),
        &device.serial_tail,
        &state,
    )
}

pub(super) fn case_card(say: &Say, case: &CaseView) -> String {
    let mut state = format!("{}<span>{}</span>", shape(case), phase_word(say, case));
    if let (Some(left), CasePhase::Awaiting) = (case.left, case.phase) {
        let left = time_left(say, case, left);
        state.push_str(&format!("<span class=\"num\">{left}</span>"));
    }
    card(
        &format!("/cases/{}", case.id),
        (
            &case.model,
            if case.phase.is_open() {
                " case"
            } else {
                " case dim"
            },
        ),
        &address(say, case.ipv4),
        &case.serial_tail,
        &state,
    )
}

/// A card that leads somewhere; `state` is HTML, everything else text.
pub(super) fn card(
    href: &str,
    (model, classes): (&str, &str),
    address: &str,
    serial_tail: &str,
    state: &str,
) -> String {
    format!(
        "<a class=\"card row{classes}\" href=\"{}\"><span class=\"main\"><b>{}</b>\
         <span class=\"facts-line\"><span class=\"ip\">{}</span> <span>{}</span></span></span> \
         <span class=\"state\">{state}</span></a>",
        escape(href),
        escape(model),
        escape(address),
        escape(&texts::tail(serial_tail)),
    )
}
