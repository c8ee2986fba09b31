//! What the shells of devices have in common: how long they wait before they try one again that could not be opened
//! or went away, and how they tell.

use std::sync::Arc;
use std::time::Duration;

use resetbox_core::View;
use resetbox_core::event::Health;
use tokio::sync::{mpsc, watch};

use crate::bus::Input;

/// The first wait.
const FIRST: Duration = Duration::from_secs(1);
/// The longest: a plug that was put back is found within a minute, and looking costs next to nothing.
const LONGEST: Duration = Duration::from_secs(60);

/// Doubles from wait to wait.
#[derive(Debug)]
pub(crate) struct Backoff(Duration);

impl Backoff {
    pub(crate) fn new() -> Self {
        Self(FIRST)
    }

    /// How long to wait now. Whatever worked for a good while, `worked`, begins anew; what only flickered does not.
    pub(crate) fn wait(&mut self, worked: Duration) -> Duration {
        if worked >= LONGEST {
            self.0 = FIRST;
        }
        let wait = self.0;
        self.0 = (wait * 2).min(LONGEST);
        wait
    }
}

/// Tells the loop and the log how a device is, once per change.
#[derive(Debug)]
pub(crate) struct Reporter {
    inputs: mpsc::Sender<Input>,
    name: &'static str,
    health: fn(Result<(), String>) -> Health,
    told: Option<Result<(), String>>,
}

/// The loop has ended.
#[derive(Debug)]
pub(crate) struct Ended;

impl Reporter {
    /// `health` is the report about the device that people know as `name`.
    pub(crate) fn new(
        inputs: mpsc::Sender<Input>,
        name: &'static str,
        health: fn(Result<(), String>) -> Health,
    ) -> Self {
        Self {
            inputs,
            name,
            health,
            told: None,
        }
    }

    pub(crate) async fn tell(&mut self, outcome: Result<(), String>) -> Result<(), Ended> {
        if self.told.as_ref() == Some(&outcome) {
            return Ok(());
        }
        match &outcome {
            Ok(()) => tracing::info!("{}: ready", self.name),
            Err(error) => tracing::error!("{}: {error}", self.name),
        }
        self.told = Some(outcome.clone());
        let report = Input::Health((self.health)(outcome));
        self.inputs.send(report).await.map_err(|_| Ended)
    }
}

/// Waits until nobody makes views any more: the box ends.
pub(crate) async fn ended(view: &mut watch::Receiver<Arc<View>>) {
    while view.changed().await.is_ok() {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_minute_and_begin_anew_after_a_good_while() {
        let mut backoff = Backoff::new();
        let flicker = Duration::from_millis(1);
        let waits: Vec<u64> = (0..8).map(|_| backoff.wait(flicker).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(backoff.wait(LONGEST), FIRST);
        assert_eq!(backoff.wait(flicker), 2 * FIRST);
    }

    #[tokio::test]
    async fn what_is_known_is_not_told_again() {
        let (inputs, mut queue) = mpsc::channel(8);
        let mut reporter = Reporter::new(inputs, "thing", Health::Leds);
        for outcome in [Err("gone".into()), Err("gone".into()), Ok(()), Ok(())] {
            reporter.tell(outcome).await.expect("somebody listens");
        }
        for expected in [Err("gone".into()), Ok(())] {
            match queue.try_recv() {
                Ok(Input::Health(Health::Leds(told))) => assert_eq!(told, expected),
                other => panic!("{other:?}"),
            }
        }
        assert!(queue.try_recv().is_err());
        drop(queue);
        assert!(reporter.tell(Err("again".into())).await.is_err());
    }
}
