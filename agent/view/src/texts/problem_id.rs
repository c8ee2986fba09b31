//! Problems in Indonesian.

use resetbox_core::problem::{FileFault, KeyFault, LoginFault, Problem, ProblemKind as K};

use super::{Language, Words, password_fault};

pub(super) fn words(problem: &Problem) -> Words {
    let (title, what, next, short) = match &problem.kind {
        K::DeviceFailed => (
            "Kamera menolak",
            "Kamera menolak (kode 2009). Keadaannya tidak mengizinkan, atau fitur ini dimatikan, sering karena terikat ke akun cloud.".into(),
            "Baca lagi halaman perangkat. Jika tetap, minta pemilik melepas ikatannya, atau hubungi vendor.",
            "Terikat cloud? Lepaskan, atau hubungi vendor.",
        ),
        K::Locked => (
            "Kamera terkunci",
            "Terlalu sering salah: kamera tidak menerima apa pun untuk sementara (kode 2018).".into(),
            "Tunggu sampai waktu kunci habis. Jangan matikan kamera: jika restart, kuncinya hangus.",
            "Tunggu. Jangan matikan kamera.",
        ),
        K::NotActivated => (
            "Belum ada kata sandi",
            "Kamera belum punya kata sandi (kode 2019): tidak ada yang perlu direset.".into(),
            "Tutup kasus ini, lalu pasang kata sandi pertama dari sini.",
            "Tutup kasus, pasang sandi pertama.",
        ),
        K::RiskPassword => (
            "Kata sandi terlalu lemah",
            "Kamera menganggap kata sandi baru terlalu lemah (kode 2020). Kunci tidak terpakai karenanya.".into(),
            "Pilih yang lebih kuat: tiga jenis karakter, tanpa 123, tanpa admin. Lalu kirim lagi.",
            "Pilih yang lebih kuat, kirim lagi.",
        ),
        K::AlreadyActivated => (
            "Sudah ada kata sandi",
            "Kamera sudah aktif (kode 2021): ada yang mendahului, atau percobaan sebelumnya berhasil.".into(),
            "Coba kata sandi yang Anda pilih. Jika tidak bisa masuk, reset.",
            "Coba sandi Anda, atau reset.",
        ),
        K::NoOpenRequest => (
            "Permintaan sudah hilang",
            "Kamera tidak menyimpan permintaan terbuka (kode 2022): kamera restart, atau kodenya sudah dipakai.".into(),
            "Mulai kasus baru dan kirim QR yang baru ke vendor.",
            "Mulai kasus baru dengan QR baru.",
        ),
        K::Overdue => (
            "Kunci kedaluwarsa",
            "Menurut kamera, waktu kunci ini sudah habis (kode 2023).".into(),
            "Mulai kasus baru dan kirim QR yang baru ke vendor.",
            "Mulai kasus baru dengan QR baru.",
        ),
        K::KeyWrong => (
            "Kunci ditolak",
            "Kamera menolak kunci itu (kode 2039).".into(),
            "Periksa ketikan, juga huruf besarnya, dan pastikan kunci ini untuk nomor seri dan QR ini.",
            "Cocokkan tiap huruf, ketik ulang. Untuk kamera ini?",
        ),
        K::DeviceRefused { text } => {
            return Words::new(
                "Kamera menolak",
                &format!("Kamera menjawab \"{text}\", yang tidak dikenal kotak."),
                "Baca lagi halaman perangkat. Jika tetap, tunjukkan teks ini ke vendor.",
                &format!("Katanya \"{text}\". Hubungi vendor."),
            );
        }
        K::DeviceSilent => (
            "Tidak ada jawaban",
            "Kamera tidak menjawab dalam 10 detik (kode 2011). Tidak ada yang berubah.".into(),
            "Periksa daya dan kabelnya, lalu coba lagi.",
            "Periksa daya dan kabel, coba lagi.",
        ),
        K::Unclear => (
            "Tidak ada jawaban: mungkin berhasil",
            "Kata sandi baru sudah dikirim, kamera tidak menjawab (kode 2011). Mungkin sudah berhasil.".into(),
            "Coba masuk ke kamera dengan kata sandi baru sebelum mengulang apa pun.",
            "Coba kata sandi baru di kamera.",
        ),
        K::ExchangeFailed => (
            "Pertukaran kunci gagal",
            "Kamera dan kotak gagal menyepakati kunci sandi (kode 2041). Kunci dan kata sandi belum dikirim.".into(),
            "Coba lagi: tidak mengurangi kesempatan.",
            "Coba lagi: tidak mengurangi kesempatan.",
        ),
        K::EmptyExport => (
            "Kode perangkat kosong",
            "Kamera setuju tetapi memberi kode yang kosong.".into(),
            "Matikan dan nyalakan kamera, tunggu dua menit, lalu mulai lagi.",
            "Restart kamera, mulai lagi.",
        ),
        K::OddAnswer { text } => (
            "Jawaban aneh",
            format!("Jawaban kamera tidak masuk akal: {text}."),
            "Coba lagi. Jika tetap, perbarui firmware kamera atau hubungi vendor.",
            "Coba lagi, atau hubungi vendor.",
        ),
        K::Rebooted => (
            "Kamera restart",
            "Kamera restart: kodenya hilang, jadi kunci ini tidak berlaku lagi.".into(),
            "Mulai kasus baru dan kirim QR yang baru ke vendor. Kali ini jangan matikan kamera.",
            "Kunci ini hangus. Mulai kasus baru.",
        ),
        K::MaybeRestarted => (
            "Kamera restart?",
            "Kamera mungkin restart; ia tidak punya jam untuk memastikannya. Kuncinya mungkin hangus.".into(),
            "Coba kuncinya jika sudah ada. Jika ditolak, mulai kasus baru.",
            "Kunci mungkin hangus. Coba saja.",
        ),
        K::ReExported => (
            "Kode diminta pihak lain",
            "Ada yang meminta kode baru ke kamera: kunci ini tidak berlaku lagi.".into(),
            "Tutup SADP Tool di komputer lain; di aplikasi pakai Others, bukan Device on LAN. Lalu mulai kasus baru.",
            "Kunci hangus. Tutup SADP Tool.",
        ),
        K::DeviceChanged => (
            "Perangkat lain",
            "Perangkat lain menjawab dengan alamat ini: nomor serinya berbeda.".into(),
            "Periksa kamera mana yang terpasang, lalu mulai kasus baru untuk yang benar.",
            "Periksa kamera yang terpasang.",
        ),
        K::UnknownDevice => (
            "Perangkat tidak ada",
            "Kotak tidak (lagi) mengenal perangkat ini.".into(),
            "Cari lagi lalu pilih dari daftar.",
            "Cari lagi.",
        ),
        K::UnknownCase => (
            "Kasus tidak ada",
            "Kotak tidak mengenal kasus ini.".into(),
            "Pilih kameranya dari daftar.",
            "Pilih dari daftar.",
        ),
        K::WrongState => (
            "Belum bisa",
            "Kasus ini belum sampai di langkah itu.".into(),
            "Lihat lagi kasusnya: di sana ada langkah berikutnya.",
            "Lihat lagi kasusnya.",
        ),
        K::CaseClosed => (
            "Kasus sudah ditutup",
            "Kasus ini hangus atau ditutup; kuncinya tidak berlaku lagi.".into(),
            "Mulai kasus baru untuk kamera ini.",
            "Mulai kasus baru.",
        ),
        K::Expired => (
            "48 jam sudah lewat",
            "Kode perangkat sudah lewat 48 jam: kuncinya tidak berlaku lagi.".into(),
            "Mulai kasus baru dan kirim QR yang baru ke vendor.",
            "Mulai kasus baru dengan QR baru.",
        ),
        K::NoWay => (
            "Tidak bisa dari sini",
            "Perangkat ini tidak menawarkan pemulihan yang bisa dilakukan kotak.".into(),
            "Hubungi vendor dengan nomor seri dan waktu mulai perangkat.",
            "Hubungi vendor.",
        ),
        K::NeedsActivation => (
            "Perangkat baru",
            "Perangkat ini belum punya kata sandi: tidak ada yang perlu direset.".into(),
            "Pasang kata sandi pertamanya: tanpa kunci dan tanpa berkas.",
            "Pasang kata sandi pertama.",
        ),
        K::KeyForm { fault } => {
            let (what, short) = match fault {
                KeyFault::Empty => ("Kunci belum diisi.", "Isi kuncinya."),
                KeyFault::TooShort => ("Kunci terlalu pendek: biasanya 8 karakter.", "Pendek: biasanya 8."),
                KeyFault::TooLong => ("Kunci terlalu panjang: biasanya 8 karakter, tidak pernah lebih dari 32.", "Panjang: biasanya 8."),
                KeyFault::OddCharacter => ("Kunci hanya berisi huruf dan angka.", "Hanya huruf dan angka."),
            };
            return Words::new(
                "Periksa kuncinya",
                what,
                "Ketik persis seperti yang dikirim vendor. Belum ada yang dikirim ke kamera.",
                short,
            );
        }
        K::FileForm { fault } => {
            let what = match fault {
                FileFault::Empty => "Berkasnya kosong.",
                FileFault::TooLong => "Berkasnya terlalu panjang untuk jawaban vendor.",
                FileFault::OddCharacter => "Berkasnya berisi karakter yang tidak pernah ada di jawaban vendor.",
                FileFault::OwnExport => "Ini berkas yang diberikan kotak, bukan jawaban vendor.",
            };
            return Words::new(
                "Berkas salah",
                what,
                "Pakai berkas yang dikirim balik oleh vendor. Belum ada yang dikirim ke kamera.",
                "Pakai berkas dari vendor.",
            );
        }
        K::PasswordForm { faults } => {
            let rules: Vec<&str> = faults
                .iter()
                .map(|f| password_fault(Language::Id, *f))
                .collect();
            return Words::new(
                "Pilih kata sandi lain",
                "Kata sandi baru melanggar aturan. Belum ada yang dikirim ke kamera.",
                &rules.join(" "),
                "8 sampai 16 karakter, tiga jenis.",
            );
        }
        K::SerialMismatch => (
            "Kamera salah",
            "Nomor seri di konfirmasi bukan milik kasus ini. Tidak ada yang dikirim.".into(),
            "Cocokkan nomor seri di label dengan yang di layar.",
            "Cocokkan nomor seri.",
        ),
        K::MustInsist => (
            "Dua kunci ditolak",
            "Kamera sudah menolak dua kunci. Sekali lagi salah, kamera bisa terkunci.".into(),
            "Tanya vendor apakah kunci ini untuk seri ini. Jika tetap ingin mengirim, konfirmasi sekali lagi.",
            "Tanya vendor sebelum mencoba lagi.",
        ),
        K::InsistReExported => (
            "Kunci mungkin hangus",
            "Setelah kode ini, ada yang meminta kode baru ke kamera: kunci mungkin hangus, dan kunci salah mengurangi kesempatan. Belum ada yang dikirim.".into(),
            "Mulai kasus baru dengan QR baru. Jika yakin tidak demikian, konfirmasi sekali lagi.",
            "Kode diminta pihak lain: mungkin hangus.",
        ),
        K::KeyReplaced => (
            "Ada kunci lain",
            "Sementara itu ada yang memasukkan kunci lain untuk kamera ini. Belum ada yang dikirim.".into(),
            "Lihat kasus ini lagi: konfirmasi kunci yang menunggu sekarang, atau masukkan kunci Anda lagi.",
            "Lihat kasus ini lagi.",
        ),
        K::LoginRefused => (
            "Kata sandi tidak bisa masuk",
            "Halaman web kamera menolak kata sandi ini. Kotak tidak mencoba lagi.".into(),
            "Periksa ketikan, lalu masuk di halaman kamera sendiri. Terlalu sering salah akan mengunci kamera.",
            "Masuk di halaman kamera.",
        ),
        K::LoginLocked => (
            "Login terkunci",
            "Kamera tidak menerima login untuk sementara: terlalu sering salah.".into(),
            "Tunggu sekitar setengah jam, lalu masuk di halaman kamera sendiri.",
            "Tunggu, lalu masuk di halamannya.",
        ),
        K::LoginOdd { text } => (
            "Login belum jelas",
            format!("Kata sandi dicoba sekali, dan jawabannya bukan ya dan bukan tidak: {text}."),
            "Masuk di halaman kamera sendiri: kotak tidak mencoba lagi.",
            "Masuk di halaman kamera.",
        ),
        K::LoginNotSent { why } => {
            let (what, next) = login_not_sent(*why);
            return Words::new("Login belum dicoba", what, next, "Masuk di halaman kamera.");
        }
        K::LoginUsed => (
            "Login sudah dicoba",
            "Kotak mencoba kata sandi sekali untuk setiap akhir kasus, juga setelah listrik padam.".into(),
            "Masuk di halaman kamera sendiri.",
            "Masuk di halaman kamera.",
        ),
        K::NoSync => (
            "Tidak bisa diteruskan",
            "Perangkat ini tidak bisa memasang kata sandi di kameranya.".into(),
            "Kirim tanpa pilihan itu.",
            "Kirim tanpa itu.",
        ),
        K::PinWrong => (
            "PIN salah",
            "PIN tidak sama dengan yang tampil di layar kotak.".into(),
            "Baca lagi dari layar.",
            "Baca lagi dari layar.",
        ),
        K::PinSlow { wait_s } => (
            "Terlalu sering salah PIN",
            format!("Kotak menerima PIN berikutnya dalam {wait_s} detik."),
            "Tunggu, lalu baca PIN dari layar.",
            "Tunggu sebentar.",
        ),
        K::TokenUsed => (
            "Tautan sudah terpakai",
            "Tautan ini hanya berlaku sekali, dan tidak setelah kotak dimulai ulang.".into(),
            "Pindai lagi QR di layar, atau masukkan PIN.",
            "Pindai lagi QR-nya.",
        ),
        K::ChannelNotSafe => (
            "Saluran tidak aman",
            "Kunci tidak boleh lewat broker tanpa enkripsi.".into(),
            "Pakai halaman ponsel, atau nyalakan TLS di pengaturan MQTT.",
            "Pakai halaman ponsel.",
        ),
        K::StoreFailed { text } => (
            "Gagal menyimpan",
            format!("Kotak tidak bisa menulis ke kartunya: {text}. Tidak ada yang dikirim."),
            "Coba lagi. Jika tetap, mulai ulang kotak; lalu ganti kartunya.",
            "Mulai ulang kotak, lalu ganti kartu.",
        ),
        K::TransmitFailed { text } => (
            "Gagal mengirim",
            format!("Jaringan menolak: {text}."),
            "Periksa kabel kotak, lalu coba lagi.",
            "Periksa kabel, coba lagi.",
        ),
        K::NoLink => (
            "Kamera tidak tersambung",
            "Porta tempat kamera terlihat sekarang tanpa kabel.".into(),
            "Colokkan lagi kabelnya, tunggu sampai kamera muncul di daftar, lalu coba lagi.",
            "Colokkan lagi kabelnya.",
        ),
        K::KeyPairFailed { text } => (
            "Gagal membuat kunci sandi",
            format!("Kotak tidak bisa membuat kunci sandi: {text}."),
            "Coba lagi. Jika tetap, mulai ulang kotak.",
            "Coba lagi.",
        ),
        K::Busy => (
            "Kotak sedang sibuk",
            "Kamera lain sedang dilayani, atau terlalu banyak kasus terbuka.".into(),
            "Tunggu beberapa detik. Jika tetap, tutup kasus yang tidak perlu.",
            "Tunggu, atau tutup kasus lama.",
        ),
        K::PowerCut => (
            "Listrik sempat padam",
            "Daya hilang saat kotak sedang berbicara dengan kamera.".into(),
            "Coba kata sandi baru di kamera, lalu beri tahu kotak.",
            "Coba kata sandi baru.",
        ),
    };
    Words::new(title, &what, next, short)
}

/// What stands in the way of a login, and what to do. Nothing was sent.
fn login_not_sent(why: LoginFault) -> (&'static str, &'static str) {
    match why {
        LoginFault::NoAddress => (
            "Kamera tidak menyebut alamat yang bisa dihubungi kotak. Tidak ada yang dikirim.",
            "Beri kamera alamat di jaringan ini, atau periksa dari NVR.",
        ),
        LoginFault::OtherSubnet => (
            "Alamat kamera berada di subnet lain. Tidak ada yang dikirim.",
            "Atur [net] temporary_address = true, tunggu sepuluh detik lalu coba lagi; atau periksa dari NVR.",
        ),
        LoginFault::Unreachable => (
            "Halaman web kamera tidak menjawab. Tidak ada yang dikirim.",
            "Pastikan halaman webnya aktif, lalu coba lagi.",
        ),
        LoginFault::HttpsOnly => (
            "Halaman web kamera hanya memakai HTTPS, yang tidak dipakai kotak. Tidak ada yang dikirim.",
            "Masuk lewat https:// di peramban, atau periksa dari NVR.",
        ),
        LoginFault::NoDigest => (
            "Halaman web kamera tidak meminta login digest: kata sandi akan terbaca. Tidak ada yang dikirim.",
            "Aktifkan digest di kamera, atau periksa dari NVR.",
        ),
        LoginFault::Locked => (
            "Kamera tidak menerima login untuk sementara: terlalu sering salah. Tidak ada yang dikirim.",
            "Tunggu sampai kuncinya habis, lalu coba lagi.",
        ),
        LoginFault::SharedAddress => (
            "Kamera lain memakai alamat yang sama: yang salah bisa terhubung. Tidak ada yang dikirim.",
            "Beri salah satu alamat lain, lalu coba lagi.",
        ),
        LoginFault::NotActivated => (
            "Kamera berkata belum punya kata sandi. Tidak ada yang dikirim.",
            "Lihat lagi halaman perangkat; mungkin perlu kata sandi pertama.",
        ),
    }
}
