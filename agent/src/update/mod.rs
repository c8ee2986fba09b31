//! `resetbox update`: checks a signed update file and writes its root into the slot that is not running.
//!
//! Runs as root in a unit of its own, beside the box and never inside it: the box's user cannot write the card. What is
//! started next is decided by the card's slots, not here (`image/slots.sh`).

use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, Read, Seek, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use ring::digest::{Context, SHA256};

mod header;
#[cfg(test)]
mod tests;

pub use header::{Header, HeaderError, LONGEST_HEAD, PublicKey, Version};

/// `resetbox update`.
#[derive(Args, Debug)]
pub struct UpdateArgs {
    /// The update file.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The public key of whoever may sign updates.
    #[arg(
        long,
        value_name = "FILE",
        default_value = "/usr/lib/resetbox/update.pub"
    )]
    key: PathBuf,
    /// Write the new root there: the partition of the slot that is not running. Without it the file is only checked.
    #[arg(long, value_name = "DEVICE")]
    to: Option<PathBuf>,
    /// Refuse an update whose drivers belong to another kernel than this (`uname -r`).
    #[arg(long, value_name = "RELEASE")]
    kernel: Option<String>,
    /// Refuse an update that is older than this version.
    #[arg(long, value_name = "VERSION", value_parser = version)]
    newer_than: Option<Version>,
    /// Do nothing, with exit status 3, if this device holds the very root of the update already: the slot that runs.
    #[arg(long, value_name = "DEVICE")]
    unless_in: Vec<PathBuf>,
    /// Check the head only: signature, kernel, version, and the room in `--to`. Quick, and writes nothing.
    #[arg(long)]
    head: bool,
}

fn version(text: &str) -> Result<Version, String> {
    Version::parse(text).ok_or_else(|| "a version has three numbers: 1.2.3".into())
}

/// Why an update was not made.
#[derive(Debug, thiserror::Error)]
pub enum UpdateError {
    /// A file or device cannot be opened, read or written.
    #[error("{path}: {source}")]
    Io {
        /// Which.
        path: String,
        /// The system's words.
        source: io::Error,
    },
    /// The file is no update for this box.
    #[error("{path}: {source}")]
    Header {
        /// Which.
        path: String,
        /// Why.
        source: HeaderError,
    },
    /// The drivers in it belong to another kernel.
    #[error(
        "{path}: it needs kernel {theirs}, and this card starts {ours}, which updates do not change: write a card with the whole image of that version"
    )]
    Kernel {
        /// Which file.
        path: String,
        /// The update's.
        theirs: String,
        /// The running one.
        ours: String,
    },
    /// It is older than what runs.
    #[error("{path}: version {theirs} is older than {ours}, which runs: take a newer one")]
    Older {
        /// Which file.
        path: String,
        /// The update's.
        theirs: Version,
        /// The running one.
        ours: Version,
    },
    /// The file holds other bytes than its head promises.
    #[error("{path}: the system in it is damaged or cut short: download and copy it again")]
    Damaged {
        /// Which file.
        path: String,
    },
    /// A device holds this very root already.
    #[error("version {version} is in {path} already: nothing to do")]
    Already {
        /// Which device.
        path: String,
        /// The update's version.
        version: Version,
    },
    /// The partition is too small.
    #[error(
        "{path}: {bytes} bytes do not fit into the slot of {room}: write a new card with the whole image"
    )]
    TooLarge {
        /// Which file.
        path: String,
        /// The root's size.
        bytes: u64,
        /// The slot's size.
        room: u64,
    },
    /// What was read back is not what was written.
    #[error("{path}: what was written cannot be read back: the card is worn out, take a new one")]
    Card {
        /// Which device.
        path: String,
    },
}

impl UpdateError {
    /// The exit status of `resetbox update`.
    pub fn status(&self) -> u8 {
        match self {
            Self::Already { .. } => 3,
            _ => 1,
        }
    }
}

/// Who may sign updates.
///
/// # Errors
/// [`UpdateError`] names the key's file.
pub fn read_key(path: &Path) -> Result<PublicKey, UpdateError> {
    let key = std::fs::read_to_string(path).map_err(io_at(path))?;
    PublicKey::parse(&key).map_err(|source| UpdateError::Header {
        path: path.display().to_string(),
        source,
    })
}

/// Whether a root with this signed head may run on this card: `path` is for the words only.
///
/// # Errors
/// [`UpdateError::Kernel`] and [`UpdateError::Older`].
pub fn fits(
    header: &Header,
    path: &str,
    kernel: Option<&str>,
    running: Option<Version>,
) -> Result<(), UpdateError> {
    if let Some(ours) = kernel.filter(|&ours| *ours != header.kernel) {
        return Err(UpdateError::Kernel {
            path: path.into(),
            theirs: header.kernel.clone(),
            ours: ours.into(),
        });
    }
    if let Some(ours) = running.filter(|&ours| ours > header.version) {
        return Err(UpdateError::Older {
            path: path.into(),
            theirs: header.version,
            ours,
        });
    }
    Ok(())
}

/// Checks the file as a whole and, when told where to, writes it. Gives what it holds.
///
/// # Errors
/// [`UpdateError`] names the file or device and what to do. Before signature, kernel, version, size and every byte of the
/// root were found right nothing is written; a slot that was written in vain is not started, because nobody marks it.
pub fn update(args: &UpdateArgs) -> Result<Header, UpdateError> {
    // People know the file by its name, not by where the card is mounted.
    let name = args.file.file_name().unwrap_or(args.file.as_os_str());
    let path = name.to_string_lossy().into_owned();
    let key = read_key(&args.key)?;
    let file = File::open(&args.file).map_err(io_at(&args.file))?;
    let mut file = BufReader::with_capacity(CHUNK, file);
    let header = Header::read(&mut file, &key).map_err(|source| UpdateError::Header {
        path: path.clone(),
        source,
    })?;
    fits(&header, &path, args.kernel.as_deref(), args.newer_than)?;
    let start = file.stream_position().map_err(io_at(&args.file))?;
    for device in &args.unless_in {
        let held = holds(device, &header, &mut file)?;
        file.seek(io::SeekFrom::Start(start))
            .map_err(io_at(&args.file))?;
        if held {
            return Err(UpdateError::Already {
                path: device.display().to_string(),
                version: header.version,
            });
        }
    }
    if let Some(device) = &args.to {
        let room = (File::open(device).and_then(|mut slot| slot.seek(io::SeekFrom::End(0))))
            .map_err(io_at(device))?;
        if header.bytes > room {
            return Err(UpdateError::TooLarge {
                path,
                bytes: header.bytes,
                room,
            });
        }
    }
    if args.head {
        return Ok(header);
    }
    copy(&mut file, &mut io::sink(), &header, &path, &args.file)?;
    if let Some(device) = &args.to {
        file.seek(io::SeekFrom::Start(start))
            .map_err(io_at(&args.file))?;
        write(&mut file, &header, device, &path)?;
    }
    Ok(header)
}

/// Whether a device begins with the root of this head, which follows in the file: two systems differ early, and what follows
/// is not read then. A device or a file that cannot be read to the end holds nothing.
fn holds(device: &Path, header: &Header, file: &mut impl Read) -> Result<bool, UpdateError> {
    let mut slot = File::open(device).map_err(io_at(device))?;
    let mut digest = Context::new(&SHA256);
    let mut left = header.bytes;
    let (mut held, mut wanted) = (vec![0; CHUNK], vec![0; CHUNK]);
    while left > 0 {
        let most = CHUNK.min(usize::try_from(left).unwrap_or(CHUNK));
        let (held, wanted) = (&mut held[..most], &mut wanted[..most]);
        let read = slot.read_exact(held).and_then(|()| file.read_exact(wanted));
        if read.is_err() || held != wanted {
            return Ok(false);
        }
        digest.update(held);
        left -= most as u64;
    }
    Ok(digest.finish().as_ref() == header.sha256)
}

/// Bytes at a time.
const CHUNK: usize = 1 << 20;

fn io_at(path: &Path) -> impl Fn(io::Error) -> UpdateError {
    let path = path.display().to_string();
    move |source| UpdateError::Io {
        path: path.clone(),
        source,
    }
}

fn write(
    from: &mut impl Read,
    header: &Header,
    device: &Path,
    file: &str,
) -> Result<(), UpdateError> {
    let at_device = io_at(device);
    let mut slot = OpenOptions::new()
        .read(true)
        .write(true)
        .open(device)
        .map_err(&at_device)?;
    copy(from, &mut slot, header, file, device)?;
    slot.sync_all().map_err(&at_device)?;
    // Read from the card, not from memory: a worn-out card says yes to every write.
    nix::fcntl::posix_fadvise(
        &slot,
        0,
        0,
        nix::fcntl::PosixFadviseAdvice::POSIX_FADV_DONTNEED,
    )
    .map_err(|error| at_device(error.into()))?;
    slot.rewind().map_err(&at_device)?;
    let worn = copy(&mut slot, &mut io::sink(), header, file, device);
    worn.map_err(|error| match error {
        UpdateError::Damaged { .. } => UpdateError::Card {
            path: device.display().to_string(),
        },
        error => error,
    })
}

/// Copies as many bytes as the head says and checks their digest.
fn copy(
    from: &mut impl Read,
    to: &mut impl Write,
    header: &Header,
    file: &str,
    device: &Path,
) -> Result<(), UpdateError> {
    let mut digest = Context::new(&SHA256);
    let mut left = header.bytes;
    let mut chunk = vec![0; CHUNK];
    while left > 0 {
        let most = CHUNK.min(usize::try_from(left).unwrap_or(CHUNK));
        let read = from
            .read(&mut chunk[..most])
            .map_err(|source| UpdateError::Io {
                path: file.into(),
                source,
            })?;
        if read == 0 {
            break;
        }
        digest.update(&chunk[..read]);
        to.write_all(&chunk[..read]).map_err(io_at(device))?;
        left -= read as u64;
    }
    if left > 0 || digest.finish().as_ref() != header.sha256 {
        return Err(UpdateError::Damaged { path: file.into() });
    }
    Ok(())
}
