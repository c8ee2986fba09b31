//! Files that only the box's user may read.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Makes the file anew, empty, for its owner alone: rights are set when a file is made, and one from before may have others.
///
/// # Errors
/// When the one from before cannot be removed, or the new one not be made.
pub(crate) fn make(path: &Path) -> io::Result<File> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_file_from_before_loses_its_rights_and_its_content() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("pin");
        std::fs::write(&path, "1234").expect("written");
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).expect("set");
        let made = super::make(&path).expect("made").metadata().expect("there");
        assert_eq!((made.len(), made.permissions().mode() & 0o777), (0, 0o600));
        assert!(super::make(folder.path()).is_err(), "a folder stays");
    }
}
