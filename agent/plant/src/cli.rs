//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use resetbox_plant::{
    AnswerMode, FaultConfig, Garbage, Options, PlantConfig, Profile, Subnet, WebMode, WireMode,
};

/// Simulated cameras that answer SADP on an interface of this machine.
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Flood>,
    #[command(flatten)]
    pub(crate) run: Run,
}

#[derive(Subcommand)]
pub(crate) enum Flood {
    /// Send garbage instead: fake cameras, broken XML, endless datagrams, terminal escapes.
    Flood(FloodArgs),
}

#[derive(Args)]
pub(crate) struct Run {
    /// How many cameras.
    #[arg(long, default_value_t = 20)]
    pub(crate) cameras: usize,
    /// Where they are. `lo` needs no network and no privilege.
    #[arg(long, default_value = "lo")]
    pub(crate) interface: String,
    /// Their kinds, in turn; all when not given.
    #[arg(long = "profile", value_name = "NAME")]
    pub(crate) profiles: Vec<Profile>,
    /// Frames with own hardware and IP addresses that need not be configured; needs CAP_NET_RAW.
    #[arg(long, conflicts_with = "udp")]
    pub(crate) raw: bool,
    /// Own source addresses, which must be configured on the interface.
    #[arg(long)]
    pub(crate) udp: bool,
    /// Configure them first (`ip address add`); needs CAP_NET_ADMIN. Use a namespace of its own.
    #[arg(long)]
    pub(crate) assign: bool,
    /// Their subnets, in turn.
    #[arg(long, value_delimiter = ',', value_name = "A,B")]
    pub(crate) subnets: Vec<Subnet>,
    /// Web servers: `off`, `ports` (127.0.0.1, one each), or a port at their own addresses.
    #[arg(long, value_parser = web_mode, value_name = "MODE")]
    pub(crate) web: Option<WebMode>,
    /// Where answers go.
    #[arg(long, default_value = "both")]
    pub(crate) answer_mode: Mode,
    /// Unicast answers to askers outside of a camera's subnet are lost, as without a gateway.
    #[arg(long)]
    pub(crate) no_gateway: bool,
    /// Shortest delay of an answer, in milliseconds.
    #[arg(long, default_value_t = 20)]
    pub(crate) min_delay: u64,
    /// Longest delay of an answer, in milliseconds.
    #[arg(long, default_value_t = 500)]
    pub(crate) max_delay: u64,
    /// Length of inquiry answers, in bytes (2500 and 8000 need IP fragments).
    #[arg(long, default_value_t = 0)]
    pub(crate) size: usize,
    /// Share of answers that are lost, 0 to 1.
    #[arg(long, default_value_t = 0.0, value_parser = share)]
    pub(crate) loss: f64,
    /// Share of requests that a camera does not hear, 0 to 1.
    #[arg(long, default_value_t = 0.0, value_parser = share)]
    pub(crate) request_loss: f64,
    /// Share of answers that arrive twice, 0 to 1.
    #[arg(long, default_value_t = 0.0, value_parser = share)]
    pub(crate) duplicates: f64,
    /// Share of answers that are overtaken, 0 to 1.
    #[arg(long, default_value_t = 0.0, value_parser = share)]
    pub(crate) reorder: f64,
    /// Delay added to every answer, in milliseconds.
    #[arg(long, default_value_t = 0)]
    pub(crate) delay: u64,
    /// All answers to a request leave at once.
    #[arg(long)]
    pub(crate) burst: bool,
    /// Put a 00 byte into every exchange's random.
    #[arg(long)]
    pub(crate) random_with_nul: bool,
    /// Hostile: every `Result` is empty.
    #[arg(long)]
    pub(crate) empty_result: bool,
    /// Carry out such commands but never answer them, such as `reset`.
    #[arg(long, value_name = "TYPES")]
    pub(crate) swallow: Vec<String>,
    /// The same seed gives the same plant.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Control channel: a Unix socket's path, or `-` for standard input and output.
    #[arg(long, value_name = "PATH")]
    pub(crate) control: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct FloodArgs {
    /// Where to.
    #[arg(long, default_value = "lo")]
    pub(crate) interface: String,
    /// Every datagram from a sender of its own; needs CAP_NET_RAW.
    #[arg(long)]
    pub(crate) raw: bool,
    /// Kinds, in turn; all when not given.
    #[arg(long = "kind", value_name = "NAME")]
    pub(crate) kinds: Vec<Garbage>,
    /// How many datagrams.
    #[arg(long, default_value_t = 100_000)]
    pub(crate) count: u32,
    /// Spread over so many seconds; 0 sends them as fast as the wire goes.
    #[arg(long, default_value_t = 5.0, value_parser = seconds)]
    pub(crate) seconds: f64,
    /// The same seed gives the same garbage.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Mode {
    Multicast,
    Unicast,
    Both,
    Port37020,
}

fn web_mode(text: &str) -> Result<WebMode, String> {
    match text {
        "off" => Ok(WebMode::Off),
        "ports" => Ok(WebMode::LoopbackPorts),
        port => {
            let port = port
                .parse()
                .map_err(|_| "write `off`, `ports` or a port number".to_owned())?;
            Ok(WebMode::OwnAddresses { port })
        }
    }
}

fn share(text: &str) -> Result<f64, String> {
    let share: f64 = text
        .parse()
        .map_err(|_| "write a number from 0 to 1".to_owned())?;
    if (0.0..=1.0).contains(&share) {
        Ok(share)
    } else {
        Err("write a number from 0 to 1".to_owned())
    }
}

fn seconds(text: &str) -> Result<f64, String> {
    let seconds: f64 = text
        .parse()
        .map_err(|_| "write a number of seconds".to_owned())?;
    if (0.0..=86_400.0).contains(&seconds) {
        Ok(seconds)
    } else {
        Err("write 0 to 86400".to_owned())
    }
}

impl Run {
    /// The plant that is asked for.
    pub(crate) fn config(self) -> PlantConfig {
        let args = self;
        let interface = args.interface;
        let (wire, web) = match (args.raw, args.udp || args.assign) {
            (true, _) => (WireMode::Raw { interface }, WebMode::Off),
            (false, true) => (
                WireMode::Addressed { interface },
                WebMode::OwnAddresses { port: 80 },
            ),
            (false, false) => (WireMode::Plain { interface }, WebMode::LoopbackPorts),
        };
        PlantConfig {
            cameras: args.cameras,
            profiles: args.profiles,
            subnets: if args.subnets.is_empty() {
                Subnet::USUAL.to_vec()
            } else {
                args.subnets
            },
            wire,
            web: args.web.unwrap_or(web),
            options: Options {
                answer_mode: match args.answer_mode {
                    Mode::Multicast => AnswerMode::Multicast,
                    Mode::Unicast => AnswerMode::Unicast,
                    Mode::Both => AnswerMode::Both,
                    Mode::Port37020 => AnswerMode::Port37020,
                },
                delay_ms: (args.min_delay, args.max_delay.max(args.min_delay)),
                answer_size: args.size,
                random_with_nul: args.random_with_nul,
                empty_result: args.empty_result,
                swallow: args.swallow,
                ..Options::default()
            },
            gateway: !args.no_gateway,
            faults: FaultConfig {
                loss: args.loss,
                request_loss: args.request_loss,
                duplicates: args.duplicates,
                reorder: args.reorder,
                delay_ms: args.delay,
                burst: args.burst,
            },
            seed: args.seed,
            epoch_s: None,
        }
    }
}
