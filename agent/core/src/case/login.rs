//! Does the new password log in? One try for each end of a case, at the device's own web page.
//!
//! ```text
//! Untried -> Writing -> Out -> Keeping -> Ended(worked, refused, locked, odd)
//!    ^          |        |
//!    +----------+--------+  nothing was sent
//! ```
//!
//! A wrong password costs the device's patience, and after a few it locks everybody out. Therefore the try is
//! written down before it is made, and one found begun after a restart is never made again. How it went is told
//! once it is durable: what was told is known after a power cut too. The password
//! comes with the request, because the box has forgotten it by then, and is wiped when the try has ended.

use core::net::{Ipv4Addr, SocketAddrV4};
use core::time::Duration;

use super::{Case, Cx, Phase, STORE, no, said, store_problem};
use crate::effect::LoginCheck;
use crate::event::{LinkReport, LoginAnswer};
use crate::outbox::Asker;
use crate::problem::{LoginFault, PasswordFault, Problem, ProblemKind};
use crate::record::{LoginRecord, LoginState};
use crate::request::{Channel, Done, Reply};
use crate::rules;
use crate::secret::SecretText;
use crate::time::Mono;
use crate::view::LoginView;

/// The shell answers within this, or never will.
const LOGIN: Duration = Duration::from_secs(60);
/// Where a device that names no port has its web page.
const WEB_PORT: u16 = 80;
/// Who logs in where a device names nobody else.
const ADMINISTRATOR: &str = "admin";

/// What a person hands over to have a login tried.
pub(crate) struct Check {
    pub(crate) password: SecretText,
    pub(crate) asker: Asker,
    pub(crate) channel: Channel,
}

/// Where the check of a case's last end stands.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) enum Login {
    #[default]
    Untried,
    /// The record is on its way; nothing was sent.
    Writing(Box<Writing>),
    /// Being tried.
    Out(Out),
    /// It was tried; how it went is on its way to the store.
    Keeping(Box<Keeping>),
    Ended(LoginState),
}

/// A check whose record is on its way.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Writing {
    written: u64,
    until: Mono,
    check: LoginCheck,
    asker: Asker,
    channel: Channel,
}

/// A check that was handed to the shell.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Out {
    number: u64,
    until: Mono,
    asker: Asker,
    channel: Channel,
}

/// A check that has ended and was not told yet.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Keeping {
    written: u64,
    until: Mono,
    state: LoginState,
    asker: Asker,
    reply: Reply,
}

impl Login {
    /// From before a power cut. A try for an earlier attempt does not count for this one.
    pub(super) fn restored(record: Option<&LoginRecord>, attempts: u32) -> Self {
        match record.filter(|record| record.attempt == attempts) {
            Some(record) => Self::Ended(record.state),
            None => Self::Untried,
        }
    }

    /// What must survive a power cut.
    pub(super) fn record(&self, attempt: u32) -> Option<LoginRecord> {
        let state = match self {
            Self::Untried => return None,
            Self::Writing(_) | Self::Out(_) => LoginState::Begun,
            Self::Keeping(keeping) => keeping.state,
            Self::Ended(state) => *state,
        };
        Some(LoginRecord { attempt, state })
    }

    pub(super) fn view(&self) -> LoginView {
        match self {
            Self::Untried => LoginView::Untried,
            Self::Writing(_) | Self::Out(_) | Self::Keeping(_) => LoginView::Checking,
            Self::Ended(state) => (*state).into(),
        }
    }

    pub(super) fn is_under_way(&self) -> bool {
        matches!(self, Self::Writing(_) | Self::Out(_) | Self::Keeping(_))
    }

    pub(super) fn is_out_as(&self, number: u64) -> bool {
        matches!(self, Self::Out(out) if out.number == number)
    }

    pub(super) fn until(&self) -> Option<Mono> {
        match self {
            Self::Writing(writing) => Some(writing.until),
            Self::Out(out) => Some(out.until),
            Self::Keeping(keeping) => Some(keeping.until),
            Self::Untried | Self::Ended(_) => None,
        }
    }
}

impl Case {
    /// A person wants to know. Answers when it is known.
    pub(super) fn check_login(&mut self, cx: &mut Cx<'_>, check: Check) {
        let target = match self.login_target(cx, &check.password) {
            Ok(target) => target,
            Err(problem) => {
                if problem.kind == ProblemKind::DeviceSilent {
                    cx.links.scan(cx.now.mono);
                }
                return cx.out.reply(check.asker, Err(problem));
            }
        };
        let mut writing = Box::new(Writing {
            written: 0,
            until: cx.now.mono + STORE,
            check: LoginCheck {
                number: 0,
                password: check.password,
                ..target
            },
            asker: check.asker,
            channel: check.channel,
        });
        // The state must be set before the record is written, because the record tells it.
        self.login = Login::Writing(writing.clone());
        writing.written = self.write(cx);
        self.login = Login::Writing(writing);
        cx.out.redraw();
    }

    /// Whom to ask, if it may be asked now.
    fn login_target(&self, cx: &Cx<'_>, password: &SecretText) -> Result<LoginCheck, Problem> {
        use ProblemKind as K;
        match self.phase {
            Phase::Done | Phase::Unclear { .. } => {}
            _ if self.is_open() => return Err(no(K::WrongState)),
            _ => return Err(no(K::CaseClosed)),
        }
        match self.login {
            Login::Untried => {}
            Login::Writing(_) | Login::Out(_) | Login::Keeping(_) => return Err(no(K::Busy)),
            Login::Ended(_) => return Err(no(K::LoginUsed)),
        }
        check_form(password)?;
        let entry = cx
            .roster
            .get(self.mac)
            .ok_or_else(|| no(K::UnknownDevice))?;
        let view = &entry.view;
        if view.gone {
            return Err(no(K::DeviceSilent));
        }
        if entry.serial() != self.serial || view.doubled_mac {
            return Err(no(K::DeviceChanged));
        }
        let link = entry.link().filter(|link| cx.links.usable(*link));
        let link = link.and_then(|link| cx.links.get(link));
        let report = &link.ok_or_else(|| no(K::NoLink))?.report;
        let address = web_address(view.ipv4, report)?;
        if cx.roster.shares_address(self.mac, address) {
            return Err(not_sent(LoginFault::SharedAddress));
        }
        let port = view.http_port.filter(|port| *port != 0).unwrap_or(WEB_PORT);
        let user = entry.user_name.as_deref().or(self.user_name.as_deref());
        let user = user.filter(|name| is_plain(name)).unwrap_or(ADMINISTRATOR);
        Ok(LoginCheck {
            number: 0,
            case: self.id.clone(),
            link: report.name.clone(),
            server: SocketAddrV4::new(address, port),
            user: user.to_owned(),
            password: SecretText::default(),
        })
    }

    /// The record is durable: has it tried, once; or tells how it went.
    pub(super) fn login_persisted(&mut self, cx: &mut Cx<'_>, number: u64) {
        match core::mem::take(&mut self.login) {
            Login::Writing(writing) if writing.written == number => {
                let Writing {
                    check,
                    asker,
                    channel,
                    ..
                } = *writing;
                let detail = format!("a login at {} is tried, once", check.server);
                self.login = Login::Out(Out {
                    number: cx.out.check_login(check),
                    until: cx.now.mono + LOGIN,
                    asker,
                    channel,
                });
                self.tell(cx, "login-tried", Some(channel), detail);
            }
            Login::Keeping(keeping) if keeping.written == number => self.login_kept(cx, *keeping),
            other => self.login = other,
        }
    }

    /// Nothing was sent: the record is written anew, in case that it is durable after all. Or it was sent: that is told
    /// although a power cut may make it unknown, for the device has counted it.
    pub(super) fn login_not_persisted(&mut self, cx: &mut Cx<'_>, number: u64, words: &str) {
        match core::mem::take(&mut self.login) {
            Login::Writing(writing) if writing.written == number => {
                cx.out.reply(writing.asker, Err(store_problem(words)));
                self.write(cx);
                cx.out.redraw();
            }
            Login::Keeping(keeping) if keeping.written == number => self.login_kept(cx, *keeping),
            other => self.login = other,
        }
    }

    pub(super) fn login_timed_out(&mut self, cx: &mut Cx<'_>) {
        let silent = "the store does not answer";
        match &self.login {
            Login::Writing(writing) => self.login_not_persisted(cx, writing.written, silent),
            Login::Keeping(keeping) => self.login_not_persisted(cx, keeping.written, silent),
            _ => {
                let text = "the box did not hear how it went".into();
                self.login_checked(cx, LoginAnswer::Odd { text });
            }
        }
    }

    /// It was tried, or could not be.
    pub(super) fn login_checked(&mut self, cx: &mut Cx<'_>, answer: LoginAnswer) {
        let Login::Out(out) = core::mem::take(&mut self.login) else {
            return;
        };
        let (state, problem) = judged(answer);
        let (what, detail) = match (&problem, state) {
            (None, _) => ("login-worked", "the new password logs in".to_owned()),
            (Some(problem), Some(_)) => ("login-failed", said(problem)),
            (Some(problem), None) => ("login-not-sent", said(problem)),
        };
        self.tell(cx, what, Some(out.channel), detail);
        let reply = problem.map_or_else(|| Ok(Done::LoginWorked(self.id.clone())), Err);
        let Some(state) = state else {
            self.write(cx);
            return cx.out.reply(out.asker, reply);
        };
        let proves = reply.is_ok() && matches!(self.phase, Phase::Unclear { .. });
        let mut keeping = Box::new(Keeping {
            written: 0,
            until: cx.now.mono + STORE,
            state,
            asker: out.asker,
            reply,
        });
        // As above: the record tells the state.
        self.login = Login::Keeping(keeping.clone());
        keeping.written = if proves {
            self.proved(cx, Some(out.channel))
        } else {
            self.write(cx)
        };
        self.login = Login::Keeping(keeping);
    }

    fn login_kept(&mut self, cx: &mut Cx<'_>, keeping: Keeping) {
        self.login = Login::Ended(keeping.state);
        cx.out.reply(keeping.asker, keeping.reply);
        cx.out.redraw();
    }
}

/// What is remembered of an answer, and what the person is told if it is not yes.
fn judged(answer: LoginAnswer) -> (Option<LoginState>, Option<Problem>) {
    use LoginState as S;
    match answer {
        LoginAnswer::Worked => (Some(S::Worked), None),
        LoginAnswer::Refused { tries_left } => {
            let problem = Problem {
                tries_left,
                ..no(ProblemKind::LoginRefused)
            };
            (Some(S::Refused), Some(problem))
        }
        LoginAnswer::Locked { minutes } => {
            let problem = Problem {
                lock_minutes: minutes,
                ..no(ProblemKind::LoginLocked)
            };
            (Some(S::Locked), Some(problem))
        }
        LoginAnswer::Odd { text } => {
            let text = crate::roster::clean(&text, 200);
            (Some(S::Odd), Some(no(ProblemKind::LoginOdd { text })))
        }
        LoginAnswer::NotSent { why } => (None, Some(not_sent(why))),
    }
}

fn not_sent(why: LoginFault) -> Problem {
    no(ProblemKind::LoginNotSent { why })
}

/// What cannot be the password that was set would only cost a try. By whose name it was judged then is not
/// known any more.
fn check_form(password: &SecretText) -> Result<(), Problem> {
    let mut faults = rules::password_faults(password.expose(), None);
    faults.retain(|fault| *fault != PasswordFault::UserName);
    if faults.is_empty() {
        Ok(())
    } else {
        Err(no(ProblemKind::PasswordForm { faults }))
    }
}

/// The device's address, if it is on the wire: nothing of a password goes over a router.
fn web_address(address: Option<Ipv4Addr>, link: &LinkReport) -> Result<Ipv4Addr, Problem> {
    let is_host = |ip: &Ipv4Addr| {
        !(ip.is_unspecified() || ip.is_loopback() || ip.is_multicast() || ip.is_broadcast())
            && link.addresses.iter().all(|(own, _)| own != ip)
    };
    let no_address = || not_sent(LoginFault::NoAddress);
    let address = address.filter(is_host).ok_or_else(no_address)?;
    let bits = |ip: Ipv4Addr, prefix: u8| {
        let host = 32_u32.saturating_sub(prefix.into());
        u32::from(ip).checked_shr(host).unwrap_or(0)
    };
    let near = |(own, prefix): &(Ipv4Addr, u8)| bits(*own, *prefix) == bits(address, *prefix);
    if link.addresses.iter().any(near) {
        Ok(address)
    } else {
        Err(not_sent(LoginFault::OtherSubnet))
    }
}

/// A name that cannot break out of a header.
fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 32
        && name
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\' | b','))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Ears, LinkId};

    fn link(addresses: &[([u8; 4], u8)]) -> LinkReport {
        LinkReport {
            link: LinkId(2),
            name: "eth0".into(),
            up: true,
            carrier: true,
            speed_mbit: None,
            mac: None,
            addresses: addresses.iter().map(|(ip, n)| ((*ip).into(), *n)).collect(),
            ears: Ears::default(),
            rp_filter: None,
        }
    }

    #[test]
    fn only_an_address_on_the_wire_is_asked() {
        let link = link(&[([192, 168, 1, 10], 24), ([10, 1, 2, 3], 16)]);
        let asked = |ip: [u8; 4]| web_address(Some(ip.into()), &link).map_err(|no| no.kind);
        let fault = |why| Err(ProblemKind::LoginNotSent { why });
        assert_eq!(asked([192, 168, 1, 64]), Ok([192, 168, 1, 64].into()));
        assert_eq!(asked([10, 1, 200, 9]), Ok([10, 1, 200, 9].into()));
        for other in [
            [192, 168, 2, 64],
            [10, 2, 0, 1],
            [8, 8, 8, 8],
            [192, 0, 0, 64],
        ] {
            assert_eq!(asked(other), fault(LoginFault::OtherSubnet), "{other:?}");
        }
        for none in [
            [192, 168, 1, 10],
            [0, 0, 0, 0],
            [127, 0, 0, 1],
            [239, 255, 255, 250],
        ] {
            assert_eq!(asked(none), fault(LoginFault::NoAddress), "{none:?}");
        }
        assert!(web_address(None, &link).is_err());
        let none = LinkReport {
            addresses: Vec::new(),
            ..link
        };
        assert!(web_address(Some([192, 168, 1, 64].into()), &none).is_err());
    }

    #[test]
    fn what_cannot_be_the_password_is_not_tried() {
        for wrong in [
            "",
            "short1A",
            "a password with blanks",
            "OnlyLetters\u{e9}1",
        ] {
            assert!(check_form(&SecretText::new(wrong)).is_err(), "{wrong}");
        }
        assert!(check_form(&SecretText::new("Qx7-mRtvLe")).is_ok());
    }

    #[test]
    fn a_user_name_cannot_break_out_of_a_header() {
        assert!(is_plain("admin"));
        for odd in ["", "a\"b", "a\r\nb", "a b", "a,b", &"a".repeat(33)] {
            assert!(!is_plain(odd), "{odd:?}");
        }
    }
}
