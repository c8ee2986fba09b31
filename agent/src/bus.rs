//! How the shells and the loop talk: owned inputs one way, a watched view and a feed the other.
//! The inputs' queue is bounded; a full one is the sender's to report.

use std::future::Future;
use std::net::Ipv4Addr;
use std::pin::Pin;
use std::sync::Arc;

use resetbox_core::event::{Ear, Health, LoginAnswer, WallSource};
use resetbox_core::record::AuditEntry;
use resetbox_core::screen::{Button, Edge};
use resetbox_core::view::Feed;
use resetbox_core::{Channel, Event, LinkId, LinkReport, Reply, Request, View, Wall};
use tokio::sync::{broadcast, mpsc, oneshot, watch};

/// What a shell tells the loop.
#[derive(Debug)]
pub enum Input {
    /// A batch of datagrams and frames, in the order in which they were heard.
    Heard(Vec<Heard>),
    /// A link appeared or changed.
    Link(LinkReport),
    /// A link went away.
    LinkGone(LinkId),
    /// A transmission failed.
    TransmitFailed {
        /// Where.
        link: LinkId,
        /// Which.
        number: u64,
        /// The system's words.
        error: String,
    },
    /// Counters, after a scan and once in a while.
    NetCounters {
        /// Where.
        link: LinkId,
        /// Dropped in the kernel since start.
        kernel_drops: u64,
        /// Dropped in the program since start.
        queue_drops: u64,
    },
    /// A key of the panel, real or mirrored.
    Button(Button, Edge),
    /// Somebody asks for something.
    Request {
        /// The way it came.
        channel: Channel,
        /// What.
        request: Request,
        /// Where the answer goes; a sender that went away is no error.
        reply: oneshot::Sender<Reply>,
    },
    /// A record is durable.
    Persisted(u64),
    /// A record could not be written.
    StoreFailed(u64, String),
    /// A key pair is ready, or not.
    KeyPair(u64, Result<Box<sadp::KeyPair>, String>),
    /// How the login with this number went.
    LoginChecked(u64, LoginAnswer),
    /// Wall time was learnt.
    Wall(Wall, WallSource),
    /// Something outside the core is broken or well again.
    Health(Health),
}

/// Something heard on a link.
#[derive(Debug)]
pub struct Heard {
    /// Where.
    pub link: LinkId,
    /// What.
    pub what: HeardWhat,
    /// UDP payload or whole frame.
    pub bytes: Vec<u8>,
}

impl Heard {
    /// The same as the core's event.
    pub fn event(&self) -> Event<'_> {
        let (link, bytes) = (self.link, &self.bytes[..]);
        match self.what {
            HeardWhat::Datagram { source, ear } => Event::Datagram {
                link,
                source,
                ear,
                bytes,
            },
            HeardWhat::Frame => Event::Frame { link, bytes },
        }
    }
}

/// A datagram or a frame.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum HeardWhat {
    /// UDP on our port.
    Datagram {
        /// Source address as the IP header has it.
        source: Ipv4Addr,
        /// Which socket heard it; the core merges the two by content.
        ear: Ear,
    },
    /// EtherType 0x8033.
    Frame,
}

/// A shell's end of the bus; cheap to clone.
#[derive(Clone)]
pub struct Bus {
    /// To the loop.
    pub inputs: mpsc::Sender<Input>,
    /// The latest view; a slow reader misses old ones and nothing else.
    pub view: watch::Receiver<Arc<View>>,
    /// What happened; a slow reader is told that it lagged.
    pub feed: broadcast::Sender<Feed>,
    /// What the store remembers and the core does not keep in memory.
    pub books: Arc<dyn Books>,
}

/// An answer of the books; the error is in the store's words, with the remedy.
pub type BookAnswer<'a, T> = Pin<Box<dyn Future<Output = Result<T, String>> + Send + 'a>>;

/// The store as other shells may use it.
pub trait Books: Send + Sync {
    /// The newest `limit` lines of the audit log, newest first.
    fn audit(&self, limit: usize) -> BookAnswer<'_, Vec<AuditEntry>>;
    /// Is the store writable?
    fn probe(&self) -> BookAnswer<'_, ()>;
}

/// The loop cannot take the request now: its queue is full or the box is shutting down.
#[derive(Debug, thiserror::Error)]
#[error("the box is busy: try again in a second")]
pub struct Full;

impl Bus {
    /// Asks the core and waits for its reply. A confirmation's reply comes when its attempt has ended.
    pub async fn ask(&self, channel: Channel, request: Request) -> Result<Reply, Full> {
        let (reply, answer) = oneshot::channel();
        self.inputs
            .try_send(Input::Request {
                channel,
                request,
                reply,
            })
            .map_err(|_| Full)?;
        answer.await.map_err(|_| Full)
    }
}
