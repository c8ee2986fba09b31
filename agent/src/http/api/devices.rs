//! Devices.
#![allow(
    unused_qualifications,
    reason = "utoipa's macro writes params(super::T)"
)]

use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use resetbox_core::view::DeviceView;
use resetbox_core::{Problem, ProblemKind, Request};
use sadp::Mac;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::super::Shared;
use super::super::body::{Json as Body, Params};
use super::super::csv::Csv;
use super::super::dto::DeviceBody;
use super::super::fault::{Fault, ProblemBody, Refusal};
use super::super::session::Admitted;
use super::download;

/// Which devices.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// Part of the model, serial, address or hardware address; case does not matter.
    q: Option<String>,
    /// At most so many (1000 when not given, 10000 at most).
    limit: Option<usize>,
    /// Leave out so many first.
    offset: Option<usize>,
    /// `en` or `id`; for the words of an error.
    #[allow(dead_code, reason = "the error's writer reads it")]
    lang: Option<String>,
}

/// A page of devices.
#[derive(Serialize, ToSchema)]
pub(crate) struct Devices {
    /// How many match in all.
    total: usize,
    /// Those asked for.
    items: Vec<DeviceBody>,
}

/// The devices on the wire.
#[utoipa::path(
    get, path = "/api/v1/devices", tag = "devices", params(Which),
    responses((status = 200, description = "Devices in the order of the list.", body = Devices))
)]
pub(crate) async fn list(State(app): State<Shared>, Params(which): Params<Which>) -> Json<Devices> {
    let view = app.view();
    let wanted = which.q.unwrap_or_default().to_lowercase();
    let matching = || {
        view.devices
            .iter()
            .filter(|device| matches(device, &wanted))
    };
    Json(Devices {
        total: matching().count(),
        items: matching()
            .skip(which.offset.unwrap_or(0))
            .take(which.limit.unwrap_or(1000).min(10_000))
            .map(|device| DeviceBody::row(device, &view))
            .collect(),
    })
}

fn matches(device: &DeviceView, wanted: &str) -> bool {
    wanted.is_empty()
        || device.model.to_lowercase().contains(wanted)
        || device.serial.to_lowercase().contains(wanted)
        || device.mac.to_string().contains(wanted)
        || device
            .ipv4
            .is_some_and(|ip| ip.to_string().contains(wanted))
}

/// The devices as a table for spreadsheets.
#[utoipa::path(
    get, path = "/api/v1/devices.csv", tag = "devices",
    responses((status = 200, description = "UTF-8 with byte order mark; no field can be a formula.",
        content_type = "text/csv", body = String))
)]
pub(crate) async fn csv(State(app): State<Shared>) -> Response {
    let view = app.view();
    let mut csv = Csv::new(&[
        "mac",
        "model",
        "serial",
        "ipv4",
        "http_port",
        "firmware",
        "brand",
        "activated",
        "way",
        "gone",
        "case",
    ]);
    for device in &view.devices {
        let row = DeviceBody::row(device, &view);
        let way = serde_json::to_value(row.way).ok();
        csv.row(&[
            row.mac.as_str(),
            &row.model,
            &row.serial,
            row.ipv4.as_deref().unwrap_or(""),
            &row.http_port
                .map(|port| port.to_string())
                .unwrap_or_default(),
            &row.firmware,
            row.brand.as_deref().unwrap_or(""),
            yes(row.activated),
            way.as_ref().and_then(|way| way.as_str()).unwrap_or(""),
            yes(row.gone),
            row.case.as_deref().unwrap_or(""),
        ]);
    }
    download(
        "text/csv; charset=utf-8",
        "attachment; filename=\"devices.csv\"",
        csv.into_text(),
    )
}

fn yes(value: bool) -> &'static str {
    if value { "yes" } else { "no" }
}

/// One device with everything that is known of it.
#[utoipa::path(
    get, path = "/api/v1/devices/{mac}", tag = "devices",
    params(("mac" = String, Path, description = "Hardware address, in any usual spelling.")),
    responses(
        (status = 200, description = "The device.", body = DeviceBody),
        (status = 404, description = "No such device.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn one(
    State(app): State<Shared>,
    Path(mac): Path<String>,
) -> Result<Json<DeviceBody>, Fault> {
    let mac = parse_mac(&mac)?;
    let view = app.view();
    let device = (view.devices.iter())
        .find(|device| device.mac == mac)
        .ok_or_else(|| Problem::new(ProblemKind::UnknownDevice))?;
    Ok(Json(DeviceBody::whole(device, &view)))
}

/// Blink or stop.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lamp {
    /// Start blinking.
    on: bool,
}

/// Carried out.
#[derive(Serialize, ToSchema)]
pub(crate) struct Ok_ {
    /// Always true.
    pub(crate) ok: bool,
}

/// Blinks a device that has a lamp.
#[utoipa::path(
    post, path = "/api/v1/devices/{mac}/lamp", tag = "devices", request_body = Lamp,
    params(("mac" = String, Path, description = "Hardware address, in any usual spelling.")),
    responses(
        (status = 200, description = "The device agreed.", body = Ok_),
        (status = "4XX", description = "Who is at fault and what to do.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 504, description = "The device is silent.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("session" = []))
)]
pub(crate) async fn lamp(
    _: Admitted,
    State(app): State<Shared>,
    Path(mac): Path<String>,
    Body(lamp): Body<Lamp>,
) -> Result<Json<Ok_>, Fault> {
    let mac = parse_mac(&mac)?;
    app.ask(Request::Lamp { mac, on: lamp.on }).await?;
    Ok(Json(Ok_ { ok: true }))
}

/// A hardware address as somebody typed it.
pub(crate) fn parse_mac(text: &str) -> Result<Mac, Fault> {
    text.parse().map_err(|_| {
        let shown = text
            .chars()
            .take(40)
            .map(|c| if c.is_control() { '?' } else { c });
        Refusal::BadMac(shown.collect()).into()
    })
}
