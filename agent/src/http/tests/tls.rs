//! What only HTTPS has: its certificate, its handshake, its cookie, and a plain door that does not need it.

use std::time::Duration;

use resetbox_core::Request;
use resetbox_core::request::Done;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::super::Limits;
use super::super::session::Transport;
use super::{Answer, Rig, read_to_end, trusting};

fn admit(request: &Request) -> resetbox_core::Reply {
    Ok(match request {
        Request::EnterPin { .. } => Done::Admitted,
        _ => Done::Ok,
    })
}

async fn quick() -> Rig {
    let limits = Limits {
        handshake_timeout: Duration::from_secs(1),
        header_timeout: Duration::from_secs(1),
        ..Limits::default()
    };
    Rig::with_limits(Transport::Tls, true, admit, limits).await
}

/// Reads until the box closes, one way or the other.
async fn until_closed(stream: &mut (impl tokio::io::AsyncRead + Unpin)) -> Vec<u8> {
    let mut bytes = Vec::new();
    let reading = stream.read_to_end(&mut bytes);
    // A reset is as good as an end.
    let _ = tokio::time::timeout(Duration::from_secs(20), reading)
        .await
        .expect("the box closes");
    bytes
}

#[tokio::test]
async fn the_certificate_names_the_box_and_its_addresses_and_nobody_else() {
    let rig = quick().await;
    // Makes sure that the certificate is there.
    assert_eq!(rig.get("/healthz").await.status, 200);
    let connector = trusting(&rig.door.folder.path().join(super::CERTIFICATE));
    for (name, good) in [
        ("rb-4f21c0", true),
        ("rb-4f21c0.local", true),
        ("192.168.1.10", true),
        ("192.168.1.11", false),
        ("rb-000001.local", false),
        ("evil.example", false),
    ] {
        let stream = rig.door.tcp([127, 0, 0, 1].into()).await;
        let name_there = ServerName::try_from(name).expect("a name");
        let outcome = connector.connect(name_there, stream).await;
        assert_eq!(outcome.is_ok(), good, "{name}");
    }
}

#[tokio::test]
async fn a_handshake_that_trickles_or_never_begins_is_cut() {
    let rig = quick().await;
    assert_eq!(rig.get("/healthz").await.status, 200);
    for start in [&b""[..], &[22, 3, 1, 2, 0, 1]] {
        let mut stream = rig.door.tcp([127, 0, 0, 1].into()).await;
        stream.write_all(start).await.expect("sent");
        let said = until_closed(&mut stream).await;
        assert!(!said.starts_with(b"HTTP"), "{start:?}");
    }
    // And after the handshake the time for the headers counts.
    let mut stream = rig.connect().await;
    let said = until_closed(&mut stream).await;
    assert!(!said.starts_with(b"HTTP/1.1 200"));
}

#[tokio::test]
async fn whoever_speaks_plain_http_to_it_is_told() {
    let rig = quick().await;
    assert_eq!(rig.get("/healthz").await.status, 200);
    let mut stream = rig.door.tcp([127, 0, 0, 1].into()).await;
    stream
        .write_all(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        .await
        .expect("sent");
    let answer = Answer::parse(&until_closed(&mut stream).await);
    assert_eq!(answer.status, 400);
    assert!(answer.text().contains("https://"), "{}", answer.text());
}

#[tokio::test]
async fn tls_spoken_to_the_plain_door_is_no_request() {
    let rig = Rig::start(true, admit).await;
    let mut stream = rig.connect().await;
    stream
        .write_all(&[22, 3, 1, 0, 5, 1, 0, 0, 1, 3, b'\r', b'\n', b'\r', b'\n'])
        .await
        .expect("sent");
    let answer = read_to_end(&mut stream).await;
    assert_eq!((answer.status, rig.asked().len()), (400, 0));
}

#[tokio::test]
async fn the_cookie_of_one_door_does_not_open_the_other() {
    for (by, other) in [
        (Transport::Tls, Transport::Plain),
        (Transport::Plain, Transport::Tls),
    ] {
        let rig = Rig::start_by(by, true, admit).await;
        let opened = rig.post("/api/v1/session", "{\"pin\":\"4821\"}").await;
        let set = opened.header("set-cookie").expect("a cookie").to_owned();
        let value = set
            .split(['=', ';'])
            .nth(1)
            .expect("name and value")
            .to_owned();
        for (name, status) in [(by.cookie_name(), 200), (other.cookie_name(), 401)] {
            let cookie = format!("{name}={value}");
            let answer = rig
                .send("POST", "/api/v1/scan", &[("Cookie", &cookie)], "")
                .await;
            assert_eq!(answer.status, status, "{name} by {by:?}");
        }
    }
}

#[tokio::test]
async fn a_page_that_came_plain_may_not_act_by_https() {
    let rig = Rig::start_by(Transport::Tls, false, admit).await;
    for (scheme, status) in [("http", 403), ("https", 200)] {
        let origin = format!("{scheme}://{}", rig.address());
        let answer = rig
            .send("POST", "/api/v1/scan", &[("Origin", &origin)], "")
            .await;
        assert_eq!(answer.status, status, "{scheme}");
    }
}

/// The core's end of a bus: what the shell reports.
fn bus() -> (
    crate::bus::Bus,
    tokio::sync::mpsc::Receiver<crate::bus::Input>,
    tokio::sync::watch::Sender<std::sync::Arc<resetbox_core::View>>,
) {
    let (inputs, queue) = tokio::sync::mpsc::channel(64);
    let (view, reader) = tokio::sync::watch::channel(std::sync::Arc::new(super::fixture()));
    let bus = crate::bus::Bus {
        inputs,
        view: reader,
        feed: tokio::sync::broadcast::Sender::new(4),
        books: std::sync::Arc::new(super::OneLine),
    };
    (bus, queue, view)
}

async fn reports(
    listen: Vec<std::net::SocketAddr>,
    listen_tls: Vec<std::net::SocketAddr>,
    count: usize,
) -> Vec<resetbox_core::event::Health> {
    let (bus, mut queue, _view) = bus();
    let folder = tempfile::tempdir().expect("a folder");
    let config = super::super::HttpConfig {
        listen,
        listen_tls,
        ..super::super::HttpConfig::default()
    };
    let services = super::super::Services {
        bus,
        pin_required: true,
        geometry: resetbox_view::Geometry::SQUARE,
        mirror_secrets: false,
        certificate: folder.path().join(super::CERTIFICATE),
        card: None,
        extra: None,
    };
    let serving = tokio::spawn(super::super::serve(config, services));
    let mut heard = Vec::new();
    while heard.len() < count {
        let input = tokio::time::timeout(Duration::from_secs(20), queue.recv()).await;
        if let Some(crate::bus::Input::Health(health)) = input.expect("a report") {
            heard.push(health);
        }
    }
    serving.abort();
    heard
}

#[tokio::test]
async fn a_taken_port_is_told_and_does_not_stop_the_other_door() {
    use resetbox_core::event::Health;
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let taken = taken.local_addr().map(|address| (taken, address));
    let (_held, busy) = taken.expect("an address");
    let free = "127.0.0.1:0".parse().expect("an address");
    let heard = reports(vec![free], vec![busy], 2).await;
    assert!(
        heard.iter().any(
            |h| matches!(h, Health::Http(Ok(urls)) if urls[0].starts_with("http://127.0.0.1:"))
        ),
        "{heard:?}"
    );
    assert!(
        heard
            .iter()
            .any(|h| matches!(h, Health::Https(Err(text)) if text.contains("[http] listen_tls"))),
        "{heard:?}"
    );
    let heard = reports(vec![busy], vec![free], 2).await;
    assert!(
        heard
            .iter()
            .any(|h| matches!(h, Health::Http(Err(text)) if text.contains("[http] listen"))),
        "{heard:?}"
    );
    assert!(
        heard.iter().any(
            |h| matches!(h, Health::Https(Ok(s)) if s.urls[0].starts_with("https://127.0.0.1:"))
        ),
        "{heard:?}"
    );
}
