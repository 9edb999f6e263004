//! Being told that the files changed.

use crate::layout::{Format, Table};
use connector::Error;
use notify::event::{AccessKind, AccessMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::timeout;

/// How long the files must be left alone: an export writes several of them, and each in many pieces.
const QUIET: Duration = Duration::from_millis(250);

/// An export that writes for longer than this is told of while it writes.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

const CHECK_FOLDER: &str =
    "cycles run at their times all the same; check that the folder exists and can be read";

/// What the operating system told so far.
#[derive(Debug, Clone, Copy, Default)]
struct Told {
    events: u64,
    /// The watched folder is gone, or is another one now.
    lost: bool,
}

/// A folder that is watched.
#[derive(Debug)]
pub(crate) struct Watching {
    told: watch::Receiver<Told>,
    /// How many events the caller knows of.
    known: u64,
    folder: PathBuf,
    _watcher: RecommendedWatcher,
}

impl Watching {
    /// Begins to watch the files of a source.
    pub(crate) fn start(path: &Path) -> Result<Self, Error> {
        let (folder, names) = watched(path);
        let (tell, told) = watch::channel(Told::default());
        let root = folder.clone();
        let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            let lost = event.as_ref().map_or(true, |event| is_loss(event, &root));
            if lost || event.is_ok_and(|event| concerns(&event, &names)) {
                tell.send_modify(|told| *told = Told { events: told.events + 1, lost: told.lost || lost });
            }
        });
        let unwatchable = |error| {
            Error::source(folder.display().to_string(), "can't be watched for changes", CHECK_FOLDER)
                .caused_by(error)
        };
        let mut watcher = watcher.map_err(unwatchable)?;
        watcher.watch(&folder, RecursiveMode::NonRecursive).map_err(unwatchable)?;
        Ok(Self { told, known: 0, folder, _watcher: watcher })
    }

    /// Waits for the next change. What is known moves only at the end, so a call that is dropped loses nothing.
    pub(crate) async fn changed(&mut self) -> Result<(), Error> {
        let known = self.known;
        let mut told = self.told.clone();
        if told.wait_for(|told| told.events != known).await.is_err() || told.borrow().lost {
            let place = self.folder.display().to_string();
            return Err(Error::source(place, "can't be watched any more", CHECK_FOLDER));
        }
        let quiet = async { while timeout(QUIET, told.changed()).await.is_ok_and(|more| more.is_ok()) {} };
        // Running out of time means that somebody still writes, which is a change as well.
        let _ = timeout(LONGEST_WAIT, quiet).await;
        self.known = self.told.borrow().events;
        Ok(())
    }
}

/// The folder to watch, and the names in it that matter. A file is watched by its folder, because one that is renamed
/// into its place is another file.
fn watched(path: &Path) -> (PathBuf, Vec<OsString>) {
    if path.is_dir() {
        let formats = [Format::JsonLines, Format::Csv];
        let name = |table: Table, format: Format| format!("{}.{}", table.stem(), format.extension()).into();
        let tables = [Table::Users, Table::Groups, Table::Assignments];
        let names = tables.into_iter().flat_map(|table| formats.map(|format| name(table, format)));
        return (path.to_owned(), names.collect());
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    (folder.to_owned(), path.file_name().map(ToOwned::to_owned).into_iter().collect())
}

/// Reading is no change: what this source does itself would otherwise wake it for ever.
fn concerns(event: &Event, names: &[OsString]) -> bool {
    let is_write = match event.kind {
        EventKind::Access(access) => access == AccessKind::Close(AccessMode::Write),
        EventKind::Any
        | EventKind::Create(_)
        | EventKind::Modify(_)
        | EventKind::Remove(_)
        | EventKind::Other => true,
    };
    let is_named =
        |path: &PathBuf| path.file_name().is_some_and(|name| names.iter().any(|known| known == name));
    event.need_rescan() || (is_write && event.paths.iter().any(is_named))
}

fn is_loss(event: &Event, root: &Path) -> bool {
    let is_of_root = event.paths.iter().any(|path| path == root);
    let moved = matches!(event.kind, EventKind::Modify(notify::event::ModifyKind::Name(_)));
    is_of_root && (moved || event.kind.is_remove())
}

#[cfg(test)]
mod tests {
    use super::*;
    use notify::event::{CreateKind, DataChange, Flag, ModifyKind, RemoveKind, RenameMode};

    fn check(kind: EventKind, path: &str, expect: bool) {
        let names = ["users.jsonl".into()];
        assert_eq!(concerns(&Event::new(kind).add_path(path.into()), &names), expect, "{kind:?} {path}");
    }

    #[test]
    fn writing_a_known_file_is_a_change_and_reading_it_is_not() {
        const USERS: &str = "/export/users.jsonl";
        for kind in [
            EventKind::Create(CreateKind::File),
            EventKind::Modify(ModifyKind::Data(DataChange::Any)),
            EventKind::Modify(ModifyKind::Name(RenameMode::To)),
            EventKind::Remove(RemoveKind::File),
            EventKind::Access(AccessKind::Close(AccessMode::Write)),
        ] {
            check(kind, USERS, true);
            check(kind, "/export/users.new", false);
        }
        for access in
            [AccessKind::Open(AccessMode::Any), AccessKind::Read, AccessKind::Close(AccessMode::Read)]
        {
            check(EventKind::Access(access), USERS, false);
        }
        assert!(concerns(&Event::new(EventKind::Other).set_flag(Flag::Rescan), &[]));
    }

    #[test]
    fn only_the_folder_itself_can_be_lost() {
        let root = Path::new("/export");
        let event = |path: &str| Event::new(EventKind::Remove(RemoveKind::Any)).add_path(path.into());
        assert!(is_loss(&event("/export"), root));
        assert!(!is_loss(&event("/export/users.jsonl"), root));
    }
}
