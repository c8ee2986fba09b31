//! How long reading one answer takes.
//!
//! - `cargo bench -p sadp`: time per answer, the median of many runs.
//! - `SADP_INSTRUCTIONS=1 cargo bench -p sadp`: instructions per answer, counted by valgrind's callgrind.
//!
//! Both read the same answers from tests/answers. See docs/performance.md for measured numbers.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    clippy::disallowed_types,
    reason = "measuring needs the clock, valgrind and a terminal"
)]

use std::hint::black_box;
use std::process::{Command, Stdio};
use std::time::Instant;

/// What is read: a name and a datagram.
const ANSWERS: &[(&str, &[u8])] = &[(
    "probe-match-1.5k",
    include_bytes!("../tests/answers/ipc-2018-mode-second.xml"),
)];

/// Runs per answer for the median.
const RUNS: usize = 201;
/// Answers read in one run: enough to make a run much longer than reading the clock.
const READS: usize = 1000;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [mode, name, reads] = &arguments[..]
        && mode == "read"
    {
        read(name, reads.parse().expect("a number of reads"));
    } else if std::env::var_os("SADP_INSTRUCTIONS").is_some() {
        count_instructions();
    } else {
        measure_time();
    }
}

/// Reads one answer some times: the part that is counted.
fn read(name: &str, reads: u64) {
    let (_, datagram) = ANSWERS
        .iter()
        .find(|(known, _)| *known == name)
        .expect("a known answer");
    for _ in 0..reads {
        drop(black_box(sadp::parse(black_box(datagram))));
    }
}

fn measure_time() {
    for (name, datagram) in ANSWERS {
        let mut runs: Vec<u128> = (0..RUNS)
            .map(|_| {
                let start = Instant::now();
                for _ in 0..READS {
                    drop(black_box(sadp::parse(black_box(datagram))));
                }
                start.elapsed().as_nanos() / READS as u128
            })
            .collect();
        runs.sort_unstable();
        println!(
            "{name}: {} bytes, {} ns per parse (median of {RUNS} runs of {READS}; fastest {}, slowest {})",
            datagram.len(),
            runs[RUNS / 2],
            runs[0],
            runs[RUNS - 1],
        );
    }
}

/// The difference between 2000 and 1000 reads leaves only the reads: what the program does else is in both.
fn count_instructions() {
    for (name, datagram) in ANSWERS {
        let total = instructions(name, 2000) - instructions(name, 1000);
        println!(
            "{name}: {} bytes, {} instructions per parse",
            datagram.len(),
            total / 1000
        );
    }
}

/// Instructions of this program while it reads an answer `reads` times.
fn instructions(name: &str, reads: u64) -> u64 {
    let program = std::env::current_exe().expect("a program knows its file");
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .args(["read", name, &reads.to_string()])
        .stdout(Stdio::null())
        .output()
        .expect("valgrind is installed (apt install valgrind)");
    let report = String::from_utf8_lossy(&output.stderr);
    let collected = report
        .lines()
        .find_map(|line| line.split("Collected : ").nth(1));
    collected
        .and_then(|count| count.trim().parse().ok())
        .expect("callgrind reports what it collected")
}
