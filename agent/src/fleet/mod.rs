//! `resetbox fleet`: many boxes from one desk, over the owner's broker. The list of all boxes and open cases from what is
//! retained there, and the commands of the desk that gets the vendor's keys.
//!
//! Decisions and drawings are pure ([roll], [table], [screen], [json], [desk], [secret_line], [keys]); [watch] and
//! [command] are the shells around them.

mod args;
mod ask;
mod cells;
mod command;
mod desk;
mod feed;
mod json;
mod keys;
mod roll;
#[cfg(test)]
mod samples;
mod screen;
mod secret_line;
mod table;
mod terminal;
mod watch;

use std::io::{self, Write};
use std::process::ExitCode;

use resetbox_core::Wall;

pub use args::FleetArgs;

/// Done; for the list: it was shown.
const DONE: u8 = 0;
/// The box or the device said no, and why; for the list: nobody is there.
const REFUSED: u8 = 1;
/// The list is empty.
const NOBODY: u8 = 1;
/// The command line, the key or the password is not right. Nothing was sent.
const WRONG_USE: u8 = 2;
/// The broker or the box was not reached. Nothing was sent.
const NO_BROKER: u8 = 3;
/// It was sent, and nobody knows what became of it. Must not be repeated blindly.
const UNCLEAR: u8 = 4;
/// The person did not confirm. Nothing was sent.
const NOT_CONFIRMED: u8 = 5;

/// Shows the list or carries a command out.
///
/// Exit status: 0 done; 1 the box or the device said no, or no box is listed; 2 wrong use, or a key or password that
/// breaks a rule; 3 the broker or the box was not reached; 4 sent, but without an answer; 5 not confirmed. With 2, 3 and
/// 5 nothing was sent.
pub fn run(args: &FleetArgs) -> ExitCode {
    let dial = match args.broker.dial() {
        Ok(dial) => dial,
        Err(why) => {
            say(&why);
            return WRONG_USE.into();
        }
    };
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            say(&error.to_string());
            return NO_BROKER.into();
        }
    };
    let outcome = runtime.block_on(async {
        match &args.act {
            Some(act) => Ok(command::run(args, act, dial).await),
            None => Box::pin(watch::run(args, dial)).await,
        }
    });
    match outcome {
        Ok(code) => code,
        // Whoever read our output has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => DONE.into(),
        Err(error) => {
            say(&error.to_string());
            NO_BROKER.into()
        }
    }
}

/// A line on standard error. If nobody can read it any more, that is no reason to fail.
fn say(line: &str) {
    let _ = writeln!(io::stderr(), "resetbox fleet: {}", sadp::printable(line));
}

/// The desk's own clock.
fn now() -> Wall {
    let since = std::time::UNIX_EPOCH.elapsed().unwrap_or_default();
    Wall(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
