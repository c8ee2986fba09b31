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
const ANSWERS: &[(&str, &[u8])] = &[
    (
        "camera",
        include_bytes!("../tests/answers/ipc-2018-mode-second.xml"),
    ),
    ("recorder", include_bytes!("../tests/answers/nvr.xml")),
    (
        "forgiving",
        include_bytes!("../tests/answers/bare-ampersand.xml"),
    ),
    (
        "encrypted-versions",
        include_bytes!("../tests/answers/encrypted-versions.xml"),
    ),
    (
        "own-probe",
        include_bytes!("../tests/answers/own-probe.xml"),
    ),
];

/// What must not cost more than its length: a beginning, and a piece that is repeated up to a size.
const HOSTILE: &[(&str, &str, &str)] = &[
    ("nesting", "<ProbeMatch>", "<a>"),
    ("closed-nesting", "<ProbeMatch>", "<a></a>"),
    ("attributes", "<ProbeMatch", " a='b'"),
    (
        "duplicates",
        "<ProbeMatch><MAC>44-47-cc-37-ce-81</MAC>",
        "<MAC>x</MAC>",
    ),
    ("less-than", "<ProbeMatch><MAC>", "<"),
    ("ampersand", "<ProbeMatch><MAC>", "&"),
    ("references", "<ProbeMatch><MAC>", "&amp;"),
    ("comments", "<ProbeMatch><MAC>", "<!--"),
    ("blanks", "<ProbeMatch><MAC>", " "),
    ("leading-binary", "", "\u{80}"),
];

/// Sizes of hostile datagrams in bytes: each twice the one before.
const SIZES: [usize; 3] = [16_384, 32_768, 65_536];

/// Runs per answer for the median.
const RUNS: usize = 2001;
/// Answers read in one run: enough to make a run much longer than reading the clock, and few enough to be done
/// mostly without being interrupted.
const READS: usize = 50;

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
    let datagram = datagram(name);
    for _ in 0..reads {
        drop(black_box(sadp::parse(black_box(&datagram))));
    }
}

/// The answer of that name, or the hostile datagram of `kind@size`.
fn datagram(name: &str) -> Vec<u8> {
    if let Some((_, datagram)) = ANSWERS.iter().find(|(known, _)| *known == name) {
        return datagram.to_vec();
    }
    let (kind, size) = name.split_once('@').expect("a known name");
    let (_, start, piece) = HOSTILE
        .iter()
        .find(|(known, ..)| *known == kind)
        .expect("a known kind");
    let size: usize = size.parse().expect("a size in bytes");
    format!(
        "{start}{}",
        piece.repeat((size - start.len()) / piece.len())
    )
    .into_bytes()
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

fn count_instructions() {
    for (name, datagram) in ANSWERS {
        let each = instructions(name, 1000);
        println!(
            "{name}: {} bytes, {each} instructions per parse",
            datagram.len()
        );
    }
    for (kind, ..) in HOSTILE {
        let counts = SIZES.map(|size| instructions(&format!("{kind}@{size}"), 20));
        let [small, middle, large] = counts.map(|count| count as f64);
        println!(
            "{kind}: {counts:?} instructions per parse at {SIZES:?} bytes; doubling costs {:.2} and {:.2} times",
            middle / small,
            large / middle,
        );
    }
}

/// Instructions of one parse. The difference between two runs leaves only the reads: what the program does
/// else is in both.
fn instructions(name: &str, reads: u64) -> u64 {
    (run(name, 2 * reads) - run(name, reads)) / reads
}

/// Instructions of this program while it reads an answer `reads` times.
fn run(name: &str, reads: u64) -> u64 {
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
