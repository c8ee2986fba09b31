//! A box whose panel, buttons and LEDs cannot be opened: it runs, and says on every other surface what is wrong and what
//! to do.

use std::time::Duration;

use resetbox_tests::agent::BoxIn;
use resetbox_tests::netns::Host;
use resetbox_tests::process::wait_for;

/// What cannot be opened on any machine.
fn profile_of_nothing(folder: &std::path::Path) -> String {
    let path = folder.join("nothing.toml");
    let good = include_str!("../../agent/panels/waveshare-1in3-lcd-hat.toml");
    let text = good.replace("/dev/spidev0.0", "/dev/spidev99.9");
    let text = text.replace("[lines]", "[gpio]\nchips = [\"no-such-chip\"]\n\n[lines]");
    std::fs::write(&path, text).expect("the folder is writable");
    path.display().to_string()
}

#[test]
fn a_box_without_its_panel_runs_and_says_so() {
    let host = Host::new("box");
    let folder = tempfile::tempdir().expect("a folder");
    let profile = profile_of_nothing(folder.path());
    let mut agent = BoxIn::start(
        &host,
        folder.path(),
        &format!("[panel]\nprofile = {profile:?}"),
    );
    let mut alerts = serde_json::Value::Null;
    let text_of = |alerts: &serde_json::Value, kind: &str| {
        let all = alerts.as_array()?.iter();
        let mut of_kind = all.filter(|alert| alert["kind"] == kind);
        Some(of_kind.next()?["text"].as_str()?.to_owned())
    };
    wait_for("three alerts", Duration::from_secs(20), || {
        alerts = agent.state()["alerts"].clone();
        ["panel", "buttons", "leds"]
            .iter()
            .all(|kind| text_of(&alerts, kind).is_some())
            .then_some(())
    });
    let panel = text_of(&alerts, "panel").expect("just seen");
    assert!(
        panel.contains("/dev/spidev99.9") && panel.contains("config.txt"),
        "{panel}"
    );
    for kind in ["buttons", "leds"] {
        let text = text_of(&alerts, kind).expect("just seen");
        assert!(text.contains("GPIO chip"), "{kind}: {text}");
    }
    let ready = agent.client().get("/readyz").expect("it answers").json();
    assert_eq!(ready["panel"], false, "{ready}");
    let said = agent.pull_the_plug();
    assert!(
        said.contains("/dev/spidev99.9"),
        "the log says it too: {said}"
    );
}

#[test]
fn without_a_profile_there_is_no_panel_and_the_log_says_how_to_name_one() {
    let host = Host::new("box");
    let folder = tempfile::tempdir().expect("a folder");
    let mut agent = BoxIn::start(&host, folder.path(), "");
    let alerts = agent.state()["alerts"].clone();
    let kinds: Vec<_> = (alerts.as_array().into_iter().flatten())
        .filter_map(|alert| alert["kind"].as_str())
        .filter(|kind| ["panel", "buttons", "leds"].contains(kind))
        .collect();
    assert!(kinds.is_empty(), "{alerts}");
    let said = agent.pull_the_plug();
    assert!(
        said.contains("[panel] profile") && said.contains("waveshare-1in3-lcd-hat"),
        "{said}"
    );
}
