//! Who comes in: the real core behind the real shell, with a clock that the test moves.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use resetbox_core::screen::{Button, Edge, Page};
use resetbox_core::{Agent, Effect, Event, Mono, Now, Policy, RequestId, Seed};
use tokio::sync::{broadcast, mpsc, oneshot, watch};

use super::super::Limits;
use super::super::session::Transport;
use super::{Answer, Door, OneLine};
use crate::bus::{Bus, Input};

by_both_doors! {
    five_wrong_pins_slow_down_to_a_minute
    guesses_side_by_side_are_slowed_as_one
    a_link_works_once_and_only_once_side_by_side
    who_leaves_is_out_and_others_stay
    a_session_of_another_run_is_worth_nothing
}

/// A box: the core, its loop, its door.
struct Box_ {
    door: Door,
    clock: Arc<AtomicU64>,
    pin: String,
    inputs: mpsc::Sender<Input>,
    view: watch::Receiver<Arc<resetbox_core::View>>,
}

impl Box_ {
    async fn start(by: Transport, seed: u8) -> Self {
        let limits = Limits {
            per_address: 64,
            connections: 64,
            ..Limits::default()
        };
        let policy = Policy {
            box_id: "rb-4f21c0".into(),
            ..Policy::default()
        };
        let clock = Arc::new(AtomicU64::new(10_000));
        let agent = Agent::restore(policy, Seed([seed; 32]), [], at(&clock));
        let pin = agent.pin().to_owned();
        let (inputs, queue) = mpsc::channel(64);
        let (sender, view) = watch::channel(Arc::new(agent.view(at(&clock))));
        let bus = Bus {
            inputs: inputs.clone(),
            view: view.clone(),
            feed: broadcast::Sender::new(64),
            books: Arc::new(OneLine),
        };
        tokio::spawn(turn(agent, clock.clone(), queue, sender));
        let door = Door::open(by, bus, true, limits, None).await;
        Self {
            door,
            clock,
            pin,
            inputs,
            view,
        }
    }

    fn wait(&self, seconds: u64) {
        self.clock.fetch_add(seconds * 1000, Ordering::Relaxed);
    }

    async fn enter(&self, pin: &str) -> Answer {
        let body = format!("{{\"pin\":\"{pin}\"}}");
        self.door.post("/api/v1/session", &body).await
    }

    /// A PIN that is not the box's.
    fn wrong(&self, number: usize) -> String {
        let right: usize = self.pin.parse().expect("digits");
        format!("{:04}", (right + 1 + number) % 10_000)
    }

    async fn scan(&self, cookie: &str) -> u16 {
        let headers = [("Cookie", cookie)];
        self.door
            .send("POST", "/api/v1/scan", &headers, "")
            .await
            .status
    }

    async fn press(&self, button: Button) {
        for edge in [Edge::Pressed, Edge::Released] {
            self.wait(3);
            let input = Input::Button(button, edge);
            self.inputs.send(input).await.expect("the loop turns");
        }
    }

    /// The token in the QR of the join page, as a phone's camera would read it.
    async fn token(&self) -> String {
        let mut view = self.view.clone();
        let is_join =
            |view: &Arc<resetbox_core::View>| matches!(view.screen.page, Page::Join { .. });
        if !is_join(&view.borrow_and_update()) {
            self.press(Button::Back).await;
            self.press(Button::Ok).await;
        }
        let shown = tokio::time::timeout(Duration::from_secs(20), view.wait_for(is_join)).await;
        let shown = shown
            .expect("the menu leads there")
            .expect("the loop turns");
        let Page::Join {
            url_qr, secured, ..
        } = &shown.screen.page
        else {
            panic!("not the join page");
        };
        let secured = secured.as_ref().and_then(|secured| secured.url_qr.as_ref());
        let text = url_qr.as_ref().or(secured).expect("an address");
        text.split("#t=").nth(1).expect("a token").to_owned()
    }
}

fn at(clock: &AtomicU64) -> Now {
    Now {
        mono: Mono(clock.load(Ordering::Relaxed)),
        wall: None,
    }
}

/// The loop of `run.rs`, as far as the door needs it.
async fn turn(
    mut agent: Agent,
    clock: Arc<AtomicU64>,
    mut queue: mpsc::Receiver<Input>,
    view: watch::Sender<Arc<resetbox_core::View>>,
) {
    let mut waiting: HashMap<RequestId, oneshot::Sender<resetbox_core::Reply>> = HashMap::new();
    let mut number = 0;
    while let Some(input) = queue.recv().await {
        let now = at(&clock);
        match input {
            Input::Request {
                channel,
                request,
                reply,
            } => {
                number += 1;
                waiting.insert(RequestId(number), reply);
                let event = Event::Request {
                    id: RequestId(number),
                    channel,
                    request,
                };
                agent.handle(now, event);
            }
            Input::Button(button, edge) => agent.handle(now, Event::Button { button, edge }),
            Input::Health(health) => agent.handle(now, Event::Health(health)),
            _ => {}
        }
        let mut replies = Vec::new();
        while let Some(effect) = agent.poll_effect() {
            if let Effect::Reply { id, reply } = effect {
                replies.push((id, reply));
            }
        }
        view.send_replace(Arc::new(agent.view(now)));
        for (id, reply) in replies {
            if let Some(asked) = waiting.remove(&id) {
                // Whoever asked may have gone away.
                let _ = asked.send(reply);
            }
        }
    }
}

fn cookie(answer: &Answer) -> String {
    let set = answer.header("set-cookie").expect("a cookie");
    set.split(';').next().expect("a value").to_owned()
}

async fn five_wrong_pins_slow_down_to_a_minute(by: Transport) {
    let box_ = Box_::start(by, 1).await;
    for number in 0..4 {
        assert_eq!(box_.enter(&box_.wrong(number)).await.status, 403);
    }
    for (number, wait) in [(4, 15), (5, 30), (6, 60), (7, 60)] {
        let answer = box_.enter(&box_.wrong(number)).await;
        let told = answer.header("retry-after").map(str::to_owned);
        assert_eq!((answer.status, told), (429, Some(wait.to_string())));
        // Meanwhile even the right one opens nothing.
        let early = box_.enter(&box_.pin).await;
        assert_eq!((early.status, early.header("set-cookie")), (429, None));
        box_.wait(wait - 1);
        assert_eq!(box_.enter(&box_.pin).await.status, 429, "a second early");
        box_.wait(1);
    }
    let opened = box_.enter(&box_.pin).await;
    assert_eq!(opened.status, 200);
    assert_eq!(box_.scan(&cookie(&opened)).await, 200);
}

async fn guesses_side_by_side_are_slowed_as_one(by: Transport) {
    let box_ = Arc::new(Box_::start(by, 2).await);
    let mut guesses = tokio::task::JoinSet::new();
    for number in 0..40 {
        let box_ = Arc::clone(&box_);
        guesses.spawn(async move {
            let answer = box_.enter(&box_.wrong(number)).await;
            (answer.status, answer.header("retry-after").is_some())
        });
    }
    let all = guesses.join_all().await;
    let looked_at = all.iter().filter(|(status, _)| *status == 403).count();
    assert_eq!(looked_at, 4, "{all:?}");
    let slowed = |(status, told): &&(u16, bool)| *status == 429 && *told;
    assert_eq!(all.iter().filter(slowed).count(), 36, "{all:?}");
    // Nor does another address begin anew, nor a right one in the crowd.
    let mut stream = box_.door.connect_from([127, 0, 0, 9].into()).await;
    let body = format!("{{\"pin\":\"{}\"}}", box_.pin);
    let ask = format!(
        "POST /api/v1/session HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nX-Forwarded-For: 10.9.9.9\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        box_.door.address,
        body.len()
    );
    use tokio::io::AsyncWriteExt as _;
    stream.write_all(ask.as_bytes()).await.expect("sent");
    stream.flush().await.expect("sent");
    assert_eq!(super::read_to_end(&mut stream).await.status, 429);
}

async fn a_link_works_once_and_only_once_side_by_side(by: Transport) {
    let box_ = Arc::new(Box_::start(by, 3).await);
    // The join page needs an address of the page.
    let url = "http://10.43.0.1".to_owned();
    let report = Input::Health(resetbox_core::event::Health::Http(Ok(vec![url])));
    box_.inputs.send(report).await.expect("the loop turns");
    let token = box_.token().await;
    let body = format!("{{\"token\":\"{token}\"}}");
    let mut phones = tokio::task::JoinSet::new();
    for _ in 0..10 {
        let (box_, body) = (Arc::clone(&box_), body.clone());
        phones.spawn(async move { box_.door.post("/api/v1/session", &body).await });
    }
    let all = phones.join_all().await;
    let opened: Vec<_> = all.iter().filter(|answer| answer.status == 200).collect();
    assert_eq!(opened.len(), 1);
    assert_eq!(box_.scan(&cookie(opened[0])).await, 200);
    assert!(
        all.iter()
            .filter(|answer| answer.status != 200)
            .all(|answer| answer.status == 403 && answer.header("set-cookie").is_none())
    );
    // The panel shows the next one, and that one works.
    let next = box_.token().await;
    assert_ne!(next, token);
    let body = format!("{{\"token\":\"{next}\"}}");
    assert_eq!(box_.door.post("/api/v1/session", &body).await.status, 200);
    // What is no token opens nothing.
    for guess in ["", " ", "aaaaaaaaaaaaaaaa", &next[..15]] {
        let body = format!("{{\"token\":\"{guess}\"}}");
        let answer = box_.door.post("/api/v1/session", &body).await;
        assert_eq!(answer.status, 403, "{guess:?}");
    }
}

async fn who_leaves_is_out_and_others_stay(by: Transport) {
    let box_ = Box_::start(by, 4).await;
    let (one, two) = (box_.enter(&box_.pin).await, box_.enter(&box_.pin).await);
    let (one, two) = (cookie(&one), cookie(&two));
    assert_ne!(one, two);
    let headers = [("Cookie", one.as_str())];
    let left = box_
        .door
        .send("DELETE", "/api/v1/session", &headers, "")
        .await;
    assert_eq!(left.status, 200);
    let gone = left.header("set-cookie").expect("the cookie is cleared");
    assert!(
        gone.contains("Max-Age=0") && gone.contains("HttpOnly"),
        "{gone}"
    );
    assert_eq!(box_.scan(&one).await, 401);
    assert_eq!(box_.scan(&two).await, 200);
}

async fn a_session_of_another_run_is_worth_nothing(by: Transport) {
    let before = Box_::start(by, 5).await;
    let opened = before.enter(&before.pin).await;
    let cookie = cookie(&opened);
    assert_eq!(before.scan(&cookie).await, 200);
    let after = Box_::start(by, 5).await;
    assert_eq!(after.scan(&cookie).await, 401);
}
