//! Reading, on threads of its own or at once on the caller's. Each closure sees one state of the database, while the
//! writer goes on.

use crate::queue::Queue;
use crate::tx::{Connection as Engine, Tx};
use crate::work::Work;

use super::connection::Connection;

/// Serves the queue until the store closes.
pub(super) fn run(connection: &Connection, queue: &Queue) {
    while let Some(work) = queue.next() {
        if !work.is_abandoned() {
            serve(connection, work);
        }
    }
}

/// Runs one closure and answers its caller.
pub(crate) fn serve(connection: &Connection, mut work: Box<dyn Work>) {
    let result =
        connection.control("BEGIN").and_then(|()| work.run(&mut Tx::new(Engine::Sqlite(connection))));
    // There is nothing to undo, and a rollback would invalidate every cursor first.
    let ended = if connection.is_autocommit() { Ok(()) } else { connection.control("COMMIT") };
    match result.and(ended) {
        Ok(()) => work.finish(),
        Err(error) => work.fail(error),
    }
}
