//! Against a web server that says what it is told to, on a real socket.

use resetbox_core::secret::SecretText;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

const PASSWORD: &str = "Qx7-mRtvLe";
const CHALLENGE: &str = "WWW-Authenticate: Digest qop=\"auth\", realm=\"IP Camera\", nonce=\"4d5a6f\", algorithm=MD5\r\n";

fn answer(status: &str, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn asks_for_digest() -> String {
    answer("401 Unauthorized", CHALLENGE, "")
}

/// Tries the login at a server that gives these answers, one for each connection; what it was sent comes back.
async fn try_at(answers: &[String]) -> (LoginAnswer, Vec<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let server = match listener.local_addr().expect("bound") {
        std::net::SocketAddr::V4(server) => server,
        other => panic!("{other} is no IPv4 address"),
    };
    let check = LoginCheck {
        number: 1,
        case: resetbox_core::request::CaseId("k7m2p9xq".into()),
        link: "lo".into(),
        server,
        user: "admin".into(),
        password: SecretText::new(PASSWORD),
    };
    let serve = async {
        let mut asked = Vec::new();
        for answer in answers {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                if stream.read_buf(&mut request).await.expect("readable") == 0 {
                    break;
                }
            }
            asked.push(String::from_utf8(request).expect("text"));
            // A client that had enough may have hung up.
            let _ = stream.write_all(answer.as_bytes()).await;
        }
        drop(listener);
        asked
    };
    tokio::join!(login(&check), serve)
}

fn proofs(asked: &[String]) -> usize {
    let proves = |request: &&String| request.contains("\r\nAuthorization: ");
    asked.iter().filter(proves).count()
}

#[tokio::test]
async fn a_login_that_works_takes_one_proof_and_shows_no_password() {
    let welcome = answer(
        "200 OK",
        "",
        "<userCheck><statusValue>200</statusValue></userCheck>",
    );
    let (came, asked) = try_at(&[asks_for_digest(), welcome]).await;
    assert_eq!(came, LoginAnswer::Worked);
    assert_eq!((asked.len(), proofs(&asked)), (2, 1), "{asked:?}");
    assert!(asked[0].starts_with("GET /ISAPI/Security/userCheck HTTP/1.1\r\n"));
    let proof = &asked[1];
    assert!(
        proof.contains("Digest ") && proof.contains("username=\"admin\""),
        "{proof}"
    );
    assert!(asked.iter().all(|request| !request.contains(PASSWORD)));
}

#[tokio::test]
async fn a_refusal_is_not_answered_with_another_try() {
    let again = answer(
        "401 Unauthorized",
        CHALLENGE,
        "<userCheck><statusValue>401</statusValue><lockStatus>unlock</lockStatus><retryLoginTime>4</retryLoginTime></userCheck>",
    );
    let (came, asked) = try_at(&[asks_for_digest(), again]).await;
    assert_eq!(
        came,
        LoginAnswer::Refused {
            tries_left: Some(4)
        }
    );
    assert_eq!(proofs(&asked), 1);
    let stale = answer(
        "401 Unauthorized",
        &CHALLENGE.replace("MD5", "MD5, stale=\"true\""),
        "",
    );
    let (came, asked) = try_at(&[asks_for_digest(), stale]).await;
    assert!(matches!(came, LoginAnswer::Odd { .. }), "{came:?}");
    assert_eq!(proofs(&asked), 1);
}

#[tokio::test]
async fn a_lock_is_told_apart_and_before_a_try_it_costs_none() {
    let locked = |headers| {
        let body = "<userCheck><statusValue>401</statusValue><lockStatus>lock</lockStatus><unlockTime>1790</unlockTime></userCheck>";
        answer("401 Unauthorized", headers, body)
    };
    let (came, _) = try_at(&[asks_for_digest(), locked(CHALLENGE)]).await;
    assert_eq!(came, LoginAnswer::Locked { minutes: Some(30) });
    let (came, asked) = try_at(&[locked(CHALLENGE)]).await;
    let why = LoginFault::Locked;
    assert_eq!((came, proofs(&asked)), (LoginAnswer::NotSent { why }, 0));
}

#[tokio::test]
async fn nothing_is_sent_where_the_password_would_be_readable_or_led_astray() {
    let to = "http://198.51.100.7/";
    for (first, fault) in [
        (
            answer(
                "401 Unauthorized",
                "WWW-Authenticate: Basic realm=\"x\"\r\n",
                "",
            ),
            LoginFault::NoDigest,
        ),
        (answer("401 Unauthorized", "", ""), LoginFault::NoDigest),
        (answer("200 OK", "", "<html>"), LoginFault::NoDigest),
        (
            answer("302 Found", &format!("Location: {to}\r\n"), ""),
            LoginFault::NoDigest,
        ),
        (
            answer("301 Moved", "Location: https://192.168.1.64/\r\n", ""),
            LoginFault::HttpsOnly,
        ),
        (
            answer(
                "403 Forbidden",
                "",
                "<subStatusCode>notActivated</subStatusCode>",
            ),
            LoginFault::NotActivated,
        ),
        (
            "\u{15}\u{3}\u{1}\0\u{2}\u{2}F".to_owned(),
            LoginFault::HttpsOnly,
        ),
        (String::new(), LoginFault::Unreachable),
    ] {
        let (came, asked) = try_at(std::slice::from_ref(&first)).await;
        assert_eq!(came, LoginAnswer::NotSent { why: fault }, "{first}");
        assert_eq!((asked.len(), proofs(&asked)), (1, 0), "{asked:?}");
    }
}

#[tokio::test]
async fn firmware_without_the_first_page_is_asked_at_the_second() {
    let unknown = answer("404 Not Found", "", "");
    let welcome = answer("200 OK", "", "<DeviceInfo/>");
    let (came, asked) = try_at(&[unknown.clone(), asks_for_digest(), welcome]).await;
    assert_eq!(came, LoginAnswer::Worked);
    assert!(
        asked[2].starts_with("GET /ISAPI/System/deviceInfo "),
        "{asked:?}"
    );
    // A page that is missing only for those who are let in.
    let (came, asked) = try_at(&[asks_for_digest(), unknown]).await;
    assert_eq!((came, proofs(&asked)), (LoginAnswer::Worked, 1));
}

#[tokio::test]
async fn a_connection_that_breaks_after_the_proof_counts_as_tried() {
    for last in [
        String::new(),
        "not HTTP at all\r\n\r\n".into(),
        answer("500 Oh", "", ""),
    ] {
        let (came, asked) = try_at(&[asks_for_digest(), last]).await;
        assert!(matches!(came, LoginAnswer::Odd { .. }), "{came:?}");
        assert_eq!((asked.len(), proofs(&asked)), (2, 1));
    }
}

#[tokio::test]
async fn nobody_there_is_told_and_costs_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("bound").port();
    drop(listener);
    let check = LoginCheck {
        number: 1,
        case: resetbox_core::request::CaseId("k7m2p9xq".into()),
        link: "lo".into(),
        server: SocketAddrV4::new([127, 0, 0, 1].into(), port),
        user: "admin".into(),
        password: SecretText::new(PASSWORD),
    };
    let why = LoginFault::Unreachable;
    assert_eq!(login(&check).await, LoginAnswer::NotSent { why });
}
