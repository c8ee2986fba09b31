//! What each address reads like without a script. Escapes everything that a device said.

use resetbox_core::request::CaseKind;
use resetbox_core::view::{Alert, CasePhase, CaseView, DeviceView};
use resetbox_view::texts;

use super::super::api::state::diagnose;
use super::super::dto::{AlertBody, AuditBody, DeviceBody};
use super::super::fault::Fault;
use super::super::words;
use super::{Reader, Say, escape};
use crate::card::Inbox;

/// Rows of a list; more than this nobody reads down.
const ROWS: usize = 300;

/// What needs a person, open cases, devices, ended cases.
pub(super) fn home(reader: &Reader) -> String {
    let Reader { view, say, .. } = reader;
    let mut main = format!("<h1 class=\"hidden\">{}</h1>", say.word("cameras"));
    for alert in &view.alerts {
        main.push_str(&alert_remark(say, alert));
    }
    let cases = |open: bool| {
        let cases = view.cases.iter();
        cases.filter(move |case| case.phase.is_open() == open)
    };
    if cases(true).next().is_some() {
        main.push_str(&heading(say, "open_cases"));
        main.extend(cases(true).map(|case| case_card(say, case)));
    }
    match view.devices.len() {
        0 => {
            main.push_str(&heading(say, "cameras"));
            let (what, next) = (say.word("no_devices"), say.word("no_devices_hint"));
            main.push_str(&format!(
                "<div class=\"empty\"><b>{what}</b><p>{next}</p></div>"
            ));
        }
        1 => main.push_str(&format!("<h2>{}</h2>", say.word("n_devices_1"))),
        n => {
            let count = say.fill("n_devices", &[("n", &n.to_string())]);
            main.push_str(&format!("<h2>{count}</h2>"));
        }
    }
    let devices = view.devices.iter().filter(|device| !device.case_open);
    main.extend(devices.take(ROWS).map(|device| device_card(say, device)));
    if cases(false).next().is_some() {
        main.push_str(&heading(say, "ended_cases"));
        main.extend(cases(false).take(20).map(|case| case_card(say, case)));
    }
    main.push_str(&format!(
        "<nav class=\"links\" aria-label=\"{}\"><a href=\"/diagnosis\">{}</a><a href=\"/log\">{}</a>\
         <a href=\"/api/v1/devices.csv\">{}</a>{}</nav>",
        say.word("more"),
        say.word("missing"),
        say.word("log"),
        say.word("csv"),
        match reader.app.inbox {
            Some(_) => format!("<a href=\"/update\">{}</a>", say.word("up_title")),
            None => String::new(),
        },
    ));
    main
}

/// A device with everything that is known of it.
pub(super) fn device(reader: &Reader, device: &DeviceView) -> String {
    let Reader { view, say, .. } = reader;
    let body = DeviceBody::whole(device, view);
    let mut main = format!("{}<h1>{}</h1>", back(say), escape(&body.model));
    for (is, word) in [
        (body.gone, "note_gone"),
        (body.may_refuse, "note_may_refuse"),
        (body.cloud_bound, "note_cloud"),
        (body.doubled_serial, "note_doubled_serial"),
        (body.doubled_mac, "note_doubled_mac"),
    ] {
        if is {
            main.push_str(&remark("need", say.word(word)));
        }
    }
    main.push_str(&facts(
        say,
        &[
            (
                "address",
                body.ipv4.as_deref().unwrap_or(say.word("no_address")),
            ),
            ("serial", &body.serial),
            ("firmware", &body.firmware),
            ("mac", &body.mac),
            ("brand", body.brand.as_deref().unwrap_or_default()),
            ("boot_time", body.boot_time.as_deref().unwrap_or_default()),
            ("heard_on", &body.links.join(", ")),
        ],
    ));
    main.push_str(&paragraph(say.named("way_", body.way)));
    if !body.owner_ways.is_empty() {
        let ways: Vec<_> = (body.owner_ways.iter())
            .map(|way| say.named("owner_", way))
            .collect();
        let text = format!("{}: {}.", say.word("owner_ways"), ways.join(", "));
        main.push_str(&paragraph(&text));
    }
    if let (Some(case), true) = (&body.case, body.case_open) {
        main.push_str(&format!(
            "<p><a class=\"button wide\" href=\"/cases/{}\">{}</a></p>",
            escape(case),
            say.word("go_case")
        ));
    }
    if !body.other.is_empty() {
        let rows = body.other.iter();
        let rows = rows.map(|field| (field.name.as_str(), field.value.as_str()));
        main.push_str(&format!(
            "<h2>{}</h2>{}",
            say.word("more_facts"),
            table(rows)
        ));
    }
    main
}

/// A case: where it stands, what it needs next, and the checklist for the vendor's app.
pub(super) fn case(reader: &Reader, case: &CaseView) -> String {
    let say = &reader.say;
    let left = case.left.map(|left| time_left(say, case, left));
    let mut main = format!(
        "{}<h1>{}</h1><div class=\"facts-line\"><span class=\"ip\">{}</span> <span>{}</span></div>\
         <div class=\"live\">{}<span>{}</span><span class=\"num\">{}</span></div>",
        back(say),
        escape(&case.model),
        address(say, case.ipv4),
        escape(&texts::tail(&case.serial_tail)),
        shape(case),
        phase_word(say, case),
        left.unwrap_or_default(),
    );
    for problem in [&case.problem, &case.doubt].into_iter().flatten() {
        let said = words::problem(say.0, problem);
        let text = three(&said.title, &said.what, &said.next);
        main.push_str(&notice("need", &text));
    }
    if let (Some(minutes), true) = (case.lock_minutes, case.phase.is_open()) {
        let text = say.fill("locked_for", &[("n", &minutes.to_string())]);
        main.push_str(&notice("need", &text));
    }
    if case.phase == CasePhase::Done && case.kind == CaseKind::Reset {
        let address = address(say, case.ipv4);
        let text = say.fill("update_what", &[("address", &address)]);
        let title = say.word("update_title");
        main.push_str(&notice("need", &format!("<b>{title}</b><p>{text}</p>")));
    }
    main.push_str(&facts(
        say,
        &[
            ("model", &case.model),
            ("serial", &case.serial),
            ("firmware", &case.firmware),
        ],
    ));
    if case.phase.is_open() && case.device_code.is_some() {
        main.push_str(&checklist(reader, case));
    }
    main
}

fn checklist(reader: &Reader, case: &CaseView) -> String {
    let say = &reader.say;
    let mut main = heading(say, "step_qr") + &paragraph(say.word("qr_what"));
    if reader.admitted {
        let id = escape(&case.id.0);
        let alt = say.fill("qr_alt", &[("tail", &case.serial_tail)]);
        main.push_str(&format!(
            "<p><a href=\"/api/v1/cases/{id}/qr.svg\"><img class=\"qr\" src=\"/api/v1/cases/{id}/qr.svg\" alt=\"{alt}\"></a></p>\
             <p><a href=\"/api/v1/cases/{id}/DeviceKey.xml\">{}</a></p>",
            say.word("qr_file"),
        ));
    }
    main.push_str(&heading(say, "step_app"));
    main.push_str(&paragraph(say.word("app_intro")));
    let steps = [
        say.word("app_photo"),
        say.word("app_path"),
        say.word("app_never"),
        say.word("app_fill"),
        say.word("app_scan"),
        say.word("app_terms"),
    ];
    let steps: String = steps
        .map(|step| format!("<li>{}</li>", escape(step)))
        .join("");
    main.push_str(&format!("<ol>{steps}</ol>"));
    for word in ["app_no_menu_what", "app_wait", "keep_power"] {
        main.push_str(&paragraph(say.word(word)));
    }
    main
}

/// Which system runs; sending an update is the script's.
pub(super) fn update(reader: &Reader, inbox: &Inbox) -> String {
    let say = &reader.say;
    let version = inbox.card().version().map(|version| version.to_string());
    let version = version.as_deref().unwrap_or("?");
    let runs = say.fill("up_runs", &[("v", version), ("s", inbox.card().slot())]);
    format!(
        "{}<h1>{}</h1><p class=\"num\">{runs}</p>{}",
        back(say),
        say.word("up_title"),
        paragraph(say.word("up_noscript"))
    )
}

/// What the box knows about its own ears.
pub(super) fn diagnosis(reader: &Reader) -> String {
    let say = &reader.say;
    let all = diagnose(&reader.view, say.0);
    let mut main = format!("{}<h1>{}</h1>", back(say), say.word("diag_title"));
    if all.findings.is_empty() {
        let text = three(say.word("diag_good"), say.word("diag_good_hint"), "");
        main.push_str(&notice("good", &text));
    }
    for finding in &all.findings {
        let text = three(&finding.title, &finding.detail, &finding.hint);
        main.push_str(&notice("need", &text));
    }
    let [probes, answers] = [all.probes, all.answers].map(|n| n.to_string());
    let counts = say.fill("diag_probes", &[("p", &probes), ("a", &answers)]);
    main.push_str(&format!("<p class=\"quiet num\">{counts}</p>"));
    main.push_str(&heading(say, "diag_links"));
    for link in &all.links {
        let cable = match link.carrier {
            true => "diag_cable",
            false => "diag_no_cable",
        };
        let [p, a, d] = [link.probes, link.answers, link.devices as u64].map(|n| n.to_string());
        main.push_str(&format!(
            "<div class=\"card\"><b>{}</b> {}<div class=\"num\">{}</div><div class=\"quiet num\">{}</div></div>",
            escape(&link.name),
            say.word(cable),
            escape(&link.addresses.join("  ")),
            say.fill("diag_link_counts", &[("p", &p), ("a", &a), ("d", &d)]),
        ));
    }
    if !all.unreadable.is_empty() {
        main.push_str(&heading(say, "diag_unreadable"));
        let rows: Vec<_> = (all.unreadable.iter())
            .map(|row| (row.reason.as_str(), row.count.to_string()))
            .collect();
        main.push_str(&table(rows.iter().map(|(a, b)| (*a, b.as_str()))));
    }
    if !all.other_clients.is_empty() {
        main.push_str(&heading(say, "diag_others"));
        main.push_str(&paragraph(&all.other_clients.join(", ")));
        main.push_str(&paragraph(say.word("diag_others_hint")));
    }
    if let Some(secured) = &reader.view.secured {
        main.push_str(&heading(say, "diag_https"));
        for url in &secured.urls {
            main.push_str(&paragraph(url));
        }
        // Blanks, so that a narrow screen can break it.
        let fingerprint = secured.fingerprint.to_string().replace(':', " ");
        main.push_str(&paragraph(&format!("SHA-256 {fingerprint}")));
        main.push_str(&paragraph(say.word("diag_https_hint")));
    }
    main
}

/// Who did what, for whoever has a session: `None` has none.
pub(super) fn log(reader: &Reader, lines: Option<Result<Vec<AuditBody>, Fault>>) -> String {
    let say = &reader.say;
    let mut main = format!("{}<h1>{}</h1>", back(say), say.word("log_title"));
    match lines {
        None => main.push_str(&paragraph(say.word("log_pin"))),
        // The link gives the reason, in the reader's language.
        Some(Err(_)) => main.push_str(&audit_link(say)),
        Some(Ok(lines)) if lines.is_empty() => main.push_str(&paragraph(say.word("log_empty"))),
        Some(Ok(lines)) => {
            main.push_str(&audit_link(say));
            main.extend(lines.iter().map(|line| audit_line(say, line)));
        }
    }
    main
}

fn audit_link(say: &Say) -> String {
    let word = say.word("log_csv");
    format!("<p><a href=\"/api/v1/audit.csv\">{word}</a></p>")
}

fn audit_line(say: &Say, line: &AuditBody) -> String {
    let deed = match say.word(&format!("did_{}", line.what)) {
        "" => line.what.as_str(),
        word => word,
    };
    // To the minute: seconds help nobody who reads.
    let minute = line.time.as_deref().and_then(|time| time.get(..16));
    let when = minute.map_or_else(
        || format!("#{}", line.number),
        |minute| minute.replace('T', " ") + " UTC",
    );
    let channel = line.channel.as_deref().unwrap_or_default();
    format!(
        "<div class=\"line\"><div class=\"quiet num\">{} {}</div><b>{}</b><div class=\"num\">{}</div><div class=\"quiet\" lang=\"en\">{}</div></div>",
        escape(&when),
        say.word(&format!("by_{channel}")),
        escape(deed),
        escape(line.serial.as_deref().unwrap_or_default()),
        escape(&line.detail),
    )
}

/// An address that leads nowhere.
pub(super) fn gone(say: &Say) -> String {
    let (title, next) = (say.word("not_found"), say.word("not_found_hint"));
    format!("{}<h1>{title}</h1>{}", back(say), paragraph(next))
}

// ---- pieces -------------------------------------------------------------------------------------

fn back(say: &Say) -> String {
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
fn shape(case: &CaseView) -> String {
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
fn phase_word(say: &Say, case: &CaseView) -> &'static str {
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

fn heading(say: &Say, key: &str) -> String {
    format!("<h2>{}</h2>", say.word(key))
}

fn paragraph(text: &str) -> String {
    format!("<p>{}</p>", escape(text))
}

/// Who, what, next.
fn three(title: &str, what: &str, next: &str) -> String {
    format!(
        "<b>{}</b>{}{}",
        escape(title),
        paragraph(what),
        paragraph(next)
    )
}

/// A framed remark around HTML.
fn notice(kind: &str, inner: &str) -> String {
    let picture = match kind {
        "good" => icon("tick", "c-go"),
        _ => icon("triangle", "c-need"),
    };
    format!("<div class=\"notice {kind}\">{picture}<div>{inner}</div></div>")
}

fn remark(kind: &str, text: &str) -> String {
    notice(kind, &escape(text))
}

fn alert_remark(say: &Say, alert: &Alert) -> String {
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

fn facts(say: &Say, rows: &[(&str, &str)]) -> String {
    let rows: String = (rows.iter())
        .filter(|(_, value)| !value.is_empty())
        .map(|(key, value)| {
            let (key, value) = (say.word(key), escape(value));
            format!("<div><dt>{key}</dt><dd>{value}</dd></div>")
        })
        .collect();
    format!("<dl class=\"facts\">{rows}</dl>")
}

fn table<'a>(rows: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let rows: String = rows
        .map(|(name, value)| {
            let (name, value) = (escape(name), escape(value));
            format!("<tr><th scope=\"row\">{name}</th><td>{value}</td></tr>")
        })
        .collect();
    format!("<table>{rows}</table>")
}

fn address(say: &Say, ipv4: Option<std::net::Ipv4Addr>) -> String {
    ipv4.map_or_else(|| say.word("no_address").to_owned(), |ip| ip.to_string())
}

fn time_left(say: &Say, case: &CaseView, left: std::time::Duration) -> String {
    let key = match case.left_at_most {
        true => "left_at_most",
        false => "left",
    };
    say.fill(key, &[("t", &texts::clock(left))])
}

fn device_card(say: &Say, device: &DeviceView) -> String {
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

fn case_card(say: &Say, case: &CaseView) -> String {
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
fn card(
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
