//! Values of a profile that are written in more than one way, or that the reader of TOML would take too much of.

use serde::{Deserialize, Deserializer, de};

use super::{Light, OneOrMore};

/// A list of two. Left to itself the reader of TOML takes the first two of more.
pub(super) fn pair<'de, D: Deserializer<'de>>(deserializer: D) -> Result<(u16, u16), D::Error> {
    let list = Vec::<u16>::deserialize(deserializer)?;
    let two = <[u16; 2]>::try_from(list);
    two.map(Into::into)
        .map_err(|list| de::Error::invalid_length(list.len(), &"a tuple of size 2"))
}

/// The same for an item that may be missing.
pub(super) fn some_pair<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<(u16, u16)>, D::Error> {
    pair(deserializer).map(Some)
}

impl<'de> Deserialize<'de> for OneOrMore {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = OneOrMore;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("the number of a line or a list of numbers")
            }

            fn visit_i64<E: de::Error>(self, value: i64) -> Result<OneOrMore, E> {
                Ok(OneOrMore(vec![line(value)?]))
            }

            fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> Result<OneOrMore, A::Error> {
                let mut lines = Vec::new();
                while let Some(value) = seq.next_element()? {
                    lines.push(line::<A::Error>(value)?);
                }
                Ok(OneOrMore(lines))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

impl<'de> Deserialize<'de> for Light {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Light;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("the number of a line or the name of an LED in /sys/class/leds")
            }

            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Light, E> {
                line(value).map(Light::Gpio)
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<Light, E> {
                Ok(Light::Class(name.to_owned()))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

fn line<E: de::Error>(value: i64) -> Result<u32, E> {
    u32::try_from(value)
        .map_err(|_| E::custom(format!("a line's number is 0 or more, not {value}")))
}
