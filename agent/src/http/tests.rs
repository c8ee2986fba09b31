//! The shell over real TCP, plain and by HTTPS, with a core that answers by script.

/// Makes a test of each function for both doors: plain HTTP and HTTPS.
macro_rules! by_both_doors {
    ($($name:ident)*) => {
        mod plain {
            $(#[tokio::test]
            async fn $name() {
                super::$name($crate::http::session::Transport::Plain).await;
            })*
        }
        mod tls {
            $(#[tokio::test]
            async fn $name() {
                super::$name($crate::http::session::Transport::Tls).await;
            })*
        }
    };
}

mod limits;
mod noise;
mod pairing;
mod passwords;
mod routes;
mod shapes;
mod tls;
mod update;

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use resetbox_core::policy::Language;
use resetbox_core::record::AuditEntry;
use resetbox_core::request::CaseId;
use resetbox_core::view::{CasePhase, CaseView, DeviceView, Feed, LinkView};
use resetbox_core::{Channel, Mono, Problem, ProblemKind, Reply, Request, View};
use resetbox_view::{Geometry, samples};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::{broadcast, mpsc, watch};
use tokio_rustls::TlsConnector;

use super::session::Transport;
use super::{HttpConfig, Limits, Server, Services};
use crate::bus::{BookAnswer, Books, Bus, Input};
use crate::card::Card;

/// A served shell and the ends that the core would hold.
struct Rig {
    door: Door,
    view: watch::Sender<Arc<View>>,
    feed: broadcast::Sender<Feed>,
    asked: Arc<Mutex<Vec<Request>>>,
    pressed: Arc<Mutex<Vec<String>>>,
}

type Script = fn(&Request) -> Reply;

/// The books of a box that has done one thing.
struct OneLine;

impl Books for OneLine {
    fn audit(&self, _limit: usize) -> BookAnswer<'_, Vec<AuditEntry>> {
        Box::pin(std::future::ready(Ok(vec![AuditEntry {
            number: 1,
            wall: None,
            what: "case-opened".into(),
            channel: Some(Channel::Panel),
            case: None,
            serial: Some("=DS842150".into()),
            detail: "asked once".into(),
        }])))
    }

    fn probe(&self) -> BookAnswer<'_, ()> {
        Box::pin(std::future::ready(Ok(())))
    }
}

/// The view with this name among the samples.
fn sample(name: &str) -> View {
    let mut all = samples(Language::En).into_iter();
    all.find(|(known, _)| *known == name)
        .expect("a sample of this name")
        .1
}

impl Rig {
    async fn start(pin_required: bool, script: Script) -> Self {
        Self::start_by(Transport::Plain, pin_required, script).await
    }

    async fn start_by(by: Transport, pin_required: bool, script: Script) -> Self {
        Self::with_limits(by, pin_required, script, Limits::default()).await
    }

    async fn with_limits(
        by: Transport,
        pin_required: bool,
        script: Script,
        limits: Limits,
    ) -> Self {
        Self::whole(by, pin_required, script, limits, None).await
    }

    async fn with_card(by: Transport, pin_required: bool, script: Script, card: Arc<Card>) -> Self {
        Self::whole(by, pin_required, script, Limits::default(), Some(card)).await
    }

    async fn whole(
        by: Transport,
        pin_required: bool,
        script: Script,
        limits: Limits,
        card: Option<Arc<Card>>,
    ) -> Self {
        let (inputs, mut queue) = mpsc::channel(64);
        let (view, reader) = watch::channel(Arc::new(fixture()));
        let feed = broadcast::Sender::new(64);
        let (asked, pressed) = (Arc::default(), Arc::default());
        let rig_asked: Arc<Mutex<Vec<Request>>> = Arc::clone(&asked);
        let rig_pressed: Arc<Mutex<Vec<String>>> = Arc::clone(&pressed);
        tokio::spawn(async move {
            while let Some(input) = queue.recv().await {
                match input {
                    Input::Request { request, reply, .. } => {
                        let answer = script(&request);
                        rig_asked.lock().expect("no panic").push(request);
                        // Whoever asked may have gone away.
                        let _ = reply.send(answer);
                    }
                    Input::Button(button, edge) => {
                        rig_pressed
                            .lock()
                            .expect("no panic")
                            .push(format!("{button:?} {edge:?}"));
                    }
                    _ => {}
                }
            }
        });
        let bus = Bus {
            inputs,
            view: reader,
            feed: feed.clone(),
            books: Arc::new(OneLine),
        };
        let door = Door::open(by, bus, pin_required, limits, card).await;
        Self {
            door,
            view,
            feed,
            asked,
            pressed,
        }
    }

    fn asked(&self) -> Vec<Request> {
        self.asked.lock().expect("no panic").clone()
    }

    async fn get(&self, path: &str) -> Answer {
        self.door.send("GET", path, &[], "").await
    }

    async fn post(&self, path: &str, body: &str) -> Answer {
        self.door.post(path, body).await
    }

    async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        self.door.send(method, path, headers, body).await
    }

    async fn raw(&self, bytes: &[u8]) -> Answer {
        self.door.raw(bytes).await
    }

    async fn connect(&self) -> Stream {
        self.door.connect().await
    }

    fn address(&self) -> SocketAddr {
        self.door.address
    }
}

/// A served shell from outside.
struct Door {
    by: Transport,
    address: SocketAddr,
    folder: tempfile::TempDir,
}

/// A connection of either kind.
type Stream = Box<dyn Both>;

trait Both: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Both for T {}

impl Door {
    async fn open(
        by: Transport,
        bus: Bus,
        pin_required: bool,
        limits: Limits,
        card: Option<Arc<Card>>,
    ) -> Self {
        let here: Vec<SocketAddr> = vec!["127.0.0.1:0".parse().expect("an address")];
        let (listen, listen_tls) = match by {
            Transport::Plain => (here, Vec::new()),
            Transport::Tls => (Vec::new(), here),
        };
        let config = HttpConfig {
            listen,
            listen_tls,
            ..HttpConfig::default()
        };
        let mut server = Server::bind(config).await.expect("a free port");
        server.limits = limits;
        let address = [server.addresses(), server.secured_addresses()].concat()[0];
        let folder = tempfile::tempdir().expect("a folder");
        tokio::spawn(server.run(Services {
            bus,
            pin_required,
            geometry: Geometry::SQUARE,
            mirror_secrets: false,
            certificate: folder.path().join(CERTIFICATE),
            card,
            extra: None,
        }));
        Self {
            by,
            address,
            folder,
        }
    }

    async fn post(&self, path: &str, body: &str) -> Answer {
        self.send("POST", path, &[("Content-Type", "application/json")], body)
            .await
    }

    async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut text = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
        if !headers.iter().any(|(name, _)| *name == "Host") {
            text.push_str(&format!("Host: {}\r\n", self.address));
        }
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        if !body.is_empty() {
            text.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        text.push_str("\r\n");
        text.push_str(body);
        self.raw(text.as_bytes()).await
    }

    /// Sends bytes and reads until the box closes.
    async fn raw(&self, bytes: &[u8]) -> Answer {
        let mut stream = self.connect().await;
        stream.write_all(bytes).await.expect("the box reads");
        stream.flush().await.expect("the box reads");
        read_to_end(&mut stream).await
    }

    async fn connect(&self) -> Stream {
        self.connect_from([127, 0, 0, 1].into()).await
    }

    /// A connection from another address of this machine; all of 127/8 is ours.
    async fn connect_from(&self, source: IpAddr) -> Stream {
        let stream = self.tcp(source).await;
        match self.by {
            Transport::Plain => Box::new(stream),
            Transport::Tls => {
                let name = ServerName::try_from("rb-4f21c0.local").expect("a name");
                let path = self.folder.path().join(CERTIFICATE);
                for _ in 0..12_000 {
                    if path.exists() {
                        break;
                    }
                    // The box makes it.
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                let connector = trusting(&path);
                let stream = connector.connect(name, stream).await;
                Box::new(stream.expect("the box's own certificate, and its own name"))
            }
        }
    }

    async fn tcp(&self, source: IpAddr) -> TcpStream {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind((source, 0).into()).expect("a free port");
        socket.connect(self.address).await.expect("the box listens")
    }
}

const CERTIFICATE: &str = "resetbox.tls.pem";

/// A client that trusts the certificate in this file and nothing else.
fn trusting(path: &Path) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    let certificate = CertificateDer::from_pem_file(path).expect("a certificate");
    roots.add(certificate).expect("one that can be trusted");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring speaks them")
        .with_root_certificates(roots)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}

struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn parse(bytes: &[u8]) -> Self {
        let at = bytes
            .windows(4)
            .position(|w| w == b"\r\n\r\n")
            .expect("a whole head");
        let head = String::from_utf8_lossy(&bytes[..at]).into_owned();
        let status = head.split(' ').nth(1).and_then(|word| word.parse().ok());
        Self {
            status: status.expect("a status"),
            head,
            body: bytes[at + 4..].to_vec(),
        }
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("text")
    }

    fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }
}

async fn read_to_end(stream: &mut Stream) -> Answer {
    let mut bytes = Vec::new();
    tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut bytes))
        .await
        .expect("the box closes")
        .expect("no reset before the answer was read");
    Answer::parse(&bytes)
}

/// What the device gave as its code, with characters that must survive every form.
const CODE: &str = "MjAxQ+/=0123456789abcdefDS-2CD2385G1-I20190412AAWRC842150";

/// A view with two devices, one of them hostile, and a case of the first whose code is here.
fn fixture() -> View {
    let mut view = sample("qr-128");
    let device = DeviceView {
        mac: "44-47-cc-37-ce-81".parse().expect("a MAC"),
        model: "DS-2CD2385G1-I".into(),
        serial: "DS-2CD2385G1-I20190412AAWRC842150".into(),
        serial_tail: "842150".into(),
        ipv4: Some([192, 168, 1, 64].into()),
        http_port: Some(80),
        firmware: "V5.6.3 build 190923".into(),
        brand: None,
        activated: true,
        way: sadp::Way::TypedKey,
        owner_ways: sadp::OwnerWays::default(),
        can_sync: false,
        recorder: false,
        may_refuse: false,
        cloud_bound: false,
        boot_time: None,
        links: vec!["eth0".into()],
        doubled_serial: false,
        doubled_mac: false,
        first_seen: Mono(0),
        last_seen: view.at,
        gone: false,
        lamp: resetbox_core::view::Lamp::Unknown,
        case: Some(CaseId("k7m2p9xq".into())),
        case_open: true,
        other: vec![("Odd".into(), "1".into())],
    };
    let hostile = DeviceView {
        mac: "02-00-00-00-00-01".parse().expect("a MAC"),
        model: "<script>alert(1)</script>".into(),
        serial: "=HYPERLINK(\"http://evil\")".into(),
        case: None,
        case_open: false,
        ..device.clone()
    };
    let case = CaseView {
        id: CaseId("k7m2p9xq".into()),
        kind: resetbox_core::request::CaseKind::Reset,
        mac: device.mac,
        model: device.model.clone(),
        serial: device.serial.clone(),
        serial_tail: device.serial_tail.clone(),
        ipv4: device.ipv4,
        firmware: device.firmware.clone(),
        typed_key: true,
        can_sync: false,
        phase: CasePhase::Awaiting,
        device_code: Some(CODE.into()),
        issued: None,
        left: Some(Duration::from_secs(3600)),
        left_at_most: false,
        may_be_void: false,
        tries_left: Some(4),
        lock_minutes: None,
        problem: Some(Problem {
            tries_left: Some(4),
            ..Problem::new(ProblemKind::KeyWrong)
        }),
        doubt: None,
        must_insist: None,
        submission: None,
        sync_cameras: false,
        attempts: 1,
        device_present: true,
        login: None,
    };
    view.links = vec![LinkView {
        name: "eth0".into(),
        carrier: true,
        speed_mbit: Some(100),
        addresses: vec![([192, 168, 1, 10].into(), 24)],
        udp: true,
        packet: true,
        probes: 3,
        answers: 2,
        answers_raw_only: 0,
        dropped: 0,
        devices: 2,
    }];
    view.devices = vec![Arc::new(device), Arc::new(hostile)];
    view.cases = vec![case];
    view
}
