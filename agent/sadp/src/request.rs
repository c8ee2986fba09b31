//! What we send. Every request goes to the group, and a device is addressed only by the text of its `MAC` (A).

use zeroize::Zeroizing;

use crate::exchange::EncryptedPassword;
use crate::reset_code::ResetCode;
use crate::types::Types;
use crate::uuid::Uuid;

/// One request. `mac` is always the text the device reported, not a normalised spelling.
#[derive(Clone, Debug)]
pub enum Request<'a> {
    /// Who is there?
    Inquiry,
    /// Opens a case on a device of the typed-key way; voids an open one.
    GetEncryptString {
        /// The device's `MAC` text.
        mac: &'a str,
    },
    /// Opens a case on a device of the key-file way; voids an open one.
    GetCode {
        /// The device's `MAC` text.
        mac: &'a str,
    },
    /// Which ways of recovery did the owner set up?
    GetPasswordResetType {
        /// The device's `MAC` text.
        mac: &'a str,
    },
    /// Hands over [`KeyPair::public_code`](crate::KeyPair::public_code).
    ExchangeCode {
        /// The device's `MAC` text.
        mac: &'a str,
        /// The public key.
        public_code: &'a str,
    },
    /// Sets a new administrator password. Never repeat it by itself: no answer does not mean no effect.
    Reset {
        /// The device's `MAC` text.
        mac: &'a str,
        /// The new password.
        password: &'a EncryptedPassword,
        /// Also set it on a recorder's cameras.
        sync_cameras: bool,
        /// The vendor's key, or the text of its file.
        code: &'a ResetCode,
    },
    /// Sets the first password.
    Activate {
        /// The device's `MAC` text.
        mac: &'a str,
        /// The password.
        password: &'a EncryptedPassword,
    },
    /// Lights the device's lamp, or puts it out.
    Lamp {
        /// The device's `MAC` text.
        mac: &'a str,
        /// Light it.
        on: bool,
    },
}

impl Request<'_> {
    /// The request's `Types`; an answer is matched on this and the Uuid.
    pub fn types(&self) -> Types {
        match self {
            Request::Inquiry => Types::Inquiry,
            Request::GetEncryptString { .. } => Types::GetEncryptString,
            Request::GetCode { .. } => Types::GetCode,
            Request::GetPasswordResetType { .. } => Types::GetPasswordResetType,
            Request::ExchangeCode { .. } => Types::ExchangeCode,
            Request::Reset { .. } => Types::Reset,
            Request::Activate { .. } => Types::Activate,
            Request::Lamp { .. } => Types::Lamp,
        }
    }

    /// The datagram, byte for byte as the vendor's client orders it (A). It may hold secrets, hence the wrapper.
    pub fn emit(&self, uuid: &Uuid) -> Zeroizing<Vec<u8>> {
        let mut xml = Writer::new();
        xml.raw("<?xml version=\"1.0\" encoding=\"utf-8\"?><Probe>");
        xml.element("Uuid", uuid.as_str());
        let types = self.types();
        match self {
            Request::Inquiry => xml.element("Types", types.as_str()),
            Request::GetEncryptString { mac }
            | Request::GetCode { mac }
            | Request::GetPasswordResetType { mac } => {
                xml.element("MAC", mac);
                xml.element("Types", types.as_str());
            }
            Request::ExchangeCode { mac, public_code } => {
                xml.element("MAC", mac);
                xml.element("Types", types.as_str());
                xml.element("Code", public_code);
            }
            Request::Reset {
                mac,
                password,
                sync_cameras,
                code,
            } => {
                xml.element("MAC", mac);
                xml.element("Types", types.as_str());
                xml.element("Password", password.wire());
                if *sync_cameras {
                    xml.element("SyncIPCPassword", "true");
                }
                let (code, encrypted) = code.wire();
                xml.raw(if encrypted {
                    "<Code bEncrypt=\"true\">"
                } else {
                    "<Code>"
                });
                xml.text(code);
                xml.raw("</Code>");
            }
            Request::Activate { mac, password } => {
                xml.element("MAC", mac);
                xml.element("Types", types.as_str());
                xml.element("Password", password.wire());
            }
            // The lamp alone names its type before the address.
            Request::Lamp { mac, on } => {
                xml.element("Types", types.as_str());
                xml.element("MAC", mac);
                xml.element("Action", if *on { "open" } else { "close" });
            }
        }
        xml.raw("</Probe>");
        xml.0
    }
}

/// A request under construction. Its buffer is large enough for every request there is, because a buffer that
/// grows leaves copies of secrets behind.
struct Writer(Zeroizing<Vec<u8>>);

impl Writer {
    fn new() -> Writer {
        Writer(Zeroizing::new(Vec::with_capacity(2048)))
    }

    fn raw(&mut self, text: &str) {
        self.0.extend_from_slice(text.as_bytes());
    }

    fn element(&mut self, name: &str, text: &str) {
        self.raw("<");
        self.raw(name);
        self.raw(">");
        self.text(text);
        self.raw("</");
        self.raw(name);
        self.raw(">");
    }

    /// Text that stays text. The vendor escapes nothing because its values need no escape; neither do ours, but
    /// a `MAC` echoed from a hostile device must not become markup.
    fn text(&mut self, text: &str) {
        for byte in text.bytes() {
            match byte {
                b'<' => self.raw("&lt;"),
                b'>' => self.raw("&gt;"),
                b'&' => self.raw("&amp;"),
                byte => self.0.push(byte),
            }
        }
    }
}
