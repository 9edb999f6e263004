//! `rollcall schema show|check|apply|reset|reindex`: the schemas and resource types of a tenant.

use std::fmt::Display;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Error, Result};
use application::schemas::{self, Proposal, Report};
use jiff::Timestamp;
use model::tenant::Tenant;
use scim::{Definition, Mistake};
use serde::Serialize;

use crate::cli;
use crate::clock::shown;
use crate::failure::refusal;
use crate::installation::{Installation, applications};
use crate::output::{Answer, Output, table, write_table};
use crate::schema_file;

/// Does what the command line says.
pub async fn run(on: &Installation, verb: cli::Schema, output: Output) -> Result<()> {
    match verb {
        cli::Schema::Show { of } => output.answer(&show(on, &of.tenant).await?),
        cli::Schema::Check { of, file, yes } => {
            let definition = read(on, &of.tenant, &file).await?;
            output.answer(&change(on, &of.tenant, Some(definition), yes, Keep::Nothing).await?)
        }
        cli::Schema::Apply { of, file, yes } => {
            let definition = read(on, &of.tenant, &file).await?;
            output.answer(&change(on, &of.tenant, Some(definition), yes, Keep::Changes).await?)
        }
        cli::Schema::Reset { of, yes } => {
            let empty = Some(Definition::default());
            output.answer(&change(on, &of.tenant, empty, yes, Keep::Changes).await?)
        }
        cli::Schema::Reindex { of } => {
            output.answer(&change(on, &of.tenant, None, false, Keep::Changes).await?)
        }
    }
}

#[derive(Serialize)]
struct Shown {
    tenant: String,
    application: String,
    version: i64,
    applied: Option<Timestamp>,
    definition: serde_json::Value,
    #[serde(skip)]
    toml: String,
}

impl Answer for Shown {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let Self { tenant, application, version, .. } = self;
        let Some(applied) = self.applied else {
            writeln!(out, "# Tenant {tenant} has the schemas of the application {application} as they are.")?;
            return writeln!(out, "# Next: rollcall schema apply FILE --tenant {tenant}");
        };
        writeln!(
            out,
            "# Tenant {tenant}: what is added to the application {application}, and changed of it."
        )?;
        writeln!(out, "# Version {version}, applied {}.", shown(applied))?;
        write!(out, "{}", self.toml)
    }
}

async fn show(on: &Installation, name: &str) -> Result<Shown> {
    let tenant = on.tenant(name).await?;
    let id = tenant.id;
    let applied = on.store.read(move |tx| store::schema::get(tx, id)).await?;
    let (version, at) = applied.as_ref().map_or((0, None), |applied| (applied.version, Some(applied.at)));
    let definition: Definition = match applied {
        Some(applied) => serde_json::from_value(applied.definition)?,
        None => Definition::default(),
    };
    Ok(Shown {
        tenant: name.to_owned(),
        application: tenant.application.to_string(),
        version,
        applied: at,
        definition: definition.to_json(),
        toml: schema_file::to_toml(&definition)?,
    })
}

/// Reads a definition and checks what can be checked without the tenant's resources.
async fn read(on: &Installation, name: &str, file: &Path) -> Result<Definition> {
    let (definition, mut mistakes) = schema_file::read(file)?;
    let tenant = on.tenant(name).await?;
    if let Some(application) = applications().get(tenant.application) {
        mistakes.extend(application.profile().defined(&definition, 0, None).err().unwrap_or_default());
    }
    if mistakes.is_empty() { Ok(definition) } else { Err(mistaken(&file.display().to_string(), &mistakes)) }
}

/// Whether a change stays.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keep {
    Changes,
    Nothing,
}

/// What a definition did, or would do.
#[derive(Serialize)]
struct Changed {
    tenant: String,
    /// Whether it is in force now; else this is what applying it would do.
    applied: bool,
    #[serde(flatten)]
    report: Report,
}

impl Answer for Changed {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let Self { tenant, report, .. } = self;
        match (report.changed, self.applied) {
            (false, _) => return writeln!(out, "Tenant {tenant} has this definition already."),
            (true, true) => {
                writeln!(out, "The schemas of tenant {tenant} are those of version {} now.", report.version)?;
            }
            (true, false) => writeln!(out, "The definition can be applied to tenant {tenant}:")?,
        }
        let rows = report.types.iter().map(|kind| {
            let indexed = if kind.indexed.is_empty() { "-".to_owned() } else { kind.indexed.join(", ") };
            [kind.name.clone(), kind.resources.to_string(), kind.stripped.to_string(), indexed]
        });
        write_table(
            out,
            &table(["RESOURCE TYPE", "RESOURCES", "VALUES REMOVED OF", "INDEXED ANEW"], rows),
            "",
        )
    }
}

/// Why a transaction kept nothing.
enum Ended {
    /// It was only a check.
    Checked(Report),
    /// It failed.
    Failed(schemas::Error),
}

impl From<store::Error> for Ended {
    fn from(error: store::Error) -> Self {
        Self::Failed(error.into())
    }
}

/// Puts a definition in force, or tries it and takes it back.
async fn change(
    on: &Installation,
    name: &str,
    definition: Option<Definition>,
    may_remove: bool,
    keep: Keep,
) -> Result<Changed> {
    let proposal = proposal(on, on.tenant(name).await?, definition, may_remove)?;
    let changed = on.store.write(move |tx| {
        let report = schemas::apply(tx, &proposal).map_err(Ended::Failed)?;
        if keep == Keep::Changes { Ok(report) } else { Err(Ended::Checked(report)) }
    });
    let report = match changed.await {
        Ok(report) | Err(Ended::Checked(report)) => report,
        Err(Ended::Failed(error)) => return Err(explained(name, error)),
    };
    Ok(Changed { tenant: name.to_owned(), applied: keep == Keep::Changes, report })
}

fn proposal(
    on: &Installation,
    tenant: Tenant,
    definition: Option<Definition>,
    may_remove: bool,
) -> Result<Proposal> {
    let known = applications();
    let application = known.get(tenant.application).ok_or_else(|| {
        refusal(format!("the application {} is not part of this build", tenant.application), "")
    })?;
    Ok(Proposal {
        application: Arc::clone(application),
        tenant,
        definition,
        may_remove,
        actor: "cli".to_owned(),
        at: on.now(),
        ids: Arc::clone(&on.ids),
    })
}

fn explained(tenant: &str, error: schemas::Error) -> Error {
    match error {
        schemas::Error::Mistakes(mistakes) => {
            mistaken(&format!("the definition of tenant {tenant}"), &mistakes)
        }
        schemas::Error::Contradictions(all) => refusal(
            listed(
                &format!("the definition does not go together with the resources of tenant {tenant}"),
                &all,
            ),
            "nothing was changed",
        ),
        schemas::Error::NoTenant => refusal(format!("tenant {tenant} was deleted meanwhile"), ""),
        schemas::Error::Resource(error) => error.into(),
        schemas::Error::Store(error) => error.into(),
    }
}

fn mistaken(place: &str, mistakes: &[Mistake]) -> Error {
    let head = match mistakes.len() {
        1 => format!("{place} has a mistake"),
        count => format!("{place} has {count} mistakes"),
    };
    refusal(listed(&head, mistakes), "docs/schemas.md shows whole definitions; nothing was changed")
}

/// All of it, one a line.
fn listed(head: &str, all: &[impl Display]) -> String {
    all.iter().fold(format!("{head}:"), |text, one| format!("{text}\n  {one}"))
}
