//! Whatever bytes arrive: the box answers or closes, acts on nothing, and goes on serving.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRunner};
use resetbox_core::Request;
use resetbox_core::request::Done;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::super::Limits;
use super::super::session::Transport;
use super::Rig;

by_both_doors! {
    noise_never_stops_the_box_and_never_acts
}

/// Conversations of one run; each is a connection.
const RUNS: u32 = 150;

/// Pieces of requests, whole and broken, in any order.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let known = |text: &'static str| Just(text.as_bytes().to_vec());
    let piece = prop_oneof![
        3 => vec(any::<u8>(), 0..40),
        1 => vec(any::<u8>(), 0..3000),
        2 => "[ -~]{0,60}".prop_map(String::into_bytes),
        1 => known("GET /api/v1/state HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"),
        1 => known("POST /api/v1/session HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"),
        1 => known("POST /api/v1/scan HTTP/1.1\r\n"),
        1 => known("DELETE /api/v1/cases/k7m2p9xq HTTP/1.1\r\nHost: 127.0.0.1\r\n"),
        1 => known("Content-Length: 7\r\n"),
        1 => known("Transfer-Encoding: chunked\r\n"),
        1 => known("Cookie: resetbox_session="),
        1 => known("Accept-Language: "),
        1 => known("GET /cases/"),
        1 => known("GET /api/v1/devices?q="),
        1 => known(" HTTP/1.1\r\nHost: 127.0.0.1\r\n"),
        1 => known("{\"pin\":\""),
        1 => known("%"),
        2 => known("\r\n"),
        2 => known("\r\n\r\n"),
    ];
    vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

async fn noise_never_stops_the_box_and_never_acts(by: Transport) {
    let limits = Limits {
        header_timeout: Duration::from_millis(200),
        body_timeout: Duration::from_millis(200),
        handshake_timeout: Duration::from_millis(200),
        ..Limits::default()
    };
    let rig = Rig::with_limits(by, true, |_| Ok(Done::Ok), limits).await;
    // The certificate is there from here on.
    assert_eq!(rig.get("/healthz").await.status, 200);
    let mut runner = TestRunner::new(Config::default());
    println!("seed: {:?}", runner.rng());
    let strategy = bytes();
    for run in 0..RUNS {
        let bytes = strategy.new_tree(&mut runner).expect("no filter").current();
        // Every third one meets the bare socket: over HTTPS that is noise instead of a handshake.
        if run % 3 == 0 {
            let mut stream = rig.door.tcp([127, 0, 0, 1].into()).await;
            converse(&mut stream, &bytes).await;
        } else {
            converse(&mut rig.connect().await, &bytes).await;
        }
    }
    assert_eq!(rig.get("/healthz").await.status, 200);
    let acted = rig
        .asked()
        .into_iter()
        .filter(|request| {
            !matches!(
                request,
                Request::EnterPin { .. } | Request::EnterToken { .. }
            )
        })
        .count();
    assert_eq!(acted, 0, "{:?}", rig.asked());
}

/// The box must close by itself: the client says its piece and waits for the end.
async fn converse(
    stream: &mut (impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin),
    bytes: &[u8],
) {
    // The box may have closed already.
    let _ = stream.write_all(bytes).await;
    let _ = stream.flush().await;
    let mut said = Vec::new();
    let reading = stream.read_to_end(&mut said);
    let outcome = tokio::time::timeout(Duration::from_secs(20), reading).await;
    assert!(outcome.is_ok(), "neither answered nor closed: {bytes:?}");
}
