//! The files of the phone page and the panel mirror, built into the program: nothing is read from
//! a disk, so no path can lead anywhere else.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::Write as _;
use std::sync::LazyLock;

use axum::Router;
use axum::body::Bytes;
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use flate2::Compression;
use flate2::write::GzEncoder;

/// One file.
pub(crate) struct Asset {
    /// Where it is served.
    pub(crate) path: &'static str,
    /// Its type.
    pub(crate) content_type: &'static str,
    /// Its bytes.
    pub(crate) text: &'static str,
}

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

macro_rules! asset {
    ($name:literal, $content_type:expr) => {
        Asset {
            path: concat!("/", $name),
            content_type: $content_type,
            text: include_str!(concat!("../../assets/", $name)),
        }
    };
}

/// What is served as it is.
pub(crate) const ASSETS: &[Asset] = &[
    asset!("app.css", CSS),
    asset!("case.css", CSS),
    asset!("app.js", SCRIPT),
    asset!("books.js", SCRIPT),
    asset!("box.js", SCRIPT),
    asset!("case.js", SCRIPT),
    asset!("code.js", SCRIPT),
    asset!("device.js", SCRIPT),
    asset!("dom.js", SCRIPT),
    asset!("list.js", SCRIPT),
    asset!("password.js", SCRIPT),
    asset!("places.js", SCRIPT),
    asset!("secret.js", SCRIPT),
    asset!("send.js", SCRIPT),
    asset!("update.js", SCRIPT),
    asset!("panel.css", CSS),
    asset!("panel.js", SCRIPT),
    asset!("icon.svg", "image/svg+xml"),
];
/// What the phone page's script is made of beside `app.js`: fetched together, not one after the other.
pub(crate) const MODULES: &[&str] = &[
    "/books.js",
    "/box.js",
    "/case.js",
    "/code.js",
    "/device.js",
    "/dom.js",
    "/list.js",
    "/password.js",
    "/places.js",
    "/secret.js",
    "/send.js",
];
/// The frame of every page; [`super::pages`] fills it in.
pub(crate) const PAGE: &str = include_str!("../../assets/page.html");
/// The panel mirror's page.
pub(crate) const PANEL: &str = include_str!("../../assets/panel.html");
/// Every word of the phone page: key to English and Indonesian.
pub(crate) const WORDS: &str = include_str!("../../assets/words.json");

/// Routes of the files.
pub(crate) fn router() -> Router {
    let mut router = Router::new();
    for (index, asset) in ASSETS.iter().enumerate() {
        router = router.route(asset.path, get(move |headers| serve(index, headers)));
    }
    router.route("/panel", get(|| async { html(PANEL.to_owned()) }))
}

/// An HTML page.
pub(crate) fn html(text: String) -> Response {
    ([(CONTENT_TYPE, HeaderValue::from_static(HTML))], text).into_response()
}

/// The files once more, made small: a phone on a weak Wi-Fi waits for every kilobyte.
static SMALL: LazyLock<Vec<Bytes>> = LazyLock::new(|| {
    let small = |asset: &Asset| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        let written = encoder.write_all(asset.text.as_bytes());
        (written.and_then(|()| encoder.finish()).map(Bytes::from)).expect("memory takes every byte")
    };
    ASSETS.iter().map(small).collect()
});

/// The file, or 304 when the browser has it already.
#[allow(clippy::unused_async, reason = "a handler must be async")]
async fn serve(index: usize, headers: HeaderMap) -> Response {
    let asset = &ASSETS[index];
    let mut hasher = DefaultHasher::new();
    asset.text.hash(&mut hasher);
    let small = takes_gzip(&headers);
    let form = if small { "-gzip" } else { "" };
    let tag = format!("\"{:016x}{form}\"", hasher.finish());
    let known = headers
        .get(IF_NONE_MATCH)
        .is_some_and(|value| value.as_bytes() == tag.as_bytes());
    let mut response = match (known, small) {
        (true, _) => StatusCode::NOT_MODIFIED.into_response(),
        (false, true) => SMALL[index].clone().into_response(),
        (false, false) => asset.text.into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(asset.content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    if small && !known {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    if let Ok(tag) = HeaderValue::try_from(tag) {
        headers.insert(ETAG, tag);
    }
    response
}

/// The client unpacks gzip, by its own word.
fn takes_gzip(headers: &HeaderMap) -> bool {
    let names = (headers.get_all(ACCEPT_ENCODING).iter()).filter_map(|value| value.to_str().ok());
    names.flat_map(|value| value.split(',')).any(|coding| {
        let (name, quality) = coding.split_once(';').unwrap_or((coding, ""));
        let never = matches!(quality.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000");
        name.trim().eq_ignore_ascii_case("gzip") && !never
    })
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn gzip_is_given_to_whoever_takes_it_and_unpacks_to_the_same() {
        let takes = |value| {
            takes_gzip(&HeaderMap::from_iter([(
                ACCEPT_ENCODING,
                HeaderValue::from_static(value),
            )]))
        };
        for yes in ["gzip", "deflate, GZIP;q=0.5", "br, gzip"] {
            assert!(takes(yes), "{yes}");
        }
        for no in ["", "br", "gzip;q=0", "xgzip"] {
            assert!(!takes(no), "{no}");
        }
        for (asset, small) in ASSETS.iter().zip(SMALL.iter()) {
            let mut text = String::new();
            let read = flate2::read::GzDecoder::new(&small[..]).read_to_string(&mut text);
            assert!(read.is_ok() && text == asset.text, "{}", asset.path);
        }
    }

    /// In both languages at once; a browser loads one, and a browser's test measures it.
    #[test]
    fn the_phone_page_stays_below_100_kilobytes() {
        let files: usize = (ASSETS.iter())
            // Pages of their own, fetched when somebody opens them.
            .filter(|asset| !asset.path.starts_with("/panel.") && asset.path != "/update.js")
            .map(|asset| asset.text.len())
            .sum();
        let all = files + PAGE.len() + WORDS.len() / 2;
        assert!(all < 100_000, "{all} bytes");
    }

    #[test]
    fn every_script_of_the_phone_page_is_fetched_early() {
        let mut served: Vec<_> = (ASSETS.iter().map(|asset| asset.path))
            .filter(|path| {
                path.ends_with(".js") && !["/app.js", "/panel.js", "/update.js"].contains(path)
            })
            .collect();
        served.sort_unstable();
        assert_eq!(served, MODULES);
    }

    #[test]
    fn no_file_names_another_host() {
        for text in ASSETS.iter().map(|asset| asset.text).chain([PAGE, PANEL]) {
            for (at, _) in text.match_indices("://") {
                let before = &text[at.saturating_sub(5)..at];
                let after: String = text[at..].chars().take(30).collect();
                let fine = after.starts_with("://www.w3.org/") || after.starts_with("://${");
                assert!(fine, "{before}{after}");
            }
        }
    }
}
