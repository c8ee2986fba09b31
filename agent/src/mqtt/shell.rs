//! The shell: connects, comes back with patience, and leaves politely.

use std::path::PathBuf;
use std::time::Duration;

use resetbox_core::event::Health;
use resetbox_core::view::Feed;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use super::client::Client;
use super::config::{MqttConfig, view_time};
use super::orders::Orders;
use super::outbox::Outbox;
use super::session::{End, Session};
use super::trouble::Trouble;
use crate::bus::{Bus, Input};

/// The first pause after a failure; it doubles.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest pause: a broker that is back is found within two minutes.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// A connection that held so long was a good one.
const GOOD: Duration = Duration::from_secs(30);
/// The broker hears the good-bye within this time, or from the last will.
const LEAVE: Duration = Duration::from_secs(3);

/// What the shell needs from the rest of the program.
pub struct Services {
    /// The way to the core.
    pub bus: Bus,
    /// The panel's profile, told in `info`.
    pub panel: String,
    /// The outbox's file.
    pub outbox: PathBuf,
}

/// The running shell.
pub struct Handle {
    outbox: Outbox,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Handle {
    /// Takes in something that happened, whether or not the broker is there.
    pub fn event(&self, feed: &Feed) {
        self.outbox.event(feed);
    }

    /// Says good-bye to the broker.
    pub async fn stop(self) {
        // The task ended before: nobody is left to be told.
        let _ = self.stop.send(true);
        // Too slow: the broker says it by the last will.
        let _ = timeout(LEAVE, self.task).await;
        // An answer means that everything before it is written down. None: as after a pulled plug.
        let _ = timeout(LEAVE, self.outbox.read(i64::MAX, 0)).await;
    }
}

/// Starts the shell; `None` while no broker is configured.
pub fn start(config: MqttConfig, services: Services) -> Option<Handle> {
    config.broker.as_ref()?;
    let (outbox, warning) = Outbox::open(&services.outbox);
    if let Some(warning) = warning {
        tracing::error!("{warning}");
    }
    let (stop, stopped) = watch::channel(false);
    let shell = Shell {
        orders: Orders::start(services.bus.clone(), outbox.clone()),
        outbox: outbox.clone(),
        bus: services.bus,
        panel: services.panel,
        config,
        board: board(),
    };
    let task = tokio::spawn(shell.run(stopped));
    Some(Handle { outbox, stop, task })
}

/// What every connection shares.
pub(crate) struct Shell {
    pub(crate) config: MqttConfig,
    pub(crate) bus: Bus,
    pub(crate) orders: Orders,
    pub(crate) outbox: Outbox,
    pub(crate) panel: String,
    pub(crate) board: Option<String>,
}

impl Shell {
    async fn run(self, mut stopped: watch::Receiver<bool>) {
        let box_id = self.bus.view.borrow().box_id.clone();
        let Some(dial) = self.config.dial(&box_id) else {
            return;
        };
        let time = view_time(&self.bus.view);
        let mut pause = FIRST_PAUSE;
        let mut told: Option<String> = None;
        loop {
            let connected = tokio::select! {
                connected = Client::connect(&dial, &time) => connected,
                () = asked_to_stop(&mut stopped) => return,
            };
            let trouble = match connected {
                Ok(client) => {
                    let since = Instant::now();
                    tracing::info!(broker = %dial.url, private = client.is_private(), "connected to the broker");
                    self.tell(Ok(())).await;
                    let session = Session::new(&self, client, box_id.clone(), told.take());
                    match session.run(&mut stopped).await {
                        End::Stop => return,
                        End::Again => continue,
                        End::Trouble(trouble) => {
                            if since.elapsed() >= GOOD {
                                pause = FIRST_PAUSE;
                            }
                            trouble
                        }
                    }
                }
                Err(trouble) => trouble,
            };
            self.report(&trouble, &mut told).await;
            tokio::select! {
                () = sleep(jitter(pause)) => {}
                () = asked_to_stop(&mut stopped) => return,
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Tells what is wrong, once for each new trouble.
    async fn report(&self, trouble: &Trouble, told: &mut Option<String>) {
        let words = trouble.to_string();
        if told.as_ref() == Some(&words) {
            tracing::debug!("{words}");
            return;
        }
        tracing::warn!("{words}");
        self.tell(Err(words.clone())).await;
        *told = Some(words);
    }

    async fn tell(&self, outcome: Result<(), String>) {
        let report = Input::Health(Health::Broker(outcome));
        // A closed bus means the program ends.
        let _ = self.bus.inputs.send(report).await;
    }
}

/// Returns when the box stops.
pub(crate) async fn asked_to_stop(stopped: &mut watch::Receiver<bool>) {
    // The asker is gone: that is a stop too.
    let _ = stopped.wait_for(|stop| *stop).await;
}

/// Half to one and a half of it: boxes that lost one broker together come back apart.
fn jitter(pause: Duration) -> Duration {
    let mut byte = [128];
    // Without randomness they come back together: no harm to this box.
    let _ = getrandom::fill(&mut byte);
    pause / 2 + pause * u32::from(byte[0]) / 255
}

/// The board, as it names itself.
fn board() -> Option<String> {
    let text = std::fs::read_to_string("/proc/device-tree/model").ok()?;
    let text = text.trim_matches(['\0', '\n', ' ']);
    (!text.is_empty()).then(|| text.chars().take(64).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_are_spread() {
        let second = Duration::from_secs(1);
        let all: Vec<Duration> = (0..64).map(|_| jitter(second)).collect();
        assert!(
            all.iter()
                .all(|pause| (second / 2..=second * 3 / 2).contains(pause))
        );
        assert!(all.iter().any(|pause| *pause != all[0]));
    }
}
