//! The other ends: whoever carries out what the core wants.

use std::collections::HashMap;
use std::sync::Arc;

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use resetbox_core::view::Feed;
use resetbox_core::{Effect, Record, Reply, RequestId, View};
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::time::Instant;

use crate::bus::Input;
use crate::login_check;
use crate::mqtt;
use crate::net::NetHandle;
use crate::store::{self, Store};

/// The other ends.
pub(super) struct Shells {
    pub(super) net: NetHandle,
    pub(super) mqtt: Option<mqtt::Handle>,
    pub(super) store: Option<Store>,
    pub(super) feed: broadcast::Sender<Feed>,
    pub(super) replies: HashMap<RequestId, oneshot::Sender<Reply>>,
    /// Replies that go out once the view shows what they tell.
    pub(super) answered: Vec<(oneshot::Sender<Reply>, Reply)>,
    pub(super) inputs: mpsc::Sender<Input>,
    pub(super) view: watch::Sender<Arc<View>>,
    /// When the view was last shown.
    pub(super) shown: Instant,
    /// The view changed since then.
    pub(super) dirty: bool,
}

impl Shells {
    pub(super) fn show(&mut self, view: View) {
        self.view.send_replace(Arc::new(view));
        self.shown = Instant::now();
        self.dirty = false;
    }

    pub(super) fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Transmit(transmit) => self.net.transmit(transmit),
            Effect::Rejoin(link) => self.net.rejoin(link),
            Effect::Persist { number, record } => self.persist(number, record),
            Effect::Reply { id, reply } => {
                if let Some(waiting) = self.replies.remove(&id) {
                    self.answered.push((waiting, reply));
                }
            }
            Effect::MakeKeyPair { number } => make_key_pair(number, self.inputs.clone()),
            Effect::CheckLogin(check) => login_check::spawn(check, self.inputs.clone()),
            Effect::Redraw => self.dirty = true,
            Effect::Announce(feed) => {
                tracing::info!(
                    what = feed.what,
                    serial = feed.serial.as_deref(),
                    case = feed.case.as_ref().map(tracing::field::display),
                    "{}",
                    feed.detail
                );
                if let Some(mqtt) = &self.mqtt {
                    mqtt.event(&feed);
                }
                // Nobody follows: fine.
                let _ = self.feed.send(feed);
            }
            // Carried out by the machine, which owns the clock.
            Effect::SetWall(_) => {}
        }
    }

    fn persist(&self, number: u64, record: Record) {
        let outcome = match &self.store {
            Some(store) => store.persist(number, record),
            None => Err(store::NOT_OPEN.to_owned()),
        };
        if let Err(error) = outcome {
            let inputs = self.inputs.clone();
            tokio::spawn(async move {
                // The loop has ended: nobody waits for the report.
                let _ = inputs.send(Input::StoreFailed(number, error)).await;
            });
        }
    }
}

/// Makes a key pair beside the loop: on a small board it takes a second.
fn make_key_pair(number: u64, inputs: mpsc::Sender<Input>) {
    tokio::task::spawn_blocking(move || {
        let mut seed = zeroize::Zeroizing::new([0; 32]);
        let pair = match getrandom::fill(&mut *seed) {
            Ok(()) => sadp::KeyPair::generate(&mut ChaCha20Rng::from_seed(*seed))
                .map(Box::new)
                .map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        // The loop has ended: nobody waits for the pair.
        let _ = inputs.blocking_send(Input::KeyPair(number, pair));
    });
}
