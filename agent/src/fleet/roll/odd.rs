//! What on the broker made no sense, by kind.

use std::collections::BTreeMap;

use sadp::printable;

/// Why a message was left alone.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(in crate::fleet) enum Why {
    /// A topic that the contract does not have, or that was not asked for.
    Topic,
    /// The name of a box or a case that is none.
    Id,
    /// A payload longer than any that is meant.
    TooLong,
    /// A payload that is not what its topic says.
    Payload,
    /// `availability` says something else.
    Availability,
    /// More boxes than are listed.
    TooManyBoxes,
    /// More cases of one box than are listed.
    TooManyCases,
}

impl Why {
    /// For people.
    pub(in crate::fleet) fn words(self) -> &'static str {
        match self {
            Self::Topic => "topic unknown",
            Self::Id => "odd name of a box or case",
            Self::TooLong => "payload too long",
            Self::Payload => "payload not understood",
            Self::Availability => "availability is neither online nor offline",
            Self::TooManyBoxes => "more boxes than can be listed",
            Self::TooManyCases => "more cases than a box can have",
        }
    }

    /// For programs.
    pub(in crate::fleet) fn name(self) -> &'static str {
        match self {
            Self::Topic => "topic",
            Self::Id => "id",
            Self::TooLong => "too-long",
            Self::Payload => "payload",
            Self::Availability => "availability",
            Self::TooManyBoxes => "too-many-boxes",
            Self::TooManyCases => "too-many-cases",
        }
    }
}

/// Counts by kind, with the latest topic of each.
#[derive(Debug, Default)]
pub(in crate::fleet) struct Odd(BTreeMap<Why, OddCount>);

/// How often, and where it was seen last.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(in crate::fleet) struct OddCount {
    /// How often.
    pub(in crate::fleet) count: u64,
    /// The latest topic, printable, cut.
    pub(in crate::fleet) topic: String,
}

impl Odd {
    pub(super) fn count(&mut self, why: Why, topic: &str) {
        let entry = self.0.entry(why).or_default();
        entry.count = entry.count.saturating_add(1);
        let cut: String = topic.chars().take(80).collect();
        entry.topic = printable(&cut).into_owned();
    }

    /// Every kind that occurred.
    pub(in crate::fleet) fn kinds(&self) -> impl Iterator<Item = (Why, &OddCount)> {
        self.0.iter().map(|(why, count)| (*why, count))
    }

    /// All together.
    pub(in crate::fleet) fn total(&self) -> u64 {
        self.0.values().map(|entry| entry.count).sum()
    }
}
