//! What the panel shows and what its keys are.

use core::net::Ipv4Addr;
use core::time::Duration;
use std::sync::Arc;

use sadp::Way;

use crate::problem::Problem;
use crate::request::CaseKind;
use crate::secured::Fingerprint;
use crate::view::{Alert, CasePhase, Finding, MustInsist};

/// A key of the panel. Four-key panels have the first four.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Button {
    /// Up.
    Up,
    /// Down.
    Down,
    /// Ok; a long press is the thing that cannot be undone.
    Ok,
    /// Back; always there.
    Back,
    /// Joystick left.
    Left,
    /// Joystick right.
    Right,
}

/// What a key did. The driver debounces; the core tells long from short.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Edge {
    /// Went down.
    Pressed,
    /// Came up.
    Released,
}

/// One page of the panel with its status bar and its legend.
#[derive(Clone, PartialEq, Debug)]
pub struct Screen {
    /// The bar on top; absent on the QR page, which is white to the bezel.
    pub bar: StatusBar,
    /// The page.
    pub page: Page,
    /// What the keys do here, in the order in which the legend names them.
    pub legend: Vec<Legend>,
    /// One line about something that needs a person elsewhere; outranks the legend.
    pub alert: Option<AlertLine>,
    /// How much of a long press has passed, 0 to 100, while ok is held on a page that has one.
    pub holding: Option<u8>,
}

/// The status bar.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct StatusBar {
    /// `eth0`; empty when there is no link.
    pub link: String,
    /// A cable is in.
    pub carrier: bool,
    /// Megabit per second.
    pub speed_mbit: Option<u32>,
    /// Devices that answer.
    pub devices: usize,
    /// Open cases.
    pub cases: usize,
    /// Hours and minutes of wall time in UTC, if known.
    pub clock: Option<(u8, u8)>,
}

/// What a key does on this page.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Legend {
    /// The key.
    pub button: Button,
    /// It must be held.
    pub hold: bool,
    /// What it does.
    pub action: Action,
}

/// What a key does; words live in the view's text tables.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "each name is its own explanation")]
pub enum Action {
    Open,
    Back,
    List,
    Menu,
    Start,
    ForgotPassword,
    /// Set the first password of a device that has none.
    FirstPassword,
    EnterKey,
    PhonePage,
    Send,
    Cancel,
    NewQr,
    KeepWaiting,
    TryAgain,
    Diagnosis,
    Settings,
    Cases,
    Change,
    /// A generated password in the place of the owner's.
    Generate,
    /// The owner's password in the place of a generated one.
    Preset,
    Delete,
    Type,
    Next,
    ShowQr,
    Lamp,
    Worked,
    DidNotWork,
    Rescan,
    /// The key is typed completely.
    Done,
    /// Another group of characters.
    Group,
    /// Close the case for good.
    CloseCase,
    /// Toggle passing the password on to the recorder's cameras.
    Sync,
    /// Send although two keys were refused already.
    Insist,
}

/// The alert line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AlertLine {
    /// Why.
    pub why: crate::view::CaseAlert,
    /// Whose case; the last six of the serial.
    pub serial_tail: String,
}

/// Enough to say which device is meant: on every page of a case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Target {
    /// Model.
    pub model: String,
    /// Address.
    pub ipv4: Option<Ipv4Addr>,
    /// Whole serial.
    pub serial: String,
    /// Its last six.
    pub serial_tail: String,
}

/// Stands in a row of [`Page::KeyEntry`] for "the key is complete"; no character of a key.
pub const KEY_DONE: char = '\u{2713}';
/// Stands in a row of [`Page::KeyEntry`] for "more characters than usual".
pub const KEY_MORE: char = '\u{2026}';

/// What the join page shows about HTTPS.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JoinSecured {
    /// The page's address, for example `https://10.43.0.1`.
    pub url: String,
    /// The address with its one-time token, for the QR.
    pub url_qr: Option<String>,
    /// Of the certificate that the phone will show.
    pub fingerprint: Fingerprint,
}

/// A page.
#[derive(Clone, PartialEq, Debug)]
pub enum Page {
    /// Coming up.
    Start {
        /// Version.
        version: String,
        /// The box's name.
        box_name: String,
    },
    /// No link has a cable.
    NoCable {
        /// Names of the links.
        links: Vec<String>,
    },
    /// Cable in, nothing heard yet.
    Searching {
        /// Probes sent.
        probes: u64,
        /// Own addresses.
        addresses: Vec<Ipv4Addr>,
        /// How long.
        elapsed: Duration,
        /// Long enough to doubt: says what to try.
        stuck: bool,
    },
    /// The devices: home.
    List {
        /// All rows.
        rows: Vec<Row>,
        /// Index of the row under the cursor.
        cursor: usize,
    },
    /// One device.
    Device {
        /// Which.
        target: Target,
        /// Firmware.
        firmware: String,
        /// OEM brand.
        brand: Option<String>,
        /// Activated.
        activated: bool,
        /// Main way of recovery.
        way: Way,
        /// It may refuse (SADP 3.x).
        may_refuse: bool,
        /// No longer answering.
        gone: bool,
        /// Its open case.
        case: Option<CasePhase>,
        /// The choices below the facts, and which is under the cursor.
        choices: Vec<Action>,
        /// Index into `choices`.
        cursor: usize,
    },
    /// "The camera is asked once; an earlier code becomes void": before a case is opened.
    ConfirmOpen {
        /// Which device.
        target: Target,
        /// Main way of recovery.
        way: Way,
    },
    /// The device has no password yet: its first one can be set.
    FirstPassword {
        /// Which device.
        target: Target,
    },
    /// Asking the device for its code.
    Exporting {
        /// Which device.
        target: Target,
    },
    /// The QR: white to the bezel.
    Qr {
        /// Which device.
        target: Target,
        /// Exactly these bytes.
        device_code: Arc<str>,
        /// Time left.
        left: Option<Duration>,
        /// It is an upper bound.
        left_at_most: bool,
        /// Older than 24 h.
        may_be_void: bool,
        /// From getcode: that the app reads this QR is a guess.
        guess: bool,
    },
    /// How the phone gets here.
    Join {
        /// First the Wi-Fi, when the box has its own: the text of the join QR.
        wifi: Option<String>,
        /// The page's address, for example `http://10.43.0.1`.
        url: Option<String>,
        /// The address with its one-time token, for the QR: `http://10.43.0.1/#t=TOKEN`. The phone page posts the token to open its session.
        url_qr: Option<String>,
        /// Four to six digits.
        pin: String,
        /// HTTPS, where it is served.
        secured: Option<JoinSecured>,
        /// 0 shows the Wi-Fi QR, 1 the address QR, 2 the one for HTTPS.
        step: u8,
    },
    /// Typing the key.
    KeyEntry {
        /// Which device.
        target: Target,
        /// Typed so far. Shown on the panel only, never in any other surface or log.
        typed: crate::secret::SecretText,
        /// The characters on offer in the rows of up, ok and down: the key of a row chooses it, and it is divided
        /// among the three anew until one is left. [`KEY_DONE`] and [`KEY_MORE`] may stand among them.
        rows: [Vec<char>; 3],
        /// The kind that was chosen: `ABC`, `abc` or `123`.
        kind: Option<&'static str>,
        /// The way by phone: address and PIN.
        phone: Option<(String, String)>,
        /// What is wrong with what was typed.
        problem: Option<Problem>,
    },
    /// The new password that will be set: generated and shown once, or the owner's.
    NewPassword {
        /// Which device.
        target: Target,
        /// The generated one, shown on the panel only; `None` is the owner's preset one, shown nowhere.
        password: Option<crate::secret::SecretText>,
    },
    /// Last look before sending.
    ConfirmSend {
        /// What for.
        kind: CaseKind,
        /// Which device.
        target: Target,
        /// Tries left, if the device ever said.
        tries_left: Option<u32>,
        /// Passes it on to its cameras.
        sync_cameras: bool,
        /// The device can do that at all.
        can_sync: bool,
        /// Why the person must insist.
        must_insist: Option<MustInsist>,
        /// The key does not have the usual 8 characters: look again before sending.
        unusual_key: bool,
    },
    /// Under way.
    Sending {
        /// Which device.
        target: Target,
        /// Exchanging or sending.
        phase: CasePhase,
    },
    /// Reset Password Succeeded, or the first password is set.
    Succeeded {
        /// Which of the two.
        kind: CaseKind,
        /// Which device.
        target: Target,
    },
    /// The device said no.
    Refused {
        /// Which device.
        target: Target,
        /// Why, with tries and lock time.
        problem: Problem,
    },
    /// No answer: it may have worked.
    Unclear {
        /// Which device.
        target: Target,
    },
    /// The key no longer works, or there never was one.
    Void {
        /// Which device.
        target: Target,
        /// Why.
        problem: Problem,
        /// Wall time in hours and minutes (UTC) when it was noticed, if known.
        at: Option<(u8, u8)>,
    },
    /// Cases, when there are several.
    Cases {
        /// All rows.
        rows: Vec<CaseRow>,
        /// Index of the row under the cursor.
        cursor: usize,
    },
    /// Why do I not see my camera.
    Diagnosis {
        /// Per link: name, carrier, probes, answers.
        links: Vec<(String, bool, u64, u64)>,
        /// What was found.
        findings: Vec<Finding>,
        /// First finding shown.
        offset: usize,
    },
    /// Settings.
    Settings {
        /// The items with their values.
        items: Vec<(SettingItem, SettingValue)>,
        /// Index of the item under the cursor.
        cursor: usize,
    },
    /// Something about the box itself needs a person.
    Fault {
        /// What; never one about a case.
        alert: Alert,
    },
}

/// A row of the list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// Model.
    pub model: String,
    /// Address.
    pub ipv4: Option<Ipv4Addr>,
    /// Last six of the serial.
    pub serial_tail: String,
    /// The mark at its end.
    pub mark: Mark,
}

/// The mark of a device in the list. Shape carries the meaning.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Mark {
    /// Nothing special: can be reset.
    Ready,
    /// An open case.
    Case(CasePhase),
    /// Not activated.
    Inactive,
    /// Sold under another brand.
    Oem,
    /// No way of recovery here.
    NoWay,
    /// Silent.
    Gone,
}

/// A row of the case list.
#[derive(Clone, PartialEq, Debug)]
pub struct CaseRow {
    /// Which device.
    pub target: Target,
    /// What it is for.
    pub kind: CaseKind,
    /// Where it stands.
    pub phase: CasePhase,
    /// Time left.
    pub left: Option<Duration>,
}

/// A setting.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "each name is its own explanation")]
pub enum SettingItem {
    Brightness,
    Rotation,
    Language,
    Sleep,
    PhonePage,
    Diagnosis,
    Cases,
}

/// Its value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SettingValue {
    /// Percent.
    Percent(u8),
    /// Degrees.
    Degrees(u16),
    /// Language.
    Language(crate::policy::Language),
    /// Seconds; 0 is never.
    Seconds(u32),
    /// A count.
    Count(usize),
    /// A page behind it.
    Page,
}
