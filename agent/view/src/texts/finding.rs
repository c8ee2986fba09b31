//! Words for what the diagnosis found.

use super::{Language, Words};
use resetbox_core::view::Finding;

/// What the diagnosis found, and the remedy.
pub fn finding(language: Language, finding: &Finding) -> Words {
    match language {
        Language::En => english(finding),
        Language::Id => indonesian(finding),
    }
}

fn english(finding: &Finding) -> Words {
    match finding {
        Finding::NoInterface => Words::new(
            "No network port",
            "The box has no network interface besides its own loopback.",
            "Plug in a USB network adapter, or check the driver.",
            "Plug in a network adapter.",
        ),
        Finding::NoCable { link } => Words::new(
            &format!("No cable in {link}"),
            &format!("{link} has no link: no cable, or the other end is off."),
            "Plug it into the PoE switch of the cameras.",
            "Plug it into the switch.",
        ),
        Finding::SlowLink { link, mbit } => Words::new(
            &format!("{link}: only {mbit} Mbit/s"),
            "A bad plug, a damaged pair, or a run longer than 100 m.",
            "Try another cable or another port.",
            "Try another cable.",
        ),
        Finding::NoAddress { link } => Words::new(
            &format!("{link} has no address"),
            &format!("Without an IPv4 address {link} can neither ask nor hear by UDP."),
            "Give it an address, or allow the packet socket (CAP_NET_RAW): it needs none.",
            "Give it an address.",
        ),
        Finding::NoPacketSocket { link, why } => Words::new(
            &format!("{link}: answers may be missed"),
            &format!(
                "The packet socket is closed ({why}): answers from other subnets can stay unheard."
            ),
            "Run the box with its own unit, or give it CAP_NET_RAW.",
            "Give it CAP_NET_RAW.",
        ),
        Finding::ReversePathFilter { link, value } => Words::new(
            &format!("{link}: rp_filter is {value}"),
            "The system drops answers from other subnets.",
            &format!("Set net.ipv4.conf.all.rp_filter and net.ipv4.conf.{link}.rp_filter to 0."),
            "Set rp_filter to 0.",
        ),
        Finding::PortTaken { link } => Words::new(
            &format!("{link}: port 37020 is taken"),
            "Another program listens there. The box asks from another port; multicast answers may be missed.",
            "Stop the other program and search again.",
            "Stop the other program.",
        ),
        Finding::UdpFailed { link, why } => Words::new(
            &format!("{link}: UDP does not open"),
            &format!("The system says: {why}."),
            "Unplug and plug the cable. If it stays, restart the box.",
            "Replug, then restart.",
        ),
        Finding::Dropped { link, count } => Words::new(
            &format!("{link}: {count} answers lost"),
            "More came at once than could be taken in.",
            "Search again: the missing ones answer then.",
            "Search again.",
        ),
        Finding::SmallBuffer { link, bytes } => Words::new(
            &format!("{link}: small buffer"),
            &format!(
                "The system gave {} KiB: a burst of many answers gets lost.",
                bytes / 1024
            ),
            "Run the box with its own unit, or raise net.core.rmem_max to 16777216.",
            "Raise net.core.rmem_max.",
        ),
        Finding::Silence { link, probes } => Words::new(
            &format!("{link}: no answer"),
            &format!("{probes} probes went out, nothing came back."),
            "Same switch? Same VLAN? Cameras powered? IGMP snooping off, or a querier on?",
            "Same switch and VLAN? Power?",
        ),
        Finding::RawOnly { link, answers } => Words::new(
            &format!("{link}: foreign subnets"),
            &format!(
                "{answers} answers came from other subnets. The box hears them; SADP Tool on a laptop may not."
            ),
            "Nothing to do.",
            "Nothing to do.",
        ),
        Finding::OtherClient { address } => Words::new(
            "Another SADP client",
            &format!(
                "{address} asks cameras on this network too. If it asks for a code, ours is void."
            ),
            "Close SADP Tool there, and in the app never choose Device on LAN.",
            "Close SADP Tool there.",
        ),
        Finding::DoubledSerial { serial_tail } => Words::new(
            &format!("Two devices, one serial ...{serial_tail}"),
            "Two hardware addresses claim the same serial.",
            "Unplug the one that you do not mean before you start.",
            "Unplug the wrong one.",
        ),
        Finding::DoubledMac { mac } => Words::new(
            "Two devices, one MAC",
            &format!(
                "Two devices with different serials answer as {mac}: the box cannot tell which one would take a reset."
            ),
            "Unplug the one that you do not mean, then search again.",
            "Unplug the wrong one.",
        ),
        Finding::RosterFull { limit } => Words::new(
            "Too many devices",
            &format!("More devices answered than the {limit} that the box remembers."),
            "Plug the box into a smaller part of the network.",
            "Use a smaller network.",
        ),
        Finding::Broker { why } => Words::new(
            "No MQTT broker",
            &format!("The box reaches no broker: {why}."),
            "The box works without it and goes on trying. Its log and [mqtt] in resetbox.toml say more.",
            "Check the broker.",
        ),
        Finding::SendFailed { link, why } => Words::new(
            &format!("{link}: cannot send"),
            &format!("The system says: {why}."),
            "Check the cable. If it stays, restart the box.",
            "Check the cable.",
        ),
    }
}

fn indonesian(finding: &Finding) -> Words {
    match finding {
        Finding::NoInterface => Words::new(
            "Tidak ada porta jaringan",
            "Kotak tidak punya antarmuka jaringan selain loopback.",
            "Pasang adaptor jaringan USB, atau periksa driver.",
            "Pasang adaptor jaringan.",
        ),
        Finding::NoCable { link } => Words::new(
            &format!("{link} tanpa kabel"),
            &format!("{link} tidak tersambung: kabel tidak ada atau ujung lain mati."),
            "Colokkan ke switch PoE kamera.",
            "Colokkan ke switch.",
        ),
        Finding::SlowLink { link, mbit } => Words::new(
            &format!("{link}: hanya {mbit} Mbit/s"),
            "Konektor jelek, kabel rusak, atau lebih dari 100 m.",
            "Coba kabel lain atau porta lain.",
            "Coba kabel lain.",
        ),
        Finding::NoAddress { link } => Words::new(
            &format!("{link} tanpa alamat"),
            &format!("Tanpa alamat IPv4, {link} tidak bisa bertanya atau mendengar lewat UDP."),
            "Beri alamat, atau izinkan soket paket (CAP_NET_RAW) yang tidak memerlukannya.",
            "Beri alamat IP.",
        ),
        Finding::NoPacketSocket { link, why } => Words::new(
            &format!("{link}: jawaban bisa luput"),
            &format!(
                "Soket paket tertutup ({why}): jawaban dari subnet lain bisa tidak terdengar."
            ),
            "Jalankan kotak lewat unit-nya sendiri, atau beri CAP_NET_RAW.",
            "Beri CAP_NET_RAW.",
        ),
        Finding::ReversePathFilter { link, value } => Words::new(
            &format!("{link}: rp_filter {value}"),
            "Sistem membuang jawaban dari subnet lain.",
            &format!("Setel net.ipv4.conf.all.rp_filter dan net.ipv4.conf.{link}.rp_filter ke 0."),
            "Setel rp_filter ke 0.",
        ),
        Finding::PortTaken { link } => Words::new(
            &format!("{link}: porta 37020 terpakai"),
            "Program lain mendengarkan di sana. Kotak bertanya dari porta lain; jawaban multicast bisa luput.",
            "Hentikan program itu lalu cari lagi.",
            "Hentikan program lain.",
        ),
        Finding::UdpFailed { link, why } => Words::new(
            &format!("{link}: UDP gagal dibuka"),
            &format!("Kata sistem: {why}."),
            "Cabut lalu colok kabelnya. Jika tetap, mulai ulang kotak.",
            "Colok ulang kabel.",
        ),
        Finding::Dropped { link, count } => Words::new(
            &format!("{link}: {count} jawaban hilang"),
            "Terlalu banyak jawaban datang bersamaan.",
            "Cari lagi: yang hilang akan menjawab.",
            "Cari lagi.",
        ),
        Finding::SmallBuffer { link, bytes } => Words::new(
            &format!("{link}: penyangga kecil"),
            &format!(
                "Sistem memberi {} KiB: jawaban yang datang serentak bisa hilang.",
                bytes / 1024
            ),
            "Jalankan kotak lewat unit-nya sendiri, atau naikkan net.core.rmem_max ke 16777216.",
            "Naikkan net.core.rmem_max.",
        ),
        Finding::Silence { link, probes } => Words::new(
            &format!("{link}: tidak ada jawaban"),
            &format!("{probes} pencarian dikirim, tidak ada yang kembali."),
            "Switch sama? VLAN sama? Kamera menyala? IGMP snooping mati, atau ada querier?",
            "Switch dan VLAN sama? Daya?",
        ),
        Finding::RawOnly { link, answers } => Words::new(
            &format!("{link}: subnet lain"),
            &format!(
                "{answers} jawaban datang dari subnet lain. Kotak mendengarnya; SADP Tool di laptop mungkin tidak."
            ),
            "Tidak perlu apa-apa.",
            "Tidak perlu apa-apa.",
        ),
        Finding::OtherClient { address } => Words::new(
            "Ada klien SADP lain",
            &format!(
                "{address} juga memanggil kamera di jaringan ini. Jika ia meminta kode, kode kita hangus."
            ),
            "Tutup SADP Tool di sana, dan di aplikasi jangan pilih Device on LAN.",
            "Tutup SADP Tool di sana.",
        ),
        Finding::DoubledSerial { serial_tail } => Words::new(
            &format!("Dua perangkat, satu seri ...{serial_tail}"),
            "Dua alamat perangkat keras memakai nomor seri yang sama.",
            "Cabut yang tidak dimaksud sebelum mulai.",
            "Cabut yang salah.",
        ),
        Finding::DoubledMac { mac } => Words::new(
            "Dua perangkat, satu MAC",
            &format!(
                "Dua perangkat dengan seri berbeda menjawab sebagai {mac}: kotak tidak tahu mana yang akan direset."
            ),
            "Cabut yang tidak dimaksud, lalu cari lagi.",
            "Cabut yang salah.",
        ),
        Finding::RosterFull { limit } => Words::new(
            "Perangkat terlalu banyak",
            &format!("Perangkat yang menjawab lebih dari {limit} yang bisa diingat kotak."),
            "Pasang kotak di bagian jaringan yang lebih kecil.",
            "Pakai jaringan lebih kecil.",
        ),
        Finding::Broker { why } => Words::new(
            "Broker MQTT tidak ada",
            &format!("Kotak tidak bisa menghubungi broker: {why}."),
            "Kotak tetap bekerja dan terus mencoba. Lihat log dan [mqtt] di resetbox.toml.",
            "Periksa broker.",
        ),
        Finding::SendFailed { link, why } => Words::new(
            &format!("{link}: gagal mengirim"),
            &format!("Kata sistem: {why}."),
            "Periksa kabelnya. Jika tetap, mulai ulang kotak.",
            "Periksa kabelnya.",
        ),
    }
}
