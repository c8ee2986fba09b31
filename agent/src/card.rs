//! The card that the box runs from, where it runs from the project's own image (`image/` in the repository).
//!
//! Root's scripts decide which system starts and write updates; the box and they talk through small files below `/run`.
//! The box tells people what those say, takes updates from the phone page into its inbox, and says when a restart
//! would hurt.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use nix::sys::statfs::{OVERLAYFS_SUPER_MAGIC, TMPFS_MAGIC, statfs};
use resetbox_core::View;
use resetbox_core::event::{Health, UpdateNews};
use resetbox_core::view::{CasePhase, LoginView};
use tokio::sync::watch;

use crate::bus::{Bus, Input};
use crate::update::Version;

mod inbox;
#[cfg(test)]
pub(crate) mod tests;

pub use inbox::{Inbox, InboxError, Receiver, Stage};

/// Between looks at what root's scripts say.
const LOOK: Duration = Duration::from_secs(5);

/// Where things are on such a card.
#[derive(Clone, Debug)]
pub struct Card {
    run: PathBuf,
    system: PathBuf,
    state: PathBuf,
    blocks: PathBuf,
    kernel: PathBuf,
    /// `a` or `b`: the slot that runs.
    slot: String,
    device: String,
    /// Whether the state's folder must lie on a disk: not where a test plays the card.
    mounted: bool,
    /// The slot that did not pass its health check, while that is news.
    failed: Option<String>,
}

impl Card {
    /// The card below this machine's root; `None` where the box runs from something else.
    pub fn here() -> Option<Self> {
        Some(Self {
            mounted: true,
            ..Self::at(Path::new("/"))?
        })
    }

    /// The same below another folder.
    pub fn at(root: &Path) -> Option<Self> {
        let run = root.join("run");
        // The initramfs of the image writes it; nobody else does.
        let boot = fs::read_to_string(run.join("resetbox-boot")).ok()?;
        let field = |name: &str| {
            let value = |line: &str| Some(line.strip_prefix(name)?.strip_prefix('=')?.to_owned());
            (boot.lines().find_map(value)).filter(|value| !value.is_empty())
        };
        Some(Self {
            run,
            system: root.join("usr/lib/resetbox"),
            state: root.join("var/lib/resetbox"),
            blocks: root.join("sys/class/block"),
            kernel: root.join("proc/sys/kernel/osrelease"),
            slot: field("slot")?,
            device: field("card")?,
            mounted: false,
            failed: field("failed"),
        })
    }

    /// The slot that runs: `a` or `b`.
    pub fn slot(&self) -> &str {
        &self.slot
    }

    /// Who may sign updates of this box.
    pub fn key(&self) -> PathBuf {
        self.system.join("update.pub")
    }

    /// The version of the system that runs.
    pub fn version(&self) -> Option<Version> {
        let text = fs::read_to_string(self.system.join("image")).ok()?;
        let value = |line: &str| Version::parse(line.strip_prefix("VERSION=")?);
        text.lines().find_map(value)
    }

    /// The kernel that runs, as `uname -r` says it.
    pub fn kernel(&self) -> Option<String> {
        line(&self.kernel)
    }

    /// The largest root that a slot holds, in bytes. Both slots have one size.
    pub fn room(&self) -> Option<u64> {
        let disk = self.device.strip_prefix("/dev/")?;
        let number = if self.slot == "b" { 3 } else { 2 };
        let mark = if disk.ends_with(|last: char| last.is_ascii_digit()) {
            "p"
        } else {
            ""
        };
        let size = self.blocks.join(format!("{disk}{mark}{number}/size"));
        let sectors: u64 = fs::read_to_string(size).ok()?.trim().parse().ok()?;
        sectors.checked_mul(512)
    }

    /// Why what the store writes is gone with the power, if it is: by the word of the script that mounts the data
    /// partition, and should that have failed itself, by what the folder lies on.
    pub fn fleeting(&self) -> Option<String> {
        line(&self.run.join("resetbox-data")).or_else(|| {
            let kind = statfs(&self.state).ok()?.filesystem_type();
            (self.mounted && (kind == OVERLAYFS_SUPER_MAGIC || kind == TMPFS_MAGIC))
                .then(|| "the data partition was not mounted".to_owned())
        })
    }

    /// What became of an update.
    pub fn news(&self) -> Option<UpdateNews> {
        let told = line(&self.run.join("resetbox-update"));
        let told = told.as_deref().and_then(|told| told.split_once(' '));
        match told {
            Some(("coming", file)) => Some(UpdateNews::Coming(file.to_owned())),
            Some(("refused", why)) => Some(UpdateNews::Refused(why.to_owned())),
            _ => (self.failed.as_ref())
                .map(|slot| UpdateNews::FellBack(format!("system {slot} failed its health check"))),
        }
    }

    fn say(&self, name: &str, text: Option<&str>) {
        // A folder of the service's own, gone with it: what stands there is this process's word.
        let path = self.run.join("resetbox").join(name);
        let done = match text {
            Some(text) => fs::write(&path, text),
            None => match fs::remove_file(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
                other => other,
            },
        };
        if let Err(error) = done {
            tracing::warn!("{}: {error}: updates cannot ask the box", path.display());
        }
    }
}

/// A file's first line, if it says something.
fn line(path: &Path) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().next()?.trim();
    (!line.is_empty()).then(|| line.to_owned())
}

/// A restart now would lose something that a person has done, or leave it unclear: a device is being asked for its code,
/// a key waits for its confirmation, is being sent, or its login is tried.
pub fn is_busy(view: &View) -> bool {
    view.cases.iter().any(|case| {
        let phase = matches!(
            case.phase,
            CasePhase::Exporting | CasePhase::Ready | CasePhase::Exchanging | CasePhase::Sending
        );
        phase || case.login == Some(LoginView::Checking)
    })
}

/// Tells the core what root's scripts say, and them what the box does, for as long as the box runs.
pub async fn watch(card: Arc<Card>, bus: Bus) {
    let lasting = card.fleeting().map_or(Ok(()), Err);
    // A closed bus means that the program ends: nobody is left to tell.
    let _ = (bus.inputs.send(Input::Health(Health::Lasting(lasting)))).await;
    tokio::join!(tell_busy(&card, bus.view.clone()), look(&card, &bus),);
}

async fn look(card: &Card, bus: &Bus) {
    let mut told = None;
    let mut stored = false;
    loop {
        let news = card.news();
        if news != told {
            told.clone_from(&news);
            if (bus.inputs.send(Input::Health(Health::Update(news))))
                .await
                .is_err()
            {
                return;
            }
        }
        if !stored && bus.books.probe().await.is_ok() {
            // Asked once: every write wears the card.
            stored = true;
            card.say("store", Some("ok\n"));
        }
        tokio::time::sleep(LOOK).await;
    }
}

async fn tell_busy(card: &Card, mut view: watch::Receiver<Arc<View>>) {
    let mut told = None;
    loop {
        let busy = is_busy(&view.borrow_and_update());
        if told != Some(busy) {
            told = Some(busy);
            card.say("busy", busy.then_some("a reset is under way\n"));
        }
        if view.changed().await.is_err() {
            return;
        }
    }
}
