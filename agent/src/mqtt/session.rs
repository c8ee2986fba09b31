//! One connection's life: everything retained is said anew, then only what changed; the outbox is emptied; commands
//! come in.
//!
//! Nothing queues up behind a slow broker but the outbox: of every retained topic at most one message is under way, and
//! the next one says what is so by then.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use resetbox_core::View;
use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, sleep_until, timeout};

use super::client::{Client, Incoming, Message};
use super::contract::{Broker, Devices, Info, OFFLINE, ONLINE, Topic, Topics, VERSION};
use super::home_assistant;
use super::orders::{Order, until};
use super::outbox::Row;
use super::say::{self, Moments};
use super::shell::{Shell, asked_to_stop};
use super::trouble::Trouble;

/// Shortest time between two looks at the view.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// Shortest time between two lists of devices: a plant that wakes up must not send hundreds.
const DEVICES_EVERY: Duration = Duration::from_secs(2);
/// What lay on the broker comes within this time after the subscription.
const SWEEP: Duration = Duration::from_secs(10);
/// Rows of the outbox fetched at once.
const ROWS: i64 = 64;
/// The good-bye is acknowledged by then.
const GOODBYE: Duration = Duration::from_secs(2);

/// How a connection ended.
pub(crate) enum End {
    /// The box stops.
    Stop,
    /// Connect again at once: the certificate must be judged anew.
    Again,
    /// It broke.
    Trouble(Trouble),
}

/// A message under way.
enum Flying {
    Retained(String),
    Row(i64),
}

pub(crate) struct Session<'a> {
    shell: &'a Shell,
    client: Client,
    topics: Topics,
    box_id: String,
    trouble: Option<String>,
    moments: Moments,
    /// What should stand on the broker; an empty text clears a topic.
    wanted: BTreeMap<String, String>,
    /// What was published on this connection.
    said: BTreeMap<String, String>,
    /// Last states of cases that closed: said before their topics are cleared.
    closing: VecDeque<(String, String)>,
    devices: Option<Devices>,
    devices_due: Instant,
    /// A list waits for its time.
    devices_held: bool,
    flying: BTreeMap<u16, Flying>,
    busy: BTreeSet<String>,
    /// Rows fetched and not yet published.
    rows: VecDeque<Row>,
    position: i64,
    reading: Option<oneshot::Receiver<Vec<Row>>>,
    sweep: Vec<String>,
    turn: bool,
}

impl<'a> Session<'a> {
    pub(crate) fn new(
        shell: &'a Shell,
        client: Client,
        box_id: String,
        trouble: Option<String>,
    ) -> Self {
        let topics = Topics::new(&shell.config.base);
        let any = || "+".to_owned();
        let mut sweep = vec![
            topics.name(&box_id, &Topic::CaseState(any())),
            topics.name(&box_id, &Topic::CaseQr(any())),
        ];
        sweep.extend(home_assistant::all_topics(
            &shell.config.discovery_prefix,
            &box_id,
        ));
        Self {
            shell,
            client,
            topics,
            box_id,
            trouble,
            moments: Moments::default(),
            wanted: BTreeMap::new(),
            said: BTreeMap::new(),
            closing: VecDeque::new(),
            devices: None,
            devices_due: Instant::now(),
            devices_held: false,
            flying: BTreeMap::new(),
            busy: BTreeSet::new(),
            rows: VecDeque::new(),
            position: 0,
            reading: None,
            sweep,
            turn: false,
        }
    }

    /// Until the end.
    pub(crate) async fn run(mut self, stopped: &mut watch::Receiver<bool>) -> End {
        let mut view = self.shell.bus.view.clone();
        let mut news = self.shell.outbox.news();
        self.look(&view.borrow_and_update().clone());
        self.client
            .subscribe(vec![self.name(&Topic::Command("+".into()))]);
        self.client.subscribe(self.sweep.clone());
        let sweep_ends = Instant::now() + SWEEP;
        let mut look_due = Instant::now() + LOOK_EVERY;
        let mut dirty = false;
        loop {
            if self.client.is_timeless() && view.borrow().wall.is_some() {
                tracing::info!("the time is known now: the broker's certificate is judged anew");
                self.leave().await;
                return End::Again;
            }
            self.fetch(*news.borrow_and_update());
            self.pump();
            tokio::select! {
                incoming = self.client.next() => match incoming {
                    Ok(incoming) => self.take(incoming),
                    Err(trouble) => return End::Trouble(trouble),
                },
                // Closed: the loop has ended, and the stop comes in a moment.
                Ok(()) = view.changed(), if !dirty => dirty = true,
                () = sleep_until(look_due), if dirty => {
                    dirty = false;
                    look_due = Instant::now() + LOOK_EVERY;
                    self.look(&view.borrow_and_update().clone());
                },
                () = sleep_until(self.devices_due), if self.devices_held => {
                    self.look(&view.borrow().clone());
                },
                // The outbox's thread ended: nothing more comes from there.
                Ok(()) = news.changed() => {}
                rows = answer(&mut self.reading), if self.reading.is_some() => {
                    self.reading = None;
                    self.rows.extend(rows);
                    self.position = self.rows.back().map_or(self.position, |row| row.number);
                },
                () = sleep_until(sweep_ends), if !self.sweep.is_empty() => {
                    let filters = std::mem::take(&mut self.sweep);
                    self.client.unsubscribe(&filters);
                },
                () = asked_to_stop(stopped) => {
                    self.leave().await;
                    return End::Stop;
                }
            }
        }
    }

    /// `offline`, while somebody still listens, and no last will.
    async fn leave(mut self) {
        let name = self.name(&Topic::Availability);
        let last = self.client.publish(&name, OFFLINE.as_bytes(), true);
        let acknowledged = async {
            while let Ok(incoming) = self.client.next().await {
                if matches!(incoming, Incoming::Acknowledged(id) if id == last) {
                    break;
                }
            }
        };
        // Not acknowledged: the connection is closed all the same.
        let _ = timeout(GOODBYE, acknowledged).await;
        self.client.disconnect().await;
    }

    fn name(&self, topic: &Topic) -> String {
        self.topics.name(&self.box_id, topic)
    }

    // ---- What should stand on the broker --------------------------------------------------------------------

    fn look(&mut self, view: &View) {
        let info = self.info(view);
        let mut wanted = BTreeMap::new();
        wanted.insert(self.name(&Topic::Availability), ONLINE.to_owned());
        wanted.insert(self.name(&Topic::Info), say::text(&info));
        let state = say::state(view, &mut self.moments);
        wanted.insert(self.name(&Topic::State), say::text(&state));
        self.look_at_devices(view, &mut wanted);
        for case in view.cases.iter().filter(|case| case.phase.is_open()) {
            let said = say::case(case, view, &mut self.moments);
            wanted.insert(
                self.name(&Topic::CaseState(case.id.0.clone())),
                say::text(&said),
            );
            if self.shell.config.publish_qr
                && let Some(code) = &case.device_code
            {
                wanted.insert(
                    self.name(&Topic::CaseQr(case.id.0.clone())),
                    code.to_string(),
                );
            }
        }
        self.moments.keep(view);
        if self.shell.config.home_assistant {
            let prefix = &self.shell.config.discovery_prefix;
            wanted.extend(home_assistant::entities(prefix, &self.topics, &info));
        }
        for (topic, text) in std::mem::replace(&mut self.wanted, wanted) {
            if self.wanted.contains_key(&topic) {
                continue;
            }
            if !text.is_empty() {
                self.say_the_last_state(&topic, view);
            } else if self.said.get(&topic) == Some(&text) && !self.busy.contains(&topic) {
                // It was cleared.
                self.said.remove(&topic);
                continue;
            }
            self.wanted.insert(topic, String::new());
        }
    }

    /// The last state of a case that closed, for whoever follows it.
    fn say_the_last_state(&mut self, topic: &str, view: &View) {
        let Some((_, Topic::CaseState(id))) = self.topics.read(topic) else {
            return;
        };
        if let Some(case) = view.cases.iter().find(|case| case.id.0 == id) {
            let said = say::case(case, view, &mut self.moments);
            self.closing.push_back((topic.to_owned(), say::text(&said)));
        }
    }

    /// The list, when it changed in a way that a reader sees, and not too often.
    fn look_at_devices(&mut self, view: &View, wanted: &mut BTreeMap<String, String>) {
        let name = self.name(&Topic::Devices);
        let mut devices = say::devices(view);
        let known = self.devices.as_ref();
        let same = known.is_some_and(|known| *known == devices);
        let now = Instant::now();
        if (same || now < self.devices_due)
            && let Some(text) = self.wanted.get(&name)
        {
            wanted.insert(name, text.clone());
            self.devices_held = !same;
            return;
        }
        self.devices_held = false;
        self.devices = Some(devices.clone());
        self.devices_due = now + DEVICES_EVERY;
        devices.updated = view.wall.map(|wall| wall.to_string());
        let longest = self.client.longest(&name);
        wanted.insert(name, say::devices_text(&mut devices, longest));
    }

    fn info(&self, view: &View) -> Info {
        let config = &self.shell.config;
        Info {
            contract: VERSION,
            id: view.box_id.clone(),
            name: view.box_name.clone(),
            version: env!("CARGO_PKG_VERSION").into(),
            board: self.shell.board.clone(),
            panel: self.shell.panel.clone(),
            site: config.site.clone(),
            language: say::language(view.language),
            addresses: (view.links.iter())
                .flat_map(|link| link.addresses.iter())
                .map(|(ip, prefix)| format!("{ip}/{prefix}"))
                .collect(),
            broker: Broker {
                version: config.version.name().into(),
                tls: config.broker.as_ref().is_some_and(|url| url.tls),
                takes_keys: self.client.is_private(),
                publishes_codes: config.publish_qr,
                last_trouble: self.trouble.clone(),
            },
        }
    }

    // ---- Out --------------------------------------------------------------------------------------------------

    /// Publishes as much as there is room for, retained topics and the outbox in turns.
    fn pump(&mut self) {
        while self.client.room() > 0 {
            self.turn = !self.turn;
            let done = (self.turn && self.say_retained())
                || self.say_row()
                || (!self.turn && self.say_retained());
            if !done {
                return;
            }
        }
    }

    fn say_retained(&mut self) -> bool {
        let availability = self.name(&Topic::Availability);
        if !self.said.contains_key(&availability) {
            self.publish(availability, ONLINE.to_owned());
            return true;
        }
        if let Some(at) = (self.closing.iter()).position(|(topic, _)| !self.busy.contains(topic))
            && let Some((topic, text)) = self.closing.remove(at)
        {
            self.publish(topic, text);
            return true;
        }
        let closing = |topic: &String| self.closing.iter().any(|(other, _)| other == topic);
        let next = self.wanted.iter().find(|(topic, text)| {
            self.said.get(*topic) != Some(*text) && !self.busy.contains(*topic) && !closing(topic)
        });
        let Some((topic, text)) = next.map(|(topic, text)| (topic.clone(), text.clone())) else {
            return false;
        };
        self.publish(topic, text);
        true
    }

    fn publish(&mut self, topic: String, text: String) {
        if text.len() > self.client.longest(&topic) {
            tracing::warn!("{topic}: longer than the broker takes; not published");
        } else {
            let id = self.client.publish(&topic, text.as_bytes(), true);
            self.busy.insert(topic.clone());
            self.flying.insert(id, Flying::Retained(topic.clone()));
        }
        self.said.insert(topic, text);
    }

    fn say_row(&mut self) -> bool {
        let Some(row) = self.rows.pop_front() else {
            return false;
        };
        let topic = self.name(if row.result {
            &Topic::Result
        } else {
            &Topic::Events
        });
        let id = self.client.publish(&topic, row.payload.as_bytes(), false);
        self.flying.insert(id, Flying::Row(row.number));
        true
    }

    /// Asks the outbox for more when there is more.
    fn fetch(&mut self, newest: i64) {
        if self.reading.is_none() && self.rows.is_empty() && newest > self.position {
            self.reading = Some(self.shell.outbox.read(self.position, ROWS));
        }
    }

    // ---- In ---------------------------------------------------------------------------------------------------

    fn take(&mut self, incoming: Incoming) {
        match incoming {
            Incoming::Acknowledged(id) => match self.flying.remove(&id) {
                Some(Flying::Retained(topic)) => {
                    self.busy.remove(&topic);
                }
                Some(Flying::Row(number)) => self.shell.outbox.sent(number),
                None => {}
            },
            Incoming::Refused(id, why) => match self.flying.remove(&id) {
                Some(Flying::Retained(topic)) => {
                    self.busy.remove(&topic);
                    tracing::warn!(
                        "{topic}: the broker refuses it ({why}): let the box publish there"
                    );
                }
                // It stays in the outbox and is tried again on the next connection.
                Some(Flying::Row(_)) => tracing::warn!(
                    "the broker refuses an event or a result ({why}): let the box publish there"
                ),
                None => {}
            },
            Incoming::Subscribed { refused } => {
                for filter in refused {
                    tracing::warn!(
                        "{filter}: the broker refuses the subscription: let the box read there"
                    );
                }
            }
            Incoming::TooLong { topic, .. } => {
                if let Some(verb) = self.verb(&topic) {
                    self.shell.orders.too_long(&verb);
                }
            }
            Incoming::Message(message) => self.take_message(message),
        }
    }

    fn take_message(&mut self, message: Message) {
        if let Some(verb) = self.verb(&message.topic) {
            self.shell.orders.take(Order {
                verb,
                payload: message.payload,
                retain: message.retain,
                private: self.client.is_private(),
                until: until(message.expiry),
            });
        } else if message.retain
            && !message.payload.is_empty()
            && !self.wanted.contains_key(&message.topic)
            && self.is_swept(&message.topic)
        {
            // From a run before: its case is closed, or what it belongs to is switched off.
            self.wanted.insert(message.topic, String::new());
        }
    }

    /// The verb of a command to this box. Its own results come the same way and mean nothing.
    fn verb(&self, topic: &str) -> Option<String> {
        match self.topics.read(topic) {
            Some((id, Topic::Command(verb))) if id == self.box_id => Some(verb),
            _ => None,
        }
    }

    /// The topic is this box's own, of a kind that is cleared.
    fn is_swept(&self, topic: &str) -> bool {
        match self.topics.read(topic) {
            Some((id, topic)) => {
                id == self.box_id && matches!(topic, Topic::CaseState(_) | Topic::CaseQr(_))
            }
            None => home_assistant::all_topics(&self.shell.config.discovery_prefix, &self.box_id)
                .iter()
                .any(|own| own == topic),
        }
    }
}

/// The outbox's answer; none when its thread has ended.
async fn answer(reading: &mut Option<oneshot::Receiver<Vec<Row>>>) -> Vec<Row> {
    match reading {
        Some(reading) => reading.await.unwrap_or_default(),
        None => std::future::pending().await,
    }
}
