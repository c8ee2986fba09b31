//! The panel mirror: what the glass shows now, what the indicators do, and the keys.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::Cursor;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Json;
use axum::body::{Body as HttpBody, Bytes};
use axum::extract::State;
use axum::response::Response;
use futures_util::stream;
use resetbox_core::View;
use resetbox_core::screen::{Button as CoreButton, Edge as CoreEdge, Page};
use resetbox_core::secret::SecretText;
use resetbox_core::view::Indicator;
use resetbox_view::{Frame, Geometry, indicator};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use utoipa::ToSchema;

use super::super::Shared;
use super::super::body::Json as Body;
use super::super::events::{self, Place};
use super::super::fault::{Fault, ProblemBody, Refusal};
use super::super::session::Admitted;
use super::devices::Ok_;
use super::typed;
use crate::bus::Input;

/// Shortest time between two frames of the mirror.
const FRAME_EVERY: Duration = Duration::from_millis(80);
/// Steps of the indicator tables: every edge of every pattern lies on one.
const LIGHT_STEP_MS: u64 = 50;
/// Every pattern repeats after ten seconds or is steady by then.
const LIGHT_STEPS: u64 = 200;

/// The last drawn frame.
pub(crate) struct Mirror {
    geometry: Geometry,
    /// Show what is typed, PINs and passwords too: only where the mirror is the panel (the demo).
    show_secrets: bool,
    last: Mutex<Option<Drawn>>,
}

#[derive(Clone)]
struct Drawn {
    view: Arc<View>,
    hash: u64,
    number: u64,
    frame: Arc<Frame>,
}

impl Mirror {
    pub(crate) fn new(geometry: Geometry, show_secrets: bool) -> Self {
        Self {
            geometry,
            show_secrets,
            last: Mutex::new(None),
        }
    }

    /// The picture of this view and its number; a number names one picture.
    fn draw(&self, view: &Arc<View>) -> (u64, Arc<Frame>) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = last.as_ref()
            && Arc::ptr_eq(&known.view, view)
        {
            return (known.number, known.frame.clone());
        }
        let geometry = self.geometry.turned(view.rotation);
        let frame = if self.show_secrets {
            resetbox_view::render(view, &geometry)
        } else {
            resetbox_view::render(&masked(view), &geometry)
        };
        let mut hasher = DefaultHasher::new();
        (frame.width(), frame.pixels()).hash(&mut hasher);
        let hash = hasher.finish();
        let drawn = match last.take() {
            Some(known) if known.hash == hash => Drawn {
                view: view.clone(),
                ..known
            },
            known => Drawn {
                view: view.clone(),
                hash,
                number: known.map_or(1, |known| known.number + 1),
                frame: Arc::new(frame),
            },
        };
        let answer = (drawn.number, drawn.frame.clone());
        *last = Some(drawn);
        answer
    }
}

/// The view without what only somebody before the box may read on its screen.
fn masked(view: &View) -> View {
    const HIDDEN: &str = "********";
    let mut view = view.clone();
    match &mut view.screen.page {
        Page::KeyEntry { typed, phone, .. } => {
            *typed = SecretText::new("*".repeat(typed.expose().chars().count()));
            if let Some((_, pin)) = phone {
                *pin = HIDDEN[..4].to_owned();
            }
        }
        Page::NewPassword { password, .. } => {
            *password = password.as_ref().map(|_| SecretText::new(HIDDEN));
        }
        Page::Join {
            pin,
            url_qr,
            secured,
            ..
        } => {
            *pin = HIDDEN[..4].to_owned();
            *url_qr = None;
            if let Some(secured) = secured {
                secured.url_qr = None;
            }
        }
        _ => {}
    }
    view
}

/// A frame of the panel; the picture itself is at `/api/v1/panel/frame.png`.
#[derive(Serialize, ToSchema)]
pub(crate) struct FrameNews {
    /// Counts up with every different picture.
    number: u64,
    /// Pixels per row.
    width: u16,
    /// Rows.
    height: u16,
    /// Distance from one pixel to the next in micrometres.
    pitch_um: f32,
    /// Brightness of the backlight in percent.
    brightness: u8,
    /// The backlight is off.
    asleep: bool,
}

/// What the indicators do from now on.
#[derive(Serialize, ToSchema)]
pub(crate) struct Lights {
    /// Milliseconds since this pattern began.
    elapsed_ms: u64,
    /// Length of a step in milliseconds.
    step_ms: u64,
    /// One red-green-blue indicator: `[first step, red, green, blue]` of each change in the first ten seconds.
    rgb: Vec<[u64; 4]>,
    /// As `rgb`, for every ten seconds after the first.
    rgb_later: Vec<[u64; 4]>,
    /// Three indicators: `[first step, link, case, alarm]`, likewise.
    three: Vec<[u64; 4]>,
    /// As `three`, for every ten seconds after the first.
    three_later: Vec<[u64; 4]>,
}

impl Lights {
    fn of(indicator: Indicator, view: &View) -> Self {
        let state = indicator.state;
        let at = |step| Duration::from_millis(step * LIGHT_STEP_MS);
        let rgb = |step| indicator::rgb(state, at(step)).map(u64::from);
        let three = |step| indicator::three(state, at(step)).map(u64::from);
        Self {
            elapsed_ms: u64::try_from(view.at.since(indicator.since).as_millis()).unwrap_or(0),
            step_ms: LIGHT_STEP_MS,
            rgb: changes(0, rgb),
            rgb_later: changes(LIGHT_STEPS, rgb),
            three: changes(0, three),
            three_later: changes(LIGHT_STEPS, three),
        }
    }
}

/// The steps of ten seconds at which `light` changes, with what it changes to.
fn changes(first: u64, light: impl Fn(u64) -> [u64; 3]) -> Vec<[u64; 4]> {
    let mut out: Vec<[u64; 4]> = Vec::new();
    for step in 0..LIGHT_STEPS {
        let [a, b, c] = light(first + step);
        if out.last().is_none_or(|last| last[1..] != [a, b, c]) {
            out.push([step, a, b, c]);
        }
    }
    out
}

/// Follow the panel: a `frame` event for each new picture, a `lights` event for each new pattern.
#[utoipa::path(
    get, path = "/api/v1/panel", tag = "panel",
    responses(
        (status = 200, description = "Server-sent events: `frame` carries a `FrameNews`, `lights` a `Lights`.",
         content_type = "text/event-stream", body = FrameNews),
        (status = 401, description = "Needs a session.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "Too many streams.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("session" = []))
)]
pub(crate) async fn follow(_: Admitted, State(app): State<Shared>) -> Result<Response, Fault> {
    let start = Watcher {
        place: app.events.place(app.limits.streams)?,
        view: app.bus.view.clone(),
        app,
        shown: None,
        lights: None,
    };
    let body = stream::unfold(start, |mut watcher| async {
        let text = watcher.next().await?;
        Some((
            Ok::<_, std::convert::Infallible>(Bytes::from(text)),
            watcher,
        ))
    });
    let mut response = typed("text/event-stream", HttpBody::from_stream(body));
    events::unbuffered(response.headers_mut());
    Ok(response)
}

struct Watcher {
    app: Shared,
    view: watch::Receiver<Arc<View>>,
    shown: Option<(u64, u8, bool)>,
    lights: Option<Indicator>,
    #[allow(dead_code, reason = "gives its place back when dropped")]
    place: Place,
}

impl Watcher {
    async fn next(&mut self) -> Option<String> {
        loop {
            let view = self.view.borrow_and_update().clone();
            let mut text = String::new();
            let (number, frame) = self.app.mirror.draw(&view);
            let shown = (number, view.brightness, view.asleep);
            if self.shown != Some(shown) {
                self.shown = Some(shown);
                let news = FrameNews {
                    number,
                    width: frame.width(),
                    height: frame.height(),
                    pitch_um: self.app.mirror.geometry.pitch_um,
                    brightness: view.brightness,
                    asleep: view.asleep,
                };
                event(&mut text, "frame", &news);
            }
            if self.lights != Some(view.indicator) {
                self.lights = Some(view.indicator);
                event(&mut text, "lights", &Lights::of(view.indicator, &view));
            }
            if !text.is_empty() {
                return Some(text);
            }
            tokio::select! {
                outcome = self.view.changed() => {
                    outcome.ok()?;
                    tokio::time::sleep(FRAME_EVERY).await;
                }
                () = self.app.bus.inputs.closed() => return None,
                () = tokio::time::sleep(events::HEARTBEAT) => return Some(events::ALIVE.to_owned()),
            }
        }
    }
}

fn event(text: &mut String, name: &str, body: &impl Serialize) {
    let json = serde_json::to_string(body).expect("plain numbers always serialise");
    text.push_str(&format!("event: {name}\ndata: {json}\n\n"));
}

/// What the panel shows now.
#[utoipa::path(
    get, path = "/api/v1/panel/frame.png", tag = "panel",
    responses(
        (status = 200, description = "Pixel for pixel; what is typed and PINs are covered on a real box.", content_type = "image/png", body = Vec<u8>),
        (status = 401, description = "Needs a session.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("session" = []))
)]
pub(crate) async fn frame(_: Admitted, State(app): State<Shared>) -> Result<Response, Fault> {
    let (_, frame) = app.mirror.draw(&app.view());
    let picture = encode(&frame).map_err(|_| Refusal::Busy)?;
    Ok(typed("image/png", picture))
}

fn encode(frame: &Frame) -> Result<Vec<u8>, png::EncodingError> {
    let mut out = Cursor::new(Vec::new());
    let mut encoder = png::Encoder::new(&mut out, frame.width().into(), frame.height().into());
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    encoder.write_header()?.write_image_data(&frame.to_rgb8())?;
    Ok(out.into_inner())
}

/// A key of the panel.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the names are those of the core's Button")]
pub(crate) enum Button {
    Up,
    Down,
    Ok,
    Back,
    Left,
    Right,
}

/// What it did.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Edge {
    /// Went down.
    Pressed,
    /// Came up.
    Released,
}

/// A key and what it did.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyStroke {
    /// Which key.
    button: Button,
    /// Pressed or released; the box tells long from short.
    edge: Edge,
}

/// Presses or releases a key of the panel.
#[utoipa::path(
    post, path = "/api/v1/panel/keys", tag = "panel", request_body = KeyStroke,
    responses(
        (status = 200, description = "Done.", body = Ok_),
        (status = "4XX", description = "Who is at fault and what to do.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The box is busy.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("session" = []))
)]
pub(crate) async fn key(
    _: Admitted,
    State(app): State<Shared>,
    Body(stroke): Body<KeyStroke>,
) -> Result<Json<Ok_>, Fault> {
    let button = match stroke.button {
        Button::Up => CoreButton::Up,
        Button::Down => CoreButton::Down,
        Button::Ok => CoreButton::Ok,
        Button::Back => CoreButton::Back,
        Button::Left => CoreButton::Left,
        Button::Right => CoreButton::Right,
    };
    let edge = match stroke.edge {
        Edge::Pressed => CoreEdge::Pressed,
        Edge::Released => CoreEdge::Released,
    };
    (app.bus.inputs)
        .try_send(Input::Button(button, edge))
        .map_err(|_| Refusal::Busy)?;
    Ok(Json(Ok_ { ok: true }))
}
