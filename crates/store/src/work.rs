//! A closure on its way to a thread that owns a connection, and its answer on the way back.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tokio::sync::oneshot;
use tracing::Span;

use crate::error::Error;
use crate::tx::Tx;

/// The target of the spans `store.read` and `store.write`, each from the call to the answer, and of `store.run` in
/// them, which is one run of the closure: what comes before it is the wait for a connection, what comes after it the
/// commit.
pub const TRACES: &str = "traces::store";

/// What a closure wants of its transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Write,
}

/// A closure without its types.
pub(crate) trait Work: Send {
    fn access(&self) -> Access;

    /// True when nobody waits for the answer any more, so that there is no use in beginning.
    fn is_abandoned(&self) -> bool;

    /// Runs the closure, keeps its answer, and tells whether its effects are to be kept as well.
    ///
    /// # Errors
    /// A statement's failure that the closure passed over or that another try may get past. The thread decides then:
    /// run it again, or [`Work::fail`].
    fn run(&mut self, tx: &mut Tx<'_>) -> Result<Keep, Error>;

    /// Gives the kept answer to the caller.
    fn finish(self: Box<Self>);

    /// Gives the caller this error instead.
    fn fail(self: Box<Self>, error: Error);
}

/// Whether what a closure did is to be committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keep {
    Effects,
    Nothing,
}

struct Closure<F, T, E> {
    access: Access,
    run: F,
    answer: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
    span: Span,
}

/// Packs a closure; the receiver gets its answer.
pub(crate) fn pack<T, E, F>(access: Access, run: F) -> (Box<dyn Work>, oneshot::Receiver<Result<T, E>>)
where
    F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    T: Send + 'static,
    E: From<Error> + Send + 'static,
{
    let (reply, answer) = oneshot::channel();
    let span = match access {
        Access::Read => tracing::trace_span!(target: TRACES, "store.read"),
        Access::Write => tracing::trace_span!(target: TRACES, "store.write"),
    };
    (Box::new(Closure { access, run, answer: None, reply, span }), answer)
}

impl<T, E, F> Work for Closure<F, T, E>
where
    F: Fn(&mut Tx<'_>) -> Result<T, E> + Send,
    T: Send,
    E: From<Error> + Send,
{
    fn access(&self) -> Access {
        self.access
    }

    fn is_abandoned(&self) -> bool {
        self.reply.is_closed()
    }

    fn run(&mut self, tx: &mut Tx<'_>) -> Result<Keep, Error> {
        let _within = self.span.enter();
        let _running = tracing::trace_span!(target: TRACES, "store.run").entered();
        // A panic leaves nothing half done: the transaction is rolled back, and the closure is not used again.
        let answer = catch_unwind(AssertUnwindSafe(|| (self.run)(tx))).map_err(|_| Error::Panicked)?;
        let keep = if answer.is_ok() { Keep::Effects } else { Keep::Nothing };
        // The closure's own error says more than the statement's, unless the closure can be run again.
        match tx.failure() {
            Some(failure) if keep == Keep::Effects || failure.is_transient() => return Err(failure),
            Some(_) | None => {}
        }
        self.answer = Some(answer);
        Ok(keep)
    }

    fn finish(self: Box<Self>) {
        let Self { answer, reply, .. } = *self;
        let answer = answer.unwrap_or_else(|| Err(Error::Closed.into()));
        // Nobody listening is no error: the caller ran out of time.
        drop(reply.send(answer));
    }

    fn fail(self: Box<Self>, error: Error) {
        drop(self.reply.send(Err(error.into())));
    }
}
