//! `resetbox-plant`: simulated cameras on an interface of this machine.

use std::io::{self, BufRead, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use resetbox_plant::{
    AnswerMode, FaultConfig, FloodConfig, Garbage, Options, Plant, PlantConfig, Profile, Subnet,
    WebMode, WireMode, describe, flood,
};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Notify, mpsc};

/// Simulated cameras that answer SADP on an interface of this machine.
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Flood>,
    #[command(flatten)]
    run: Run,
}

#[derive(Subcommand)]
enum Flood {
    /// Send garbage instead: fake cameras, broken XML, endless datagrams, terminal escapes.
    Flood(FloodArgs),
}

#[derive(Args)]
struct Run {
    /// How many cameras.
    #[arg(long, default_value_t = 20)]
    cameras: usize,
    /// Where they are. `lo` needs no network and no privilege.
    #[arg(long, default_value = "lo")]
    interface: String,
    /// Their kinds, in turn; all when not given.
    #[arg(long = "profile", value_name = "NAME")]
    profiles: Vec<Profile>,
    /// Frames with own hardware and IP addresses that need not be configured; needs CAP_NET_RAW.
    #[arg(long, conflicts_with = "udp")]
    raw: bool,
    /// Own source addresses, which must be configured on the interface.
    #[arg(long)]
    udp: bool,
    /// Configure them first (`ip address add`); needs CAP_NET_ADMIN. Use a namespace of its own.
    #[arg(long)]
    assign: bool,
    /// Their subnets, in turn.
    #[arg(long, value_delimiter = ',', value_name = "A,B")]
    subnets: Vec<Subnet>,
    /// Web servers: `off`, `ports` (127.0.0.1, one each), or a port at their own addresses.
    #[arg(long, value_parser = web_mode, value_name = "MODE")]
    web: Option<WebMode>,
    /// Where answers go.
    #[arg(long, default_value = "both")]
    answer_mode: Mode,
    /// Unicast answers to askers outside of a camera's subnet are lost, as without a gateway.
    #[arg(long)]
    no_gateway: bool,
    /// Shortest delay of an answer, in milliseconds.
    #[arg(long, default_value_t = 20)]
    min_delay: u64,
    /// Longest delay of an answer, in milliseconds.
    #[arg(long, default_value_t = 500)]
    max_delay: u64,
    /// Length of inquiry answers, in bytes (2500 and 8000 need IP fragments).
    #[arg(long, default_value_t = 0)]
    size: usize,
    /// Share of answers that are lost, 0 to 1.
    #[arg(long, default_value_t = 0.0, value_parser = share)]
    loss: f64,
    /// Share of requests that a camera does not hear, 0 to 1.
    #[arg(long, default_value_t = 0.0, value_parser = share)]
    request_loss: f64,
    /// Share of answers that arrive twice, 0 to 1.
    #[arg(long, default_value_t = 0.0, value_parser = share)]
    duplicates: f64,
    /// Share of answers that are overtaken, 0 to 1.
    #[arg(long, default_value_t = 0.0, value_parser = share)]
    reorder: f64,
    /// Delay added to every answer, in milliseconds.
    #[arg(long, default_value_t = 0)]
    delay: u64,
    /// All answers to a request leave at once.
    #[arg(long)]
    burst: bool,
    /// Put a 00 byte into every exchange's random.
    #[arg(long)]
    random_with_nul: bool,
    /// Hostile: every `Result` is empty.
    #[arg(long)]
    empty_result: bool,
    /// The same seed gives the same plant.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Control channel: a Unix socket's path, or `-` for standard input and output.
    #[arg(long, value_name = "PATH")]
    control: Option<PathBuf>,
}

#[derive(Args)]
struct FloodArgs {
    /// Where to.
    #[arg(long, default_value = "lo")]
    interface: String,
    /// Every datagram from a sender of its own; needs CAP_NET_RAW.
    #[arg(long)]
    raw: bool,
    /// Kinds, in turn; all when not given.
    #[arg(long = "kind", value_name = "NAME")]
    kinds: Vec<Garbage>,
    /// How many datagrams.
    #[arg(long, default_value_t = 100_000)]
    count: u32,
    /// Spread over so many seconds; 0 sends them as fast as the wire goes.
    #[arg(long, default_value_t = 5.0, value_parser = seconds)]
    seconds: f64,
    /// The same seed gives the same garbage.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[derive(Clone, Copy, ValueEnum)]
enum Mode {
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

fn main() -> ExitCode {
    let cli = Cli::parse();
    tracing_subscriber::fmt()
        .with_writer(io::stderr)
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .init();
    let done = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Into::into)
        .and_then(|runtime| match cli.command {
            Some(Flood::Flood(args)) => runtime.block_on(send_flood(args)),
            None => runtime.block_on(run(cli.run)),
        });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("resetbox-plant: {error}");
            ExitCode::FAILURE
        }
    }
}

type Failure = Box<dyn std::error::Error>;

async fn send_flood(args: FloodArgs) -> Result<(), Failure> {
    let interface = args.interface;
    let wire = if args.raw {
        WireMode::Raw { interface }
    } else {
        WireMode::Plain { interface }
    };
    let over = Duration::from_secs_f64(args.seconds);
    let config = FloodConfig {
        wire,
        kinds: args.kinds,
        count: args.count,
        over,
        seed: args.seed,
    };
    let report = flood(config).await?;
    println!(
        "sent {} datagrams, {} refused by the system",
        report.sent, report.refused
    );
    Ok(())
}

async fn run(args: Run) -> Result<(), Failure> {
    let control = args.control.clone();
    let assign = args.assign.then(|| args.interface.clone());
    let config = config(args);
    if let Some(interface) = assign {
        assign_addresses(&interface, &config)?;
    }
    let interface = config.wire.interface().to_owned();
    let plant = Rc::new(Plant::start(config)?);
    let states = plant.cameras();
    let quiet = control.as_deref() == Some(Path::new("-"));
    if !quiet {
        let mut out = io::stdout().lock();
        for state in &states {
            writeln!(out, "{}", describe(state))?;
        }
        writeln!(out, "ready: {} cameras on {interface}", states.len())?;
        out.flush()?;
    }
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        done = serve_control(control.as_deref(), plant) => done?,
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
    if let Some(path) = control.filter(|_| !quiet) {
        // Gone already is as good.
        let _ = std::fs::remove_file(path);
    }
    Ok(())
}

fn config(args: Run) -> PlantConfig {
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

/// Gives the interface every camera's address.
fn assign_addresses(interface: &str, config: &PlantConfig) -> Result<(), Failure> {
    let lines: String = config
        .addresses()?
        .into_iter()
        .map(|(address, subnet)| {
            format!("address add {address}/{} dev {interface}\n", subnet.prefix)
        })
        .collect();
    let mut child = std::process::Command::new("ip")
        .args(["-batch", "-"])
        .stdin(std::process::Stdio::piped())
        .spawn()
        .map_err(|error| format!("cannot run `ip` (package iproute2): {error}"))?;
    // Closed when dropped here, which ends the batch.
    child
        .stdin
        .take()
        .ok_or("no pipe to `ip`")?
        .write_all(lines.as_bytes())?;
    if child.wait()?.success() {
        Ok(())
    } else {
        Err("`ip` could not add the cameras' addresses".into())
    }
}

/// Ends when a client says `quit`; without a channel, never.
async fn serve_control(path: Option<&Path>, plant: Rc<Plant>) -> Result<(), Failure> {
    match path {
        None => std::future::pending().await,
        Some(path) if path == Path::new("-") => serve_pipes(&plant).await,
        Some(path) => serve_socket(path, plant).await,
    }
}

async fn serve_pipes(plant: &Plant) -> Result<(), Failure> {
    let (lines, mut arrived) = mpsc::channel(16);
    // Standard input cannot be waited for; the thread ends with the process.
    std::thread::spawn(move || {
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            if lines.blocking_send(line).is_err() {
                break;
            }
        }
    });
    while let Some(line) = arrived.recv().await {
        let reply = plant.control(&line).await;
        writeln!(io::stdout(), "{}", reply.line())?;
        if reply.quit {
            break;
        }
    }
    Ok(())
}

async fn serve_socket(path: &Path, plant: Rc<Plant>) -> Result<(), Failure> {
    use std::os::unix::fs::FileTypeExt;
    // One that a killed plant left behind; anything else is not ours to remove.
    if std::fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_socket()) {
        std::fs::remove_file(path)?;
    }
    let listener = UnixListener::bind(path)
        .map_err(|error| format!("control socket {}: {error}", path.display()))?;
    let quit = Rc::new(Notify::new());
    let local = tokio::task::LocalSet::new();
    local
        .run_until(async {
            loop {
                tokio::select! {
                    accepted = listener.accept() => {
                        let (stream, _) = accepted?;
                        let (plant, quit) = (Rc::clone(&plant), Rc::clone(&quit));
                        tokio::task::spawn_local(async move {
                            match converse(stream, &plant).await {
                                Ok(true) => quit.notify_one(),
                                Ok(false) => {}
                                Err(error) => tracing::debug!(%error, "control connection ended"),
                            }
                        });
                    }
                    () = quit.notified() => return Ok(()),
                }
            }
        })
        .await
}

/// Whether the client said `quit`.
async fn converse(stream: UnixStream, plant: &Plant) -> io::Result<bool> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    while let Some(line) = lines.next_line().await? {
        let reply = plant.control(&line).await;
        write
            .write_all(format!("{}\n", reply.line()).as_bytes())
            .await?;
        if reply.quit {
            return Ok(true);
        }
    }
    Ok(false)
}
