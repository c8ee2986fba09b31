//! The drawer beside the panel mirror: plays Hik-Partner Pro and pulls the cameras' strings. It
//! reads the QR from the panel's picture with a decoder, as a phone's camera would.

use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use resetbox_plant::{Issued, Plant, Refusal};
use resetbox_view::{Frame, Geometry};
use serde::Serialize;

use crate::bus::Bus;

struct Demo {
    bus: Bus,
    plant: Option<Plant>,
    geometry: Geometry,
    /// What the app scanned last.
    scanned: Mutex<Option<String>>,
}

type Shared = Arc<Demo>;

/// The routes below `/demo`.
pub(super) fn router(bus: &Bus, plant: Option<Plant>, geometry: Geometry) -> Router {
    let demo = Arc::new(Demo {
        bus: bus.clone(),
        plant,
        geometry,
        scanned: Mutex::new(None),
    });
    Router::new()
        .route("/demo/demo.js", get(script))
        .route("/demo/cameras", get(cameras))
        .route("/demo/scan", post(scan))
        .route("/demo/issue", post(issue))
        .route("/demo/cameras/{mac}/{what}", post(pull))
        .with_state(demo)
}

async fn script() -> Response {
    let mut response = include_str!("../../assets/demo.js").into_response();
    response.headers_mut().insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/javascript; charset=utf-8"),
    );
    response
}

/// What did not work, for the drawer to show.
struct Trouble(StatusCode, &'static str);

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        (self.0, Json(serde_json::json!({ "problem": self.1 }))).into_response()
    }
}

const NO_PLANT: Trouble = Trouble(
    StatusCode::SERVICE_UNAVAILABLE,
    "The simulated cameras are not running: the terminal says why.",
);

#[derive(Serialize)]
struct CameraBody {
    mac: String,
    model: String,
    serial_tail: String,
    locked: bool,
    exported: bool,
}

async fn cameras(State(demo): State<Shared>) -> Result<Json<Vec<CameraBody>>, Trouble> {
    let plant = demo.plant.as_ref().ok_or(NO_PLANT)?;
    let all = plant.cameras().into_iter().map(|camera| CameraBody {
        mac: normal(&camera.mac),
        serial_tail: tail(&camera.serial),
        model: camera.model,
        locked: camera.lock_minutes.is_some(),
        exported: camera.device_code.is_some(),
    });
    Ok(Json(all.collect()))
}

/// The plant writes a MAC as the device does; the box writes it its own way.
fn normal(mac: &str) -> String {
    mac.parse()
        .map_or_else(|_| mac.to_owned(), |mac: sadp::Mac| mac.to_string())
}

fn tail(serial: &str) -> String {
    let count = serial.chars().count();
    serial.chars().skip(count.saturating_sub(6)).collect()
}

#[derive(Serialize)]
struct Scanned {
    /// Bytes in the QR.
    bytes: usize,
    /// The end of what it holds: the serial's tail.
    ends: String,
}

/// Points the app's camera at the panel.
async fn scan(State(demo): State<Shared>) -> Result<Json<Scanned>, Trouble> {
    let view = demo.bus.view.borrow().clone();
    let frame = resetbox_view::render(&view, &demo.geometry.turned(view.rotation));
    let text = read_qr(&frame).ok_or(Trouble(
        StatusCode::CONFLICT,
        "No QR code of a camera on the box's screen. Choose a camera there and press ok until the QR appears.",
    ))?;
    let answer = Scanned {
        bytes: text.len(),
        ends: tail(&text),
    };
    *demo.scanned.lock().unwrap_or_else(PoisonError::into_inner) = Some(text);
    Ok(Json(answer))
}

/// Decodes the picture; the join QR of the phone page is not what the app looks for.
fn read_qr(frame: &Frame) -> Option<String> {
    let (width, height) = (usize::from(frame.width()), usize::from(frame.height()));
    let rgb = frame.to_rgb8();
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| {
        rgb[(y * width + x) * 3 + 1]
    });
    let texts = image
        .detect_grids()
        .into_iter()
        .filter_map(|grid| grid.decode().ok());
    texts
        .map(|(_, text)| text)
        .find(|text| !text.starts_with("http") && !text.starts_with("WIFI:"))
}

#[derive(Serialize)]
struct Answer {
    /// `key` or `file`.
    form: &'static str,
    text: String,
}

/// The vendor approves what was scanned.
async fn issue(State(demo): State<Shared>) -> Result<Json<Answer>, Trouble> {
    let plant = demo.plant.as_ref().ok_or(NO_PLANT)?;
    let scanned = demo
        .scanned
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    let code = scanned.ok_or(Trouble(StatusCode::CONFLICT, "Scan the QR code first."))?;
    match plant.vendor_issue(&code) {
        Ok(Issued::Key(text)) => Ok(Json(Answer { form: "key", text })),
        Ok(Issued::File(text)) => Ok(Json(Answer { form: "file", text })),
        Err(Refusal::Expired) => Err(Trouble(
            StatusCode::GONE,
            "Declined: this code is older than 48 hours. Open a new case on the box.",
        )),
        Err(Refusal::UnknownDeviceCode) => Err(Trouble(
            StatusCode::NOT_FOUND,
            "Declined: no camera gave this code.",
        )),
    }
}

/// Something happens to a camera.
async fn pull(
    State(demo): State<Shared>,
    Path((mac, what)): Path<(String, String)>,
) -> Result<Json<serde_json::Value>, Trouble> {
    let plant = demo.plant.as_ref().ok_or(NO_PLANT)?;
    let unknown = Trouble(StatusCode::NOT_FOUND, "No such camera in this plant.");
    let index = plant
        .cameras()
        .iter()
        .position(|camera| normal(&camera.mac) == mac);
    let camera = index.ok_or(unknown)?;
    let done = match what.as_str() {
        "reboot" => plant.reboot(camera),
        "lock" => plant.lock(camera),
        "expire" => plant.expire(camera),
        "export" => plant.export_by_other(camera),
        _ => {
            return Err(Trouble(
                StatusCode::NOT_FOUND,
                "Nothing like this happens to cameras.",
            ));
        }
    };
    match done {
        Ok(()) => Ok(Json(serde_json::json!({ "ok": true }))),
        Err(_) => Err(Trouble(
            StatusCode::NOT_FOUND,
            "No such camera in this plant.",
        )),
    }
}
