//! The JSON API under `/api/v1`.

pub(crate) mod books;
pub(crate) mod cases;
pub(crate) mod devices;
pub(crate) mod health;
pub(crate) mod operate;
pub(crate) mod panel;
pub(crate) mod secrets;
pub(crate) mod state;
pub(crate) mod update;

use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::Response;
use axum::routing::{get, post};
use resetbox_core::policy::Language;
use resetbox_core::request::{CaseId, Done};
use resetbox_core::view::CaseView;
use resetbox_core::{Channel, Problem, ProblemKind, Request, View};

use super::fault::{Fault, Refusal};
use super::language::Wanted;
use super::{App, Shared, events, metrics, openapi};

pub(crate) fn router(app: Shared) -> Router {
    let v1 = Router::new()
        .route("/state", get(state::state))
        .route("/devices", get(devices::list))
        .route("/devices.csv", get(devices::csv))
        .route("/devices/{mac}", get(devices::one))
        .route("/devices/{mac}/lamp", post(devices::lamp))
        .route("/scan", post(operate::scan))
        .route("/cases", get(cases::list).post(cases::open))
        .route("/cases/{id}", get(cases::one).delete(cases::cancel))
        .route("/cases/{id}/qr.png", get(secrets::qr_png))
        .route("/cases/{id}/qr.svg", get(secrets::qr_svg))
        .route("/cases/{id}/DeviceKey.xml", get(secrets::device_key))
        .route("/cases/{id}/key", post(cases::key))
        .route("/cases/{id}/file", post(cases::file))
        .route("/cases/{id}/password", post(cases::password))
        .route("/cases/{id}/login-check", post(cases::login_check))
        .route("/cases/{id}/confirm", post(cases::confirm))
        .route("/cases/{id}/withdraw", post(cases::withdraw))
        .route("/cases/{id}/resolve", post(cases::resolve))
        .route("/password", post(secrets::propose))
        .route(
            "/session",
            get(operate::session)
                .post(operate::enter)
                .delete(operate::leave),
        )
        .route(
            "/update",
            get(update::one).post(update::send).delete(update::discard),
        )
        .route("/update/start", post(update::start))
        .route("/language", post(operate::language))
        .route("/time", post(operate::time))
        .route("/identify", post(operate::identify))
        .route("/diagnosis", get(state::diagnosis))
        .route("/audit", get(books::audit))
        .route("/audit.csv", get(books::audit_csv))
        .route("/events", get(events::follow))
        .route("/panel", get(panel::follow))
        .route("/panel/frame.png", get(panel::frame))
        .route("/panel/keys", post(panel::key));
    Router::new()
        .nest("/api/v1", v1)
        .route("/api/openapi.json", get(openapi::file))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(metrics::text))
        .with_state(app)
}

/// Nothing at this address.
pub(crate) async fn not_found() -> Fault {
    Refusal::NotFound.into()
}

/// Nothing with this method at this address; axum adds the Allow header.
pub(crate) async fn method_not_allowed() -> Fault {
    Refusal::MethodNotAllowed.into()
}

impl App {
    /// Asks the core over the phone's channel.
    pub(crate) async fn ask(&self, request: Request) -> Result<Done, Fault> {
        Ok(self.bus.ask(Channel::Phone, request).await??)
    }

    /// The language for an answer: the one asked for, else the box's own.
    pub(crate) fn language(&self, wanted: &Wanted) -> Language {
        wanted.0.unwrap_or_else(|| self.view().language)
    }
}

/// The case of this id.
pub(crate) fn find_case<'a>(view: &'a View, id: &str) -> Result<&'a CaseView, Fault> {
    view.cases
        .iter()
        .find(|case| case.id.0 == id)
        .ok_or_else(|| Problem::new(ProblemKind::UnknownCase).into())
}

/// A case's id as the core knows it. One that cannot be an id is unknown, without asking.
pub(crate) fn case_id(text: String) -> Result<CaseId, Fault> {
    let plausible = text.len() <= 32 && text.bytes().all(|b| b.is_ascii_alphanumeric());
    if plausible {
        Ok(CaseId(text))
    } else {
        Err(Problem::new(ProblemKind::UnknownCase).into())
    }
}

/// An answer that is no JSON.
pub(crate) fn typed(content_type: &'static str, body: impl Into<axum::body::Body>) -> Response {
    let mut response = Response::new(body.into());
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// An answer that a browser should keep as a file.
pub(crate) fn download(
    content_type: &'static str,
    disposition: &'static str,
    body: impl Into<axum::body::Body>,
) -> Response {
    let mut response = typed(content_type, body);
    response
        .headers_mut()
        .insert(CONTENT_DISPOSITION, HeaderValue::from_static(disposition));
    response
}
