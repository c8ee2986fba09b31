//! The box itself: who may act, looking for devices, language, time.

use std::sync::PoisonError;
use std::time::Instant;

use axum::Json;
use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use resetbox_core::{Request, Wall};
use serde::Deserialize;
use utoipa::ToSchema;

use super::super::Shared;
use super::super::body::{Json as Body, Secret};
use super::super::dto::SessionState;
use super::super::fault::{Fault, ProblemBody, Refusal};
use super::super::language::cookie;
use super::super::session::{Admitted, LIFE, Transport};
use super::devices::Ok_;

/// May this client act?
#[utoipa::path(
    get, path = "/api/v1/session", tag = "box",
    responses((status = 200, description = "Whether a session is needed, and open.", body = SessionState))
)]
pub(crate) async fn session(
    State(app): State<Shared>,
    transport: Transport,
    headers: HeaderMap,
) -> Json<SessionState> {
    Json(SessionState {
        required: app.pin_required,
        open: app.admits(&headers, transport),
    })
}

/// What opens a session: one of the two.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Enter {
    /// The PIN on the panel.
    #[serde(default)]
    #[schema(value_type = Option<String>, write_only, example = "4821")]
    pin: Option<Secret>,
    /// The token of the one-time link in the join QR.
    #[serde(default)]
    #[schema(value_type = Option<String>, write_only)]
    token: Option<Secret>,
}

/// Opens a session with the PIN or the one-time token that the panel shows.
#[utoipa::path(
    post, path = "/api/v1/session", tag = "box", request_body = Enter,
    responses(
        (status = 200, description = "Open for 12 hours; the cookie holds it.", body = SessionState,
         headers(("Set-Cookie" = String, description = "The session; HttpOnly, SameSite=Strict; over HTTPS also Secure."))),
        (status = 403, description = "Wrong PIN, or a token that was used.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "Too many wrong PINs; Retry-After says how long to wait.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn enter(
    State(app): State<Shared>,
    transport: Transport,
    Body(enter): Body<Enter>,
) -> Result<Response, Fault> {
    let request = match (enter.pin, enter.token) {
        (Some(pin), None) => Request::EnterPin { pin: pin.0 },
        (None, Some(token)) => Request::EnterToken { token: token.0 },
        _ => return Err(Refusal::BadJson("give either `pin` or `token`".to_owned()).into()),
    };
    if app.pin_required {
        app.ask(request).await?;
    }
    let value = (app.sessions.lock().unwrap_or_else(PoisonError::into_inner))
        .open(Instant::now())
        .map_err(|_| Refusal::Busy)?;
    Ok(with_cookie(
        &transport.set_cookie(&value, LIFE.as_secs()),
        SessionState {
            required: app.pin_required,
            open: true,
        },
    ))
}

/// Ends the session.
#[utoipa::path(
    delete, path = "/api/v1/session", tag = "box",
    responses((status = 200, description = "Ended.", body = SessionState))
)]
pub(crate) async fn leave(
    State(app): State<Shared>,
    transport: Transport,
    headers: HeaderMap,
) -> Response {
    if let Some(value) = cookie(&headers, transport.cookie_name()) {
        (app.sessions.lock().unwrap_or_else(PoisonError::into_inner)).close(value);
    }
    with_cookie(
        &transport.set_cookie("", 0),
        SessionState {
            required: app.pin_required,
            open: !app.pin_required,
        },
    )
}

fn with_cookie(cookie: &str, body: SessionState) -> Response {
    let mut response = Json(body).into_response();
    let value = HeaderValue::try_from(cookie).expect("base64 and plain ASCII");
    response.headers_mut().insert(SET_COOKIE, value);
    response
}

/// Looks for devices now.
#[utoipa::path(
    post, path = "/api/v1/scan", tag = "devices",
    responses(
        (status = 200, description = "The probes are on their way.", body = Ok_),
        (status = 401, description = "Needs a session.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("session" = []))
)]
pub(crate) async fn scan(_: Admitted, State(app): State<Shared>) -> Result<Json<Ok_>, Fault> {
    app.ask(Request::Scan).await?;
    Ok(Json(Ok_ { ok: true }))
}

/// Blinks the box's own indicators for 30 s: which box is it?
#[utoipa::path(
    post, path = "/api/v1/identify", tag = "box",
    responses(
        (status = 200, description = "They blink.", body = Ok_),
        (status = 401, description = "Needs a session.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("session" = []))
)]
pub(crate) async fn identify(_: Admitted, State(app): State<Shared>) -> Result<Json<Ok_>, Fault> {
    app.ask(Request::Identify).await?;
    Ok(Json(Ok_ { ok: true }))
}

/// A language.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LanguageBody {
    /// `en` or `id`.
    #[schema(value_type = String, example = "id")]
    language: resetbox_core::policy::Language,
}

/// Sets the language of the box's own surfaces; remembered.
#[utoipa::path(
    post, path = "/api/v1/language", tag = "box", request_body = LanguageBody,
    responses(
        (status = 200, description = "Set.", body = Ok_),
        (status = "4XX", description = "Who is at fault and what to do.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("session" = []))
)]
pub(crate) async fn language(
    _: Admitted,
    State(app): State<Shared>,
    Body(body): Body<LanguageBody>,
) -> Result<Json<Ok_>, Fault> {
    app.ask(Request::SetLanguage(body.language)).await?;
    Ok(Json(Ok_ { ok: true }))
}

/// A phone's clock.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TimeBody {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    #[schema(example = 1_795_379_449_000_i64)]
    unix_ms: i64,
}

/// Tells the box what time it is. Taken only while nobody better did.
#[utoipa::path(
    post, path = "/api/v1/time", tag = "box", request_body = TimeBody,
    responses(
        (status = 200, description = "Heard.", body = Ok_),
        (status = "4XX", description = "Who is at fault and what to do.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("session" = []))
)]
pub(crate) async fn time(
    _: Admitted,
    State(app): State<Shared>,
    Body(body): Body<TimeBody>,
) -> Result<Json<Ok_>, Fault> {
    app.ask(Request::TellTime(Wall(body.unix_ms))).await?;
    Ok(Json(Ok_ { ok: true }))
}
