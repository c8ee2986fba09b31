//! Simulated boxes: MQTT 3.1.1 by hand, as few bytes as the box itself writes.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

use crate::payloads;

/// As the box has it: `KEEP_ALIVE` of agent/src/mqtt/config.rs, the pauses of agent/src/mqtt/shell.rs.
const KEEP_ALIVE: Duration = Duration::from_secs(60);
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
const BASE: &str = "resetbox/v1";

/// What all boxes share: the director's word, and the counts.
pub(crate) struct Stand {
    pub(crate) counters: Counters,
    up: AtomicUsize,
    done: AtomicUsize,
    scene: watch::Sender<Scene>,
}

/// What the boxes play.
#[derive(Copy, Clone, PartialEq, Eq)]
enum Scene {
    Idle,
    WholeCase,
    OpenCase,
}

impl Default for Stand {
    fn default() -> Self {
        Self {
            counters: Counters::default(),
            up: AtomicUsize::new(0),
            done: AtomicUsize::new(0),
            scene: watch::Sender::new(Scene::Idle),
        }
    }
}

impl Stand {
    pub(crate) fn up(&self) -> usize {
        self.up.load(Relaxed)
    }

    pub(crate) fn forget_up(&self) {
        self.up.store(0, Relaxed);
    }

    pub(crate) async fn wait_up(&self, count: usize) {
        while self.up() < count {
            sleep(Duration::from_millis(20)).await;
        }
    }

    pub(crate) fn act_a_case(&self) {
        self.scene.send_replace(Scene::WholeCase);
    }

    pub(crate) fn open_a_case(&self) {
        self.scene.send_replace(Scene::OpenCase);
    }

    pub(crate) async fn wait_cases_done(&self, count: usize, scenes: usize) {
        while self.done.load(Relaxed) < count * scenes {
            sleep(Duration::from_millis(20)).await;
        }
    }
}

/// Packets and bytes of MQTT, all boxes together; without TCP's and TLS's own.
#[derive(Default)]
pub(crate) struct Counters {
    packets_out: AtomicU64,
    packets_in: AtomicU64,
    bytes_out: AtomicU64,
    bytes_in: AtomicU64,
}

impl Counters {
    pub(crate) fn packets_out(&self) -> u64 {
        self.packets_out.load(Relaxed)
    }

    pub(crate) fn packets_in(&self) -> u64 {
        self.packets_in.load(Relaxed)
    }

    pub(crate) fn bytes_out(&self) -> u64 {
        self.bytes_out.load(Relaxed)
    }

    pub(crate) fn bytes_in(&self) -> u64 {
        self.bytes_in.load(Relaxed)
    }

    pub(crate) fn packets(&self) -> u64 {
        self.packets_out() + self.packets_in()
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes_out() + self.bytes_in()
    }

    /// What was counted so far; counting begins anew.
    pub(crate) fn take(&self) -> Self {
        let take = |one: &AtomicU64| AtomicU64::new(one.swap(0, Relaxed));
        Self {
            packets_out: take(&self.packets_out),
            packets_in: take(&self.packets_in),
            bytes_out: take(&self.bytes_out),
            bytes_in: take(&self.bytes_in),
        }
    }
}

/// One box, for as long as the program runs.
pub(crate) async fn play(number: usize, stand: Arc<Stand>, port: u16) {
    let mut pause = FIRST_PAUSE;
    // Which scene was played already survives a lost connection.
    let mut scene = stand.scene.subscribe();
    let mut open = false;
    let mut draws = 0;
    loop {
        let since = Instant::now();
        // However it ended, it is tried again.
        let _ = connection(number, &stand, &mut scene, &mut open, port).await;
        if since.elapsed() >= Duration::from_secs(30) {
            pause = FIRST_PAUSE;
        }
        // Half to one and a half of it, spread evenly over the boxes and anew each time.
        draws += 1;
        let part = ((number + draws * 7919) as f64 * 0.618_033_988_75).fract();
        sleep(pause / 2 + pause.mul_f64(part)).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

async fn connection(
    number: usize,
    stand: &Stand,
    scene: &mut watch::Receiver<Scene>,
    open: &mut bool,
    port: u16,
) -> io::Result<()> {
    let stream = TcpStream::connect(("127.0.0.1", port)).await?;
    stream.set_nodelay(true)?;
    let (read, write) = stream.into_split();
    let mut line = BoxLine {
        number,
        counters: &stand.counters,
        reader: Reader {
            read,
            kept: Vec::new(),
        },
        write,
        packet_id: 0,
        last_out: Instant::now(),
    };
    line.connect().await?;
    line.publish("availability", "online", true).await?;
    line.publish("info", &payloads::info(number), true).await?;
    line.publish(
        "state",
        &payloads::state("listed", usize::from(*open)),
        true,
    )
    .await?;
    line.publish("devices", &payloads::devices(number, *open), true)
        .await?;
    if *open {
        line.publish(
            "cases/k7m2p9xq/state",
            &payloads::case(number, "awaiting", 0),
            true,
        )
        .await?;
    }
    stand.up.fetch_add(1, Relaxed);
    loop {
        tokio::select! {
            changed = scene.changed() => {
                if changed.is_err() {
                    return Ok(());
                }
                let now = *scene.borrow_and_update();
                line.case(now == Scene::OpenCase).await?;
                *open = now == Scene::OpenCase;
                stand.done.fetch_add(1, Relaxed);
            }
            came = line.reader.packet(&stand.counters) => line.acknowledge(&came?).await?,
            () = sleep_until(line.last_out + KEEP_ALIVE) => line.send(&[0xc0, 0]).await?,
        }
    }
}

/// A connection of a box.
struct BoxLine<'a> {
    number: usize,
    counters: &'a Counters,
    reader: Reader,
    write: OwnedWriteHalf,
    packet_id: u16,
    last_out: Instant,
}

impl BoxLine<'_> {
    async fn connect(&mut self) -> io::Result<()> {
        let id = payloads::id(self.number);
        let mut body = b"\x00\x04MQTT\x04".to_vec();
        // A will, retained, QoS 1; a new session.
        body.push(0b0010_1110);
        body.extend_from_slice(&60_u16.to_be_bytes());
        text(&mut body, &id);
        text(&mut body, &format!("{BASE}/{id}/availability"));
        text(&mut body, "offline");
        self.send(&packet(0x10, &body)).await?;
        self.answer(0x20).await?;
        let mut body = vec![0, 1];
        text(&mut body, &format!("{BASE}/{id}/cmd/+"));
        body.push(1);
        self.send(&packet(0x82, &body)).await?;
        self.answer(0x90).await
    }

    /// Publishes with QoS 1 and waits for the acknowledgement.
    async fn publish(&mut self, topic: &str, payload: &str, retain: bool) -> io::Result<()> {
        let mut body = Vec::new();
        text(
            &mut body,
            &format!("{BASE}/{}/{topic}", payloads::id(self.number)),
        );
        self.packet_id = self.packet_id.checked_add(1).unwrap_or(1);
        body.extend_from_slice(&self.packet_id.to_be_bytes());
        body.extend_from_slice(payload.as_bytes());
        self.send(&packet(0x32 | u8::from(retain), &body)).await?;
        self.answer(0x40).await
    }

    /// A case from its opening to its end, or until it waits for its key.
    async fn case(&mut self, stays_open: bool) -> io::Result<()> {
        const STATE: &str = "cases/k7m2p9xq/state";
        let n = self.number;
        self.publish("events", &payloads::event(n, 1, "case-opened"), false)
            .await?;
        self.publish(STATE, &payloads::case(n, "exporting", 0), true)
            .await?;
        self.publish("state", &payloads::state("listed", 1), true)
            .await?;
        self.publish("devices", &payloads::devices(n, true), true)
            .await?;
        self.publish("events", &payloads::event(n, 2, "code-received"), false)
            .await?;
        self.publish(STATE, &payloads::case(n, "awaiting", 0), true)
            .await?;
        self.publish("state", &payloads::state("waiting", 1), true)
            .await?;
        if stays_open {
            return Ok(());
        }
        self.publish("events", &payloads::event(n, 3, "confirmed"), false)
            .await?;
        self.publish("state", &payloads::state("sending", 1), true)
            .await?;
        for phase in ["exchanging", "sending", "done"] {
            self.publish(STATE, &payloads::case(n, phase, 1), true)
                .await?;
        }
        self.publish("events", &payloads::event(n, 4, "succeeded"), false)
            .await?;
        self.publish("cmd/result", &payloads::result(), false)
            .await?;
        self.publish(STATE, "", true).await?;
        self.publish("state", &payloads::state("succeeded", 0), true)
            .await?;
        self.publish("devices", &payloads::devices(n, false), true)
            .await?;
        self.publish("state", &payloads::state("listed", 0), true)
            .await
    }

    async fn send(&mut self, packet: &[u8]) -> io::Result<()> {
        self.write.write_all(packet).await?;
        self.last_out = Instant::now();
        self.counters.packets_out.fetch_add(1, Relaxed);
        self.counters
            .bytes_out
            .fetch_add(packet.len() as u64, Relaxed);
        Ok(())
    }

    /// Waits for a packet of this kind.
    async fn answer(&mut self, kind: u8) -> io::Result<()> {
        loop {
            let came = self.reader.packet(self.counters).await?;
            self.acknowledge(&came).await?;
            if came.kind & 0xf0 == kind & 0xf0 {
                return Ok(());
            }
        }
    }

    async fn acknowledge(&mut self, came: &Came) -> io::Result<()> {
        match came.wants {
            Some([high, low]) => self.send(&[0x40, 2, high, low]).await,
            None => Ok(()),
        }
    }
}

/// What came: the first byte, and the number of a message that wants to be acknowledged.
struct Came {
    kind: u8,
    wants: Option<[u8; 2]>,
}

/// Cuts packets out of what comes; nothing is lost when the wait is given up.
struct Reader {
    read: OwnedReadHalf,
    kept: Vec<u8>,
}

impl Reader {
    async fn packet(&mut self, counters: &Counters) -> io::Result<Came> {
        loop {
            if let Some((came, length)) = first(&self.kept) {
                self.kept.drain(..length);
                counters.packets_in.fetch_add(1, Relaxed);
                counters.bytes_in.fetch_add(length as u64, Relaxed);
                return Ok(came);
            }
            let mut chunk = [0; 1024];
            match self.read.read(&mut chunk).await? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                count => self.kept.extend_from_slice(&chunk[..count]),
            }
        }
    }
}

/// The first whole packet and how many bytes it takes.
fn first(bytes: &[u8]) -> Option<(Came, usize)> {
    let digits = bytes.get(1..)?.iter().position(|byte| byte & 0x80 == 0)? + 1;
    let digit = |at: usize| usize::from(bytes[1 + at] & 0x7f) << (7 * at);
    let length = 1 + digits + (0..digits).map(digit).sum::<usize>();
    let body = bytes.get(1 + digits..length)?;
    let kind = bytes[0];
    let wants = (kind & 0xf6 == 0x32).then(|| {
        let topic = usize::from(u16::from_be_bytes([body[0], body[1]]));
        [body[2 + topic], body[3 + topic]]
    });
    Some((Came { kind, wants }, length))
}

fn packet(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut packet = vec![kind];
    let mut rest = body.len();
    loop {
        let more = rest > 127;
        packet.push((rest & 127) as u8 | u8::from(more) << 7);
        rest >>= 7;
        if !more {
            break;
        }
    }
    packet.extend_from_slice(body);
    packet
}

fn text(body: &mut Vec<u8>, text: &str) {
    body.extend_from_slice(&(text.len() as u16).to_be_bytes());
    body.extend_from_slice(text.as_bytes());
}
