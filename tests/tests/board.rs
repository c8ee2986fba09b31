//! The card's image on a board that is emulated: ARM program, systemd, read-only root, a real switch with real multicast, keys
//! with real edges, a panel and LEDs read from their lines. A whole reset.

use std::collections::BTreeSet;
use std::time::Duration;

use resetbox_plant::{Issued, Login};
use resetbox_tests::agent::BoxIn;
use resetbox_tests::board::stage::Stage;
use resetbox_tests::board::{Board, Key, Lamp, Picture};

const PASSWORD: &str = "Ladder+7-Bolts";

/// Waits until the glass shows, pixel for pixel, what the box's own mirror shows.
fn shows_what_the_mirror_shows(board: &Board<'_>, phone: &BoxIn<'_>) -> Picture {
    board.wait("the mirror's picture on the glass", || {
        let answer = phone.client().get("/api/v1/panel/frame.png")?;
        let mirror = Picture::from_png(&answer.expect(200).body);
        let glass = board.picture()?;
        (glass.unlike(&mirror) == 0).then_some(glass)
    })
}

/// "Reset Password Succeeded" on this size of glass, as it was looked at and committed.
const SUCCEEDED: &[u8] = include_bytes!("../../agent/view/tests/golden/128x128/succeeded-en.png");

#[test]
fn a_whole_reset_from_power_on_to_the_new_password() {
    let stage = Stage::new();
    let plant = stage.cameras(3);
    let mut board = stage.board();
    board.power_on();
    board.rest();
    println!(
        "first picture {:?} after power-on",
        board.lines().first_picture
    );
    let phone = stage.join(&board);
    phone.wait_devices(3, Duration::from_secs(60));
    // Held, back leads home.
    board.hold(Key::Back);
    shows_what_the_mirror_shows(&board, &phone);

    // Not the first of the list, by the keys alone. The second, but for a key that is let go so late that it repeats.
    let first = phone.state()["devices"][0]["serial"].clone();
    board.press(Key::Down);
    board.open_case();
    let scanned = board.scan();
    println!("QR {:?} after power-on", board.uptime());
    let cases = phone.client().json("/api/v1/cases");
    assert_eq!(cases.as_array().map(Vec::len), Some(1), "{cases}");
    let (id, serial) = (
        cases[0]["id"].as_str().expect("an id").to_owned(),
        cases[0]["serial"].as_str().expect("a serial").to_owned(),
    );
    assert_ne!(first, serial.as_str(), "the cursor was moved");
    assert_eq!(
        scanned,
        phone.device_code(&id),
        "the QR holds the device code byte for byte"
    );
    shows_what_the_mirror_shows(&board, &phone);

    // Waiting for the key: the LED "case" flashes twice, again and again, alone.
    let from = board.uptime();
    board.wait("the double flash", || {
        let flashes = flashes(&board, from);
        (flashes.len() >= 4).then_some(())
    });
    let waiting: BTreeSet<Lamp> = flashes(&board, from).into_iter().collect();
    assert_eq!(waiting, BTreeSet::from([Lamp::Case]));
    assert!(lit_at(&board, board.uptime()).is_subset(&BTreeSet::from([Lamp::Case])));

    let code = String::from_utf8(scanned).expect("a device code is text");
    let Ok(Issued::Key(key)) = plant.vendor_issue(&code) else {
        panic!("the vendor knows the code, and gives a key");
    };
    let answer = phone.send_key(&id, &key, PASSWORD, &serial);
    answer.expect("answered").expect(200);
    assert_eq!(phone.case(&id)["phase"], "done");
    let shown = shows_what_the_mirror_shows(&board, &phone);
    assert_eq!(
        title(&shown),
        title(&Picture::from_png(SUCCEEDED)),
        "Reset Password Succeeded"
    );

    // All three for three seconds, then link and case.
    let alarm = board.wait("the LED alarm out again", || {
        let lines = board.lines();
        let alarm = (lines.leds.iter())
            .filter(|change| change.lamp == Lamp::Alarm && change.at > from)
            .copied();
        Some(alarm.collect::<Vec<_>>()).filter(|alarm| alarm.len() >= 2)
    });
    assert_eq!(
        alarm.iter().map(|change| change.on).collect::<Vec<_>>(),
        [true, false],
        "{alarm:?}"
    );
    assert_eq!(
        lit_at(&board, alarm[1].at),
        BTreeSet::from([Lamp::Link, Lamp::Case])
    );

    let (at, state) = plant.by_serial(&serial);
    assert_eq!(
        (state.counters.exports, state.counters.resets),
        (1, 1),
        "asked once, sent once"
    );
    stage
        .plant
        .ip(&format!("addr add {}/32 dev lo", state.address));
    assert_eq!(plant.login(at, PASSWORD), Login::Accepted);
    assert_eq!(plant.login(at, "some-0ther-password"), Login::Refused);

    // Neither is on the card or came out of the serial line.
    board.pull_the_plug();
    for file in board.traces() {
        let bytes =
            std::fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        for secret in [PASSWORD, &key] {
            let held = bytes
                .windows(secret.len())
                .any(|part| part == secret.as_bytes());
            assert!(!held, "{} holds the key or the password", file.display());
        }
    }
}

/// The LEDs that went on since then, in order.
fn flashes(board: &Board<'_>, from: Duration) -> Vec<Lamp> {
    let lines = board.lines();
    let on = lines
        .leds
        .iter()
        .filter(|change| change.on && change.at >= from);
    on.map(|change| change.lamp).collect()
}

/// The LEDs that were lit after so long.
fn lit_at(board: &Board<'_>, at: Duration) -> BTreeSet<Lamp> {
    let mut lit = BTreeSet::new();
    let lines = board.lines();
    for change in lines.leds.iter().filter(|change| change.at <= at) {
        match change.on {
            true => lit.insert(change.lamp),
            false => lit.remove(&change.lamp),
        };
    }
    lit
}

/// The rows of a page with its sign and its words, above what tells the device.
fn title(picture: &Picture) -> &[u16] {
    &picture.page()[..picture.width * 42]
}
