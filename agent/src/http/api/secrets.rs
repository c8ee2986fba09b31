//! What only a session may see: the device code in its three forms, and a proposed password.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use resetbox_core::request::Done;
use resetbox_core::{Problem, ProblemKind, Request};
use resetbox_view::{qr_matrix, qr_svg as draw_svg};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

use super::super::fault::{Fault, ProblemBody, Refusal};
use super::super::session::Admitted;
use super::super::{App, Shared, qr};
use super::{download, find_case, typed};

/// The QR of the device code as a picture of whole pixels.
#[utoipa::path(
    get, path = "/api/v1/cases/{id}/qr.png", tag = "cases",
    params(("id" = String, Path, description = "The case.")),
    responses(
        (status = 200, description = "Black on white, quiet zone of four modules.", content_type = "image/png", body = Vec<u8>),
        (status = "4XX", description = "Who is at fault and what to do.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("session" = []))
)]
pub(crate) async fn qr_png(
    _: Admitted,
    State(app): State<Shared>,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    let code = code(&app, &id)?;
    let matrix = qr_matrix(&code).ok_or(Refusal::NoQr)?;
    let picture = qr::png(&matrix).map_err(|_| Refusal::NoQr)?;
    Ok(typed("image/png", picture))
}

/// The QR of the device code as a picture that scales.
#[utoipa::path(
    get, path = "/api/v1/cases/{id}/qr.svg", tag = "cases",
    params(("id" = String, Path, description = "The case.")),
    responses(
        (status = 200, description = "Black on white, quiet zone of four modules.", content_type = "image/svg+xml", body = String),
        (status = "4XX", description = "Who is at fault and what to do.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("session" = []))
)]
pub(crate) async fn qr_svg(
    _: Admitted,
    State(app): State<Shared>,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    let code = code(&app, &id)?;
    let picture = draw_svg(&code).ok_or(Refusal::NoQr)?;
    Ok(typed("image/svg+xml", picture))
}

/// The device code as the file that the vendor's process knows, byte for byte.
#[utoipa::path(
    get, path = "/api/v1/cases/{id}/DeviceKey.xml", tag = "cases",
    params(("id" = String, Path, description = "The case.")),
    responses(
        (status = 200, description = "The device code and nothing else.", content_type = "application/xml", body = String),
        (status = "4XX", description = "Who is at fault and what to do.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("session" = []))
)]
pub(crate) async fn device_key(
    _: Admitted,
    State(app): State<Shared>,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    let code = code(&app, &id)?;
    Ok(download(
        "application/xml",
        "attachment; filename=\"DeviceKey.xml\"",
        code.as_bytes().to_vec(),
    ))
}

fn code(app: &App, id: &str) -> Result<Arc<str>, Fault> {
    let view = app.view();
    let case = find_case(&view, id)?;
    if !case.phase.is_open() {
        return Err(Problem::new(ProblemKind::CaseClosed).into());
    }
    (case.device_code.clone()).ok_or_else(|| Refusal::NoCode.into())
}

/// A password, once.
#[derive(Serialize, ToSchema)]
pub(crate) struct Proposed {
    /// Satisfies every rule; no characters that look alike.
    #[schema(read_only)]
    password: String,
}

/// Proposes a password. The box does not remember it.
#[utoipa::path(
    post, path = "/api/v1/password", tag = "cases",
    responses(
        (status = 200, description = "A password that satisfies every rule.", body = Proposed),
        (status = 401, description = "Needs a session.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("session" = []))
)]
pub(crate) async fn propose(
    _: Admitted,
    State(app): State<Shared>,
) -> Result<Json<Proposed>, Fault> {
    let Done::Password(password) = app.ask(Request::ProposePassword).await? else {
        return Err(Refusal::Busy.into());
    };
    Ok(Json(Proposed {
        password: password.expose().to_owned(),
    }))
}
