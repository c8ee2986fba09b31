//! Does a password log in at a device's own web page? One try for each [`LoginCheck`], by digest (RFC 7616) and
//! never otherwise: the password itself does not go over the wire. Nothing leaves the link, no redirect is
//! followed, nothing is repeated. What the device must prove is left to [`http_auth`]; what counts as a try is
//! decided here: everything before the answer to its challenge is none.

use std::io;
use std::net::SocketAddrV4;
use std::time::Duration;

use http_auth::{PasswordClient, PasswordParams};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{AUTHORIZATION, CONNECTION, HOST, HeaderValue, LOCATION, WWW_AUTHENTICATE};
use hyper::{HeaderMap, Request, StatusCode};
use hyper_util::rt::TokioIo;
use resetbox_core::effect::LoginCheck;
use resetbox_core::event::LoginAnswer;
use resetbox_core::problem::LoginFault;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::bus::Input;
use crate::near;

/// Where a login is tried: made for it, and known to firmware since 2013. Firmware that does not know the first
/// is asked for the second.
const PATHS: [&str; 2] = ["/ISAPI/Security/userCheck", "/ISAPI/System/deviceInfo"];
/// A device that does not take a connection by then is not there.
const CONNECT: Duration = Duration::from_secs(4);
/// A device that does not answer by then never will. Both paths, their connections and the login itself stay
/// within the minute that the core waits.
const ANSWER: Duration = Duration::from_secs(10);
/// Most of an answer that is read.
const MAX_BODY: usize = 16 * 1024;
/// Most of its head.
const MAX_HEAD: usize = 16 * 1024;
/// Where a device has its page when plain HTTP is switched off.
const HTTPS_PORT: u16 = 443;

/// Tries it beside the loop and reports.
pub fn spawn(check: LoginCheck, inputs: mpsc::Sender<Input>) {
    tokio::spawn(async move {
        let answer = login(&check).await;
        // The loop has ended: nobody waits for the answer, and the record says that it was tried.
        let _ = inputs.send(Input::LoginChecked(check.number, answer)).await;
    });
}

/// Tries it, once.
pub async fn login(check: &LoginCheck) -> LoginAnswer {
    let mut why = LoginFault::NoDigest;
    for path in PATHS {
        match challenge(check, path).await {
            Ok(Some(client)) => return prove(check, path, client).await,
            // Not known there.
            Ok(None) => {}
            Err(fault) => {
                why = fault;
                break;
            }
        }
    }
    LoginAnswer::NotSent { why }
}

/// Asks without a password what the device wants to be proved; `None` where it has nothing at this path.
async fn challenge(check: &LoginCheck, path: &str) -> Result<Option<PasswordClient>, LoginFault> {
    let stream = match connect(check).await {
        Ok(stream) => stream,
        Err(_) if has_https(check).await => return Err(LoginFault::HttpsOnly),
        Err(_) => return Err(LoginFault::Unreachable),
    };
    let answer = match exchange(stream, check.server, path, None).await {
        Ok(answer) => answer,
        // What is no HTTP at a web port is TLS.
        Err(Trouble::NoHttp) => return Err(LoginFault::HttpsOnly),
        Err(_) => return Err(LoginFault::Unreachable),
    };
    match answer.status {
        StatusCode::UNAUTHORIZED if answer.is_locked() => Err(LoginFault::Locked),
        StatusCode::UNAUTHORIZED => digest(&answer.head).map(Some).ok_or(LoginFault::NoDigest),
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => Ok(None),
        StatusCode::FORBIDDEN if answer.body.contains("notActivated") => {
            Err(LoginFault::NotActivated)
        }
        status if status.is_redirection() && answer.leads_to_https() => Err(LoginFault::HttpsOnly),
        _ => Err(LoginFault::NoDigest),
    }
}

/// Answers the challenge: the one try.
async fn prove(check: &LoginCheck, path: &str, mut client: PasswordClient) -> LoginAnswer {
    let not_sent = |why| LoginAnswer::NotSent { why };
    let proof = client.respond(&PasswordParams {
        username: &check.user,
        password: check.password.expose(),
        uri: path,
        method: "GET",
        body: Some(&[]),
    });
    let Some(mut proof) = proof
        .ok()
        .and_then(|proof| HeaderValue::try_from(proof).ok())
    else {
        return not_sent(LoginFault::NoDigest);
    };
    proof.set_sensitive(true);
    let Ok(stream) = connect(check).await else {
        return not_sent(LoginFault::Unreachable);
    };
    match exchange(stream, check.server, path, Some(proof)).await {
        Ok(answer) => answer.verdict(),
        // From here on it may have counted.
        Err(trouble) => odd(match trouble {
            Trouble::Silent => "no answer to the login",
            Trouble::NoHttp => "the answer to the login is no HTTP",
            Trouble::Broken => "the connection broke during the login",
        }),
    }
}

/// The first challenge that can be answered without showing the password.
fn digest(head: &HeaderMap) -> Option<PasswordClient> {
    head.get_all(WWW_AUTHENTICATE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .find_map(|challenge| PasswordClient::try_from(challenge).ok())
}

/// What a device answered.
struct Answer {
    status: StatusCode,
    head: HeaderMap,
    body: String,
}

/// Why there is no answer.
enum Trouble {
    Silent,
    NoHttp,
    Broken,
}

impl Answer {
    /// What an answer to the proof means.
    fn verdict(&self) -> LoginAnswer {
        match self.status {
            StatusCode::UNAUTHORIZED if self.is_stale() => {
                odd("the device wants another try, which the box does not make")
            }
            StatusCode::UNAUTHORIZED if self.is_locked() => LoginAnswer::Locked {
                minutes: self
                    .number("unlockTime")
                    .map(|seconds| seconds.div_ceil(60)),
            },
            StatusCode::UNAUTHORIZED => LoginAnswer::Refused {
                tries_left: self.number("retryLoginTime"),
            },
            status if status.is_success() => match self.element("statusValue") {
                None | Some("200") => LoginAnswer::Worked,
                Some("401") => LoginAnswer::Refused {
                    tries_left: self.number("retryLoginTime"),
                },
                Some(_) => odd("the device answered with another status than its page"),
            },
            // A wrong password is refused before a device looks whether it has the page.
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => LoginAnswer::Worked,
            status => odd(&format!("the device answered {}", status.as_u16())),
        }
    }

    fn is_locked(&self) -> bool {
        self.element("lockStatus")
            .is_some_and(|status| status.eq_ignore_ascii_case("lock"))
    }

    fn is_stale(&self) -> bool {
        let mut challenges = self.head.get_all(WWW_AUTHENTICATE).iter();
        challenges.any(|value| {
            let text = value.to_str().unwrap_or_default().to_ascii_lowercase();
            text.contains("stale=\"true\"") || text.contains("stale=true")
        })
    }

    fn leads_to_https(&self) -> bool {
        let location = self.head.get(LOCATION);
        location.is_some_and(|to| to.as_bytes().to_ascii_lowercase().starts_with(b"https:"))
    }

    /// The text of the first element of this name; the bodies are small and flat.
    fn element(&self, name: &str) -> Option<&str> {
        let (_, rest) = self.body.split_once(&format!("<{name}>"))?;
        Some(rest.split_once('<')?.0.trim())
    }

    fn number(&self, name: &str) -> Option<u32> {
        self.element(name)?.parse().ok()
    }
}

fn odd(text: &str) -> LoginAnswer {
    LoginAnswer::Odd { text: text.into() }
}

async fn connect(check: &LoginCheck) -> io::Result<TcpStream> {
    timeout(CONNECT, near::connect(&check.link, check.server))
        .await
        .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}

/// Somebody listens where an encrypted page would be.
async fn has_https(check: &LoginCheck) -> bool {
    let port = SocketAddrV4::new(*check.server.ip(), HTTPS_PORT);
    let open = timeout(CONNECT, near::connect(&check.link, port)).await;
    matches!(open, Ok(Ok(_)))
}

/// One request and its answer on a connection of their own.
async fn exchange(
    stream: TcpStream,
    server: SocketAddrV4,
    path: &str,
    proof: Option<HeaderValue>,
) -> Result<Answer, Trouble> {
    let mut request = Request::get(path)
        .header(HOST, server.to_string())
        .header(CONNECTION, "close")
        .body(Empty::<Bytes>::new())
        .map_err(|_| Trouble::Broken)?;
    if let Some(proof) = proof {
        request.headers_mut().insert(AUTHORIZATION, proof);
    }
    timeout(ANSWER, converse(stream, request))
        .await
        .map_err(|_| Trouble::Silent)?
}

async fn converse(stream: TcpStream, request: Request<Empty<Bytes>>) -> Result<Answer, Trouble> {
    let trouble = |error: hyper::Error| {
        if error.is_parse() {
            Trouble::NoHttp
        } else {
            Trouble::Broken
        }
    };
    let (mut sender, connection) = http1::Builder::new()
        // Some small servers know a header in one spelling only.
        .title_case_headers(true)
        .max_buf_size(MAX_HEAD)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(trouble)?;
    let talk = async {
        let response = sender.send_request(request).await.map_err(trouble)?;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, MAX_BODY).collect().await;
        // The head says what matters; a body that is too long or torn says nothing more.
        let body = body
            .map(|body| body.to_bytes().to_vec())
            .unwrap_or_default();
        Ok(Answer {
            status: head.status,
            head: head.headers,
            body: String::from_utf8_lossy(&body).into_owned(),
        })
    };
    tokio::pin!(talk, connection);
    tokio::select! {
        answer = &mut talk => answer,
        // The connection has ended; what it brought may still have to be read.
        ended = &mut connection => match ended {
            Ok(()) => talk.await,
            Err(error) => Err(trouble(error)),
        },
    }
}

#[cfg(test)]
mod tests;
