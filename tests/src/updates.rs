//! Updates for the boxes of the built image, and what its own scripts would start after a power cut.

use std::collections::HashMap;
use std::fs;
use std::ops::Range;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::board::card::partitions;
use crate::board::image;
use crate::board::loss::Cut;
use crate::slots::Signer;

/// Starts that are looked at after a power cut, none of which comes to its health check: more than any record allows a system
/// that did not pass.
const STARTS: usize = 6;

/// Makes updates, signed with the key that the image was built with.
pub struct Updates {
    folder: TempDir,
    signer: Signer,
    /// The image's own version: a number behind its last point.
    version: String,
    kernel: String,
}

/// An update.
pub struct Update {
    /// Its version.
    pub version: String,
    /// The new root.
    pub root: Vec<u8>,
    /// The file.
    pub file: Vec<u8>,
}

impl Updates {
    /// For the boxes of the built image.
    ///
    /// # Panics
    /// When there is none, naming the remedy.
    pub fn new() -> Self {
        let key = image().join("update-key.pem");
        let key =
            fs::read_to_string(&key).unwrap_or_else(|error| panic!("{}: {error}", key.display()));
        let folder = tempfile::tempdir().expect("a folder");
        let tree = folder.path().join("tree");
        let option = format!("--extract={}", tree.display());
        run(
            "fsck.erofs",
            &[&option, &image().join("root.erofs").display().to_string()],
        );
        let text = fs::read_to_string(tree.join("usr/lib/resetbox/image"))
            .expect("a root says what it is");
        let field = |name: &str| {
            let value = text.lines().find_map(|line| line.strip_prefix(name));
            value.expect("its version and its kernel").to_owned()
        };
        Self {
            signer: Signer::from_pem(&key),
            version: field("VERSION="),
            kernel: field("KERNEL="),
            folder,
        }
    }

    /// The system of the image with the next version number.
    pub fn good(&self) -> Update {
        self.signed(1, &self.next(1))
    }

    /// A system whose box ends as soon as it is started.
    pub fn crashing(&self) -> Update {
        let tree = self.next(2);
        fs::write(tree.join("usr/bin/resetbox"), "#!/bin/sh\nexit 1\n").expect("written");
        self.signed(2, &tree)
    }

    /// A system that says `what` on the console and does nothing any more.
    pub fn hanging(&self, what: &str) -> Update {
        let (whole, tree) = (self.tree(), self.folder.path().join("small"));
        for folder in ["dev", "etc", "proc", "run", "sbin", "sys"] {
            fs::create_dir_all(tree.join(folder)).expect("made");
        }
        let shell = "usr/lib/aarch64-linux-gnu/libc.so.6";
        for (from, to) in [
            ("usr/bin/dash", "bin/sh"),
            (shell, "lib/aarch64-linux-gnu/libc.so.6"),
            ("usr/lib/ld-linux-aarch64.so.1", "lib/ld-linux-aarch64.so.1"),
        ] {
            let to = tree.join(to);
            fs::create_dir_all(to.parent().expect("below the root")).expect("made");
            fs::copy(whole.join(from), to).unwrap_or_else(|error| panic!("{from}: {error}"));
        }
        let init = tree.join("sbin/init");
        let words = format!("#!/bin/sh\necho {what} >/dev/console\nwhile :; do :; done\n");
        fs::write(&init, words).expect("written");
        fs::set_permissions(&init, fs::Permissions::from_mode(0o755)).expect("its mode");
        self.signed(3, &tree)
    }

    /// The same, signed by somebody else.
    pub fn forged(&self, update: &Update) -> Vec<u8> {
        Signer::new().update(&update.version, &self.kernel, &update.root)
    }

    fn tree(&self) -> PathBuf {
        self.folder.path().join("tree")
    }

    fn number(&self, more: u32) -> String {
        let (front, last) = self.version.rsplit_once('.').expect("three numbers");
        let last: u32 = last.parse().expect("a number");
        format!("{front}.{}", last + more)
    }

    /// The image's files, which say that they are of a later version.
    fn next(&self, more: u32) -> PathBuf {
        let text = format!("VERSION={}\nKERNEL={}\n", self.number(more), self.kernel);
        fs::write(self.tree().join("usr/lib/resetbox/image"), text).expect("written");
        self.tree()
    }

    fn signed(&self, more: u32, tree: &Path) -> Update {
        let file = self.folder.path().join("root.erofs");
        let [to, from] = [&file, tree].map(|path| path.display().to_string());
        run("mkfs.erofs", &["--quiet", "-zlz4", &to, &from]);
        let root = fs::read(&file).expect("just made");
        let version = self.number(more);
        let file = self.signer.update(&version, &self.kernel, &root);
        Update {
            version,
            root,
            file,
        }
    }
}

impl Default for Updates {
    fn default() -> Self {
        Self::new()
    }
}

/// Knows the systems that a card may hold, and asks the image's own `slots.sh` what it would start.
pub struct Judge {
    folder: TempDir,
    /// What is before the first partition: the slots' record lies there.
    gap: Range<u64>,
    slots: [Range<u64>; 2],
    data: Range<u64>,
    systems: Vec<(char, Vec<u8>)>,
    choices: HashMap<u64, Vec<usize>>,
    held: HashMap<(usize, u64), Option<char>>,
}

impl Judge {
    /// For cards that are partitioned as this one. Each system has a letter.
    ///
    /// # Panics
    /// When the image's initramfs cannot be read.
    pub fn new(card: &Path, systems: Vec<(char, Vec<u8>)>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let initramfs = image().join("initrd.img");
        let words = "zstd -qdc \"$0\" | cpio -i --quiet --to-stdout slots.sh";
        let script = run("sh", &["-c", words, &initramfs.display().to_string()]);
        fs::write(folder.path().join("slots.sh"), script).expect("written");
        let [fat, a, b, data] = partitions(card);
        Self {
            folder,
            gap: 0..fat.start,
            slots: [a, b],
            data,
            systems,
            choices: HashMap::new(),
            held: HashMap::new(),
        }
    }

    /// The systems that the card would start after this power cut, one after the other, if none came to its health check.
    ///
    /// # Panics
    /// When one of them is not whole.
    pub fn starts(&mut self, cut: &Cut<'_>) -> String {
        let slots = self.choices(cut).to_vec();
        let system = |slot: usize| {
            self.held(cut, slot).unwrap_or_else(|| {
                let place = format!("power cut {} with loss of {:?}", cut.at, cut.loss);
                panic!("{place}: slot {slot} is started, and holds no whole system")
            })
        };
        slots.into_iter().map(system).collect()
    }

    /// By the words of the initramfs.
    fn choices(&mut self, cut: &Cut<'_>) -> &[usize] {
        let folder = self.folder.path();
        self.choices.entry(cut.mark(&self.gap)).or_insert_with(|| {
            cut.save_part(&self.gap, &folder.join("card"));
            let words = format!(
                "cd {}; . ./slots.sh; for start in $(seq {STARTS}); do slot_choose ./card; echo $(($(slot_number $slot_start) - 2)); done",
                folder.display()
            );
            let said = run("sh", &["-c", &words]);
            let slots = said.lines().map(|line| line.parse().expect("0 or 1"));
            let slots: Vec<usize> = slots.collect();
            assert_eq!(slots.len(), STARTS, "{said}");
            slots
        })
    }

    /// Byte for byte.
    fn held(&mut self, cut: &Cut<'_>, slot: usize) -> Option<char> {
        let (range, systems) = (&self.slots[slot], &self.systems);
        *(self.held.entry((slot, cut.mark(range)))).or_insert_with(|| {
            let bytes = cut.read(range);
            let found = systems.iter().find(|(_, root)| bytes.starts_with(root));
            found.map(|(letter, _)| *letter)
        })
    }

    /// The sectors of slot a or b: 0 or 1.
    pub fn slot(&self, number: usize) -> &Range<u64> {
        &self.slots[number]
    }

    /// The sectors of the data partition.
    pub fn data(&self) -> &Range<u64> {
        &self.data
    }

    /// The cases in the box's store, by the tools that the box uses: its data partition is checked as at every start, and SQLite
    /// opens the store.
    ///
    /// # Panics
    /// When the partition or the store is damaged.
    pub fn cases(&self, cut: &Cut<'_>) -> Vec<Value> {
        let part = self.folder.path().join("data");
        cut.save_part(&self.data, &part);
        let part = part.display().to_string();
        let place = format!("power cut {} with loss of {:?}", cut.at, cut.loss);
        // As `mount-card` does; 4 and more means damage that it could not mend without asking.
        let checked = Command::new("/usr/sbin/e2fsck")
            .args(["-p", &part])
            .output();
        let checked =
            checked.unwrap_or_else(|error| panic!("e2fsck: {error}: ./x setup installs it"));
        let status = checked.status.code();
        assert!(
            status.is_some_and(|status| status < 4),
            "{place}: {checked:?}"
        );
        let state = self.folder.path().join("state");
        // Not there the first time.
        let _ = fs::remove_dir_all(&state);
        fs::create_dir(&state).expect("made");
        let words = format!("rdump /resetbox {}", state.display());
        run("/usr/sbin/debugfs", &["-R", &words, &part]);
        let store = rusqlite::Connection::open(state.join("resetbox/resetbox.db"));
        let store = store.unwrap_or_else(|error| panic!("{place}: {error}"));
        let rows = store.prepare("SELECT json FROM record WHERE key LIKE 'case%' ORDER BY key");
        let mut rows = rows.unwrap_or_else(|error| panic!("{place}: {error}"));
        let cases = rows.query_map([], |row| row.get::<_, String>(0));
        let cases = cases.and_then(|cases| cases.collect::<Result<Vec<_>, _>>());
        let cases = cases.unwrap_or_else(|error| panic!("{place}: {error}"));
        let read = |json: &String| serde_json::from_str(json).expect("the store holds JSON");
        cases.iter().map(read).collect()
    }
}

fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let output = output.unwrap_or_else(|error| panic!("{program}: {error}: ./x setup installs it"));
    let trouble = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{program} {arguments:?}: {trouble}"
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}
