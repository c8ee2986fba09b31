//! Words for the values of the contract's enums.

use super::Language;
use resetbox_core::problem::PasswordFault;
use resetbox_core::request::CaseKind;
use resetbox_core::screen::{Action, Mark, SettingItem, SettingValue};
use resetbox_core::view::{CasePhase, IndicatorState};
use sadp::Way;

fn pick(language: Language, en: &'static str, id: &'static str) -> &'static str {
    match language {
        Language::En => en,
        Language::Id => id,
    }
}

/// What a key does, in a word or two, lower case.
pub fn action(language: Language, action: Action) -> &'static str {
    let (en, id) = match action {
        Action::Open => ("open", "buka"),
        Action::Back => ("back", "kembali"),
        Action::List => ("list", "daftar"),
        Action::Menu => ("menu", "menu"),
        Action::Start => ("start", "mulai"),
        Action::ForgotPassword => ("forgot password", "lupa kata sandi"),
        Action::FirstPassword => ("set password", "pasang sandi"),
        Action::EnterKey => ("enter key", "isi kunci"),
        Action::PhonePage => ("phone page", "halaman ponsel"),
        Action::Send => ("send", "kirim"),
        Action::Cancel => ("cancel", "batal"),
        Action::NewQr => ("new QR", "QR baru"),
        Action::KeepWaiting => ("keep waiting", "tetap tunggu"),
        Action::TryAgain => ("try again", "coba lagi"),
        Action::Diagnosis => ("diagnosis", "diagnosis"),
        Action::Settings => ("settings", "pengaturan"),
        Action::Cases => ("cases", "kasus"),
        Action::Change => ("change", "ubah"),
        Action::Generate => ("generate", "buat acak"),
        Action::Preset => ("preset", "pemilik"),
        Action::Delete => ("delete", "hapus"),
        Action::Type => ("type key", "ketik kunci"),
        Action::Next => ("next", "lanjut"),
        Action::ShowQr => ("show QR", "tampilkan QR"),
        Action::Lamp => ("blink lamp", "kedipkan lampu"),
        Action::Worked => ("it works", "berhasil"),
        Action::DidNotWork => ("it does not", "gagal"),
        Action::Done => ("done", "selesai"),
        Action::Group => ("letters", "huruf"),
        Action::CloseCase => ("close case", "tutup kasus"),
        Action::Sync => ("its cameras", "kameranya"),
        Action::Insist => ("send anyway", "tetap kirim"),
        Action::Rescan => ("search again", "cari lagi"),
    };
    pick(language, en, id)
}

/// What stands at the end of a row of the list.
pub fn mark(language: Language, mark: &Mark) -> &'static str {
    let (en, id) = match mark {
        Mark::Ready => ("", ""),
        Mark::Case(p) => return phase(language, *p),
        Mark::Inactive => ("not activated", "belum aktif"),
        Mark::Oem => ("OEM", "OEM"),
        Mark::NoWay => ("no way", "tak bisa"),
        Mark::Gone => ("silent", "tak menjawab"),
    };
    pick(language, en, id)
}

/// Where a case stands.
pub fn phase(language: Language, phase: CasePhase) -> &'static str {
    let (en, id) = match phase {
        CasePhase::Exporting => ("asking", "meminta"),
        CasePhase::Awaiting => ("waiting for key", "tunggu kunci"),
        CasePhase::Ready => ("ready to send", "siap kirim"),
        CasePhase::Exchanging => ("preparing", "menyiapkan"),
        CasePhase::Sending => ("sending", "mengirim"),
        CasePhase::Unclear => ("unclear", "belum jelas"),
        CasePhase::Done => ("done", "selesai"),
        CasePhase::Void => ("void", "hangus"),
        CasePhase::Failed => ("failed", "gagal"),
        CasePhase::Cancelled => ("closed", "ditutup"),
    };
    pick(language, en, id)
}

/// Where a case of this kind stands.
pub fn phase_of(language: Language, kind: CaseKind, at: CasePhase) -> &'static str {
    match (kind, at) {
        (CaseKind::FirstPassword, CasePhase::Awaiting) => {
            pick(language, "needs password", "perlu sandi")
        }
        _ => phase(language, at),
    }
}

/// The way of recovery, as a short sentence.
pub fn way(language: Language, way: Way) -> &'static str {
    let (en, id) = match way {
        Way::Activate => (
            "New device: needs a first password",
            "Perangkat baru: perlu kata sandi pertama",
        ),
        Way::TypedKey => (
            "QR to the vendor, key comes back",
            "QR ke vendor, dibalas kunci",
        ),
        Way::KeyFile => (
            "File to the vendor, file comes back",
            "Berkas ke vendor, dibalas berkas",
        ),
        Way::AskVendor => (
            "Old device: ask the vendor with serial and start time",
            "Perangkat lama: hubungi vendor dengan seri dan waktu mulai",
        ),
        Way::None => (
            "No reset over the network",
            "Tidak bisa direset lewat jaringan",
        ),
    };
    pick(language, en, id)
}

/// The way of recovery in a word or two.
pub fn way_short(language: Language, way: Way) -> &'static str {
    let (en, id) = match way {
        Way::Activate => ("first password", "sandi pertama"),
        Way::TypedKey => ("QR + key", "QR + kunci"),
        Way::KeyFile => ("file", "berkas"),
        Way::AskVendor => ("ask the vendor", "hubungi vendor"),
        Way::None => ("none here", "tidak ada"),
    };
    pick(language, en, id)
}

/// A setting's name.
pub fn setting(language: Language, item: SettingItem) -> &'static str {
    let (en, id) = match item {
        SettingItem::Brightness => ("Brightness", "Kecerahan"),
        SettingItem::Rotation => ("Rotation", "Putaran"),
        SettingItem::Language => ("Language", "Bahasa"),
        SettingItem::Sleep => ("Sleep after", "Layar mati"),
        SettingItem::PhonePage => ("Phone page", "Halaman ponsel"),
        SettingItem::Diagnosis => ("Diagnosis", "Diagnosis"),
        SettingItem::Cases => ("Cases", "Kasus"),
    };
    pick(language, en, id)
}

/// A setting's value; empty for a page behind it.
pub fn setting_value(language: Language, value: &SettingValue) -> String {
    match value {
        SettingValue::Percent(n) => format!("{n} %"),
        SettingValue::Degrees(n) => format!("{n}\u{b0}"),
        SettingValue::Language(Language::En) => "English".into(),
        SettingValue::Language(Language::Id) => "Indonesia".into(),
        SettingValue::Seconds(0) => pick(language, "never", "tidak").into(),
        SettingValue::Seconds(n) if n % 60 == 0 => format!("{} min", n / 60),
        SettingValue::Seconds(n) => format!("{n} s"),
        SettingValue::Count(n) => n.to_string(),
        SettingValue::Page => String::new(),
    }
}

/// A rule for new passwords that is broken, as what to do about it.
pub fn password_fault(language: Language, fault: PasswordFault) -> &'static str {
    let (en, id) = match fault {
        PasswordFault::TooShort => ("Use at least 8 characters.", "Pakai minimal 8 karakter."),
        PasswordFault::TooLong => ("Use at most 16 characters.", "Pakai maksimal 16 karakter."),
        PasswordFault::OneKind => (
            "Mix at least two of capitals, small letters, digits and signs.",
            "Campur minimal dua: huruf besar, huruf kecil, angka, tanda.",
        ),
        PasswordFault::OddCharacter => (
            "No blanks, accents or emoji: plain keyboard characters only.",
            "Tanpa spasi, aksen atau emoji: hanya karakter papan ketik biasa.",
        ),
        PasswordFault::Mangled => (
            "Leave out & < > \" ' and \\: some cameras mangle them.",
            "Jangan pakai & < > \" ' dan \\: sebagian kamera merusaknya.",
        ),
        PasswordFault::UserName => (
            "Not the user name, forwards or backwards.",
            "Jangan nama pengguna, juga bukan kebalikannya.",
        ),
        PasswordFault::CommonWord => (
            "Leave out 123 and admin: newer cameras refuse them.",
            "Jangan pakai 123 dan admin: ditolak kamera baru.",
        ),
        PasswordFault::RunOrRepeat => (
            "Not four in a row (abcd, 4321) and not four times the same.",
            "Jangan empat berurutan (abcd, 4321) atau empat kali sama.",
        ),
    };
    pick(language, en, id)
}

/// What the indicators say.
pub fn indicator(language: Language, state: IndicatorState) -> &'static str {
    let (en, id) = match state {
        IndicatorState::Starting => ("starting", "memulai"),
        IndicatorState::NoCable => ("no cable", "kabel tidak terpasang"),
        IndicatorState::Searching => ("searching", "mencari"),
        IndicatorState::Listed => ("devices found", "perangkat ditemukan"),
        IndicatorState::Waiting => ("waiting for the key", "menunggu kunci"),
        IndicatorState::Sending => ("sending", "mengirim"),
        IndicatorState::Succeeded => ("succeeded", "berhasil"),
        IndicatorState::Attention => ("a person is needed", "perlu perhatian"),
        IndicatorState::Refused => ("refused or locked", "ditolak atau terkunci"),
        IndicatorState::Fault => ("box fault", "kotak bermasalah"),
        IndicatorState::Identify => ("this is the box", "inilah kotaknya"),
    };
    pick(language, en, id)
}
