//! Is the program alive, and can it do its work?

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use resetbox_core::view::Alert;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::Shared;

/// The process answers.
#[utoipa::path(
    get, path = "/healthz", tag = "box",
    responses((status = 200, description = "Alive.", content_type = "text/plain", body = String))
)]
pub(crate) async fn alive() -> &'static str {
    "ok\n"
}

/// Each thing that the box needs to do its work.
#[derive(Serialize, ToSchema)]
pub(crate) struct Ready {
    /// Link, panel, store and core are well.
    ready: bool,
    /// A cable is in.
    link: bool,
    /// The panel and its keys work, or there are none.
    panel: bool,
    /// The store can be written.
    store: bool,
    /// The core's loop turns.
    core: bool,
    /// HTTPS is served. Not needed for `ready`: it may be switched off.
    https: bool,
}

/// Can the box do its work: a link with a cable, panel well, store writable?
#[utoipa::path(
    get, path = "/readyz", tag = "box",
    responses(
        (status = 200, description = "Ready.", body = Ready),
        (status = 503, description = "Not ready; the false item says why.", body = Ready),
    )
)]
pub(crate) async fn ready(State(app): State<Shared>) -> (StatusCode, Json<Ready>) {
    let view = app.view();
    let link = view.links.iter().any(|link| link.carrier);
    let panel = !view
        .alerts
        .iter()
        .any(|alert| matches!(alert, Alert::Panel(_) | Alert::Buttons(_)));
    let store = app.bus.books.probe().await.is_ok();
    let core = !app.bus.inputs.is_closed() && app.bus.inputs.capacity() > 0;
    let ready = link && panel && store && core;
    let status = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let body = Ready {
        ready,
        link,
        panel,
        store,
        core,
        https: view.secured.is_some(),
    };
    (status, Json(body))
}
