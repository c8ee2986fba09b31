//! The card's image on a board that is emulated: ARM program, systemd, read-only root, a real switch with real multicast, keys
//! with real edges, a panel and LEDs read from their lines. A whole reset, and ten power cuts.

use std::collections::BTreeSet;
use std::time::Duration;

use resetbox_plant::{CameraState, Issued, Login, Options};
use resetbox_tests::agent::BoxIn;
use resetbox_tests::board::stage::Stage;
use resetbox_tests::board::{Board, Key, Lamp, Picture};
use resetbox_tests::chance::Chance;
use resetbox_tests::plant::PlantIn;
use serde_json::json;

const PASSWORD: &str = "Ladder+7-Bolts";

fn camera(plant: &PlantIn<'_>, serial: &str) -> (usize, CameraState) {
    let all = plant.cameras();
    let at = all.iter().position(|camera| camera.serial == serial);
    let at = at.unwrap_or_else(|| panic!("no camera {serial}"));
    (at, all[at].clone())
}

/// By keys, from the list: the device under the cursor is opened and asked for its code.
fn open_case(board: &Board<'_>) -> Vec<u8> {
    board.press(Key::Ok);
    board.press(Key::Ok);
    board.hold(Key::Ok);
    board.scan()
}

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
    board.press(Key::Back);
    board.press(Key::Back);
    shows_what_the_mirror_shows(&board, &phone);

    // The second of the list, by the keys alone.
    let second = phone.state()["devices"][1]["serial"].clone();
    board.press(Key::Down);
    let scanned = open_case(&board);
    println!("QR {:?} after power-on", board.uptime());
    let cases = phone.client().json("/api/v1/cases");
    assert_eq!(cases.as_array().map(Vec::len), Some(1), "{cases}");
    let (id, serial) = (
        cases[0]["id"].as_str().expect("an id").to_owned(),
        cases[0]["serial"].as_str().expect("a serial").to_owned(),
    );
    assert_eq!(second, serial.as_str(), "the second one");
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
    assert!(lit(&board).is_subset(&BTreeSet::from([Lamp::Case])));

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
    board.wait("the LED alarm out again", || {
        (lit(&board) == BTreeSet::from([Lamp::Link, Lamp::Case])).then_some(())
    });
    let alarm: Vec<_> = (board.lines().leds.iter())
        .filter(|change| change.lamp == Lamp::Alarm && change.at > from)
        .copied()
        .collect();
    assert_eq!(
        alarm.iter().map(|change| change.on).collect::<Vec<_>>(),
        [true, false],
        "{alarm:?}"
    );

    let (at, state) = camera(&plant, &serial);
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

/// Power cuts in all, by what they meet; their order is drawn by lot.
const CUTS: [(Moment, usize); 3] = [(Moment::Boot, 3), (Moment::Idle, 4), (Moment::Export, 3)];

/// What a power cut meets.
#[derive(Copy, Clone, Debug, PartialEq)]
enum Moment {
    /// Anything between the emulator's first step and the running box.
    Boot,
    /// The QR on the panel, a person who waits.
    Idle,
    /// Another camera that was just asked for its device code.
    Export,
}

#[test]
fn ten_power_cuts_at_random_moments_leave_the_case_and_its_qr() {
    let mut chance = Chance::new();
    let stage = Stage::new();
    let plant = stage.cameras(5);
    for number in 0..5 {
        let slow = |options: &mut Options| options.delay_ms = (100, 1_500);
        plant.set_options(number, slow).expect("there");
    }
    let mut board = stage.board();
    board.power_on();
    let phone = stage.join(&board);
    phone.wait_devices(5, Duration::from_secs(60));
    board.press(Key::Back);
    board.press(Key::Back);
    let code = open_case(&board);
    let id = phone.client().json("/api/v1/cases")[0]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    assert_eq!(code, phone.device_code(&id));
    let (own, state) = camera(
        &plant,
        phone.case(&id)["serial"].as_str().expect("a serial"),
    );
    let cameras = plant
        .cameras()
        .into_iter()
        .filter(|other| other.serial != state.serial);
    let mut others: Vec<String> = cameras
        .map(|other| other.mac.to_lowercase().replace(':', "-"))
        .collect();
    // It runs, and shows the QR.
    let mut ready = true;
    for (number, moment) in moments(&mut chance).into_iter().enumerate() {
        if moment != Moment::Boot && !ready {
            board.power_on();
            shows_again(&board, &code);
        }
        let wait = match moment {
            Moment::Boot => {
                if ready {
                    board.pull_the_plug();
                }
                board.power_on();
                chance.below(30_000)
            }
            Moment::Idle => chance.below(4_000),
            Moment::Export => {
                board.hold(Key::Back);
                let mac = others.pop().expect("as many as there are such cuts");
                let phone = stage.join(&board);
                let opened = phone.client().post("/api/v1/cases", &json!({ "mac": mac }));
                assert!(opened.expect("answered").status < 300);
                chance.below(3_000)
            }
        };
        std::thread::sleep(Duration::from_millis(wait));
        println!(
            "cut {}: {moment:?}, {:.1} s after power-on",
            number + 1,
            board.uptime().as_secs_f32()
        );
        board.pull_the_plug();
        ready = false;
    }
    board.power_on();
    shows_again(&board, &code);

    board.hold(Key::Back);
    let phone = stage.join(&board);
    let case = phone.case(&id);
    assert_eq!(
        (&case["phase"], &case["open"]),
        (&"awaiting".into(), &true.into()),
        "{case}"
    );
    assert_eq!(phone.device_code(&id), code);
    let asked: Vec<u64> = plant
        .cameras()
        .iter()
        .map(|camera| camera.counters.exports)
        .collect();
    assert_eq!(asked[own], 1, "asked once");
    println!("of the other cameras, power went before or after these were asked: {asked:?}");
    board.pull_the_plug();
}

/// After power-on: devices with open cases come first on the list, and the cursor is on the first of them. A cut that came late
/// leaves another open case, which may have been heard first: then the next device is tried. Its page offers to show the QR first.
fn shows_again(board: &Board<'_>, code: &[u8]) {
    let keys = ([Key::Ok, Key::Ok], [Key::Down, Key::Ok, Key::Ok]);
    let shown = board.press_to(&keys.0, &keys.1, |shown| shown == code);
    assert_eq!(shown, code, "the same bytes");
}

/// The moments of all cuts, in an order drawn by lot.
fn moments(chance: &mut Chance) -> Vec<Moment> {
    let mut left: Vec<Moment> = CUTS
        .iter()
        .flat_map(|(moment, count)| vec![*moment; *count])
        .collect();
    let mut drawn = Vec::new();
    while !left.is_empty() {
        let at = chance.below(left.len() as u64) as usize;
        drawn.push(left.swap_remove(at));
    }
    drawn
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

/// The LEDs that are lit now.
fn lit(board: &Board<'_>) -> BTreeSet<Lamp> {
    let mut lit = BTreeSet::new();
    for change in &board.lines().leds {
        match change.on {
            true => lit.insert(change.lamp),
            false => lit.remove(&change.lamp),
        };
    }
    lit
}

/// The rows of a page with its sign and its words, below the line with the time and above what tells the device.
fn title(picture: &Picture) -> &[u16] {
    &picture.pixels[picture.width * 14..picture.width * 56]
}
