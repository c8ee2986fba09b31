//! The cryptography against known answers, taken from the vendor's own client (grade A).

use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;
use rsa::pkcs1::DecodeRsaPublicKey;
use rsa::{Pkcs1v15Encrypt, RsaPublicKey};
use sadp::{
    ExchangeError, KeyPair, Request, ResetCode, SessionKey, UpdateDigest, Uuid, update_digest,
};
use serde_json::Value;

fn vectors() -> Value {
    serde_json::from_str(include_str!("vectors.json")).expect("the vectors are JSON")
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

fn test_key() -> KeyPair {
    let vectors = vectors();
    let number = |name: &str| hex(vectors["rsa_test_key_hex"][name].as_str().unwrap());
    KeyPair::from_primes(&number("p"), &number("q")).expect("the test key is a key")
}

fn rng() -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(37020)
}

/// What a device does with the public code: encrypts a random under it.
fn seal(public_code: &str, random: &[u8]) -> String {
    use base64::Engine;
    let base64 = base64::engine::general_purpose::STANDARD;
    let key = RsaPublicKey::from_pkcs1_der(&base64.decode(public_code).unwrap())
        .expect("PKCS#1 RSAPublicKey DER");
    base64.encode(key.encrypt(&mut rng(), Pkcs1v15Encrypt, random).unwrap())
}

fn text_of(request: &Request<'_>) -> String {
    String::from_utf8(request.emit(&Uuid::from_text("U")).to_vec()).unwrap()
}

fn element<'a>(xml: &'a str, start: &str, end: &str) -> &'a str {
    xml.split(start)
        .nth(1)
        .and_then(|rest| rest.split(end).next())
        .expect("the element is there")
}

#[test]
fn the_public_code_is_pkcs1_der_in_base64() {
    let code = test_key().public_code();
    assert_eq!(
        code,
        vectors()["exchangecode_request_Code"].as_str().unwrap()
    );
    assert_eq!(code.len(), 188);
}

#[test]
fn a_generated_key_pair_opens_what_was_sealed_with_it_and_nothing_else() {
    let mut rng = rng();
    let pair = KeyPair::generate(&mut rng).unwrap();
    let other = KeyPair::generate(&mut rng).unwrap();
    assert_ne!(pair, other);
    assert_eq!(pair, pair.clone());
    assert_eq!(pair.public_code().len(), 188);

    let answer = seal(&pair.public_code(), &[0x5a; 16]);
    assert_eq!(
        pair.open(&mut rng, &answer),
        Ok(SessionKey::from_bytes([0x5a; 16]))
    );
    // PKCS#1 v1.5 padding may look right by accident once in some ten thousand keys; not with this seed.
    assert_eq!(
        other.open(&mut rng, &answer),
        Err(ExchangeError::AnswerNotOurs)
    );
}

#[test]
fn the_session_key_is_the_first_16_bytes() {
    let pair = test_key();
    let code = pair.public_code();
    let random: Vec<u8> = (1..=40).collect();
    for length in [16, 17, 32, 40] {
        let key = pair
            .open(&mut rng(), &seal(&code, &random[..length]))
            .unwrap();
        assert_eq!(key, SessionKey::from_bytes(*random.first_chunk().unwrap()));
    }
    for length in [0, 1, 15] {
        let error = pair.open(&mut rng(), &seal(&code, &random[..length]));
        assert_eq!(error, Err(ExchangeError::AnswerShort { length }));
    }
}

#[test]
fn an_answer_of_another_form_is_refused() {
    let pair = test_key();
    let good = seal(&pair.public_code(), &[9; 16]);
    assert!(
        pair.open(&mut rng(), &format!(" \r\n{good}\n")).is_ok(),
        "blanks around it"
    );
    let wrapped = format!("{}\r\n{}\n", &good[..76], &good[76..]);
    assert!(pair.open(&mut rng(), &wrapped).is_ok(), "broken lines");
    for bad in [
        "",
        "failed",
        "!!!!",
        &good[4..],
        &format!("{good}AAAA"),
        &good.repeat(500),
    ] {
        assert_eq!(pair.open(&mut rng(), bad), Err(ExchangeError::AnswerForm));
    }
    // 128 bytes, but a number larger than the modulus.
    let large = format!("{}//8=", "////".repeat(42));
    assert_eq!(
        pair.open(&mut rng(), &large),
        Err(ExchangeError::AnswerNotOurs)
    );
}

#[test]
fn passwords_and_codes_encrypt_to_the_known_answers() {
    let vectors = vectors();
    let cases = vectors["reset"]["vectors"].as_object().unwrap();
    assert_eq!(cases.len(), 4);
    for (random, answers) in cases {
        let key = SessionKey::from_bytes(hex(random).try_into().unwrap());
        assert_eq!(key.holds_nul(), hex(random).contains(&0));
        for answer in answers.as_array().unwrap() {
            let part = |name: &str| answer[name].as_str().unwrap();
            let password = key.encrypt_password(part("password").as_bytes()).unwrap();
            let code = key.encrypt_code(part("key").as_bytes()).unwrap();
            let xml = text_of(&Request::Reset {
                mac: "m",
                password: &password,
                sync_cameras: false,
                code: &code,
            });
            assert_eq!(element(&xml, "<Password>", "</Password>"), part("Password"));
            assert_eq!(
                element(&xml, "<Code bEncrypt=\"true\">", "</Code>"),
                part("Code_bEncrypt")
            );
            assert_eq!(part("Password").len(), 44);
        }
    }
}

#[test]
fn passwords_of_impossible_lengths_are_refused() {
    let key = SessionKey::from_bytes([1; 16]);
    let error = |password: &[u8]| key.encrypt_password(password).map(|_| ()).unwrap_err();
    assert_eq!(error(b""), ExchangeError::PasswordLength { length: 0 });
    assert_eq!(
        error(&[b'a'; 17]),
        ExchangeError::PasswordLength { length: 17 }
    );
    assert_eq!(error(b"ab\0cd"), ExchangeError::PasswordNul);
    assert!(key.encrypt_password(&[b'a'; 16]).is_ok());
}

#[test]
fn codes_of_impossible_lengths_are_refused() {
    let key = SessionKey::from_bytes([1; 16]);
    let error = |code: &[u8]| key.encrypt_code(code).map(|_| ()).unwrap_err();
    assert!(key.encrypt_code(&[b'a'; 240]).is_ok());
    assert_eq!(
        error(&[b'a'; 241]),
        ExchangeError::CodeLength {
            length: 241,
            longest: 240
        }
    );
    assert_eq!(
        error(b""),
        ExchangeError::CodeLength {
            length: 0,
            longest: 240
        }
    );
    assert_eq!(
        error(b"ab cd"),
        ExchangeError::CodeCharacter { position: 3 }
    );
}

#[test]
fn update_digests_are_the_known_answers() {
    let vectors = vectors();
    let part = |name: &str| vectors["update"][name].as_str().unwrap();
    let uuid = Uuid::from_text(part("uuid"));
    let digest = |salt: Option<&str>, salt2: Option<&str>, encrypt: bool| {
        update_digest(&UpdateDigest {
            user: part("user"),
            password: part("password"),
            salt,
            salt2,
            encrypt,
            uuid: &uuid,
        })
    };
    let base64 = |name: &str| {
        use base64::Engine;
        base64::engine::general_purpose::STANDARD.encode(hex(part(name)))
    };
    let (salt, salt2) = (Some(part("salt")), Some(part("salt2")));
    assert_eq!(
        *digest(None, None, false),
        part("Password_noEncrypt_noSalt")
    );
    assert_eq!(*digest(None, None, false), base64("digest_plain"));
    assert_eq!(*digest(salt, None, false), base64("digest_salt"));
    assert_eq!(*digest(salt, salt2, false), base64("digest_salt_salt2"));
    assert_eq!(
        *digest(None, salt2, false),
        base64("digest_plain"),
        "Salt2 counts only beside Salt"
    );
    assert_eq!(*digest(salt, None, true), part("Password_Encrypt_salt"));
    assert_eq!(
        *digest(salt, salt2, true),
        part("Password_Encrypt_salt_salt2")
    );
}

#[test]
fn no_secret_shows_itself() {
    let key = SessionKey::from_bytes(*b"0123456789abcdef");
    let password = key.encrypt_password(b"Passw0rd").unwrap();
    let plain = ResetCode::plain("A1b2C3d4").unwrap();
    let encrypted = key.encrypt_code(b"A1b2C3d4").unwrap();
    let reset = Request::Reset {
        mac: "m",
        password: &password,
        sync_cameras: true,
        code: &plain,
    };
    let shown = format!(
        "{:?} {key:?} {password:?} {plain:?} {encrypted:?} {reset:?}",
        test_key()
    );
    assert_eq!(
        shown,
        "KeyPair(..) SessionKey(..) EncryptedPassword(..) ResetCode(..) ResetCode(..) \
         Reset { mac: \"m\", password: EncryptedPassword(..), sync_cameras: true, code: ResetCode(..) }"
    );
}
