//! A connection in one transaction that cannot write; closed when dropped.

use crate::fault;
use crate::limits::{ANSWER_TIME, CONNECT_TIME, MAX_ROW_BYTES, PAGE_ROWS, STATEMENT_TIME};
use crate::row::Row;
use connector::{Error, Needs, trust};
use std::net::IpAddr;
use std::path::PathBuf;
use tokio::time::timeout;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Config};
use tokio_postgres_rustls::MakeRustlsConnect;

/// A database, and who reads it.
pub(crate) struct Endpoint {
    config: Config,
    place: String,
    ca_file: Option<PathBuf>,
}

impl Endpoint {
    /// Nothing is connected yet.
    pub(crate) fn new(url: &str, ca_file: Option<PathBuf>) -> Result<Self, Error> {
        let hint = "write url as postgres://USER:PASSWORD@HOST/DATABASE";
        // The cause is not kept: it may quote the URL, which holds a password.
        let mut config: Config = url
            .parse()
            .map_err(|_| Error::source("url in the job's [source]", "is no URL of PostgreSQL", hint))?;
        if !is_local(&config) {
            config.ssl_mode(SslMode::Require);
        }
        config.application_name("rollcall").connect_timeout(CONNECT_TIME);
        let hosts: Vec<String> = config.get_hosts().iter().map(name).collect();
        let place = format!("{}/{}", hosts.join(","), config.get_dbname().unwrap_or_default());
        Ok(Self { config, place, ca_file })
    }

    /// Connects and begins the transaction.
    pub(crate) async fn open(&self) -> Result<Session, Error> {
        let tls = trust::tls(self.ca_file.as_deref())?;
        let connecting = self.config.connect(MakeRustlsConnect::new((*tls).clone()));
        let connected = timeout(CONNECT_TIME, connecting).await.map_err(|_| fault::silent(&self.place))?;
        let (client, connection) = connected.map_err(|error| fault::unreachable(&self.place, error))?;
        // It ends when the client is dropped, and what breaks it shows in the answers that do not come.
        tokio::spawn(connection);
        let begin = format!(
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
             SET LOCAL statement_timeout = '{STATEMENT_TIME}'; SET LOCAL TIME ZONE 'UTC'"
        );
        client.batch_execute(&begin).await.map_err(|error| fault::unreachable(&self.place, error))?;
        Ok(Session { client })
    }
}

/// Whether a connection can't leave this machine.
fn is_local(config: &Config) -> bool {
    let is_local = |host: &Host| match host {
        Host::Tcp(name) => {
            name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
        }
        Host::Unix(_) => true,
    };
    // An address takes the place of its host's name.
    config.get_hosts().iter().all(is_local) && config.get_hostaddrs().iter().all(IpAddr::is_loopback)
}

fn name(host: &Host) -> String {
    match host {
        Host::Tcp(name) => name.clone(),
        Host::Unix(path) => path.display().to_string(),
    }
}

/// One of the job's queries.
#[derive(Debug, Clone)]
pub(crate) struct Query {
    /// What it is for, as errors name it.
    pub(crate) name: &'static str,
    text: String,
}

impl Query {
    pub(crate) fn new(name: &'static str, text: &str) -> Self {
        Self { name, text: text.trim().trim_end_matches(';').to_owned() }
    }

    /// The query as a table `q`. The line ends keep a comment at its end from swallowing what follows.
    pub(crate) fn table(&self) -> String {
        format!("(\n{}\n) AS q", self.text)
    }

    fn rows(&self) -> String {
        format!("SELECT row_to_json(q)::text FROM {}", self.table())
    }
}

/// A transaction.
pub(crate) struct Session {
    client: Client,
}

impl Session {
    /// Asks whether the server understands a query, and for its first row.
    pub(crate) async fn first(&self, query: &Query, needs: &Needs) -> Result<Option<Row>, Error> {
        let rows = self.select(query, &format!("{} LIMIT 1", query.rows()), &[]).await?;
        Ok(parsed(query, &rows, needs)?.pop())
    }

    /// The rows of a query whose ids are among these.
    pub(crate) async fn by_ids(
        &self,
        query: &Query,
        ids: &[String],
        needs: &Needs,
    ) -> Result<Vec<Row>, Error> {
        let rows =
            self.select(query, &format!("{} WHERE q.id::text = ANY($1)", query.rows()), &[&ids]).await?;
        parsed(query, &rows, needs)
    }

    /// One row of a statement about a query.
    pub(crate) async fn one(&self, query: &Query, statement: &str) -> Result<tokio_postgres::Row, Error> {
        let mut rows = self.select(query, statement, &[]).await?;
        rows.pop().ok_or_else(|| fault::wrong(query.name, "answers nothing"))
    }

    /// Opens a cursor over a query. Before it, the last one is closed.
    pub(crate) async fn open(&self, query: &Query) -> Result<(), Error> {
        self.select(query, "CLOSE ALL", &[]).await?;
        // As a prepared statement it can be one statement only, whatever the query holds.
        self.select(query, &format!("DECLARE page NO SCROLL CURSOR FOR {}", query.rows()), &[])
            .await
            .map(drop)
    }

    /// The next rows of the open cursor; none at its end.
    pub(crate) async fn fetch(&self, query: &Query, needs: &Needs) -> Result<Vec<Row>, Error> {
        let rows = self.select(query, &format!("FETCH {PAGE_ROWS} FROM page"), &[]).await?;
        parsed(query, &rows, needs)
    }

    async fn select(
        &self,
        query: &Query,
        statement: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<tokio_postgres::Row>, Error> {
        let answer = timeout(ANSWER_TIME, self.client.query(statement, parameters)).await;
        answer.map_err(|_| fault::late(query.name))?.map_err(|error| fault::failed(query.name, error))
    }
}

fn parsed(query: &Query, rows: &[tokio_postgres::Row], needs: &Needs) -> Result<Vec<Row>, Error> {
    let parse = |row: &tokio_postgres::Row| {
        let text: &str = row.try_get(0).map_err(|error| fault::failed(query.name, error))?;
        if text.len() > MAX_ROW_BYTES {
            return Err(fault::wrong(query.name, format!("has a row longer than {MAX_ROW_BYTES} bytes")));
        }
        Row::parse(query.name, text, needs)
    };
    rows.iter().map(parse).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_read_without_tls() {
        for (url, required) in [
            ("postgres://u@localhost/x", false),
            ("postgres://u@127.0.0.1/x", false),
            ("postgres://u@%2Frun%2Fpostgresql/x", false),
            ("postgres://u@db.contoso.com/x?sslmode=disable", true),
            ("postgres://u@localhost,db.contoso.com/x", true),
            ("postgres://u@localhost/x?hostaddr=10.0.0.1", true),
        ] {
            let endpoint = Endpoint::new(url, None).unwrap();
            assert_eq!(endpoint.config.get_ssl_mode() == SslMode::Require, required, "{url}");
        }
    }
}
