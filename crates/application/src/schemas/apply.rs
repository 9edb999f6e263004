//! The transaction that puts a definition in force.

use std::collections::BTreeSet;
use std::sync::Arc;

use model::AuditId;
use model::audit::AuditEntry;
use scim::Definition;
use serde_json::json;
use store::schema::{self, Applied};
use store::{Tx, audit, resource};

use super::contradiction::Contradictions;
use super::scan::{Rows, Scan};
use super::{Error, Proposal, Report};
use crate::{Profile, TypeProfile};

/// Puts a definition in force: nothing changes if there is an error.
///
/// # Errors
/// [`Error::Mistakes`] and [`Error::Contradictions`] tell all there are; the store's.
pub fn apply(tx: &mut Tx<'_>, proposal: &Proposal) -> Result<Report, Error> {
    let version = schema::lock(tx, proposal.tenant.id)?.ok_or(Error::NoTenant)?;
    let old = in_force(tx, proposal)?;
    let definition = proposal.definition.as_ref().unwrap_or(&old);
    if proposal.definition.as_ref() == Some(&old) {
        return Ok(Report { version, changed: false, types: Vec::new() });
    }
    let version = version + i64::from(proposal.definition.is_some());
    let base = proposal.application.profile();
    let profile = base.defined(definition, version, None).map_err(Error::Mistakes)?;
    // A definition that was made for an earlier release may not go together with this one's schemas any more.
    let before = base.defined(&old, 0, None).ok();

    let mut contradictions = Contradictions::default();
    check_lost_types(tx, proposal, &old, &profile, &mut contradictions)?;
    let mut types = Vec::new();
    for kind in profile.types() {
        let known = before.as_ref().and_then(|before| before.by_id(kind.id()));
        let rows = match (&proposal.definition, known) {
            (Some(_), Some(known)) => Rows::between(known, kind),
            (None, _) | (_, None) => Rows::all(kind),
        };
        let scan = Scan::new(proposal, kind, known.map(|known| &**known), rows);
        types.push(scan.run(tx, &mut contradictions)?);
    }
    if !contradictions.is_empty() {
        return Err(Error::Contradictions(contradictions.into_list()));
    }
    if proposal.definition.is_some() {
        let definition = definition.to_json();
        schema::set(tx, proposal.tenant.id, &Applied { version, definition, at: proposal.at })?;
    }
    let report = Report { version, changed: true, types };
    record(tx, proposal, &report)?;
    Ok(report)
}

/// The definition in force.
fn in_force(tx: &mut Tx<'_>, proposal: &Proposal) -> Result<Definition, Error> {
    let Some(applied) = schema::get(tx, proposal.tenant.id)? else { return Ok(Definition::default()) };
    let read = serde_json::from_value(applied.definition);
    Ok(read.map_err(|_| store::Error::corrupt("schema_definition.definition"))?)
}

/// A resource type goes only when its resources have gone: what they are worth, nobody knows here.
fn check_lost_types(
    tx: &mut Tx<'_>,
    proposal: &Proposal,
    old: &Definition,
    profile: &Profile,
    contradictions: &mut Contradictions,
) -> Result<(), Error> {
    let known: BTreeSet<&str> = profile.types().iter().map(|kind| kind.id()).collect();
    for name in old.resource_types.iter().map(|kind| kind.name.as_str()) {
        if known.contains(name) || proposal.application.profile().by_id(name).is_some() {
            continue;
        }
        let count = resource::count(tx, proposal.tenant.id, name)?.unsigned_abs();
        if count > 0 {
            let problem = "the resource type is gone and has resources".to_owned();
            contradictions.count(name, problem, count, None, "delete them first, or keep the resource type");
        }
    }
    Ok(())
}

fn record(tx: &mut Tx<'_>, proposal: &Proposal, report: &Report) -> Result<(), store::Error> {
    let entry = AuditEntry {
        id: AuditId(proposal.ids.next()),
        at: proposal.at,
        actor: proposal.actor.clone(),
        action: if proposal.definition.is_some() { "schema.apply" } else { "schema.reindex" }.to_owned(),
        subject: "schemas".to_owned(),
        detail: json!(report),
    };
    audit::append(tx, Some(proposal.tenant.id), &entry)
}

impl Proposal {
    /// An operation on the resources of a type by the rules of the definition.
    pub(super) fn operation(&self, kind: &Arc<TypeProfile>) -> crate::resources::Operation {
        crate::resources::Operation {
            tenant: self.tenant.id,
            settings: self.tenant.settings.clone(),
            application: Arc::clone(&self.application),
            kind: Arc::clone(kind),
            precondition: crate::resources::Precondition::default(),
            actor: self.actor.clone(),
            origin: model::resource::Origin::Administrator,
            at: self.at,
            tolerance: Arc::default(),
            ids: Arc::clone(&self.ids),
        }
    }
}
