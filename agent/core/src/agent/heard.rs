//! What is heard on the links.

use core::net::Ipv4Addr;
use core::time::Duration;

use sadp::{Body, Device, Layer2Kind, Mac, ParseError, Root, Types};

use super::Agent;
use crate::event::{Ear, LinkId};
use crate::hearing::{Content, frame_reason, reason};
use crate::outbox::Line;
use crate::roster::{Heard, How};
use crate::time::Now;

/// Devices told as found or gone in one go at most; beyond that one every [`TOLD_AGAIN`]. A flood of invented
/// ones is no news, and each line goes to the log.
const TOLD: u32 = 512;
const TOLD_AGAIN: Duration = Duration::from_secs(1);

impl Agent {
    pub(super) fn datagram(
        &mut self,
        now: Now,
        link: LinkId,
        ear: Ear,
        source: Ipv4Addr,
        bytes: &[u8],
    ) {
        let hash = self.out.random.hash(bytes);
        if self.out.is_own(hash) {
            return;
        }
        match self.hearing.content(now.mono, link, ear, hash) {
            Content::New => {}
            Content::Known => return,
            Content::KnownNowByUdp => {
                if let Some(link) = self.links.get_mut(link) {
                    link.raw_only = link.raw_only.saturating_sub(1);
                }
                return;
            }
        }
        let message = match sadp::parse(bytes) {
            Ok(message) => message,
            Err(ParseError::OwnProbe) => return self.another_client(now, source, bytes),
            Err(error) => return self.hearing.unreadable(reason(&error)),
        };
        self.count(link, ear);
        match &message.body {
            Body::Device(device) => {
                let hello = message.types == Types::Hello || message.root == Root::Hello;
                self.device(
                    now,
                    link,
                    device,
                    How {
                        layer2: false,
                        hello,
                    },
                );
            }
            _ => {
                let (mut cx, cases) = self.parts(now);
                if !cases.answer(&mut cx, link, &message) {
                    self.lamps
                        .answer(&message, (&mut self.roster, &mut self.out));
                }
            }
        }
    }

    pub(super) fn frame(&mut self, now: Now, link: LinkId, bytes: &[u8]) {
        let hash = self.out.random.hash(bytes);
        if self.hearing.content(now.mono, link, Ear::Packet, hash) != Content::New {
            return;
        }
        match sadp::parse_frame(bytes) {
            Ok(frame) => {
                let Some(device) = &frame.device else { return };
                self.count(link, Ear::Udp);
                let hello = frame.kind == Layer2Kind::OnlineNotice;
                self.device(
                    now,
                    link,
                    device,
                    How {
                        layer2: true,
                        hello,
                    },
                );
            }
            Err(error) => self.hearing.unreadable(frame_reason(&error)),
        }
    }

    fn count(&mut self, link: LinkId, ear: Ear) {
        if let Some(link) = self.links.get_mut(link) {
            link.answers += 1;
            // Taken back when a UDP socket hears it too. Frames do not count: no UDP socket is meant to hear them.
            link.raw_only += u64::from(ear == Ear::Packet);
        }
    }

    fn another_client(&mut self, now: Now, source: Ipv4Addr, bytes: &[u8]) {
        if self.hearing.client(now.mono, source) {
            let detail = format!("another client at {source} asks devices on this network");
            let line = Line {
                what: "other-client",
                case: None,
                serial: None,
                channel: None,
                detail,
            };
            self.out.announce(now, line);
            self.out.redraw();
        }
        let (mut cx, cases) = self.parts(now);
        cases.another_asks(&mut cx, bytes);
    }

    fn device(&mut self, now: Now, link: LinkId, device: &Device, how: How) {
        let name = self.links.name(link).unwrap_or_default();
        let random = &self.out.random;
        let hash = |bytes: &[u8]| random.hash(bytes);
        let heard = self.roster.hear(now.mono, (link, &name), device, how, hash);
        match heard {
            Heard::Found => {
                let (mut cx, cases) = self.parts(now);
                cases.tie(&mut cx, device.mac);
                self.told_device(now, "device-found", device.mac);
            }
            Heard::Back(_) => self.told_device(now, "device-back", device.mac),
            Heard::Again(_) | Heard::Rival | Heard::Dropped => {}
        }
        if !how.layer2 {
            let (mut cx, cases) = self.parts(now);
            cases.heard(&mut cx, link, device, how.hello);
        }
        self.out.redraw();
    }

    pub(super) fn told_device(&mut self, now: Now, what: &'static str, mac: Mac) {
        let (since, count) = &mut self.told;
        let paid_off = now.mono.since(*since).as_secs() / TOLD_AGAIN.as_secs();
        if paid_off > 0 {
            *since = now.mono;
            *count = count.saturating_sub(u32::try_from(paid_off).unwrap_or(u32::MAX));
        }
        if *count >= TOLD {
            return;
        }
        *count += 1;
        let Some(entry) = self.roster.get(mac) else {
            return;
        };
        let view = entry.view.clone();
        let address = view
            .ipv4
            .map_or_else(|| "no address".into(), |address| address.to_string());
        let line = Line {
            what,
            case: None,
            serial: Some(&view.serial),
            channel: None,
            detail: format!("{} at {address}, {mac}", view.model),
        };
        self.out.announce(now, line);
    }
}
