//! What a technician holds in his hand: panel, buttons and LEDs, as the profile has them.

use std::sync::Arc;
use std::time::Duration;

use resetbox_core::View;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::bus::Input;
use crate::config::Config;
use crate::profile::Profile;
use crate::{buttons, leds, net, panel};

/// Ending waits so long for panel and LEDs to go dark.
const DARK_AT_MOST: Duration = Duration::from_secs(2);

/// The profile that the configuration names. One that cannot be read is told on every other surface.
pub(super) fn load_profile(config: &Config) -> (Option<Arc<Profile>>, Result<(), String>) {
    let Some(name) = &config.panel.profile else {
        let names: Vec<_> = Profile::names().collect();
        tracing::info!(
            "no panel: name yours as [panel] profile in resetbox.toml, one of {} or the path of your own",
            names.join(", ")
        );
        return (None, Ok(()));
    };
    match Profile::load(name) {
        Ok(profile) => (Some(Arc::new(profile)), Ok(())),
        Err(error) => {
            tracing::error!("panel: {error}");
            (None, Err(error.to_string()))
        }
    }
}

/// The shells that drive devices.
pub(super) struct Hardware {
    panel: Option<panel::Running>,
    leds: Option<JoinHandle<()>>,
}

impl Hardware {
    pub(super) fn start(
        profile: &Arc<Profile>,
        view: &watch::Sender<Arc<View>>,
        inputs: &mpsc::Sender<Input>,
    ) -> Self {
        let Profile {
            gpio,
            buttons,
            leds,
            ..
        } = &**profile;
        if let Some(keys) = buttons {
            // It ends with the loop.
            buttons::spawn(keys.clone(), gpio.clone(), net::watch, inputs.clone());
        }
        Self {
            panel: panel::spawn(profile.clone(), view.subscribe(), inputs.clone()),
            leds: (leds.clone())
                .map(|leds| leds::spawn(leds, gpio.clone(), view.subscribe(), inputs.clone())),
        }
    }

    /// There is a glass, and it will be told how that is.
    pub(super) fn has_panel(&self) -> bool {
        self.panel.is_some()
    }

    /// Waits until all is dark, but not for a bus that hangs.
    pub(super) async fn ended(self) {
        let dark = async {
            if let Some(leds) = self.leds {
                // A task that panicked has ended too.
                let _ = leds.await;
            }
            if let Some(panel) = self.panel {
                panel.ended().await;
            }
        };
        if tokio::time::timeout(DARK_AT_MOST, dark).await.is_err() {
            tracing::warn!("panel or LEDs did not answer at the end");
        }
    }
}
