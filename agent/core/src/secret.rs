//! What must never be stored, logged or shown: the reset key, the vendor's key file and the new
//! password. The types have no `Serialize`, no content in `Debug`, and are wiped when dropped.
//! How long they live: from the request that brought them until the attempt that used them ends.

use core::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

/// Text as a person typed it or a channel brought it, before it was checked.
#[derive(Clone, PartialEq, Eq, Default, Zeroize, ZeroizeOnDrop)]
pub struct SecretText(String);

impl SecretText {
    /// Takes the text over.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself: for checking and encrypting, never for showing.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText(..)")
    }
}
