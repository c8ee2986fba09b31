//! The card's image on a board that is emulated: the power is cut ten times, and the case and its QR are there again.

use std::time::Duration;

use resetbox_plant::Options;
use resetbox_tests::board::Key;
use resetbox_tests::board::stage::Stage;
use resetbox_tests::chance::Chance;
use resetbox_tests::plant::PlantIn;
use serde_json::json;

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
    // Held, back leads home.
    board.hold(Key::Back);
    board.open_case();
    let code = board.scan();
    let id = phone.client().json("/api/v1/cases")[0]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    assert_eq!(code, phone.device_code(&id));
    let serial = phone.case(&id)["serial"].clone();
    let (own, _) = plant.by_serial(serial.as_str().expect("a serial"));
    let mut others: Vec<String> = (0..5).map(|camera| plant.mac(camera)).collect();
    others.remove(own);
    // It runs, and shows the QR.
    let mut ready = true;
    for (number, moment) in moments(&mut chance).into_iter().enumerate() {
        if moment != Moment::Boot && !ready {
            board.power_on();
            stage.scan_again(&board, &id, &code);
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
                let before = asked(&plant);
                let opened = phone.client().post("/api/v1/cases", &json!({ "mac": mac }));
                assert!(opened.expect("answered").status < 300);
                board.wait("another camera that is asked", || {
                    (asked(&plant) != before).then_some(())
                });
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
    stage.scan_again(&board, &id, &code);

    board.hold(Key::Back);
    let phone = stage.join(&board);
    let case = phone.case(&id);
    assert_eq!(
        (&case["phase"], &case["open"]),
        (&"awaiting".into(), &true.into()),
        "{case}"
    );
    assert_eq!(phone.device_code(&id), code);
    assert_eq!(asked(&plant)[own], 1, "asked once");
    board.pull_the_plug();
}

/// How often each camera was asked for its device code.
fn asked(plant: &PlantIn<'_>) -> Vec<u64> {
    let cameras = plant.cameras().into_iter();
    cameras.map(|camera| camera.counters.exports).collect()
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
