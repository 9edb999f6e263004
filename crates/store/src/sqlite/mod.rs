//! The embedded engine: one file, one thread that writes, a few that read.

mod connection;
mod reader;
mod turn;
mod writer;

use std::path::Path;
use std::thread;

use crate::crew::Crew;
use crate::error::Error;
use crate::migrate::{self, Tree};
use crate::news::Bell;
use crate::queue::queue;

pub(crate) use connection::Connection;
pub(crate) use reader::serve;
pub(crate) use turn::AccessChanges;

/// More readers than this gain nothing: their work is short, and the cores are shared with the rest of Rollcall.
const READERS: usize = 4;

/// Opens the file, migrates it, and starts the threads.
pub(crate) fn start(path: &Path, trees: &[Tree]) -> Result<Crew, Error> {
    let mut turn = turn::Turn::open(path)?;
    let writer = turn.take(|| {
        let mut connection = Connection::open(path)?;
        migrate::sqlite(connection.raw(), trees)?;
        Ok(connection)
    })?;
    let readers = thread::available_parallelism().map_or(READERS, |cores| cores.get().min(READERS));
    let open = |_| Connection::open_for_reading(path);
    let here = (0..readers).map(open).collect::<Result<Vec<_>, _>>()?;
    // One more than a tenant gets, so that a reader is left for the others.
    let threads = (0..=readers).map(open).collect::<Result<Vec<_>, _>>()?;

    let (write, writes) = queue(1);
    let (read, reads) = queue(readers);
    let bell = Bell::default();
    let crew = Crew::new(write, read, here, Some(turn.access_changes()?), bell.clone());
    crew.hire("store-write", move || writer::run(writer, turn, &writes, &bell))?;
    for reader in threads {
        let reads = reads.clone();
        crew.hire("store-read", move || reader::run(&reader, &reads))?;
    }
    Ok(crew)
}
