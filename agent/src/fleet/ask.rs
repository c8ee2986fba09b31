//! Key, password and confirmation: from a person on the terminal, or from a script's standard input. Never from the
//! command line or the environment, which others can read.

use std::io::{self, BufRead};

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use resetbox_core::rules;
use resetbox_core::secret::SecretText;
use tokio::sync::mpsc;

use super::args::SubmitArgs;
use super::command::{Desk, tell};
use super::desk::{self, End};
use super::secret_line::{SecretLine, Typed};
use super::terminal::{self, Taken};
use super::{NO_BROKER, NOT_CONFIRMED, WRONG_USE};
use crate::mqtt::contract::CaseState;

/// So often a confirmation may be mistyped.
const CONFIRM_TRIES: usize = 3;

impl Desk {
    /// Asks the person for everything, on the terminal.
    pub(super) async fn ask(
        &mut self,
        args: &SubmitArgs,
        case: &CaseState,
    ) -> Result<(rules::ResetKey, rules::NewPassword), End> {
        let taken = Taken::take(false).map_err(|error| {
            End::nothing_sent(WRONG_USE, format!("The terminal cannot be used: {error}."))
        })?;
        let mut keys = terminal::keys();
        tell("Tab shows what you type, Ctrl-C ends without sending anything.");
        let key = loop {
            let typed = self.line(&mut keys, "Reset key: ", false).await?;
            match desk::key(&typed) {
                Ok(key) => {
                    if !key.is_usual() {
                        tell(resetbox_view::texts::unusual_key(
                            resetbox_view::texts::Language::En,
                        ));
                    }
                    break key;
                }
                Err(why) => tell(&why),
            }
        };
        let password = if args.generate {
            generated()?
        } else {
            loop {
                let typed = self.line(&mut keys, "New password: ", false).await?;
                let password = match desk::password(&typed) {
                    Ok(password) => password,
                    Err(why) => {
                        tell(&why);
                        continue;
                    }
                };
                if self.line(&mut keys, "The same again: ", false).await? == typed {
                    break password;
                }
                tell("That was not the same: once more.");
            }
        };
        let address = case.ipv4.as_deref().unwrap_or("without an address");
        tell(&format!("Send it to {}, {address}, once?", case.model));
        for _ in 0..CONFIRM_TRIES {
            let question = "Type the last six of its serial: ";
            let typed = self.line(&mut keys, question, true).await?;
            if desk::confirms(&case.serial, typed.expose()) {
                drop(taken);
                return Ok((key, password));
            }
            tell("That is not this device's serial.");
        }
        Err(not_confirmed())
    }

    /// A line from the person, while the connection is kept alive and the case is watched.
    async fn line(
        &mut self,
        keys: &mut mpsc::Receiver<u8>,
        question: &str,
        shown: bool,
    ) -> Result<SecretText, End> {
        let mut line = SecretLine::new(shown);
        loop {
            // A terminal that went away is noticed by its keys.
            let drawn = line.drawn();
            let _ = terminal::write(&format!("\r\x1b[K{}", sadp::printable(question)));
            let _ = terminal::write(drawn.expose());
            tokio::select! {
                byte = keys.recv() => match byte.map_or(Typed::Cancelled, |byte| line.byte(byte)) {
                    Typed::More => {}
                    Typed::Done => {
                        line.hide();
                        let _ = terminal::write(&format!("\r\x1b[K{}", sadp::printable(question)));
                        let _ = terminal::write(line.drawn().expose());
                        let _ = terminal::write("\n");
                        return Ok(line.text());
                    }
                    Typed::Cancelled => {
                        let _ = terminal::write("\r\x1b[K");
                        return Err(not_confirmed());
                    }
                },
                incoming = self.client.next() => {
                    let incoming = incoming
                        .map_err(|trouble| End::nothing_sent(NO_BROKER, trouble.to_string()))?;
                    self.take(incoming);
                }
            }
        }
    }
}

fn not_confirmed() -> End {
    End::nothing_sent(NOT_CONFIRMED, "Not confirmed.")
}

/// A script's two lines, and its confirmation.
pub(super) fn from_stdin(
    args: &SubmitArgs,
    case: &CaseState,
) -> Result<(rules::ResetKey, rules::NewPassword), End> {
    if !desk::confirms(&case.serial, args.confirm.as_deref().unwrap_or_default()) {
        return Err(End::nothing_sent(
            NOT_CONFIRMED,
            "--confirm does not name this device: it must be the last six characters of the serial above.",
        ));
    }
    let mut stdin = io::stdin().lock();
    let mut line = || -> Result<SecretText, End> {
        let mut text = zeroize::Zeroizing::new(String::with_capacity(4096));
        // Longer than any key or password, shorter than a mistake could be.
        io::Read::take(&mut stdin, 4096)
            .read_line(&mut text)
            .map_err(|error| End::nothing_sent(WRONG_USE, format!("Standard input: {error}.")))?;
        Ok(SecretText::new(text.trim_end_matches(['\r', '\n'])))
    };
    let refused = |why| End::nothing_sent(WRONG_USE, why);
    let key = desk::key(&line()?).map_err(refused)?;
    let password = if args.generate {
        generated()?
    } else {
        desk::password(&line()?).map_err(refused)?
    };
    Ok((key, password))
}

/// A proposed password, shown once, before it is sent: afterwards it may be too late to show it.
fn generated() -> Result<rules::NewPassword, End> {
    let mut seed = zeroize::Zeroizing::new([0; 32]);
    let no = |why: String| End::nothing_sent(WRONG_USE, why);
    getrandom::fill(&mut *seed).map_err(|error| no(format!("No randomness: {error}.")))?;
    let proposed = rules::propose(&mut ChaCha20Rng::from_seed(*seed), None);
    let password = desk::password(&proposed).map_err(no)?;
    let shown = terminal::write("New password: ")
        .and_then(|()| terminal::write(password.expose()))
        .and_then(|()| {
            terminal::write("\nWrite it down now: it is shown only here and stored nowhere.\n")
        });
    // A password that nobody saw must not be set.
    shown.map_err(|error| no(format!("The new password could not be shown: {error}.")))?;
    Ok(password)
}
