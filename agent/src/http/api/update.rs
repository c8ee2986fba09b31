//! Updates of the box's system, where it runs from a card with the project's image.

use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http_body_util::BodyExt as _;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use utoipa::ToSchema;

use super::super::Shared;
use super::super::body::Json as Body;
use super::super::fault::{Fault, ProblemBody, Refusal};
use super::super::session::Admitted;
use crate::card::{Inbox, InboxError, Stage, is_busy};
use crate::update::Version;

/// Pieces of a body that may wait for the card.
const WAITING: usize = 16;

/// Updates of the system: what runs, and what waits.
#[derive(Serialize, ToSchema)]
#[schema(as = Update)]
pub(crate) struct UpdateBody {
    /// The version of the system that runs.
    #[schema(example = "0.2.0")]
    version: Option<String>,
    /// The slot that it runs from: `a` or `b`.
    #[schema(example = "a")]
    slot: String,
    /// `empty`; `receiving`; `received`: it waits for `POST /api/v1/update/start`; `starting`: it is being written, then
    /// the box restarts by itself.
    #[schema(example = "received")]
    stage: &'static str,
    /// Bytes that have come so far.
    bytes: Option<u64>,
    /// Of so many, once that is known.
    total: Option<u64>,
    /// The version that waits or is being written.
    #[schema(example = "0.3.0")]
    next: Option<String>,
    /// The largest file that is taken, in bytes.
    largest: u64,
    /// A restart would disturb a case now: `start` is refused until that is over.
    busy: bool,
}

/// What to start.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StartUpdate {
    /// The version that was received, as the person saw it.
    #[schema(example = "0.3.0")]
    version: String,
}

/// Updates of the box's system.
#[utoipa::path(
    get, path = "/api/v1/update", tag = "box",
    responses(
        (status = 200, description = "What runs, and what waits.", body = UpdateBody),
        (status = 404, description = "The box does not run from a card with the image.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn one(State(app): State<Shared>) -> Result<Json<UpdateBody>, Fault> {
    let inbox = inbox(&app)?;
    Ok(Json(body(&app, inbox)))
}

/// Sends an update: the file as it is. It is checked while it comes, and kept until it is started or thrown away.
#[utoipa::path(
    post, path = "/api/v1/update", tag = "box",
    request_body(content = Vec<u8>, description = "A file `resetbox-VERSION.update`.", content_type = "application/octet-stream"),
    responses(
        (status = 200, description = "Whole, rightly signed, and waiting to be started.", body = UpdateBody),
        (status = 409, description = "Another one is coming in or being written.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "No update for this box; nothing was changed.", body = ProblemBody, content_type = "application/problem+json"),
        (status = "4XX", description = "Who is at fault and what to do.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("session" = []))
)]
pub(crate) async fn send(
    _: Admitted,
    State(app): State<Shared>,
    request: Request,
) -> Result<Json<UpdateBody>, Fault> {
    let inbox = inbox(&app)?;
    let largest = inbox.largest();
    check_head(request.headers(), largest)?;
    let mut receiver = inbox.receive()?;
    let (pieces, mut queue) = mpsc::channel::<Bytes>(WAITING);
    // The card is slow, and the loop has other things to do.
    let writing = tokio::task::spawn_blocking(move || {
        let mut outcome = Ok(());
        while let Some(piece) = queue.blocking_recv() {
            // A browser that is cut off in the middle of a file shows no words: the rest is read and dropped.
            if outcome.is_ok() {
                outcome = receiver.take(&piece);
            }
        }
        (outcome, receiver)
    });
    let arrived = forward(request, pieces, largest, app.limits.update_pause).await;
    let (outcome, receiver) = writing.await.map_err(|_| Refusal::Busy)?;
    outcome?;
    arrived?;
    tokio::task::spawn_blocking(move || receiver.finish())
        .await
        .map_err(|_| Refusal::Busy)??;
    Ok(Json(body(&app, inbox)))
}

/// What can be said before the first byte.
fn check_head(headers: &HeaderMap, largest: u64) -> Result<(), Refusal> {
    let announced = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if announced(CONTENT_TYPE) != Some("application/octet-stream") {
        return Err(Refusal::NotBytes);
    }
    let length = announced(CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
    match length {
        Some(length) if length > largest => Err(Refusal::UpdateTooLarge(largest)),
        _ => Ok(()),
    }
}

/// Hands the pieces of a body on, as fast as the card takes them.
async fn forward(
    request: Request,
    pieces: mpsc::Sender<Bytes>,
    largest: u64,
    pause: Duration,
) -> Result<(), Refusal> {
    let mut incoming = request.into_body();
    let mut bytes = 0;
    loop {
        let frame = tokio::time::timeout(pause, incoming.frame())
            .await
            .map_err(|_| Refusal::BodyTooSlow)?;
        let Some(frame) = frame else { return Ok(()) };
        let broke = || Refusal::Update("the connection broke in the middle: send it again".into());
        let Ok(piece) = frame.map_err(|_| broke())?.into_data() else {
            continue;
        };
        bytes += piece.len() as u64;
        if bytes > largest {
            return Err(Refusal::UpdateTooLarge(largest));
        }
        // The writer ends only after the last piece.
        pieces.send(piece).await.map_err(|_| Refusal::Busy)?;
    }
}

/// Starts the update that was received: it is written into the other slot, then the box restarts.
#[utoipa::path(
    post, path = "/api/v1/update/start", tag = "box", request_body = StartUpdate,
    responses(
        (status = 200, description = "It is being written; the box restarts by itself.", body = UpdateBody),
        (status = 409, description = "A restart would disturb a case now, or no such update waits.", body = ProblemBody, content_type = "application/problem+json"),
        (status = "4XX", description = "Who is at fault and what to do.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("session" = []))
)]
pub(crate) async fn start(
    _: Admitted,
    State(app): State<Shared>,
    Body(wanted): Body<StartUpdate>,
) -> Result<Json<UpdateBody>, Fault> {
    let inbox = inbox(&app)?;
    if is_busy(&app.view()) {
        return Err(Refusal::CaseUnderWay.into());
    }
    let version = Version::parse(&wanted.version)
        .filter(|version| version.to_string() == wanted.version)
        .ok_or(InboxError::Nothing)?;
    inbox.start(version)?;
    tracing::info!("update {version} from the phone page is started");
    Ok(Json(body(&app, inbox)))
}

/// Throws away the update that was received.
#[utoipa::path(
    delete, path = "/api/v1/update", tag = "box",
    responses(
        (status = 200, description = "Nothing waits any more.", body = UpdateBody),
        (status = "4XX", description = "Who is at fault and what to do.", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("session" = []))
)]
pub(crate) async fn discard(
    _: Admitted,
    State(app): State<Shared>,
) -> Result<Json<UpdateBody>, Fault> {
    let inbox = inbox(&app)?;
    inbox.discard()?;
    Ok(Json(body(&app, inbox)))
}

fn inbox(app: &Shared) -> Result<&Inbox, Refusal> {
    app.inbox.as_ref().ok_or(Refusal::NoCard)
}

fn body(app: &Shared, inbox: &Inbox) -> UpdateBody {
    let (stage, bytes, total, next) = match inbox.stage() {
        Stage::Empty => ("empty", None, None, None),
        Stage::Receiving { bytes, total } => ("receiving", Some(bytes), total, None),
        Stage::Received { version } => ("received", None, None, Some(version)),
        Stage::Starting { version } => ("starting", None, None, Some(version)),
    };
    UpdateBody {
        version: inbox.card().version().map(|version| version.to_string()),
        slot: inbox.card().slot().to_owned(),
        stage,
        bytes,
        total,
        next: next.map(|version| version.to_string()),
        largest: inbox.largest(),
        busy: is_busy(&app.view()),
    }
}

impl From<InboxError> for Fault {
    fn from(error: InboxError) -> Self {
        match error {
            InboxError::Taken => Refusal::UpdateTaken,
            InboxError::Nothing => Refusal::NoUpdate,
            error => Refusal::Update(error.to_string()),
        }
        .into()
    }
}
