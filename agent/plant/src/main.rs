//! `resetbox-plant`: simulated cameras on an interface of this machine.

mod cli;

use std::io::{self, BufRead, Write};
use std::path::Path;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;

use clap::Parser;
use resetbox_plant::{FloodConfig, Plant, PlantConfig, WireMode, describe, flood};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Notify, mpsc};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use cli::{Cli, Flood, FloodArgs, Run};

fn main() -> ExitCode {
    let cli = Cli::parse();
    // Errors only, unless RUST_LOG asks for more: `info`, or levels by module.
    let levels = std::env::var("RUST_LOG")
        .ok()
        .and_then(|wanted| wanted.parse().ok())
        .unwrap_or_else(|| Targets::new().with_default(tracing::Level::ERROR));
    tracing_subscriber::registry()
        .with(levels)
        .with(tracing_subscriber::fmt::layer().with_writer(io::stderr))
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
    let config = args.config();
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
