//! What a hostile or broken network sends: for tests of those who read it.

use std::str::FromStr;

use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};
use thiserror::Error;

/// A kind of garbage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Garbage {
    /// Well-formed answers of cameras that do not exist, each another one.
    Fakes,
    /// Answers torn, doubled, nested, with entities, attributes and bytes that belong nowhere.
    Malformed,
    /// Names that drive terminals and pages: escapes, markup, control and direction characters.
    Escapes,
    /// Datagrams as long as UDP carries.
    Big,
    /// Answers to others and other clients' requests, our own echoed among them.
    Foreign,
    /// Random bytes.
    Noise,
}

impl Garbage {
    /// All kinds.
    pub const ALL: [Garbage; 6] = [
        Garbage::Fakes,
        Garbage::Malformed,
        Garbage::Escapes,
        Garbage::Big,
        Garbage::Foreign,
        Garbage::Noise,
    ];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Garbage::Fakes => "fakes",
            Garbage::Malformed => "malformed",
            Garbage::Escapes => "escapes",
            Garbage::Big => "big",
            Garbage::Foreign => "foreign",
            Garbage::Noise => "noise",
        }
    }
}

/// No kind of garbage has this name.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("no garbage `{name}`: take one of {}", Garbage::ALL.map(Garbage::name).join(", "))]
pub struct UnknownGarbage {
    name: String,
}

impl FromStr for Garbage {
    type Err = UnknownGarbage;

    fn from_str(text: &str) -> Result<Garbage, UnknownGarbage> {
        let found = Garbage::ALL.into_iter().find(|kind| kind.name() == text);
        found.ok_or_else(|| UnknownGarbage {
            name: text.to_owned(),
        })
    }
}

/// An endless source of datagrams; the same seed gives the same ones.
#[derive(Clone, Debug)]
pub struct Hostile {
    kinds: Vec<Garbage>,
    rng: ChaCha8Rng,
    count: u32,
}

/// Longest payload of a UDP datagram (bytes).
const LONGEST: usize = 65_507;

impl Hostile {
    /// The kinds in turn; none means all.
    pub fn new(kinds: &[Garbage], seed: u64) -> Hostile {
        let kinds = if kinds.is_empty() {
            Garbage::ALL.to_vec()
        } else {
            kinds.to_vec()
        };
        Hostile {
            kinds,
            rng: ChaCha8Rng::seed_from_u64(seed),
            count: 0,
        }
    }

    /// The next datagram.
    pub fn datagram(&mut self) -> Vec<u8> {
        let kind = self.kinds[self.count as usize % self.kinds.len()];
        self.count += 1;
        let bytes = match kind {
            Garbage::Fakes => self.fake().into_bytes(),
            Garbage::Malformed => self.malformed(),
            Garbage::Escapes => self.escapes().into_bytes(),
            Garbage::Big => self.big(),
            Garbage::Foreign => self.foreign().into_bytes(),
            Garbage::Noise => {
                let mut bytes = vec![0; self.below(1500)];
                self.rng.fill_bytes(&mut bytes);
                bytes
            }
        };
        bytes.into_iter().take(LONGEST).collect()
    }

    fn below(&mut self, end: usize) -> usize {
        (self.rng.next_u64() % end.max(1) as u64) as usize
    }

    fn uuid(&mut self) -> String {
        let hex = format!("{:016X}{:016X}", self.rng.next_u64(), self.rng.next_u64());
        format!(
            "{}-{}-4{}-8{}-{}",
            &hex[..8],
            &hex[8..12],
            &hex[13..16],
            &hex[17..20],
            &hex[20..]
        )
    }

    /// An address of its own for every datagram: 02 marks it as made up.
    fn mac(&self) -> String {
        let [a, b, c, d] = self.count.to_be_bytes();
        format!("02-fa-{a:02x}-{b:02x}-{c:02x}-{d:02x}")
    }

    fn fake(&mut self) -> String {
        let (mac, number) = (self.mac(), self.count);
        let name = format!("DS-FAKE-{}", number % 97);
        self.answer(&mac, &name, &format!("{name}20200101AAWR{number:09}"))
    }

    fn answer(&mut self, mac: &str, model: &str, serial: &str) -> String {
        let [_, a, b, c] = self.count.to_be_bytes();
        let uuid = self.uuid();
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ProbeMatch>\n<Uuid>{uuid}</Uuid>\n\
             <Types>inquiry</Types>\n<DeviceType>1</DeviceType>\n\
             <DeviceDescription>{model}</DeviceDescription>\n<DeviceSN>{serial}</DeviceSN>\n\
             <MAC>{mac}</MAC>\n<IPv4Address>10.{a}.{b}.{c}</IPv4Address>\n\
             <SoftwareVersion>V5.5.6build 180326</SoftwareVersion>\n\
             <BootTime>2024-09-18 09:21:28</BootTime>\n<Activated>true</Activated>\n\
             <PasswordResetAbility>true</PasswordResetAbility>\n\
             <PasswordResetModeSecond>true</PasswordResetModeSecond>\n</ProbeMatch>"
        )
    }

    fn escapes(&mut self) -> String {
        const NAMES: [&str; 10] = [
            "\u{1b}[2J\u{1b}[31mgotcha",
            "\u{1b}]0;title\u{7}",
            "\u{9b}31m\u{90}q",
            "<script>alert(1)</script>",
            "&lt;img src=x onerror=alert(1)&gt;",
            "a\rb\u{8}\u{8}c\u{0}d",
            "\u{202e}gnp.exe\u{2066}",
            "=cmd|' /C calc'!A0,\"x\";\n+1",
            "../../../etc/passwd%00",
            "\u{feff}\u{200b}Z\u{301}\u{301}\u{301}\u{fffd}\u{1f4a9}",
        ];
        let mac = self.mac();
        let at = self.below(NAMES.len());
        let (model, serial) = (NAMES[at], NAMES[(at + 3) % NAMES.len()]);
        self.answer(&mac, model, serial)
    }

    fn big(&mut self) -> Vec<u8> {
        let mac = self.mac();
        let long = match self.below(4) {
            0 => "A".repeat(LONGEST),
            1 => "<a>".repeat(LONGEST / 3),
            2 => "&amp;".repeat(LONGEST / 5),
            _ => return vec![b'<'; LONGEST],
        };
        self.answer(&mac, &long, "short").into_bytes()
    }

    fn foreign(&mut self) -> String {
        let uuid = self.uuid();
        let mac = self.mac();
        let head = "<?xml version=\"1.0\" encoding=\"utf-8\"?>";
        match self.below(6) {
            0 => format!("{head}<Probe><Uuid>{uuid}</Uuid><Types>inquiry</Types></Probe>"),
            1 => format!(
                "{head}<Probe><Uuid>{uuid}</Uuid><MAC>{mac}</MAC><Types>getcode</Types></Probe>"
            ),
            2 => format!(
                "{head}<ProbeMatch><Uuid>{uuid}</Uuid><MAC>{mac}</MAC><Types>reset</Types>\
                 <Result>success</Result></ProbeMatch>"
            ),
            3 => format!(
                "{head}<ProbeMatch><Uuid>{uuid}</Uuid><MAC>{mac}</MAC><Types>exchangecode</Types>\
                 <Code>AAAA</Code></ProbeMatch>"
            ),
            4 => format!(
                "{head}<ProbeMatch><Uuid></Uuid><MAC></MAC><Types>getencryptstring</Types>\
                 <Result></Result><EncryptString></EncryptString></ProbeMatch>"
            ),
            _ => format!(
                "{head}<Hello><Types>hello</Types><MAC>{mac}</MAC><DeviceSN>x</DeviceSN></Hello>"
            ),
        }
    }

    fn malformed(&mut self) -> Vec<u8> {
        let text = self.fake();
        match self.below(14) {
            0 => {
                let end = self.below(text.len());
                text.into_bytes().into_iter().take(end).collect()
            }
            1 => entity_bomb(&text),
            2 => text
                .replacen("?>\n", "?><!DOCTYPE a SYSTEM \"file:///etc/passwd\">\n", 1)
                .into_bytes(),
            3 => {
                let mut bytes = text.into_bytes();
                for _ in 0..16 {
                    let at = self.below(bytes.len());
                    bytes[at] = self.rng.next_u32() as u8;
                }
                bytes
            }
            4 => {
                let mut bytes = vec![0, 0xff, 0xfe, 0x07];
                bytes.extend(text.bytes());
                bytes.extend([0; 64]);
                bytes
            }
            5 => text.replace("<MAC>", &"<x>".repeat(5000)).into_bytes(),
            6 => {
                let attributes: String =
                    (0..600).map(|number| format!(" a{number}=\"b\"")).collect();
                text.replace("<MAC>", &format!("<MAC{attributes}>"))
                    .into_bytes()
            }
            7 => text
                .replace("<DeviceType>", "<MAC>00-00-00-00-00-00</MAC><DeviceType>")
                .into_bytes(),
            8 => text
                .replace("AAWR", "\u{0}\u{0}")
                .replace("DS-", "\u{d6}")
                .into_bytes(),
            9 => text.replace("</MAC>", "").into_bytes(),
            10 => text
                .replace("<DeviceSN>", "<DeviceSN>x</DeviceSN><Junk>")
                .into_bytes(),
            11 => text
                .replace("DS-FAKE", "<![CDATA[]]>]]>")
                .replace("Activated", "ACTIVATED")
                .into_bytes(),
            12 => text
                .replace("ProbeMatch", "probematch")
                .replace('\n', "\r\n\r\n\t ")
                .into_bytes(),
            _ => {
                let mut bytes = text.into_bytes();
                // Half a character, and a lone continuation byte.
                bytes.splice(60..60, [0xe4, 0xb8, 0x80, 0x81, 0xc3]);
                bytes
            }
        }
    }
}

fn entity_bomb(text: &str) -> Vec<u8> {
    let mut doctype = String::from("?><!DOCTYPE b [<!ENTITY a \"aaaaaaaaaa\">");
    for (name, inner) in ["b", "c", "d", "e", "f", "g", "h", "i"]
        .iter()
        .zip(["a", "b", "c", "d", "e", "f", "g", "h"])
    {
        doctype.push_str(&format!(
            "<!ENTITY {name} \"{}\">",
            format!("&{inner};").repeat(10)
        ));
    }
    doctype.push_str("]>\n");
    text.replacen("?>\n", &doctype, 1)
        .replace("DS-FAKE", "&i;")
        .into_bytes()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_seed_repeats_and_fakes_differ() {
        let mut one = Hostile::new(&[], 5);
        let mut two = Hostile::new(&[], 5);
        for _ in 0..300 {
            let bytes = one.datagram();
            assert_eq!(bytes, two.datagram());
            assert!(bytes.len() <= LONGEST);
        }
        let mut fakes = Hostile::new(&[Garbage::Fakes], 5);
        let mut seen = BTreeSet::new();
        for _ in 0..1000 {
            let message = sadp::parse(&fakes.datagram()).expect("well-formed");
            seen.insert(message.mac.expect("an address"));
        }
        assert_eq!(seen.len(), 1000);
    }

    #[test]
    fn nothing_of_it_makes_the_protocol_crate_panic() {
        let mut hostile = Hostile::new(&[], 6);
        let read = (0..600)
            .filter(|_| sadp::parse(&hostile.datagram()).is_ok())
            .count();
        assert!(read > 100, "the fakes at least: {read}");
    }

    #[test]
    fn names_read_back() {
        for kind in Garbage::ALL {
            assert_eq!(kind.name().parse(), Ok(kind));
        }
        assert!("junk".parse::<Garbage>().is_err());
    }
}
