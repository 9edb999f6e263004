//! The operations of every application: who a session's token stands for, and ending it.

use application::api::{Call, Method, Operation};
use application::resources::Error;
use jiff::Timestamp;
use model::token::DigestKey;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::Tx;
use uuid::Uuid;

use crate::session::{self, Session};

/// What every tenant's application has, for `Applications::sharing`. `key` is that of the digests.
pub fn operations(key: &DigestKey) -> Vec<Operation> {
    let (looking, ending) = (key.clone(), key.clone());
    vec![
        Operation::new(
            (Method::Post, "/sign-in/session"),
            "getSession",
            "Tells who a session's token stands for, and notes that the session is used.",
            move |tx: &mut Tx<'_>, call: &Call, (): (), shown: Shown| look(tx, call, &looking, &shown),
        ),
        Operation::new(
            (Method::Post, "/sign-in/sign-out"),
            "endSession",
            "Ends a session.",
            move |tx: &mut Tx<'_>, call: &Call, (): (), shown: Shown| end(tx, call, &ending, &shown),
        ),
    ]
}

/// A session's token, as its cookie has it. It has no `Debug`: it is a secret.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Shown {
    /// The value of the cookie `__Host-rollcall-TENANT`.
    token: String,
}

/// Whether somebody is signed in, and who.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Signed {
    /// Whether the session is alive. If not, nothing else is told.
    active: bool,
    #[serde(flatten)]
    session: Option<Known>,
}

/// A session.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Known {
    /// Its id, which is no secret.
    session: String,
    /// The SCIM id of the user; not there for the break-glass account.
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<Uuid>,
    /// `userName`.
    #[serde(skip_serializing_if = "Option::is_none")]
    user_name: Option<String>,
    /// `displayName`.
    #[serde(skip_serializing_if = "Option::is_none")]
    display_name: Option<String>,
    /// By what they signed in: `saml`, `entra-saml`, `oidc`, `link` or `break-glass`.
    door: String,
    /// When.
    began: Timestamp,
    /// When it ends unless it is used.
    idle_end: Timestamp,
    /// When it ends in any case.
    expires: Timestamp,
}

impl From<Option<Session>> for Signed {
    fn from(session: Option<Session>) -> Self {
        Self { active: session.is_some(), session: session.map(Known::from) }
    }
}

impl From<Session> for Known {
    fn from(Session { id, user, door, began, idle_end, expires, .. }: Session) -> Self {
        let (user, user_name, display_name) = match user {
            Some(user) => (Some(user.id.0), Some(user.user_name), user.display_name),
            None => (None, None, None),
        };
        let door = door.to_string();
        Self { session: id, user, user_name, display_name, door, began, idle_end, expires }
    }
}

fn look(tx: &mut Tx<'_>, call: &Call, key: &DigestKey, shown: &Shown) -> Result<Signed, Error> {
    let found = session::find(tx, call.tenant, (&shown.token, key), call.at)?;
    if let Some(found) = found.as_ref().filter(|found| session::is_touch_due(found, call.at)) {
        session::touch(tx, call.tenant, &found.id, call.at)?;
    }
    Ok(found.into())
}

fn end(tx: &mut Tx<'_>, call: &Call, key: &DigestKey, shown: &Shown) -> Result<(), Error> {
    if let Some(found) = session::find(tx, call.tenant, (&shown.token, key), call.at)? {
        session::end(tx, call.tenant, &found.id)?;
    }
    Ok(())
}
