//! The core's own random numbers: a ChaCha generator keyed once with [`Seed`].

use core::fmt;
use core::hash::Hasher;
use std::collections::hash_map::DefaultHasher;

use rand_chacha::ChaCha20Rng;
use rand_core::{CryptoRng, Error, RngCore, SeedableRng};
use sadp::Uuid;

use crate::request::CaseId;
use crate::time::Seed;

/// Letters and digits that are not taken for one another: no `0 o`, no `1 i l`.
const CLEAR: &[u8; 31] = b"23456789abcdefghjkmnpqrstuvwxyz";

/// A deterministic random generator. `Debug` shows nothing of its state.
#[derive(Clone, PartialEq)]
pub(crate) struct Drbg {
    random: ChaCha20Rng,
    /// Keys the content hashes, so that nobody outside can make two datagrams collide.
    hash_key: [u8; 16],
}

impl Drbg {
    pub(crate) fn new(seed: Seed) -> Self {
        let mut random = ChaCha20Rng::from_seed(seed.0);
        let mut hash_key = [0; 16];
        random.fill_bytes(&mut hash_key);
        Self { random, hash_key }
    }

    /// A fresh Uuid for one datagram.
    pub(crate) fn uuid(&mut self) -> Uuid {
        let mut bytes = [0; 16];
        self.random.fill_bytes(&mut bytes);
        Uuid::from_random(bytes)
    }

    /// A fresh case id: 8 characters out of 31, about 40 bits.
    pub(crate) fn case_id(&mut self) -> CaseId {
        CaseId(
            (0..8)
                .map(|_| char::from(CLEAR[self.below(CLEAR.len())]))
                .collect(),
        )
    }

    /// An evenly distributed number below `limit`, which is small.
    fn below(&mut self, limit: usize) -> usize {
        let limit = u32::try_from(limit).expect("limits are small constants");
        loop {
            let number = self.random.next_u32();
            // The last, incomplete stretch of the 32-bit range is drawn again: it would favour small numbers.
            if number < u32::MAX - u32::MAX % limit {
                return (number % limit) as usize;
            }
        }
    }

    /// A keyed hash of some content; for telling duplicates, not for proving anything.
    pub(crate) fn hash(&self, bytes: &[u8]) -> u64 {
        let mut hasher = DefaultHasher::new();
        hasher.write(&self.hash_key);
        hasher.write(bytes);
        hasher.finish()
    }
}

impl RngCore for Drbg {
    fn next_u32(&mut self) -> u32 {
        self.random.next_u32()
    }
    fn next_u64(&mut self) -> u64 {
        self.random.next_u64()
    }
    fn fill_bytes(&mut self, dest: &mut [u8]) {
        self.random.fill_bytes(dest);
    }
    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), Error> {
        self.random.try_fill_bytes(dest)
    }
}

impl CryptoRng for Drbg {}

impl fmt::Debug for Drbg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Drbg(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_gives_one_sequence() {
        let mut one = Drbg::new(Seed([7; 32]));
        let mut same = Drbg::new(Seed([7; 32]));
        let mut other = Drbg::new(Seed([8; 32]));
        let first = one.uuid();
        assert_eq!(first, same.uuid());
        assert_ne!(first, other.uuid());
        let second = one.uuid();
        assert_ne!(first, second);
        assert_eq!(second, same.uuid());
        assert_eq!(one.case_id(), same.case_id());
        assert_eq!(one.case_id().0.len(), 8);
        assert_eq!(one.hash(b"x"), same.hash(b"x"));
        assert_ne!(one.hash(b"x"), other.hash(b"x"));
        assert_eq!(format!("{one:?}"), "Drbg(..)");
    }
}
