//! The whole state, and the diagnosis.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use resetbox_core::View;
use resetbox_core::policy::Language;
use resetbox_core::view::Finding;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::dto::{
    AlertBody, CaseBody, DeviceBody, Https, Identity, Link, SessionState, State as StateBody,
};
use super::super::language::{Wanted, tag};
use super::super::session::Transport;
use super::super::{Shared, words};

/// Devices in the state; a page that needs more asks `/devices`.
const DEVICES: usize = 300;

/// Everything at one moment.
#[utoipa::path(
    get, path = "/api/v1/state", tag = "state",
    params(("lang" = Option<String>, Query, description = "`en` or `id`; else Accept-Language decides.")),
    responses((status = 200, description = "The state.", body = StateBody))
)]
pub(crate) async fn state(
    State(app): State<Shared>,
    wanted: Wanted,
    transport: Transport,
    headers: HeaderMap,
) -> Json<StateBody> {
    // Read before the view: a revision that is too old only makes a page look once more.
    let revision = app.events.revision();
    let view = app.view();
    let language = app.language(&wanted);
    Json(StateBody {
        revision,
        identity: Identity {
            id: view.box_id.clone(),
            name: view.box_name.clone(),
            version: env!("CARGO_PKG_VERSION"),
            updates: app.inbox.is_some(),
            language: tag(view.language),
        },
        time: view.wall.map(|wall| wall.to_string()),
        indicator: view.indicator.state.into(),
        session: SessionState {
            required: app.pin_required,
            open: app.admits(&headers, transport),
        },
        https: view.secured.as_ref().map(|secured| Https {
            addresses: secured.urls.clone(),
            sha256: secured.fingerprint.to_string(),
        }),
        links: view.links.iter().map(Link::from).collect(),
        devices_total: view.devices.len(),
        devices: (view.devices.iter().take(DEVICES))
            .map(|device| DeviceBody::row(device, &view))
            .collect(),
        cases: (view.cases.iter())
            .map(|case| CaseBody::of(case, language))
            .collect(),
        alerts: view.alerts.iter().map(AlertBody::from).collect(),
    })
}

/// Answers to "why do I not see my camera".
#[derive(Serialize, ToSchema)]
pub(crate) struct Diagnosis {
    /// Probes sent since start.
    pub(crate) probes: u64,
    /// Answers heard since start.
    pub(crate) answers: u64,
    /// What is not as it should be, most likely culprit first.
    pub(crate) findings: Vec<FindingBody>,
    /// Datagrams that could not be read, by reason.
    pub(crate) unreadable: Vec<Unreadable>,
    /// Addresses of other clients that ask devices too.
    pub(crate) other_clients: Vec<String>,
    /// Network interfaces.
    pub(crate) links: Vec<Link>,
}

/// One thing that is not as it should be.
#[derive(Serialize, ToSchema)]
#[schema(as = Finding)]
pub(crate) struct FindingBody {
    /// A stable name, for programs.
    #[schema(example = "no-cable")]
    kind: String,
    /// A few words.
    pub(crate) title: String,
    /// What was found.
    pub(crate) detail: String,
    /// What to try.
    pub(crate) hint: String,
}

/// Datagrams that could not be read.
#[derive(Serialize, ToSchema)]
pub(crate) struct Unreadable {
    /// Why.
    pub(crate) reason: String,
    /// How many.
    pub(crate) count: u64,
}

/// What the box knows about its own ears.
#[utoipa::path(
    get, path = "/api/v1/diagnosis", tag = "state",
    params(("lang" = Option<String>, Query, description = "`en` or `id`; else Accept-Language decides.")),
    responses((status = 200, description = "The diagnosis.", body = Diagnosis))
)]
pub(crate) async fn diagnosis(State(app): State<Shared>, wanted: Wanted) -> Json<Diagnosis> {
    let language = app.language(&wanted);
    Json(diagnose(&app.view(), language))
}

/// The diagnosis in words.
pub(crate) fn diagnose(view: &View, language: Language) -> Diagnosis {
    let diagnosis = &view.diagnosis;
    Diagnosis {
        probes: diagnosis.probes,
        answers: diagnosis.answers,
        findings: (diagnosis.findings.iter())
            .map(|finding| FindingBody::of(finding, language))
            .collect(),
        unreadable: (diagnosis.unreadable.iter())
            .map(|(reason, count)| Unreadable {
                reason: reason.clone(),
                count: *count,
            })
            .collect(),
        other_clients: (diagnosis.other_clients.iter())
            .map(ToString::to_string)
            .collect(),
        links: view.links.iter().map(Link::from).collect(),
    }
}

impl FindingBody {
    fn of(finding: &Finding, language: Language) -> Self {
        let words = words::finding(language, finding);
        Self {
            kind: words::finding_name(finding).to_owned(),
            title: words.title,
            detail: words.what,
            hint: words.next,
        }
    }
}
