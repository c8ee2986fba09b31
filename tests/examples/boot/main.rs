//! The card's image on an emulated board beside simulated cameras, for a person: `./x boot [PORT [CAMERAS]]`.
//!
//! Prints where the phone page is, plays the vendor for whatever device code the panel shows, and runs until Ctrl-C. `cut` and
//! Enter pull the plug and put it back.

use std::io::{self, BufRead, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use nix::sys::signal::{SigSet, Signal};
use resetbox_tests::board::Board;
use resetbox_tests::board::stage::Stage;
use resetbox_tests::netns;

const PORT: u16 = 8090;
const CAMERAS: usize = 8;

/// What a person wants.
enum Wish {
    Cut,
    End,
}

fn main() {
    // Whatever ends it, what was made is taken down again.
    let ends = SigSet::from_iter([Signal::SIGINT, Signal::SIGTERM]);
    ends.thread_block().expect("signals can be blocked");
    let (wishes, wished) = channel();
    listen(ends, &wishes);

    let mut numbers = std::env::args().skip(1);
    let port = numbers
        .next()
        .map_or(PORT, |text| text.parse().expect("PORT is a number"));
    let cameras = numbers
        .next()
        .map_or(CAMERAS, |text| text.parse().expect("CAMERAS is a number"));
    let listener = TcpListener::bind(("127.0.0.1", port))
        .unwrap_or_else(|error| panic!("port {port}: {error}: name another one"));

    let stage = Stage::new();
    let plant = stage.cameras(cameras);
    let mut board = stage.board();
    let page = Arc::new(Mutex::new(None));
    pass_on(
        listener,
        format!("/run/netns/{}", stage.phone.namespace()),
        page.clone(),
    );
    start(&mut board, &stage, &page, port);

    let mut told = Vec::new();
    loop {
        match wished.recv_timeout(Duration::from_secs(1)) {
            Ok(Wish::End) | Err(RecvTimeoutError::Disconnected) => break,
            Ok(Wish::Cut) => {
                board.pull_the_plug();
                start(&mut board, &stage, &page, port);
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
        // What the vendor's app would scan from the glass.
        let code = board
            .picture()
            .and_then(|picture| picture.code())
            .filter(|code| *code != told);
        let Some(code) = code else { continue };
        if let Ok(issued) = plant.vendor_issue(&String::from_utf8_lossy(&code)) {
            println!(
                "the panel shows a device code; the vendor's answer to it: {}",
                issued.text()
            );
            told = code;
        }
    }
}

/// Gives power, and says how to get in.
fn start(board: &mut Board<'_>, stage: &Stage, page: &Mutex<Option<SocketAddr>>, port: u16) {
    println!("power on; the box's page takes a minute or so");
    board.power_on();
    println!("serial line: {}", board.serial_file().display());
    let link = stage.link(board);
    let (host, token) = link
        .split_once("/#t=")
        .unwrap_or_else(|| panic!("no link: {link}"));
    let host = host.trim_start_matches("http://");
    *page.lock().unwrap_or_else(PoisonError::into_inner) =
        Some(format!("{host}:80").parse().expect("an address"));
    println!("the box is at {host}; from here: http://localhost:{port}/#t={token}");
    println!("its panel, keys and LEDs:       http://localhost:{port}/panel");
    println!("`cut` and Enter pull the plug and put it back; Ctrl-C ends");
}

/// Waits for signals and lines.
fn listen(ends: SigSet, wishes: &Sender<Wish>) {
    let signals = wishes.clone();
    thread::spawn(move || {
        // Any of them; the receiver may be gone.
        let _ = ends.wait();
        let _ = signals.send(Wish::End);
    });
    let lines = wishes.clone();
    thread::spawn(move || {
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            match line.trim() {
                "cut" => drop(lines.send(Wish::Cut)),
                other => println!("{other:?}? `cut`, or Ctrl-C"),
            }
        }
    });
}

/// Passes connections on from this machine into the phone's network.
fn pass_on(listener: TcpListener, namespace: String, page: Arc<Mutex<Option<SocketAddr>>>) {
    thread::spawn(move || {
        // What it connects to from here on is the board's network; what it listens to was opened before.
        netns::enter(&namespace);
        for outside in listener.incoming().map_while(Result::ok) {
            let address = *page.lock().unwrap_or_else(PoisonError::into_inner);
            thread::spawn(move || {
                // Whoever calls too early sees a closed connection.
                let inside = address.and_then(|address| TcpStream::connect(address).ok());
                let Some(inside) = inside else { return };
                let copy = |from: &TcpStream, to: &TcpStream| {
                    let (mut from, mut to) = (from.try_clone()?, to.try_clone()?);
                    Ok::<_, io::Error>(thread::spawn(move || {
                        // Either side may close first.
                        let _ = io::copy(&mut from, &mut to);
                        let _ = to.flush();
                        let _ = to.shutdown(std::net::Shutdown::Write);
                    }))
                };
                for way in [copy(&outside, &inside), copy(&inside, &outside)] {
                    drop(way);
                }
            });
        }
    });
}
