//! What the wire's task, the web servers and the controls share: the cameras and the answers under way.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};
use sadp::PORT;

use super::state::{CameraState, NoSuchCamera};
use super::{PlantConfig, WebMode, WireMode, lock, web_address};
use crate::camera::{Answer, AnswerMode, Camera};
use crate::faults::Faults;
use crate::identity::Place;
use crate::layer2;
use crate::reading;
use crate::vendor::Vendor;
use crate::web::{Nonces, Site};
use crate::wire::{Asker, Heard, Outgoing, Source, Target};

pub(crate) struct Shared {
    cameras: Vec<Camera>,
    by_mac: BTreeMap<String, usize>,
    by_address: BTreeMap<Ipv4Addr, usize>,
    by_port: BTreeMap<u16, usize>,
    web: WebMode,
    gateway: bool,
    /// What we send to the group comes back to us.
    hears_itself: bool,
    faults: Faults,
    started: Instant,
    epoch_s: i64,
    skew_ms: u64,
    queue: BinaryHeap<Reverse<Queued>>,
    sequence: u64,
    nonces: Nonces,
    rng: ChaCha8Rng,
    refused: u64,
}

/// An answer under way; the earliest first, then the first that was queued.
struct Queued {
    at: Instant,
    sequence: u64,
    outgoing: Outgoing,
}

impl PartialEq for Queued {
    fn eq(&self, other: &Queued) -> bool {
        self.sequence == other.sequence
    }
}

impl Eq for Queued {}

impl PartialOrd for Queued {
    fn partial_cmp(&self, other: &Queued) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Queued {
    fn cmp(&self, other: &Queued) -> std::cmp::Ordering {
        (self.at, self.sequence).cmp(&(other.at, other.sequence))
    }
}

impl Shared {
    pub(super) fn new(config: &PlantConfig, places: Vec<Place>, vendor: Vendor) -> Shared {
        let epoch_s = config.epoch_s.unwrap_or_else(|| {
            let since = SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default();
            i64::try_from(since.as_secs()).unwrap_or(0)
        });
        let cameras: Vec<Camera> = places
            .into_iter()
            .zip(0_u32..)
            .map(|(place, index)| {
                let profile = config.profile(index as usize);
                Camera::new(
                    index,
                    profile,
                    place,
                    config.options.clone(),
                    vendor.clone(),
                    config.seed,
                    epoch_s,
                )
            })
            .collect();
        let numbered = || cameras.iter().enumerate();
        Shared {
            by_mac: numbered()
                .map(|(index, camera)| (camera.identity().mac_text.clone(), index))
                .collect(),
            by_address: numbered()
                .map(|(index, camera)| (camera.place().address, index))
                .collect(),
            by_port: numbered()
                .map(|(index, camera)| (camera.place().http_port, index))
                .collect(),
            web: config.web,
            gateway: config.gateway,
            hears_itself: matches!(config.wire, WireMode::Plain { .. }),
            cameras,
            faults: Faults::new(config.faults, config.seed),
            started: Instant::now(),
            epoch_s,
            skew_ms: 0,
            queue: BinaryHeap::new(),
            sequence: 0,
            nonces: Nonces::default(),
            rng: ChaCha8Rng::seed_from_u64(config.seed ^ 0x77_6562),
            refused: 0,
        }
    }

    /// The plant's time.
    pub(super) fn now_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX / 2) + self.skew_ms
    }

    pub(super) fn advance(&mut self, by: Duration) {
        self.skew_ms += u64::try_from(by.as_millis()).unwrap_or(0);
    }

    /// Something reached every camera on the wire.
    pub(super) fn take(&mut self, heard: Heard<'_>) {
        match heard {
            Heard::Datagram(bytes, asker) => self.hear(bytes, asker),
            Heard::Layer2(asker) => {
                for index in 0..self.cameras.len() {
                    if self.cameras[index].is_powered() && self.faults.hears() {
                        let frame = layer2::answer(&self.cameras[index], asker);
                        let delay_ms = self.cameras[index].delay_ms();
                        self.enqueue(index, Target::Frame, delay_ms, &frame.into());
                    }
                }
            }
        }
    }

    pub(super) fn hear(&mut self, bytes: &[u8], asker: Asker) {
        // Read once for all of them.
        let Ok(request) = reading::read(bytes) else {
            return;
        };
        let now_ms = self.now_ms();
        let meant = match &request.mac {
            Some(mac) => match self.by_mac.get(mac) {
                Some(index) => *index..*index + 1,
                None => return,
            },
            None => 0..self.cameras.len(),
        };
        for index in meant {
            if self.faults.hears() {
                let answers = self.cameras[index].answer(now_ms, &request);
                self.queue(index, answers, Some(asker));
            }
        }
    }

    pub(super) fn reboot(&mut self, camera: usize) -> Result<(), NoSuchCamera> {
        let answers = self.with(camera, Camera::reboot)?;
        self.queue(camera, answers, None);
        // Dropped by wires that carry no bare frames.
        let notice = layer2::online_notice(&self.cameras[camera]);
        self.enqueue(camera, Target::Frame, 0, &notice.into());
        Ok(())
    }

    pub(super) fn export_by_other(&mut self, camera: usize) -> Result<(), NoSuchCamera> {
        let answers = self.with(camera, |camera, now_ms| {
            let mut answers = camera
                .foreign_export()
                .map(|bytes| camera.handle(now_ms, &bytes))
                .unwrap_or_default();
            for answer in &mut answers {
                answer.mode = AnswerMode::Multicast;
            }
            answers
        })?;
        self.queue(camera, answers, None);
        Ok(())
    }

    pub(super) fn reset_by_other(
        &mut self,
        camera: usize,
        password: &str,
    ) -> Result<(), NoSuchCamera> {
        self.with(camera, |camera, now_ms| {
            camera.reset_by_other(now_ms, password);
        })
    }

    pub(super) fn chatter(&mut self) {
        for index in 0..self.cameras.len() {
            if let Some(search) = self.cameras[index].chatter() {
                self.queue(index, vec![search.clone()], None);
                if self.hears_itself {
                    continue;
                }
                // Its neighbours hear it as they hear anybody.
                let source = SocketAddrV4::new(self.cameras[index].place().address, PORT);
                let neighbour = Asker {
                    address: source,
                    mac: Some(self.cameras[index].identity().mac),
                };
                self.hear(&search.bytes, neighbour);
            }
        }
    }

    fn queue(&mut self, camera: usize, answers: Vec<Answer>, asker: Option<Asker>) {
        let (gateway, subnet) = (self.gateway, self.cameras[camera].place().subnet);
        for answer in answers {
            let bytes: Arc<[u8]> = answer.bytes.into();
            let unicast = |port: Option<u16>| {
                let asker = asker?;
                let address =
                    SocketAddrV4::new(*asker.address.ip(), port.unwrap_or(asker.address.port()));
                // A device's system has no way to 0.0.0.0, and to other subnets only through a gateway.
                let reaches =
                    !address.ip().is_unspecified() && (gateway || subnet.holds(*address.ip()));
                reaches.then_some(Target::Asker(Asker { address, ..asker }))
            };
            let targets = match answer.mode {
                AnswerMode::Multicast => [Some(Target::Group), None],
                AnswerMode::Unicast => [unicast(None), None],
                AnswerMode::Both => [Some(Target::Group), unicast(None)],
                AnswerMode::Port37020 => [unicast(Some(PORT)), None],
            };
            for target in targets.into_iter().flatten() {
                self.enqueue(camera, target, answer.delay_ms, &bytes);
            }
        }
    }

    fn enqueue(&mut self, camera: usize, target: Target, delay_ms: u64, bytes: &Arc<[u8]>) {
        let found = &self.cameras[camera];
        let source = Source {
            mac: found.identity().mac,
            address: found.place().address,
        };
        let now = Instant::now();
        for delay_ms in self.faults.arrivals(delay_ms) {
            self.sequence += 1;
            let outgoing = Outgoing {
                source,
                target,
                bytes: Arc::clone(bytes),
            };
            let at = now + Duration::from_millis(delay_ms);
            self.queue.push(Reverse(Queued {
                at,
                sequence: self.sequence,
                outgoing,
            }));
        }
    }

    /// What is to be sent now, and how long until the next.
    pub(super) fn due(&mut self) -> (Vec<Outgoing>, Option<Duration>) {
        let now = Instant::now();
        let mut due = Vec::new();
        while self
            .queue
            .peek()
            .is_some_and(|Reverse(first)| first.at <= now)
        {
            due.extend(self.queue.pop().map(|Reverse(first)| first.outgoing));
        }
        let next = self
            .queue
            .peek()
            .map(|Reverse(first)| first.at.saturating_duration_since(now));
        (due, next)
    }

    pub(super) fn count_refused(&mut self, refused: usize) {
        self.refused += refused as u64;
    }

    pub(super) fn with<T>(
        &mut self,
        camera: usize,
        change: impl FnOnce(&mut Camera, u64) -> T,
    ) -> Result<T, NoSuchCamera> {
        let now_ms = self.now_ms();
        let count = self.cameras.len();
        let found = self.cameras.get_mut(camera).ok_or(NoSuchCamera {
            asked: camera,
            count,
        })?;
        Ok(change(found, now_ms))
    }

    pub(super) fn states(&self) -> Vec<CameraState> {
        (0..self.cameras.len())
            .filter_map(|camera| self.state(camera).ok())
            .collect()
    }

    pub(super) fn state(&self, camera: usize) -> Result<CameraState, NoSuchCamera> {
        let found = self.cameras.get(camera).ok_or(NoSuchCamera {
            asked: camera,
            count: self.cameras.len(),
        })?;
        let place = found.place();
        let web = web_address(self.web, place.address, place.http_port);
        Ok(CameraState::new(camera, found, web, self.now_ms()))
    }
}

/// The cameras as the web server sees them.
#[derive(Clone)]
pub(super) struct Cameras(pub(super) Arc<Mutex<Shared>>);

impl Cameras {
    /// The number of the camera that answers at this local address.
    fn at(shared: &Shared, local: SocketAddr) -> Option<usize> {
        match (shared.web, local.ip()) {
            (WebMode::LoopbackPorts, _) => shared.by_port.get(&local.port()).copied(),
            (WebMode::OwnAddresses { .. }, IpAddr::V4(address)) => {
                shared.by_address.get(&address).copied()
            }
            (WebMode::OwnAddresses { .. }, IpAddr::V6(_)) | (WebMode::Off, _) => None,
        }
    }
}

impl Site for Cameras {
    fn tried(&self, local: SocketAddr) {
        let mut shared = lock(&self.0);
        let index = Self::at(&shared, local);
        if let Some(camera) = index.and_then(|index| shared.cameras.get_mut(index)) {
            camera.count_login();
        }
    }

    fn camera(&self, local: SocketAddr) -> Option<(String, String, Option<String>)> {
        let shared = lock(&self.0);
        let index = Self::at(&shared, local);
        let camera = shared
            .cameras
            .get(index?)
            .filter(|camera| camera.is_powered())?;
        let identity = camera.identity();
        Some((
            identity.serial.clone(),
            identity.model.clone(),
            camera.password().map(str::to_owned),
        ))
    }

    fn local_s(&self) -> i64 {
        let shared = lock(&self.0);
        shared.epoch_s + i64::try_from(shared.now_ms() / 1000).unwrap_or(0)
    }

    fn nonce(&self) -> String {
        let mut shared = lock(&self.0);
        let nonce = format!(
            "{:016x}{:016x}",
            shared.rng.next_u64(),
            shared.rng.next_u64()
        );
        shared.nonces.add(nonce.clone());
        nonce
    }

    fn count(&self, nonce: &str, nc: u32) -> bool {
        lock(&self.0).nonces.count(nonce, nc)
    }
}
