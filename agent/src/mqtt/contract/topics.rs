//! Names of topics, both ways.

/// Where the boxes are, unless the owner says otherwise.
pub const BASE: &str = "resetbox/v1";

/// A topic below a box.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Topic {
    /// `availability`, retained: [`super::ONLINE`] or [`super::OFFLINE`].
    Availability,
    /// `info`, retained: [`super::Info`].
    Info,
    /// `state`, retained: [`super::State`].
    State,
    /// `devices`, retained: [`super::Devices`].
    Devices,
    /// `cases/ID/state`, retained, empty once the case is closed: [`super::CaseState`].
    CaseState(String),
    /// `cases/ID/qr`, retained, empty once the case is closed: the device code, byte for byte.
    CaseQr(String),
    /// `events`: [`super::Event`].
    Events,
    /// `cmd/VERB`.
    Command(String),
    /// `cmd/result`: [`super::Outcome`].
    Result,
}

/// Writes and reads the topics below one base.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Topics {
    base: String,
}

impl Topics {
    /// Topics below `base`, for example [`BASE`].
    pub fn new(base: impl Into<String>) -> Self {
        Self { base: base.into() }
    }

    /// The whole name of a topic of a box.
    pub fn name(&self, box_id: &str, topic: &Topic) -> String {
        let base = &self.base;
        match topic {
            Topic::Availability => format!("{base}/{box_id}/availability"),
            Topic::Info => format!("{base}/{box_id}/info"),
            Topic::State => format!("{base}/{box_id}/state"),
            Topic::Devices => format!("{base}/{box_id}/devices"),
            Topic::CaseState(case) => format!("{base}/{box_id}/cases/{case}/state"),
            Topic::CaseQr(case) => format!("{base}/{box_id}/cases/{case}/qr"),
            Topic::Events => format!("{base}/{box_id}/events"),
            Topic::Command(verb) => format!("{base}/{box_id}/cmd/{verb}"),
            Topic::Result => format!("{base}/{box_id}/cmd/result"),
        }
    }

    /// A filter for one topic of every box: `+` stands for the box's id.
    pub fn of_all_boxes(&self, topic: &Topic) -> String {
        self.name("+", topic)
    }

    /// The box and the topic that a name means; `None` for what is not of this contract.
    pub fn read<'a>(&self, name: &'a str) -> Option<(&'a str, Topic)> {
        let below = name.strip_prefix(self.base.as_str())?.strip_prefix('/')?;
        let (box_id, rest) = below.split_once('/')?;
        let topic = match rest.split('/').collect::<Vec<_>>()[..] {
            ["availability"] => Topic::Availability,
            ["info"] => Topic::Info,
            ["state"] => Topic::State,
            ["devices"] => Topic::Devices,
            ["events"] => Topic::Events,
            ["cases", case, "state"] => Topic::CaseState(case.to_owned()),
            ["cases", case, "qr"] => Topic::CaseQr(case.to_owned()),
            ["cmd", "result"] => Topic::Result,
            ["cmd", verb] => Topic::Command(verb.to_owned()),
            _ => return None,
        };
        Some((box_id, topic))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_reads_as_what_it_was_written_from() {
        for base in [BASE, "site/7"] {
            let topics = Topics::new(base);
            for topic in [
                Topic::Availability,
                Topic::Info,
                Topic::State,
                Topic::Devices,
                Topic::CaseState("k7m2p9xq".into()),
                Topic::CaseQr("k7m2p9xq".into()),
                Topic::Events,
                Topic::Command("scan".into()),
                Topic::Result,
            ] {
                let name = topics.name("rb-1a2b3c", &topic);
                assert!(name.starts_with(&format!("{base}/rb-1a2b3c/")), "{name}");
                assert_eq!(topics.read(&name), Some(("rb-1a2b3c", topic)));
            }
        }
        assert_eq!(
            Topics::new(BASE).of_all_boxes(&Topic::CaseState("+".into())),
            "resetbox/v1/+/cases/+/state"
        );
    }

    #[test]
    fn what_is_not_of_the_contract_is_nothing() {
        let topics = Topics::new(BASE);
        for name in [
            "resetbox/v1",
            "resetbox/v1/rb-1a2b3c",
            "resetbox/v1/rb-1a2b3c/else",
            "resetbox/v1/rb-1a2b3c/cases/x",
            "resetbox/v1/rb-1a2b3c/cases/x/y/z",
            "resetbox/v10/rb-1a2b3c/state",
            "other/rb-1a2b3c/state",
        ] {
            assert_eq!(topics.read(name), None, "{name}");
        }
    }
}
