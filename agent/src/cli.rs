//! The command line.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;

use crate::config::{self, Config};
#[cfg(feature = "desk")]
use crate::fleet::{self, FleetArgs};
use crate::panel_test::{self, PanelTestArgs};
use crate::scan::{self, ScanArgs};
use crate::update::UpdateArgs;
use crate::{log, run};

/// Finds Hikvision devices, shows a device's reset QR, and sends the vendor's key with a new password.
#[derive(Parser, Debug)]
#[command(name = "resetbox", version, about, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Run the box: what its systemd unit starts.
    Run {
        /// The configuration file; without it the default file if it exists, else defaults.
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
    /// A box, simulated cameras and the vendor's app on this machine: no hardware, no root, no network.
    #[cfg(feature = "demo")]
    Demo {
        /// Port of the pages; without it the first free one from 8080 on.
        #[arg(long, value_name = "N")]
        port: Option<u16>,
        /// How many cameras to simulate.
        #[arg(long, value_name = "N", default_value_t = 6, value_parser = clap::value_parser!(u16).range(1..=254))]
        cameras: u16,
    },
    /// Check a configuration file and name the line and column of a mistake.
    CheckConfig {
        /// The file.
        #[arg(value_name = "FILE", default_value = config::DEFAULT_PATH)]
        file: PathBuf,
    },
    /// Look for devices once and print them as they answer.
    ///
    /// Exit status: 0 devices were found, 1 none, 2 wrong use, 3 the network could not be listened to.
    Scan(ScanArgs),
    /// All boxes and their open cases on your broker, and the desk's commands to them.
    ///
    /// Exit status: 0 done; 1 the box or the device said no, or no box is listed; 2 wrong use, or a key or password
    /// that breaks a rule; 3 the broker or the box was not reached; 4 sent, but without an answer; 5 not confirmed.
    /// With 2, 3 and 5 nothing was sent.
    #[cfg(feature = "desk")]
    Fleet(Box<FleetArgs>),
    /// Try a panel, its buttons and LEDs: pictures on the glass, and words here on what they should look like.
    ///
    /// Stop the box first (systemctl stop resetbox): two programs cannot hold one line.
    PanelTest(PanelTestArgs),
    /// Write every screen of the panel as a picture, in both languages for all sizes.
    Screens {
        /// The folder; made if it is not there.
        #[arg(long, value_name = "DIR", default_value = "screens")]
        out: PathBuf,
    },
    /// Print what a shell needs to complete this program's commands: the package's build asks for it.
    #[command(hide = true)]
    Completions {
        /// Which shell.
        #[arg(value_name = "SHELL")]
        shell: Shell,
    },
    /// Check a signed update of the card's system, and write it into the slot that is not running.
    ///
    /// The box's image calls this by itself. Exit status: 0 done, 1 refused, 3 nothing to do.
    Update(UpdateArgs),
}

/// Parses the command line and runs the command.
pub fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Run { config } => run_box(config),
        #[cfg(feature = "demo")]
        Command::Demo { port, cameras } => demo(port, cameras),
        Command::CheckConfig { file } => check_config(&file),
        Command::Scan(args) => scan::run(&args),
        #[cfg(feature = "desk")]
        Command::Fleet(args) => fleet::run(&args),
        Command::PanelTest(args) => panel_test::run(&args),
        Command::Screens { out } => screens(&out),
        Command::Completions { shell } => completions(shell),
        Command::Update(args) => update(&args),
    }
}

fn completions(shell: Shell) -> ExitCode {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "resetbox", &mut text);
    match std::io::stdout().write_all(&text) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("resetbox: {error}");
            ExitCode::FAILURE
        }
    }
}

fn update(args: &UpdateArgs) -> ExitCode {
    match crate::update::update(args) {
        Ok(header) => {
            println!("{} {}", header.version, header.kernel);
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("resetbox: {error}");
            ExitCode::from(error.status())
        }
    }
}

fn screens(out: &std::path::Path) -> ExitCode {
    match crate::screens::write_all(out) {
        Ok(count) => {
            println!("{count} screens in {}", out.display());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("resetbox: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Its log stays quiet: somebody looks at the two addresses, not at the journal.
#[cfg(feature = "demo")]
fn demo(port: Option<u16>, cameras: u16) -> ExitCode {
    log::start("warn");
    match crate::demo::run(port, cameras.into()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("resetbox demo: {error}");
            ExitCode::FAILURE
        }
    }
}

/// A mistake in the configuration does not keep the box from running: it runs on defaults and says so
/// on every surface. A person on a ladder has no editor.
fn run_box(path: Option<PathBuf>) -> ExitCode {
    let path = path.unwrap_or_else(|| config::DEFAULT_PATH.into());
    let is_default = path.as_path() == std::path::Path::new(config::DEFAULT_PATH);
    let (config, mistake) = match Config::read(&path) {
        Ok(config) => (config, None),
        Err(_) if is_default && !path.exists() => (Config::default(), None),
        Err(error) => (Config::fallback(&path), Some(error)),
    };
    log::start(&config.log.level);
    if let Some(mistake) = &mistake {
        tracing::error!("{mistake}; running on defaults");
    }
    let mistake = mistake.map(|mistake| mistake.in_short());
    match run::run(
        config,
        run::Extra {
            mistake,
            ..run::Extra::default()
        },
    ) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("resetbox: {error}");
            ExitCode::FAILURE
        }
    }
}

fn check_config(file: &std::path::Path) -> ExitCode {
    match Config::read(file) {
        Ok(config) => {
            let (mistakes, warnings) = config.check_files(file);
            for warning in warnings {
                eprintln!("warning: {warning}");
            }
            for mistake in &mistakes {
                eprintln!("{mistake}");
            }
            if !mistakes.is_empty() {
                return ExitCode::FAILURE;
            }
            println!("{}: no mistakes", file.display());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
