//! Updates of the box's system over HTTP.

use std::sync::Arc;

use resetbox_core::request::Done;
use resetbox_core::view::{CasePhase, LoginView};

use super::super::session::Transport;
use super::{Answer, Rig};
use crate::card::tests::{Bench, ROOT};

by_both_doors! {
    an_update_is_sent_confirmed_and_started
    a_box_without_the_image_says_so
    what_is_no_update_is_refused_with_words
    nobody_without_a_session_or_from_another_page_sends_one
    a_restart_waits_for_a_reset
}

fn yes(_: &resetbox_core::Request) -> resetbox_core::Reply {
    Ok(Done::Ok)
}

async fn send(rig: &Rig, bytes: &[u8], more: &str) -> Answer {
    let head = format!(
        "POST /api/v1/update HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\
         Content-Type: application/octet-stream\r\n{more}Content-Length: {}\r\n\r\n",
        rig.address(),
        bytes.len()
    );
    rig.raw(&[head.as_bytes(), bytes].concat()).await
}

async fn an_update_is_sent_confirmed_and_started(by: Transport) {
    let bench = Bench::new();
    let rig = Rig::with_card(by, false, yes, bench.card()).await;
    let before = rig.get("/api/v1/update").await.json();
    assert_eq!(before["stage"], "empty");
    assert_eq!(before["version"], "1.0.0");
    let answer = send(&rig, &bench.update("1.2.3", "6.1-box", ROOT), "").await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["stage"], "received");
    assert_eq!(answer.json()["next"], "1.2.3");
    let other = rig
        .post("/api/v1/update/start", r#"{"version":"1.2.30"}"#)
        .await;
    assert_eq!(other.status, 409, "{}", other.text());
    assert!(!bench.there("ready"));
    let started = rig
        .post("/api/v1/update/start", r#"{"version":"1.2.3"}"#)
        .await;
    assert_eq!(started.status, 200, "{}", started.text());
    assert_eq!(started.json()["stage"], "starting");
    assert!(bench.there("ready"));
    let again = send(&rig, &bench.update("1.2.4", "6.1-box", ROOT), "").await;
    assert_eq!(again.status, 409, "{}", again.text());
}

async fn a_box_without_the_image_says_so(by: Transport) {
    let rig = Rig::start_by(by, false, yes).await;
    for answer in [rig.get("/api/v1/update").await, send(&rig, b"x", "").await] {
        assert_eq!(answer.status, 404, "{}", answer.text());
        assert_eq!(answer.json()["type"], "urn:resetbox:problem:no-card");
    }
    assert_eq!(
        rig.get("/api/v1/state").await.json()["box"]["updates"],
        false
    );
}

async fn what_is_no_update_is_refused_with_words(by: Transport) {
    let bench = Bench::new();
    let rig = Rig::with_card(by, false, yes, bench.card()).await;
    assert_eq!(
        rig.get("/api/v1/state").await.json()["box"]["updates"],
        true
    );
    // More than a piece of the wrong thing: the words must arrive all the same.
    let wrong = send(&rig, &b"PK\x03\x04".repeat(2100), "").await;
    assert_eq!(wrong.status, 413, "{}", wrong.text());
    let wrong = send(&rig, &b"PK\x03\x04".repeat(1500), "").await;
    assert_eq!(wrong.status, 422, "{}", wrong.text());
    assert!(wrong.text().contains("its first line"), "{}", wrong.text());
    let mut torn = bench.update("1.2.3", "6.1-box", ROOT);
    torn.pop();
    let torn = send(&rig, &torn, "").await;
    assert_eq!(torn.status, 422);
    assert!(torn.text().contains("cut short"), "{}", torn.text());
    let form = rig.post("/api/v1/update", "{}").await;
    assert_eq!(form.status, 415, "{}", form.text());
    assert_eq!(rig.get("/api/v1/update").await.json()["stage"], "empty");
    assert!(!bench.there("received") && !bench.there("incoming"));
    let none = rig
        .post("/api/v1/update/start", r#"{"version":"1.2.3"}"#)
        .await;
    assert_eq!(none.status, 409);
}

async fn nobody_without_a_session_or_from_another_page_sends_one(by: Transport) {
    let bench = Bench::new();
    let rig = Rig::with_card(by, true, yes, bench.card()).await;
    let file = bench.update("1.2.3", "6.1-box", ROOT);
    assert_eq!(send(&rig, &file, "").await.status, 401);
    let start = rig
        .post("/api/v1/update/start", r#"{"version":"1.2.3"}"#)
        .await;
    assert_eq!(start.status, 401);
    assert_eq!(
        rig.send("DELETE", "/api/v1/update", &[], "").await.status,
        401
    );
    let rig = Rig::with_card(by, false, yes, bench.card()).await;
    let foreign = send(&rig, &file, "Origin: http://evil.example\r\n").await;
    assert_eq!(foreign.status, 403);
    assert!(!bench.there("received"));
}

async fn a_restart_waits_for_a_reset(by: Transport) {
    let bench = Bench::new();
    let rig = Rig::with_card(by, false, yes, bench.card()).await;
    let answer = send(&rig, &bench.update("1.2.3", "6.1-box", ROOT), "").await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let phase = |phase| {
        rig.view.send_modify(|view| {
            let view = Arc::make_mut(view);
            view.cases.truncate(1);
            view.cases[0].phase = phase;
            view.cases[0].login = None;
        });
    };
    phase(CasePhase::Ready);
    assert_eq!(rig.get("/api/v1/update").await.json()["busy"], true);
    let refused = rig
        .post("/api/v1/update/start", r#"{"version":"1.2.3"}"#)
        .await;
    assert_eq!(refused.status, 409, "{}", refused.text());
    assert_eq!(
        refused.json()["type"],
        "urn:resetbox:problem:case-under-way"
    );
    assert!(!bench.there("ready"));
    for (state, busy) in [
        (CasePhase::Exporting, true),
        (CasePhase::Exchanging, true),
        (CasePhase::Sending, true),
        (CasePhase::Unclear, false),
        (CasePhase::Done, false),
        (CasePhase::Awaiting, false),
    ] {
        phase(state);
        let told = rig.get("/api/v1/update").await.json()["busy"].clone();
        assert_eq!(told, busy, "{state:?}");
    }
    rig.view.send_modify(|view| {
        Arc::make_mut(view).cases[0].login = Some(LoginView::Checking);
    });
    assert_eq!(rig.get("/api/v1/update").await.json()["busy"], true);
    phase(CasePhase::Awaiting);
    let thrown = rig.send("DELETE", "/api/v1/update", &[], "").await;
    assert_eq!(thrown.json()["stage"], "empty");
    let gone = rig
        .post("/api/v1/update/start", r#"{"version":"1.2.3"}"#)
        .await;
    assert_eq!(gone.status, 409, "{}", gone.text());
}
