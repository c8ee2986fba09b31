//! The job from a probe to a login, over real sockets on the loopback interface, without any privilege: our cameras
//! against the client side of crate `sadp`, two implementations written apart.

mod common;

use std::collections::BTreeMap;
use std::time::Duration;

use common::{Client, config, start};
use resetbox_plant::{Login, Profile};
use sadp::{Body, Device, ResultText, Root, Way};

const QUIET: Duration = Duration::from_millis(600);

/// The devices of this plant, by MAC text.
async fn discover(client: &mut Client, plant: &resetbox_plant::Plant) -> BTreeMap<String, Device> {
    let ours: Vec<String> = plant
        .cameras()
        .into_iter()
        .map(|camera| camera.mac)
        .collect();
    let uuid = client.uuid();
    client.send(&sadp::Request::Inquiry.emit(&uuid)).await;
    let mut found = BTreeMap::new();
    for (message, _, _) in client.collect(&uuid, QUIET).await {
        assert_eq!(message.root, Root::ProbeMatch);
        if let Body::Device(device) = message.body
            && ours.contains(&device.mac_text)
        {
            assert_eq!(message.reading, sadp::Reading::Strict, "{device:?}");
            found.insert(device.mac_text.clone(), *device);
        }
    }
    found
}

#[tokio::test]
async fn every_profile_from_probe_to_login() {
    let plant = start(config(1, &Profile::ALL));
    let mut client = Client::open(37020);
    let devices = discover(&mut client, &plant).await;
    assert_eq!(devices.len(), Profile::ALL.len());
    for (index, profile) in Profile::ALL.into_iter().enumerate() {
        let state = plant.camera(index).expect("a camera");
        let device = &devices[&state.mac];
        let what = format!("{profile}: {device:?}");
        assert_eq!(
            device.serial.as_deref(),
            Some(state.serial.as_str()),
            "{what}"
        );
        assert_eq!(device.ipv4, Some(state.address), "{what}");
        assert_eq!(device.http_port, state.web.map(|web| web.port()), "{what}");
        assert_eq!(
            device.boot_time_text.as_deref(),
            Some(state.boot_time.as_str()),
            "{what}"
        );
        assert!(
            device
                .software_version
                .as_deref()
                .is_some_and(|text| text.starts_with('V')),
            "{what}"
        );
        assert_eq!(device.activated, profile != Profile::Inactive, "{what}");
        assert_eq!(
            device.code_encrypt,
            matches!(profile, Profile::Ipc2022 | Profile::Sadp31),
            "{what}"
        );
        assert_eq!(
            device.brand(),
            (profile == Profile::Oem).then_some("Northwatch"),
            "{what}"
        );
        assert_eq!(device.may_refuse(), profile == Profile::Sadp31, "{what}");

        let expected = match profile {
            Profile::Inactive => Way::Activate,
            Profile::Intercom => Way::KeyFile,
            Profile::Ipc2015 => Way::AskVendor,
            _ => Way::TypedKey,
        };
        let way = sadp::way(device);
        assert_eq!(way, expected, "{what}");
        let mac = device.mac_text.as_str();
        let export = client.export(mac, &state.serial, way).await;
        let refuses = matches!(
            profile,
            Profile::Ipc2015 | Profile::Inactive | Profile::Sadp31 | Profile::Ezviz
        );
        assert_eq!(export.is_none(), refuses, "{what}");
        let Some(export) = export else { continue };
        let issued = plant.vendor_issue(&export).expect("a key");
        let file = issued.file_bytes();
        let code = std::str::from_utf8(sadp::code_from_file(&file)).expect("text");
        let new = "N3w-Passw0rd";
        assert_eq!(
            plant.login(index, new).await.expect("a web server"),
            Login::Refused,
            "{what}"
        );
        let verdict = client
            .reset(mac, new, code, device.code_encrypt)
            .await
            .expect("an answer");
        assert_eq!(verdict.result, ResultText::Success, "{what}");
        assert_eq!(
            plant.login(index, new).await.expect("a web server"),
            Login::Accepted,
            "{what}"
        );
        assert_eq!(
            plant
                .login(index, "N3w-Passw0rx")
                .await
                .expect("a web server"),
            Login::Refused,
            "{what}"
        );
        let counters = plant.camera(index).expect("a camera").counters;
        assert_eq!(
            (counters.exports, counters.exchanges, counters.resets),
            (1, 1, 1),
            "{what}"
        );
    }
}

#[tokio::test]
async fn what_happens_to_a_camera_is_heard_on_the_wire() {
    let plant = start(config(
        2,
        &[Profile::Ipc2018, Profile::Intercom, Profile::Ipc2015],
    ));
    let client = Client::open(37020);
    let ours = |camera: usize| plant.camera(camera).expect("a camera").mac;
    let heard = async |mac: String| {
        let end = tokio::time::Instant::now() + Duration::from_secs(2);
        while let Some(left) = end.checked_duration_since(tokio::time::Instant::now()) {
            let Some((message, _, _)) = client.next(left).await else {
                break;
            };
            // The loopback is shared: answers to what others ask there are none of ours.
            if message.types != sadp::Types::Inquiry
                && message.mac.map(|mac| mac.to_string())
                    == mac.parse::<sadp::Mac>().ok().map(|mac| mac.to_string())
            {
                return Some(message);
            }
        }
        None
    };
    plant.reboot(0).expect("a camera");
    let message = heard(ours(0)).await.expect("a hello");
    let Body::Device(device) = &message.body else {
        panic!("{message:?}")
    };
    assert_eq!((message.root, &message.uuid), (Root::Hello, &None));
    assert_eq!(
        device.boot_time_text,
        Some(plant.camera(0).expect("a camera").boot_time)
    );

    // Another client's export: its answer carries a Uuid that we never sent.
    for (camera, form) in [
        (0, sadp::Types::GetEncryptString),
        (1, sadp::Types::GetCode),
    ] {
        plant.export_by_other(camera).expect("a camera");
        let message = heard(ours(camera)).await.expect("an answer");
        assert_eq!(message.types, form);
        assert!(message.uuid.is_some());
        let code = plant
            .camera(camera)
            .expect("a camera")
            .device_code
            .expect("an open export");
        assert!(plant.vendor_issue(&code).is_ok());
        plant.advance(Duration::from_secs(48 * 3600 + 1));
        assert_eq!(
            plant.vendor_issue(&code),
            Err(resetbox_plant::Refusal::Expired)
        );
    }
    // A device that has no such command is left alone, and a number that is not there is told.
    plant.export_by_other(2).expect("a camera");
    assert_eq!(plant.camera(2).expect("a camera").counters.exports, 0);
    let error = plant.reboot(3).expect_err("three cameras");
    assert_eq!(
        error.to_string(),
        "no camera 3: they are numbered from 0 to 2"
    );
}

#[tokio::test]
async fn what_cannot_be_started_is_told_with_its_remedy() {
    use resetbox_plant::{Plant, PlantConfig, Subnet, WireMode};
    let refused = |config: PlantConfig| Plant::start(config).err().expect("no plant").to_string();
    let wire = WireMode::Plain {
        interface: "nosuch0".to_owned(),
    };
    let text = refused(PlantConfig {
        wire,
        ..PlantConfig::default()
    });
    assert_eq!(text, "no interface `nosuch0`: `ip link` lists them");
    let subnets: Vec<Subnet> = vec!["192.0.0.64/30".parse().expect("a subnet")];
    let text = refused(PlantConfig {
        subnets,
        ..PlantConfig::default()
    });
    assert!(
        text.starts_with("20 cameras do not fit into the subnets, which hold 1"),
        "{text}"
    );
}
