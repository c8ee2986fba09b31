//! The phone page as the server writes it: readable as it is, taken over by the script where there
//! is one. Escapes everything that a device said.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use resetbox_core::View;
use resetbox_core::policy::Language;
use resetbox_core::view::{CaseView, DeviceView};
use resetbox_view::texts;

use super::assets::{self, PAGE, WORDS, html};
use super::language::{Wanted, tag};
use super::{Shared, words};

static TABLE: LazyLock<BTreeMap<String, [String; 2]>> =
    LazyLock::new(|| serde_json::from_str(WORDS).expect("a test reads words.json"));

pub(crate) fn router(app: Shared) -> Router {
    let pages = Router::new()
        .route("/", get(home))
        .route("/devices/{mac}", get(device))
        .route("/cases/{id}", get(case))
        .route("/diagnosis", get(diagnosis))
        .route("/log", get(log))
        .with_state(app);
    pages.merge(assets::router())
}

/// Words in one language.
struct Say(Language);

impl Say {
    fn word(&self, key: &str) -> &'static str {
        TABLE.get(key).map_or("", |both| match self.0 {
            Language::En => both[0].as_str(),
            Language::Id => both[1].as_str(),
        })
    }

    /// The words as the script reads them.
    fn json(&self) -> String {
        let words: BTreeMap<&str, &str> = TABLE
            .keys()
            .map(|key| (key.as_str(), self.word(key)))
            .collect();
        // `<` would end the script element that holds the words.
        (serde_json::to_string(&words).expect("strings always serialise")).replace('<', "\\u003c")
    }
}

async fn home(State(app): State<Shared>, wanted: Wanted) -> Response {
    let (view, say) = (app.view(), Say(app.language(&wanted)));
    let mut main = String::new();
    let open: Vec<_> = view
        .cases
        .iter()
        .filter(|case| case.phase.is_open())
        .collect();
    if !open.is_empty() {
        main.push_str(&format!("<h2>{}</h2>", say.word("open_cases")));
        for case in open {
            main.push_str(&case_card(case, &say));
        }
    }
    main.push_str(&format!("<h2>{}</h2>", say.word("cameras")));
    if view.devices.is_empty() {
        main.push_str(&format!(
            "<p class=\"empty\"><b>{}</b><br>{}</p>",
            say.word("no_devices"),
            say.word("no_devices_hint")
        ));
    }
    for device in view.devices.iter().take(300) {
        main.push_str(&device_card(device, &say));
    }
    page(&view, &say, say.word("cameras"), &main)
}

async fn device(State(app): State<Shared>, Path(mac): Path<String>, wanted: Wanted) -> Response {
    let (view, say) = (app.view(), Say(app.language(&wanted)));
    let found = mac
        .parse()
        .ok()
        .and_then(|mac: sadp::Mac| view.devices.iter().find(|device| device.mac == mac));
    let Some(device) = found else {
        return page(&view, &say, say.word("not_found"), &gone(&say));
    };
    let way = words::way_key(device.way);
    let main = format!(
        "<h1>{}</h1>{}<p>{}</p>",
        escape(&device.model),
        facts(
            &say,
            &[
                (
                    "address",
                    &device.ipv4.map(|ip| ip.to_string()).unwrap_or_default()
                ),
                ("serial", &device.serial),
                ("firmware", &device.firmware),
                ("mac", &device.mac.to_string()),
            ]
        ),
        say.word(way),
    );
    page(&view, &say, &device.model, &main)
}

async fn case(State(app): State<Shared>, Path(id): Path<String>, wanted: Wanted) -> Response {
    let (view, say) = (app.view(), Say(app.language(&wanted)));
    let Some(case) = view.cases.iter().find(|case| case.id.0 == id) else {
        return page(&view, &say, say.word("not_found"), &gone(&say));
    };
    let mut main = format!(
        "<h1>{}</h1><p class=\"state\">{}</p>",
        escape(&case.model),
        texts::phase(say.0, case.phase)
    );
    for problem in [&case.problem, &case.doubt].into_iter().flatten() {
        let said = words::problem(say.0, problem);
        main.push_str(&format!(
            "<div class=\"notice\"><b>{}</b><p>{} {}</p></div>",
            escape(&said.title),
            escape(&said.what),
            escape(&said.next)
        ));
    }
    main.push_str(&facts(
        &say,
        &[
            (
                "address",
                &case.ipv4.map(|ip| ip.to_string()).unwrap_or_default(),
            ),
            ("serial", &case.serial),
            ("firmware", &case.firmware),
        ],
    ));
    page(&view, &say, &case.model, &main)
}

async fn diagnosis(State(app): State<Shared>, wanted: Wanted) -> Response {
    let (view, say) = (app.view(), Say(app.language(&wanted)));
    let mut main = format!("<h1>{}</h1>", say.word("diag_title"));
    for finding in &view.diagnosis.findings {
        let said = words::finding(say.0, finding);
        main.push_str(&format!(
            "<div class=\"card\"><b>{}</b><p>{} {}</p></div>",
            escape(&said.title),
            escape(&said.what),
            escape(&said.next)
        ));
    }
    page(&view, &say, say.word("diag_title"), &main)
}

/// The log needs a session, which needs the script: without one there is only its name.
async fn log(State(app): State<Shared>, wanted: Wanted) -> Response {
    let (view, say) = (app.view(), Say(app.language(&wanted)));
    let main = format!("<h1>{}</h1>", say.word("log_title"));
    page(&view, &say, say.word("log_title"), &main)
}

fn page(view: &View, say: &Say, title: &str, main: &str) -> Response {
    let fill: [(&str, &str); 8] = [
        ("{{lang}}", tag(say.0)),
        ("{{title}}", &escape(title)),
        ("{{box}}", &escape(&view.box_name)),
        (
            "{{doing}}",
            say.word(words::indicator_key(view.indicator.state)),
        ),
        ("{{noscript}}", say.word("noscript")),
        ("{{language}}", say.word("language")),
        ("{{words}}", &say.json()),
        ("{{main}}", main),
    ];
    let mut text = PAGE.to_owned();
    for (mark, value) in fill {
        text = text.replacen(mark, value, if mark == "{{box}}" { 2 } else { 1 });
    }
    html(text)
}

fn gone(say: &Say) -> String {
    format!(
        "<h1>{}</h1><p>{}</p><p><a href=\"/\">{}</a></p>",
        say.word("not_found"),
        say.word("not_found_hint"),
        say.word("cameras")
    )
}

fn facts(say: &Say, rows: &[(&str, &str)]) -> String {
    let rows: String = (rows.iter())
        .filter(|(_, value)| !value.is_empty())
        .map(|(key, value)| {
            format!(
                "<div><dt>{}</dt><dd>{}</dd></div>",
                say.word(key),
                escape(value)
            )
        })
        .collect();
    format!("<dl class=\"facts\">{rows}</dl>")
}

fn device_card(device: &DeviceView, say: &Say) -> String {
    card(
        &format!("/devices/{}", device.mac),
        &device.model,
        device
            .ipv4
            .map_or_else(|| say.word("no_address").to_owned(), |ip| ip.to_string()),
        &device.serial_tail,
        "",
    )
}

fn case_card(case: &CaseView, say: &Say) -> String {
    card(
        &format!("/cases/{}", case.id),
        &case.model,
        case.ipv4
            .map_or_else(|| say.word("no_address").to_owned(), |ip| ip.to_string()),
        &case.serial_tail,
        texts::phase(say.0, case.phase),
    )
}

fn card(href: &str, model: &str, address: String, serial_tail: &str, state: &str) -> String {
    let tail = texts::tail(serial_tail);
    format!(
        "<a class=\"card row\" href=\"{}\"><span class=\"main\"><b>{}</b>\
         <span class=\"facts-line\"><span>{address}</span> <span>{}</span></span></span>\
         <span class=\"state\">{state}</span></a>",
        escape(href),
        escape(model),
        escape(&tail),
    )
}

/// Text as HTML, in element content and in quoted attributes.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // Would be a mark of the frame's; no device is called so.
            '{' => out.push_str("&#123;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_has_both_languages() {
        for (key, both) in TABLE.iter() {
            assert!(both.iter().all(|text| !text.is_empty()), "{key}");
            let marks = |text: &str| {
                let mut marks: Vec<String> = (text.split('{').skip(1))
                    .filter_map(|rest| rest.split_once('}').map(|(name, _)| name.to_owned()))
                    .collect();
                marks.sort();
                marks
            };
            assert_eq!(marks(&both[0]), marks(&both[1]), "{key}");
        }
    }

    #[test]
    fn a_device_cannot_write_html() {
        let card = card(
            "/x",
            "<script>alert('1')</script>",
            "a".into(),
            "\"&{{words}}",
            "",
        );
        assert!(!card.contains("<script") && !card.contains("{{"), "{card}");
    }
}
