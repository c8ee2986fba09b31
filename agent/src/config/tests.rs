use super::*;

fn error(text: &str) -> String {
    Config::parse(text, "resetbox.toml")
        .expect_err("a mistake")
        .to_string()
}

#[test]
fn an_empty_file_is_the_defaults() {
    assert_eq!(Config::parse("", "x"), Ok(Config::default()));
}

#[test]
fn every_item_of_the_example_is_known_and_is_the_default() {
    let example = include_str!("../../resetbox.example.toml");
    assert_eq!(Config::parse(example, "example"), Ok(Config::default()));
    // With the comment signs taken away, every item must still be known.
    let all: String = example
        .lines()
        .map(|line| line.strip_prefix("#: ").unwrap_or(line))
        .flat_map(|line| [line, "\n"])
        .collect();
    Config::parse(&all, "example").expect("every commented item is known");
}

#[test]
fn the_card_s_settings_are_the_defaults_and_each_of_their_choices_is_known() {
    let card = include_str!("../../../image/boot/resetbox.toml");
    assert_eq!(Config::parse(card, "card"), Ok(Config::default()));
    let mut choices = 0;
    for (number, line) in card.lines().enumerate() {
        if !line.starts_with('#') || line.starts_with("# ") {
            continue;
        }
        let chosen: String = (card.lines().enumerate())
            .map(|(at, line)| match at == number {
                true => line.trim_start_matches('#'),
                false => line,
            })
            .flat_map(|line| [line, "\r\n"])
            .collect();
        let config = Config::parse(&chosen, "card").expect("every choice is known");
        assert_ne!(config, Config::default(), "{line}");
        choices += 1;
    }
    assert_eq!(
        choices,
        Profile::names().count() + 2,
        "every built-in panel is offered"
    );
}

#[test]
fn the_join_text_comes_from_the_wifi_that_is_on() {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(file.path(), "WIFI:T:WPA;S:a;P:b;;\n").expect("written");
    let path = format!("[box]\nwifi_join_file = {:?}\n", file.path());
    let join = |text: &str| {
        Config::parse(text, "x")
            .expect("no mistake")
            .identity
            .wifi_join()
    };
    assert_eq!(join(&path).as_deref(), Some("WIFI:T:WPA;S:a;P:b;;"));
    let both = format!("{path}wifi_join = \"WIFI:own\"\n");
    assert_eq!(join(&both).as_deref(), Some("WIFI:own"));
    assert_eq!(join("[box]\nwifi_join_file = \"/nowhere/join\"\n"), None);
}

#[test]
fn a_mistake_has_line_and_column() {
    let unknown = error("[box]\nname = \"x\"\n  colour = 1\n");
    assert!(
        unknown.starts_with("resetbox.toml:3:3: there is no item `colour` here, only "),
        "{unknown}"
    );
    let kind = error("[box]\nname = 7\n");
    assert!(
        kind.starts_with("resetbox.toml:2:8: `name` must be a text in quotes"),
        "{kind}"
    );
    let language = error("[box]\nlanguage = \"fr\"\n");
    assert!(language.contains("`en` or `id`"), "{language}");
    let broken = error("[box\n");
    assert!(broken.starts_with("resetbox.toml:1:"), "{broken}");
    let profile = error("[panel]\nprofile = \"waveshare\"\n");
    assert!(
        profile.starts_with("resetbox.toml:2:1: there is no profile `waveshare`"),
        "{profile}"
    );
    let level = error("[log]\nlevel = \"a=b=c\"\n");
    assert!(
        level.starts_with("resetbox.toml:2:1: the log level"),
        "{level}"
    );
}

#[test]
fn a_mistake_about_the_broker_has_its_line() {
    let text = "[box]\nname = \"base\"\n\n[mqtt]\n  broker = \"mqtt://b\"\n  base = \"#\"\n";
    let error = error(text);
    assert!(
        error.starts_with("resetbox.toml:6:3: [mqtt] base: "),
        "{error}"
    );
    let url = Config::parse("[mqtt]\nbroker = \"b\"\n", "x").expect_err("a mistake");
    assert!(
        url.to_string().starts_with("x:2:10: the broker's URL"),
        "{url}"
    );
}

#[test]
fn a_mistake_leaves_the_panel_lit_and_in_its_language() {
    let kept = |text: &str| {
        Config::parse(text, "x").expect_err("a mistake");
        Config::salvage(text)
    };
    let elsewhere = "[box]\r\nlanguage = \"id\"\r\nname = Plant 3\r\n[panel]\r\nprofile = \"waveshare-1in44-lcd-hat\" # mine\r\n";
    let config = kept(elsewhere);
    assert_eq!(
        config.panel.profile.as_deref(),
        Some("waveshare-1in44-lcd-hat")
    );
    assert_eq!(config.identity.language, Language::Id);
    assert_eq!(config.identity.name, None, "all else is the default");
    let beside =
        "[panel]\ncolour = 3\nprofile = \"pimoroni-display-hat-mini\"\n[http]\nlisten = []\n";
    let config = kept(beside);
    assert_eq!(
        config.panel.profile.as_deref(),
        Some("pimoroni-display-hat-mini")
    );
    assert_eq!(config.http, HttpConfig::default());
    // What is wrong itself, or stands elsewhere, is not taken.
    assert_eq!(
        kept("[panel]\nprofile = \"waveshare\"\n"),
        Config::default()
    );
    assert_eq!(
        kept("[net]\nprofile = \"pimoroni-display-hat-mini\"\n"),
        Config::default()
    );
    assert_eq!(Config::salvage("\u{0}[panel\nprofile"), Config::default());
}

#[test]
fn what_editors_of_a_pc_write_is_read() {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    let read = |bytes: &[u8]| {
        std::fs::write(file.path(), bytes).expect("written");
        Config::read(file.path())
    };
    let text = "[box]\r\nname = \"Halle \u{e4}\"\r\n";
    let utf16 = |big: bool| -> Vec<u8> {
        let units = "\u{feff}".encode_utf16().chain(text.encode_utf16());
        let bytes = |unit: u16| match big {
            true => unit.to_be_bytes(),
            false => unit.to_le_bytes(),
        };
        units.flat_map(bytes).collect()
    };
    let marked = format!("\u{feff}{text}");
    for bytes in [
        text.as_bytes(),
        marked.as_bytes(),
        &utf16(false),
        &utf16(true),
    ] {
        let config = read(bytes).expect("read");
        assert_eq!(config.identity.name.as_deref(), Some("Halle \u{e4}"));
    }
    let ansi = read(b"[box]\r\nname = \"Halle \xe4\"\r\n").expect_err("not UTF-8");
    assert!(ansi.to_string().contains(":2:1: not UTF-8 text"), "{ansi}");
    let cut = utf16(false);
    let half = read(&cut[..cut.len() - 1]).expect_err("half a letter");
    assert!(half.to_string().contains("not UTF-8"), "{half}");
    let kept = Config::fallback(Path::new("/nowhere"));
    assert_eq!(kept, Config::default());
}

#[test]
fn the_usual_slips_are_named() {
    let bare = error("[box]\nname = Plant 3\n");
    assert!(bare.contains(":2:"), "{bare}");
    assert!(bare.contains("in quotes"), "{bare}");
    let curly = error("[box]\nname = \u{201c}Plant\u{201d}\n");
    assert!(curly.contains("straight quotes"), "{curly}");
    let twice = error("[box]\nname = \"a\"\nname = \"b\"\n");
    assert!(twice.contains("name") && twice.contains(":3:"), "{twice}");
}

#[test]
fn bytes_that_are_no_text_are_named_by_line() {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(file.path(), b"\xef\xbb\xbf[box]\nname = \"\xff\"\n").expect("written");
    let error = Config::read(file.path())
        .expect_err("not UTF-8")
        .to_string();
    assert!(error.contains(":2:1: not UTF-8"), "{error}");
    let missing = Config::read(Path::new("/nowhere/resetbox.toml")).expect_err("missing");
    assert!(
        missing.to_string().contains("/nowhere/resetbox.toml"),
        "{missing}"
    );
}
