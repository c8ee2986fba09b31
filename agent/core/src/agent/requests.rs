//! What people ask for, whatever the channel.

use super::Agent;
use crate::case::{Check, FromVendor, Submission};
use crate::effect::Effect;
use crate::event::WallSource;
use crate::outbox::Asker;
use crate::request::{Channel, Done, Request};
use crate::rules;
use crate::time::{Now, Wall};

/// No box is older than its software: a phone that says less is wrong (2026-01-01).
const EARLIEST: Wall = Wall(1_767_225_600_000);

impl Agent {
    pub(super) fn request(&mut self, now: Now, asker: Asker, channel: Channel, request: Request) {
        match request {
            Request::Scan => {
                self.look(now);
                self.links.scan(now.mono);
                self.out.reply(asker, Ok(Done::Ok));
            }
            Request::Look => {
                self.look(now);
                self.out.reply(asker, Ok(Done::Ok));
            }
            Request::OpenCase { mac } => {
                let (mut cx, cases) = self.parts(now);
                cases.open(&mut cx, mac, asker, channel);
            }
            Request::SubmitKey {
                case,
                key,
                new_password,
                sync_cameras,
                confirm,
            } => {
                let submission = Submission {
                    case,
                    vendor: FromVendor::Key(key),
                    new_password,
                    sync_cameras,
                    confirm,
                };
                let (mut cx, cases) = self.parts(now);
                cases.submit(&mut cx, submission, asker, channel);
            }
            Request::SubmitFile {
                case,
                file,
                new_password,
                sync_cameras,
                confirm,
            } => {
                let submission = Submission {
                    case,
                    vendor: FromVendor::File(file),
                    new_password,
                    sync_cameras,
                    confirm,
                };
                let (mut cx, cases) = self.parts(now);
                cases.submit(&mut cx, submission, asker, channel);
            }
            Request::SubmitPassword {
                case,
                new_password,
                confirm,
            } => {
                let submission = Submission {
                    case,
                    vendor: FromVendor::Nothing,
                    new_password,
                    sync_cameras: false,
                    confirm,
                };
                let (mut cx, cases) = self.parts(now);
                cases.submit(&mut cx, submission, asker, channel);
            }
            Request::CheckLogin { case, password } => {
                let check = Check {
                    password,
                    asker,
                    channel,
                };
                let (mut cx, cases) = self.parts(now);
                cases.check_login(&mut cx, &case, check);
            }
            Request::Confirm {
                case,
                submission,
                serial,
                insist,
            } => {
                let (mut cx, cases) = self.parts(now);
                cases.confirm(
                    &mut cx,
                    &case,
                    (&submission, &serial, insist),
                    asker,
                    channel,
                );
            }
            Request::Withdraw { case } => {
                let (mut cx, cases) = self.parts(now);
                cases.withdraw(&mut cx, &case, asker, channel);
            }
            Request::CancelCase { case } => {
                let (mut cx, cases) = self.parts(now);
                cases.cancel(&mut cx, &case, asker, channel);
            }
            Request::Resolve { case, worked } => {
                let (mut cx, cases) = self.parts(now);
                cases.resolve(&mut cx, &case, worked, asker, channel);
            }
            Request::Lamp { mac, on } => {
                let parts = (&self.roster, &self.links, &mut self.out);
                self.lamps.set(now, (mac, on), asker, parts);
            }
            Request::Identify => {
                self.identify = Some(now.mono);
                self.out.redraw();
                self.out.reply(asker, Ok(Done::Ok));
            }
            Request::EnterPin { pin } => {
                let checked = if self.policy.pin_required {
                    self.pin.check(now, &pin)
                } else {
                    Ok(())
                };
                self.out.reply(asker, checked.map(|()| Done::Admitted));
            }
            Request::EnterToken { token } => {
                let checked = self.pin.check_token(&token, &mut self.out.random);
                self.out.reply(asker, checked.map(|()| Done::Admitted));
                self.out.redraw();
            }
            Request::SetLanguage(language) => {
                self.settings.language = Some(language);
                self.out.persist_settings(self.settings.clone());
                self.out.redraw();
                self.out.reply(asker, Ok(Done::Ok));
            }
            Request::TellTime(wall) => {
                self.told_time(wall);
                self.out.reply(asker, Ok(Done::Ok));
            }
            Request::ProposePassword => {
                let password = rules::propose(&mut self.out.random, None);
                self.out.reply(asker, Ok(Done::Password(password)));
            }
        }
    }

    /// A phone says what time it is. The first one is believed until somebody better knows; a second phone
    /// is no better.
    fn told_time(&mut self, wall: Wall) {
        let better = matches!(self.source, Some(WallSource::System | WallSource::Phone));
        if !better && wall >= EARLIEST {
            self.out.push(Effect::SetWall(wall));
        }
    }
}
