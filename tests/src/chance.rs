//! Numbers drawn by lot.

use std::time::{SystemTime, UNIX_EPOCH};

/// Numbers drawn by lot from a seed that is printed; `RESETBOX_SEED` draws them again.
#[derive(Debug)]
pub struct Chance(u64);

impl Chance {
    /// From the moment, or from `RESETBOX_SEED`.
    ///
    /// # Panics
    /// When the clock is before 1970.
    pub fn new() -> Self {
        let seed = std::env::var("RESETBOX_SEED")
            .ok()
            .and_then(|text| text.parse().ok());
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .expect("after 1970");
        let seed = seed.unwrap_or(now.as_secs());
        println!("RESETBOX_SEED={seed}");
        Self(seed)
    }

    /// SplitMix64.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// One of so many numbers, from 0.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }
}

impl Default for Chance {
    fn default() -> Self {
        Self::new()
    }
}
