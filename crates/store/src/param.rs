//! Parameters of a statement.

use bytes::BytesMut;
use jiff::Timestamp;
use model::{AuditId, ChangeId, ClientId, CycleId, EntryId, JobId, PlanId, RequestId, ResourceId, TenantId};
use postgres::types::{IsNull, ToSql, Type};
use uuid::Uuid;

/// The value of one `$n`.
#[derive(Clone, Copy)]
pub enum Param<'a> {
    /// For a TEXT column.
    Text(&'a str),
    /// For a BIGINT column.
    Int(i64),
    /// For a BYTEA column.
    Bytes(&'a [u8]),
    /// For a TEXT column: lower-case hyphenated.
    Id(Uuid),
    /// No value, for a column of any type.
    Null,
}

/// The parameters of a statement, in order: `params![tenant, "User", 7]`.
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => { &[$($crate::Param::from($value)),*] };
}

impl<'a> From<&'a str> for Param<'a> {
    fn from(value: &'a str) -> Self {
        Self::Text(value)
    }
}

impl<'a> From<&'a String> for Param<'a> {
    fn from(value: &'a String) -> Self {
        Self::Text(value)
    }
}

impl<'a> From<&'a [u8]> for Param<'a> {
    fn from(value: &'a [u8]) -> Self {
        Self::Bytes(value)
    }
}

impl From<i64> for Param<'_> {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

/// Booleans are 0 and 1.
impl From<bool> for Param<'_> {
    fn from(value: bool) -> Self {
        Self::Int(value.into())
    }
}

/// Instants are whole microseconds since 1970; what is finer is cut off.
impl From<Timestamp> for Param<'_> {
    fn from(value: Timestamp) -> Self {
        Self::Int(value.as_microsecond())
    }
}

impl<'a, T: Into<Param<'a>>> From<Option<T>> for Param<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

macro_rules! ids {
    ($($id:ident),*) => {$(
        impl From<$id> for Param<'_> {
            fn from(id: $id) -> Self {
                Self::Id(id.0)
            }
        }
    )*};
}

ids!(AuditId, ChangeId, ClientId, CycleId, EntryId, JobId, PlanId, RequestId, ResourceId, TenantId);

impl rusqlite::ToSql for Param<'_> {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        use rusqlite::types::{ToSqlOutput, Value, ValueRef};
        Ok(match *self {
            Self::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Self::Int(number) => ToSqlOutput::Owned(Value::Integer(number)),
            Self::Bytes(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
            Self::Id(id) => ToSqlOutput::Owned(Value::Text(id.to_string())),
            Self::Null => ToSqlOutput::Owned(Value::Null),
        })
    }
}

type Encoded = Result<IsNull, Box<dyn std::error::Error + Sync + Send>>;

impl ToSql for Param<'_> {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Encoded {
        match *self {
            Self::Text(text) => text.to_sql_checked(kind, out),
            Self::Int(number) => number.to_sql_checked(kind, out),
            Self::Bytes(bytes) => bytes.to_sql_checked(kind, out),
            Self::Id(id) => {
                let mut buffer = Uuid::encode_buffer();
                (&*id.hyphenated().encode_lower(&mut buffer)).to_sql_checked(kind, out)
            }
            Self::Null => Ok(IsNull::Yes),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn to_sql_checked(&self, kind: &Type, out: &mut BytesMut) -> Encoded {
        self.to_sql(kind, out)
    }
}

impl std::fmt::Debug for Param<'_> {
    /// Tells the kind only: values are personal data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Text(_) => "Text",
            Self::Int(_) => "Int",
            Self::Bytes(_) => "Bytes",
            Self::Id(_) => "Id",
            Self::Null => "Null",
        })
    }
}
