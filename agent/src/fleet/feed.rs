//! The connection behind the list: read once or kept up, told in plain events.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::sleep;

use crate::mqtt::client::{Client, Incoming, Message};
use crate::mqtt::contract::{Topic, Topics};
use crate::mqtt::dial::{Dial, system_time};
use crate::mqtt::trouble::Trouble;

/// First and longest pause before another try.
const PAUSE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));
/// Messages ahead of who reads them; then the broker waits.
const QUEUE: usize = 256;

/// What the connection tells.
pub(super) enum Fed {
    /// It is up; everything retained follows.
    Up,
    /// The subscriptions are in force, but for these.
    Subscribed(Vec<String>),
    /// A message.
    Message(Message),
    /// A message that was too long to be taken.
    TooLong(String),
    /// It is down, or did not come up. It is tried again.
    Down(String),
}

/// What the list reads of every box.
pub(super) fn filters(topics: &Topics) -> Vec<String> {
    let of_all = [
        Topic::Availability,
        Topic::Info,
        Topic::State,
        Topic::CaseState("+".into()),
    ];
    of_all.map(|topic| topics.of_all_boxes(&topic)).into()
}

/// Connects, and connects again with growing pauses, until nobody listens any more.
pub(super) fn feed(dial: Dial, topics: &Topics) -> mpsc::Receiver<Fed> {
    let (sender, receiver) = mpsc::channel(QUEUE);
    let filters = filters(topics);
    tokio::spawn(async move {
        let mut pause = PAUSE.0;
        loop {
            let Err(trouble) = connection(&dial, &filters, &sender, &mut pause).await else {
                return;
            };
            if sender.send(Fed::Down(trouble.to_string())).await.is_err() {
                return;
            }
            sleep(jittered(pause)).await;
            pause = (pause * 2).min(PAUSE.1);
        }
    });
    receiver
}

/// One connection, until it ends (an error) or nobody listens any more.
async fn connection(
    dial: &Dial,
    filters: &[String],
    sender: &mpsc::Sender<Fed>,
    pause: &mut Duration,
) -> Result<(), Trouble> {
    let mut client = Client::connect(dial, &system_time()).await?;
    // Without acknowledgement: a broker keeps a queue for those that acknowledge, and what does not fit into it is lost
    // (Mosquitto's default holds 1000 messages, 250 boxes); without, the line itself makes the broker wait.
    client.subscribe_unacknowledged(filters.to_vec());
    if sender.send(Fed::Up).await.is_err() {
        return Ok(());
    }
    loop {
        let fed = match client.next().await? {
            Incoming::Message(message) => {
                *pause = PAUSE.0;
                Fed::Message(message)
            }
            Incoming::TooLong { topic, .. } => Fed::TooLong(topic),
            Incoming::Subscribed { refused } => Fed::Subscribed(refused),
            // Nothing is published here.
            Incoming::Acknowledged(_) | Incoming::Refused(..) => continue,
        };
        if sender.send(fed).await.is_err() {
            client.disconnect().await;
            return Ok(());
        }
    }
}

/// Half of it to all of it: a thousand desks and boxes must not come back at the same moment.
fn jittered(pause: Duration) -> Duration {
    let mut byte = [0];
    // Without randomness the whole pause is as good.
    let _ = getrandom::fill(&mut byte);
    pause - pause / 2 * u32::from(byte[0]) / 255
}
