//! Many cameras, one wire, one vendor: started inside a runtime that exists already.

mod config;
mod shared;
mod state;

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

pub use config::{PlantConfig, WebMode, WireMode};
use shared::Shared;
pub use state::{CameraState, NoSuchCamera};

use crate::camera::Camera;
use crate::vendor::{Issued, Refusal, Vendor};
use crate::web::{self, Login};
use crate::wire::{Heard, Wire};

/// The plant could not be started.
#[derive(Debug, Error)]
pub enum PlantError {
    /// No such interface.
    #[error("no interface `{0}`: `ip link` lists them")]
    NoInterface(String),
    /// More cameras than the subnets hold.
    #[error("{cameras} cameras do not fit into the subnets, which hold {room}: name larger ones")]
    NoRoom {
        /// How many were asked for.
        cameras: usize,
        /// How many fit.
        room: u64,
    },
    /// A socket could not be opened.
    #[error("cannot open {what}: {source}")]
    Socket {
        /// Which one.
        what: String,
        /// The system's reason.
        source: io::Error,
    },
}

/// A running plant. Dropping it ends it.
pub struct Plant {
    shared: Arc<Mutex<Shared>>,
    wake: Arc<Notify>,
    vendor: Vendor,
    tasks: Vec<JoinHandle<()>>,
}

impl Plant {
    /// Starts the cameras. Call it inside a tokio runtime; it spawns its tasks there and returns at once.
    ///
    /// # Errors
    /// [`PlantError`] names the interface, the sockets or the number of cameras that cannot be had.
    pub fn start(config: PlantConfig) -> Result<Plant, PlantError> {
        let vendor = Vendor::new(config.seed);
        let (listeners, places) = config.places()?;
        let shared = Arc::new(Mutex::new(Shared::new(&config, places, vendor.clone())));
        let wire = Wire::open(&config.wire)?;
        let wake = Arc::new(Notify::new());
        let mut tasks = vec![tokio::spawn(run(
            wire,
            Arc::clone(&shared),
            Arc::clone(&wake),
        ))];
        for listener in listeners {
            let listener =
                TcpListener::from_std(listener).map_err(|source| PlantError::Socket {
                    what: "a web server".to_owned(),
                    source,
                })?;
            tasks.push(tokio::spawn(web::serve(
                listener,
                shared::Cameras(Arc::clone(&shared)),
            )));
        }
        Ok(Plant {
            shared,
            wake,
            vendor,
            tasks,
        })
    }

    /// All cameras as they are now, in order.
    pub fn cameras(&self) -> Vec<CameraState> {
        self.lock_shared().states()
    }

    /// One camera as it is now.
    ///
    /// # Errors
    /// [`NoSuchCamera`].
    pub fn camera(&self, camera: usize) -> Result<CameraState, NoSuchCamera> {
        self.lock_shared().state(camera)
    }

    /// The vendor's table.
    pub fn vendor(&self) -> &Vendor {
        &self.vendor
    }

    /// Plays Hik-Partner Pro: the key, or the key file, for a scanned device code.
    ///
    /// # Errors
    /// [`Refusal`] for a text that no camera exported, or one older than 48 hours.
    pub fn vendor_issue(&self, device_code: &str) -> Result<Issued, Refusal> {
        self.vendor.issue(self.lock_shared().now_ms(), device_code)
    }

    /// Restarts a camera: it forgets its export and says hello.
    ///
    /// # Errors
    /// [`NoSuchCamera`].
    pub fn reboot(&self, camera: usize) -> Result<(), NoSuchCamera> {
        self.change(|shared| shared.reboot(camera))
    }

    /// Pulls a camera's plug: silence until [`Plant::reboot`].
    ///
    /// # Errors
    /// [`NoSuchCamera`].
    pub fn drop_power(&self, camera: usize) -> Result<(), NoSuchCamera> {
        self.with(camera, |camera, _| camera.drop_power())
    }

    /// Locks a camera as too many wrong keys would.
    ///
    /// # Errors
    /// [`NoSuchCamera`].
    pub fn lock(&self, camera: usize) -> Result<(), NoSuchCamera> {
        self.with(camera, Camera::lock)
    }

    /// Lets a camera's open export pass its 48 hours.
    ///
    /// # Errors
    /// [`NoSuchCamera`].
    pub fn expire(&self, camera: usize) -> Result<(), NoSuchCamera> {
        self.with(camera, |camera, _| camera.expire())
    }

    /// Gives a camera without a clock the time: its boot time jumps by years.
    ///
    /// # Errors
    /// [`NoSuchCamera`].
    pub fn sync_clock(&self, camera: usize) -> Result<(), NoSuchCamera> {
        self.with(camera, |camera, _| camera.sync_clock())
    }

    /// Another client on the network asks the camera for a device code, which voids the one before; its answer is
    /// heard by everybody.
    ///
    /// # Errors
    /// [`NoSuchCamera`].
    pub fn export_by_other(&self, camera: usize) -> Result<(), NoSuchCamera> {
        self.change(|shared| shared.export_by_other(camera))
    }

    /// Another client asks the camera for a device code of its own and resets it with the key for that, by
    /// unicast, so that nobody else hears of it. The code before is void and no request is open.
    ///
    /// # Errors
    /// [`NoSuchCamera`].
    pub fn reset_by_other(&self, camera: usize, password: &str) -> Result<(), NoSuchCamera> {
        self.change(|shared| shared.reset_by_other(camera, password))
    }

    /// Lets time pass for the exports, the locks and the vendor. Boot times stay.
    pub fn advance(&self, by: Duration) {
        self.lock_shared().advance(by);
    }

    /// Gives a camera another label, such as that of its neighbour.
    ///
    /// # Errors
    /// [`NoSuchCamera`].
    pub fn set_serial(&self, camera: usize, serial: &str) -> Result<(), NoSuchCamera> {
        self.with(camera, |camera, _| camera.set_serial(serial))
    }

    /// Changes how a camera behaves.
    ///
    /// # Errors
    /// [`NoSuchCamera`].
    pub fn set_options(
        &self,
        camera: usize,
        change: impl FnOnce(&mut crate::camera::Options),
    ) -> Result<(), NoSuchCamera> {
        self.with(camera, |camera, _| change(camera.options_mut()))
    }

    /// Reads anything of a camera, such as [`Camera::password`].
    ///
    /// # Errors
    /// [`NoSuchCamera`].
    pub fn read<T>(
        &self,
        camera: usize,
        read: impl FnOnce(&Camera) -> T,
    ) -> Result<T, NoSuchCamera> {
        self.with(camera, |camera, _| read(camera))
    }

    /// Logs in at a camera's web server.
    ///
    /// # Errors
    /// No such camera, no web server, or no answer from it.
    pub async fn login(&self, camera: usize, password: &str) -> io::Result<Login> {
        let state = self.camera(camera).map_err(io::Error::other)?;
        let web = state
            .web
            .ok_or_else(|| io::Error::other("this plant runs without web servers"))?;
        web::login(web, password).await
    }

    fn change<T>(&self, change: impl FnOnce(&mut Shared) -> T) -> T {
        let done = change(&mut self.lock_shared());
        // It may have something to say.
        self.wake.notify_one();
        done
    }

    fn with<T>(
        &self,
        camera: usize,
        change: impl FnOnce(&mut Camera, u64) -> T,
    ) -> Result<T, NoSuchCamera> {
        self.lock_shared().with(camera, change)
    }

    fn lock_shared(&self) -> MutexGuard<'_, Shared> {
        lock(&self.shared)
    }
}

impl Drop for Plant {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The local addresses of all cameras' web servers.
fn web_address(mode: WebMode, address: Ipv4Addr, port: u16) -> Option<SocketAddr> {
    match mode {
        WebMode::Off => None,
        WebMode::LoopbackPorts => Some(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)),
        WebMode::OwnAddresses { port } => Some(SocketAddr::new(IpAddr::V4(address), port)),
    }
}

/// How often a camera that searches by itself does so.
const CHATTER: Duration = Duration::from_secs(5);
/// Datagrams read before answers are sent again.
const READ_AT_ONCE: usize = 256;

async fn run(mut wire: Wire, shared: Arc<Mutex<Shared>>, wake: Arc<Notify>) {
    let mut chatter = tokio::time::interval_at(tokio::time::Instant::now() + CHATTER, CHATTER);
    chatter.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut hear = |heard: Heard<'_>| lock(&shared).take(heard);
    loop {
        let (due, next) = lock(&shared).due();
        if !due.is_empty() {
            let refused = wire.send(&due).await;
            lock(&shared).count_refused(refused);
            continue;
        }
        let wait = async {
            match next {
                Some(wait) => tokio::time::sleep(wait).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            received = wire.receive(READ_AT_ONCE, &mut hear) => {
                if let Err(error) = received {
                    // An interface that went down comes back; a plant that spins does not help.
                    tracing::warn!(%error, "cannot read from the wire");
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
            }
            () = wait => {}
            () = wake.notified() => {}
            _ = chatter.tick() => lock(&shared).chatter(),
        }
    }
}
