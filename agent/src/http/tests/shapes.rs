//! Requests of every odd shape: nothing acts that should not, nothing is served under another's name.

use std::time::Duration;

use resetbox_core::request::Done;
use resetbox_core::{Reply, Request};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::super::Limits;
use super::super::session::Transport;
use super::{Answer, Rig};

by_both_doors! {
    two_lengths_are_no_request
    a_length_beside_chunks_ends_the_connection
    other_transfer_codings_are_no_request
    broken_lines_are_no_request
    request_lines_of_every_form
    hosts_of_every_form
    methods_that_are_not_there
    only_json_is_json
    chunks_are_capped_and_timed
    a_silent_client_is_cut
    a_client_that_does_not_read_is_cut
    what_was_asked_in_one_breath_is_answered_in_order
    json_that_is_too_deep_or_said_twice
    what_a_client_says_stays_out_of_the_headers
}

fn yes(_: &Request) -> Reply {
    Ok(Done::Ok)
}

/// Sends bytes and reads until the box closes or says nothing more.
async fn talk(rig: &Rig, bytes: &[u8]) -> Vec<u8> {
    let mut stream = rig.connect().await;
    // The box may close before it read everything.
    let _ = stream.write_all(bytes).await;
    let _ = stream.flush().await;
    let mut said = Vec::new();
    let mut piece = [0; 4096];
    // Longer than every limit of time that these tests give the box, by far: both may be late on a machine that has much to do.
    while let Ok(Ok(count)) =
        tokio::time::timeout(Duration::from_secs(2), stream.read(&mut piece)).await
    {
        if count == 0 {
            break;
        }
        said.extend_from_slice(&piece[..count]);
    }
    said
}

fn statuses(said: &[u8]) -> Vec<u16> {
    String::from_utf8_lossy(said)
        .split("HTTP/1.1 ")
        .skip(1)
        .filter_map(|rest| rest.get(..3)?.parse().ok())
        .collect()
}

/// A request to act, with these lines among its headers and this body.
fn act(rig: &Rig, lines: &str, body: &str) -> Vec<u8> {
    format!(
        "POST /api/v1/cases/k7m2p9xq/resolve HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n{lines}\r\n{body}",
        rig.address()
    )
    .into_bytes()
}

async fn two_lengths_are_no_request(by: Transport) {
    let rig = Rig::start_by(by, false, yes).await;
    let body = "{\"worked\":true}";
    let smuggled = format!("{body}POST /api/v1/scan HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    for lines in [
        "Content-Length: 15\r\nContent-Length: 66\r\n",
        "Content-Length: 66\r\nContent-Length: 15\r\n",
        "Content-Length: 15, 66\r\n",
        "Content-Length: +15\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: 0x0f\r\n",
        "Content-Length: 99999999999999999999\r\n",
        "Content-Length: \r\n",
    ] {
        let said = talk(&rig, &act(&rig, lines, &smuggled)).await;
        assert_eq!(statuses(&said), [400], "{lines:?}");
    }
    assert_eq!(rig.asked(), []);
}

async fn a_length_beside_chunks_ends_the_connection(by: Transport) {
    let rig = Rig::start_by(by, false, yes).await;
    let scan = format!(
        "POST /api/v1/scan HTTP/1.1\r\nHost: {}\r\n\r\n",
        rig.address()
    );
    let chunked = format!("f\r\n{{\"worked\":true}}\r\n0\r\n\r\n{scan}");
    for lines in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 400\r\n",
    ] {
        let before = rig.asked().len();
        let said = talk(&rig, &act(&rig, lines, &chunked)).await;
        let all = statuses(&said);
        assert_eq!(all.len(), 1, "one answer and an end: {lines:?} {all:?}");
        let asked = rig.asked();
        assert!(
            !asked[before..].contains(&Request::Scan),
            "what came after it was never a request: {lines:?}"
        );
    }
}

async fn other_transfer_codings_are_no_request(by: Transport) {
    let rig = Rig::start_by(by, false, yes).await;
    for lines in [
        "Transfer-Encoding: gzip\r\n",
        "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding: chunked, gzip\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: \x0bchunked\r\n",
        "Transfer-Encoding : chunked\r\n",
        " Transfer-Encoding: chunked\r\n",
        "Transfer-Encoding:\r\n chunked\r\n",
    ] {
        let said = talk(
            &rig,
            &act(&rig, lines, "f\r\n{\"worked\":true}\r\n0\r\n\r\n"),
        )
        .await;
        let all = statuses(&said);
        assert!(all.iter().all(|status| *status == 400), "{lines:?} {all:?}");
    }
    assert_eq!(rig.asked(), []);
    // A bad chunk size ends it, too.
    for chunks in [
        "zz\r\n{}\r\n0\r\n\r\n",
        "-1\r\n{}\r\n",
        "fffffffffffffffff\r\n{}\r\n",
    ] {
        let said = talk(&rig, &act(&rig, "Transfer-Encoding: chunked\r\n", chunks)).await;
        let all = statuses(&said);
        assert!(
            all.iter().all(|status| *status == 400),
            "{chunks:?} {all:?}"
        );
    }
    assert_eq!(rig.asked(), []);
}

async fn broken_lines_are_no_request(by: Transport) {
    let rig = Rig::start_by(by, false, yes).await;
    let host = format!("Host: {}", rig.address());
    for text in [
        format!("GET /api/v1/state HTTP/1.1\r\n{host}\r\nX : y\r\n\r\n"),
        format!("GET /api/v1/state HTTP/1.1\r\n{host}\r\nX: a\r\n folded\r\n\r\n"),
        format!("GET /api/v1/state HTTP/1.1\r\n{host}\r\nX: a\0b\r\n\r\n"),
        format!("GET /api/v1/state HTTP/1.1\r\n{host}\r\nno colon\r\n\r\n"),
        format!("GET /api/v1/state HTTP/1.1\r\n{host}\r\n: empty\r\n\r\n"),
        format!("GET /api/v1/state\0 HTTP/1.1\r\n{host}\r\n\r\n"),
        format!("GET /api/v1/st ate HTTP/1.1\r\n{host}\r\n\r\n"),
        format!("GET  HTTP/1.1\r\n{host}\r\n\r\n"),
        format!("G\u{e9}T / HTTP/1.1\r\n{host}\r\n\r\n"),
        format!("GET / HTTP/1.1x\r\n{host}\r\n\r\n"),
        format!("GET / HTTP/3.0\r\n{host}\r\n\r\n"),
        "GET /\r\n\r\n".to_owned(),
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(),
        "\u{0}\u{1}\u{2}\r\n\r\n".to_owned(),
    ] {
        let said = talk(&rig, text.as_bytes()).await;
        let all = statuses(&said);
        assert!(
            all.iter().all(|status| (400..500).contains(status)),
            "{text:?}: {all:?}"
        );
    }
    // And the box still serves.
    assert_eq!(rig.get("/healthz").await.status, 200);
}

async fn request_lines_of_every_form(by: Transport) {
    let rig = Rig::start_by(by, false, yes).await;
    let own = rig.address().to_string();
    let long = format!("/{}", "a".repeat(9000));
    let huge = format!("/{}", "a".repeat(70_000));
    for (target, good) in [
        (format!("http://{own}/healthz"), 200),
        ("http://evil.example/healthz".into(), 421),
        (format!("http://evil.example@{own}/healthz"), 421),
        ("http://127.0.0.1:1/healthz".into(), 421),
        ("//evil.example/healthz".into(), 404),
        ("/healthz/../healthz".into(), 404),
        ("/%2e%2e/healthz".into(), 404),
        ("/healthz%00".into(), 404),
        ("/healthz;x".into(), 404),
        ("/healthz/".into(), 404),
        ("/HEALTHZ".into(), 404),
        ("/api/v1/../../healthz".into(), 404),
        ("/\\..\\healthz".into(), 404),
        (long, 404),
        (huge, 431),
    ] {
        let text = format!("GET {target} HTTP/1.1\r\nHost: {own}\r\nConnection: close\r\n\r\n");
        let said = talk(&rig, text.as_bytes()).await;
        let all = statuses(&said);
        let shown: String = target.chars().take(40).collect();
        let either = all == [good] || (good == 431 && (all == [414] || all.is_empty()));
        assert!(either, "{shown}: {all:?}");
    }
    for text in [
        format!("OPTIONS * HTTP/1.1\r\nHost: {own}\r\nConnection: close\r\n\r\n"),
        format!("CONNECT {own} HTTP/1.1\r\nHost: {own}\r\nConnection: close\r\n\r\n"),
        "CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\nConnection: close\r\n\r\n"
            .to_owned(),
    ] {
        let all = statuses(&talk(&rig, text.as_bytes()).await);
        assert!(
            all.len() == 1 && (400..500).contains(&all[0]),
            "{text:?}: {all:?}"
        );
    }
}

async fn hosts_of_every_form(by: Transport) {
    let rig = Rig::start_by(by, false, yes).await;
    let own = rig.address().to_string();
    for host in [
        "evil.example".to_owned(),
        "localhost.evil.example".to_owned(),
        format!("{own}@evil.example"),
        format!("evil.example@{own}"),
        format!("{own}, evil.example"),
        format!("{own}/evil"),
        format!("{own}#"),
        "0x7f000001".to_owned(),
        "127.1".to_owned(),
        "2130706433".to_owned(),
        String::new(),
        "a".repeat(3000),
        "\u{e9}".to_owned(),
    ] {
        let text =
            format!("GET /api/v1/state HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        let said = talk(&rig, text.as_bytes()).await;
        let all = statuses(&said);
        assert!(all == [421] || all == [400], "{host:?}: {all:?}");
        assert!(
            !String::from_utf8_lossy(&said).contains("842150"),
            "{host:?}"
        );
    }
    for head in [
        "GET /api/v1/state HTTP/1.1\r\n".to_owned(),
        "GET /api/v1/state HTTP/1.0\r\n".to_owned(),
        format!("GET /api/v1/state HTTP/1.1\r\nHost: {own}\r\nHost: evil.example\r\n"),
        format!("GET /api/v1/state HTTP/1.1\r\nHost: {own}\r\nHost: {own}\r\n"),
    ] {
        let text = format!("{head}Connection: close\r\n\r\n");
        let said = talk(&rig, text.as_bytes()).await;
        let first = String::from_utf8_lossy(&said);
        assert!(first.contains(" 421 "), "{head:?}: {first}");
    }
}

async fn methods_that_are_not_there(by: Transport) {
    let rig = Rig::start_by(by, false, yes).await;
    for method in ["TRACE", "PUT", "PATCH", "OPTIONS", "PROPFIND", "X"] {
        for path in ["/", "/api/v1/scan", "/api/v1/session", "/app.js"] {
            let answer = rig.send(method, path, &[], "").await;
            assert_eq!(answer.status, 405, "{method} {path}");
            for header in [
                "access-control-allow-origin",
                "access-control-allow-methods",
            ] {
                assert_eq!(answer.header(header), None, "{method} {path}");
            }
        }
    }
    for path in ["/api/v1/scan", "/api/v1/identify"] {
        assert_eq!(rig.get(path).await.status, 405, "{path}");
    }
    // No other way to say the method.
    for sneaky in [
        ("X-HTTP-Method-Override", "DELETE"),
        ("X-Method-Override", "DELETE"),
    ] {
        rig.send("GET", "/api/v1/cases/k7m2p9xq", &[sneaky], "")
            .await;
    }
    rig.get("/api/v1/cases/k7m2p9xq?_method=DELETE").await;
    assert_eq!(rig.asked(), []);
}

async fn only_json_is_json(by: Transport) {
    let rig = Rig::start_by(by, false, yes).await;
    let body = "{\"worked\":true}";
    let path = "/api/v1/cases/k7m2p9xq/resolve";
    for kind in [
        "text/plain",
        "text/plain;application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonx",
        "text/json",
        "application/json,text/plain",
        "",
    ] {
        let answer = rig
            .send("POST", path, &[("Content-Type", kind)], body)
            .await;
        assert_eq!(answer.status, 415, "{kind:?}");
    }
    assert_eq!(rig.send("POST", path, &[], body).await.status, 415);
    assert_eq!(rig.asked(), []);
    for kind in ["application/json", "Application/JSON; charset=utf-8"] {
        let answer = rig
            .send("POST", path, &[("Content-Type", kind)], body)
            .await;
        assert_eq!(answer.status, 200, "{kind:?}");
    }
}

async fn chunks_are_capped_and_timed(by: Transport) {
    let limits = Limits {
        body_timeout: Duration::from_millis(300),
        ..Limits::default()
    };
    let rig = Rig::with_limits(by, false, yes, limits).await;
    let mut many = String::new();
    for _ in 0..40 {
        many.push_str(&format!("200\r\n{}\r\n", " ".repeat(512)));
    }
    let said = talk(&rig, &act(&rig, "Transfer-Encoding: chunked\r\n", &many)).await;
    assert_eq!(statuses(&said)[0], 413);
    let said = talk(
        &rig,
        &act(&rig, "Transfer-Encoding: chunked\r\n", "1\r\n{\r\n"),
    )
    .await;
    assert_eq!(statuses(&said), [408]);
    assert_eq!(rig.asked(), []);
}

async fn a_silent_client_is_cut(by: Transport) {
    let limits = Limits {
        header_timeout: Duration::from_millis(300),
        ..Limits::default()
    };
    let rig = Rig::with_limits(by, false, yes, limits).await;
    // Silent from the start, and silent after an answer that left the connection open.
    let ask = format!("GET /healthz HTTP/1.1\r\nHost: {}\r\n\r\n", rig.address());
    for first in ["", &ask] {
        let mut stream = rig.connect().await;
        stream.write_all(first.as_bytes()).await.expect("sent");
        stream.flush().await.expect("sent");
        let mut said = Vec::new();
        let reading = stream.read_to_end(&mut said);
        // A reset is as good as an end.
        let _ = tokio::time::timeout(Duration::from_secs(20), reading)
            .await
            .expect("the box closes");
        assert_eq!(said.starts_with(b"HTTP/1.1 200"), !first.is_empty());
    }
}

async fn a_client_that_does_not_read_is_cut(by: Transport) {
    let limits = Limits {
        connections: 1,
        send_timeout: Duration::from_secs(1),
        ..Limits::default()
    };
    let rig = Rig::with_limits(by, false, yes, limits).await;
    let ask = format!("GET /app.js HTTP/1.1\r\nHost: {}\r\n\r\n", rig.address());
    let mut stream = rig.connect().await;
    // More than the buffers of both ends hold, asked for without ever reading.
    let flood = async { while stream.write_all(ask.as_bytes()).await.is_ok() {} };
    let _ = tokio::time::timeout(Duration::from_secs(3), flood).await;
    // Its place comes back though the connection is still held here.
    for _ in 0..200 {
        let said = talk(&rig, ask.replace("/app.js", "/healthz").as_bytes()).await;
        if statuses(&said) == [200] {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("a client that never reads keeps its place");
}

async fn what_was_asked_in_one_breath_is_answered_in_order(by: Transport) {
    let rig = Rig::start_by(by, false, yes).await;
    let own = rig.address();
    let text = format!(
        "GET /healthz HTTP/1.1\r\nHost: {own}\r\n\r\nGET /nowhere HTTP/1.1\r\nHost: {own}\r\n\r\n\
         GET /healthz HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
    );
    let said = talk(&rig, text.as_bytes()).await;
    assert_eq!(
        statuses(&said),
        [200, 404, 421],
        "each is looked at by itself"
    );
}

async fn json_that_is_too_deep_or_said_twice(by: Transport) {
    let rig = Rig::start_by(by, false, yes).await;
    let path = "/api/v1/cases/k7m2p9xq/resolve";
    for body in [
        "[".repeat(8000),
        "{\"worked\":".repeat(1500),
        "{\"worked\":true,\"worked\":true}".into(),
        "{\"worked\":true}{\"worked\":true}".into(),
        "{\"worked\":1e999999}".into(),
        "{\"worked\":\"\\ud800\"}".into(),
        "\u{feff}{\"worked\":true}".into(),
        "null".into(),
        "{}".into(),
    ] {
        let answer: Answer = rig.post(path, &body).await;
        let shown: String = body.chars().take(30).collect();
        assert_eq!(answer.status, 400, "{shown}");
    }
    assert_eq!(rig.asked(), []);
}

async fn what_a_client_says_stays_out_of_the_headers(by: Transport) {
    let rig = Rig::start_by(by, false, yes).await;
    for path in [
        "/?lang=id%0d%0aSet-Cookie:%20a=b",
        "/api/v1/cases/%0d%0aSet-Cookie:%20a=b",
        "/devices/%0d%0aSet-Cookie:%20a=b",
        "/api/v1/devices?q=%0d%0aSet-Cookie:%20a=b",
    ] {
        let answer = rig.get(path).await;
        let cookie = answer.header("set-cookie");
        assert!(
            cookie.is_none_or(|cookie| !cookie.contains("a=b")),
            "{path}"
        );
    }
}
