//! The engine for scale: a PostgreSQL server, and threads that each own a connection to it.

mod connection;
mod link;
mod statistics;
mod tls;
mod worker;

use std::thread;

use crate::crew::Crew;
use crate::error::Error;
use crate::migrate::{self, Tree};
use crate::news::Bell;
use crate::queue::queue;

pub(crate) use connection::Connection;

/// Connections of one process. A transaction is a few round trips; eight keep a server of some cores busy, and a
/// dozen replicas stay below PostgreSQL's usual hundred.
const CONNECTIONS: usize = 8;

/// Connects, migrates, and starts the threads.
pub(crate) fn start(config: &postgres::Config, trees: &[Tree]) -> Result<Crew, Error> {
    let connector = link::Connector::new(config)?;
    // The client brings its own runtime, and must not meet that of the caller's thread.
    thread::scope(|scope| {
        let migration = thread::Builder::new()
            .name("store-migrate".to_owned())
            .spawn_scoped(scope, || migrate::postgres(&mut connector.client()?, trees))
            .map_err(Error::unavailable)?;
        migration.join().map_err(|_| Error::Panicked)?
    })?;

    // One is left for the others, however much a tenant has to do.
    let (entrance, work) = queue(CONNECTIONS - 1);
    let bell = Bell::default();
    let crew = Crew::new(entrance.clone(), entrance, Vec::new(), None, bell.clone());
    let statistics = statistics::Statistics::default();
    for _ in 0..CONNECTIONS {
        let worker =
            worker::Worker::new(link::Link::new(connector.clone()), statistics.clone(), bell.clone());
        let work = work.clone();
        crew.hire("store", move || worker.run(&work))?;
    }
    Ok(crew)
}
