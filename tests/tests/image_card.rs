//! The card's image on an emulated board whose card has nearly everything wrong: it runs, and says so. The two systems of the card
//! and their updates are the matter of `image_slots.rs`.

use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

use resetbox_tests::board::card::partitions;
use resetbox_tests::board::stage::Stage;

/// Zeroes over the whole of the data partition.
fn wipe_data(card: &Path) {
    let mut file = (fs::OpenOptions::new().write(true))
        .open(card)
        .expect("the card");
    let data = &partitions(card)[3];
    (file.seek(SeekFrom::Start(data.start * 512))).expect("in the file");
    let length = usize::try_from((data.end - data.start) * 512).expect("a small partition");
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
    let mistake = stage.alert(&board, "config");
    // The panel's two lines, an empty one, `[box]`, its language, and the mistake.
    assert!(
        mistake.contains("line 6") && mistake.contains("name"),
        "{mistake}"
    );
    let fleeting = stage.alert(&board, "fleeting");
    assert!(fleeting.contains("damaged"), "{fleeting}");
    let refused = stage.alert(&board, "update-refused");
    assert!(refused.contains("resetbox-9.9.9.update"), "{refused}");
    board.pull_the_plug();
}
