//! Real screens through the real drivers into models of the controllers: what they show is what was drawn.

use std::sync::atomic::{AtomicUsize, Ordering};

use embedded_hal::delay::DelayNs as _;
use proptest::prelude::*;
use resetbox_core::policy::Language;
use resetbox_core::screen::Page;
use resetbox_view::samples;

use super::model::{Bench, Bus, Dc};
use super::*;
use crate::profile;

/// What spidev takes unless it was told otherwise.
const BUFSIZ: usize = 4096;

/// The profiles that have a controller.
fn profiles() -> impl Iterator<Item = Profile> {
    Profile::names()
        .map(|name| Profile::load(name).expect("built in"))
        .filter(|profile| profile.glass.controller != Controller::None)
}

fn profile(name: &str) -> Profile {
    Profile::load(name).expect("built in")
}

/// A panel whose wires end in a model. Its power has been on for a second.
fn on_bench(profile: &Profile) -> (Panel, Bench) {
    let bench = Bench::new(&profile.glass, BUFSIZ);
    let panel = open_on(profile, &bench).expect("begins");
    (panel, bench)
}

fn open_on(profile: &Profile, bench: &Bench) -> Result<Panel, String> {
    bench.clock().delay_ms(1000);
    let wire: wire::Wire<Bus, Dc> = wire::Wire::new(bench.spi(), bench.dc(), BUFSIZ);
    let with_reset = profile
        .lines
        .as_ref()
        .is_some_and(|lines| lines.reset.is_some());
    let line = bench.clone();
    let reset: Option<driver::Reset> = with_reset.then(|| -> driver::Reset {
        Box::new(move |on| {
            line.reset(on);
            Ok(())
        })
    });
    let driver = driver::begin(&profile.glass, wire, reset, bench.clock())?;
    let driver = driver.expect("it has a controller");
    Ok(Panel::new(driver, Backlight::Always, profile.geometry()))
}

fn view(name: &str) -> View {
    let (_, view) = samples(Language::En)
        .into_iter()
        .find(|(known, _)| *known == name)
        .unwrap_or_else(|| panic!("there is a sample {name}"));
    view
}

fn drawn(view: &View, profile: &Profile) -> Frame {
    resetbox_view::render(view, &profile.geometry().turned(view.rotation))
}

#[test]
fn every_profile_shows_what_was_drawn_however_the_box_is_held() {
    for profile in profiles() {
        let (mut panel, bench) = on_bench(&profile);
        for name in [
            "list-12",
            "list-12-middle",
            "qr-176",
            "key-typed",
            "refused",
        ] {
            for rotation in [0, 90, 180, 270] {
                let mut view = view(name);
                view.rotation = rotation;
                panel.show(&view).expect("the model takes it");
                let seen = bench.chip().seen(rotation).expect("lit");
                let frame = drawn(&view, &profile);
                assert!(
                    seen == frame.pixels(),
                    "{}: {name} turned by {rotation}",
                    profile.title
                );
            }
        }
    }
}

#[test]
fn a_module_that_is_wired_otherwise_shows_it_too() {
    let base = profile("waveshare-1in44-lcd-hat");
    for ram in [None, Some((132, 132)), Some((128, 160))] {
        for (mirrored, inverted, order) in [
            (true, true, profile::Order::Rgb),
            (false, true, profile::Order::Bgr),
        ] {
            for turned in [0, 90, 180, 270] {
                let mut profile = base.clone();
                let glass = &mut profile.glass;
                (glass.ram, glass.mirrored, glass.inverted, glass.order) =
                    (ram, mirrored, inverted, order);
                glass.rotation = turned;
                glass.offset = if ram == Some((128, 160)) {
                    (0, 31)
                } else {
                    (3, 2)
                };
                let (mut panel, bench) = on_bench(&profile);
                panel.show(&view("list-3")).expect("the model takes it");
                let seen = bench.chip().seen(0).expect("lit");
                assert!(
                    seen == drawn(&view("list-3"), &profile).pixels(),
                    "{:?}",
                    profile.glass
                );
            }
        }
    }
}

#[test]
fn asleep_it_rests_and_awake_it_shows_all_again() {
    for profile in profiles() {
        let (mut panel, bench) = on_bench(&profile);
        let mut list = view("list-12");
        panel.show(&list).expect("shown");
        list.asleep = true;
        panel.show(&list).expect("asleep");
        assert!(!bench.chip().is_awake(), "{}", profile.title);
        let bytes = bench.chip().bytes;
        panel.show(&list).expect("still asleep");
        assert_eq!(bench.chip().bytes, bytes, "it is left alone");
        // Somebody unplugs it meanwhile: it forgets everything.
        bench.chip().power_on();
        bench.clock().delay_ms(1000);
        list.asleep = false;
        panel.show(&list).expect("awake");
        assert!(bench.chip().seen(0).expect("lit") == drawn(&list, &profile).pixels());
    }
}

#[test]
fn the_backlight_follows_what_the_view_says() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("max_brightness"), "200").expect("written");
    let brightness = || std::fs::read_to_string(folder.path().join("brightness")).expect("written");
    let profile = profile("pimoroni-display-hat-mini");
    let (mut panel, _bench) = on_bench(&profile);
    let light = profile::Backlight {
        gpio: None,
        active_low: false,
        class: Some(folder.path().to_owned()),
        pwm: None,
    };
    panel.light = Backlight::open(Some(&light), &profile.gpio).expect("a class");
    assert_eq!(brightness(), "0", "dark while there is nothing to see");
    let mut list = view("list-3");
    for (percent, asleep, expected) in [
        (100, false, "200"),
        (25, false, "50"),
        (25, true, "0"),
        (50, false, "100"),
    ] {
        (list.brightness, list.asleep) = (percent, asleep);
        panel.show(&list).expect("shown");
        assert_eq!(brightness(), expected);
    }
}

/// Bytes on the bus from one view to the next.
fn cost(profile: &Profile, before: &View, after: &View) -> u64 {
    let (mut panel, bench) = on_bench(profile);
    panel.show(before).expect("shown");
    let bytes = bench.chip().bytes;
    panel.show(after).expect("shown");
    let cost = bench.chip().bytes - bytes;
    assert!(bench.chip().seen(0).expect("lit") == drawn(after, profile).pixels());
    cost
}

#[test]
fn a_screen_costs_few_bytes() {
    let profile = profile("pimoroni-display-hat-mini");
    let whole = u64::from(profile.glass.width) * u64::from(profile.glass.height) * 2;
    let minute_later = |view: &View| {
        let mut later = view.clone();
        match &mut later.screen.page {
            Page::Qr { left, .. } => {
                *left = left.map(|left| left - std::time::Duration::from_secs(60))
            }
            other => panic!("{other:?}"),
        }
        later
    };
    let qr = view("qr-128");
    let countdown = cost(&profile, &qr, &minute_later(&qr));
    let first = cost(&profile, &view("list-12"), &qr);
    let rows = [
        ("same again", cost(&profile, &qr, &qr.clone())),
        ("countdown, a minute less (qr-128)", countdown),
        (
            "the list scrolled (list-12 to list-12-middle)",
            cost(&profile, &view("list-12"), &view("list-12-middle")),
        ),
        (
            "a letter of the key (key-typed to key-digits)",
            cost(&profile, &view("key-typed"), &view("key-digits")),
        ),
        ("list to QR (list-12 to qr-128)", first),
        (
            "the longest QR (list-12 to qr-1023)",
            cost(&profile, &view("list-12"), &view("qr-1023")),
        ),
    ];
    for (what, bytes) in rows {
        println!(
            "{what}: {bytes} bytes, {:.2} ms at 40 MHz",
            bytes as f64 * 8.0 / 40_000.0
        );
        // 40 ms at 40 MHz.
        assert!(bytes <= 200_000, "{what}: {bytes} bytes");
        assert!(bytes <= whole + 11, "{what}: more than the whole picture");
    }
    assert_eq!(rows[0].1, 0);
    assert!(
        countdown > 0 && countdown < 10_000,
        "{countdown} bytes for a minute less"
    );
}

/// Rectangles of one colour, as pages change.
fn frames() -> impl Strategy<Value = Vec<Frame>> {
    let rectangle = (0..128u16, 0..128u16, 1..40u16, 1..40u16, any::<u16>());
    let change = prop::collection::vec(rectangle, 0..6);
    prop::collection::vec(change, 1..8).prop_map(|changes| {
        let mut pixels = vec![0u16; 128 * 128];
        changes
            .into_iter()
            .map(|rectangles| {
                for (left, top, width, height, colour) in rectangles {
                    for y in top..(top + height).min(128) {
                        for x in left..(left + width).min(128) {
                            pixels[usize::from(y) * 128 + usize::from(x)] = colour;
                        }
                    }
                }
                Frame::from_pixels(128, 128, pixels.clone()).expect("so many")
            })
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn after_any_frames_the_glass_shows_the_last(frames in frames(), turns in prop::collection::vec(0..4u16, 8)) {
        let profile = profile("waveshare-1in44-lcd-hat");
        let (mut panel, bench) = on_bench(&profile);
        for (frame, turn) in frames.into_iter().zip(turns) {
            // Rarely turned: mostly what changed is sent.
            let rotation = if turn == 3 { 90 } else { 0 };
            panel.draw(frame.clone(), rotation).expect("the model takes it");
            prop_assert!(bench.chip().seen(rotation).expect("lit") == frame.pixels());
        }
    }
}

#[test]
fn a_frame_of_another_size_is_refused() {
    let (mut panel, _bench) = on_bench(&profile("waveshare-1in44-lcd-hat"));
    let frame = Frame::from_pixels(2, 2, vec![0; 4]).expect("four");
    let error = panel.draw(frame, 0).expect_err("too small");
    assert!(
        error.contains("2 x 2") && error.contains("128 x 128"),
        "{error}"
    );
}

/// The thread with an own loop's end: what it reports, and the sender of views.
struct Thread {
    views: watch::Sender<Arc<View>>,
    queue: mpsc::Receiver<Input>,
    ended: thread::JoinHandle<()>,
}

fn start(open: impl Fn() -> Result<Panel, String> + Send + 'static) -> Thread {
    let (views, view) = watch::channel(Arc::new(view("list-3")));
    let (inputs, queue) = mpsc::channel(8);
    let shell = Shell {
        runtime: Handle::current(),
        view,
        reporter: Reporter::new(inputs, "panel", Health::Panel),
    };
    let ended = thread::spawn(move || {
        let _ = shell.run(open);
    });
    Thread {
        views,
        queue,
        ended,
    }
}

impl Thread {
    async fn told(&mut self) -> Result<(), String> {
        match self.queue.recv().await {
            Some(Input::Health(Health::Panel(outcome))) => outcome,
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn an_unplugged_panel_is_told_and_opened_again_and_dark_at_the_end() {
    let profile = profile("waveshare-2in4-lcd");
    let bench = Bench::new(&profile.glass, BUFSIZ);
    let tries = Arc::new(AtomicUsize::new(0));
    let mut thread = {
        let (bench, tries, profile) = (bench.clone(), tries.clone(), profile.clone());
        start(move || match tries.fetch_add(1, Ordering::SeqCst) {
            0 => Err("/dev/spidev0.0 is missing".into()),
            _ => open_on(&profile, &bench),
        })
    };
    let missing = thread.told().await.expect_err("the first try");
    assert!(missing.contains("spidev0.0"), "{missing}");
    thread.told().await.expect("the second try");
    assert!(bench.chip().seen(0).expect("lit") == drawn(&view("list-3"), &profile).pixels());
    // Unplugged: the next change notices.
    bench.chip().unplugged = true;
    thread.views.send_replace(Arc::new(view("list-12")));
    let gone = thread.told().await.expect_err("unplugged");
    assert!(gone.contains("SPI bus"), "{gone}");
    {
        let mut chip = bench.chip();
        chip.unplugged = false;
        chip.power_on();
    }
    thread.told().await.expect("plugged in again");
    assert!(bench.chip().seen(0).expect("lit") == drawn(&view("list-12"), &profile).pixels());
    drop(thread.views);
    let ended = thread.ended;
    tokio::task::spawn_blocking(move || ended.join().expect("no panic"))
        .await
        .expect("joined");
    assert!(
        !bench.chip().is_awake(),
        "nothing is shown of a box that does not run"
    );
}

#[tokio::test]
async fn a_panel_that_is_not_there_ends_with_the_box() {
    let mut thread = start(|| Err("no panel".into()));
    thread.told().await.expect_err("none");
    drop(thread.views);
    let ended = thread.ended;
    tokio::task::spawn_blocking(move || ended.join().expect("no panic"))
        .await
        .expect("joined");
}
