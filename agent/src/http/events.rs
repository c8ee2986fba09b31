//! Server-sent events: what happened, with ids and a bounded memory, and "look again" when the view
//! changed. A stream reads the memory from its own position, so a slow one delays nobody.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::Response;
use futures_util::stream;
use resetbox_core::View;
use resetbox_core::view::{CaseView, DeviceView, Feed, LinkView};
use serde::Serialize;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;
use utoipa::ToSchema;

use super::api::typed;
use super::fault::{Fault, Refusal};
use super::{Shared, words};

/// Lines remembered for those who come back with a Last-Event-ID.
const MEMORY: usize = 256;
/// So that a phone that went away is noticed, and one that is there knows the box lives.
pub(crate) const HEARTBEAT: Duration = Duration::from_secs(15);
/// The heartbeat itself.
pub(crate) const ALIVE: &str = ": the box lives\n\n";
/// Shortest time between two `view` events.
const VIEW_EVERY: Duration = Duration::from_millis(200);

/// Something that happened, as JSON.
#[derive(Serialize, ToSchema)]
#[schema(as = Event)]
pub(crate) struct EventBody {
    /// `device-found`, `device-gone`, `case-opened`, `code-received`, `succeeded`, ...
    pub(crate) what: String,
    /// When (RFC 3339), if known.
    pub(crate) time: Option<String>,
    /// The device's serial.
    pub(crate) serial: Option<String>,
    /// The case.
    pub(crate) case: Option<String>,
    /// `panel`, `phone` or `mqtt`, if a person did it.
    pub(crate) channel: Option<String>,
    /// In plain English.
    pub(crate) detail: String,
}

/// The memory and its readers.
pub(crate) struct Events {
    /// Differs from run to run, so that ids of an earlier run are recognised as such.
    run: String,
    memory: Mutex<Memory>,
    news: watch::Sender<News>,
    streams: Arc<AtomicUsize>,
}

#[derive(Default)]
struct Memory {
    /// Number of the oldest line.
    first: u64,
    lines: VecDeque<(&'static str, String)>,
}

#[derive(Copy, Clone, PartialEq, Eq, Default)]
struct News {
    next: u64,
    revision: u64,
}

impl Events {
    pub(crate) fn new() -> Self {
        let mut run = [0; 4];
        // Without randomness two runs look alike to a page that was open over a restart: it would
        // miss lines, not more.
        let _ = getrandom::fill(&mut run);
        Self {
            run: format!("{:08x}", u32::from_be_bytes(run)),
            memory: Mutex::default(),
            news: watch::Sender::default(),
            streams: Arc::default(),
        }
    }

    /// A place for one more stream.
    pub(crate) fn place(&self, most: usize) -> Result<Place, Fault> {
        let place = Place(self.streams.clone());
        if place.0.fetch_add(1, Ordering::Relaxed) >= most {
            return Err(Refusal::TooManyStreams.into());
        }
        Ok(place)
    }

    /// Counts up with every change of the view.
    pub(crate) fn revision(&self) -> u64 {
        self.news.borrow().revision
    }

    fn add(&self, feed: &Feed) {
        let body = EventBody {
            what: feed.what.to_owned(),
            time: feed.wall.map(|wall| wall.to_string()),
            serial: feed.serial.clone(),
            case: feed.case.as_ref().map(|case| case.0.clone()),
            channel: feed.channel.map(words::channel_name),
            detail: feed.detail.clone(),
        };
        let text = serde_json::to_string(&body).expect("strings always serialise");
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        if memory.lines.len() == MEMORY {
            memory.lines.pop_front();
            memory.first += 1;
        }
        memory.lines.push_back((feed.what, text));
        let next = memory.first + memory.lines.len() as u64;
        self.news.send_modify(|news| news.next = next);
    }

    fn changed(&self) {
        self.news.send_modify(|news| news.revision += 1);
    }

    /// Everything from `position` on as event-stream text, and the next position. `None` for
    /// `position` is "from now on".
    fn after(&self, position: Option<u64>) -> (String, u64) {
        let memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let next = memory.first + memory.lines.len() as u64;
        let position = position.unwrap_or(next).min(next);
        let mut text = String::new();
        if position < memory.first {
            let missed = memory.first - position;
            text.push_str(&format!("event: missed\ndata: {{\"count\":{missed}}}\n\n"));
        }
        let skip = position.saturating_sub(memory.first);
        for (number, (what, line)) in (memory.first..).zip(&memory.lines).skip(skip as usize) {
            text.push_str(&format!(
                "id: {}-{number}\nevent: {what}\ndata: {line}\n\n",
                self.run
            ));
        }
        (text, next)
    }

    /// Where somebody goes on who saw `last` last: after it; from the oldest line on if it is from an earlier run;
    /// from now on if it is nothing of ours.
    fn position(&self, last: Option<&str>) -> Option<u64> {
        let (run, number) = last?.rsplit_once('-')?;
        let number: u64 = number.parse().ok()?;
        if run == self.run {
            number.checked_add(1)
        } else {
            Some(0)
        }
    }
}

/// Feeds the memory and counts changes of the view. Ends with the bus.
pub(crate) async fn pump(app: Shared) {
    let mut feed = app.bus.feed.subscribe();
    let mut view = app.bus.view.clone();
    let mut shown = view.borrow_and_update().clone();
    let mut rest = Box::pin(tokio::time::sleep(Duration::ZERO));
    loop {
        tokio::select! {
            line = feed.recv() => match line {
                Ok(line) => app.events.add(&line),
                // The lines are lost for us as well; the next `view` event shows what became of it.
                Err(RecvError::Lagged(_)) => app.events.changed(),
                Err(RecvError::Closed) => return,
            },
            () = app.bus.inputs.closed() => return,
            outcome = view.changed(), if rest.is_elapsed() => {
                if outcome.is_err() {
                    return;
                }
                let now = view.borrow_and_update().clone();
                if differs(&shown, &now) {
                    app.events.changed();
                }
                shown = now;
                rest.as_mut().reset(tokio::time::Instant::now() + VIEW_EVERY);
            }
            () = &mut rest, if !rest.is_elapsed() => {}
        }
    }
}

/// Something that a page shows is different. What only counts up (ages, counters) is not.
fn differs(a: &View, b: &View) -> bool {
    a.indicator != b.indicator
        || a.box_name != b.box_name
        || a.language != b.language
        || a.wall.is_some() != b.wall.is_some()
        || a.alerts != b.alerts
        || a.diagnosis.findings != b.diagnosis.findings
        || a.links.len() != b.links.len()
        || a.links
            .iter()
            .zip(&b.links)
            .any(|(a, b)| link_differs(a, b))
        || a.devices.len() != b.devices.len()
        || (a.devices.iter().zip(&b.devices))
            .any(|(a, b)| !Arc::ptr_eq(a, b) && device_differs(a, b))
        || a.cases.len() != b.cases.len()
        || a.cases
            .iter()
            .zip(&b.cases)
            .any(|(a, b)| case_differs(a, b))
}

fn link_differs(a: &LinkView, b: &LinkView) -> bool {
    let bare = |link: &LinkView| LinkView {
        probes: 0,
        answers: 0,
        answers_raw_only: 0,
        dropped: 0,
        ..link.clone()
    };
    bare(a) != bare(b)
}

fn device_differs(a: &DeviceView, b: &DeviceView) -> bool {
    let bare = |device: &DeviceView| DeviceView {
        last_seen: device.first_seen,
        ..device.clone()
    };
    bare(a) != bare(b)
}

fn case_differs(a: &CaseView, b: &CaseView) -> bool {
    let bare = |case: &CaseView| CaseView {
        left: case.left.map(|_| Duration::ZERO),
        ..case.clone()
    };
    bare(a) != bare(b)
}

/// One open stream; gives its place back when the client goes away.
pub(crate) struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Follow the box: what happens, and a `view` event whenever the state should be fetched again.
#[utoipa::path(
    get, path = "/api/v1/events", tag = "state",
    params(("Last-Event-ID" = Option<String>, Header, description = "Go on after this event.")),
    responses(
        (status = 200, description = "Server-sent events. Events named after `what` carry an `Event`; `view` carries \
            `{revision}`; `missed` carries `{count}`. A comment every 15 s shows that the box lives.",
         content_type = "text/event-stream", body = EventBody),
        (status = 503, description = "Too many streams.", body = super::fault::ProblemBody,
         content_type = "application/problem+json"),
    )
)]
pub(crate) async fn follow(
    State(app): State<Shared>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    let place = app.events.place(app.limits.streams)?;
    let last = headers
        .get("last-event-id")
        .and_then(|value| value.to_str().ok());
    let start = Reader {
        news: app.events.news.subscribe(),
        position: app.events.position(last),
        revision: None,
        app,
        _place: place,
    };
    let body = stream::unfold(start, |mut reader| async {
        let text = reader.next().await?;
        Some((Ok::<_, std::convert::Infallible>(Bytes::from(text)), reader))
    });
    let mut response = typed("text/event-stream", Body::from_stream(body));
    unbuffered(response.headers_mut());
    Ok(response)
}

/// No proxy may hold a stream back.
pub(crate) fn unbuffered(headers: &mut HeaderMap) {
    headers.insert(
        HeaderName::from_static("x-accel-buffering"),
        HeaderValue::from_static("no"),
    );
}

struct Reader {
    app: Shared,
    news: watch::Receiver<News>,
    position: Option<u64>,
    revision: Option<u64>,
    _place: Place,
}

impl Reader {
    /// The next piece of text; `None` when the box stops.
    async fn next(&mut self) -> Option<String> {
        loop {
            let news = *self.news.borrow_and_update();
            let (mut text, next) = self.app.events.after(self.position);
            self.position = Some(next);
            if self.revision != Some(news.revision) {
                if self.revision.is_none() {
                    // How long a browser waits before it comes back.
                    text.push_str("retry: 2000\n");
                }
                self.revision = Some(news.revision);
                text.push_str(&format!(
                    "event: view\ndata: {{\"revision\":{}}}\n\n",
                    news.revision
                ));
            }
            if !text.is_empty() {
                return Some(text);
            }
            tokio::select! {
                outcome = self.news.changed() => outcome.ok()?,
                () = self.app.bus.inputs.closed() => return None,
                () = tokio::time::sleep(HEARTBEAT) => return Some(ALIVE.to_owned()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use resetbox_core::Mono;

    fn feed(detail: &str) -> Feed {
        Feed {
            what: "device-found",
            at: Mono(0),
            wall: None,
            serial: None,
            case: None,
            channel: None,
            detail: detail.to_owned(),
        }
    }

    #[test]
    fn who_comes_back_gets_what_was_missed_and_nothing_twice() {
        let events = Events::new();
        events.add(&feed("one"));
        events.add(&feed("two"));
        let (all, next) = events.after(Some(0));
        assert_eq!(next, 2);
        let ids: Vec<&str> = all
            .lines()
            .filter_map(|line| line.strip_prefix("id: "))
            .collect();
        assert_eq!(ids.len(), 2);
        let (rest, _) = events.after(events.position(Some(ids[0])));
        assert!(rest.contains("two") && !rest.contains("one"), "{rest}");
        assert_eq!(events.after(events.position(Some(ids[1]))).0, "");
    }

    #[test]
    fn a_stranger_starts_now_and_an_earlier_run_from_the_oldest_line() {
        let events = Events::new();
        events.add(&feed("one"));
        assert_eq!(events.after(events.position(None)).0, "");
        assert_eq!(events.after(events.position(Some("nonsense"))).0, "");
        assert!(
            events
                .after(events.position(Some("zzzzzzzz-7")))
                .0
                .contains("one")
        );
        let future = format!("{}-99", events.run);
        assert_eq!(events.after(events.position(Some(&future))).0, "");
    }

    #[test]
    fn the_memory_is_bounded_and_says_what_it_forgot() {
        let events = Events::new();
        for number in 0..MEMORY + 10 {
            events.add(&feed(&format!("n{number}")));
        }
        let (text, _) = events.after(Some(0));
        assert!(
            text.starts_with("event: missed\ndata: {\"count\":10}\n\n"),
            "{text}"
        );
        assert_eq!(text.matches("\nevent: device-found").count(), MEMORY);
    }
}
