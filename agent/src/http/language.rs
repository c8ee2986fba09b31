//! Which language a request wants: `?lang=`, else the cookie of the page's switch, else
//! Accept-Language, else the box's own.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::header::{ACCEPT_LANGUAGE, COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri};
use resetbox_core::policy::Language;

/// The name of the language cookie. A page's script sets it; it is no secret.
pub(crate) const LANGUAGE_COOKIE: &str = "resetbox_lang";

/// What the request says about language, before the box's own is asked.
pub(crate) fn wanted(uri: &Uri, headers: &HeaderMap) -> Option<Language> {
    let from_query = uri.query().and_then(|query| {
        query
            .split('&')
            .find_map(|pair| pair.strip_prefix("lang="))
            .and_then(named)
    });
    from_query
        .or_else(|| cookie(headers, LANGUAGE_COOKIE).and_then(named))
        .or_else(|| {
            let accept = headers.get(ACCEPT_LANGUAGE)?.to_str().ok()?;
            preferred(accept)
        })
}

/// A cookie's value.
pub(crate) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .find_map(|pair| {
            let (key, value) = pair.trim().split_once('=')?;
            (key == name).then_some(value)
        })
}

/// `en`, `id`, and what begins with them (`en-GB`, `id-ID`; `in` is the old code of Indonesian).
fn named(tag: &str) -> Option<Language> {
    let primary = tag.trim().split(['-', '_']).next()?;
    match primary.to_ascii_lowercase().as_str() {
        "en" => Some(Language::En),
        "id" | "in" => Some(Language::Id),
        _ => None,
    }
}

/// The language that we have and the reader likes best (RFC 9110 section 12.5.4).
fn preferred(accept: &str) -> Option<Language> {
    let mut best: Option<(Language, f32)> = None;
    for item in accept.split(',') {
        let mut parts = item.split(';');
        let Some(language) = parts.next().and_then(named) else {
            continue;
        };
        let quality = parts
            .find_map(|part| part.trim().strip_prefix("q="))
            .map_or(1.0, |text| text.trim().parse().unwrap_or(0.0));
        if quality > 0.0 && best.is_none_or(|(_, known)| quality > known) {
            best = Some((language, quality));
        }
    }
    best.map(|(language, _)| language)
}

/// `en` or `id`.
pub(crate) fn tag(language: Language) -> &'static str {
    match language {
        Language::En => "en",
        Language::Id => "id",
    }
}

/// The language that the request asked for, if it asked for one that we have.
pub(crate) struct Wanted(pub(crate) Option<Language>);

impl<S: Sync> FromRequestParts<S> for Wanted {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(wanted(&parts.uri, &parts.headers)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                (
                    axum::http::HeaderName::from_static(name),
                    axum::http::HeaderValue::from_static(value),
                )
            })
            .collect()
    }

    #[test]
    fn the_query_outranks_the_cookie_and_the_cookie_the_browser() {
        let all = headers(&[
            ("cookie", "a=b; resetbox_lang=id"),
            ("accept-language", "en"),
        ]);
        assert_eq!(
            wanted(&Uri::from_static("/?lang=en"), &all),
            Some(Language::En)
        );
        assert_eq!(wanted(&Uri::from_static("/"), &all), Some(Language::Id));
        let browser = headers(&[("accept-language", "en")]);
        assert_eq!(wanted(&Uri::from_static("/"), &browser), Some(Language::En));
    }

    #[test]
    fn the_best_liked_language_that_we_have_wins() {
        for (accept, expected) in [
            ("id-ID,id;q=0.9,en-US;q=0.8,en;q=0.7", Some(Language::Id)),
            ("de-DE,de;q=0.9,en;q=0.7,id;q=0.8", Some(Language::Id)),
            ("in", Some(Language::Id)),
            ("id;q=0, en;q=0.1", Some(Language::En)),
            ("de, fr;q=0.5", None),
            ("*", None),
            (";;;,q=,=", None),
        ] {
            assert_eq!(preferred(accept), expected, "{accept}");
        }
    }
}
