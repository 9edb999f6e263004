//! A connection that comes back after it broke.

use std::time::Duration;

use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::Error;

use super::connection::{self, Connection};
use super::tls;

/// A server that does not answer within this is down.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Data that the server has not acknowledged within this is lost, and the connection with it.
const ACKNOWLEDGE_TIMEOUT: Duration = Duration::from_secs(30);

/// Makes connections.
#[derive(Clone)]
pub(super) struct Connector {
    config: postgres::Config,
    tls: MakeRustlsConnect,
}

impl Connector {
    pub(super) fn new(config: &postgres::Config) -> Result<Self, Error> {
        let mut config = config.clone();
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_TIMEOUT);
        }
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(ACKNOWLEDGE_TIMEOUT);
        }
        if config.get_application_name().is_none() {
            config.application_name("rollcall");
        }
        Ok(Self { config, tls: tls::connector()? })
    }

    /// A new connection.
    pub(super) fn client(&self) -> Result<postgres::Client, Error> {
        self.config.connect(self.tls.clone()).map_err(connection::error)
    }
}

/// One thread's connection, made when it is first needed and again after it broke.
pub(super) struct Link {
    connector: Connector,
    connection: Option<Connection>,
}

impl Link {
    pub(super) fn new(connector: Connector) -> Self {
        Self { connector, connection: None }
    }

    /// The connection, a new one if there is none.
    pub(super) fn connection(&mut self) -> Result<&mut Connection, Error> {
        let connection = match self.connection.take() {
            Some(connection) if !connection.is_closed() => connection,
            Some(_) | None => Connection::new(self.connector.client()?)?,
        };
        Ok(self.connection.insert(connection))
    }

    /// Gives up a connection whose state is not known any more.
    pub(super) fn drop_connection(&mut self) {
        self.connection = None;
    }
}
