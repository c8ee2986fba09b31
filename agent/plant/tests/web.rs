//! The cameras' web login, as strict as a camera's.

mod common;

use std::net::SocketAddr;

use common::{config, start};
use md5::{Digest as _, Md5};
use resetbox_plant::{Login, Plant, Profile, login};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

fn md5(text: &str) -> String {
    Md5::digest(text)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn web(plant: &Plant, camera: usize) -> SocketAddr {
    plant
        .camera(camera)
        .expect("a camera")
        .web
        .expect("a web server")
}

fn password(plant: &Plant, camera: usize) -> String {
    plant
        .read(camera, |camera| {
            camera.password().expect("a password").to_owned()
        })
        .expect("a camera")
}

/// Sends bytes, reads until the server hangs up.
async fn talk(server: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(server).await.expect("a connection");
    stream.write_all(bytes).await.expect("sent");
    let mut text = String::new();
    stream.read_to_string(&mut text).await.expect("read");
    text
}

async fn page(server: SocketAddr, uri: &str, authorization: &str) -> String {
    let request =
        format!("GET {uri} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{authorization}\r\n");
    talk(server, request.as_bytes()).await
}

async fn nonce(server: SocketAddr) -> String {
    let text = page(server, "/", "").await;
    assert!(text.starts_with("HTTP/1.1 401 "), "{text}");
    let (_, rest) = text.split_once("nonce=\"").expect("a nonce");
    rest.split_once('"').expect("a nonce").0.to_owned()
}

/// The header a browser would send; `hashed` is the URI that is proven.
fn header(password: &str, nonce: &str, nc: u32, uri: &str, hashed: &str) -> String {
    let ha1 = md5(&format!("admin:IP Camera:{password}"));
    let ha2 = md5(&format!("GET:{hashed}"));
    let response = md5(&format!("{ha1}:{nonce}:{nc:08x}:abc:auth:{ha2}"));
    format!(
        "Authorization: Digest username=\"admin\", realm=\"IP Camera\", nonce=\"{nonce}\", uri=\"{uri}\", \
         qop=auth, nc={nc:08x}, cnonce=\"abc\", response=\"{response}\"\r\n"
    )
}

#[tokio::test]
async fn a_login_holds_for_one_camera_one_page_and_one_counter() {
    let plant = start(config(10, &[Profile::Ipc2018, Profile::Ipc2018]));
    let server = web(&plant, 0);
    let secret = password(&plant, 0);
    assert_ne!(secret, password(&plant, 1));
    let nonce = nonce(server).await;
    let good = header(&secret, &nonce, 1, "/", "/");
    let text = page(server, "/", &good).await;
    assert!(
        text.starts_with("HTTP/1.1 200 ") && text.contains("DS-2CD2385G1-I"),
        "{text}"
    );
    // The same counter again: a replay.
    let text = page(server, "/", &good).await;
    assert!(
        text.starts_with("HTTP/1.1 401 ") && text.contains("stale=\"true\""),
        "{text}"
    );
    // The next one is fine, and the page must be the one that was proven.
    let uri = "/ISAPI/System/deviceInfo";
    let text = page(server, uri, &header(&secret, &nonce, 2, uri, uri)).await;
    assert!(text.contains("<serialNumber>DS-2CD2385G1-I"), "{text}");
    for wrong in [
        header(&secret, &nonce, 3, "/", "/"),
        header(&secret, &nonce, 3, uri, "/"),
        header("wrong", &nonce, 3, uri, uri),
        header(&secret, "made-up", 3, uri, uri),
        header(&secret, &nonce, 3, uri, uri).replace("qop=auth, ", ""),
        header(&secret, &nonce, 3, uri, uri).replace("\"admin\"", "\"root\""),
        "Authorization: Basic YWRtaW46YWRtaW4=\r\n".to_owned(),
        "Authorization: Digest\r\n".to_owned(),
    ] {
        let text = page(server, uri, &wrong).await;
        assert!(text.starts_with("HTTP/1.1 401 "), "{wrong}: {text}");
    }
    let text = page(
        server,
        "/nothing",
        &header(&secret, &nonce, 4, "/nothing", "/nothing"),
    )
    .await;
    assert!(text.starts_with("HTTP/1.1 404 "), "{text}");
    assert_eq!(
        login(server, &secret).await.expect("a server"),
        Login::Accepted
    );
    assert_eq!(
        login(web(&plant, 1), &secret).await.expect("a server"),
        Login::Refused
    );
}

#[tokio::test]
async fn odd_clients_do_no_harm() {
    let plant = start(config(11, &[Profile::Ipc2018, Profile::Inactive]));
    let server = web(&plant, 0);
    let secret = password(&plant, 0);
    assert_eq!(
        login(web(&plant, 1), "Passw0rd").await.expect("a server"),
        Login::NotActivated
    );
    assert!(talk(server, b"\r\n\r\n").await.starts_with("HTTP/1.1 400 "));
    assert!(
        talk(server, b"GET / HTTP/1.1\r\nno colon\r\n\r\n")
            .await
            .starts_with("HTTP/1.1 400 ")
    );
    assert!(
        talk(server, &[b'x'; 9000])
            .await
            .starts_with("HTTP/1.1 431 ")
    );
    // A body is not read, so the connection ends after the answer.
    let text = talk(
        server,
        b"PUT / HTTP/1.1\r\nContent-Length: 3\r\n\r\nGET / HTTP/1.1\r\n\r\n",
    )
    .await;
    assert_eq!(text.matches("HTTP/1.1 401 ").count(), 1, "{text}");
    // Two requests on one connection are two answers.
    let text = talk(server, b"GET / HTTP/1.1\r\n\r\nGET / HTTP/1.0\r\n\r\n").await;
    assert_eq!(text.matches("HTTP/1.1 401 ").count(), 2, "{text}");
    assert_eq!(
        login(server, &secret).await.expect("a server"),
        Login::Accepted
    );
    plant.drop_power(0).expect("a camera");
    assert_eq!(page(server, "/", "").await, "", "no power, nobody there");
    plant.reboot(0).expect("a camera");
    assert_eq!(
        login(server, &secret).await.expect("a server"),
        Login::Accepted
    );
}
