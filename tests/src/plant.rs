//! A simulated plant inside a host, with its controls in the test's own hands.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;

use resetbox_plant::{CameraState, Issued, Login, Plant, PlantConfig, login};
use tokio::sync::oneshot;

use crate::netns::Host;
use crate::site::hyphens;

/// A running plant. Its cameras are threads of this process, their sockets are the host's.
pub struct PlantIn<'a> {
    host: &'a Host,
    plant: Arc<Plant>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl<'a> PlantIn<'a> {
    /// Starts the plant in `host`.
    ///
    /// # Panics
    /// When it cannot be started, with its reason.
    pub fn start(host: &'a Host, config: PlantConfig) -> Self {
        let (started, plant): (Sender<Arc<Plant>>, _) = channel();
        let (stop, stopped) = oneshot::channel();
        let path = format!("/run/netns/{}", host.namespace());
        let thread = std::thread::spawn(move || {
            crate::netns::enter(&path);
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(async {
                let plant = Plant::start(config).unwrap_or_else(|error| panic!("{error}"));
                // The test waits for it.
                let _ = started.send(Arc::new(plant));
                // Either way the plant ends.
                let _ = stopped.await;
            });
        });
        let plant = plant.recv().expect("the plant started");
        Self {
            host,
            plant,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// The key that the test's vendor gives for a device code.
    ///
    /// # Panics
    /// When it gives none that a person can type.
    pub fn key(&self, device_code: &[u8]) -> String {
        let text = std::str::from_utf8(device_code).expect("a device code is text");
        match self.vendor_issue(text).expect("the vendor knows the code") {
            Issued::Key(key) => key,
            Issued::File(_) => panic!("a typed key was expected"),
        }
    }

    /// The address of a camera as the API and MQTT name it.
    ///
    /// # Panics
    /// When there is no such camera.
    pub fn mac(&self, camera: usize) -> String {
        hyphens(&self.camera(camera).expect("there").mac)
    }

    /// The camera with this serial, and its number.
    ///
    /// # Panics
    /// When there is no such camera.
    pub fn by_serial(&self, serial: &str) -> (usize, CameraState) {
        let mut all = self.cameras().into_iter().enumerate();
        all.find(|(_, camera)| camera.serial == serial)
            .unwrap_or_else(|| panic!("no camera {serial}"))
    }

    /// Logs in at the web server of a camera, from the plant's own host.
    ///
    /// # Panics
    /// When the server cannot be reached.
    pub fn login(&self, camera: usize, password: &str) -> Login {
        let server = self
            .camera(camera)
            .ok()
            .and_then(|state| state.web)
            .expect("a camera with a web server");
        self.host.enter(|| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime
                .block_on(login(server, password))
                .unwrap_or_else(|error| panic!("{server}: {error}"))
        })
    }
}

impl Deref for PlantIn<'_> {
    type Target = Plant;
    fn deref(&self) -> &Plant {
        &self.plant
    }
}

impl Drop for PlantIn<'_> {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // It may have ended by itself.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            // A panic in there was already told by the test that waited for it.
            let _ = thread.join();
        }
    }
}
