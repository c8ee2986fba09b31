//! What a power cut leaves of a card, at every place between two writes: from the emulator's log of a whole run, without the
//! emulator. A card keeps what it was told to keep; of what was written since, any part may be there. (What was still under way
//! when the board asked to keep the rest is counted as kept; nothing that we look at here is written so.)
//!
//! The log is the one of `blklogwrites`, in the form of the kernel's dm-log-writes.

use std::collections::hash_map::DefaultHasher;
use std::fs::File;
use std::hash::{Hash, Hasher};
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::chance::Chance;

const SECTOR: usize = 512;
/// Sectors that are copied at a time.
const PIECE: usize = 2048;
const MAGIC: u64 = 0x006a_7366_7773_6872;
const FLUSH: u64 = 1;
/// What a card leaves in a place that it was programming when the power went.
static SPOILT: [u8; 64 * SECTOR] = [0x5a; 64 * SECTOR];

/// Writes and flushes of one power-on, in their order.
pub struct Log {
    bytes: Vec<u8>,
    steps: Vec<(Done, Range<usize>)>,
}

/// What a board did with its card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// It had what it wrote before kept.
    Flush,
    /// It wrote these sectors.
    Write(Range<u64>),
}

impl Log {
    /// Reads the log of an emulator that has ended.
    ///
    /// # Panics
    /// When it is no log, or holds what the emulated card cannot do.
    pub fn read(path: &Path) -> Self {
        let bytes =
            std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut steps = Vec::new();
        scan(path, Gap::Stays, |step, data| steps.push((step, data)));
        Self { bytes, steps }
    }

    fn steps(&self) -> impl Iterator<Item = Step<'_>> {
        self.steps.iter().map(|(done, data)| match done {
            Done::Flush => Step::Flush,
            Done::Write(sectors) => Step::Write(Run {
                sector: sectors.start,
                data: &self.bytes[data.clone()],
            }),
        })
    }
}

/// What a log says by now, without the bytes that were written.
///
/// # Panics
/// As [`Log::read`].
pub fn glance(path: &Path) -> Vec<Done> {
    let mut steps = Vec::new();
    scan(path, Gap::Fills, |step, _| steps.push(step));
    steps
}

/// What becomes of an entry that is not there, though a later one is: the emulator writes several at a time.
#[derive(Copy, Clone, PartialEq, Eq)]
enum Gap {
    /// It is written any moment, and the later ones are looked at then.
    Fills,
    /// The emulator was killed: it is left out.
    Stays,
}

/// Gives each entry and where in the log its bytes are. An entry that is not there to its end, since the emulator is about to
/// write it or was killed, does not count.
fn scan(path: &Path, gap: Gap, mut found: impl FnMut(Done, Range<usize>)) {
    let mut look = || {
        let file = File::open(path)?;
        let length = usize::try_from(file.metadata()?.len()).expect("fits into memory");
        let mut head = [0; 24];
        let word = |head: &[u8; 24], number: usize| {
            u64::from_le_bytes(head[8 * number..][..8].try_into().expect("eight bytes"))
        };
        if length < SECTOR {
            return Ok(());
        }
        file.read_exact_at(&mut head, 0)?;
        // The emulator fills this sector in with the first flush.
        let begun = [0, MAGIC].contains(&word(&head, 0));
        assert!(begun, "{} is no log", path.display());
        let mut at = SECTOR;
        while at + SECTOR <= length {
            file.read_exact_at(&mut head, at as u64)?;
            let [sector, count, flags] = [0, 1, 2].map(|number| word(&head, number));
            // Virtio knows no write that is kept at once; the emulator's card offers none that discards.
            assert!(flags & !FLUSH == 0, "flags {flags:x} at {at}");
            if gap == Gap::Fills && [sector, count, flags] == [0; 3] {
                break;
            }
            let bytes = usize::try_from(count).expect("fits into memory") * SECTOR;
            let data = at + SECTOR..at + SECTOR + bytes;
            at = data.end;
            if at > length {
                break;
            }
            if flags & FLUSH != 0 {
                found(Done::Flush, data.clone());
            }
            if count > 0 {
                found(Done::Write(sector..sector + count), data);
            }
        }
        Ok(())
    };
    look().unwrap_or_else(|error: io::Error| panic!("{}: {error}", path.display()));
}

#[derive(Copy, Clone)]
enum Step<'a> {
    Flush,
    Write(Run<'a>),
}

/// Bytes that are written from a sector on.
#[derive(Copy, Clone)]
struct Run<'a> {
    sector: u64,
    data: &'a [u8],
}

impl<'a> Run<'a> {
    fn sectors(self) -> Range<u64> {
        self.sector..self.sector + (self.data.len() / SECTOR) as u64
    }

    fn meets(self, sectors: &Range<u64>) -> bool {
        let own = self.sectors();
        own.start < sectors.end && sectors.start < own.end
    }

    /// Its sectors before and after the `count`th.
    fn split(self, count: usize) -> (Self, Self) {
        let (before, data) = self.data.split_at(count * SECTOR);
        let sector = self.sector + count as u64;
        (
            Run {
                data: before,
                ..self
            },
            Run { sector, data },
        )
    }

    /// The same sectors with what a card leaves that was programming them.
    fn spoilt(self) -> impl Iterator<Item = Run<'a>> {
        let pieces = self.data.chunks(SPOILT.len()).enumerate();
        pieces.map(move |(number, piece)| Run {
            sector: self.sector + (number * SPOILT.len() / SECTOR) as u64,
            data: &SPOILT[..piece.len()],
        })
    }
}

/// What became of the writes after the last flush.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Loss {
    /// All are there.
    Nothing,
    /// None is.
    Everything,
    /// Each is there, lost, or there in part: its sectors before or after one of them.
    ByLot,
    /// The latest was under way: its sectors hold neither the old nor the new. The others are there.
    Spoilt,
}

/// A card and what boards wrote to it, one after the other.
pub struct Cuts<'a> {
    card: PathBuf,
    file: File,
    steps: Vec<Step<'a>>,
}

/// The card after one power cut.
pub struct Cut<'a> {
    card: &'a Path,
    file: &'a File,
    /// Writes and flushes before it.
    pub at: usize,
    /// What the card lost.
    pub loss: Loss,
    runs: Vec<Run<'a>>,
}

impl<'a> Cuts<'a> {
    /// The card as it was before the first of these logs began. Between two of them the card kept everything.
    ///
    /// # Panics
    /// When there is no such file.
    pub fn new(card: &Path, logs: impl IntoIterator<Item = &'a Log>) -> Self {
        let steps = logs
            .into_iter()
            .flat_map(|log| log.steps().chain([Step::Flush]));
        Self {
            card: card.into(),
            file: File::open(card).unwrap_or_else(|error| panic!("{}: {error}", card.display())),
            steps: steps.collect(),
        }
    }

    /// How many places there are for a cut.
    pub fn len(&self) -> usize {
        self.steps.len() + 1
    }

    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Every cut: at each place, each loss that makes a difference there. `lots` draws by lot so often at each.
    pub fn each(&self, chance: &mut Chance, lots: usize, mut look: impl FnMut(&Cut<'_>)) {
        self.walk(|at, kept, loose| {
            let losses = [Loss::Nothing, Loss::Everything, Loss::Spoilt];
            // Without loose writes nothing can be lost.
            let count = if loose.is_empty() { 1 } else { losses.len() };
            let by_lot = vec![Loss::ByLot; if loose.is_empty() { 0 } else { lots }];
            for loss in losses.into_iter().take(count).chain(by_lot) {
                look(&self.cut(at, loss, kept, loose, chance));
            }
        });
    }

    /// Each place, with what the card keeps there whatever happens, and the rest since the last flush.
    fn walk(&self, mut visit: impl FnMut(usize, &[Run<'a>], &[Run<'a>])) {
        let (mut kept, mut loose) = (Vec::new(), Vec::new());
        visit(0, &kept, &loose);
        for (before, step) in self.steps.iter().enumerate() {
            match step {
                Step::Flush => kept.append(&mut loose),
                Step::Write(run) => loose.push(*run),
            }
            visit(before + 1, &kept, &loose);
        }
    }

    fn cut(
        &self,
        at: usize,
        loss: Loss,
        kept: &[Run<'a>],
        loose: &[Run<'a>],
        chance: &mut Chance,
    ) -> Cut<'_> {
        let rest: Vec<Run<'a>> = match (loss, loose.split_last()) {
            (Loss::Nothing, _) | (_, None) => loose.to_vec(),
            (Loss::Everything, _) => Vec::new(),
            (Loss::Spoilt, Some((latest, others))) => {
                others.iter().copied().chain(latest.spoilt()).collect()
            }
            (Loss::ByLot, _) => {
                let part = |run: &Run<'a>| by_lot(*run, chance);
                loose.iter().filter_map(part).collect()
            }
        };
        Cut {
            card: &self.card,
            file: &self.file,
            at,
            loss,
            runs: [kept, &rest].concat(),
        }
    }
}

fn by_lot<'a>(run: Run<'a>, chance: &mut Chance) -> Option<Run<'a>> {
    let sectors = (run.data.len() / SECTOR) as u64;
    let (before, after) = run.split(chance.below(sectors + 1) as usize);
    let part = [Some(run), None, Some(before), Some(after)][chance.below(4) as usize];
    part.filter(|part| !part.data.is_empty())
}

impl Cut<'_> {
    /// What is in these sectors.
    ///
    /// # Panics
    /// When the card ends before them.
    pub fn read(&self, sectors: &Range<u64>) -> Vec<u8> {
        let at = |sector: u64| ((sector - sectors.start) as usize) * SECTOR;
        let mut bytes = vec![0; at(sectors.end)];
        let read = self
            .file
            .read_exact_at(&mut bytes, sectors.start * SECTOR as u64);
        read.unwrap_or_else(|error| panic!("{}: {error}", self.card.display()));
        for run in self.runs_in(sectors) {
            let own = run.sectors();
            let both = own.start.max(sectors.start)..own.end.min(sectors.end);
            let from = ((both.start - own.start) as usize) * SECTOR;
            let bytes = &mut bytes[at(both.start)..at(both.end)];
            bytes.copy_from_slice(&run.data[from..][..bytes.len()]);
        }
        bytes
    }

    /// The same number for the same writes into these sectors of the same card: what is in them needs no second look.
    pub fn mark(&self, sectors: &Range<u64>) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.card.hash(&mut hasher);
        for run in self.runs_in(sectors) {
            (run.sector, run.data.as_ptr() as usize, run.data.len()).hash(&mut hasher);
        }
        hasher.finish()
    }

    fn runs_in(&self, sectors: &Range<u64>) -> impl Iterator<Item = Run<'_>> {
        let runs = self.runs.iter().copied();
        runs.filter(move |run| run.meets(sectors))
    }

    /// Writes these sectors of the card into a file.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn save_part(&self, sectors: &Range<u64>, to: &Path) {
        let save = || {
            let file = File::create(to)?;
            file.set_len((sectors.end - sectors.start) * SECTOR as u64)?;
            for first in sectors.clone().step_by(PIECE) {
                let bytes = self.read(&(first..sectors.end.min(first + PIECE as u64)));
                // Holes stay holes.
                if bytes.iter().any(|byte| *byte != 0) {
                    file.write_all_at(&bytes, (first - sectors.start) * SECTOR as u64)?;
                }
            }
            Ok(())
        };
        save().unwrap_or_else(|error: io::Error| panic!("{}: {error}", to.display()));
    }
}

#[cfg(test)]
mod tests;
