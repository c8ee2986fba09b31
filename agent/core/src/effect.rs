//! What the core asks the shells to do. Effects are data, ordered, and carried out once: a shell
//! that fails reports an [`crate::Event`] and never repeats by itself.

use core::fmt;
use core::net::SocketAddrV4;

use zeroize::Zeroizing;

use crate::event::LinkId;
use crate::record::Record;
use crate::request::{CaseId, Reply, RequestId};
use crate::secret::SecretText;
use crate::view::Feed;

/// One thing for a shell to do.
#[derive(Clone, PartialEq, Debug)]
pub enum Effect {
    /// Send a datagram or frame. If it cannot be sent: [`crate::Event::TransmitFailed`].
    Transmit(Transmit),
    /// Leave and join the SADP group again on this link, before a scan: a switch with IGMP
    /// snooping and no querier forgets members after about 260 s.
    Rejoin(LinkId),
    /// Make the record durable, then report [`crate::Event::Persisted`] or
    /// [`crate::Event::StoreFailed`] with the same number. Records with the same
    /// [`Record::key`] replace each other.
    Persist {
        /// Counts up from 1.
        number: u64,
        /// What to write.
        record: Record,
    },
    /// Answer the request with this id.
    Reply {
        /// The id of the request.
        id: RequestId,
        /// The answer.
        reply: Reply,
    },
    /// Make a fresh RSA-1024 key pair and report [`crate::Event::KeyPair`].
    MakeKeyPair {
        /// Counts up from 1.
        number: u64,
    },
    /// Log in at a device's web server, once, and report [`crate::Event::LoginChecked`].
    CheckLogin(LoginCheck),
    /// Set the system's wall clock, which nobody trustworthy has set before.
    SetWall(crate::time::Wall),
    /// The view changed: show it again.
    Redraw,
    /// Something worth telling whoever follows events: server-sent events, MQTT, the log.
    Announce(Feed),
}

/// A login to try. The password is sent as a digest (RFC 7616) and never otherwise; nothing of it leaves the
/// link, nothing is repeated, no other address is followed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LoginCheck {
    /// Counts up from 1; names the check in [`crate::Event::LoginChecked`].
    pub number: u64,
    /// The case that it is for.
    pub case: CaseId,
    /// The interface on which the device is, by name.
    pub link: String,
    /// Its web server.
    pub server: SocketAddrV4,
    /// The administrator's name.
    pub user: String,
    /// The password. `Debug` shows nothing of it; wiped when dropped.
    pub password: SecretText,
}

/// A datagram or frame to send.
#[derive(Clone, PartialEq, Eq)]
pub struct Transmit {
    /// Counts up from 1; names the transmission in [`crate::Event::TransmitFailed`].
    pub number: u64,
    /// The link to send on. Never "any": one transmission leaves on one link.
    pub link: LinkId,
    /// How it is addressed.
    pub how: How,
    /// What it is for, for counters and transcripts.
    pub purpose: Purpose,
    /// UDP payload, or the whole frame when `how` is [`How::Layer2`]. May hold a reset code: wiped when dropped.
    pub bytes: Zeroizing<Vec<u8>>,
}

/// How a transmission is addressed.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum How {
    /// UDP from port 37020 to 239.255.255.250:37020, by socket; on a link without an address by packet socket if there is one.
    Multicast,
    /// UDP from port 37020 to 255.255.255.255:37020, likewise.
    Broadcast,
    /// A raw Ethernet frame of EtherType 0x8033; needs the packet socket, dropped silently without it.
    Layer2,
}

/// What a transmission is for.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// Discovery; harmless, may be repeated.
    Inquiry,
    /// getencryptstring or getcode: once per case.
    Export,
    /// getPasswordResetType; harmless.
    ResetType,
    /// exchangecode: harmless, overwritten by the next.
    Exchange,
    /// reset: once per confirmation.
    Reset,
    /// activate: once per confirmation.
    Activate,
    /// Blink.
    Lamp,
}

/// Shows everything but the bytes, which may hold a reset code.
impl fmt::Debug for Transmit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transmit")
            .field("number", &self.number)
            .field("link", &self.link)
            .field("how", &self.how)
            .field("purpose", &self.purpose)
            .field("len", &self.bytes.len())
            .finish()
    }
}
