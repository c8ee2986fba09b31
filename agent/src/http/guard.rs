//! What every request passes: Host and Origin, and the headers that keep a browser honest.

use std::net::{Ipv4Addr, Ipv6Addr};

use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, HeaderName, ORIGIN, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, Method, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Shared;
use super::fault::{Fault, Refusal};
use super::session::Transport;

/// Nothing from elsewhere, nothing inline, no frames.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Refuses requests meant for another host or sent by another host's page.
pub(crate) async fn check(State(app): State<Shared>, request: Request, next: Next) -> Response {
    let view = app.view();
    let verdict = host(
        request.uri(),
        request.headers(),
        &app.host_names,
        &view.box_id,
    )
    .and_then(|host| {
        let transport = request.extensions().get().copied();
        let transport = transport.unwrap_or(Transport::Plain);
        origin(request.method(), request.headers(), &host, transport)
    });
    match verdict {
        Ok(()) if !is_text(request.uri().path()) => Fault::from(Refusal::NotFound).into_response(),
        Ok(()) => next.run(request).await,
        Err(refusal) => Fault::from(refusal).into_response(),
    }
}

/// A path whose escapes stand for no text is nobody's; axum would say so in a form of its own.
fn is_text(path: &str) -> bool {
    let hex = |digit: Option<&u8>| char::from(*digit?).to_digit(16);
    let (mut bytes, mut decoded) = (path.as_bytes().iter(), Vec::with_capacity(path.len()));
    while let Some(&byte) = bytes.next() {
        let mut ahead = bytes.clone();
        match (byte, hex(ahead.next()), hex(ahead.next())) {
            (b'%', Some(high), Some(low)) => {
                decoded.push((high * 16 + low) as u8);
                bytes = ahead;
            }
            _ => decoded.push(byte),
        }
    }
    std::str::from_utf8(&decoded).is_ok()
}

/// The Host header must name the box: by address, as `localhost`, by its id (also `.local`), or by
/// a configured name. A name of somebody else's that resolves to us is DNS rebinding.
fn host(uri: &Uri, headers: &HeaderMap, names: &[String], box_id: &str) -> Result<String, Refusal> {
    let mut all = headers.get_all(HOST).iter();
    let given = match (all.next(), all.next()) {
        (Some(only), None) => only.to_str().unwrap_or("(not text)"),
        (None, _) => "(none)",
        (Some(_), Some(_)) => "(several)",
    };
    // A request line with a whole URL must not smuggle in another host than the header's.
    if uri
        .authority()
        .is_some_and(|authority| authority.as_str() != given)
    {
        return Err(Refusal::Host(printable(given)));
    }
    let name = without_port(given);
    let known = name.parse::<Ipv4Addr>().is_ok()
        || name
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
            .is_some_and(|inner| inner.parse::<Ipv6Addr>().is_ok())
        || name.eq_ignore_ascii_case("localhost")
        || name.eq_ignore_ascii_case(box_id)
        || name
            .strip_suffix(".local")
            .is_some_and(|stem| stem.eq_ignore_ascii_case(box_id))
        || names.iter().any(|known| name.eq_ignore_ascii_case(known));
    if known {
        Ok(given.to_owned())
    } else {
        Err(Refusal::Host(printable(given)))
    }
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    }
}

/// A browser says which page sent a request. Programs say nothing and are let through: they hold
/// no cookie of somebody else's.
fn origin(
    method: &Method,
    headers: &HeaderMap,
    host: &str,
    transport: Transport,
) -> Result<(), Refusal> {
    if matches!(*method, Method::GET | Method::HEAD) {
        return Ok(());
    }
    if let Some(origin) = headers.get(ORIGIN) {
        let origin = origin.to_str().unwrap_or("(not text)");
        let plain = match transport {
            Transport::Plain => origin.strip_prefix("http://"),
            // A page that came unprotected may have been changed on its way.
            Transport::Tls => None,
        };
        let same = plain
            // Over plain HTTP too: an owner's own proxy may speak TLS for the box.
            .or_else(|| origin.strip_prefix("https://"))
            .is_some_and(|rest| rest.eq_ignore_ascii_case(host));
        if !same {
            return Err(Refusal::Origin(printable(origin)));
        }
    }
    match headers.get("sec-fetch-site").map(HeaderValue::as_bytes) {
        None | Some(b"same-origin" | b"none") => Ok(()),
        Some(_) => Err(Refusal::Origin("another site".to_owned())),
    }
}

/// Fit to be shown: short, no control characters.
fn printable(text: &str) -> String {
    text.chars()
        .take(80)
        .map(|c| if c.is_control() { '?' } else { c })
        .collect()
}

/// Adds the headers that every answer carries.
pub(crate) async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), microphone=(), geolocation=()",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // Assets set their own; everything else changes from second to second or is a secret.
    headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn the_host_must_be_the_box() {
        let names = ["reset.plant.example".to_owned()];
        let ask = |value| {
            host(
                &Uri::from_static("/"),
                &with(HOST, value),
                &names,
                "rb-1a2b3c",
            )
        };
        for good in [
            "10.43.0.1",
            "10.43.0.1:8080",
            "localhost:8080",
            "[fe80::1]:8080",
            "[::1]",
            "rb-1a2b3c",
            "RB-1A2B3C.local",
            "reset.plant.example:80",
        ] {
            assert_eq!(ask(good).as_deref(), Ok(good));
        }
        for bad in [
            "evil.example",
            "10.43.0.1.evil.example",
            "",
            "localhost.evil.example",
            "rb-1a2b3c.evil.local",
            "10.43.0.1:80:80",
            "[::1",
        ] {
            assert!(ask(bad).is_err(), "{bad}");
        }
        assert!(host(&Uri::from_static("/"), &HeaderMap::new(), &names, "rb").is_err());
        let mut two = with(HOST, "10.0.0.1");
        two.append(HOST, HeaderValue::from_static("evil.example"));
        assert!(host(&Uri::from_static("/"), &two, &names, "rb").is_err());
        assert!(
            host(
                &Uri::from_static("http://evil.example/"),
                &with(HOST, "10.0.0.1"),
                &names,
                "rb"
            )
            .is_err()
        );
    }

    #[test]
    fn only_our_own_pages_may_act() {
        let post_by =
            |headers: &HeaderMap, by| origin(&Method::POST, headers, "10.43.0.1:8080", by);
        let post = |headers: &HeaderMap| post_by(headers, Transport::Plain);
        assert!(post(&HeaderMap::new()).is_ok(), "a program, not a browser");
        assert!(post(&with(ORIGIN, "http://10.43.0.1:8080")).is_ok());
        for bad in [
            "http://evil.example",
            "null",
            "http://10.43.0.1",
            "http://10.43.0.1:8080.evil",
        ] {
            assert!(post(&with(ORIGIN, bad)).is_err(), "{bad}");
        }
        let secured = with(ORIGIN, "https://10.43.0.1:8080");
        assert!(post_by(&secured, Transport::Tls).is_ok());
        assert!(post(&secured).is_ok(), "behind a proxy");
        let plain = with(ORIGIN, "http://10.43.0.1:8080");
        assert!(post_by(&plain, Transport::Tls).is_err());
        let site = HeaderName::from_static("sec-fetch-site");
        assert!(post(&with(site.clone(), "same-origin")).is_ok());
        assert!(post(&with(site.clone(), "cross-site")).is_err());
        assert!(post(&with(site, "same-site")).is_err());
        let evil = with(ORIGIN, "http://evil.example");
        assert!(origin(&Method::GET, &evil, "10.43.0.1", Transport::Plain).is_ok());
    }
}
