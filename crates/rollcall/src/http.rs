//! Sockets: accepts connections, bounds what a client can hold open, and ends in order.

mod guard;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use service_provider::Peer;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Semaphore;
use tokio::time;
use tower::Layer;

use crate::failure::refusal;

pub use guard::guarded;

/// Connections at once. Each client keeps a few open; the bound is there so that file descriptors never run out
/// unseen, and those beyond it wait in the kernel's queue.
const MAX_CONNECTIONS: usize = 8_192;

/// How long a client may take to send its headers, and how long a connection may be idle between two requests: longer
/// than clients and proxies keep theirs, so that it is they who close first.
const HEADER_TIMEOUT: Duration = Duration::from_secs(60);

/// A head of a request, its target and its headers, that has not ended after so many bytes is refused with 431. A filter of
/// 8 KiB takes 24 KiB when it is percent-encoded, a token some hundred bytes. Hyper looks after each read, so that a head
/// that arrives in one piece may be longer, but never four times as long. It takes 100 headers at most.
const MAX_HEAD_BYTES: usize = 64 * 1024;

/// How long requests under way may take once the server is asked to end.
const END_TIMEOUT: Duration = Duration::from_secs(10);

/// The wait after the system had no file descriptor left for a connection; it has one again when another one closes.
const ACCEPT_WAIT: Duration = Duration::from_millis(50);

/// Connections that wait to be accepted. The kernel takes its own bound if that is smaller.
const BACKLOG: u32 = 1_024;

/// An address of ours that nobody can connect to yet.
pub struct Reserved {
    socket: TcpSocket,
    /// The address, with the port that the system chose if none was named.
    pub address: SocketAddr,
}

impl Reserved {
    /// Takes the address.
    ///
    /// # Errors
    /// When somebody else has it, or this machine doesn't.
    pub fn take(address: SocketAddr) -> Result<Self> {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() };
        let taken = socket.and_then(|socket| {
            // So that a server that was just ended can be started again at once.
            socket.set_reuseaddr(true)?;
            socket.bind(address)?;
            Ok(Self { address: socket.local_addr()?, socket })
        });
        taken.map_err(|error| unusable(address, &error))
    }

    /// Begins to take connections.
    ///
    /// # Errors
    /// As [`Reserved::take`].
    pub fn listen(self) -> Result<TcpListener> {
        self.socket.listen(BACKLOG).map_err(|error| unusable(self.address, &error))
    }
}

fn unusable(address: SocketAddr, error: &io::Error) -> anyhow::Error {
    let hint = match error.kind() {
        io::ErrorKind::AddrInUse => {
            "another process listens there; end it, or name another port with --listen"
        }
        io::ErrorKind::PermissionDenied => {
            "ports below 1024 need a privilege; name another one with --listen"
        }
        _ => "name an address of this machine with --listen, for example 127.0.0.1:8080",
    };
    refusal(format!("{address} can't be listened on: {error}"), hint)
}

/// Serves until `stop` is done; then takes no more connections and lets requests under way end, within bounds.
pub async fn serve(listener: TcpListener, router: Router, stop: impl Future<Output = ()>) {
    let connections = GracefulShutdown::new();
    let slots = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let accepting = async {
        while let Ok(slot) = Arc::clone(&slots).acquire_owned().await {
            let (stream, peer) = accept(&listener).await;
            let service = TowerToHyperService::new(Extension(Peer(peer.ip())).layer(router.clone()));
            let connection = builder().serve_connection(TokioIo::new(stream), service);
            let connection = connections.watch(connection);
            tokio::spawn(async move {
                // A client that breaks off, or is too slow, is its own problem.
                drop(connection.await);
                drop(slot);
            });
        }
    };
    tokio::select! {
        () = accepting => {}
        () = stop => {}
    }
    drop(listener);
    if time::timeout(END_TIMEOUT, connections.shutdown()).await.is_err() {
        tracing::warn!("requests were under way for too long and are cut off");
    }
}

/// The next connection. What fails here is one connection, or passes.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                // Answers are written whole, so there is nothing to gain from waiting for more of them.
                drop(stream.set_nodelay(true));
                return (stream, peer);
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "a connection can't be accepted");
                time::sleep(ACCEPT_WAIT).await;
            }
        }
    }
}

fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

fn builder() -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT).max_buf_size(MAX_HEAD_BYTES);
    builder
}

#[cfg(test)]
mod tests;
