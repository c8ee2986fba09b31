//! The device's half of the key exchange, done with `rsa` and `aes` directly.

use aes::Aes128;
use aes::cipher::generic_array::GenericArray;
use aes::cipher::{BlockDecrypt, BlockEncrypt, KeyInit};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rand_chacha::ChaCha8Rng;
use rand_core::RngCore;
use rsa::pkcs1::DecodeRsaPublicKey;
use rsa::traits::PublicKeyParts;
use rsa::{Pkcs1v15Encrypt, RsaPublicKey};

/// One open exchange: 16 random bytes that only the asker's private key reveals.
pub(crate) struct Session {
    random: [u8; 16],
}

/// A request's cryptography does not hold; a device answers `failed`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refused;

impl Session {
    /// Answers a public key with the encrypted random. `with_nul` puts a 00 into it, as some devices do.
    pub(crate) fn open(
        rng: &mut ChaCha8Rng,
        public_code: &str,
        with_nul: bool,
    ) -> Result<(Session, String), Refused> {
        let der = STANDARD.decode(public_code).map_err(|_| Refused)?;
        // PKCS#1 alone: a SubjectPublicKeyInfo is another structure and does not parse as one.
        let key = RsaPublicKey::from_pkcs1_der(&der).map_err(|_| Refused)?;
        if key.size() != 128 || key.e() != &rsa::BigUint::from(65_537_u32) {
            return Err(Refused);
        }
        let mut random = [0_u8; 16];
        rng.fill_bytes(&mut random);
        for byte in &mut random {
            while *byte == 0 {
                *byte = rng.next_u32() as u8;
            }
        }
        if with_nul {
            random[1 + (rng.next_u32() % 15) as usize] = 0;
        }
        let answer = key
            .encrypt(rng, Pkcs1v15Encrypt, &random)
            .map_err(|_| Refused)?;
        Ok((Session { random }, STANDARD.encode(answer)))
    }

    /// The password in a request: the prefix must be this session's random.
    pub(crate) fn password(&self, text: &str) -> Result<String, Refused> {
        let bytes = STANDARD.decode(text).map_err(|_| Refused)?;
        if bytes.len() != 32 {
            return Err(Refused);
        }
        self.text_after_prefix(&bytes)
    }

    /// The key or file text in a request whose `Code` says `bEncrypt`.
    pub(crate) fn code(&self, text: &str) -> Result<String, Refused> {
        let bytes = STANDARD.decode(text).map_err(|_| Refused)?;
        if bytes.len() < 32 || bytes.len() % 16 != 0 {
            return Err(Refused);
        }
        self.text_after_prefix(&bytes)
    }

    fn text_after_prefix(&self, bytes: &[u8]) -> Result<String, Refused> {
        self.keys()
            .find_map(|key| self.opened_with(&key, bytes))
            .ok_or(Refused)
    }

    /// The key as it is, and, where it holds a 00, the form of clients that treat it as a C string: cut there and
    /// padded with 00. The prefix is the raw random in both.
    fn keys(&self) -> impl Iterator<Item = [u8; 16]> {
        let cut = self.random.iter().position(|byte| *byte == 0).map(|at| {
            let mut key = self.random;
            key[at..].fill(0);
            key
        });
        std::iter::once(self.random).chain(cut)
    }

    fn opened_with(&self, key: &[u8; 16], bytes: &[u8]) -> Option<String> {
        let cipher = Aes128::new(GenericArray::from_slice(key));
        let mut plain = bytes.to_vec();
        for block in plain.as_chunks_mut::<16>().0 {
            cipher.decrypt_block(GenericArray::from_mut_slice(block));
        }
        let (prefix, text) = plain.split_at(16);
        let end = text
            .iter()
            .position(|byte| *byte == 0)
            .unwrap_or(text.len());
        let (text, padding) = text.split_at(end);
        let whole =
            prefix == self.random && !text.is_empty() && padding.iter().all(|byte| *byte == 0);
        whole
            .then(|| String::from_utf8(text.to_vec()).ok())
            .flatten()
    }
}

/// `SoftwareVersionEncrypt` and its like: AES-128-ECB under a fixed, public key, zero-padded, base64 (A).
pub(crate) fn veiled(text: &str) -> String {
    let cipher = Aes128::new(GenericArray::from_slice(b"HKSADPPRIVATEKEY"));
    let mut bytes = text.as_bytes().to_vec();
    bytes.resize(bytes.len().div_ceil(16).max(1) * 16, 0);
    for block in bytes.as_chunks_mut::<16>().0 {
        cipher.encrypt_block(GenericArray::from_mut_slice(block));
    }
    STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_core::SeedableRng;

    /// A throw-away public key, PKCS#1.
    const PUBLIC: &str = "MIGJAoGBAMsILP8uiPynukCY7P1h27oR/PNY3Gm2VjUnBCgd6Fb0ZcH1pKQvVGs7xmd/3Fbxv36ScRHHTvN3dtPQCqI3EN0UOMwfUt6I7LIuftb2Jo8yV+FMbqi1ihYAZ5j8NrIdem15UZxJ6lii/jIsmfWIPuvMAxDW80CEmAWfScV121mxAgMBAAE=";

    fn session(random: [u8; 16]) -> Session {
        Session { random }
    }

    fn hex(text: &str) -> [u8; 16] {
        std::array::from_fn(|i| {
            u8::from_str_radix(&text[2 * i..2 * i + 2], 16).expect("hexadecimal")
        })
    }

    #[test]
    fn known_answers_open() {
        // Random, password, key, `Password`, `Code`: as the vendor's client produced them.
        let table = [
            (
                "102132435465768798a9bacbdcedfe0f",
                "Abcdefgh12345678",
                "A1b2C3d4E5f6G7h8i",
                "KOMl7UBTsHH8MXci94MGxMEADPxyTQNHyh2rcKXMfC8=",
                "KOMl7UBTsHH8MXci94MGxB5FOYoAgJRYfkR1t4YOcfupU02irsCCL0K4G7m73wGO",
            ),
            (
                "30313233343536373839616263646566",
                "Passw0rd",
                "A1b2C3d4",
                "cnJ+iB7c/QEApxhoeQm1ZWXdJFE42Yad/RspeEa8hco=",
                "cnJ+iB7c/QEApxhoeQm1ZTfcpdCVHqOaB/mIfcQ/V/E=",
            ),
            // A random with a 00: the client's key is cut there.
            (
                "00112233445566778899aabbccddeeff",
                "a",
                "12345678",
                "yKMx/47dPbF14VRdvvt2Cy7zS8omCuWYwo2bwf3UFWs=",
                "yKMx/47dPbF14VRdvvt2C+mN6RHgI3MDQB6lfbnzduk=",
            ),
        ];
        for (random, password, key, password_text, code_text) in table {
            let session = session(hex(random));
            assert_eq!(session.password(password_text).as_deref(), Ok(password));
            assert_eq!(session.code(code_text).as_deref(), Ok(key));
            // Another session's random is another prefix.
            assert_eq!(self::session([7; 16]).password(password_text), Err(Refused));
        }
    }

    #[test]
    fn wrong_forms_are_refused() {
        let session = session(hex("102132435465768798a9bacbdcedfe0f"));
        for text in [
            "",
            "QQ==",
            "Passw0rd",
            "KOMl7UBTsHH8MXci94MGxA==",
            "KOMl7UBTsHH8MXci94MGxMEADPxyTQNHyh2rcKXMfC9=",
        ] {
            assert_eq!(session.password(text), Err(Refused), "{text}");
        }
        // A password is exactly two blocks; the longer one is a code.
        let long = "KOMl7UBTsHH8MXci94MGxB5FOYoAgJRYfkR1t4YOcfupU02irsCCL0K4G7m73wGO";
        assert_eq!(session.password(long), Err(Refused));
    }

    #[test]
    fn only_pkcs1_keys_of_1024_bits_open_a_session() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let (session, answer) = Session::open(&mut rng, PUBLIC, false)
            .map_err(|_| ())
            .expect("a good key");
        assert!(session.random.iter().all(|byte| *byte != 0));
        assert_eq!(STANDARD.decode(answer).expect("base64").len(), 128);
        let (session, _) = Session::open(&mut rng, PUBLIC, true)
            .map_err(|_| ())
            .expect("a good key");
        assert_eq!(session.random.iter().filter(|byte| **byte == 0).count(), 1);

        let pkcs1 = STANDARD.decode(PUBLIC).expect("base64");
        let mut spki = vec![
            0x30, 0x81, 0x9f, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
            0x01,
        ];
        spki.extend([0x01, 0x05, 0x00, 0x03, 0x81, 0x8d, 0x00]);
        spki.extend(&pkcs1);
        let mut trailing = pkcs1.clone();
        trailing.push(0);
        for wrong in [
            STANDARD.encode(spki),
            STANDARD.encode(trailing),
            "not base64".into(),
            String::new(),
        ] {
            assert!(Session::open(&mut rng, &wrong, false).is_err(), "{wrong}");
        }
    }

    #[test]
    fn versions_are_veiled_as_captured() {
        // The capture holds `V5.5.6build 180326`-like text; what matters here is the shape and the fixed key.
        let cipher = Aes128::new(GenericArray::from_slice(b"HKSADPPRIVATEKEY"));
        let mut bytes = STANDARD
            .decode("ipZ5yb4Sf/goBXYp5Lrl2hcuU2kR/Y+vpYIP9rD8C9E=")
            .expect("base64");
        for block in bytes.as_chunks_mut::<16>().0 {
            cipher.decrypt_block(GenericArray::from_mut_slice(block));
        }
        let text = String::from_utf8(bytes).expect("text");
        let text = text.trim_end_matches('\0');
        assert!(text.starts_with('V'), "{text}");
        assert_eq!(veiled(text), "ipZ5yb4Sf/goBXYp5Lrl2hcuU2kR/Y+vpYIP9rD8C9E=");
    }
}
