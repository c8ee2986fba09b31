//! One connection to a broker, of either version, over TCP or TLS.
//!
//! The packets are rumqttc's; the connection is our own. rumqttc's event loop would drop what waits when the broker lost
//! its session, would wait without end for a broker that takes no bytes, keeps copies of payloads that nobody can
//! wipe, exists once for each version, and reaches TLS of one's own only through a socket in the file system. With an
//! outbox that forgets a message only when it is acknowledged, what remains is small: a session is always a new one.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf, split};
use tokio::time::{Instant, sleep_until, timeout};
use zeroize::{Zeroize, Zeroizing};

use super::dial::{Dial, Dialled, PATIENCE, Stream, Version, WallTime, read_file};
use super::trouble::Trouble;
use super::wire::{self, Cutter, Out, Packet, Payload, Quality, Terms};

/// Messages under way at once: enough for a slow line, few enough that the newest state is not queued behind old ones.
const WINDOW: usize = 16;
/// A broker that takes no byte for so long is gone.
const STALLED: Duration = Duration::from_secs(20);
/// A message that is not acknowledged by then will never be.
const UNACKNOWLEDGED: Duration = Duration::from_secs(60);

/// A connection that is up.
pub struct Client {
    version: Version,
    read: ReadHalf<Box<dyn Stream>>,
    write: WriteHalf<Box<dyn Stream>>,
    cutter: Cutter,
    chunk: Zeroizing<Vec<u8>>,
    /// Bytes on their way out.
    out: BytesMut,
    unflushed: bool,
    terms: Terms,
    keep_alive: Duration,
    private: bool,
    timeless: bool,
    next_id: u16,
    /// Messages under way and since when.
    flying: BTreeMap<u16, Instant>,
    filters: BTreeMap<u16, Vec<String>>,
    last_out: Instant,
    /// When the bytes on their way out last moved.
    moved: Instant,
    pinged: Option<Instant>,
}

/// What a broker sends.
#[derive(Debug)]
pub enum Incoming {
    /// A message for one of the subscriptions.
    Message(Message),
    /// A message longer than [`Dial::max_packet`]; nothing of it was kept.
    TooLong {
        /// Its topic.
        topic: String,
        /// It lay there already.
        retain: bool,
    },
    /// The message with this number has arrived.
    Acknowledged(u16),
    /// The broker will not have the message with this number.
    Refused(u16, String),
    /// A subscription is in force, but for these filters.
    Subscribed {
        /// Those that the broker refused.
        refused: Vec<String>,
    },
}

/// A message for one of the subscriptions.
#[derive(Debug)]
pub struct Message {
    /// Where it was published.
    pub topic: String,
    /// What; wiped when dropped.
    pub payload: Payload,
    /// It lay there already, or (MQTT 5) will.
    pub retain: bool,
    /// How long it stays valid (MQTT 5).
    pub expiry: Option<Duration>,
}

impl Client {
    /// Connects and waits for the broker's yes.
    ///
    /// # Errors
    /// [`Trouble`], which names the culprit and the remedy.
    pub async fn connect(dial: &Dial, time: &WallTime) -> Result<Self, Trouble> {
        let password = password(dial)?;
        let first = wire::connect(dial, password.as_ref().map(|text| text.as_str()))?;
        let Dialled {
            stream,
            private,
            timeless,
        } = dial.open(time).await?;
        let (read, write) = split(stream);
        let now = Instant::now();
        let mut this = Self {
            version: dial.version,
            read,
            write,
            cutter: Cutter::new(dial.version, dial.max_packet),
            chunk: Zeroizing::new(vec![0; 4096]),
            out: first,
            unflushed: false,
            terms: Terms::default(),
            keep_alive: dial.keep_alive,
            private,
            timeless,
            next_id: 0,
            flying: BTreeMap::new(),
            filters: BTreeMap::new(),
            last_out: now,
            moved: now,
            pinged: None,
        };
        let answer = timeout(PATIENCE, this.packet())
            .await
            .map_err(|_| Trouble::Silent("there is no answer to CONNECT"))??;
        let Packet::ConnAck(answer) = answer else {
            return Err(Trouble::Protocol {
                version: dial.version.name(),
                why: "something else came before CONNACK".into(),
            });
        };
        this.terms = answer.map_err(Trouble::Refused)?;
        if !this.terms.retains {
            return Err(Trouble::Unfit(wire::NO_RETAIN));
        }
        if !this.terms.acknowledges {
            return Err(Trouble::Unfit(wire::NO_QOS));
        }
        if let Some(seconds) = this.terms.keep_alive.filter(|seconds| *seconds > 0) {
            this.keep_alive = Duration::from_secs(seconds.into());
        }
        Ok(this)
    }

    /// Nobody on the way can read it: TLS, or it does not leave this machine.
    pub fn is_private(&self) -> bool {
        self.private
    }

    /// The broker's certificate was taken without knowing what time it is.
    pub fn is_timeless(&self) -> bool {
        self.timeless
    }

    /// Longest payload that fits into a message on `topic`.
    pub fn longest(&self, topic: &str) -> usize {
        self.terms
            .max_packet
            .saturating_sub(topic.len() + 16)
            .min(super::contract::PAYLOAD_LIMIT)
    }

    /// So many messages may be published now.
    pub fn room(&self) -> usize {
        usize::from(self.terms.window)
            .min(WINDOW)
            .saturating_sub(self.flying.len())
    }

    /// Publishes with QoS 1; the number comes back in [`Incoming::Acknowledged`]. Ask [`Client::room`] first.
    pub fn publish(&mut self, topic: &str, payload: &[u8], retain: bool) -> u16 {
        let packet_id = self.id();
        self.flying.insert(packet_id, Instant::now());
        let out = Out {
            packet_id,
            topic,
            payload,
            retain,
        };
        self.writing();
        wire::publish(self.version, out, &mut self.out);
        packet_id
    }

    /// Subscribes with QoS 1.
    pub fn subscribe(&mut self, filters: Vec<String>) {
        self.subscribe_with(filters, Quality::AtLeastOnce);
    }

    /// Subscribes with QoS 0, for who reads what thousands of boxes have retained. A broker keeps a queue for messages
    /// that must be acknowledged, and drops what does not fit (Mosquitto holds 1000 unless told otherwise); without
    /// acknowledgements the line itself makes it wait.
    pub fn subscribe_unacknowledged(&mut self, filters: Vec<String>) {
        self.subscribe_with(filters, Quality::AtMostOnce);
    }

    fn subscribe_with(&mut self, filters: Vec<String>, quality: Quality) {
        let id = self.id();
        self.writing();
        wire::subscribe(self.version, id, &filters, Some(quality), &mut self.out);
        self.filters.insert(id, filters);
    }

    /// Ends subscriptions.
    pub fn unsubscribe(&mut self, filters: &[String]) {
        let id = self.id();
        self.writing();
        wire::subscribe(self.version, id, filters, None, &mut self.out);
    }

    /// The next thing that the broker sends. Keeps the connection alive while it is awaited; may be given up and asked
    /// again without loss.
    ///
    /// # Errors
    /// The connection is over.
    pub async fn next(&mut self) -> Result<Incoming, Trouble> {
        loop {
            match self.packet().await? {
                Packet::Publish(message) => {
                    self.acknowledge(message.packet_id);
                    return Ok(Incoming::Message(Message {
                        topic: message.topic,
                        payload: message.payload,
                        retain: message.retain,
                        expiry: message.expiry,
                    }));
                }
                Packet::TooLong(message) => {
                    self.acknowledge(message.packet_id);
                    return Ok(Incoming::TooLong {
                        topic: message.topic,
                        retain: message.retain,
                    });
                }
                Packet::PubAck(id, outcome) => {
                    // One that was not asked for is of no meaning.
                    if self.flying.remove(&id).is_some() {
                        return Ok(match outcome {
                            Ok(()) => Incoming::Acknowledged(id),
                            Err(why) => Incoming::Refused(id, why),
                        });
                    }
                }
                Packet::SubAck(id, taken) => {
                    let filters = self.filters.remove(&id).unwrap_or_default();
                    let refused = filters.into_iter().zip(taken);
                    let refused = refused.filter(|(_, taken)| !taken);
                    return Ok(Incoming::Subscribed {
                        refused: refused.map(|(filter, _)| filter).collect(),
                    });
                }
                Packet::PingResp => self.pinged = None,
                Packet::UnsubAck => {}
                Packet::Disconnect(why) => return Err(Trouble::Closed(why)),
                Packet::ConnAck(_) => {
                    return Err(Trouble::Protocol {
                        version: self.version.name(),
                        why: "a second CONNACK".into(),
                    });
                }
            }
        }
    }

    /// Says good-bye, so that the broker keeps the last will to itself.
    pub async fn disconnect(mut self) {
        self.writing();
        wire::disconnect(&mut self.out);
        let leave = async {
            self.write.write_all(&self.out).await?;
            self.write.shutdown().await
        };
        // Who has gone already need not be told.
        let _ = timeout(Duration::from_secs(1), leave).await;
    }

    /// Reads, writes and keeps alive until a packet is there.
    async fn packet(&mut self) -> Result<Packet, Trouble> {
        loop {
            if let Some(packet) = self.cutter.next()? {
                return Ok(packet);
            }
            let due = self.due();
            tokio::select! {
                biased;
                read = self.read.read(&mut self.chunk) => match read {
                    Ok(0) => return Err(Trouble::Closed(None)),
                    Ok(count) => {
                        self.cutter.push(&self.chunk[..count]);
                        self.chunk[..count].zeroize();
                    }
                    Err(error) => return Err(Trouble::of_stream(error)),
                },
                moved = move_on(&mut self.write, &self.out), if !self.out.is_empty() || self.unflushed => {
                    let count = moved.map_err(Trouble::of_stream)?;
                    // The first packet holds the broker's password.
                    self.out[..count].zeroize();
                    self.out.advance(count);
                    self.moved = Instant::now();
                    self.unflushed = count > 0;
                }
                () = sleep_until(due) => self.look_at_the_clock()?,
            }
        }
    }

    /// When the next thing is due that depends on time.
    fn due(&self) -> Instant {
        let mut due = self.last_out + self.keep_alive;
        if !self.out.is_empty() || self.unflushed {
            due = due.min(self.moved + STALLED);
        }
        if let Some(pinged) = self.pinged {
            due = due.min(pinged + STALLED);
        }
        if let Some(oldest) = self.flying.values().min() {
            due = due.min(*oldest + UNACKNOWLEDGED);
        }
        due
    }

    fn look_at_the_clock(&mut self) -> Result<(), Trouble> {
        let now = Instant::now();
        if (!self.out.is_empty() || self.unflushed) && now >= self.moved + STALLED {
            return Err(Trouble::Silent("it takes no bytes any more"));
        }
        if self.pinged.is_some_and(|pinged| now >= pinged + STALLED) {
            return Err(Trouble::Silent("there is no answer to PINGREQ"));
        }
        let late = |since: &Instant| now >= *since + UNACKNOWLEDGED;
        if self.flying.values().any(late) {
            return Err(Trouble::Silent("it does not acknowledge a message"));
        }
        if now >= self.last_out + self.keep_alive {
            self.writing();
            wire::ping(&mut self.out);
            self.pinged.get_or_insert(now);
        }
        Ok(())
    }

    fn acknowledge(&mut self, packet_id: u16) {
        if packet_id != 0 {
            self.writing();
            wire::acknowledge(packet_id, &mut self.out);
        }
    }

    /// Called before bytes are added: a line that was empty begins to move now.
    fn writing(&mut self) {
        let now = Instant::now();
        if self.out.is_empty() && !self.unflushed {
            self.moved = now;
        }
        self.last_out = now;
    }

    /// A packet id that is not under way. There are many more of them than the window is wide.
    fn id(&mut self) -> u16 {
        loop {
            self.next_id = self.next_id.checked_add(1).unwrap_or(1);
            let id = self.next_id;
            if !self.flying.contains_key(&id) && !self.filters.contains_key(&id) {
                return id;
            }
        }
    }
}

/// Writes some of the bytes and says how many; without bytes, has what was written leave.
async fn move_on(write: &mut WriteHalf<Box<dyn Stream>>, bytes: &[u8]) -> io::Result<usize> {
    if bytes.is_empty() {
        return write.flush().await.map(|()| 0);
    }
    match write.write(bytes).await? {
        0 => Err(io::ErrorKind::WriteZero.into()),
        count => Ok(count),
    }
}

/// Whether the password file can be used.
pub(crate) fn check_password(dial: &Dial) -> Result<(), Trouble> {
    password(dial).map(|_| ())
}

/// The first line of the password file.
fn password(dial: &Dial) -> Result<Option<Zeroizing<String>>, Trouble> {
    let Some(path) = &dial.password_file else {
        return Ok(None);
    };
    let remedy = "name a file whose first line is the broker's password as password_file";
    let bytes = Zeroizing::new(read_file(path, remedy)?);
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or(&bytes);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let text = std::str::from_utf8(line).map_err(|_| Trouble::file(path, "not UTF-8", remedy))?;
    if text.is_empty() {
        return Err(Trouble::file(path, "its first line is empty", remedy));
    }
    Ok(Some(Zeroizing::new(text.to_owned())))
}
