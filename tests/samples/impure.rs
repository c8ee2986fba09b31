//! One violation of every line of the strict clippy.toml. Never compiled into anything: tests/tests/house.rs hands it to
//! clippy and expects each path to be refused.
#![allow(unused, unsafe_code)]
extern crate getrandom;
extern crate rand;
extern crate rand_core;
use std::path::Path;
use std::time::Duration;

pub fn disk(p: &Path, meta: std::fs::Permissions) {
    let _ = std::fs::canonicalize(p);
    let _ = std::fs::copy(p, p);
    let _ = std::fs::create_dir(p);
    let _ = std::fs::create_dir_all(p);
    let _ = std::fs::exists(p);
    let _ = std::fs::hard_link(p, p);
    let _ = std::fs::metadata(p);
    let _ = std::fs::read(p);
    let _ = std::fs::read_dir(p);
    let _ = std::fs::read_link(p);
    let _ = std::fs::read_to_string(p);
    let _ = std::fs::remove_dir(p);
    let _ = std::fs::remove_dir_all(p);
    let _ = std::fs::remove_file(p);
    let _ = std::fs::rename(p, p);
    let _ = std::fs::set_permissions(p, meta);
    let _ = std::fs::symlink_metadata(p);
    let _ = std::fs::write(p, "");
    let _ = std::fs::File::open(p);
    let _ = std::fs::OpenOptions::new();
    let _ = std::fs::DirBuilder::new();
    let _ = p.canonicalize();
    let _ = p.exists();
    let _ = p.is_dir();
    let _ = p.is_file();
    let _ = p.is_symlink();
    let _ = p.metadata();
    let _ = p.read_dir();
    let _ = p.read_link();
    let _ = p.symlink_metadata();
    let _ = p.try_exists();
}

pub fn network() {
    let _ = std::net::ToSocketAddrs::to_socket_addrs("localhost:1");
    let _ = std::net::TcpListener::bind("127.0.0.1:0");
    let _ = std::net::TcpStream::connect("127.0.0.1:1");
    let _ = std::net::UdpSocket::bind("127.0.0.1:0");
    let _ = std::os::unix::net::UnixDatagram::unbound();
    let _ = std::os::unix::net::UnixListener::bind("s");
    let _ = std::os::unix::net::UnixStream::connect("s");
}

pub fn clock(i: &std::time::Instant, s: &std::time::SystemTime) {
    let _ = std::time::Instant::now();
    let _ = std::time::SystemTime::now();
    let _ = i.elapsed();
    let _ = s.elapsed();
}

pub fn threads() {
    std::thread::spawn(|| ());
    std::thread::scope(|_| ());
    std::thread::sleep(Duration::ZERO);
    std::thread::park();
    std::thread::park_timeout(Duration::ZERO);
    std::thread::yield_now();
    let _ = std::thread::current();
    let _ = std::thread::available_parallelism();
    let _ = std::thread::Builder::new();
    let _ = std::process::Command::new("true");
}

pub fn surroundings(p: &Path) {
    let _ = std::env::args();
    let _ = std::env::args_os();
    let _ = std::env::current_dir();
    let _ = std::env::current_exe();
    let _ = std::env::home_dir();
    let _ = std::env::set_current_dir(p);
    let _ = std::env::split_paths("");
    let _ = std::env::temp_dir();
    let _ = std::env::var("X");
    let _ = std::env::var_os("X");
    let _ = std::env::vars();
    let _ = std::env::vars_os();
    unsafe { std::env::set_var("X", "") };
    unsafe { std::env::remove_var("X") };
}

pub fn terminal() {
    let _ = std::io::stdin();
    let _ = std::io::stdout();
    let _ = std::io::stderr();
    std::print!("");
    std::println!();
    std::eprint!("");
    std::eprintln!();
    std::dbg!();
    let _ = std::process::id();
}

pub fn end(how: bool) -> ! {
    if how {
        std::process::exit(1)
    }
    std::process::abort()
}

pub fn order() {
    let _ = std::collections::HashMap::<u8, u8>::new();
    let _ = std::collections::HashSet::<u8>::new();
    let _ = std::hash::RandomState::new();
}

pub fn randomness() {
    let _: Option<rand_core::OsRng> = None;
    let _: Option<rand::rngs::OsRng> = None;
    let _: Option<rand::rngs::ThreadRng> = None;
    <() as rand_core::SeedableRng>::from_entropy();
    rand::thread_rng();
    rand::random();
    rand::rng();
    getrandom::getrandom();
    getrandom::fill();
}
