//! The phone page ticks the password rules off by itself, so that no half-typed password crosses the network. Here is what the
//! box says about many passwords; a test in a browser holds the page's rules against the same list.

use resetbox_core::rules::password_faults;

const SAMPLES: &str = include_str!("../../../../tests/samples/passwords.json");

/// `RESETBOX_BLESS=1 cargo test` writes the file anew.
#[test]
fn the_samples_for_the_phone_page_say_what_the_rules_say() {
    let lines: Vec<String> = passwords()
        .iter()
        .map(|password| {
            let pair = (password, password_faults(password, None));
            serde_json::to_string(&pair).expect("texts always serialise")
        })
        .collect();
    let text = format!("[\n{}\n]\n", lines.join(",\n"));
    if std::env::var_os("RESETBOX_BLESS").is_some() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../tests/samples/passwords.json"
        );
        std::fs::write(path, &text).expect("writable");
        return;
    }
    assert!(
        text == SAMPLES,
        "tests/samples/passwords.json is not what the rules say: run the tests once with RESETBOX_BLESS=1"
    );
    for fault in [
        "too-short",
        "too-long",
        "one-kind",
        "odd-character",
        "mangled",
        "user-name",
        "common-word",
        "run-or-repeat",
        "[]",
    ] {
        assert!(text.contains(fault), "no sample is {fault}");
    }
}

/// Edges that somebody thought of, then many that nobody did: pieces that break one rule or another, put together.
fn passwords() -> Vec<String> {
    const EDGES: [&str; 30] = [
        "",
        " ",
        "Camera7",
        "Camera7x",
        "Camera7xCamera7x",
        "Camera7xCamera7xC",
        "camerasx",
        "Camera 7",
        "Kam\u{e9}ra77",
        "\u{1f511}Key77Key",
        "\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}1",
        "Camera7\t",
        "Camera7\u{7f}",
        "Xnimda77",
        "Xadmin77",
        "xADMIN77",
        "Camera123",
        "Camera321x",
        "Cam1XaBcD",
        "Cam1XDCBA",
        "Camx4567",
        "Camx9876",
        "Camera7-./0",
        "Camera7/012",
        "Camera7@ABC",
        "Camera7xyz{",
        "Camera7eEeE",
        "Camera7----",
        "Camera7   x",
        "Z[\\]^_`a1",
    ];
    const PIECES: [&str; 40] = [
        "a",
        "B",
        "c",
        "D",
        "e",
        "7",
        "8",
        "9",
        "0",
        "x",
        "Y",
        "z",
        "ab",
        "BC",
        "cd",
        "dE",
        "78",
        "89",
        "98",
        "12",
        "3",
        "21",
        "adm",
        "in",
        "nim",
        "da",
        "&",
        "<",
        "'",
        "\\",
        "!",
        "-",
        ".",
        "/",
        "_",
        " ",
        "\u{e9}",
        "\u{1f511}",
        "zz",
        "$",
    ];
    // A plain linear congruential generator: always the same list.
    let mut state: u64 = 0x5eed;
    let mut next = |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let mut all: Vec<String> = EDGES.iter().map(|&edge| edge.to_owned()).collect();
    for _ in 0..600 {
        let pieces = 2 + next(11);
        // Most of them without what is odd, or hardly one would pass.
        let from = if next(3) == 0 { PIECES.len() } else { 24 };
        all.push((0..pieces).map(|_| PIECES[next(from)]).collect());
    }
    all
}
