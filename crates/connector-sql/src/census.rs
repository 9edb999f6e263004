//! The rows of a query counted and digested, at the server: nothing but the sums is sent.

use crate::fault;
use crate::session::{Query, Session};
use connector::Error;
use sha2::{Digest, Sha256};

/// What is known of a query's rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Census {
    pub(crate) rows: i64,
    /// Sums over the digests of the rows, in whatever order they come.
    sums: [String; 2],
}

impl Census {
    /// Counts and digests the rows.
    pub(crate) async fn take(session: &Session, query: &Query) -> Result<Self, Error> {
        let statement = format!(
            "SELECT count(*), coalesce(sum(high), 0)::text, coalesce(sum(low), 0)::text FROM
               (SELECT ('x' || substr(digest, 1, 16))::bit(64)::bigint::numeric AS high,
                       ('x' || substr(digest, 17, 16))::bit(64)::bigint::numeric AS low FROM
                 (SELECT encode(sha256(convert_to(row_to_json(q)::text, 'UTF8')), 'hex') AS digest FROM {})
                 AS digested) AS halves",
            query.table()
        );
        let row = session.one(query, &statement).await?;
        let unreadable = |error| fault::failed(query.name, error);
        let sum = |index: usize| row.try_get::<_, String>(index).map_err(unreadable);
        Ok(Self { rows: row.try_get(0).map_err(unreadable)?, sums: [sum(1)?, sum(2)?] })
    }

    /// Adds to a digest of all queries.
    pub(crate) fn add_to(&self, digest: &mut Sha256) {
        digest.update(self.rows.to_le_bytes());
        for sum in &self.sums {
            digest.update(sum);
            digest.update(b";");
        }
    }
}

/// Refuses rows without an id, and two with one id.
pub(crate) async fn check_ids(session: &Session, query: &Query) -> Result<(), Error> {
    let statement = format!(
        "SELECT count(*) FILTER (WHERE coalesce(q.id::text, '') = ''), count(q.id) - count(DISTINCT q.id::text) FROM {}",
        query.table()
    );
    let row = session.one(query, &statement).await?;
    let count = |index: usize| row.try_get::<_, i64>(index).map_err(|error| fault::failed(query.name, error));
    match (count(0)?, count(1)?) {
        (0, 0) => Ok(()),
        (0, again) => {
            Err(fault::wrong(query.name, format!("has {again} rows with an \"id\" that another row has")))
        }
        (missing, _) => Err(fault::wrong(query.name, format!("has {missing} rows without \"id\""))),
    }
}
