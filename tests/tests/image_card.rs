//! The card's image on an emulated board whose card has nearly everything wrong: it runs, and says so. The two systems of the card
//! and their updates are the matter of `image_slots.rs`.

use std::fs;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use resetbox_tests::board::Board;
use resetbox_tests::board::stage::Stage;
use resetbox_tests::http::Client;

/// Where the box says on its serial line that its page is.
fn page(board: &Board<'_>) -> String {
    const SAID: &str = "the phone page is at http://169.254.";
    board.wait(SAID, || {
        let text = fs::read(board.serial_file()).ok()?;
        let text = String::from_utf8_lossy(&text).into_owned();
        let (_, rest) = text.split_once(SAID)?;
        let address: String = (rest.chars())
            .take_while(|c| c.is_ascii_digit() || *c == '.')
            .collect();
        Some(format!("http://169.254.{address}"))
    })
}

/// What the box tells that needs a person.
fn alert(board: &Board<'_>, reader: &Client<'_>, kind: &str) -> String {
    board.wait(kind, || {
        let state = reader.get("/api/v1/state")?.expect(200).json();
        let alerts = state["alerts"].as_array()?.clone();
        let alert = alerts.into_iter().find(|alert| alert["kind"] == kind)?;
        alert["text"].as_str().map(str::to_owned)
    })
}

/// Zeroes over the whole of the data partition.
fn wipe_data(card: &Path) {
    let mut file = (fs::OpenOptions::new().read(true).write(true))
        .open(card)
        .expect("the card");
    let mut sector = [0; 512];
    file.read_exact(&mut sector).expect("a partition table");
    let entry = &sector[446 + 48..446 + 64];
    let word = |at: usize| {
        let bytes = entry[at..at + 4].try_into().expect("four bytes");
        u64::from(u32::from_le_bytes(bytes)) * 512
    };
    let length = usize::try_from(word(12)).expect("a small partition");
    file.seek(SeekFrom::Start(word(8))).expect("in the file");
    file.write_all(&vec![0; length]).expect("written");
}

#[test]
fn a_card_with_nearly_everything_wrong_runs_and_says_so() {
    let stage = Stage::new();
    let mut board = stage.board_with("[box]\nlanguage = \"en\"\nname = Plant 3");
    wipe_data(&board.card_file());
    board.put("resetbox-9.9.9.update", "not an update\n");
    // And the panel's driver comes late, when udev goes through all devices.
    board.with_options("systemd.mask=systemd-modules-load.service");
    board.power_on();
    // The panel of the settings is lit, whatever else is wrong in them: udev has had the box started anew (late-panel).
    board.rest();
    let log = fs::read(board.serial_file()).expect("the serial line's");
    let log = String::from_utf8_lossy(&log).into_owned();
    assert!(log.contains("panel: /dev/spidev0.0: No such file"), "{log}");
    let reader = Client::new(&stage.phone, page(&board));
    let mistake = alert(&board, &reader, "config");
    // The panel's two lines, an empty one, `[box]`, its language, and the mistake.
    assert!(
        mistake.contains("line 6") && mistake.contains("name"),
        "{mistake}"
    );
    let fleeting = alert(&board, &reader, "fleeting");
    assert!(fleeting.contains("damaged"), "{fleeting}");
    let refused = alert(&board, &reader, "update-refused");
    assert!(refused.contains("resetbox-9.9.9.update"), "{refused}");
    board.pull_the_plug();
}
