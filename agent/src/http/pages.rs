//! The phone page as the server writes it: readable as it is, taken over by the script where there
//! is one. What each address reads like is in [`reading`]; here are the frame and the words.

mod pieces;
mod reading;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::extract::{FromRequestParts, Path};
use axum::http::header::SET_COOKIE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use axum::routing::get;
use resetbox_core::View;
use resetbox_core::policy::Language;
use serde::Serialize;

use super::api::books;
use super::assets::{self, MODULES, PAGE, WORDS, html};
use super::language::{self, LANGUAGE_COOKIE, tag};
use super::session::Transport;
use super::{Shared, words};

pub(crate) fn router(app: Shared) -> Router {
    let pages = Router::new()
        .route("/", get(home))
        .route("/devices/{mac}", get(device))
        .route("/cases/{id}", get(case))
        .route("/diagnosis", get(diagnosis))
        .route("/log", get(log))
        .route("/update", get(update))
        .with_state(app);
    pages.merge(assets::router())
}

/// Who reads: in which language, and whether they may see what a session opens.
struct Reader {
    app: Shared,
    view: Arc<View>,
    say: Say,
    /// The language was asked for in the address: it is to be remembered.
    chose_language: bool,
    admitted: bool,
}

impl FromRequestParts<Shared> for Reader {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Infallible> {
        let chosen = language::wanted(&parts.uri, &HeaderMap::new());
        let wanted = language::wanted(&parts.uri, &parts.headers);
        let view = app.view();
        let Ok(transport) = Transport::from_request_parts(parts, app).await;
        Ok(Self {
            say: Say(wanted.unwrap_or(view.language)),
            view,
            chose_language: chosen.is_some(),
            admitted: app.admits(&parts.headers, transport),
            app: app.clone(),
        })
    }
}

async fn home(reader: Reader) -> Response {
    let title = reader.say.word("cameras");
    reader.page(title, &reading::home(&reader))
}

async fn device(Path(mac): Path<String>, reader: Reader) -> Response {
    let mac: Option<sadp::Mac> = mac.parse().ok();
    let found = (reader.view.devices.iter()).find(|device| Some(device.mac) == mac);
    match found {
        Some(device) => reader.page(&device.model, &reading::device(&reader, device)),
        None => reader.gone(),
    }
}

async fn case(Path(id): Path<String>, reader: Reader) -> Response {
    let found = reader.view.cases.iter().find(|case| case.id.0 == id);
    match found {
        Some(case) => reader.page(&case.model, &reading::case(&reader, case)),
        None => reader.gone(),
    }
}

async fn diagnosis(reader: Reader) -> Response {
    let title = reader.say.word("diag_title");
    reader.page(title, &reading::diagnosis(&reader))
}

async fn log(reader: Reader) -> Response {
    let title = reader.say.word("log_title");
    let lines = if reader.admitted {
        Some(books::read(&reader.app, 200).await)
    } else {
        None
    };
    reader.page(title, &reading::log(&reader, lines))
}

async fn update(reader: Reader) -> Response {
    match &reader.app.inbox {
        Some(inbox) => {
            let main = reading::update(&reader, inbox);
            reader.page(reader.say.word("up_title"), &main)
        }
        None => reader.gone(),
    }
}

impl Reader {
    fn gone(&self) -> Response {
        self.page(self.say.word("not_found"), &reading::gone(&self.say))
    }

    /// The frame around `main`.
    fn page(&self, title: &str, main: &str) -> Response {
        let Self { view, say, .. } = self;
        let current = |language| match say.0 == language {
            true => " aria-current=\"true\"",
            false => "",
        };
        let preload: String = (MODULES.iter())
            .map(|name| format!("<link rel=\"modulepreload\" href=\"{name}\">"))
            .collect();
        let (title, name) = (escape(title), escape(&view.box_name));
        let doing = say.word(words::indicator_key(view.indicator.state));
        let words = say.json();
        let fill: [(&str, &str); 11] = [
            ("{{lang}}", tag(say.0)),
            ("{{title}}", &title),
            ("{{box}}", &name),
            ("{{preload}}", &preload),
            ("{{en}}", current(Language::En)),
            ("{{id}}", current(Language::Id)),
            ("{{doing}}", doing),
            ("{{noscript}}", say.word("noscript")),
            ("{{language}}", say.word("language")),
            ("{{words}}", &words),
            ("{{main}}", main),
        ];
        let mut text = PAGE.to_owned();
        for (mark, value) in fill {
            text = text.replace(mark, value);
        }
        let mut response = html(text);
        if self.chose_language {
            let cookie = format!(
                "{LANGUAGE_COOKIE}={}; Path=/; Max-Age=31536000; SameSite=Strict",
                tag(say.0)
            );
            let value = HeaderValue::try_from(cookie).expect("plain ASCII");
            response.headers_mut().insert(SET_COOKIE, value);
        }
        response
    }
}

static TABLE: LazyLock<BTreeMap<String, [String; 2]>> =
    LazyLock::new(|| serde_json::from_str(WORDS).expect("a test reads words.json"));

/// Words in one language.
struct Say(Language);

impl Say {
    /// The word for a key; nothing for an unknown one.
    fn word(&self, key: &str) -> &'static str {
        TABLE.get(key).map_or("", |both| match self.0 {
            Language::En => both[0].as_str(),
            Language::Id => both[1].as_str(),
        })
    }

    /// The word for a prefix and the name that `value` has in JSON.
    fn named(&self, prefix: &str, value: impl Serialize) -> &'static str {
        let name = serde_json::to_value(value).ok();
        let name = name
            .as_ref()
            .and_then(|name| name.as_str())
            .unwrap_or_default();
        self.word(&format!("{prefix}{name}"))
    }

    /// A word with its marks filled in, as text of HTML.
    fn fill(&self, key: &str, marks: &[(&str, &str)]) -> String {
        let mut text = escape(self.word(key)).replace("&#123;", "{");
        for (mark, value) in marks {
            text = text.replace(&format!("{{{mark}}}"), &escape(value));
        }
        text
    }

    /// The words as the script reads them.
    fn json(&self) -> String {
        let words: BTreeMap<&str, &str> = TABLE
            .keys()
            .map(|key| (key.as_str(), self.word(key)))
            .collect();
        // `<` would end the script element that holds the words, `{{` is a mark of the frame.
        (serde_json::to_string(&words).expect("strings always serialise"))
            .replace('<', "\\u003c")
            .replace("{{", "{\\u007b")
    }
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

    /// Words go stale when what said them is taken away.
    #[test]
    fn every_word_is_said_somewhere() {
        // These are put together from a prefix and a name of the API's.
        const PREFIXES: [&str; 10] = [
            "login_",
            "phase_",
            "ind_",
            "mark_",
            "alert_",
            "way_",
            "owner_",
            "did_",
            "by_",
            "strength_",
        ];
        let scripts: String = (assets::ASSETS.iter())
            .map(|asset| asset.text)
            .chain([include_str!("pages.rs"), include_str!("pages/reading.rs")])
            .collect();
        for key in TABLE.keys() {
            let stem = key.strip_suffix("_1").unwrap_or(key);
            let said = ["'", "\""]
                .iter()
                .any(|quote| scripts.contains(&format!("{quote}{stem}{quote}")))
                || scripts.contains(&format!(" {stem}: ["));
            let put_together = PREFIXES.iter().any(|prefix| key.starts_with(prefix));
            assert!(said || put_together, "nobody says {key}");
        }
    }

    #[test]
    fn a_device_cannot_write_html() {
        let said = Say(Language::En).fill(
            "alert_refused",
            &[("tail", "<script>alert('1')</script>\"&{{words}}")],
        );
        assert!(!said.contains("<script") && !said.contains("{{"), "{said}");
    }
}
