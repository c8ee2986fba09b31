//! Words for what needs a person.

use super::{Language, Words};
use resetbox_core::event::UpdateNews;
use resetbox_core::view::{Alert, CaseAlert};

/// Why a case needs a person. `title` is the alert line without the serial tail.
pub fn case_alert(language: Language, why: CaseAlert) -> Words {
    let words: [&str; 4] = match (language, why) {
        (Language::En, CaseAlert::ExpiresSoon) => [
            "expires soon",
            "Less than 4 hours of the promised 24 are left.",
            "Ask the vendor for the key now, or enter it.",
            "Enter the key soon.",
        ],
        (Language::En, CaseAlert::MayBeVoid) => [
            "may be void",
            "The device code is older than 24 hours. Some cameras drop it after that, others after 48.",
            "Try the key if you have it. If it is refused, start a new case.",
            "Older than 24 h: try the key.",
        ],
        (Language::En, CaseAlert::Void) => [
            "key is void",
            "The key for this case no longer works.",
            "Start a new case and send the new QR to the vendor.",
            "Start a new case.",
        ],
        (Language::En, CaseAlert::Unclear) => [
            "did it work?",
            "The camera did not answer to the new password; it may have worked.",
            "Try the new password on the camera, then tell the box.",
            "Try the new password.",
        ],
        (Language::En, CaseAlert::DeviceGone) => [
            "camera silent",
            "The camera of an open case does not answer any more. If it lost power, its key is void.",
            "Check its power and its cable.",
            "Check power and cable.",
        ],
        (Language::En, CaseAlert::MaybeRestarted) => [
            "restarted?",
            "The camera may have restarted. If it did, its key is void.",
            "Try the key. If it is refused, start a new case.",
            "Key may be void.",
        ],
        (Language::En, CaseAlert::Locked) => [
            "camera locked",
            "The camera is locked after too many wrong tries.",
            "Wait until the lock time is over and keep the camera powered.",
            "Wait, keep it powered.",
        ],
        (Language::En, CaseAlert::Refused) => [
            "refused",
            "The camera refused the last attempt.",
            "Open the case: it says why and what to do.",
            "Open the case.",
        ],
        (Language::Id, CaseAlert::ExpiresSoon) => [
            "segera habis",
            "Sisa waktu kurang dari 4 jam dari 24 jam yang dijanjikan.",
            "Minta kuncinya ke vendor sekarang, atau masukkan.",
            "Segera isi kunci.",
        ],
        (Language::Id, CaseAlert::MayBeVoid) => [
            "mungkin hangus",
            "Kode perangkat sudah lewat 24 jam. Sebagian kamera membuangnya setelah itu, lainnya setelah 48 jam.",
            "Coba kuncinya jika sudah ada. Jika ditolak, mulai kasus baru.",
            "Lewat 24 jam: coba kuncinya.",
        ],
        (Language::Id, CaseAlert::Void) => [
            "kunci hangus",
            "Kunci untuk kasus ini tidak berlaku lagi.",
            "Mulai kasus baru dan kirim QR yang baru ke vendor.",
            "Mulai kasus baru.",
        ],
        (Language::Id, CaseAlert::Unclear) => [
            "berhasil?",
            "Kamera tidak menjawab kata sandi baru; mungkin sudah berhasil.",
            "Coba kata sandi baru di kamera, lalu beri tahu kotak.",
            "Coba kata sandi baru.",
        ],
        (Language::Id, CaseAlert::DeviceGone) => [
            "kamera tak menjawab",
            "Kamera dengan kasus terbuka tidak menjawab lagi. Jika sempat mati, kuncinya hangus.",
            "Periksa daya dan kabelnya.",
            "Periksa daya dan kabel.",
        ],
        (Language::Id, CaseAlert::MaybeRestarted) => [
            "restart?",
            "Kamera mungkin baru restart. Jika ya, kuncinya hangus.",
            "Coba kuncinya. Jika ditolak, mulai kasus baru.",
            "Kunci mungkin hangus.",
        ],
        (Language::Id, CaseAlert::Locked) => [
            "kamera terkunci",
            "Kamera terkunci karena terlalu sering salah.",
            "Tunggu sampai waktu kunci habis dan jangan matikan kamera.",
            "Tunggu, jangan dimatikan.",
        ],
        (Language::Id, CaseAlert::Refused) => [
            "ditolak",
            "Kamera menolak percobaan terakhir.",
            "Buka kasusnya: di sana ada sebab dan langkah berikutnya.",
            "Buka kasusnya.",
        ],
    };
    let [title, what, next, short] = words;
    Words::new(title, what, next, short)
}

/// Something that needs a person; for a case `title` begins with the serial's tail.
pub fn alert(language: Language, alert: &Alert) -> Words {
    match (language, alert) {
        (
            _,
            Alert::Case {
                serial_tail, why, ..
            },
        ) => {
            let mut words = case_alert(language, *why);
            words.title = format!("{} {}", super::tail(serial_tail), words.title)
                .trim()
                .to_owned();
            words
        }
        (Language::En, Alert::Store(text)) => Words::new(
            "Storage does not work",
            &format!("The box cannot write to its card: {text}."),
            "Open cases go on; no new ones can be started. Save what you need, then replace the card.",
            "Replace the card.",
        ),
        (Language::En, Alert::Fleeting(text)) => Words::new(
            "Nothing is kept",
            &format!(
                "The box works, but from memory: {text}. Open cases, settings and the log are gone when the power goes."
            ),
            "Finish open cases before you unplug the box. Then write the card anew, or take a new one.",
            "Do not unplug with open cases.",
        ),
        (Language::En, Alert::Update(UpdateNews::Coming(text))) => Words::new(
            "Update is coming",
            &format!(
                "A new system is being written: {text}. The box restarts by itself in a minute."
            ),
            "Wait. A reset that is under way is finished first, and a power cut does no harm.",
            "The box restarts soon.",
        ),
        (Language::En, Alert::Update(UpdateNews::Refused(text))) => Words::new(
            "Update refused",
            &format!("Nothing was changed: {text}."),
            "The box goes on with the system that it has. A file on the card is looked at in every start: take it off the card.",
            "The old system runs.",
        ),
        (Language::En, Alert::Update(UpdateNews::FellBack(text))) => Words::new(
            "Update did not work",
            &format!(
                "The new system did not come up well, and the box went back to the one from before: {text}. Nothing is lost."
            ),
            "Work on as before. Try the update once more from the phone page, or take a newer one.",
            "The old system runs.",
        ),
        (Language::En, Alert::Panel(text)) => Words::new(
            "Panel does not work",
            &format!("The display does not answer: {text}."),
            "Use the phone page. Check the profile in resetbox.toml and the plug of the panel.",
            "Use the phone page.",
        ),
        (Language::En, Alert::Buttons(text)) => Words::new(
            "Buttons do not work",
            &format!("The panel's buttons are not heard: {text}."),
            "Use the phone page. `resetbox panel-test` tries each button by name.",
            "Use the phone page.",
        ),
        (Language::En, Alert::Leds(text)) => Words::new(
            "LEDs do not work",
            &format!("The indicators cannot be switched: {text}."),
            "Look at the panel or the phone page. `resetbox panel-test` tries each LED by name.",
            "Look at the panel.",
        ),
        (Language::En, Alert::Config(text)) => Words::new(
            "Mistake in resetbox.toml",
            &format!("The box runs on defaults: {text}."),
            "Correct that line on any PC, save the file as UTF-8 text, and restart the box.",
            "Correct resetbox.toml.",
        ),
        (Language::En, Alert::Http(text)) => Words::new(
            "Phone page does not work",
            &format!("It cannot be served: {text}."),
            "Use the panel. Check which other program holds the port.",
            "Use the panel.",
        ),
        (Language::En, Alert::Https(text)) => Words::new(
            "HTTPS does not work",
            &format!("The phone page is served without encryption only: {text}."),
            "Type the key on the panel, or use the plain page on a network you trust.",
            "Plain page only.",
        ),
        (Language::Id, Alert::Store(text)) => Words::new(
            "Penyimpanan rusak",
            &format!("Kotak tidak bisa menulis ke kartunya: {text}."),
            "Kasus terbuka tetap jalan; kasus baru tidak bisa dimulai. Catat yang perlu, lalu ganti kartunya.",
            "Ganti kartunya.",
        ),
        (Language::Id, Alert::Fleeting(text)) => Words::new(
            "Tidak ada yang tersimpan",
            &format!(
                "Kotak bekerja, tetapi hanya di memori: {text}. Kasus terbuka, setelan dan catatan hilang bila listrik padam."
            ),
            "Selesaikan kasus terbuka sebelum mencabut kotak. Lalu tulis ulang kartunya, atau pakai kartu baru.",
            "Jangan cabut saat ada kasus.",
        ),
        (Language::Id, Alert::Update(UpdateNews::Coming(text))) => Words::new(
            "Pembaruan dipasang",
            &format!(
                "Sistem baru sedang ditulis: {text}. Kotak menyala ulang sendiri sebentar lagi."
            ),
            "Tunggu. Reset yang sedang berjalan diselesaikan dulu, dan listrik padam tidak merusak apa pun.",
            "Kotak segera menyala ulang.",
        ),
        (Language::Id, Alert::Update(UpdateNews::Refused(text))) => Words::new(
            "Pembaruan ditolak",
            &format!("Tidak ada yang diubah: {text}."),
            "Kotak tetap memakai sistem yang ada. Berkas di kartu diperiksa setiap kali menyala: hapus dari kartu.",
            "Sistem lama yang berjalan.",
        ),
        (Language::Id, Alert::Update(UpdateNews::FellBack(text))) => Words::new(
            "Pembaruan gagal",
            &format!(
                "Sistem baru tidak berjalan baik, dan kotak kembali ke sistem sebelumnya: {text}. Tidak ada yang hilang."
            ),
            "Lanjutkan kerja seperti biasa. Coba lagi dari halaman ponsel, atau ambil pembaruan yang lebih baru.",
            "Sistem lama yang berjalan.",
        ),
        (Language::Id, Alert::Panel(text)) => Words::new(
            "Layar rusak",
            &format!("Layar tidak merespons: {text}."),
            "Pakai halaman ponsel. Periksa profil di resetbox.toml dan konektor layar.",
            "Pakai halaman ponsel.",
        ),
        (Language::Id, Alert::Buttons(text)) => Words::new(
            "Tombol tidak berfungsi",
            &format!("Tombol layar tidak terbaca: {text}."),
            "Pakai halaman ponsel. `resetbox panel-test` menguji tiap tombol dengan namanya.",
            "Pakai halaman ponsel.",
        ),
        (Language::Id, Alert::Leds(text)) => Words::new(
            "LED tidak berfungsi",
            &format!("Lampu indikator tidak bisa dinyalakan: {text}."),
            "Lihat layar atau halaman ponsel. `resetbox panel-test` menguji tiap LED dengan namanya.",
            "Lihat layar.",
        ),
        (Language::Id, Alert::Config(text)) => Words::new(
            "Kesalahan di resetbox.toml",
            &format!("Kotak memakai nilai bawaan: {text}."),
            "Perbaiki baris itu di PC mana pun, simpan sebagai teks UTF-8, lalu mulai ulang kotak.",
            "Perbaiki resetbox.toml.",
        ),
        (Language::Id, Alert::Http(text)) => Words::new(
            "Halaman ponsel tidak jalan",
            &format!("Halaman tidak bisa disajikan: {text}."),
            "Pakai tombol di kotak. Periksa program lain yang memakai porta itu.",
            "Pakai tombol kotak.",
        ),
        (Language::Id, Alert::Https(text)) => Words::new(
            "HTTPS tidak jalan",
            &format!("Halaman ponsel hanya disajikan tanpa enkripsi: {text}."),
            "Ketik kunci di kotak, atau pakai halaman biasa di jaringan yang Anda percaya.",
            "Hanya halaman biasa.",
        ),
    }
}
