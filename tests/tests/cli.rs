//! What the binary says about itself, and what is written about it, must not drift apart.

use std::process::Command;
use std::sync::Once;

fn resetbox(args: &[&str]) -> (Option<i32>, String) {
    let binary = resetbox_tests::process::resetbox();
    let ran = Command::new(&binary)
        .args(args)
        .output()
        .unwrap_or_else(|error| panic!("{}: {error}", binary.display()));
    let said = [ran.stdout, ran.stderr].concat();
    (
        ran.status.code(),
        String::from_utf8(said).expect("the binary prints UTF-8"),
    )
}

/// The long options in clap's help, from lines like `  -j, --json ...`.
fn options(help: &str) -> impl Iterator<Item = &str> {
    let of_option = |line: &&str| line.trim_start().starts_with('-');
    help.lines()
        .filter(of_option)
        .flat_map(|line| line.split([' ', ',', '=']))
        .filter(|word| word.starts_with("--") && *word != "--help")
}

/// The commands in clap's help.
fn commands(help: &str) -> Vec<String> {
    help.lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| {
            line.strip_prefix("  ")?
                .split(' ')
                .next()
                .map(str::to_owned)
        })
        .filter(|name| !name.is_empty() && name != "help")
        .collect()
}

#[test]
fn every_command_and_option_is_in_the_man_page_and_the_readme() {
    let page = include_str!("../../docs/resetbox.1");
    let readme = include_str!("../../README.md");
    let (status, help) = resetbox(&["--help"]);
    assert_eq!(status, Some(0), "{help}");
    let commands = commands(&help);
    assert!(
        commands.contains(&"run".to_owned()),
        "the help lists the commands: {help}"
    );
    for command in commands {
        assert!(
            page.contains(&format!(".It Cm {command}")),
            "docs/resetbox.1 lacks the command {command}"
        );
        assert!(
            readme.contains(&format!("resetbox {command}")),
            "README.md lacks resetbox {command}"
        );
        let (status, help) = resetbox(&[&command, "--help"]);
        assert_eq!(status, Some(0), "{help}");
        for option in options(&help) {
            let troff = option.replacen("--", "-", 1);
            assert!(
                page.contains(&format!("Fl {troff}")),
                "docs/resetbox.1 lacks {option} of {command}"
            );
        }
        // What a command has below itself, with options of its own.
        for below in self::commands(&help) {
            assert!(
                page.contains(&format!("Cm {command} {below}")),
                "docs/resetbox.1 lacks {command} {below}"
            );
            assert!(readme.contains(&below), "README.md lacks {command} {below}");
            let (status, help) = resetbox(&[&command, &below, "--help"]);
            assert_eq!(status, Some(0), "{help}");
            for option in options(&help) {
                let troff = option.replacen("--", "-", 1);
                assert!(
                    page.contains(&format!("Fl {troff}")),
                    "docs/resetbox.1 lacks {option} of {command} {below}"
                );
            }
        }
    }
}

#[test]
fn a_command_line_that_is_not_understood_ends_with_2() {
    let (status, said) = resetbox(&["open-sesame"]);
    assert_eq!(status, Some(2), "{said}");
    assert!(said.contains("open-sesame"), "{said}");
}

#[test]
fn the_shipped_example_has_no_mistakes_and_a_mistake_is_named_by_line() {
    let example = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../agent/resetbox.example.toml"
    );
    let (status, said) = resetbox(&["check-config", example]);
    assert_eq!(status, Some(0), "{said}");

    let broken = concat!(env!("CARGO_TARGET_TMPDIR"), "/broken.toml");
    std::fs::write(broken, "[box]\nname = \"x\"\ncolour = \"red\"\n")
        .expect("cargo's test folder is writable");
    let (status, said) = resetbox(&["check-config", broken]);
    assert_eq!(status, Some(1), "{said}");
    assert!(
        said.contains("broken.toml:3:1") && said.contains("colour"),
        "{said}"
    );
}

/// A key must not cross a network that others can read: this is said before anything is asked or connected.
#[test]
fn the_desk_refuses_a_broker_without_tls_before_it_asks_for_anything() {
    let (status, said) = resetbox(&[
        "fleet",
        "submit-key",
        "rb-1a2b3c",
        "k7m2p9xq",
        "--broker",
        "mqtt://192.0.2.1",
    ]);
    assert_eq!(status, Some(2), "{said}");
    assert!(
        said.contains("only over TLS") && said.contains("Nothing was sent."),
        "{said}"
    );
    let (status, said) = resetbox(&["fleet"]);
    assert_eq!(status, Some(2), "{said}");
    assert!(said.contains("--broker"), "{said}");
}

/// A profile whose devices no machine has; written once, since other tests may be reading it.
fn profile_of_nothing() -> String {
    static WRITTEN: Once = Once::new();
    let path = concat!(env!("CARGO_TARGET_TMPDIR"), "/nothing.toml");
    WRITTEN.call_once(|| {
        let good = include_str!("../../agent/panels/waveshare-1in3-lcd-hat.toml");
        let text = good.replace("/dev/spidev0.0", "/dev/spidev99.9");
        let text = text.replace("[lines]", "[gpio]\nchips = [\"no-such-chip\"]\n\n[lines]");
        std::fs::write(path, text).expect("cargo's test folder is writable");
    });
    path.to_owned()
}

#[test]
fn panel_test_says_what_is_missing_and_what_to_do() {
    let profile = profile_of_nothing();
    let (status, said) = resetbox(&["panel-test", "--profile", &profile, "--seconds", "1"]);
    assert_eq!(status, Some(1), "{said}");
    for words in [
        "/dev/spidev99.9: ",
        "config.txt",
        "[keys]",
        "[LEDs]",
        "GPIO chip",
    ] {
        assert!(said.contains(words), "{words} in: {said}");
    }
    let (status, said) = resetbox(&["panel-test", "--config", "/nowhere/resetbox.toml"]);
    assert_eq!(status, Some(1), "{said}");
    assert!(
        said.contains("--profile P") && said.contains("waveshare-1in3-lcd-hat"),
        "{said}"
    );
}

#[test]
fn panel_test_writes_its_pictures_for_who_wants_to_compare() {
    let folder = concat!(env!("CARGO_TARGET_TMPDIR"), "/panel-pictures");
    let (status, said) = resetbox(&[
        "panel-test",
        "--profile",
        "waveshare-1in44-lcd-hat",
        "--pictures",
        folder,
    ]);
    assert_eq!(status, Some(0), "{said}");
    for name in ["picture", "ruler", "qr"] {
        let path = format!("{folder}/{name}.png");
        assert!(said.contains(&path), "{said}");
        assert!(
            std::fs::metadata(&path).is_ok_and(|file| file.len() > 100),
            "{path}"
        );
    }
    assert!(said.contains("0.40 mm per module"), "{said}");
    let wiring = std::fs::read_to_string(format!("{folder}/wiring.svg")).expect("written too");
    assert!(wiring.contains("reset (RST), GPIO 27"), "{wiring}");
}

/// A box that runs holds the lines: this must not touch them.
#[test]
fn panel_test_tells_the_wiring_without_opening_anything() {
    let profile = profile_of_nothing();
    let (status, said) = resetbox(&["panel-test", "--profile", &profile, "--wiring"]);
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains("ok, GPIO 13 33 | 34 (ground)"), "{said}");
}

#[test]
fn a_mistake_in_a_profile_of_ones_own_is_named_by_check_config() {
    let profile = profile_of_nothing();
    let text = std::fs::read_to_string(&profile).expect("just written");
    let broken = profile.replace("nothing.toml", "broken-profile.toml");
    std::fs::write(&broken, text.replace("mhz = 40", "mhz = 4000"))
        .expect("cargo's test folder is writable");
    let config = concat!(env!("CARGO_TARGET_TMPDIR"), "/with-profile.toml");
    let check = |profile: &str| {
        std::fs::write(config, format!("[panel]\nprofile = {profile:?}\n"))
            .expect("cargo's test folder is writable");
        resetbox(&["check-config", config])
    };
    let (status, said) = check(&profile);
    assert_eq!(status, Some(0), "{said}");
    let (status, said) = check(&broken);
    assert_eq!(status, Some(1), "{said}");
    assert!(said.contains("broken-profile.toml:14:1: "), "{said}");
    let (status, said) = check("waveshare-1in3-hat");
    assert_eq!(status, Some(1), "{said}");
    assert!(
        said.contains("with-profile.toml:2:1: ") && said.contains("waveshare-1in3-lcd-hat"),
        "{said}"
    );
}
