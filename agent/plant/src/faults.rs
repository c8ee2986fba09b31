//! What a bad network does to answers, from a seed.

use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};

/// How bad the network is. The default is a perfect one.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct FaultConfig {
    /// Share of answers that vanish, 0 to 1.
    pub loss: f64,
    /// Share of requests that a camera does not hear, 0 to 1; drawn per camera.
    pub request_loss: f64,
    /// Share of answers that arrive twice, 0 to 1.
    pub duplicates: f64,
    /// Share of answers that are overtaken by others, 0 to 1.
    pub reorder: f64,
    /// Delay added to every answer (milliseconds).
    pub delay_ms: u64,
    /// All answers to a request leave at once, back to back, whatever delay they would have had.
    pub burst: bool,
}

/// The network between cameras and asker.
pub(crate) struct Faults {
    config: FaultConfig,
    rng: ChaCha8Rng,
}

/// How much later an overtaken answer comes (milliseconds).
const OVERTAKEN_MS: u64 = 300;

impl Faults {
    pub(crate) fn new(config: FaultConfig, seed: u64) -> Faults {
        Faults {
            config,
            rng: ChaCha8Rng::seed_from_u64(seed ^ 0x6661_756c_7473),
        }
    }

    /// Whether a camera hears a request.
    pub(crate) fn hears(&mut self) -> bool {
        !self.happens(self.config.request_loss)
    }

    /// The delays after which copies of an answer arrive, given its own delay; none when it is lost.
    pub(crate) fn arrivals(&mut self, delay_ms: u64) -> impl Iterator<Item = u64> + use<> {
        let first = self.arrival(delay_ms);
        let second = if self.happens(self.config.duplicates) {
            self.arrival(delay_ms)
        } else {
            None
        };
        first.into_iter().chain(second)
    }

    fn arrival(&mut self, delay_ms: u64) -> Option<u64> {
        if self.happens(self.config.loss) {
            return None;
        }
        let own = if self.config.burst { 0 } else { delay_ms };
        let late = if self.happens(self.config.reorder) {
            OVERTAKEN_MS
        } else {
            0
        };
        Some(own + self.config.delay_ms + late)
    }

    fn happens(&mut self, share: f64) -> bool {
        // No draw for a fault that is off: switching one on does not change what the others do.
        share > 0.0 && f64::from(self.rng.next_u32()) < share * (f64::from(u32::MAX) + 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(config: FaultConfig, seed: u64) -> Vec<Vec<u64>> {
        let mut faults = Faults::new(config, seed);
        (0..10_000)
            .map(|_| faults.arrivals(100).collect())
            .collect()
    }

    #[test]
    fn a_perfect_network_changes_nothing() {
        assert!(
            run(FaultConfig::default(), 1)
                .iter()
                .all(|arrivals| arrivals == &[100])
        );
    }

    #[test]
    fn shares_are_kept_and_a_seed_repeats() {
        let config = FaultConfig {
            loss: 0.1,
            duplicates: 0.2,
            reorder: 0.3,
            delay_ms: 5,
            ..FaultConfig::default()
        };
        let one = run(config, 1);
        assert_eq!(one, run(config, 1));
        assert_ne!(one, run(config, 2));
        let count =
            |test: fn(&Vec<u64>) -> bool| one.iter().filter(|arrivals| test(arrivals)).count();
        // Lost altogether: no copy, or both lost.
        assert!((700..1100).contains(&count(|arrivals| arrivals.is_empty())));
        assert!((1400..1900).contains(&count(|arrivals| arrivals.len() == 2)));
        assert!((2500..4000).contains(&count(|arrivals| arrivals.contains(&405))));
    }

    #[test]
    fn certain_loss_and_burst() {
        assert!(
            run(
                FaultConfig {
                    loss: 1.0,
                    ..FaultConfig::default()
                },
                1
            )
            .iter()
            .all(Vec::is_empty)
        );
        let burst = FaultConfig {
            burst: true,
            ..FaultConfig::default()
        };
        assert!(run(burst, 1).iter().all(|arrivals| arrivals == &[0]));
        let mut deaf = Faults::new(
            FaultConfig {
                request_loss: 1.0,
                ..FaultConfig::default()
            },
            1,
        );
        assert!(!deaf.hears());
    }
}
