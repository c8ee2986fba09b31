//! What may happen.

use proptest::prelude::*;

use super::CHANNELS;

#[derive(Clone, Debug)]
pub enum Act {
    Pass(u64),
    LinkUp(u32),
    LinkGone(u32),
    Inquiry(usize, u32),
    Hello(usize),
    Reboot(usize),
    /// The case of this device takes its next step, if it waits for one.
    Step(usize, u8),
    OtherExport(usize),
    Store(u8),
    Pairs(u8),
    SendingFails(u8),
    Wall(bool, i64),
    PowerCut(u64, bool),
    Open(usize),
    Key {
        device: usize,
        sent: bool,
        file: bool,
        channel: usize,
    },
    Confirm {
        device: usize,
        right: bool,
        insist: bool,
        /// What waits, or something that was handed over so many keys ago.
        ago: Option<usize>,
        channel: usize,
    },
    /// The first password of a device.
    Password {
        device: usize,
        sent: bool,
        channel: usize,
    },
    CheckLogin(usize),
    LoginEnds(u8),
    Withdraw(usize),
    Cancel(usize),
    Resolve(usize, bool),
    Lamp(usize),
    Look,
    Garbage(Vec<u8>),
    Again,
}

pub fn acts() -> impl Strategy<Value = Act> {
    acts_of(0..4)
}

/// Acts about these devices.
pub fn acts_of(devices: core::ops::Range<usize>) -> impl Strategy<Value = Act> {
    let device = move || devices.clone();
    let link = || 2..4_u32;
    let channel = || 0..CHANNELS.len();
    let ago = prop::option::weighted(0.4, 0..4_usize);
    prop_oneof![
        4 => (0..3_000_u64).prop_map(Act::Pass),
        2 => (0..30_000_u64).prop_map(Act::Pass),
        1 => (0..90_000_000_u64).prop_map(Act::Pass),
        2 => link().prop_map(Act::LinkUp),
        1 => link().prop_map(Act::LinkGone),
        6 => (device(), link()).prop_map(|(device, link)| Act::Inquiry(device, link)),
        1 => device().prop_map(Act::Hello),
        1 => device().prop_map(Act::Reboot),
        16 => (device(), any::<u8>()).prop_map(|(device, how)| Act::Step(device, how)),
        1 => device().prop_map(Act::OtherExport),
        3 => (prop::bool::weighted(0.3), channel())
            .prop_map(|(sent, channel)| Act::Password { device: 3, sent, channel }),
        1 => (device(), any::<bool>(), channel())
            .prop_map(|(device, sent, channel)| Act::Password { device, sent, channel }),
        3 => device().prop_map(Act::CheckLogin),
        2 => any::<u8>().prop_map(Act::LoginEnds),
        2 => (0..5_u8).prop_map(Act::Store),
        1 => (0..3_u8).prop_map(Act::Pairs),
        1 => (0..4_u8).prop_map(Act::SendingFails),
        1 => (any::<bool>(), -50..200_i64).prop_map(|(system, hours)| Act::Wall(system, hours)),
        1 => (0..60_u64, any::<bool>()).prop_map(|(hours, known)| Act::PowerCut(hours, known)),
        4 => device().prop_map(Act::Open),
        6 => (device(), prop::bool::weighted(0.3), any::<bool>(), channel())
            .prop_map(|(device, sent, file, channel)| Act::Key { device, sent, file, channel }),
        5 => (device(), prop::bool::weighted(0.9), any::<bool>(), ago, channel()).prop_map(
            |(device, right, insist, ago, channel)| Act::Confirm {
                device, right, insist, ago, channel,
            }
        ),
        1 => device().prop_map(Act::Withdraw),
        1 => device().prop_map(Act::Cancel),
        1 => (device(), any::<bool>()).prop_map(|(device, worked)| Act::Resolve(device, worked)),
        1 => device().prop_map(Act::Lamp),
        1 => Just(Act::Look),
        1 => prop::collection::vec(any::<u8>(), 0..64).prop_map(Act::Garbage),
        1 => Just(Act::Again),
    ]
}
