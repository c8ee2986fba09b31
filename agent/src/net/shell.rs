//! The one task of the network shell.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::os::fd::OwnedFd;
use std::str::FromStr;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use resetbox_core::LinkId;
use resetbox_core::effect::{Purpose, Transmit};
use resetbox_core::event::LinkReport;
use tokio::io::unix::AsyncFd;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::config::{Interfaces, NetConfig};
use super::ears::Ears;
use super::hearing::Hearing;
use super::netlink::{self, Link, LinkKind};
use super::sys::{self, Arena};
use super::temporary::Temporary;
use super::{Command, WAITING};
use crate::bus::{Heard, HeardWhat, Input};

/// After a batch the sockets are left alone for so long: 254 devices that answer within half a
/// second, twice each, cost a few wake-ups instead of 508. The first answer is never held back.
const PAUSE: Duration = Duration::from_millis(25);
/// While more keeps coming and nobody waits for it, the pause doubles up to this. At wire speed
/// that is still less than what a receive buffer holds of a burst of 5000 answers.
const LONGEST_PAUSE: Duration = Duration::from_millis(200);
/// After so long a silence, what comes is a first answer again.
const SILENCE: Duration = Duration::from_secs(1);
/// Somebody waits after a scan was asked for, and after a command.
const SCAN_AWAITED: Duration = Duration::from_secs(3);
const ANSWER_AWAITED: Duration = Duration::from_secs(16);
/// Changes of links come in flocks.
const SETTLE: Duration = Duration::from_millis(20);
/// Counters are looked at so long after something was heard.
const COUNTERS: Duration = Duration::from_secs(1);

/// State of the task.
pub(super) struct Shell {
    config: NetConfig,
    inputs: mpsc::Sender<Input>,
    started: Instant,
    netlink: AsyncFd<OwnedFd>,
    /// Holds every socket, one shot. A socket in tokio's own epoll would wake the program
    /// with every datagram even while nobody waits for it; here it is silent until armed again.
    sockets: Epoll,
    /// The same, for tokio to wait on.
    armed: AsyncFd<OwnedFd>,
    links: BTreeMap<u32, Place>,
    arena: Arena,
    temporary: Option<Temporary>,
    /// Links with something to read.
    pending: BTreeSet<u32>,
    /// Something new was heard since the sockets were last armed.
    heard: bool,
    deaf_until: Option<Instant>,
    pause: Duration,
    last_heard: Instant,
    /// Until then the pause stays short.
    awaited_until: Instant,
    refresh_at: Option<Instant>,
    counters_at: Option<Instant>,
}

/// One link with everything that belongs to it.
struct Place {
    link: Link,
    ears: Option<Ears>,
    hearing: Hearing,
    told: Option<LinkReport>,
    /// Drops on sockets that are closed by now.
    past_drops: u64,
    told_drops: (u64, u64),
}

impl Shell {
    pub(super) fn new(config: NetConfig, inputs: mpsc::Sender<Input>) -> io::Result<Self> {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        let temporary = config.temporary_address.then(|| {
            if let Err(error) = netlink::remove_leftovers() {
                tracing::warn!(%error, "temporary addresses of an earlier run may still be there");
            }
            Temporary::new()
        });
        Ok(Self {
            config,
            inputs,
            started: Instant::now(),
            netlink: sys::watch(netlink::watch()?)?,
            armed: sys::watch(epoll.0.try_clone()?)?,
            sockets: epoll,
            links: BTreeMap::new(),
            arena: Arena::new(),
            temporary,
            pending: BTreeSet::new(),
            heard: false,
            deaf_until: None,
            pause: PAUSE,
            last_heard: Instant::now(),
            awaited_until: Instant::now(),
            refresh_at: None,
            counters_at: None,
        })
    }

    /// Runs until nobody listens any more.
    pub(super) async fn run(mut self, mut commands: mpsc::Receiver<Command>) {
        if self.refresh().await.is_err() {
            return;
        }
        loop {
            let done = tokio::select! {
                biased;
                command = commands.recv() => match command {
                    Some(command) => self.obey(command).await,
                    None => return,
                },
                ready = self.netlink.readable() => {
                    if let Ok(mut ready) = ready {
                        netlink::drain(ready.get_inner());
                        ready.clear_ready();
                    }
                    self.refresh_at.get_or_insert(Instant::now() + SETTLE);
                    Ok(())
                }
                () = at(self.refresh_at) => {
                    self.refresh_at = None;
                    self.refresh().await
                }
                () = at(self.deaf_until) => {
                    self.deaf_until = None;
                    self.arm();
                    Ok(())
                }
                () = at(self.counters_at) => {
                    self.counters_at = None;
                    self.tell_counters().await
                }
                ready = self.armed.readable(),
                    if self.deaf_until.is_none() && self.pending.is_empty() =>
                {
                    // Cleared first: whatever becomes readable from here on is a new edge.
                    if let Ok(mut ready) = ready {
                        ready.clear_ready();
                    }
                    self.collect_ready();
                    Ok(())
                }
                () = std::future::ready(()), if !self.pending.is_empty() => self.listen().await,
            };
            if done.is_err() {
                return;
            }
        }
    }

    async fn obey(&mut self, command: Command) -> Result<(), Closed> {
        match command {
            Command::Transmit(transmit) => {
                let (link, number) = (transmit.link, transmit.number);
                if transmit.purpose != Purpose::Inquiry {
                    self.expect_answers(ANSWER_AWAITED);
                }
                match self.transmit(&transmit) {
                    Ok(()) => Ok(()),
                    Err(error) => {
                        self.tell(Input::TransmitFailed {
                            link,
                            number,
                            error,
                        })
                        .await
                    }
                }
            }
            Command::Rejoin(LinkId(index)) => {
                self.expect_answers(SCAN_AWAITED);
                if let Some(place) = self.links.get_mut(&index)
                    && let Some(ears) = &mut place.ears
                {
                    ears.rejoin();
                    if ears.incomplete() {
                        place.past_drops += ears.retry(&place.link, self.config.packet_socket);
                        register(&self.sockets, index, ears);
                    }
                }
                self.tell_link(index).await
            }
        }
    }

    fn transmit(&mut self, transmit: &Transmit) -> Result<(), String> {
        let now = self.now();
        let place = self
            .links
            .get_mut(&transmit.link.0)
            .ok_or("the interface is gone")?;
        let ears = place
            .ears
            .as_mut()
            .ok_or_else(|| format!("{} is switched off", place.link.name))?;
        place.hearing.will_send(now, &transmit.bytes);
        let sources = match &self.temporary {
            Some(temporary) => temporary.sources(transmit),
            None => vec![None],
        };
        let mut outcome = Ok(());
        for source in sources {
            outcome = outcome.and(ears.transmit(&place.link, transmit, source));
        }
        outcome
    }

    /// Moves what the inner epoll reports to `pending`. Those sockets are silent until armed again.
    fn collect_ready(&mut self) {
        let mut events = [EpollEvent::empty(); 32];
        while let Ok(count @ 1..) = self.sockets.wait(&mut events, EpollTimeout::ZERO) {
            self.pending
                .extend(events[..count].iter().map(|event| event.data() as u32));
        }
    }

    /// One batch from each link that has something; the loop gets its turn in between.
    async fn listen(&mut self) -> Result<(), Closed> {
        for index in self.pending.clone() {
            self.room().await?;
            let now = self.now();
            let mut heard = Vec::new();
            let more = match self.links.get_mut(&index) {
                Some(Place {
                    ears: Some(ears),
                    hearing,
                    ..
                }) => hearing.read(now, LinkId(index), ears, &mut self.arena, &mut heard),
                _ => false,
            };
            if !more {
                self.pending.remove(&index);
            }
            self.follow(index, &heard);
            if !heard.is_empty() {
                self.heard = true;
                self.tell(Input::Heard(heard)).await?;
            }
            tokio::task::yield_now().await;
        }
        if self.pending.is_empty() {
            if std::mem::take(&mut self.heard) {
                self.deaf_until = Some(Instant::now() + self.next_pause());
                self.counters_at.get_or_insert(Instant::now() + COUNTERS);
            } else {
                self.arm();
            }
        }
        Ok(())
    }

    /// How long to leave the sockets alone now that something was heard.
    fn next_pause(&mut self) -> Duration {
        let now = Instant::now();
        let first = now - self.last_heard >= SILENCE;
        self.last_heard = now;
        if first || now < self.awaited_until {
            self.pause = PAUSE;
        }
        let pause = self.pause;
        self.pause = (pause * 2).min(LONGEST_PAUSE);
        pause
    }

    /// Somebody waits for what comes next.
    fn expect_answers(&mut self, time: Duration) {
        let now = Instant::now();
        self.awaited_until = self.awaited_until.max(now + time);
        self.deaf_until = self.deaf_until.map(|until| until.min(now + PAUSE));
    }

    /// Takes an address in the subnet of a device that is in none of ours, where that is wanted.
    fn follow(&mut self, index: u32, heard: &[Heard]) {
        let Some(temporary) = &mut self.temporary else {
            return;
        };
        let all: Vec<_> = self
            .links
            .values()
            .flat_map(|place| place.link.addresses.iter().copied())
            .collect();
        if let Some(place) = self.links.get(&index) {
            for heard in heard {
                if matches!(heard.what, HeardWhat::Datagram { .. }) {
                    temporary.hear(&place.link, &all, &heard.bytes);
                }
            }
        }
    }

    /// Waits until the loop has caught up. Meanwhile datagrams lie in the kernel's buffers.
    async fn room(&self) -> Result<(), Closed> {
        let mut polite = 0;
        while self.inputs.max_capacity() - self.inputs.capacity() >= WAITING {
            if self.inputs.is_closed() {
                return Err(Closed);
            }
            // The loop runs on this very thread: mostly it needs no more than its turn.
            if polite < 8 {
                polite += 1;
                tokio::task::yield_now().await;
            } else {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
        Ok(())
    }

    fn arm(&mut self) {
        for (index, place) in &self.links {
            for socket in place.ears.iter().flat_map(Ears::sockets) {
                let mut event = event(*index);
                if let Err(error) = self.sockets.modify(socket, &mut event) {
                    tracing::error!(link = place.link.name, %error, "socket cannot be watched");
                }
            }
        }
    }

    /// Compares what the kernel says with what is known, opens and closes sockets, and reports.
    async fn refresh(&mut self) -> Result<(), Closed> {
        let links = match netlink::links() {
            Ok(links) => links,
            Err(error) => {
                tracing::warn!(%error, "interfaces cannot be listed; trying again");
                self.refresh_at = Some(Instant::now() + Duration::from_secs(1));
                return Ok(());
            }
        };
        let links: BTreeMap<u32, Link> = links
            .into_iter()
            .filter(|link| self.wants(link))
            .map(|link| (link.index, link))
            .collect();
        let gone: Vec<u32> = self
            .links
            .keys()
            .filter(|index| !links.contains_key(index))
            .copied()
            .collect();
        for index in gone {
            self.links.remove(&index);
            self.pending.remove(&index);
            if let Some(temporary) = &mut self.temporary {
                temporary.forget(index);
            }
            self.tell(Input::LinkGone(LinkId(index))).await?;
        }
        for (index, link) in links {
            let place = self.links.entry(index).or_insert_with(|| Place::new(&link));
            place.link = link;
            if place.link.up && place.ears.is_none() {
                let ears = Ears::open(&place.link, self.config.packet_socket);
                register(&self.sockets, index, &ears);
                place.ears = Some(ears);
            }
            self.tell_link(index).await?;
        }
        Ok(())
    }

    fn wants(&self, link: &Link) -> bool {
        let chosen = match &self.config.interfaces {
            Interfaces::All(_) => link.kind == LinkKind::Ethernet,
            Interfaces::Named(names) => names.contains(&link.name),
        };
        chosen || self.config.also.contains(&link.name)
    }

    /// Reports the link if anything about it is news.
    async fn tell_link(&mut self, index: u32) -> Result<(), Closed> {
        let Some(place) = self.links.get_mut(&index) else {
            return Ok(());
        };
        let report = place.report();
        if place.told.as_ref() == Some(&report) {
            return Ok(());
        }
        place.told = Some(report.clone());
        self.tell(Input::Link(report)).await
    }

    async fn tell_counters(&mut self) -> Result<(), Closed> {
        let mut news = Vec::new();
        for (index, place) in &mut self.links {
            let open = place.ears.as_ref().map_or(0, Ears::kernel_drops);
            let drops = (place.past_drops + open, place.hearing.drops());
            if place.told_drops != drops {
                place.told_drops = drops;
                news.push(Input::NetCounters {
                    link: LinkId(*index),
                    kernel_drops: drops.0,
                    queue_drops: drops.1,
                });
            }
        }
        for counters in news {
            self.tell(counters).await?;
        }
        Ok(())
    }

    async fn tell(&self, input: Input) -> Result<(), Closed> {
        self.inputs.send(input).await.map_err(|_| Closed)
    }

    fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

impl Place {
    fn new(link: &Link) -> Self {
        Self {
            link: link.clone(),
            ears: None,
            hearing: Hearing::default(),
            told: None,
            past_drops: 0,
            told_drops: (0, 0),
        }
    }

    fn report(&self) -> LinkReport {
        let Link {
            name, up, carrier, ..
        } = &self.link;
        LinkReport {
            link: LinkId(self.link.index),
            name: name.clone(),
            up: *up,
            carrier: *carrier,
            speed_mbit: read_number(&format!("/sys/class/net/{name}/speed")),
            mac: self.link.mac,
            addresses: self.link.addresses.clone(),
            ears: self.ears.as_ref().map(Ears::report).unwrap_or_default(),
            rp_filter: ["all", name]
                .iter()
                .filter_map(|conf| {
                    read_number(&format!("/proc/sys/net/ipv4/conf/{conf}/rp_filter"))
                })
                .max(),
        }
    }
}

/// The receiver of inputs is gone: the program ends.
struct Closed;

fn event(index: u32) -> EpollEvent {
    EpollEvent::new(
        EpollFlags::EPOLLIN | EpollFlags::EPOLLONESHOT,
        u64::from(index),
    )
}

/// Adds the sockets that are new; closed ones leave the epoll by themselves.
fn register(sockets: &Epoll, index: u32, ears: &Ears) {
    for socket in ears.sockets() {
        match sockets.add(socket, event(index)) {
            Ok(()) | Err(Errno::EEXIST) => {}
            Err(error) => tracing::error!(link = index, %error, "socket cannot be watched"),
        }
    }
}

/// A small number that the kernel shows as text; negative means unknown.
fn read_number<T: FromStr>(path: &str) -> Option<T> {
    std::fs::read_to_string(path).ok()?.trim().parse().ok()
}

async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => std::future::pending().await,
    }
}
