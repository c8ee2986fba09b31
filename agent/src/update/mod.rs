//! `resetbox update`: checks a signed update file and writes its root into the slot that is not running.
//!
//! Runs as root in a unit of its own, beside the box and never inside it: the box's user cannot write the card. What is
//! started next is decided by the card's slots, not here (`image/slots.sh`).

use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, Read, Seek, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use sha2::{Digest, Sha256};

mod header;
#[cfg(test)]
mod tests;

pub use header::{Header, HeaderError, PublicKey, Version};

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
        "{path}: made for kernel {theirs}, this card starts {ours}: write a new card with the whole image of that version"
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
    #[error("{path}: version {theirs} is older than {ours}, which runs: nothing was changed")]
    Older {
        /// Which file.
        path: String,
        /// The update's.
        theirs: Version,
        /// The running one.
        ours: Version,
    },
    /// The file holds other bytes than its head promises.
    #[error(
        "{path}: the root in it is damaged or cut short: download it again; nothing was started from it"
    )]
    Damaged {
        /// Which file.
        path: String,
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

/// Checks the file and, when told where to, writes it. Gives what it holds.
///
/// # Errors
/// [`UpdateError`] names the file or device and what to do. Before the signature, the kernel and the version were found
/// right nothing is written; a slot that was written in vain is not started, because nobody marks it.
pub fn update(args: &UpdateArgs) -> Result<Header, UpdateError> {
    let path = args.file.display().to_string();
    let key = std::fs::read_to_string(&args.key).map_err(io_at(&args.key))?;
    let key = PublicKey::parse(&key).map_err(|source| UpdateError::Header {
        path: args.key.display().to_string(),
        source,
    })?;
    let file = File::open(&args.file).map_err(io_at(&args.file))?;
    let mut file = BufReader::with_capacity(CHUNK, file);
    let header = Header::read(&mut file, &key).map_err(|source| UpdateError::Header {
        path: path.clone(),
        source,
    })?;
    if let Some(ours) = args.kernel.as_ref().filter(|&ours| *ours != header.kernel) {
        return Err(UpdateError::Kernel {
            path,
            theirs: header.kernel,
            ours: ours.clone(),
        });
    }
    if let Some(ours) = args.newer_than.filter(|&ours| ours > header.version) {
        return Err(UpdateError::Older {
            path,
            theirs: header.version,
            ours,
        });
    }
    match &args.to {
        Some(device) => write(&mut file, &header, device, &path)?,
        None => copy(&mut file, &mut io::sink(), &header, &path, &args.file)?,
    }
    Ok(header)
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
    let room = slot.seek(io::SeekFrom::End(0)).map_err(&at_device)?;
    if header.bytes > room {
        return Err(UpdateError::TooLarge {
            path: file.into(),
            bytes: header.bytes,
            room,
        });
    }
    slot.rewind().map_err(&at_device)?;
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
    let mut digest = Sha256::new();
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
    if left > 0 || digest.finalize().as_slice() != header.sha256 {
        return Err(UpdateError::Damaged { path: file.into() });
    }
    Ok(())
}
