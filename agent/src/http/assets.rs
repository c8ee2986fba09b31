//! The files of the phone page and the panel mirror, built into the program: nothing is read from
//! a disk, so no path can lead anywhere else.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

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
    asset!("app.js", SCRIPT),
    asset!("case.js", SCRIPT),
    asset!("panel.css", CSS),
    asset!("panel.js", SCRIPT),
    asset!("icon.svg", "image/svg+xml"),
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
    for asset in ASSETS {
        router = router.route(asset.path, get(move |headers| serve(asset, headers)));
    }
    router.route("/panel", get(|| async { html(PANEL.to_owned()) }))
}

/// An HTML page.
pub(crate) fn html(text: String) -> Response {
    ([(CONTENT_TYPE, HeaderValue::from_static(HTML))], text).into_response()
}

/// The file, or 304 when the browser has it already.
#[allow(clippy::unused_async, reason = "a handler must be async")]
async fn serve(asset: &'static Asset, headers: HeaderMap) -> Response {
    let mut hasher = DefaultHasher::new();
    asset.text.hash(&mut hasher);
    let tag = format!("\"{:016x}\"", hasher.finish());
    let known = headers
        .get(IF_NONE_MATCH)
        .is_some_and(|value| value.as_bytes() == tag.as_bytes());
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        asset.text.into_response()
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(asset.content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if let Ok(tag) = HeaderValue::try_from(tag) {
        headers.insert(ETAG, tag);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_files_together_stay_below_100_kilobytes() {
        let files: usize = ASSETS.iter().map(|asset| asset.text.len()).sum();
        let all = files + PAGE.len() + PANEL.len() + WORDS.len();
        assert!(all < 100_000, "{all} bytes");
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
