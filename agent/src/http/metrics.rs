//! Counts for Prometheus. No serials and no addresses as labels: a plant's monitoring is read by
//! more people than its cameras' labels should be.

use axum::extract::State;
use axum::response::Response;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::{Metric, Registry};
use resetbox_core::View;
use resetbox_core::view::{CaseView, DeviceView};

use super::api::typed;
use super::{App, Shared};

/// Counts, in the text form of OpenMetrics.
#[utoipa::path(
    get, path = "/metrics", tag = "box",
    responses((status = 200, description = "OpenMetrics text.",
        content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8", body = String))
)]
pub(crate) async fn text(State(app): State<Shared>) -> Response {
    let mut out = String::new();
    encode(&mut out, &registry(&app, &app.view())).expect("writing to a String cannot fail");
    typed(
        "application/openmetrics-text; version=1.0.0; charset=utf-8",
        out,
    )
}

fn registry(app: &App, view: &View) -> Registry {
    let mut registry = Registry::with_prefix("resetbox");
    let links = || view.links.iter();
    let devices = |which: fn(&DeviceView) -> bool| view.devices.iter().filter(|d| which(d)).count();
    let cases = |which: fn(&CaseView) -> bool| view.cases.iter().filter(|c| which(c)).count();
    let mut gauge = |name: &str, help: &str, value: usize| {
        let value = i64::try_from(value).unwrap_or(i64::MAX);
        register(&mut registry, name, help, ConstGauge::new(value));
    };
    gauge("devices", "Devices that answer", devices(|d| !d.gone));
    gauge(
        "devices_gone",
        "Devices that fell silent",
        devices(|d| d.gone),
    );
    gauge("cases_open", "Open cases", cases(|c| c.phase.is_open()));
    gauge(
        "cases_ended",
        "Ended cases that are remembered",
        cases(|c| !c.phase.is_open()),
    );
    gauge("alerts", "Things that need a person", view.alerts.len());
    gauge(
        "links_up",
        "Network interfaces with a cable",
        links().filter(|l| l.carrier).count(),
    );
    gauge(
        "findings",
        "Things the diagnosis found",
        view.diagnosis.findings.len(),
    );
    gauge(
        "inputs_free",
        "Free places in the core's queue",
        app.bus.inputs.capacity(),
    );
    let mut counter = |name: &str, help: &str, value: u64| {
        register(&mut registry, name, help, ConstCounter::new(value));
    };
    counter("probes", "Probes sent", view.diagnosis.probes);
    counter("answers", "Answers heard", view.diagnosis.answers);
    counter(
        "answers_raw_only",
        "Answers that only the packet socket heard",
        links().map(|l| l.answers_raw_only).sum(),
    );
    counter(
        "datagrams_dropped",
        "Datagrams lost in the kernel or the program",
        links().map(|l| l.dropped).sum(),
    );
    counter(
        "datagrams_unreadable",
        "Datagrams that could not be read",
        view.diagnosis
            .unreadable
            .iter()
            .map(|(_, count)| count)
            .sum(),
    );
    registry
}

fn register(registry: &mut Registry, name: &str, help: &str, metric: impl Metric) {
    registry.register(name, help, metric);
}
