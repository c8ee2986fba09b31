//! An HTTP client that speaks from inside a host.

use std::time::Duration;

use serde_json::Value;
use ureq::Agent;
use ureq::http::Response;

use crate::netns::Host;
use crate::process::wait_for;

/// For a file of many megabytes to a board that is emulated.
const LONG: Duration = Duration::from_secs(300);

/// Asks one server from one host, with a session's cookie once it has one.
#[derive(Debug)]
pub struct Client<'a> {
    host: &'a Host,
    base: String,
    agent: Agent,
    cookie: Option<String>,
}

/// Status, headers of interest and body.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The `Set-Cookie` header.
    pub set_cookie: Option<String>,
    /// The body as it came.
    pub body: Vec<u8>,
}

impl Answer {
    /// The same answer, if it has this status.
    ///
    /// # Panics
    /// When it has another, with what the box said.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(
            self.status,
            status,
            "{}",
            String::from_utf8_lossy(&self.body)
        );
        self
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// When it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)))
    }
}

impl<'a> Client<'a> {
    /// Speaks to `base`, for example `http://127.0.0.1:8080`, from `host`.
    pub fn new(host: &'a Host, base: impl Into<String>) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(60)))
            // A connection belongs to the thread's namespace: never reuse one.
            .max_idle_connections(0)
            .build();
        Self {
            host,
            base: base.into(),
            agent: config.into(),
            cookie: None,
        }
    }

    /// Sends the session's cookie from here on.
    pub fn use_cookie(&mut self, set_cookie: &str) {
        self.cookie = set_cookie.split(';').next().map(str::to_owned);
    }

    /// GET; `None` when nobody listens.
    pub fn get(&self, path: &str) -> Option<Answer> {
        self.host.enter(|| {
            let mut request = self.agent.get(format!("{}{path}", self.base));
            if let Some(cookie) = &self.cookie {
                request = request.header("Cookie", cookie);
            }
            request.call().ok().map(answer)
        })
    }

    /// GET that must give JSON with status 200. A connection that breaks is made anew: whoever reads can ask again.
    ///
    /// # Panics
    /// When it does not, or nobody answers for a while.
    #[track_caller]
    pub fn json(&self, path: &str) -> Value {
        wait_for(path, Duration::from_secs(20), || self.get(path))
            .expect(200)
            .json()
    }

    /// DELETE; `None` when nobody listens or the connection broke.
    pub fn delete(&self, path: &str) -> Option<Answer> {
        self.host.enter(|| {
            let mut request = self
                .agent
                .delete(format!("{}{path}", self.base))
                .header("Origin", &self.base);
            if let Some(cookie) = &self.cookie {
                request = request.header("Cookie", cookie);
            }
            request.call().ok().map(answer)
        })
    }

    /// POST of a file as it is, in up to five minutes; `None` when nobody listens or the connection broke.
    pub fn post_bytes(&self, path: &str, bytes: &[u8]) -> Option<Answer> {
        self.host.enter(|| {
            let mut request = self
                .agent
                .post(format!("{}{path}", self.base))
                .header("Origin", &self.base)
                .header("Content-Type", "application/octet-stream");
            if let Some(cookie) = &self.cookie {
                request = request.header("Cookie", cookie);
            }
            let request = request.config().timeout_global(Some(LONG)).build();
            request.send(bytes).ok().map(answer)
        })
    }

    /// POST of JSON; `None` when nobody listens or the connection broke.
    pub fn post(&self, path: &str, body: &Value) -> Option<Answer> {
        self.host.enter(|| {
            let mut request = self
                .agent
                .post(format!("{}{path}", self.base))
                .header("Origin", &self.base);
            if let Some(cookie) = &self.cookie {
                request = request.header("Cookie", cookie);
            }
            request.send_json(body).ok().map(answer)
        })
    }
}

fn answer(mut response: Response<ureq::Body>) -> Answer {
    let set_cookie = response
        .headers()
        .get("set-cookie")
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned);
    let body = response.body_mut().read_to_vec().unwrap_or_default();
    Answer {
        status: response.status().as_u16(),
        set_cookie,
        body,
    }
}
