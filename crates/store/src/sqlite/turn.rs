//! Turns among the processes that write one file.
//!
//! SQLite's lock knows no queue: a process that commits and begins again at once has it back before any other has
//! looked, and a command beside a busy server could wait for ever. So whoever wants to write first takes the lock of
//! a file next to the database, keeps it while it waits for SQLite's, and lets go when it has that. The one that has
//! just written finds the file locked by the one that waits, and stands in line behind it. Without a rival this costs
//! two system calls.
//!
//! The file holds a number that grows with each commit after which [`Tx::changes_access`](crate::Tx::changes_access)
//! holds, so that what one process knows of tokens is no longer good when another one revokes them.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};

use crate::error::Error;

/// The lock of the file `DATABASE-turn`.
pub(crate) struct Turn {
    file: File,
}

impl Turn {
    /// Makes the database's file and the lock's, if they are not there yet, for this user only: they hold personal
    /// data.
    ///
    /// # Errors
    /// [`Error::NoFolder`]; [`Error::Unavailable`] if a file can't be made or opened.
    pub(crate) fn open(database: &Path) -> Result<Self, Error> {
        let folder = database.parent().filter(|folder| !folder.as_os_str().is_empty());
        if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
            return Err(Error::NoFolder { folder: folder.to_owned() });
        }
        private_file(database)?;
        let mut name = database.as_os_str().to_owned();
        name.push("-turn");
        Ok(Self { file: private_file(&PathBuf::from(name))? })
    }

    /// Waits for the turn, does this, and ends the turn.
    ///
    /// # Errors
    /// What `action` answers, or [`Error::Unavailable`] if the lock can't be had.
    pub(crate) fn take<T>(&mut self, action: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
        self.file.lock().map_err(Error::unavailable)?;
        let result = action();
        self.file.unlock().map_err(Error::unavailable)?;
        result
    }
}

impl Turn {
    /// Lets everybody know that who may do what has changed.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the file can't be written.
    pub(crate) fn count_access_change(&mut self) -> Result<(), Error> {
        let file = self.file.try_clone().map_err(Error::unavailable)?;
        let count = AccessChanges { file };
        self.take(|| count.set(count.get()?.wrapping_add(1)))
    }

    /// The number for reading.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the system has no handle to give.
    pub(crate) fn access_changes(&self) -> Result<AccessChanges, Error> {
        Ok(AccessChanges { file: self.file.try_clone().map_err(Error::unavailable)? })
    }
}

/// How often it has changed who may do what, whichever process changed it.
pub(crate) struct AccessChanges {
    file: File,
}

#[cfg(unix)]
impl AccessChanges {
    /// The number; a new file says nothing, which is 0.
    pub(crate) fn get(&self) -> Result<u64, Error> {
        use std::os::unix::fs::FileExt;
        let mut bytes = [0; 8];
        self.file.read_at(&mut bytes, 0).map_err(Error::unavailable)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn set(&self, number: u64) -> Result<(), Error> {
        use std::os::unix::fs::FileExt;
        self.file.write_all_at(&number.to_le_bytes(), 0).map_err(Error::unavailable)
    }
}

/// Elsewhere nobody can tell, so that everybody asks the database.
#[cfg(not(unix))]
impl AccessChanges {
    pub(crate) fn get(&self) -> Result<u64, Error> {
        Err(Error::Closed)
    }

    fn set(&self, _: u64) -> Result<(), Error> {
        Ok(())
    }
}

fn private_file(path: &Path) -> Result<File, Error> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path).map_err(Error::unavailable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_is_one_processs_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("rollcall.db");
        let (mut one, mut other) = (Turn::open(&database).unwrap(), Turn::open(&database).unwrap());
        for _ in 0..2 {
            let refused = one.take(|| {
                assert!(other.file.try_lock().is_err(), "the other must wait");
                Err::<(), _>(Error::Busy)
            });
            assert!(matches!(refused, Err(Error::Busy)));
            let waits = other.take(|| Ok(one.file.try_lock().is_err()));
            assert!(waits.unwrap());
        }
    }

    #[test]
    fn each_process_sees_what_another_one_counts() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("rollcall.db");
        let (mut one, mut other) = (Turn::open(&database).unwrap(), Turn::open(&database).unwrap());
        let seen = other.access_changes().unwrap();
        assert_eq!(seen.get().unwrap(), 0);
        one.count_access_change().unwrap();
        assert_eq!(seen.get().unwrap(), 1);
        other.count_access_change().unwrap();
        one.count_access_change().unwrap();
        assert_eq!(one.access_changes().unwrap().get().unwrap(), 3);
    }

    #[test]
    fn the_turn_is_another_file_than_the_database() {
        let folder = tempfile::tempdir().unwrap();
        drop(Turn::open(&folder.path().join("rollcall.db")).unwrap());
        let mut names: Vec<_> =
            folder.path().read_dir().unwrap().map(|file| file.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["rollcall.db", "rollcall.db-turn"]);
    }
}
