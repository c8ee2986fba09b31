use super::*;
use resetbox_core::Mono;

const STATES: [IndicatorState; 11] = [
    IndicatorState::Starting,
    IndicatorState::NoCable,
    IndicatorState::Searching,
    IndicatorState::Listed,
    IndicatorState::Waiting,
    IndicatorState::Sending,
    IndicatorState::Succeeded,
    IndicatorState::Attention,
    IndicatorState::Refused,
    IndicatorState::Fault,
    IndicatorState::Identify,
];

/// What lamps that are only on or off show.
fn plain(three: bool, state: IndicatorState, at: Duration) -> [u8; 3] {
    levels(three, state, at).map(|level| if level >= 0x80 { 255 } else { 0 })
}

#[test]
fn who_sleeps_from_change_to_change_misses_none() {
    for three in [false, true] {
        for state in STATES {
            let shown = |at| plain(three, state, at);
            let mut seen = shown(Duration::ZERO);
            let mut next = next_change(Duration::ZERO, shown);
            // Every 10 ms of the 70 s in which patterns do whatever they do.
            for at in (0..7000).map(|n| Duration::from_millis(n * 10)) {
                if next.is_some_and(|next| at >= next) {
                    seen = shown(at);
                    next = next_change(at, shown);
                }
                // What breathes crosses the half of its light between two steps: nobody sees that it is late.
                let steady = state != IndicatorState::Starting || three;
                let step = at.as_millis() as u64 / 50 * 50;
                let due = if steady {
                    at
                } else {
                    Duration::from_millis(step)
                };
                assert_eq!(seen, shown(due), "{state:?} at {at:?}");
            }
        }
    }
}

#[test]
fn a_lit_lamp_wakes_nobody_and_a_blinking_one_little() {
    for three in [false, true] {
        for state in STATES {
            let shown = |at| plain(three, state, at);
            let mut at = Duration::from_secs(60);
            let mut wakes = 0;
            while let Some(next) = next_change(at, shown).filter(|at| at.as_secs() < 120) {
                at = next;
                wakes += 1;
            }
            let most = match state {
                IndicatorState::Listed | IndicatorState::Fault | IndicatorState::Succeeded => 0,
                // Two hertz: on and off.
                IndicatorState::Sending | IndicatorState::Identify => 4 * 60,
                _ => 3 * 60,
            };
            assert!(wakes <= most, "{state:?}: {wakes} wakes in a minute");
        }
    }
}

#[test]
fn colours_stay_apart_on_leds_that_cannot_be_dimmed() {
    let at = Duration::from_millis(100);
    let colour = |state| plain(false, state, at);
    assert_eq!(colour(IndicatorState::Listed), [0, 0, 255], "blue");
    assert_eq!(colour(IndicatorState::Attention), [255, 255, 0], "orange");
    assert_eq!(colour(IndicatorState::Fault), [255, 0, 0], "vermillion");
    assert_eq!(colour(IndicatorState::Sending), [255, 255, 255], "white");
}

/// Three LEDs of the kernel in a folder.
fn class(most: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["a", "b", "c"] {
        let led = folder.path().join(name);
        std::fs::create_dir(&led).expect("a folder");
        std::fs::write(led.join("max_brightness"), most).expect("written");
    }
    folder
}

fn leds() -> Leds {
    toml::from_str("red = \"a\"\ngreen = \"b\"\nblue = \"c\"").expect("three LEDs")
}

fn brightness(folder: &tempfile::TempDir) -> [String; 3] {
    ["a", "b", "c"].map(|name| {
        std::fs::read_to_string(folder.path().join(name).join("brightness")).unwrap_or_default()
    })
}

#[test]
fn leds_of_the_kernel_are_dimmed_when_they_can_be() {
    let folder = class("255\n");
    let mut lamps = Lamps::open_in(folder.path(), &leds(), &Gpio::default()).expect("three");
    assert!(!lamps.are_three());
    lamps.set([0xe6, 0x9f, 0]).expect("folders take it");
    assert_eq!(brightness(&folder), ["230", "159", "0"]);
    let trigger = std::fs::read_to_string(folder.path().join("a/trigger"));
    assert_eq!(trigger.expect("written"), "none");

    let folder = class("1\n");
    let mut lamps = Lamps::open_in(folder.path(), &leds(), &Gpio::default()).expect("three");
    lamps.set([0xe6, 0x7f, 0]).expect("folders take it");
    assert_eq!(brightness(&folder), ["1", "0", "0"]);
    // What stays as it is is not written again.
    std::fs::write(folder.path().join("a/brightness"), "untouched").expect("written");
    lamps.set([0xff, 0xff, 0]).expect("folders take it");
    assert_eq!(brightness(&folder), ["untouched", "1", "0"]);
}

#[test]
fn an_led_that_is_not_there_is_named() {
    let folder = class("1");
    std::fs::remove_dir_all(folder.path().join("b")).expect("removed");
    let error = Lamps::open_in(folder.path(), &leds(), &Gpio::default()).err();
    let error = error.expect("one is missing");
    assert!(
        error.contains("/b: ") && error.contains("/sys/class/leds"),
        "{error}"
    );
}

#[tokio::test]
async fn lost_lamps_are_told_and_found_again_and_go_dark_at_the_end() {
    let (_, mut sample) =
        resetbox_view::samples(resetbox_core::policy::Language::En).swap_remove(0);
    sample.at = Mono(1_000_000);
    sample.indicator.since = Mono(990_000);
    sample.indicator.state = IndicatorState::Listed;
    let (views, mut view) = watch::channel(Arc::new(sample.clone()));
    let (inputs, mut queue) = mpsc::channel(8);
    let folder = class("1");
    let path = folder.path().to_owned();
    let task = tokio::spawn(async move {
        let open = || Lamps::open_in(&path, &leds(), &Gpio::default());
        run(open, &mut view, inputs).await;
    });
    let told = async |queue: &mut mpsc::Receiver<Input>| match queue.recv().await {
        Some(Input::Health(Health::Leds(outcome))) => outcome,
        other => panic!("{other:?}"),
    };
    told(&mut queue).await.expect("all three are there");
    // One is pulled out; the next change notices.
    let gone = folder.path().join("a");
    std::fs::rename(&gone, folder.path().join("elsewhere")).expect("renamed");
    sample.indicator.state = IndicatorState::Fault;
    sample.indicator.since = sample.at;
    views.send_replace(Arc::new(sample));
    let error = told(&mut queue).await.expect_err("one is gone");
    assert!(error.contains("a/brightness"), "{error}");
    let missing = told(&mut queue).await.expect_err("still");
    assert!(missing.contains("/sys/class/leds"), "{missing}");
    std::fs::rename(folder.path().join("elsewhere"), &gone).expect("renamed");
    told(&mut queue).await.expect("it is back");
    drop(views);
    task.await.expect("no panic");
    assert_eq!(brightness(&folder), ["0", "0", "0"]);
}
