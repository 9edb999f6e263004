//! Which database: `sqlite:PATH` or `postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=…`.

use std::fmt;
use std::path::{Path, PathBuf};

use postgres::config::Host;

use crate::error::Error;

/// The place of a database. Prints without its password.
#[derive(Clone)]
pub struct DatabaseUrl(pub(crate) Place);

#[derive(Clone)]
pub(crate) enum Place {
    Sqlite(PathBuf),
    Postgres(Box<postgres::Config>),
}

impl DatabaseUrl {
    /// Reads `sqlite:PATH`, `postgres://…` or `postgresql://…`.
    ///
    /// # Errors
    /// [`Error::Url`] without any of the text, which may hold a password.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if let Some(path) = text.strip_prefix("sqlite:") {
            return match path {
                "" | ":memory:" => Err(Error::Url { reason: "sqlite: needs the path of a file" }),
                _ if path.starts_with("//") => {
                    Err(Error::Url { reason: "a path follows sqlite: without //" })
                }
                _ => Ok(Self::sqlite(path)),
            };
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            let config = text
                .parse::<postgres::Config>()
                .map_err(|_| Error::Url { reason: "host, port or an option can't be read" })?;
            return Ok(Self(Place::Postgres(Box::new(config))));
        }
        Err(Error::Url { reason: "it starts with neither sqlite: nor postgres://" })
    }

    /// The database in a file.
    #[must_use]
    pub fn sqlite(path: impl AsRef<Path>) -> Self {
        Self(Place::Sqlite(path.as_ref().to_owned()))
    }

    /// True for a PostgreSQL server, false for a SQLite file.
    #[must_use]
    pub fn is_postgres(&self) -> bool {
        matches!(self.0, Place::Postgres(_))
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let config = match &self.0 {
            Place::Sqlite(path) => return write!(f, "sqlite:{}", path.display()),
            Place::Postgres(config) => config,
        };
        f.write_str("postgres://")?;
        if let Some(user) = config.get_user() {
            write!(f, "{user}@")?;
        }
        for (position, host) in config.get_hosts().iter().enumerate() {
            let comma = if position == 0 { "" } else { "," };
            match host {
                Host::Tcp(name) => write!(f, "{comma}{name}")?,
                Host::Unix(path) => write!(f, "{comma}{}", path.display())?,
            }
            if let Some(port) = config.get_ports().get(position).or(config.get_ports().first()) {
                write!(f, ":{port}")?;
            }
        }
        write!(f, "/{}", config.get_dbname().unwrap_or_default())
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

impl std::str::FromStr for DatabaseUrl {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_prints_without_its_password() {
        for (text, printed) in [
            ("sqlite:rollcall.db", "sqlite:rollcall.db"),
            ("sqlite:/var/lib/rollcall/a b.db", "sqlite:/var/lib/rollcall/a b.db"),
            (
                "postgres://rollcall:s3cret@db.example:5433/rc?sslmode=require",
                "postgres://rollcall@db.example:5433/rc",
            ),
            ("postgresql://a.example,b.example:6000/rc", "postgres://a.example:5432,b.example:6000/rc"),
            ("postgres://u@h/d?password=s3cret", "postgres://u@h:5432/d"),
        ] {
            let url = DatabaseUrl::parse(text).unwrap();
            assert_eq!(url.to_string(), printed, "{text}");
            assert!(!format!("{url:?}").contains("s3cret"), "{text}");
        }
    }

    #[test]
    fn what_is_no_url_is_refused_without_repeating_it() {
        for text in [
            "",
            "rollcall.db",
            "sqlite:",
            "sqlite::memory:",
            "sqlite://x.db",
            "mysql://u:s3cret@h/d",
            "postgres://u:s3cret@h:port/d",
            "postgres://u:s3cret@h/d?sslmode=maybe",
        ] {
            let error = DatabaseUrl::parse(text).unwrap_err();
            assert!(matches!(error, Error::Url { .. }), "{text}");
            assert!(!error.to_string().contains("s3cret") && error.hint().is_some(), "{text}");
        }
    }
}
