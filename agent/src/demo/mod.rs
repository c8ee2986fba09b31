//! `resetbox demo`: a box, a handful of simulated cameras and the vendor's app in one process. No
//! hardware, no root, nothing leaves the loopback interface. Everything between the parts is real:
//! multicast datagrams, the key exchange, a picture of the QR that is decoded again.

mod vendor;

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::path::PathBuf;

use resetbox_core::Policy;
use resetbox_plant::{Plant, PlantConfig, PlantError, Profile};
use resetbox_view::Geometry;

use crate::clock::Trust;
use crate::config::Config;
use crate::http::HttpConfig;
use crate::net::{Interfaces, PacketSocket};
use crate::run::{self, Extra, RunError};

/// The first port tried when none is named, and how many after it.
const PORTS: std::ops::Range<u16> = 8080..8100;
/// The panel that the mirror shows.
const PROFILE: &str = "pimoroni-display-hat-mini";

/// Why the demo could not run.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The named port is taken.
    #[error("port {port} cannot be used: {source}; name another one with --port")]
    Port {
        /// Which.
        port: u16,
        /// The system's words.
        source: io::Error,
    },
    /// No port is free.
    #[error("no port from {} to {} is free; name another one with --port", PORTS.start, PORTS.end - 1)]
    NoPort,
    /// No folder for the box's store.
    #[error("no temporary folder: {0}; set TMPDIR to one that can be written")]
    Folder(io::Error),
    /// The box could not run.
    #[error(transparent)]
    Run(#[from] RunError),
}

/// Runs until Ctrl+C.
///
/// # Errors
/// [`DemoError`] says what to change.
pub fn run(port: Option<u16>, cameras: usize) -> Result<(), DemoError> {
    let port = free_port(port)?;
    let folder = Folder::new().map_err(DemoError::Folder)?;
    let mut config = Config::default();
    config.identity.name = Some("Demo box".to_owned());
    config.store.path = folder.0.join("resetbox.db");
    config.clock.trust = Trust::Always;
    config.panel.profile = Some(PROFILE.to_owned());
    config.net.interfaces = Interfaces::Named(vec!["lo".to_owned()]);
    config.net.packet_socket = PacketSocket::Off;
    config.http = HttpConfig {
        listen: vec![SocketAddr::from((Ipv4Addr::LOCALHOST, port))],
        // Nothing leaves this machine.
        listen_tls: Vec::new(),
        ..HttpConfig::default()
    };
    greet(port, cameras);
    let extra = Extra {
        policy: Some(|policy: &mut Policy| policy.pin_required = false),
        mirror_only: true,
        mirror_secrets: true,
        routes: Some(Box::new(move |bus| {
            let plant = start(cameras);
            if let Err(error) = &plant {
                eprintln!("resetbox demo: the cameras could not be started: {error}");
            }
            let geometry = Geometry::of_profile(PROFILE).unwrap_or(Geometry::WIDE);
            vendor::router(bus, plant.ok(), geometry)
        })),
        ..Extra::default()
    };
    run::run(config, extra)?;
    Ok(())
}

/// Starts the cameras. The ordinary one answers first, so that it is under the panel's cursor and
/// whoever presses ok three times gets a key to type.
fn start(cameras: usize) -> Result<Plant, PlantError> {
    let mut config = PlantConfig {
        cameras,
        profiles: profiles(),
        ..PlantConfig::default()
    };
    config.options.delay_ms = (120, 500);
    let plant = Plant::start(config)?;
    // There is a first camera: the command line asks for one at least.
    let _ = plant.set_options(0, |options| options.delay_ms = (10, 40));
    Ok(plant)
}

/// The kinds that tell the most first.
fn profiles() -> Vec<Profile> {
    let first = [
        Profile::Ipc2018,
        Profile::Ipc2022,
        Profile::Nvr,
        Profile::Oem,
        Profile::Inactive,
        Profile::Dvr,
    ];
    let rest = Profile::ALL
        .into_iter()
        .filter(|kind| !first.contains(kind));
    first.into_iter().chain(rest).collect()
}

/// What somebody reads who typed the command and nothing else.
fn greet(port: u16, cameras: usize) {
    println!("resetbox demo: a box and {cameras} simulated cameras, on this machine only.\n");
    println!("  1. The box, its screen and keys:  http://127.0.0.1:{port}/panel   <- begin here");
    println!("  2. The technician's phone:        http://127.0.0.1:{port}/\n");
    // Bound without sharing: fails exactly when another program has the port.
    if UdpSocket::bind((Ipv4Addr::UNSPECIFIED, sadp::PORT)).is_err() {
        println!(
            "  Note: another program uses UDP port {}. The demo goes on beside it; that program may see its cameras.\n",
            sadp::PORT
        );
    }
    println!("  Ctrl+C ends it. Nothing is kept.");
}

/// A port that can be listened on now. Somebody may take it in between; then the box says so.
fn free_port(wanted: Option<u16>) -> Result<u16, DemoError> {
    let try_one =
        |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).and_then(|l| l.local_addr());
    match wanted {
        Some(port) => match try_one(port) {
            Ok(address) => Ok(address.port()),
            Err(source) => Err(DemoError::Port { port, source }),
        },
        None => (PORTS.clone())
            .find(|port| try_one(*port).is_ok())
            .ok_or(DemoError::NoPort),
    }
}

/// A folder of our own that goes away with us.
struct Folder(PathBuf);

impl Folder {
    fn new() -> io::Result<Self> {
        let mut name = [0; 8];
        getrandom::fill(&mut name).map_err(io::Error::other)?;
        let name = u64::from_ne_bytes(name);
        let path = std::env::temp_dir().join(format!("resetbox-demo-{name:016x}"));
        std::fs::create_dir(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed is cleared with the temporary folder itself.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
