//! The phone page, the panel mirror and the JSON API over HTTP.
//!
//! A small accept loop ([listen]) in front of an axum router. Every surface reads the one
//! [`resetbox_core::View`]; nothing here computes state of its own. Who may come in: reading the
//! list needs nothing, everything that acts and every secret needs a session ([session]), and
//! every request passes the guard ([guard]) first. HTTPS ([tls]) is another door to the same rooms.

mod api;
mod assets;
mod body;
mod certificate;
mod csv;
mod dto;
mod events;
mod fault;
mod guard;
mod language;
mod listen;
mod metrics;
mod openapi;
mod pages;
mod qr;
mod session;
mod status;
#[cfg(test)]
mod tests;
mod tls;
mod words;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use resetbox_core::event::Health;
use resetbox_core::{Secured, View};
use resetbox_view::Geometry;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tracing::{info, warn};

use crate::bus::{Bus, Input};
use crate::card::{Card, Inbox};

pub use listen::Limits;

/// The HTTP shell's share of the configuration.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HttpConfig {
    /// Addresses to listen on. Empty switches the plain phone page off.
    pub listen: Vec<SocketAddr>,
    /// Addresses to listen on with HTTPS and the box's own certificate. Empty switches it off.
    pub listen_tls: Vec<SocketAddr>,
    /// Names under which browsers may call the box, besides its addresses, its box id and
    /// `localhost`. Any other name in a Host header is refused: that is how a page on the Internet
    /// would reach into a local network.
    pub host_names: Vec<String>,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            listen: vec![SocketAddr::from((Ipv4Addr::UNSPECIFIED, 80))],
            listen_tls: vec![SocketAddr::from((Ipv4Addr::UNSPECIFIED, 443))],
            host_names: Vec::new(),
        }
    }
}

/// What the shell needs from the rest of the program.
pub struct Services {
    /// The way to the core.
    pub bus: Bus,
    /// [`resetbox_core::Policy::pin_required`].
    pub pin_required: bool,
    /// The panel's glass: what the mirror draws.
    pub geometry: Geometry,
    /// The mirror shows what is typed, PINs and passwords too. Only where it stands for the panel itself: the demo.
    pub mirror_secrets: bool,
    /// Where the certificate for HTTPS is kept.
    pub certificate: PathBuf,
    /// The card that the box runs from, where updates of its system can be taken.
    pub card: Option<Arc<Card>>,
    /// Routes beside the API, behind the same guard: the demo's.
    pub extra: Option<Router>,
}

/// Why the phone page is not served.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// An address could not be listened on.
    #[error("cannot serve the phone page at {address}: {source}; {}", remedy(*.address, .source, .key))]
    Bind {
        /// Which.
        address: SocketAddr,
        /// The item of `[http]` that names it.
        key: &'static str,
        /// Why.
        source: std::io::Error,
    },
}

fn remedy(address: SocketAddr, error: &std::io::Error, key: &str) -> String {
    match error.kind() {
        std::io::ErrorKind::AddrInUse => format!(
            "another program has port {}: stop it, or set another port in [http] {key}",
            address.port()
        ),
        std::io::ErrorKind::PermissionDenied => format!(
            "port {} needs CAP_NET_BIND_SERVICE: give it, or set a port above 1023 in [http] {key}",
            address.port()
        ),
        _ => format!("check [http] {key}"),
    }
}

/// Listening sockets, not yet answering.
pub struct Server {
    plain: Vec<TcpListener>,
    /// Those for HTTPS, or why there are none: the plain ones do not depend on them.
    secured: Result<Vec<TcpListener>, HttpError>,
    config: HttpConfig,
    limits: Limits,
}

/// What every handler can reach.
pub(crate) struct App {
    pub(crate) bus: Bus,
    pub(crate) pin_required: bool,
    pub(crate) host_names: Vec<String>,
    pub(crate) sessions: Mutex<session::Sessions>,
    pub(crate) events: events::Events,
    pub(crate) limits: Limits,
    pub(crate) mirror: api::panel::Mirror,
    pub(crate) inbox: Option<Inbox>,
}

pub(crate) type Shared = Arc<App>;

impl App {
    /// The latest view.
    pub(crate) fn view(&self) -> Arc<View> {
        self.bus.view.borrow().clone()
    }
}

impl Server {
    /// Opens the sockets.
    ///
    /// # Errors
    /// [`HttpError::Bind`] for the first plain address that cannot be listened on.
    pub async fn bind(config: HttpConfig) -> Result<Self, HttpError> {
        Ok(Self {
            plain: bind(&config.listen, "listen").await?,
            secured: bind(&config.listen_tls, "listen_tls").await,
            config,
            limits: Limits::default(),
        })
    }

    /// The plain addresses in use, with the ports the system chose.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        local(&self.plain)
    }

    /// The addresses for HTTPS in use, with the ports the system chose.
    pub fn secured_addresses(&self) -> Vec<SocketAddr> {
        self.secured.as_deref().map_or_else(|_| Vec::new(), local)
    }

    /// Answers until the bus closes. Tells the core at which addresses a phone finds the page, and
    /// again when the box's own addresses change.
    pub async fn run(self, services: Services) {
        let addresses = self.addresses();
        let limits = self.limits.clone();
        let app = Arc::new(App {
            events: events::Events::new(),
            bus: services.bus,
            pin_required: services.pin_required,
            host_names: self.config.host_names,
            sessions: Mutex::new(session::Sessions::default()),
            limits: limits.clone(),
            inbox: services.card.map(Inbox::new),
            mirror: api::panel::Mirror::new(services.geometry, services.mirror_secrets),
        });
        let router = router(&app, services.extra);
        let slots = listen::Slots::new(&limits);
        let mut tasks = tokio::task::JoinSet::new();
        let door = |acceptor| listen::Door {
            acceptor,
            router: router.clone(),
            limits: limits.clone(),
            slots: slots.clone(),
        };
        for listener in self.plain {
            tasks.spawn(listen::accept(listener, door(None)));
        }
        if !addresses.is_empty() {
            let say = |urls| Health::Http(Ok(urls));
            tasks.spawn(announce(app.bus.clone(), "http", addresses, say));
        }
        match self.secured {
            Ok(listeners) if listeners.is_empty() => {}
            Ok(listeners) => match tls::open(&services.certificate, &app.bus).await {
                Ok((acceptor, fingerprint)) => {
                    let addresses = local(&listeners);
                    for listener in listeners {
                        tasks.spawn(listen::accept(listener, door(Some(acceptor.clone()))));
                    }
                    let say = move |urls| Health::Https(Ok(Secured { urls, fingerprint }));
                    tasks.spawn(announce(app.bus.clone(), "https", addresses, say));
                }
                Err(error) => report(&app.bus, Health::Https(Err(error.to_string()))).await,
            },
            Err(error) => report(&app.bus, Health::Https(Err(error.to_string()))).await,
        }
        events::pump(app).await;
        tasks.shutdown().await;
    }
}

async fn bind(addresses: &[SocketAddr], key: &'static str) -> Result<Vec<TcpListener>, HttpError> {
    let mut listeners = Vec::with_capacity(addresses.len());
    for &address in addresses {
        let listener = TcpListener::bind(address).await;
        listeners.push(listener.map_err(|source| HttpError::Bind {
            address,
            key,
            source,
        })?);
    }
    Ok(listeners)
}

fn local(listeners: &[TcpListener]) -> Vec<SocketAddr> {
    (listeners.iter())
        .filter_map(|listener| listener.local_addr().ok())
        .collect()
}

/// Tells the log and the core, so that every surface can show it.
async fn report(bus: &Bus, health: Health) {
    if let Health::Http(Err(error)) | Health::Https(Err(error)) = &health {
        warn!("{error}");
    }
    // A closed bus means the program ends; there is nobody left to tell.
    let _ = bus.inputs.send(Input::Health(health)).await;
}

/// Binds and serves; a failure to bind is reported to the core, so that the panel can show it.
pub async fn serve(config: HttpConfig, services: Services) {
    if config.listen.is_empty() && config.listen_tls.is_empty() {
        info!("the phone page is switched off: [http] listen and listen_tls are empty");
        return;
    }
    let server = match Server::bind(config.clone()).await {
        Ok(server) => server,
        Err(error) => {
            report(&services.bus, Health::Http(Err(error.to_string()))).await;
            // HTTPS has ports of its own.
            let secured_only = HttpConfig {
                listen: Vec::new(),
                ..config
            };
            match Server::bind(secured_only).await {
                Ok(server) => server,
                Err(_) => return,
            }
        }
    };
    server.run(services).await;
}

fn router(app: &Shared, extra: Option<Router>) -> Router {
    let mut router = api::router(app.clone()).merge(pages::router(app.clone()));
    if let Some(extra) = extra {
        router = router.merge(extra);
    }
    router
        .fallback(api::not_found)
        .method_not_allowed_fallback(api::method_not_allowed)
        .layer(from_fn_with_state(app.clone(), guard::check))
        .layer(from_fn(fault::render))
        .layer(from_fn(guard::headers))
}

/// Tells the core the page's addresses, now and whenever the box's own addresses change.
async fn announce(
    bus: Bus,
    scheme: &'static str,
    listen: Vec<SocketAddr>,
    say: impl Fn(Vec<String>) -> Health,
) {
    let mut view = bus.view.clone();
    let mut told: Option<Vec<String>> = None;
    loop {
        let urls = urls(scheme, &listen, &view.borrow_and_update());
        if told.as_ref() != Some(&urls) {
            for url in &urls {
                info!("the phone page is at {url}");
            }
            told = Some(urls.clone());
            if bus.inputs.send(Input::Health(say(urls))).await.is_err() {
                return;
            }
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        if view.changed().await.is_err() {
            return;
        }
    }
}

/// `http://ADDRESS` for each address under which a phone can reach one of `listen`.
fn urls(scheme: &str, listen: &[SocketAddr], view: &View) -> Vec<String> {
    let usual = if scheme == "https" { 443 } else { 80 };
    let mut urls = Vec::new();
    for address in listen {
        let hosts: Vec<IpAddr> = if address.ip().is_unspecified() {
            view.links
                .iter()
                .filter(|link| link.carrier)
                .flat_map(|link| link.addresses.iter().map(|(ip, _)| IpAddr::V4(*ip)))
                .collect()
        } else {
            vec![address.ip()]
        };
        for host in hosts {
            let host = match host {
                IpAddr::V4(ip) => ip.to_string(),
                IpAddr::V6(ip) => format!("[{ip}]"),
            };
            let url = match address.port() {
                port if port == usual => format!("{scheme}://{host}"),
                port => format!("{scheme}://{host}:{port}"),
            };
            if !urls.contains(&url) {
                urls.push(url);
            }
        }
    }
    urls
}
