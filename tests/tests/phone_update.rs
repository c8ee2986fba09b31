//! The phone page in a real Chromium with an update of the box's system: chosen, checked, confirmed, handed over.

use std::fs;
use std::time::Duration;

use resetbox_tests::browser::Screen;
use resetbox_tests::eyes::Eyes;
use resetbox_tests::phone::{Phone, on_card};
use resetbox_tests::process::wait_for;
use resetbox_tests::slots::Signer;

#[test]
fn an_update_is_sent_from_the_phone_page() {
    let root = tempfile::tempdir().expect("a folder");
    let put = |name: &str, bytes: &[u8]| {
        let path = root.path().join(name);
        fs::create_dir_all(path.parent().expect("below the root")).expect("made");
        fs::write(&path, bytes).expect("written");
        path.display().to_string()
    };
    let signer = Signer::new();
    put("run/resetbox-boot", b"card=/dev/mmcblk9\nslot=a\nfailed=\n");
    put("usr/lib/resetbox/image", b"VERSION=1.0.0\n");
    put("usr/lib/resetbox/update.pub", signer.public().as_bytes());
    fs::create_dir_all(root.path().join("run/resetbox")).expect("made");
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").expect("this kernel's name");
    let whole = signer.update("1.2.3", kernel.trim(), &[7; 3_000_000]);
    let good = put("resetbox-1.2.3.update", &whole);
    let cut = put("cut.update", &whole[..2_000_000]);
    let picture = put("holiday.update", &[0x89; 100_000]);
    let ready = root.path().join("state/update/ready");

    on_card(root.path(), async |site| {
        let phone = site.phone(9519, Screen::Phone, "en", "update").await;
        let mut eyes = Eyes::default();
        phone.enter(&site.pin()).await;
        phone.go("/").await;
        phone.tap_word("up_title").await;
        phone.read("Version 1.0.0 runs, from system a", 20).await;
        phone.study(&mut eyes, "1-choose").await;

        choose(&phone, &picture).await;
        phone.read("its first line is another", 20).await;
        choose(&phone, &cut).await;
        phone.read("damaged or cut short", 20).await;
        phone.study(&mut eyes, "2-refused").await;
        assert!(!ready.exists());

        choose(&phone, &good).await;
        phone.read("Version 1.2.3 is here", 20).await;
        phone.study(&mut eyes, "3-checked").await;
        assert!(!ready.exists(), "nobody has said so yet");
        phone.tap("Write version 1.2.3 and restart").await;
        phone.read("Version 1.2.3 is being written", 20).await;
        phone.study(&mut eyes, "4-starting").await;
        assert_eq!(fs::read(&ready).expect("handed over"), whole);
        phone.end().await;

        // The box says to root's scripts that its store takes writes.
        let store = root.path().join("run/resetbox/store");
        wait_for("the store's word", Duration::from_secs(20), || {
            store.exists().then_some(())
        });
    });
}

async fn choose(phone: &Phone, path: &str) {
    let input = phone.see("input[type=file]").await;
    input.send_keys(path).await.expect("a file is chosen");
}
