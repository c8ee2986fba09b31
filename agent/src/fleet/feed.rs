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
    /// The broker refused these subscriptions.
    Refused(Vec<String>),
    /// Everything retained is on its way or was here before this.
    Subscribed,
    /// A message.
    Message(Message),
    /// A message that was too long to be taken.
    TooLong(String),
    /// It is down, or did not come up. It is tried again.
    Down(String),
}

/// What the list reads of every box.
fn filters(topics: &Topics) -> Vec<String> {
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
    // Nothing is ever published on the second.
    let filters = (filters(topics), topics.name("-", &Topic::Result));
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
    filters: &(Vec<String>, String),
    sender: &mpsc::Sender<Fed>,
    pause: &mut Duration,
) -> Result<(), Trouble> {
    let mut client = Client::connect(dial, &system_time()).await?;
    // Without acknowledgement: a broker keeps a queue for those that acknowledge, and what does not fit into it is lost
    // (Mosquitto's default holds 1000 messages, 250 boxes); without, the line itself makes the broker wait.
    client.subscribe_unacknowledged(filters.0.clone());
    // Answered after what the first one brings: a broker works through a connection's requests one by one. How long it
    // takes is no sign of the end; a loaded broker pauses.
    client.subscribe_unacknowledged(vec![filters.1.clone()]);
    let mut answers = 0;
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
            Incoming::Subscribed { refused } => {
                answers += 1;
                match answers {
                    // What the second one asks for may be refused: its answer is what matters.
                    2.. => Fed::Subscribed,
                    _ if refused.is_empty() => continue,
                    _ => Fed::Refused(refused),
                }
            }
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
