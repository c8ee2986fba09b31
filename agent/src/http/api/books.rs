//! The audit log.
#![allow(
    unused_qualifications,
    reason = "utoipa's macro writes params(super::T)"
)]

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use super::super::Shared;
use super::super::body::Params;
use super::super::csv::Csv;
use super::super::dto::AuditBody;
use super::super::fault::{Fault, ProblemBody, Refusal};
use super::super::session::Admitted;
use super::download;

/// How much of it.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Range {
    /// At most so many lines (200 when not given, 5000 at most).
    limit: Option<usize>,
    /// `en` or `id`; for the words of an error.
    #[allow(dead_code, reason = "the error's writer reads it")]
    lang: Option<String>,
}

/// Who did what, newest first. Holds no secrets.
#[utoipa::path(
    get, path = "/api/v1/audit", tag = "state", params(Range),
    responses(
        (status = 200, description = "The newest lines, newest first.", body = [AuditBody]),
        (status = 503, description = "The store cannot be read.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("session" = []))
)]
pub(crate) async fn audit(
    _: Admitted,
    State(app): State<Shared>,
    Params(range): Params<Range>,
) -> Result<Json<Vec<AuditBody>>, Fault> {
    Ok(Json(read(&app, range.limit.unwrap_or(200)).await?))
}

/// The whole audit log as a table for spreadsheets.
#[utoipa::path(
    get, path = "/api/v1/audit.csv", tag = "state",
    responses(
        (status = 200, description = "UTF-8 with byte order mark; no field can be a formula.", content_type = "text/csv", body = String),
        (status = 503, description = "The store cannot be read.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("session" = []))
)]
pub(crate) async fn audit_csv(_: Admitted, State(app): State<Shared>) -> Result<Response, Fault> {
    let mut csv = Csv::new(&[
        "number", "time", "what", "channel", "case", "serial", "detail",
    ]);
    for line in read(&app, 5000).await? {
        csv.row(&[
            line.number.to_string().as_str(),
            line.time.as_deref().unwrap_or(""),
            &line.what,
            line.channel.as_deref().unwrap_or(""),
            line.case.as_deref().unwrap_or(""),
            line.serial.as_deref().unwrap_or(""),
            &line.detail,
        ]);
    }
    Ok(download(
        "text/csv; charset=utf-8",
        "attachment; filename=\"audit.csv\"",
        csv.into_text(),
    ))
}

/// The newest lines, newest first.
pub(crate) async fn read(app: &Shared, limit: usize) -> Result<Vec<AuditBody>, Fault> {
    let entries = (app.bus.books.audit(limit.min(5000)).await).map_err(Refusal::Store)?;
    Ok(entries.iter().map(AuditBody::from).collect())
}
