//! Home Assistant's discovery: one message for each read-only entity, retained. Home Assistant reads the box's own
//! topics; nothing here can act.

use serde_json::json;

use super::contract::{Info, OFFLINE, ONLINE, Topic, Topics};

/// Topic and payload of each entity.
pub(crate) fn entities(prefix: &str, topics: &Topics, info: &Info) -> Vec<(String, String)> {
    let id = &info.id;
    let entity = |component: &str, what: &str, more: serde_json::Value| {
        let mut config = json!({
            "unique_id": format!("{id}_{what}"),
            "object_id": format!("{id}_{what}"),
            "has_entity_name": true,
            "state_topic": topics.name(id, &Topic::State),
            "availability_topic": topics.name(id, &Topic::Availability),
            "payload_available": ONLINE,
            "payload_not_available": OFFLINE,
            "device": {
                "identifiers": [id],
                "name": info.name,
                "manufacturer": "resetbox",
                "model": info.board.as_deref().unwrap_or("resetbox"),
                "sw_version": info.version,
                "suggested_area": info.site,
            },
        });
        if let (Some(config), Some(more)) = (config.as_object_mut(), more.as_object()) {
            config.extend(more.clone());
        }
        (topic(prefix, id, component, what), config.to_string())
    };
    vec![
        entity(
            "sensor",
            "phase",
            json!({ "name": "Phase", "icon": "mdi:state-machine", "value_template": "{{ value_json.phase }}" }),
        ),
        entity(
            "binary_sensor",
            "alarm",
            json!({
                "name": "Needs a person", "device_class": "problem",
                "value_template": "{{ 'ON' if value_json.alarms > 0 else 'OFF' }}",
                "json_attributes_topic": topics.name(id, &Topic::State),
                "json_attributes_template": "{{ (value_json.alarm or {}) | tojson }}",
            }),
        ),
        entity(
            "sensor",
            "open_cases",
            json!({
                "name": "Open cases", "icon": "mdi:folder-open-outline", "state_class": "measurement",
                "value_template": "{{ value_json.open_cases }}",
            }),
        ),
        entity(
            "sensor",
            "devices",
            json!({
                "name": "Devices", "icon": "mdi:cctv", "state_class": "measurement",
                "value_template": "{{ value_json.devices }}",
            }),
        ),
    ]
}

/// Every topic that [`entities`] may have used.
pub(crate) fn all_topics(prefix: &str, id: &str) -> Vec<String> {
    [
        ("sensor", "phase"),
        ("binary_sensor", "alarm"),
        ("sensor", "open_cases"),
        ("sensor", "devices"),
    ]
    .map(|(component, what)| topic(prefix, id, component, what))
    .into()
}

fn topic(prefix: &str, id: &str, component: &str, what: &str) -> String {
    format!("{prefix}/{component}/{id}/{what}/config")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mqtt::contract::{BASE, Broker};

    #[test]
    fn every_entity_can_be_cleared_and_reads_a_topic_that_is_there() {
        let info = Info {
            contract: 1,
            id: "rb-1a2b3c".into(),
            name: "Plant 3".into(),
            version: "0.1.0".into(),
            board: None,
            panel: String::new(),
            site: None,
            language: "en".into(),
            addresses: Vec::new(),
            broker: Broker {
                version: "5".into(),
                tls: true,
                takes_keys: true,
                publishes_codes: false,
                last_trouble: None,
            },
        };
        let entities = entities("homeassistant", &Topics::new(BASE), &info);
        let names: Vec<_> = entities.iter().map(|(topic, _)| topic.clone()).collect();
        assert_eq!(names, all_topics("homeassistant", "rb-1a2b3c"));
        for (_, payload) in entities {
            let config: serde_json::Value = serde_json::from_str(&payload).expect("JSON");
            assert_eq!(config["state_topic"], "resetbox/v1/rb-1a2b3c/state");
            assert!(config.get("command_topic").is_none(), "{config}");
        }
    }
}
