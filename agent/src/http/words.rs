//! Words that only HTTP needs: what is wrong with a request. Everything else is said in the words
//! of the view's text tables, so that panel and phone never disagree.

use resetbox_core::Channel;
use resetbox_core::policy::Language;
use resetbox_core::view::{Finding, IndicatorState};
pub(crate) use resetbox_view::texts::{finding, problem};

use super::fault::Refusal;

/// Who, what, next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Words {
    /// A few words.
    pub(crate) title: String,
    /// What happened.
    pub(crate) what: String,
    /// What to do next.
    pub(crate) next: String,
}

impl Words {
    fn new(title: &str, what: impl Into<String>, next: &str) -> Self {
        Self {
            title: title.to_owned(),
            what: what.into(),
            next: next.to_owned(),
        }
    }
}

/// A problem of the request itself.
pub(crate) fn refusal(language: Language, refusal: &Refusal) -> Words {
    match language {
        Language::En => english(refusal),
        Language::Id => indonesian(refusal),
    }
}

fn english(refusal: &Refusal) -> Words {
    match refusal {
        Refusal::NotFound => Words::new(
            "No such page",
            "The box has nothing at this address.",
            "Go back to the list of cameras, or see /api/openapi.json.",
        ),
        Refusal::MethodNotAllowed => Words::new(
            "Wrong method",
            "This address does not take this method.",
            "The Allow header names those that it takes; see /api/openapi.json.",
        ),
        Refusal::Host(host) => Words::new(
            "Not this box",
            format!(
                "The request was meant for \u{201c}{host}\u{201d}, which is not a name of this box."
            ),
            "Use the address that the box shows on its screen, or add the name to [http] host_names.",
        ),
        Refusal::Origin(origin) => Words::new(
            "Sent by another page",
            format!(
                "The request came from a page of \u{201c}{origin}\u{201d}, not from this box's own."
            ),
            "Open the box's own page and do it there.",
        ),
        Refusal::NoSession => Words::new(
            "PIN needed",
            "This needs the PIN first.",
            "Enter the PIN that the box shows under \u{201c}Phone page\u{201d}, or scan its join code.",
        ),
        Refusal::BodyTooLarge(limit) => Words::new(
            "Too much data",
            format!("The request's body is longer than {limit} bytes."),
            "Send only what is asked for; the vendor's file has at most 511 bytes.",
        ),
        Refusal::BodyTooSlow => Words::new(
            "Too slow",
            "The request's body did not arrive in time.",
            "Move closer to the box and try again.",
        ),
        Refusal::NotJson => Words::new(
            "Not JSON",
            "The request's body is not announced as JSON.",
            "Send it with Content-Type: application/json.",
        ),
        Refusal::BadJson(why) => Words::new(
            "Not what is expected",
            format!("The request's body was not understood: {why}."),
            "Correct the named field; /api/openapi.json says what each request takes.",
        ),
        Refusal::BadQuery(why) => Words::new(
            "Not what is expected",
            format!("The request's query was not understood: {why}."),
            "Correct the named parameter; /api/openapi.json says what each request takes.",
        ),
        Refusal::BadMac(text) => Words::new(
            "Not a hardware address",
            format!("\u{201c}{text}\u{201d} is not a hardware address."),
            "Write it as the list shows it, for example 44-47-cc-37-ce-81.",
        ),
        Refusal::NoCode => Words::new(
            "No device code",
            "This case has no device code to show.",
            "Wait until the camera has answered, or begin a new case.",
        ),
        Refusal::NoQr => Words::new(
            "No QR holds this code",
            "The device code is longer than a QR can be.",
            "Use DeviceKey.xml instead.",
        ),
        Refusal::Busy => Words::new(
            "The box is busy",
            "The box cannot take this now.",
            "Try again in a second.",
        ),
        Refusal::TooManyStreams => Words::new(
            "Too many pages open",
            "More pages follow this box live than it can serve.",
            "Close some of them; this one can still be read and reloaded.",
        ),
        Refusal::Store(why) => Words::new(
            "The memory card cannot be read",
            format!("The box's store says: {why}."),
            "Restart the box; if it stays, replace the card.",
        ),
        Refusal::NoCard => Words::new(
            "No updates here",
            "This box does not run from a card with the resetbox image.",
            "Update the package or the program in the way it was installed.",
        ),
        Refusal::NotBytes => Words::new(
            "Not a file",
            "The update is not announced as plain bytes.",
            "Send the file as it is, with Content-Type: application/octet-stream.",
        ),
        Refusal::UpdateTooLarge(largest) => Words::new(
            "Update too large",
            format!("The file is longer than the {largest} bytes that this card has room for."),
            "Is it the .update file, not the image? A newer system that needs more room needs a new card.",
        ),
        Refusal::UpdateTaken => Words::new(
            "Another update is under way",
            "An update is coming in or being written.",
            "Wait until that has ended.",
        ),
        Refusal::NoUpdate => Words::new(
            "No such update waits",
            "No update of this version was received.",
            "Send its file first.",
        ),
        Refusal::CaseUnderWay => Words::new(
            "Not in the middle of a reset",
            "A camera is being asked for its code, or a key waits or is being sent: a restart would disturb it.",
            "Finish that or take the key back, then start the update.",
        ),
        Refusal::Update(why) => Words::new(
            "Update refused",
            format!("Nothing was changed: {why}."),
            "Take the .update file of a release for this card.",
        ),
    }
}

fn indonesian(refusal: &Refusal) -> Words {
    match refusal {
        Refusal::NotFound => Words::new(
            "Halaman tidak ada",
            "Tidak ada apa pun di alamat ini.",
            "Kembali ke daftar kamera, atau lihat /api/openapi.json.",
        ),
        Refusal::MethodNotAllowed => Words::new(
            "Metode salah",
            "Alamat ini tidak menerima metode ini.",
            "Header Allow menyebut metode yang diterima; lihat /api/openapi.json.",
        ),
        Refusal::Host(host) => Words::new(
            "Bukan kotak ini",
            format!("Permintaan ditujukan ke \u{201c}{host}\u{201d}, bukan nama kotak ini."),
            "Pakai alamat yang tampil di layar kotak, atau tambahkan nama itu ke [http] host_names.",
        ),
        Refusal::Origin(origin) => Words::new(
            "Dikirim oleh halaman lain",
            format!(
                "Permintaan datang dari halaman \u{201c}{origin}\u{201d}, bukan dari halaman kotak ini."
            ),
            "Buka halaman kotak ini dan lakukan di sana.",
        ),
        Refusal::NoSession => Words::new(
            "Perlu PIN",
            "Tindakan ini memerlukan PIN lebih dulu.",
            "Masukkan PIN yang tampil di kotak pada \u{201c}Halaman ponsel\u{201d}, atau pindai kode gabungnya.",
        ),
        Refusal::BodyTooLarge(limit) => Words::new(
            "Data terlalu banyak",
            format!("Isi permintaan lebih dari {limit} byte."),
            "Kirim hanya yang diminta; berkas dari vendor paling banyak 511 byte.",
        ),
        Refusal::BodyTooSlow => Words::new(
            "Terlalu lambat",
            "Isi permintaan tidak tiba pada waktunya.",
            "Mendekatlah ke kotak lalu coba lagi.",
        ),
        Refusal::NotJson => Words::new(
            "Bukan JSON",
            "Isi permintaan tidak dinyatakan sebagai JSON.",
            "Kirim dengan Content-Type: application/json.",
        ),
        Refusal::BadJson(why) => Words::new(
            "Tidak sesuai",
            format!("Isi permintaan tidak dimengerti: {why}."),
            "Perbaiki kolom yang disebut; /api/openapi.json menjelaskan isi tiap permintaan.",
        ),
        Refusal::BadQuery(why) => Words::new(
            "Tidak sesuai",
            format!("Parameter permintaan tidak dimengerti: {why}."),
            "Perbaiki parameter yang disebut; /api/openapi.json menjelaskan isi tiap permintaan.",
        ),
        Refusal::BadMac(text) => Words::new(
            "Bukan alamat perangkat keras",
            format!("\u{201c}{text}\u{201d} bukan alamat perangkat keras (MAC)."),
            "Tulis seperti di daftar, misalnya 44-47-cc-37-ce-81.",
        ),
        Refusal::NoCode => Words::new(
            "Belum ada kode perangkat",
            "Kasus ini tidak punya kode perangkat untuk ditampilkan.",
            "Tunggu sampai kamera menjawab, atau mulai kasus baru.",
        ),
        Refusal::NoQr => Words::new(
            "Tidak muat dalam QR",
            "Kode perangkat lebih panjang daripada isi QR mana pun.",
            "Pakai DeviceKey.xml.",
        ),
        Refusal::Busy => Words::new(
            "Kotak sedang sibuk",
            "Kotak belum bisa menerima ini sekarang.",
            "Coba lagi sedetik kemudian.",
        ),
        Refusal::TooManyStreams => Words::new(
            "Terlalu banyak halaman terbuka",
            "Terlalu banyak halaman mengikuti kotak ini secara langsung.",
            "Tutup sebagian; halaman ini tetap bisa dibaca dan dimuat ulang.",
        ),
        Refusal::Store(why) => Words::new(
            "Kartu memori tidak terbaca",
            format!("Penyimpanan kotak berkata: {why}."),
            "Nyalakan ulang kotak; jika tetap begitu, ganti kartunya.",
        ),
        Refusal::NoCard => Words::new(
            "Tidak ada pembaruan di sini",
            "Kotak ini tidak berjalan dari kartu dengan image resetbox.",
            "Perbarui paket atau programnya dengan cara pemasangannya.",
        ),
        Refusal::NotBytes => Words::new(
            "Bukan berkas",
            "Pembaruan tidak dinyatakan sebagai byte biasa.",
            "Kirim berkasnya apa adanya, dengan Content-Type: application/octet-stream.",
        ),
        Refusal::UpdateTooLarge(largest) => Words::new(
            "Pembaruan terlalu besar",
            format!("Berkas lebih dari {largest} byte yang muat di kartu ini."),
            "Apakah ini berkas .update, bukan image? Sistem baru yang lebih besar memerlukan kartu baru.",
        ),
        Refusal::UpdateTaken => Words::new(
            "Pembaruan lain sedang berjalan",
            "Sebuah pembaruan sedang diterima atau ditulis.",
            "Tunggu sampai selesai.",
        ),
        Refusal::NoUpdate => Words::new(
            "Tidak ada pembaruan itu",
            "Pembaruan versi ini belum diterima.",
            "Kirim berkasnya dulu.",
        ),
        Refusal::CaseUnderWay => Words::new(
            "Jangan di tengah reset",
            "Kamera sedang dimintai kode, atau kunci menunggu atau sedang dikirim: menyala ulang akan mengganggunya.",
            "Selesaikan dulu atau tarik kembali kuncinya, lalu mulai pembaruan.",
        ),
        Refusal::Update(why) => Words::new(
            "Pembaruan ditolak",
            format!("Tidak ada yang diubah: {why}."),
            "Pakai berkas .update dari rilis untuk kartu ini.",
        ),
    }
}

/// The name of a channel in JSON.
pub(crate) fn channel_name(channel: Channel) -> String {
    match channel {
        Channel::Panel => "panel",
        Channel::Phone => "phone",
        Channel::Mqtt => "mqtt",
    }
    .to_owned()
}

/// The name of a finding in JSON.
pub(crate) fn finding_name(finding: &Finding) -> &'static str {
    match finding {
        Finding::NoInterface => "no-interface",
        Finding::NoCable { .. } => "no-cable",
        Finding::SlowLink { .. } => "slow-link",
        Finding::NoAddress { .. } => "no-address",
        Finding::NoPacketSocket { .. } => "no-packet-socket",
        Finding::ReversePathFilter { .. } => "reverse-path-filter",
        Finding::PortTaken { .. } => "port-taken",
        Finding::UdpFailed { .. } => "udp-failed",
        Finding::Dropped { .. } => "dropped",
        Finding::SmallBuffer { .. } => "small-buffer",
        Finding::Silence { .. } => "silence",
        Finding::RawOnly { .. } => "raw-only",
        Finding::OtherClient { .. } => "other-client",
        Finding::DoubledSerial { .. } => "doubled-serial",
        Finding::SendFailed { .. } => "send-failed",
        Finding::DoubledMac { .. } => "doubled-mac",
        Finding::RosterFull { .. } => "roster-full",
        Finding::Broker { .. } => "broker",
    }
}

/// The key of an indicator state in the phone page's words.
pub(crate) fn indicator_key(state: IndicatorState) -> &'static str {
    match state {
        IndicatorState::Starting => "ind_starting",
        IndicatorState::NoCable => "ind_no-cable",
        IndicatorState::Searching => "ind_searching",
        IndicatorState::Listed => "ind_listed",
        IndicatorState::Waiting => "ind_waiting",
        IndicatorState::Sending => "ind_sending",
        IndicatorState::Succeeded => "ind_succeeded",
        IndicatorState::Attention => "ind_attention",
        IndicatorState::Refused => "ind_refused",
        IndicatorState::Fault => "ind_fault",
        IndicatorState::Identify => "ind_identify",
    }
}
