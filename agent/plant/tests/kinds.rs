//! How simulated cameras of different kinds differ: without sockets, against the client side of crate `sadp`.

mod bench;

use resetbox_plant::{Options, Profile};
use sadp::{Body, Request, ResetCode, ResultText};

use bench::{Bench, Form, GOOD};

#[test]
fn profiles_without_the_way_refuse_or_stay_silent() {
    for (profile, string, code) in [
        (Profile::Ipc2015, None, None),
        (
            Profile::Intercom,
            Some(ResultText::Failed),
            Some(ResultText::Success),
        ),
        (
            Profile::Ipc2018,
            Some(ResultText::Success),
            Some(ResultText::Failed),
        ),
        (
            Profile::Sadp31,
            Some(ResultText::Failed),
            Some(ResultText::Failed),
        ),
        (
            Profile::Ezviz,
            Some(ResultText::Failed),
            Some(ResultText::Failed),
        ),
        (
            Profile::Inactive,
            Some(ResultText::NotActivated),
            Some(ResultText::NotActivated),
        ),
    ] {
        let mut bench = Bench::new(profile);
        let mac = bench.mac.clone();
        let answer =
            bench
                .ask(&Request::GetEncryptString { mac: &mac })
                .map(|message| match message.body {
                    Body::EncryptString { verdict, .. } => verdict.result,
                    other => panic!("{other:?}"),
                });
        assert_eq!(answer, string, "{profile}");
        let answer = bench
            .ask(&Request::GetCode { mac: &mac })
            .map(|message| match message.body {
                Body::Code { verdict, .. } => verdict.result,
                other => panic!("{other:?}"),
            });
        assert_eq!(answer, code, "{profile}");
    }
}

#[test]
fn a_fresh_device_is_activated_once() {
    let mut bench = Bench::new(Profile::Inactive);
    assert!(!bench.device().activated);
    let mac = bench.mac.clone();
    let activate = |bench: &mut Bench, password: &str| {
        let session = bench.exchange();
        let password = session
            .encrypt_password(password.as_bytes())
            .expect("a password");
        match bench
            .ask(&Request::Activate {
                mac: &mac,
                password: &password,
            })
            .expect("an answer")
            .body
        {
            Body::Verdict(verdict) => verdict.result,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(activate(&mut bench, "12345678"), ResultText::RiskPassword);
    assert_eq!(bench.camera.password(), None);
    assert_eq!(activate(&mut bench, GOOD), ResultText::Success);
    assert_eq!(bench.camera.password(), Some(GOOD));
    assert!(bench.device().activated);
    assert_eq!(
        activate(&mut bench, "An0ther-Pass"),
        ResultText::HasActivated
    );
    assert_eq!(bench.camera.password(), Some(GOOD));
}

#[test]
fn only_a_recorder_passes_the_password_on() {
    for (profile, expected) in [
        (Profile::Nvr, ResultText::Success),
        (Profile::Ipc2018, ResultText::Failed),
    ] {
        let mut bench = Bench::new(profile);
        assert_eq!(bench.device().sync_ipc_password, profile == Profile::Nvr);
        let key = bench.key();
        let session = bench.exchange();
        let password = session
            .encrypt_password(GOOD.as_bytes())
            .expect("a password");
        let (mac, code) = (bench.mac.clone(), ResetCode::plain(&key).expect("a code"));
        let request = Request::Reset {
            mac: &mac,
            password: &password,
            sync_cameras: true,
            code: &code,
        };
        let Some(Body::Verdict(verdict)) = bench.ask(&request).map(|message| message.body) else {
            panic!()
        };
        assert_eq!(verdict.result, expected, "{profile}");
        assert_eq!(bench.camera.cameras_synced(), profile == Profile::Nvr);
    }
}

#[test]
fn a_random_with_nul_is_seen_by_the_client_and_taken_in_both_forms() {
    let mut bench = Bench::with(
        Profile::Ipc2022,
        Options {
            random_with_nul: true,
            ..Options::default()
        },
    );
    let key = bench.key();
    let session = bench.exchange();
    assert!(session.holds_nul());
    assert_eq!(
        bench
            .send_reset(&session, GOOD, &key, Form::Encrypted)
            .result,
        ResultText::Success
    );
    // And never without the option.
    let mut bench = Bench::new(Profile::Ipc2018);
    assert!((0..50).all(|_| !bench.exchange().holds_nul()));
}

#[test]
fn hostile_and_large_answers_are_what_they_say() {
    let mut bench = Bench::with(
        Profile::Ipc2018,
        Options {
            empty_result: true,
            ..Options::default()
        },
    );
    let mac = bench.mac.clone();
    let uuid = bench.uuid();
    let answers = bench.hear(&Request::GetCode { mac: &mac }.emit(&uuid));
    let text = String::from_utf8(answers[0].bytes.clone()).expect("text");
    assert!(text.contains("<Result></Result>"), "{text}");

    for profile in Profile::ALL {
        for size in [2500, 8000, 20_000] {
            let mut bench = Bench::with(
                profile,
                Options {
                    answer_size: size,
                    ..Options::default()
                },
            );
            let uuid = bench.uuid();
            let answers = bench.hear(&Request::Inquiry.emit(&uuid));
            assert_eq!(
                answers.len(),
                if profile == Profile::Duplicate { 2 } else { 1 }
            );
            let (length, most) = (answers[0].bytes.len(), size.min(resetbox_plant::MAX_ANSWER));
            assert!(
                length <= most && length + 60 > most,
                "{profile} {size}: {length}"
            );
            assert!(
                answers
                    .iter()
                    .all(|answer| (20..=500).contains(&answer.delay_ms))
            );
            assert_eq!(
                sadp::parse(&answers[0].bytes).expect("an answer").reading,
                sadp::Reading::Strict
            );
        }
    }
}

#[test]
fn a_clock_that_is_set_is_no_reboot() {
    let mut bench = Bench::new(Profile::NoClock);
    let before = bench.device().boot_time_text.expect("a boot time");
    assert!(before.starts_with("1970-01-"), "{before}");
    let key = bench.key();
    bench.camera.sync_clock();
    let after = bench.device().boot_time_text.expect("a boot time");
    assert!(after.starts_with("2026-"), "{after}");
    assert_eq!(
        bench.reset(GOOD, &key).result,
        ResultText::Success,
        "nothing was forgotten"
    );
    bench.camera.reboot(bench.now);
    assert!(
        bench
            .device()
            .boot_time_text
            .expect("a boot time")
            .starts_with("1970-01-"),
        "power cut: no clock again"
    );
}

#[test]
fn lamps_and_owner_ways() {
    let mut bench = Bench::new(Profile::Ipc2018);
    let mac = bench.mac.clone();
    for on in [true, false] {
        let message = bench
            .ask(&Request::Lamp { mac: &mac, on })
            .expect("an answer");
        assert!(
            matches!(&message.body, Body::Verdict(verdict) if verdict.result == ResultText::Success),
            "{message:?}"
        );
        assert_eq!(bench.camera.lamp_is_lit(), on);
    }
    let message = bench
        .ask(&Request::GetPasswordResetType { mac: &mac })
        .expect("an answer");
    assert!(
        matches!(message.body, Body::PasswordResetType { .. }),
        "{message:?}"
    );
    let mut bench = Bench::new(Profile::Nvr);
    let mac = bench.mac.clone();
    let message = bench
        .ask(&Request::Lamp {
            mac: &mac,
            on: true,
        })
        .expect("an answer");
    assert!(
        matches!(&message.body, Body::Verdict(verdict) if verdict.result == ResultText::Failed),
        "{message:?}"
    );
}

#[test]
fn a_chatty_device_searches_with_its_own_uuids() {
    let mut bench = Bench::new(Profile::Chatty);
    let search = bench.camera.chatter().expect("a search");
    assert!(matches!(
        sadp::parse(&search.bytes),
        Err(sadp::ParseError::OwnProbe)
    ));
    assert_eq!(
        bench.hear(&search.bytes).len(),
        1,
        "its neighbours answer such a search"
    );
    assert_ne!(
        bench.camera.chatter(),
        Some(search),
        "a fresh Uuid each time"
    );
    assert_eq!(Bench::new(Profile::Nvr).camera.chatter(), None);
}
