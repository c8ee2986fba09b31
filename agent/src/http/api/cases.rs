//! Cases: from the device code to the end.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use resetbox_core::Request;
use resetbox_core::request::{CaseId, Done, SubmissionId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::Shared;
use super::super::body::{Json as Body, Secret};
use super::super::dto::CaseBody;
use super::super::fault::{Fault, ProblemBody};
use super::super::language::Wanted;
use super::super::session::Admitted;
use super::devices::{Ok_, parse_mac};
use super::{case_id, find_case};

/// All cases.
#[utoipa::path(
    get, path = "/api/v1/cases", tag = "cases",
    params(("lang" = Option<String>, Query, description = "`en` or `id`; else Accept-Language decides.")),
    responses((status = 200, description = "Open cases first, then ended ones, newest first.", body = [CaseBody]))
)]
pub(crate) async fn list(State(app): State<Shared>, wanted: Wanted) -> Json<Vec<CaseBody>> {
    let language = app.language(&wanted);
    let view = app.view();
    Json(
        view.cases
            .iter()
            .map(|case| CaseBody::of(case, language))
            .collect(),
    )
}

/// Which device.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OpenCase {
    /// Its hardware address.
    #[schema(example = "44-47-cc-37-ce-81")]
    mac: String,
}

/// A case's id.
#[derive(Serialize, ToSchema)]
pub(crate) struct CaseRef {
    /// Names the case in this API.
    #[schema(example = "k7m2p9xq")]
    id: String,
}

/// Opens a case: the device is asked for its device code, once. A device that is not activated is asked
/// nothing: its case is of the kind `first-password` and waits for `password`. For a device with an open
/// case the answer is that case.
#[utoipa::path(
    post, path = "/api/v1/cases", tag = "cases", request_body = OpenCase,
    responses(
        (status = 201, description = "The case, new or already open.", body = CaseRef,
         headers(("Location" = String, description = "Its address."))),
        (status = "4XX", description = "Who is at fault and what to do.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 504, description = "The device is silent.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("session" = []))
)]
pub(crate) async fn open(
    _: Admitted,
    State(app): State<Shared>,
    Body(open): Body<OpenCase>,
) -> Result<Response, Fault> {
    let mac = parse_mac(&open.mac)?;
    let done = app.ask(Request::OpenCase { mac }).await?;
    let Done::Case(CaseId(id)) = done else {
        return Ok(Json(Ok_ { ok: true }).into_response());
    };
    let location = HeaderValue::try_from(format!("/api/v1/cases/{id}"));
    let mut response = (StatusCode::CREATED, Json(CaseRef { id })).into_response();
    if let Ok(location) = location {
        response.headers_mut().insert(LOCATION, location);
    }
    Ok(response)
}

/// One case.
#[utoipa::path(
    get, path = "/api/v1/cases/{id}", tag = "cases",
    params(("id" = String, Path, description = "The case."),
        ("lang" = Option<String>, Query, description = "`en` or `id`; else Accept-Language decides.")),
    responses(
        (status = 200, description = "The case.", body = CaseBody),
        (status = 404, description = "No such case.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn one(
    State(app): State<Shared>,
    Path(id): Path<String>,
    wanted: Wanted,
) -> Result<Json<CaseBody>, Fault> {
    let language = app.language(&wanted);
    let view = app.view();
    Ok(Json(CaseBody::of(find_case(&view, &id)?, language)))
}

/// Key and password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Key {
    /// The vendor's key; blanks and dashes are forgiven.
    #[schema(value_type = String, write_only, example = "A7kQ2m9x")]
    key: Secret,
    /// The device's new password.
    #[schema(value_type = String, write_only)]
    new_password: Secret,
    /// Have a recorder set it on its cameras too.
    #[serde(default)]
    sync_cameras: bool,
    /// The whole serial of the device that is meant: sends at once when it is the case's.
    #[serde(default)]
    confirm: Option<String>,
}

/// The vendor's file and the password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    /// The file's whole text.
    #[schema(value_type = String, write_only)]
    file: Secret,
    /// The device's new password.
    #[schema(value_type = String, write_only)]
    new_password: Secret,
    /// Have a recorder set it on its cameras too.
    #[serde(default)]
    sync_cameras: bool,
    /// The whole serial of the device that is meant: sends at once when it is the case's.
    #[serde(default)]
    confirm: Option<String>,
}

/// What became of a key.
#[derive(Serialize, ToSchema)]
pub(crate) struct Outcome {
    /// `awaiting-confirm`: well-formed, waits for `confirm`. `succeeded`: the device said success.
    /// `login-worked`: the password logs in.
    #[schema(example = "awaiting-confirm")]
    outcome: &'static str,
    /// What `confirm` must name; with `awaiting-confirm` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "3-k7m2p9xq")]
    submission: Option<String>,
}

/// Hands over key and new password. Nothing is sent before a confirmation.
#[utoipa::path(
    post, path = "/api/v1/cases/{id}/key", tag = "cases", request_body = Key,
    params(("id" = String, Path, description = "The case.")),
    responses(
        (status = 200, description = "Well-formed, or with `confirm`: the attempt succeeded.", body = Outcome),
        (status = 409, description = "The case is not in a state for this.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 410, description = "The case is void or expired.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The form of key or password is wrong, or the device refused the key.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 423, description = "The device is locked.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, description = "Too many wrong keys: insist, or ask the vendor.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 504, description = "No answer. After a reset it may have worked.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("session" = []))
)]
pub(crate) async fn key(
    _: Admitted,
    State(app): State<Shared>,
    Path(id): Path<String>,
    Body(key): Body<Key>,
) -> Result<Json<Outcome>, Fault> {
    let request = Request::SubmitKey {
        case: case_id(id)?,
        key: key.key.0,
        new_password: key.new_password.0,
        sync_cameras: key.sync_cameras,
        confirm: key.confirm,
    };
    app.ask(request).await.map(outcome)
}

/// Hands over the vendor's answer file and the new password.
#[utoipa::path(
    post, path = "/api/v1/cases/{id}/file", tag = "cases", request_body = File,
    params(("id" = String, Path, description = "The case.")),
    responses(
        (status = 200, description = "As for `key`.", body = Outcome),
        (status = "4XX", description = "As for `key`.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 504, description = "No answer. After a reset it may have worked.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("session" = []))
)]
pub(crate) async fn file(
    _: Admitted,
    State(app): State<Shared>,
    Path(id): Path<String>,
    Body(file): Body<File>,
) -> Result<Json<Outcome>, Fault> {
    let request = Request::SubmitFile {
        case: case_id(id)?,
        file: file.file.0,
        new_password: file.new_password.0,
        sync_cameras: file.sync_cameras,
        confirm: file.confirm,
    };
    app.ask(request).await.map(outcome)
}

/// The first password of a device.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Password {
    /// The device's first password.
    #[schema(value_type = String, format = Password, write_only)]
    new_password: Secret,
    /// The whole serial of the device that is meant: sends at once.
    #[serde(default)]
    confirm: Option<String>,
}

/// Hands over the first password of a device that has none, for a case of the kind `first-password`. It is
/// checked and waits for `confirm`, unless the serial is already here; then the answer comes when the
/// attempt has ended.
#[utoipa::path(
    post, path = "/api/v1/cases/{id}/password", tag = "cases", request_body = Password,
    params(("id" = String, Path, description = "The case.")),
    responses(
        (status = 200, description = "Waits for the confirmation, or the device said success.", body = Outcome),
        (status = "4XX", description = "Who is at fault and what to do. 410: the device has a password by now.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 504, description = "No answer. It may have worked.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("session" = []))
)]
pub(crate) async fn password(
    _: Admitted,
    State(app): State<Shared>,
    Path(id): Path<String>,
    Body(password): Body<Password>,
) -> Result<Json<Outcome>, Fault> {
    let request = Request::SubmitPassword {
        case: case_id(id)?,
        new_password: password.new_password.0,
        confirm: password.confirm,
    };
    app.ask(request).await.map(outcome)
}

/// A password to be tried.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LoginCheck {
    /// The password that was set; the box has forgotten it.
    #[schema(value_type = String, format = Password, write_only)]
    password: Secret,
}

/// Tries whether the new password logs in at the device's own web page: once for each end of a case (`done`
/// or `unclear`), also over a restart of the box. A login that works settles an unclear case.
#[utoipa::path(
    post, path = "/api/v1/cases/{id}/login-check", tag = "cases", request_body = LoginCheck,
    params(("id" = String, Path, description = "The case.")),
    responses(
        (status = 200, description = "It logs in: `login-worked`.", body = Outcome),
        (status = 409, description = "Not done or unclear, or tried before (`login-used`).", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "It does not log in (`login-refused`), or it cannot be the password that was set.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 423, description = "The device takes no login for now (`login-locked`).", body = ProblemBody, content_type = "application/problem+json"),
        (status = 502, description = "Nothing was sent, for the reason in `faults`, and it may be tried again (`login-not-sent`); or what came back says neither (`login-odd`).", body = ProblemBody, content_type = "application/problem+json"),
        (status = "4XX", description = "Who is at fault and what to do.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("session" = []))
)]
pub(crate) async fn login_check(
    _: Admitted,
    State(app): State<Shared>,
    Path(id): Path<String>,
    Body(check): Body<LoginCheck>,
) -> Result<Json<Outcome>, Fault> {
    let request = Request::CheckLogin {
        case: case_id(id)?,
        password: check.password.0,
    };
    app.ask(request).await.map(outcome)
}

/// The person's word.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Confirm {
    /// The `submission` that is meant, as the hand-over's answer or the case names it. Another one waits by now:
    /// 409 `key-replaced`, and nothing is sent.
    #[schema(example = "3-k7m2p9xq")]
    submission: String,
    /// The whole serial of the device that is meant.
    serial: String,
    /// Send although the case says `must_insist`.
    #[serde(default)]
    insist: bool,
}

/// Sends the waiting key to this device, once. Answers when the attempt has ended.
#[utoipa::path(
    post, path = "/api/v1/cases/{id}/confirm", tag = "cases", request_body = Confirm,
    params(("id" = String, Path, description = "The case.")),
    responses(
        (status = 200, description = "The device said success.", body = Outcome),
        (status = 409, description = "The case is not in a state for this, or another key waits than the one named.", body = ProblemBody, content_type = "application/problem+json"),
        (status = "4XX", description = "As for `key`.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 504, description = "No answer: it may have worked.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("session" = []))
)]
pub(crate) async fn confirm(
    _: Admitted,
    State(app): State<Shared>,
    Path(id): Path<String>,
    Body(confirm): Body<Confirm>,
) -> Result<Json<Outcome>, Fault> {
    let request = Request::Confirm {
        case: case_id(id)?,
        submission: SubmissionId(confirm.submission),
        serial: confirm.serial,
        insist: confirm.insist,
    };
    app.ask(request).await.map(outcome)
}

fn outcome(done: Done) -> Json<Outcome> {
    let (outcome, submission) = match done {
        Done::Succeeded(_) => ("succeeded", None),
        Done::LoginWorked(_) => ("login-worked", None),
        Done::AwaitingConfirm { submission, .. } => ("awaiting-confirm", Some(submission.0)),
        Done::Ok | Done::Case(_) | Done::Admitted | Done::Password(_) => ("done", None),
    };
    Json(Outcome {
        outcome,
        submission,
    })
}

/// Forgets the waiting key and password; the case waits for a key again.
#[utoipa::path(
    post, path = "/api/v1/cases/{id}/withdraw", tag = "cases",
    params(("id" = String, Path, description = "The case.")),
    responses(
        (status = 200, description = "Forgotten.", body = Ok_),
        (status = "4XX", description = "Who is at fault and what to do.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("session" = []))
)]
pub(crate) async fn withdraw(
    _: Admitted,
    State(app): State<Shared>,
    Path(id): Path<String>,
) -> Result<Json<Ok_>, Fault> {
    app.ask(Request::Withdraw { case: case_id(id)? }).await?;
    Ok(Json(Ok_ { ok: true }))
}

/// What a person found out.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Resolve {
    /// The new password works.
    worked: bool,
}

/// After an attempt without an answer: did the new password work?
#[utoipa::path(
    post, path = "/api/v1/cases/{id}/resolve", tag = "cases", request_body = Resolve,
    params(("id" = String, Path, description = "The case.")),
    responses(
        (status = 200, description = "Written down.", body = Ok_),
        (status = "4XX", description = "Who is at fault and what to do.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("session" = []))
)]
pub(crate) async fn resolve(
    _: Admitted,
    State(app): State<Shared>,
    Path(id): Path<String>,
    Body(resolve): Body<Resolve>,
) -> Result<Json<Ok_>, Fault> {
    let case = case_id(id)?;
    app.ask(Request::Resolve {
        case,
        worked: resolve.worked,
    })
    .await?;
    Ok(Json(Ok_ { ok: true }))
}

/// Closes a case. The device is not told: it knows no such message.
#[utoipa::path(
    delete, path = "/api/v1/cases/{id}", tag = "cases",
    params(("id" = String, Path, description = "The case.")),
    responses(
        (status = 200, description = "Closed.", body = Ok_),
        (status = "4XX", description = "Who is at fault and what to do.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("session" = []))
)]
pub(crate) async fn cancel(
    _: Admitted,
    State(app): State<Shared>,
    Path(id): Path<String>,
) -> Result<Json<Ok_>, Fault> {
    app.ask(Request::CancelCase { case: case_id(id)? }).await?;
    Ok(Json(Ok_ { ok: true }))
}
