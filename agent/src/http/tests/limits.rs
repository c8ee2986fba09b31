//! Each limit, met by somebody who does not keep it.

use std::time::Duration;

use resetbox_core::request::Done;
use resetbox_core::{Problem, ProblemKind, Request};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::super::Limits;
use super::super::session::Transport;
use super::{Answer, Rig, read_to_end};

by_both_doors! {
    headers_that_trickle_are_cut
    a_body_that_trickles_is_cut
    the_33rd_connection_is_told_to_come_back
    one_address_cannot_take_all_places
    a_large_body_is_refused_with_its_limit
    too_many_or_too_long_headers_are_refused
    paths_lead_nowhere_else
    only_the_box_s_own_names_and_pages_are_served
    a_form_of_another_site_is_no_json
    without_a_session_nothing_acts_and_no_secret_leaves
    the_pin_opens_a_session_that_acts_until_it_is_closed
    a_slowed_pin_says_how_long_to_wait
    unknown_fields_are_refused_by_name_and_values_are_not_repeated
    one_stream_too_many_is_refused_and_places_come_back
    every_answer_carries_the_browser_s_orders
}

fn yes(_: &Request) -> resetbox_core::Reply {
    Ok(Done::Ok)
}

async fn headers_that_trickle_are_cut(by: Transport) {
    let limits = Limits {
        header_timeout: Duration::from_millis(300),
        ..Limits::default()
    };
    let rig = Rig::with_limits(by, false, yes, limits).await;
    let mut stream = rig.connect().await;
    stream
        .write_all(b"GET / HTTP/1.1\r\nHost: 127")
        .await
        .expect("sent");
    for _ in 0..20 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        // Cut is what we want; a write may meet it first.
        if stream.write_all(b"x").await.is_err() {
            return;
        }
    }
    let mut rest = Vec::new();
    // A reset is as good as an end.
    let _ = stream.read_to_end(&mut rest).await;
    assert!(
        !rest.starts_with(b"HTTP/1.1 200"),
        "a trickling client was served"
    );
}

async fn a_body_that_trickles_is_cut(by: Transport) {
    let limits = Limits {
        body_timeout: Duration::from_millis(300),
        ..Limits::default()
    };
    let rig = Rig::with_limits(by, false, yes, limits).await;
    let mut stream = rig.connect().await;
    let head = format!(
        "POST /api/v1/cases HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n\
         Content-Length: 100\r\nConnection: close\r\n\r\n{{",
        rig.address()
    );
    stream.write_all(head.as_bytes()).await.expect("sent");
    let answer = read_to_end(&mut stream).await;
    assert_eq!(answer.status, 408, "{}", answer.text());
    assert_eq!(rig.asked(), []);
}

async fn the_33rd_connection_is_told_to_come_back(by: Transport) {
    let limits = Limits {
        per_address: 100,
        ..Limits::default()
    };
    let rig = Rig::with_limits(by, false, yes, limits).await;
    let mut held = Vec::new();
    for _ in 0..32 {
        let mut stream = rig.connect().await;
        stream.write_all(b"GET / HTTP/1.1\r\n").await.expect("sent");
        held.push(stream);
    }
    let answer = rig.get("/healthz").await;
    assert_eq!(answer.status, 503);
    assert!(answer.header("retry-after").is_some());
    assert!(answer.json()["hint"].is_string());
    drop(held);
    for _ in 0..50 {
        if rig.get("/healthz").await.status == 200 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the places were not given back");
}

async fn one_address_cannot_take_all_places(by: Transport) {
    let rig = Rig::start_by(by, false, yes).await;
    let mut held = Vec::new();
    for _ in 0..16 {
        let mut stream = rig.connect().await;
        stream.write_all(b"GET / HTTP/1.1\r\n").await.expect("sent");
        held.push(stream);
    }
    assert_eq!(rig.get("/healthz").await.status, 503);
    let mut stream = rig.door.connect_from([127, 0, 0, 2].into()).await;
    let ask = format!(
        "GET /healthz HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
        rig.address()
    );
    stream.write_all(ask.as_bytes()).await.expect("sent");
    assert_eq!(read_to_end(&mut stream).await.status, 200);
}

async fn a_large_body_is_refused_with_its_limit(by: Transport) {
    let rig = Rig::start_by(by, false, yes).await;
    let long = format!("{{\"mac\":\"{}\"}}", "a".repeat(17_000));
    let answer = rig.post("/api/v1/cases", &long).await;
    assert_eq!(answer.status, 413);
    assert!(
        answer.json()["detail"]
            .as_str()
            .is_some_and(|text| text.contains("16384"))
    );
    assert_eq!(rig.asked(), []);
}

async fn too_many_or_too_long_headers_are_refused(by: Transport) {
    let rig = Rig::start_by(by, false, yes).await;
    let many: String = (0..80).map(|n| format!("X-{n}: y\r\n")).collect();
    let head = format!(
        "GET /healthz HTTP/1.1\r\nHost: {}\r\n{many}\r\n",
        rig.address()
    );
    assert_eq!(rig.raw(head.as_bytes()).await.status, 431);
    let long = "y".repeat(40_000);
    let head = format!(
        "GET /healthz HTTP/1.1\r\nHost: {}\r\nX: {long}\r\n\r\n",
        rig.address()
    );
    assert_eq!(rig.raw(head.as_bytes()).await.status, 431);
}

async fn paths_lead_nowhere_else(by: Transport) {
    let rig = Rig::start_by(by, false, yes).await;
    for path in [
        "/../../etc/passwd",
        "/..%2f..%2fetc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "//etc/passwd",
        "/app.css/../../Cargo.toml",
        "/app.css%00.html",
        "/assets/app.css",
        "/words.json",
        "/api/v1/cases/..%2f..%2fstate",
        "/api/v1/cases/%00",
        "/api/v1/devices/%F0%9F%98%80",
        "/cases/k7m2p9xq/../../../x",
    ] {
        let answer = rig.get(path).await;
        assert!(
            (400..500).contains(&answer.status),
            "{path}: {}",
            answer.status
        );
        assert_eq!(
            answer.header("content-type"),
            Some("application/problem+json"),
            "{path}"
        );
    }
}

async fn only_the_box_s_own_names_and_pages_are_served(by: Transport) {
    let rig = Rig::start_by(by, false, yes).await;
    let rebound = rig
        .send("GET", "/api/v1/state", &[("Host", "evil.example")], "")
        .await;
    assert_eq!(rebound.status, 421);
    assert!(
        rebound.json()["hint"]
            .as_str()
            .is_some_and(|text| text.contains("host_names"))
    );
    let json = ("Content-Type", "application/json");
    for sender in [
        ("Origin", "http://evil.example"),
        ("Origin", "null"),
        ("Sec-Fetch-Site", "cross-site"),
    ] {
        let answer = rig.send("POST", "/api/v1/scan", &[sender, json], "").await;
        assert_eq!(answer.status, 403, "{sender:?}");
    }
    assert_eq!(rig.asked(), []);
    let scheme = match by {
        Transport::Plain => "http",
        Transport::Tls => "https",
    };
    let own = format!("{scheme}://{}", rig.address());
    let answer = rig
        .send("POST", "/api/v1/scan", &[("Origin", &own), json], "")
        .await;
    assert_eq!((answer.status, rig.asked()), (200, vec![Request::Scan]));
}

async fn a_form_of_another_site_is_no_json(by: Transport) {
    let rig = Rig::start_by(by, false, yes).await;
    let body = "{\"mac\":\"44-47-cc-37-ce-81\"}";
    let answer = rig
        .send(
            "POST",
            "/api/v1/cases",
            &[("Content-Type", "text/plain")],
            body,
        )
        .await;
    assert_eq!((answer.status, rig.asked()), (415, vec![]));
}

async fn without_a_session_nothing_acts_and_no_secret_leaves(by: Transport) {
    let rig = Rig::start_by(by, true, yes).await;
    let case = "/api/v1/cases/k7m2p9xq";
    for (method, path, body) in [
        ("POST", "/api/v1/scan".to_owned(), ""),
        (
            "POST",
            "/api/v1/cases".to_owned(),
            "{\"mac\":\"44-47-cc-37-ce-81\"}",
        ),
        ("DELETE", case.to_owned(), ""),
        ("GET", format!("{case}/qr.png"), ""),
        ("GET", format!("{case}/qr.svg"), ""),
        ("GET", format!("{case}/DeviceKey.xml"), ""),
        (
            "POST",
            format!("{case}/key"),
            "{\"key\":\"A7kQ2m9x\",\"new_password\":\"Secret-9\"}",
        ),
        (
            "POST",
            format!("{case}/file"),
            "{\"file\":\"x\",\"new_password\":\"Secret-9\"}",
        ),
        ("POST", format!("{case}/confirm"), "{\"serial\":\"x\"}"),
        ("POST", format!("{case}/withdraw"), ""),
        ("POST", format!("{case}/resolve"), "{\"worked\":true}"),
        (
            "POST",
            "/api/v1/devices/44-47-cc-37-ce-81/lamp".to_owned(),
            "{\"on\":true}",
        ),
        ("POST", "/api/v1/password".to_owned(), ""),
        ("POST", "/api/v1/identify".to_owned(), ""),
        (
            "POST",
            "/api/v1/language".to_owned(),
            "{\"language\":\"id\"}",
        ),
        ("POST", "/api/v1/time".to_owned(), "{\"unix_ms\":1}"),
        ("GET", "/api/v1/audit".to_owned(), ""),
        ("GET", "/api/v1/audit.csv".to_owned(), ""),
        ("GET", "/api/v1/panel".to_owned(), ""),
        ("GET", "/api/v1/panel/frame.png".to_owned(), ""),
        (
            "POST",
            "/api/v1/panel/keys".to_owned(),
            "{\"button\":\"ok\",\"edge\":\"pressed\"}",
        ),
    ] {
        let forged = format!("{}={}", by.cookie_name(), "A".repeat(43));
        for cookie in ["other=1", &forged] {
            let headers = [("Content-Type", "application/json"), ("Cookie", cookie)];
            let answer = rig.send(method, &path, &headers, body).await;
            assert_eq!(answer.status, 401, "{method} {path} with {cookie}");
            assert!(
                answer.json()["hint"]
                    .as_str()
                    .is_some_and(|text| text.contains("PIN"))
            );
        }
    }
    assert_eq!(rig.asked(), []);
    assert_eq!(rig.pressed.lock().expect("no panic").len(), 0);
}

async fn the_pin_opens_a_session_that_acts_until_it_is_closed(by: Transport) {
    let rig = Rig::start_by(by, true, |request| match request {
        Request::EnterPin { pin } if pin.expose() == "4821" => Ok(Done::Admitted),
        Request::EnterPin { .. } => Err(Problem::new(ProblemKind::PinWrong)),
        _ => Ok(Done::Ok),
    })
    .await;
    assert_eq!(
        rig.post("/api/v1/session", "{\"pin\":\"0000\"}")
            .await
            .status,
        403
    );
    let opened = rig.post("/api/v1/session", "{\"pin\":\"4821\"}").await;
    assert_eq!(opened.status, 200);
    let set = opened.header("set-cookie").expect("a cookie");
    let name = match by {
        Transport::Plain => "resetbox_session=",
        Transport::Tls => "__Host-resetbox_session=",
    };
    assert!(set.starts_with(name), "{set}");
    for part in ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=43200"] {
        assert!(set.contains(part), "{set}");
    }
    assert_eq!(set.contains("Secure"), by == Transport::Tls, "{set}");
    let cookie = set.split(';').next().expect("a value");
    let with = |method: &'static str, path: &'static str| {
        let headers = [("Cookie", cookie)];
        let rig = &rig;
        async move { rig.send(method, path, &headers, "").await.status }
    };
    assert_eq!(with("POST", "/api/v1/scan").await, 200);
    assert_eq!(with("DELETE", "/api/v1/session").await, 200);
    assert_eq!(with("POST", "/api/v1/scan").await, 401);
}

async fn a_slowed_pin_says_how_long_to_wait(by: Transport) {
    let rig = Rig::start_by(by, true, |_| {
        Err(Problem::new(ProblemKind::PinSlow { wait_s: 17 }))
    })
    .await;
    let answer = rig.post("/api/v1/session", "{\"pin\":\"0000\"}").await;
    assert_eq!(
        (answer.status, answer.header("retry-after")),
        (429, Some("17"))
    );
    assert!(answer.header("set-cookie").is_none());
    for both in ["{}", "{\"pin\":\"1\",\"token\":\"2\"}"] {
        assert_eq!(rig.post("/api/v1/session", both).await.status, 400);
    }
}

async fn unknown_fields_are_refused_by_name_and_values_are_not_repeated(by: Transport) {
    let rig = Rig::start_by(by, false, yes).await;
    let path = "/api/v1/cases/k7m2p9xq/key";
    let odd = "{\"key\":\"Marker77\",\"new_password\":\"Marker88\",\"colour\":1}";
    let answer = rig.post(path, odd).await;
    assert_eq!(answer.status, 400);
    assert!(answer.text().contains("`colour`") && !answer.text().contains("Marker"));
    let answer = rig.post(path, "{\"key\":\"Marker77\"}").await;
    assert!(
        answer.text().contains("`new_password`"),
        "{}",
        answer.text()
    );
    let answer = rig.get("/api/v1/devices?colour=1").await;
    assert_eq!(answer.status, 400);
    assert!(answer.text().contains("colour"), "{}", answer.text());
    assert_eq!(rig.asked(), []);
}

async fn one_stream_too_many_is_refused_and_places_come_back(by: Transport) {
    let limits = Limits {
        streams: 2,
        ..Limits::default()
    };
    let rig = Rig::with_limits(by, false, yes, limits).await;
    let mut streams = Vec::new();
    for _ in 0..2 {
        let mut stream = rig.connect().await;
        let ask = format!(
            "GET /api/v1/events HTTP/1.1\r\nHost: {}\r\n\r\n",
            rig.address()
        );
        stream.write_all(ask.as_bytes()).await.expect("sent");
        let mut start = [0; 12];
        stream.read_exact(&mut start).await.expect("an answer");
        assert_eq!(&start, b"HTTP/1.1 200");
        streams.push(stream);
    }
    assert_eq!(rig.get("/api/v1/events").await.status, 503);
    drop(streams);
    for _ in 0..50 {
        let mut stream = rig.connect().await;
        let ask = format!(
            "GET /api/v1/events HTTP/1.1\r\nHost: {}\r\n\r\n",
            rig.address()
        );
        stream.write_all(ask.as_bytes()).await.expect("sent");
        let mut start = [0; 12];
        stream.read_exact(&mut start).await.expect("an answer");
        if &start == b"HTTP/1.1 200" {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the places were not given back");
}

async fn every_answer_carries_the_browser_s_orders(by: Transport) {
    let rig = Rig::start_by(by, true, yes).await;
    for path in ["/", "/app.js", "/api/v1/state", "/nowhere", "/api/v1/audit"] {
        let answer: Answer = rig.get(path).await;
        let policy = answer.header("content-security-policy").expect("a policy");
        assert!(
            policy.contains("default-src 'none'") && !policy.contains("unsafe"),
            "{policy}"
        );
        assert_eq!(
            answer.header("x-content-type-options"),
            Some("nosniff"),
            "{path}"
        );
        assert_eq!(
            answer.header("referrer-policy"),
            Some("no-referrer"),
            "{path}"
        );
        let kept = answer.header("cache-control");
        assert_eq!(
            kept,
            Some(if path == "/app.js" {
                "no-cache"
            } else {
                "no-store"
            }),
            "{path}"
        );
    }
}
