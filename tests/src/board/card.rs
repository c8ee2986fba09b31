//! The card: the image on a card of 1 GB, settings on its FAT partition put there as a person does it, and what a power cut
//! leaves of it.
//!
//! The image itself is never written. Each power-on begins a new layer of copy-on-write (qcow2) over the ones before. What the
//! board writes goes through to the layer's file at once (`cache=writeback`: into the page cache of this machine, which
//! outlives the emulator), but **where in the file it lies** is known to the emulator's memory alone until the board flushes:
//! then the tables that lead to it are written first, and only then is the flush answered. So a kill at any moment leaves
//! everything that was flushed, and takes away, in pieces of 4 KiB and in no order, what was written since to places that
//! this layer had not held. That is what a card does that loses power. A card that lies about flushes is not played.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::tool;

/// The size of the cards that are sold no longer, since they are too small.
const AT_LEAST: &str = ">1G";
/// Where the partition table has the first sector of the first partition.
const FIRST_SECTOR: usize = 446 + 8;

/// A card with its layers.
pub(super) struct Card {
    folder: PathBuf,
    written: PathBuf,
}

impl Card {
    /// Writes a card with the image.
    pub(super) fn write(image: &Path, folder: &Path) -> Self {
        let written = folder.join("card.img");
        let (from, to) = (image.display().to_string(), written.display().to_string());
        tool(
            "cp",
            "coreutils",
            &["--sparse=always", "--reflink=auto", &from, &to],
        );
        tool("truncate", "coreutils", &["-s", AT_LEAST, &to]);
        Self {
            folder: folder.into(),
            written,
        }
    }

    /// Puts a file on the FAT partition, before the first power-on.
    pub(super) fn put(&self, name: &str, text: &str) {
        let file = self.folder.join(name);
        std::fs::write(&file, text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let partition = format!("{}@@{}", self.written.display(), self.fat_offset());
        let (from, to) = (file.display().to_string(), format!("::{name}"));
        tool(
            "mcopy",
            "mtools",
            &["-o", "-m", "-i", &partition, &from, &to],
        );
    }

    fn fat_offset(&self) -> u64 {
        let mut sector = [0; 512];
        let read = File::open(&self.written).and_then(|mut card| card.read_exact(&mut sector));
        read.unwrap_or_else(|error| panic!("{}: {error}", self.written.display()));
        let first: [u8; 4] = sector[FIRST_SECTOR..][..4].try_into().expect("four bytes");
        u64::from(u32::from_le_bytes(first)) * 512
    }

    /// The disk for the `number`th power-on, from 1: a new layer.
    pub(super) fn disk(&self, number: usize) -> String {
        let (below, format) = match number {
            1 => (self.written.clone(), "raw"),
            _ => (self.layer(number - 1), "qcow2"),
        };
        let (layer, below) = (
            self.layer(number).display().to_string(),
            below.display().to_string(),
        );
        tool(
            "qemu-img",
            "qemu-utils",
            &[
                "create",
                "-q",
                "-f",
                "qcow2",
                "-o",
                "cluster_size=4k",
                "-F",
                format,
                "-b",
                &below,
                &layer,
            ],
        );
        layer
    }

    fn layer(&self, number: usize) -> PathBuf {
        self.folder.join(format!("layer-{number}.qcow2"))
    }

    /// The files of all layers: everything that the board wrote.
    pub(super) fn files(&self) -> impl Iterator<Item = PathBuf> + '_ {
        (1..)
            .map(|number| self.layer(number))
            .take_while(|file| file.exists())
    }
}
