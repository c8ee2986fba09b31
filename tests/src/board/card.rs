//! The card: the image on a card of 1 GB, settings on its FAT partition put there as a person does it, and what a power cut
//! leaves of it.
//!
//! What was written on it at a PC is a file that no board writes. Each power-on begins a new layer of copy-on-write (qcow2) over the ones before. What the
//! board writes goes through to the layer's file at once (`cache=writeback`: into the page cache of this machine, which
//! outlives the emulator), but **where in the file it lies** is known to the emulator's memory alone until the board flushes:
//! then the tables that lead to it are written first, and only then is the flush answered. So a kill at any moment leaves
//! everything that was flushed, and takes away, in pieces of 4 KiB and in no order, what was written since to places that
//! this layer had not held. That is what a card does that loses power. A card that lies about flushes is not played.
//!
//! Beside its layer each power-on leaves a log of every write and every flush in their order, from which [`loss`](super::loss)
//! makes the card as it would be had the power gone anywhere else.

use std::fs::File;
use std::io::Read;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::loss::glance;
use super::{Board, Done, Log, tool};

/// The size of the cards that are sold no longer, since they are too small.
const AT_LEAST: &str = ">1G";
/// Where the partition table begins.
const TABLE: usize = 446;

/// A card with its layers.
pub(super) struct Card {
    folder: PathBuf,
    /// As it was when it last left a PC.
    written: PathBuf,
    /// Layers over that.
    over: usize,
    /// Layers that were ever made.
    layers: usize,
    /// Times that it was at a PC.
    visits: usize,
}

/// What the board finds at power-on.
pub(super) struct Disk {
    /// The latest layer.
    pub(super) layer: PathBuf,
    /// Where its writes are logged.
    pub(super) log: PathBuf,
}

impl Card {
    /// Writes a card with the image.
    pub(super) fn write(image: &Path, folder: &Path) -> Self {
        let written = folder.join("card.img");
        let (from, to) = (image.display().to_string(), written.display().to_string());
        let words = ["--sparse=always", "--reflink=auto", &from, &to];
        tool("cp", "coreutils", &words);
        tool("truncate", "coreutils", &["-s", AT_LEAST, &to]);
        Self {
            folder: folder.into(),
            written,
            over: 0,
            layers: 0,
            visits: 0,
        }
    }

    /// Puts a file on the FAT partition.
    pub(super) fn put(&mut self, file: &Path, name: &str) {
        let (from, to) = (file.display().to_string(), format!("::{name}"));
        let fat = self.fat();
        tool("mcopy", "mtools", &["-o", "-m", "-i", &fat, &from, &to]);
    }

    /// Takes a file away from the FAT partition.
    pub(super) fn remove(&mut self, name: &str) {
        let (fat, file) = (self.fat(), format!("::{name}"));
        tool("mdel", "mtools", &["-i", &fat, &file]);
    }

    /// The FAT partition, as mtools are told.
    fn fat(&mut self) -> String {
        let card = self.at_a_pc();
        format!("{}@@{}", card.display(), partitions(&card)[0].start * 512)
    }

    /// The card as one file, all layers in it: in no board.
    pub(super) fn at_a_pc(&mut self) -> PathBuf {
        if self.over > 0 {
            self.visits += 1;
            let whole = self.folder.join(format!("card-{}.img", self.visits));
            let [from, to] =
                [&self.layer(self.layers), &whole].map(|path| path.display().to_string());
            let words = ["convert", "-q", "-O", "raw", &from, &to];
            tool("qemu-img", "qemu-utils", &words);
            (self.written, self.over) = (whole, 0);
        }
        self.written.clone()
    }

    /// The disk for the next power-on: a new layer.
    pub(super) fn disk(&mut self) -> Disk {
        let (below, format) = match self.over {
            0 => (self.written.clone(), "raw"),
            _ => (self.layer(self.layers), "qcow2"),
        };
        self.layers += 1;
        self.over += 1;
        let (layer, log) = (self.layer(self.layers), self.log(self.layers));
        let [over, below] = [&layer, &below].map(|path| path.display().to_string());
        let form = ["create", "-q", "-f", "qcow2", "-o", "cluster_size=4k"];
        let words = [&form[..], &["-F", format, "-b", &below, &over]].concat();
        tool("qemu-img", "qemu-utils", &words);
        std::fs::write(&log, "").unwrap_or_else(|error| panic!("{}: {error}", log.display()));
        Disk { layer, log }
    }

    fn layer(&self, number: usize) -> PathBuf {
        self.folder.join(format!("layer-{number}.qcow2"))
    }

    /// The log of the `number`th power-on, from 1.
    pub(super) fn log(&self, number: usize) -> PathBuf {
        self.folder.join(format!("writes-{number}.log"))
    }

    /// The logs of all power-ons: everything that the board wrote.
    pub(super) fn files(&self) -> impl Iterator<Item = PathBuf> + '_ {
        (1..=self.layers).map(|number| self.log(number))
    }
}

/// The board's card, and what the board does with it.
impl Board<'_> {
    /// Puts a file on the card's FAT partition, as a person does at a PC: the board has no power.
    ///
    /// # Panics
    /// When it has, or there is no room.
    pub fn put(&mut self, name: &str, bytes: impl AsRef<[u8]>) {
        let file = self.folder.join(name);
        std::fs::write(&file, bytes).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        assert!(self.power.is_none(), "the card is in the board");
        self.card.put(&file, name);
        std::fs::remove_file(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    }

    /// Takes a file away from the FAT partition, as a person does at a PC.
    ///
    /// # Panics
    /// When the board has power, or there is no such file.
    pub fn remove(&mut self, name: &str) {
        assert!(self.power.is_none(), "the card is in the board");
        self.card.remove(name);
    }

    /// The card as a file, to be read or spoiled at a PC: the board has no power.
    ///
    /// # Panics
    /// When it has.
    pub fn card_file(&mut self) -> PathBuf {
        assert!(self.power.is_none(), "the card is in the board");
        self.card.at_a_pc()
    }

    /// What the board did with its card since the latest power-on.
    ///
    /// # Panics
    /// When there was none.
    pub fn done(&self) -> Vec<Done> {
        glance(&self.card.log(self.powered))
    }

    /// The same with the bytes.
    ///
    /// # Panics
    /// When there was no power-on.
    pub fn writes(&self) -> Log {
        Log::read(&self.card.log(self.powered))
    }

    /// Waits until what the board did with its card since power-on is what `wanted` looks for.
    ///
    /// # Panics
    /// As [`Board::wait`].
    pub fn wait_done(&self, what: &str, wanted: impl Fn(&[Done]) -> bool) {
        self.wait(what, || wanted(&self.done()).then_some(()));
    }
}

/// The four partitions of a card, in sectors of 512 bytes.
///
/// # Panics
/// When it is no card.
pub fn partitions(card: &Path) -> [Range<u64>; 4] {
    let mut sector = [0; 512];
    let read = File::open(card).and_then(|mut card| card.read_exact(&mut sector));
    read.unwrap_or_else(|error| panic!("{}: {error}", card.display()));
    std::array::from_fn(|number| {
        let word = |at: usize| {
            let bytes = &sector[TABLE + 16 * number + at..][..4];
            u64::from(u32::from_le_bytes(bytes.try_into().expect("four bytes")))
        };
        word(8)..word(8) + word(12)
    })
}
