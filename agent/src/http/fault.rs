//! Everything that is answered with a status of 400 or more: one form, problem+json (RFC 9457),
//! in the reader's language, naming the culprit and the remedy.

use axum::extract::Request;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use resetbox_core::Problem;
use resetbox_core::policy::Language;
use serde::Serialize;
use utoipa::ToSchema;

use super::language;
use super::status;
use super::words::{self, Words};

/// Why a request was not carried out.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// The box's, the device's or the operator's reason.
    Problem(Problem),
    /// Something about the request itself.
    Request(Refusal),
}

/// What is wrong with a request before anyone asks the core.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Refusal {
    /// No such address.
    NotFound,
    /// The address exists, the method does not.
    MethodNotAllowed,
    /// The Host header names something that is not this box.
    Host(String),
    /// The request was sent by a page that is not this box's.
    Origin(String),
    /// Needs the PIN first.
    NoSession,
    /// Body longer than this many bytes.
    BodyTooLarge(usize),
    /// Body did not arrive in time.
    BodyTooSlow,
    /// Body announced as something else than JSON.
    NotJson,
    /// Body that is no JSON, or not the JSON expected; the parser's words name the field.
    BadJson(String),
    /// A query parameter that makes no sense; the parser's words name it.
    BadQuery(String),
    /// Not a hardware address.
    BadMac(String),
    /// The case has no device code to show (yet).
    NoCode,
    /// The device code does not fit a QR.
    NoQr,
    /// The loop cannot take the request now.
    Busy,
    /// Too many event streams.
    TooManyStreams,
    /// The store could not be read.
    Store(String),
    /// The box does not run from a card with the image: there are no such updates.
    NoCard,
    /// An update that is not announced as bytes.
    NotBytes,
    /// A file longer than this many bytes.
    UpdateTooLarge(u64),
    /// Another update is coming in or being written.
    UpdateTaken,
    /// No update of this version waits.
    NoUpdate,
    /// A restart would disturb a case now.
    CaseUnderWay,
    /// The file is no update for this box, or cannot be kept: why, and the remedy.
    Update(String),
}

impl From<Problem> for Fault {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        Self::Request(refusal)
    }
}

impl From<crate::bus::Full> for Fault {
    fn from(_: crate::bus::Full) -> Self {
        Self::Request(Refusal::Busy)
    }
}

/// The body of every answer with a status of 400 or more (RFC 9457).
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemBody {
    /// `urn:resetbox:problem:KIND`; stable, for programs.
    #[serde(rename = "type")]
    #[schema(example = "urn:resetbox:problem:key-wrong")]
    pub(crate) kind_urn: String,
    /// What it is, in a few words.
    #[schema(example = "The camera refused the key")]
    pub(crate) title: String,
    /// The HTTP status.
    #[schema(example = 422)]
    pub(crate) status: u16,
    /// What happened.
    pub(crate) detail: String,
    /// What to do next.
    pub(crate) hint: String,
    /// Whose doing it is: `device-refused`, `device-misbehaved`, `operator` or `box-fault`.
    pub(crate) culprit: String,
    /// The SADP number, when the problem has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 2039)]
    pub(crate) code: Option<u16>,
    /// Tries left, by the device's last word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tries_left: Option<u32>,
    /// Minutes the device stays locked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) lock_minutes: Option<u32>,
    /// What exactly is at fault, kind by kind: the broken password rules, for example.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(example = json!(["too-short", "one-kind"]))]
    pub(crate) faults: Vec<String>,
}

impl ProblemBody {
    /// What `problem` looks like on every channel that speaks JSON.
    pub(crate) fn of(problem: &Problem, language: Language) -> Self {
        let said = words::problem(language, problem);
        Self {
            kind_urn: format!("urn:resetbox:problem:{}", status::kind_name(problem)),
            title: said.title,
            status: status::of(problem).as_u16(),
            detail: said.what,
            hint: said.next,
            culprit: status::culprit_name(problem.culprit()).to_owned(),
            code: problem.sadp_code(),
            tries_left: problem.tries_left,
            lock_minutes: problem.lock_minutes,
            faults: status::fault_names(problem),
        }
    }

    fn of_refusal(refusal: &Refusal, language: Language) -> Self {
        let Words { title, what, next } = words::refusal(language, refusal);
        Self {
            kind_urn: format!("urn:resetbox:problem:{}", refusal.name()),
            title,
            status: refusal.status().as_u16(),
            detail: what,
            hint: next,
            culprit: match refusal {
                Refusal::Busy | Refusal::Store(_) | Refusal::TooManyStreams => "box-fault",
                _ => "operator",
            }
            .to_owned(),
            code: None,
            tries_left: None,
            lock_minutes: None,
            faults: Vec::new(),
        }
    }
}

impl Refusal {
    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound | Self::NoCode | Self::NoCard => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Host(_) => StatusCode::MISDIRECTED_REQUEST,
            Self::Origin(_) => StatusCode::FORBIDDEN,
            Self::NoSession => StatusCode::UNAUTHORIZED,
            Self::BodyTooLarge(_) | Self::UpdateTooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodyTooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::NotJson | Self::NotBytes => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::BadJson(_) | Self::BadQuery(_) | Self::BadMac(_) => StatusCode::BAD_REQUEST,
            Self::NoQr | Self::Update(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::UpdateTaken | Self::NoUpdate | Self::CaseUnderWay => StatusCode::CONFLICT,
            Self::Busy | Self::TooManyStreams | Self::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::NotFound => "not-found",
            Self::MethodNotAllowed => "method-not-allowed",
            Self::Host(_) => "host",
            Self::Origin(_) => "origin",
            Self::NoSession => "no-session",
            Self::BodyTooLarge(_) => "body-too-large",
            Self::BodyTooSlow => "body-too-slow",
            Self::NotJson => "not-json",
            Self::BadJson(_) => "bad-json",
            Self::BadQuery(_) => "bad-query",
            Self::BadMac(_) => "bad-mac",
            Self::NoCode => "no-code",
            Self::NoQr => "no-qr",
            Self::Busy => "busy",
            Self::TooManyStreams => "too-many-streams",
            Self::Store(_) => "store",
            Self::NoCard => "no-card",
            Self::NotBytes => "not-bytes",
            Self::UpdateTooLarge(_) => "update-too-large",
            Self::UpdateTaken => "update-taken",
            Self::NoUpdate => "no-update",
            Self::CaseUnderWay => "case-under-way",
            Self::Update(_) => "update-refused",
        }
    }
}

impl IntoResponse for Fault {
    /// Leaves the fault in the extensions; [`render`] knows the reader's language and writes it.
    fn into_response(self) -> Response {
        let (status, wait) = match &self {
            Self::Problem(problem) => (status::of(problem), status::retry_after(problem)),
            Self::Request(refusal) => (
                refusal.status(),
                matches!(refusal, Refusal::Busy | Refusal::TooManyStreams).then_some(1),
            ),
        };
        let mut response = status.into_response();
        if let Some(seconds) = wait {
            response
                .headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// Writes faults in the language that the request asked for.
pub(crate) async fn render(request: Request, next: Next) -> Response {
    let language = language::wanted(request.uri(), request.headers());
    let mut response = next.run(request).await;
    let Some(fault) = response.extensions_mut().remove::<Fault>() else {
        return response;
    };
    let language = language.unwrap_or_default();
    let body = match &fault {
        Fault::Problem(problem) => ProblemBody::of(problem, language),
        Fault::Request(refusal) => ProblemBody::of_refusal(refusal, language),
    };
    let text = serde_json::to_string(&body).expect("plain strings and numbers always serialise");
    response.headers_mut().insert(
        CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    let (parts, _) = response.into_parts();
    Response::from_parts(parts, text.into())
}
