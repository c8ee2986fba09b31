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
