//! A card whose slots are files, and the image's own scripts for them: what the initramfs decides, the health check, and
//! the writing of an update. The scripts run as they are, in folders of the test; every command of theirs that changes
//! something can be the one before which the power goes.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{PoisonError, RwLock};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{Ed25519KeyPair, KeyPair};
use sha2::{Digest, Sha256};

use crate::process::resetbox;

/// What the scripts change something with; the power may go before each.
const CHANGES: [&str; 6] = ["dd", "mv", "rm", "resetbox", "systemctl", "sync"];
/// The scripts' own folders, and what they are called in the test's.
const FOLDERS: [(&str, &str); 4] = [
    ("/usr/lib/resetbox", "lib"),
    ("/boot/firmware", "boot"),
    ("/run/", "run/"),
    ("/data/", "data/"),
];

/// The signer of the test's updates. Not of any box.
pub struct Signer(Ed25519KeyPair);

impl Signer {
    /// The same one every time.
    ///
    /// # Panics
    /// Never: the seed has the right length.
    pub fn new() -> Self {
        Self(Ed25519KeyPair::from_seed_unchecked(&[7; 32]).expect("32 bytes"))
    }

    /// The one whose private key is in this PEM text, as `openssl genpkey` writes it.
    ///
    /// # Panics
    /// When it is no such text.
    pub fn from_pem(text: &str) -> Self {
        let base64: String = (text.lines())
            .filter(|line| !line.starts_with('-'))
            .collect();
        let der = STANDARD.decode(base64).expect("base64 between its marks");
        Self(Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der).expect("an Ed25519 key"))
    }

    /// What a box needs to know of it.
    pub fn public(&self) -> String {
        STANDARD.encode(self.0.public_key())
    }

    /// An update file.
    pub fn update(&self, version: &str, kernel: &str, root: &[u8]) -> Vec<u8> {
        let sha256: String = (Sha256::digest(root).iter())
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let head = format!(
            "resetbox-update 1\nversion {version}\nkernel {kernel}\nbytes {}\nsha256 {sha256}\n",
            root.len()
        );
        let signature = STANDARD.encode(self.0.sign(head.as_bytes()));
        [format!("{head}signature {signature}\n\n").as_bytes(), root].concat()
    }
}

impl Default for Signer {
    fn default() -> Self {
        Self::new()
    }
}

/// How a run of a script ended.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum End {
    /// It did all that it does.
    Whole,
    /// The power went before its n-th change.
    Cut,
}

/// The card and the scripts.
pub struct Slots {
    folder: tempfile::TempDir,
    /// Signs what this card takes.
    pub signer: Signer,
}

impl Slots {
    /// A card with `root` in slot a and nothing in slot b, 4096 bytes each.
    ///
    /// # Panics
    /// When the folder cannot be made.
    pub fn new(root: &[u8]) -> Self {
        let slots = Self {
            folder: tempfile::tempdir().expect("a folder"),
            signer: Signer::new(),
        };
        for folder in ["lib", "boot", "run/resetbox", "data", "bin", "inbox"] {
            fs::create_dir_all(slots.path(folder)).expect("made");
        }
        fs::write(slots.path("card"), vec![0; 1 << 20]).expect("written");
        for (slot, bytes) in [("card2", root), ("card3", &[][..])] {
            let mut held = bytes.to_vec();
            held.resize(4096, 0);
            fs::write(slots.path(slot), held).expect("written");
        }
        let image = Path::new(env!("CARGO_MANIFEST_DIR")).join("../image");
        let scripts = image.join("overlay/usr/lib/resetbox");
        slots.script(&image.join("slots.sh"), "slots.sh");
        for name in ["apply-update", "slot-good"] {
            slots.script(&scripts.join(name), name);
        }
        fs::write(slots.path("lib/update.pub"), slots.signer.public()).expect("written");
        slots.wrap();
        slots
    }

    /// A path below the card's folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn script(&self, from: &Path, name: &str) {
        let mut text = fs::read_to_string(from).expect("a script of the image");
        for (theirs, ours) in FOLDERS {
            text = text.replace(theirs, &self.path(ours).display().to_string());
        }
        executable(&self.path("lib").join(name), &text);
    }

    /// Commands that count, and end the script that calls them before the change that was named.
    fn wrap(&self) {
        let folder = self.folder.path().display();
        for name in CHANGES {
            let real = match name {
                "resetbox" => format!(
                    "exec {} \"$@\" --key {folder}/lib/update.pub",
                    resetbox().display()
                ),
                "systemctl" => format!(
                    "case \"$*\" in *reboot*) echo \"$*\" >>{folder}/restarts ;; *NRestarts*) cat {folder}/crashes ;; \
                     *is-active*) [ ! -e {folder}/down ] ;; esac"
                ),
                name => format!("PATH=/usr/bin:/bin exec {name} \"$@\""),
            };
            let counted = match name {
                "dd" => format!("case \"$*\" in *of={folder}/card*) ;; *) {real} ;; esac"),
                "systemctl" => format!("case \"$*\" in *reboot*) ;; *) {real}; exit ;; esac"),
                _ => String::new(),
            };
            let torn = match name {
                "dd" => format!("[ ! -e {folder}/torn ] || . {folder}/tear"),
                _ => String::new(),
            };
            let text = format!(
                "#!/bin/sh\n{counted}\ncount=$(($(cat {folder}/count) + 1))\necho $count >{folder}/count\n\
                 if [ $count = \"$(cat {folder}/cut)\" ]; then\n{torn}\n: >{folder}/was-cut\nkill -9 0\nfi\n{real}\n"
            );
            executable(&self.path("bin").join(name), &text);
        }
        // A write of the card's record that is cut in the middle: part of its sector is new, and the rest of the 4 KiB that
        // the kernel writes with it is anything.
        let tear = format!(
            "PATH=/usr/bin:/bin\nfor word; do case $word in seek=*) seek=${{word#seek=}} ;; esac; done\n\
             new=$(head -c 40)\nhead -c 4096 /dev/zero | tr '\\000' Z | dd of={folder}/card bs=4096 seek=$((seek / 8)) conv=notrunc\n\
             printf %s \"$new\" | dd of={folder}/card bs=512 seek=$seek conv=notrunc\n"
        );
        executable(&self.path("tear"), &tear);
        executable(&self.path("bin/sleep"), "#!/bin/sh\n");
        executable(&self.path("bin/mountpoint"), "#!/bin/sh\n");
        executable(&self.path("bin/uname"), "#!/bin/sh\necho 6.1-box\n");
    }

    fn shell(&self, words: &str, cut: Option<usize>) -> (End, Output) {
        for (name, text) in [("count", 0), ("cut", cut.unwrap_or(0))] {
            fs::write(self.path(name), format!("{text}\n")).expect("written");
        }
        // Not there after a run that was not cut.
        let _ = fs::remove_file(self.path("was-cut"));
        let mut command = Command::new("sh");
        command
            .args(["-c", words])
            .env(
                "PATH",
                format!("{}:/usr/bin:/bin", self.path("bin").display()),
            )
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let starting = SCRIPTS.read().unwrap_or_else(PoisonError::into_inner);
        let child = command.spawn().expect("sh runs");
        drop(starting);
        let output = child.wait_with_output().expect("our own child");
        match self.path("was-cut").exists() {
            true => (End::Cut, output),
            false => (End::Whole, output),
        }
    }

    /// Power on: the initramfs decides, and the slot's system says which version it is. Gives the slot; what was below
    /// `/run` is gone.
    ///
    /// # Panics
    /// When the script fails.
    pub fn start(&self, cut: Option<usize>) -> (End, String) {
        fs::remove_dir_all(self.path("run")).expect("there");
        fs::create_dir_all(self.path("run/resetbox")).expect("made");
        fs::write(self.path("run/resetbox/store"), "ok\n").expect("written");
        // Not there in the first start.
        let _ = fs::remove_file(self.path("restarts"));
        let words = format!(
            ". {0}/lib/slots.sh; slot_choose {0}/card; printf 'card=%s\\nslot=%s\\nfailed=%s\\n' {0}/card $slot_start \
             \"$slot_tell\" >{0}/run/resetbox-boot",
            self.folder.path().display()
        );
        let (end, output) = self.shell(&words, cut);
        if end == End::Cut {
            return (end, String::new());
        }
        assert!(output.status.success(), "{output:?}");
        let slot = self.boot("slot").expect("a slot was chosen");
        (end, slot)
    }

    /// What the initramfs left: `slot`, `failed`.
    pub fn boot(&self, name: &str) -> Option<String> {
        let text = fs::read_to_string(self.path("run/resetbox-boot")).ok()?;
        let value = |line: &str| Some(line.strip_prefix(name)?.strip_prefix('=')?.to_owned());
        (text.lines().find_map(value)).filter(|value| !value.is_empty())
    }

    /// The version of the system that runs, as its root says.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn is_version(&self, version: &str) {
        let text = format!("VERSION={version}\nKERNEL=6.1-box\n");
        fs::write(self.path("lib/image"), text).expect("written");
    }

    /// The health check.
    pub fn check_health(&self, well: bool, cut: Option<usize>) -> End {
        self.check_health_of(well, 0, cut)
    }

    /// The health check of a box that systemd has started again so often.
    ///
    /// # Panics
    /// When its answer cannot be read.
    pub fn check_health_of(&self, well: bool, crashes: u32, cut: Option<usize>) -> End {
        fs::write(self.path("crashes"), format!("{crashes}\n")).expect("written");
        let down = self.path("down");
        match well {
            // Not there: it is up already.
            true => drop(fs::remove_file(down)),
            false => fs::write(down, "").expect("written"),
        }
        let script = self.path("lib/slot-good").display().to_string();
        self.shell(&script, cut).0
    }

    /// Writes the update: `--card`, or the phone page's in the inbox.
    pub fn apply(&self, what: &str, cut: Option<usize>) -> (End, Output) {
        let script = self.path("lib/apply-update");
        self.shell(&format!("{} {what}", script.display()), cut)
    }

    /// A script asked for a restart.
    pub fn restarts(&self) -> bool {
        self.path("restarts").exists()
    }

    /// What the box would tell of updates.
    pub fn news(&self) -> String {
        fs::read_to_string(self.path("run/resetbox-update")).unwrap_or_default()
    }

    /// The bytes of a slot.
    ///
    /// # Panics
    /// When it cannot be read.
    pub fn held(&self, slot: &str) -> Vec<u8> {
        let name = if slot == "b" { "card3" } else { "card2" };
        fs::read(self.path(name)).expect("a slot")
    }

    /// The record as the scripts read it: `good try left failed`.
    ///
    /// # Panics
    /// When the script fails.
    pub fn record(&self) -> String {
        let folder = self.folder.path().display();
        let words = format!(
            ". {folder}/lib/slots.sh; slot_read {folder}/card; echo $slot_good $slot_try $slot_left $slot_failed"
        );
        let (_, output) = self.shell(&words, None);
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Runs words with the slots' functions, in this card's folder as `$card`.
    pub fn with_functions(&self, words: &str, cut: Option<usize>) -> End {
        let folder = self.folder.path().display();
        let words = format!("set -e; . {folder}/lib/slots.sh; card={folder}/card; {words}");
        self.shell(&words, cut).0
    }
}

/// Held for reading while a process starts, for writing while a script is written. Between its fork and its program's start
/// the child of another thread's test has everything open that this process has, and what is open for writing cannot be run.
static SCRIPTS: RwLock<()> = RwLock::new(());

fn executable(path: &Path, text: &str) {
    let _writing = SCRIPTS.write().unwrap_or_else(PoisonError::into_inner);
    fs::write(path, text).expect("written");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("its mode");
}
