//! Sessions: opened with the PIN or the one-time link shown on the panel, kept in memory only, so
//! they end with power, and after twelve hours.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq as _;

use super::fault::{Fault, Refusal};
use super::language::cookie;
use super::{App, Shared};

/// How a request came.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Transport {
    /// Plain HTTP.
    Plain,
    /// HTTPS.
    Tls,
}

impl Transport {
    /// The name of the session cookie. Each way has its own: a browser that holds a `Secure` cookie refuses to
    /// replace it over plain HTTP, and the PIN would seem to open nothing. With the prefix `__Host-` it is also never
    /// taken from, nor sent to, another host.
    pub(crate) fn cookie_name(self) -> &'static str {
        match self {
            Self::Plain => "resetbox_session",
            Self::Tls => "__Host-resetbox_session",
        }
    }

    /// The whole `Set-Cookie`.
    pub(crate) fn set_cookie(self, value: &str, seconds: u64) -> String {
        let name = self.cookie_name();
        let secure = match self {
            Self::Plain => "",
            Self::Tls => "; Secure",
        };
        format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}")
    }
}

impl<S: Sync> FromRequestParts<S> for Transport {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get().copied().unwrap_or(Self::Plain))
    }
}

/// A session's life.
pub(crate) const LIFE: Duration = Duration::from_secs(12 * 60 * 60);
/// Sessions at once; the oldest goes first.
const MOST: usize = 32;

/// The open sessions.
#[derive(Default)]
pub(crate) struct Sessions {
    open: VecDeque<Session>,
}

struct Session {
    token: [u8; 32],
    since: Instant,
}

impl Sessions {
    /// Opens a session and returns the cookie's value, which nobody else knows.
    ///
    /// # Errors
    /// The system's words when it has no randomness to give.
    pub(crate) fn open(&mut self, now: Instant) -> Result<String, getrandom::Error> {
        let mut token = [0; 32];
        getrandom::fill(&mut token)?;
        self.sweep(now);
        if self.open.len() == MOST {
            self.open.pop_front();
        }
        self.open.push_back(Session { token, since: now });
        Ok(URL_SAFE_NO_PAD.encode(token))
    }

    /// The cookie's value belongs to an open session. Compares with every session in constant
    /// time, so that answers do not tell how much of a guess was right.
    pub(crate) fn holds(&mut self, value: &str, now: Instant) -> bool {
        self.sweep(now);
        let Some(token) = parse(value) else {
            return false;
        };
        let mut found = subtle::Choice::from(0);
        for session in &self.open {
            found |= session.token.ct_eq(&token);
        }
        found.into()
    }

    /// Ends a session.
    pub(crate) fn close(&mut self, value: &str) {
        if let Some(token) = parse(value) {
            self.open
                .retain(|session| !bool::from(session.token.ct_eq(&token)));
        }
    }

    fn sweep(&mut self, now: Instant) {
        self.open
            .retain(|session| now.duration_since(session.since) < LIFE);
    }
}

fn parse(value: &str) -> Option<[u8; 32]> {
    URL_SAFE_NO_PAD.decode(value).ok()?.try_into().ok()
}

impl App {
    /// The request carries the cookie of an open session, or none is needed.
    pub(crate) fn admits(&self, headers: &HeaderMap, transport: Transport) -> bool {
        !self.pin_required
            || cookie(headers, transport.cookie_name()).is_some_and(|value| {
                self.sessions
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .holds(value, Instant::now())
            })
    }
}

/// As a handler's argument: no one without a session gets further.
pub(crate) struct Admitted;

impl FromRequestParts<Shared> for Admitted {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Fault> {
        let Ok(transport) = Transport::from_request_parts(parts, app).await;
        if app.admits(&parts.headers, transport) {
            Ok(Self)
        } else {
            Err(Refusal::NoSession.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_ends_after_twelve_hours_and_when_closed() {
        let mut sessions = Sessions::default();
        let start = Instant::now();
        let first = sessions.open(start).expect("randomness");
        let second = sessions.open(start).expect("randomness");
        assert_ne!(first, second);
        assert!(sessions.holds(&first, start + LIFE - Duration::from_secs(1)));
        sessions.close(&first);
        assert!(!sessions.holds(&first, start));
        assert!(sessions.holds(&second, start));
        assert!(!sessions.holds(&second, start + LIFE));
    }

    #[test]
    fn what_is_no_token_opens_nothing() {
        let mut sessions = Sessions::default();
        let now = Instant::now();
        let token = sessions.open(now).expect("randomness");
        for guess in ["", "AAAA", &token[..42], &format!("{token}A"), "\u{0}", "ü"] {
            assert!(!sessions.holds(guess, now), "{guess:?}");
        }
    }

    #[test]
    fn the_oldest_of_too_many_sessions_goes() {
        let mut sessions = Sessions::default();
        let now = Instant::now();
        let all: Vec<_> = (0..=MOST)
            .map(|_| sessions.open(now).expect("randomness"))
            .collect();
        assert!(!sessions.holds(&all[0], now));
        assert!(all[1..].iter().all(|token| sessions.holds(token, now)));
    }
}
