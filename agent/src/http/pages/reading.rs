//! What each address reads like without a script. Escapes everything that a device said.

use resetbox_core::request::CaseKind;
use resetbox_core::view::{CasePhase, CaseView, DeviceView};
use resetbox_view::texts;

use super::super::api::state::diagnose;
use super::super::dto::{AuditBody, DeviceBody};
use super::super::fault::Fault;
use super::super::words;
use super::pieces::{
    address, alert_remark, back, case_card, device_card, facts, heading, notice, paragraph,
    phase_word, remark, shape, table, three, time_left,
};
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
