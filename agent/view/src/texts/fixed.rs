//! Words without parameters.

use super::Language;

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident: $en:literal, $id:literal;)*) => {
        $(
            $(#[$doc])*
            #[doc = concat!("English: ", $en)]
            pub fn $name(language: Language) -> &'static str {
                match language {
                    Language::En => $en,
                    Language::Id => $id,
                }
            }
        )*
        /// Every word of this table in `language`, with its name; for tests and reviews.
        pub fn all(language: Language) -> Vec<(&'static str, &'static str)> {
            vec![$((stringify!($name), $name(language)),)*]
        }
    };
}

words! {
    starting: "Starting", "Memulai";
    no_cable: "No cable", "Kabel tidak terpasang";
    /// `{}` is the name of the link.
    no_cable_next: "Plug {} into the PoE switch of the cameras.", "Colokkan {} ke switch PoE kamera.";
    searching: "Searching", "Mencari";
    searching_what: "Asking every device on this network.", "Memanggil semua perangkat di jaringan ini.";
    own_address: "Box address", "Alamat kotak";
    nothing_found: "No device answered", "Tidak ada perangkat menjawab";
    nothing_found_next: "Same switch? Same VLAN? Camera powered?", "Switch sama? VLAN sama? Kamera menyala?";
    no_devices: "No devices yet", "Belum ada perangkat";
    serial: "Serial", "Seri";
    firmware: "Firmware", "Firmware";
    brand: "Sold as", "Merek";
    activated: "activated", "aktif";
    not_activated: "not activated", "belum aktif";
    gone: "silent", "tak menjawab";
    may_refuse: "may refuse", "bisa menolak";
    recovery: "Recovery", "Pemulihan";
    confirm_open: "Ask for a device code?", "Minta kode perangkat?";
    confirm_open_text: "The camera is asked once. A code it gave before stops working. Do not restart it until the reset is done.", "Kamera diminta sekali saja. Kode yang lama tidak berlaku lagi. Jangan dimatikan sampai reset selesai.";
    confirm_open_short: "Voids an earlier code. Keep the camera powered.", "Kode lama hangus. Kamera harus tetap menyala.";
    exporting: "Asking the camera", "Meminta kode";
    exporting_text: "It answers within seconds. Keep it powered.", "Jawaban datang dalam beberapa detik. Jangan dimatikan.";
    exporting_short: "Keep it powered.", "Jangan dimatikan.";
    time_left: "left", "tersisa";
    at_most: "at most", "paling lama";
    may_be_void: "may be void", "mungkin hangus";
    hold_steady: "Hold phone steady, 12-15 cm", "Tahan ponsel stabil, 12-15 cm";
    too_fine: "Too fine to scan: use the phone page", "Terlalu rapat: pakai halaman ponsel";
    too_fine_short: "Too fine: phone page", "Rapat: pakai ponsel";
    too_fine_tiny: "too fine", "rapat";
    guess: "If the app refuses this QR, send the file", "Jika QR ditolak aplikasi, kirim berkasnya";
    guess_short: "QR or file", "QR / berkas";
    scan_others: "In the app choose Others", "Di aplikasi pilih Others";
    join_wifi: "Join this Wi-Fi", "Sambung ke Wi-Fi ini";
    open_page: "Open this page", "Buka halaman ini";
    open_https: "Open by HTTPS", "Buka lewat HTTPS";
    https_compare: "The phone will warn. Go on if the certificate's SHA-256 begins so:", "Ponsel akan memperingatkan. Lanjutkan jika SHA-256 sertifikatnya diawali:";
    https_compare_short: "SHA-256 begins", "Awal SHA-256";
    pin: "PIN", "PIN";
    no_address: "The box has no address yet", "Kotak belum punya alamat";
    key_for: "Key for", "Kunci untuk";
    key_more: "more than 8", "lebih dari 8";
    or_phone: "or by phone", "atau lewat ponsel";
    new_password: "New password", "Kata sandi baru";
    new_password_text: "Write it down now. It is shown only here and is stored nowhere.", "Catat sekarang. Hanya tampil di sini dan tidak disimpan.";
    preset_password: "Set by the owner", "Ditetapkan pemilik";
    preset_password_text: "The password that this box's owner chose beforehand. It is not shown: ask the owner.", "Kata sandi yang dipilih pemilik kotak ini. Tidak ditampilkan: tanyakan kepada pemilik.";
    preset_password_short: "Not shown: ask the owner.", "Tak tampil: tanya pemilik.";
    new_password_short: "Write it down now: it is not stored.", "Catat sekarang: tidak disimpan.";
    first_password: "No password yet", "Belum ada kata sandi";
    first_password_text: "The camera is not activated. Set its first password: no QR and no key is needed. The box proposes one.", "Kamera belum aktif. Pasang kata sandi pertamanya: tanpa QR dan tanpa kunci. Kotak mengusulkan satu.";
    first_password_short: "Set a first one: no key needed.", "Pasang sandi pertama.";
    confirm_first: "Set its first password?", "Pasang kata sandi pertama?";
    confirm_first_text: "Hold to send the password to this camera, once.", "Tahan untuk mengirim kata sandi ke kamera ini, sekali.";
    confirm_first_short: "It is sent once.", "Dikirim sekali.";
    first_set: "First Password Set", "Kata Sandi Pertama Dipasang";
    first_set_next: "The camera is activated. Add it to the NVR or VMS with this password.", "Kamera sudah aktif. Tambahkan ke NVR atau VMS dengan kata sandi ini.";
    first_set_short: "Add it to the NVR or VMS now.", "Tambahkan ke NVR atau VMS.";
    confirm_send: "Send to this camera?", "Kirim ke kamera ini?";
    tries_unknown: "Tries left: not told", "Sisa kesempatan: tidak diketahui";
    sync_on: "Also sets it on the recorder's cameras", "Juga dipasang di kamera milik perekam";
    sync_off: "The recorder's cameras stay as they are", "Kamera milik perekam tidak diubah";
    sync_on_short: "NVR cameras: yes", "Kamera NVR: ya";
    sync_off_short: "NVR cameras: no", "Kamera NVR: tidak";
    unusual_key: "A key has 8 characters as a rule; this one has not. Look again.", "Kunci biasanya 8 karakter; yang ini tidak. Periksa lagi.";
    unusual_key_short: "Not 8 characters: look again.", "Bukan 8 karakter: periksa lagi.";
    must_insist: "Two keys were refused. Another wrong one can lock the camera.", "Dua kunci ditolak. Salah sekali lagi, kamera bisa terkunci.";
    insist_re_exported: "Somebody else asked the camera for a code: this key is probably void and would cost a try.", "Ada yang meminta kode baru ke kamera: kunci ini mungkin hangus dan satu kesempatan bisa terbuang.";
    exchanging: "Preparing", "Menyiapkan";
    sending: "Sending", "Mengirim";
    sending_text: "Do not unplug anything.", "Jangan cabut apa pun.";
    succeeded: "Reset Password Succeeded", "Reset Kata Sandi Berhasil";
    succeeded_next: "Now update the NVR or VMS, or it locks the camera out.", "Segera perbarui NVR atau VMS, agar kamera tidak terkunci.";
    succeeded_short: "Update the NVR or VMS now.", "Segera perbarui NVR atau VMS.";
    unclear: "No answer: it may have worked", "Tidak ada jawaban: mungkin berhasil";
    unclear_next: "Log in to the camera with the new password, then tell the box.", "Coba masuk ke kamera dengan kata sandi baru, lalu beri tahu kotak.";
    unclear_short: "Try the new password on the camera.", "Coba kata sandi baru di kamera.";
    cases: "Cases", "Kasus";
    no_cases: "No cases", "Belum ada kasus";
    diagnosis: "Diagnosis", "Diagnosis";
    all_well: "Nothing wrong found", "Tidak ada masalah";
    all_well_next: "Camera still missing? Check its power and its VLAN.", "Kamera tetap tidak muncul? Periksa daya dan VLAN-nya.";
    sent: "sent", "kirim";
    heard: "heard", "terima";
    settings: "Settings", "Pengaturan";
    hold: "hold", "tahan";
    keep_holding: "Keep holding", "Terus tahan";
    unknown_model: "unknown model", "model tidak dikenal";
    no_ip: "no IP address", "tanpa alamat IP";
    noticed: "Noticed", "Diketahui";
}
