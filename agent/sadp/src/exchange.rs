//! The key exchange (`exchangecode`) and what is encrypted under its session key.
//!
//! The exchange is one-shot and anybody's next exchange overwrites it: send exchangecode and reset back to
//! back, to one device at a time, with a fresh [`KeyPair`] for every attempt (A).

use std::fmt;

use base64::Engine;
use rand_core::CryptoRngCore;
use rsa::pkcs1::EncodeRsaPublicKey;
use rsa::traits::PublicKeyParts;
use rsa::{BigUint, Pkcs1v15Encrypt, RsaPrivateKey};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::crypto::{BASE64, decode_base64, encrypt_to_base64};
use crate::reset_code::{self, MAX_ENCRYPTED_CODE, ResetCode};

/// Size of the exchange's RSA modulus, in bits (A).
const MODULUS_BITS: usize = 1024;
/// The longest password, in bytes (A).
const MAX_PASSWORD: usize = 16;

/// Why an exchange, or something to be sent under its key, is unusable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExchangeError {
    /// The key pair could not be made.
    #[error(
        "cannot make an RSA key pair: the random number generator gave unusable numbers; try again"
    )]
    KeyGeneration,
    /// The numbers given are not two primes of a 1024-bit key.
    #[error("not the primes of a 1024-bit RSA key; check the stored test key")]
    NotAKey,
    /// The device's answer is not base64 of 128 bytes.
    #[error("the device's exchange answer is not base64 of 128 bytes; repeat the exchange")]
    AnswerForm,
    /// The answer was not made for this key pair.
    #[error(
        "the device's exchange answer does not open with our key (another client exchanged in between?); repeat the exchange"
    )]
    AnswerNotOurs,
    /// The answer holds fewer than 16 bytes.
    #[error(
        "the device's exchange answer holds {length} bytes where 16 are needed; repeat the exchange"
    )]
    AnswerShort {
        /// Bytes in the answer's plaintext.
        length: usize,
    },
    /// An empty password is another command; a long one does not fit the message.
    #[error("the password has {length} bytes; choose one of 1 to 16")]
    PasswordLength {
        /// Bytes of the password.
        length: usize,
    },
    /// The password holds a NUL, which the device would take for its end.
    #[error("the password holds a NUL byte; choose another")]
    PasswordNul,
    /// The code is empty or too long.
    #[error(
        "the code has {length} bytes; 1 to {longest} are possible: check that it is the whole key or file"
    )]
    CodeLength {
        /// Bytes of the code.
        length: usize,
        /// Most bytes possible in this form.
        longest: usize,
    },
    /// The code holds a character that no key or file has.
    #[error(
        "character {position} of the code is not a letter, digit or base64 sign: check what was typed or loaded"
    )]
    CodeCharacter {
        /// Its position in bytes, counted from 1.
        position: usize,
    },
}

/// A fresh RSA-1024 key pair for one exchange. `Debug` shows nothing of it; dropping it zeroises the private part.
#[derive(Clone, PartialEq)]
pub struct KeyPair(RsaPrivateKey);

impl KeyPair {
    /// Makes a key pair with the public exponent 65537 (A). Takes some milliseconds to tenths of a second.
    ///
    /// # Errors
    /// [`ExchangeError::KeyGeneration`] when the generator gives unusable numbers.
    pub fn generate(rng: &mut impl CryptoRngCore) -> Result<KeyPair, ExchangeError> {
        RsaPrivateKey::new(rng, MODULUS_BITS)
            .map(KeyPair)
            .map_err(|_| ExchangeError::KeyGeneration)
    }

    /// Builds the key pair of two known primes (big-endian), for known answers in tests.
    ///
    /// # Errors
    /// [`ExchangeError::NotAKey`] unless their product has 1024 bits and the exponent 65537 fits.
    pub fn from_primes(p: &[u8], q: &[u8]) -> Result<KeyPair, ExchangeError> {
        let prime = BigUint::from_bytes_be;
        let key = RsaPrivateKey::from_p_q(prime(p), prime(q), BigUint::from(65_537_u32))
            .map_err(|_| ExchangeError::NotAKey)?;
        if key.size() == MODULUS_BITS / 8 {
            Ok(KeyPair(key))
        } else {
            Err(ExchangeError::NotAKey)
        }
    }

    /// The `Code` of an `exchangecode` request: base64 of the PKCS#1 `RSAPublicKey` DER (not SubjectPublicKeyInfo),
    /// 188 characters for 140 bytes (A).
    pub fn public_code(&self) -> String {
        let der = self
            .0
            .to_public_key()
            .to_pkcs1_der()
            .expect("two integers always fit a DER sequence");
        BASE64.encode(der.as_bytes())
    }

    /// Opens a device's `exchangecode` answer: the session key is the first 16 bytes of its plaintext (A).
    /// `rng` blinds the private-key operation.
    ///
    /// # Errors
    /// One of the `Answer...` variants of [`ExchangeError`]; the exchange may be repeated.
    pub fn open(
        &self,
        rng: &mut impl CryptoRngCore,
        answer_code: &str,
    ) -> Result<SessionKey, ExchangeError> {
        // Some base64 writers break lines, and a blank carries no meaning.
        let answer_code: String = answer_code.split_whitespace().take(64).collect();
        let sealed = (answer_code.len() <= 256)
            .then(|| decode_base64(&answer_code))
            .flatten();
        let sealed = sealed
            .filter(|bytes| bytes.len() == MODULUS_BITS / 8)
            .ok_or(ExchangeError::AnswerForm)?;
        let random = self.0.decrypt_blinded(rng, Pkcs1v15Encrypt, &sealed);
        let random = Zeroizing::new(random.map_err(|_| ExchangeError::AnswerNotOurs)?);
        match random.first_chunk() {
            Some(key) => Ok(SessionKey(*key)),
            None => Err(ExchangeError::AnswerShort {
                length: random.len(),
            }),
        }
    }
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyPair(..)")
    }
}

/// The 16-byte key of one exchange. `Debug` shows nothing of it; dropping it zeroises it.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct SessionKey([u8; 16]);

impl SessionKey {
    /// Takes the 16 bytes as they are; for the device's side and for known answers.
    pub fn from_bytes(bytes: [u8; 16]) -> SessionKey {
        SessionKey(bytes)
    }

    /// Whether the key holds a 00 byte. The vendor's client cuts such a key there, and what a device does is not
    /// known (C): throw the exchange away and make a new one.
    pub fn holds_nul(&self) -> bool {
        self.0.contains(&0)
    }

    /// Encrypts a new password for `reset` and `activate`: 44 characters of base64 (A).
    ///
    /// # Errors
    /// [`ExchangeError::PasswordLength`] unless it has 1 to 16 bytes, [`ExchangeError::PasswordNul`].
    pub fn encrypt_password(&self, password: &[u8]) -> Result<EncryptedPassword, ExchangeError> {
        if password.is_empty() || password.len() > MAX_PASSWORD {
            return Err(ExchangeError::PasswordLength {
                length: password.len(),
            });
        }
        if password.contains(&0) {
            return Err(ExchangeError::PasswordNul);
        }
        let text = encrypt_to_base64(&self.cipher_key(), &[&self.0, password]);
        Ok(EncryptedPassword(Zeroizing::new(text)))
    }

    /// Encrypts the code for a device that says `codeEncrypt` (A).
    ///
    /// # Errors
    /// [`ExchangeError::CodeLength`] unless it has 1 to [`MAX_ENCRYPTED_CODE`] bytes, [`ExchangeError::CodeCharacter`].
    pub fn encrypt_code(&self, code: &[u8]) -> Result<ResetCode, ExchangeError> {
        reset_code::check(code, MAX_ENCRYPTED_CODE)?;
        Ok(ResetCode::encrypted(encrypt_to_base64(
            &self.cipher_key(),
            &[&self.0, code],
        )))
    }

    /// The AES key: the vendor's client treats the 16 bytes as a C string, cut at the first 00 and zero-padded,
    /// while the prefix of the plaintext stays raw (A).
    fn cipher_key(&self) -> Zeroizing<[u8; 16]> {
        let mut key = Zeroizing::new(self.0);
        if let Some(end) = key.iter().position(|byte| *byte == 0) {
            key[end..].fill(0);
        }
        key
    }
}

impl fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionKey(..)")
    }
}

/// The `Password` element of `reset` and `activate`. `Debug` shows nothing of it; dropping it zeroises it.
#[derive(Clone)]
pub struct EncryptedPassword(Zeroizing<String>);

impl EncryptedPassword {
    /// The base64 text for the wire.
    pub(crate) fn wire(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for EncryptedPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EncryptedPassword(..)")
    }
}
