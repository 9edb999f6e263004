//! `rollcall user deactivate|activate`: what the administrator of an application does by hand.

use std::io::{self, Write};

use anyhow::{Error, Result};
use application::USER;
use application::resources::{self, parse_id, set_active};
use model::{ResourceId, TenantId};
use scim::fold;
use serde::Serialize;
use store::attr::{self, AttributeRow};
use store::namesake::USER_NAME;
use store::{Tx, resource};

use crate::cli::{self, OfUser};
use crate::failure::refusal;
use crate::installation::Installation;
use crate::output::{Answer, Output, plain};

/// Does what the command line says.
///
/// # Errors
/// Why it can't be done.
pub async fn run(on: &Installation, verb: cli::User, output: Output) -> Result<()> {
    match verb {
        cli::User::Deactivate(of) => output.answer(&set(on, of, false).await?),
        cli::User::Activate(of) => output.answer(&set(on, of, true).await?),
    }
}

/// A user that is active now, or is not.
#[derive(Serialize)]
struct Set {
    user: String,
    id: String,
    active: bool,
}

impl Answer for Set {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let state = if self.active { "active" } else { "inactive" };
        writeln!(out, "{} is {state}, until a client says something else.", plain(&self.user))
    }
}

async fn set(on: &Installation, OfUser { of, user: name }: OfUser, active: bool) -> Result<Set> {
    let owner = on.tenant(&of.tenant).await?;
    let call = on.call(&owner).await?;
    let operation = call.on_users()?;
    let (tenant, asked) = (owner.id, name.clone());
    let id = on.store.write(move |tx| {
        let Some(id) = called(tx, tenant, &asked)? else { return Ok(None) };
        set_active(tx, &operation, id, active)?;
        Ok::<_, resources::Error>(Some(id))
    });
    match id.await? {
        Some(id) => Ok(Set { user: name, id: id.to_string(), active }),
        None => Err(unknown(&of.tenant, &name)),
    }
}

/// The user of this name or with this alias, or of this id.
///
/// # Errors
/// The store's.
pub fn called(tx: &mut Tx<'_>, tenant: TenantId, name: &str) -> Result<Option<ResourceId>, store::Error> {
    if let Some(id) = parse_id(name) {
        return Ok(resource::get(tx, tenant, USER, id)?.map(|found| found.id));
    }
    attr::owner(tx, tenant, USER, &AttributeRow::new(USER_NAME, &fold(name), true))
}

fn unknown(tenant: &str, name: &str) -> Error {
    refusal(
        format!("tenant {tenant} has no user {name:?}"),
        "give the userName, or the id; users who were deleted are not there",
    )
}
