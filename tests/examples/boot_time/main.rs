//! From power-on to the first picture on the panel: the card's image, and a stock Debian with the package, in turn on the same
//! emulated board. `image/boot-time` makes the stock Debian and starts this; what is printed goes into docs/performance.md by
//! hand, with the machine and the date. Nothing here asserts on time.
//!
//! Without the name of a folder it takes the image alone, once, and prints when what had happened.

use std::time::Duration;

use resetbox_tests::board::stage::Stage;
use resetbox_tests::board::{Board, LOGGED, image};

const RUNS: usize = 3;
/// So that the log tells when the kernel handed over, and what systemd did from its first step.
const TOLD: &str = "loglevel=7 systemd.log_target=kmsg systemd.show_status=no printk.time=1";

fn main() {
    let stock = std::env::args().nth(1);
    let Some(stock) = stock else {
        let stage = Stage::new();
        let mut board = stage.board();
        board.with_options(TOLD);
        board.power_on();
        board.wait("the phone page", || {
            log(&board).contains("phone page is at").then_some(())
        });
        let first = board.lines().first_picture.unwrap_or_default();
        println!(
            "first picture after {:.1} s, phone page after {:.1} s",
            first.as_secs_f32(),
            board.uptime().as_secs_f32()
        );
        print!("{}", log(&board));
        return;
    };
    let systems = [
        ("the image", image(), ""),
        ("stock Debian", stock.into(), "root=/dev/vda"),
    ];
    let mut seconds = [const { Vec::new() }; 2];
    for run in 1..=RUNS {
        for (which, (name, system, options)) in systems.iter().enumerate() {
            let stage = Stage::new();
            let mut board = match which {
                0 => stage.board(),
                _ => stage.board_of(system, options),
            };
            let first = first_picture(&mut board).as_secs_f32();
            println!("run {run}, {name}: {first:.1} s");
            seconds[which].push(first);
        }
    }
    let [ours, theirs] = seconds.map(|mut of| {
        of.sort_by(f32::total_cmp);
        of[RUNS / 2]
    });
    println!(
        "medians: {ours:.1} s and {theirs:.1} s: {:.2} of it",
        ours / theirs
    );
    for (which, (name, system, options)) in systems.iter().enumerate() {
        let stage = Stage::new();
        let mut board = match which {
            0 => stage.board(),
            _ => stage.board_of(system, &format!("{options} {LOGGED}")),
        };
        board.with_options(TOLD);
        let first = first_picture(&mut board).as_secs_f32();
        println!(
            "{name}, once more, with all that is logged: {first:.1} s; of these, after the kernel's first step"
        );
        let log = log(&board);
        for (words, what) in STAGES {
            let at = stamp(&log, words).map_or("not told".to_owned(), |at| format!("{at:.1} s"));
            println!("  {at:>8}  {what}");
        }
    }
}

/// What the log says at the end of each part.
const STAGES: [(&str, &str); 6] = [
    ("Run /init as init process", "the kernel runs"),
    (
        "running in system mode",
        "the root is found and mounted, systemd begins",
    ),
    ("Queued start job", "systemd knows what to start"),
    (
        "Starting resetbox.service",
        "what the box waits for is done",
    ),
    ("] resetbox[", "the box runs"),
    ("panel: ready", "the picture is on the glass"),
];

/// The kernel's stamp on the first line with these words.
fn stamp(log: &str, words: &str) -> Option<f32> {
    let line = log.lines().find(|line| line.contains(words))?;
    // Systemd sends words for a terminal before its first line.
    let mut stamps = line.split('[').filter_map(|part| part.split_once(']'));
    stamps.find_map(|(stamp, _)| stamp.trim().parse().ok())
}

fn first_picture(board: &mut Board<'_>) -> Duration {
    board.power_on();
    let first = board.wait("the first picture", || board.lines().first_picture);
    // What is said about it comes a little later.
    std::thread::sleep(Duration::from_secs(2));
    board.pull_the_plug();
    first
}

fn log(board: &Board<'_>) -> String {
    let bytes = std::fs::read(board.serial_file()).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}
