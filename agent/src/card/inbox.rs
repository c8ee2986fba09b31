//! Where an update from the phone page waits: received, checked while it comes, and handed over only when a person says
//! so. Root's unit takes what is named `ready`, checks it once more, and writes it into the other slot.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ring::digest::{Context, SHA256};

use super::Card;
use crate::private;
use crate::update::{self, Header, HeaderError, LONGEST_HEAD, PublicKey, UpdateError, Version};

/// The file is called so in words.
const NAME: &str = "the file";

/// What is in the inbox.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Stage {
    /// Nothing.
    Empty,
    /// An update is coming in.
    Receiving {
        /// Bytes so far.
        bytes: u64,
        /// Of so many, once its head is here.
        total: Option<u64>,
    },
    /// A whole and rightly signed update waits for a person's word.
    Received {
        /// Its version.
        version: Version,
    },
    /// A person said so: it is being written, then the box restarts.
    Starting {
        /// Its version.
        version: Version,
    },
}

/// Why an update was not taken.
#[derive(Debug, thiserror::Error)]
pub enum InboxError {
    /// Another one is coming in, or is being written.
    #[error("another update is coming in or being written: wait until that has ended")]
    Taken,
    /// There is no checked update of this version.
    #[error("no update of this version waits: send its file first")]
    Nothing,
    /// The data partition cannot be used.
    #[error("{0}: an update has no room; write a new card")]
    Fleeting(String),
    /// It is no update for this box.
    #[error(transparent)]
    Update(#[from] UpdateError),
    /// It could not be kept.
    #[error("it cannot be kept: {0}: is the card full?")]
    Keep(#[from] io::Error),
}

/// The inbox of a card.
#[derive(Clone, Debug)]
pub struct Inbox {
    card: Arc<Card>,
    stage: Arc<Mutex<Stage>>,
}

impl Inbox {
    /// An empty inbox: what an earlier run of the box left half-done is thrown away.
    pub fn new(card: Arc<Card>) -> Self {
        let inbox = Self {
            card,
            stage: Arc::new(Mutex::new(Stage::Empty)),
        };
        for name in ["incoming", "received"] {
            // Not there: as it should be. Not to be removed: the next update is written over it.
            let _ = fs::remove_file(inbox.path(name));
        }
        inbox
    }

    /// The card.
    pub fn card(&self) -> &Card {
        &self.card
    }

    /// What is in it now.
    pub fn stage(&self) -> Stage {
        let mut stage = self.lock();
        if matches!(*stage, Stage::Starting { .. }) && !self.path("ready").exists() {
            // Root's unit has taken it: what came of it is told as news.
            *stage = Stage::Empty;
        }
        stage.clone()
    }

    /// The largest file that is taken.
    pub fn largest(&self) -> u64 {
        self.card.room().unwrap_or(u64::from(u32::MAX)) + LONGEST_HEAD
    }

    /// Begins to take an update; what was received before is thrown away.
    ///
    /// # Errors
    /// [`InboxError`].
    pub fn receive(&self) -> Result<Receiver, InboxError> {
        if let Some(why) = self.card.fleeting() {
            return Err(InboxError::Fleeting(why));
        }
        // Handed over in an earlier run of the box, it may still wait for root's unit.
        let taken = matches!(
            self.stage(),
            Stage::Starting { .. } | Stage::Receiving { .. }
        );
        if taken || self.path("ready").exists() {
            return Err(InboxError::Taken);
        }
        let key = update::read_key(&self.card.key())?;
        let folder = self.path("");
        fs::create_dir_all(&folder)?;
        // Not there: as it should be.
        let _ = fs::remove_file(self.path("received"));
        let file = private::make(&self.path("incoming"))?;
        *self.lock() = Stage::Receiving {
            bytes: 0,
            total: None,
        };
        Ok(Receiver {
            inbox: self.clone(),
            kernel: self.card.kernel(),
            running: self.card.version(),
            key,
            file,
            head: Vec::new(),
            header: None,
            digest: Context::new(&SHA256),
            left: 0,
            bytes: 0,
            whole: false,
        })
    }

    /// Hands the received update over. The version is the one that the person saw.
    ///
    /// # Errors
    /// [`InboxError::Nothing`] when no such update waits.
    pub fn start(&self, version: Version) -> Result<(), InboxError> {
        let mut stage = self.lock();
        if *stage != (Stage::Received { version }) {
            return Err(InboxError::Nothing);
        }
        fs::rename(self.path("received"), self.path("ready"))?;
        File::open(self.path(""))?.sync_all()?;
        *stage = Stage::Starting { version };
        Ok(())
    }

    /// Throws away what was received.
    ///
    /// # Errors
    /// [`InboxError::Taken`] while one comes in or is being written.
    pub fn discard(&self) -> Result<(), InboxError> {
        if let Stage::Starting { .. } | Stage::Receiving { .. } = self.stage() {
            return Err(InboxError::Taken);
        }
        *self.lock() = Stage::Empty;
        match fs::remove_file(self.path("received")) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.card.state.join("update").join(name)
    }

    fn lock(&self) -> MutexGuard<'_, Stage> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes the bytes of one update. Dropped before [`Receiver::finish`], it leaves nothing behind.
pub struct Receiver {
    inbox: Inbox,
    key: PublicKey,
    kernel: Option<String>,
    running: Option<Version>,
    file: File,
    /// What came before the head was whole.
    head: Vec<u8>,
    header: Option<Header>,
    digest: Context,
    /// Bytes of the root that are still to come.
    left: u64,
    bytes: u64,
    whole: bool,
}

impl Receiver {
    /// Takes the next bytes. Nothing is written before the head is whole and its signature fits.
    ///
    /// # Errors
    /// [`InboxError`]: it is no update for this box, or the card takes no more.
    pub fn take(&mut self, bytes: &[u8]) -> Result<(), InboxError> {
        self.bytes += bytes.len() as u64;
        if self.header.is_some() {
            return self.root(bytes);
        }
        self.head.extend_from_slice(bytes);
        let end = self.head.windows(2).position(|two| two == b"\n\n");
        if end.is_none() && (self.head.len() as u64) < LONGEST_HEAD {
            return Ok(());
        }
        let head = std::mem::take(&mut self.head);
        let mut rest = &head[..];
        let header = Header::read(&mut rest, &self.key).map_err(refused)?;
        update::fits(&header, NAME, self.kernel.as_deref(), self.running)?;
        if let Some(room) = self.inbox.card.room().filter(|&room| room < header.bytes) {
            let path = NAME.into();
            let bytes = header.bytes;
            return Err(UpdateError::TooLarge { path, bytes, room }.into());
        }
        self.left = header.bytes;
        self.header = Some(header);
        self.file.write_all(&head[..head.len() - rest.len()])?;
        self.root(rest)
    }

    fn root(&mut self, bytes: &[u8]) -> Result<(), InboxError> {
        if bytes.len() as u64 > self.left {
            return Err(damaged());
        }
        self.file.write_all(bytes)?;
        self.digest.update(bytes);
        self.left -= bytes.len() as u64;
        *self.inbox.lock() = Stage::Receiving {
            bytes: self.bytes,
            total: Some(self.bytes + self.left),
        };
        Ok(())
    }

    /// All bytes are here: the update is whole, on the card, and waits for a person's word.
    ///
    /// # Errors
    /// [`InboxError`]: it is cut short or damaged, or the card takes no more.
    pub fn finish(mut self) -> Result<Version, InboxError> {
        let Some(header) = self.header.take() else {
            // Too short for a head: the reader names what is missing.
            let error = Header::read(&mut &self.head[..], &self.key).err();
            return Err(error.map_or_else(damaged, refused));
        };
        if self.left > 0 || self.digest.clone().finish().as_ref() != header.sha256 {
            return Err(damaged());
        }
        self.file.sync_all()?;
        let inbox = self.inbox.clone();
        fs::rename(inbox.path("incoming"), inbox.path("received"))?;
        self.whole = true;
        let version = header.version;
        *inbox.lock() = Stage::Received { version };
        Ok(version)
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        if !self.whole {
            // What cannot be removed is written over by the next one.
            let _ = fs::remove_file(self.inbox.path("incoming"));
            *self.inbox.lock() = Stage::Empty;
        }
    }
}

fn refused(source: HeaderError) -> InboxError {
    let path = NAME.into();
    UpdateError::Header { path, source }.into()
}

fn damaged() -> InboxError {
    UpdateError::Damaged { path: NAME.into() }.into()
}
