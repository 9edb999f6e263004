//! Reading all resources of a type: do they fit, what has to go, and which rows do they have.

use std::collections::BTreeSet;
use std::sync::Arc;

use model::ResourceId;
use model::resource::StoredResource;
use scim::AttributeRef;
use store::attr::{self, AttributeRow, Taken};
use store::{Tx, resource};

use super::contradiction::Contradictions;
use super::{Error, Proposal, TypeReport};
use crate::TypeProfile;
use crate::limits::SCHEMA_CHUNK;
use crate::resources::Operation;

/// Which rows are made anew.
pub(super) struct Rows {
    /// The keys whose rows go first; `None`: all there are.
    forgotten: Option<Vec<String>>,
    /// The keys whose rows are made.
    made: BTreeSet<String>,
}

impl Rows {
    /// Those of every indexed attribute.
    pub(super) fn all(kind: &TypeProfile) -> Self {
        Self { forgotten: None, made: kind.keys().iter().cloned().collect() }
    }

    /// Those that look different by the new rules, and those that are gone.
    pub(super) fn between(old: &TypeProfile, new: &TypeProfile) -> Self {
        let (old, new) = (old.index_rules(), new.index_rules());
        let gone = old.iter().filter(|rule| !new.contains(rule)).map(|rule| rule.key.clone()).collect();
        let made = new.iter().filter(|rule| !old.contains(rule)).map(|rule| rule.key.clone()).collect();
        Self { forgotten: Some(gone), made }
    }

    fn forget(&self, tx: &mut Tx<'_>, operation: &Operation) -> Result<(), store::Error> {
        let (tenant, kind) = (operation.tenant, operation.kind.id());
        match &self.forgotten {
            None => attr::forget(tx, tenant, kind, None),
            Some(keys) => keys.iter().try_for_each(|key| attr::forget(tx, tenant, kind, Some(key))),
        }
    }
}

/// All resources of a type on their way to new rules.
pub(super) struct Scan {
    operation: Operation,
    rows: Rows,
    /// Attributes that were readable and become secrets, or the other way round.
    turned: Vec<Arc<AttributeRef>>,
    may_remove: bool,
    report: TypeReport,
}

impl Scan {
    pub(super) fn new(
        proposal: &Proposal,
        kind: &Arc<TypeProfile>,
        old: Option<&TypeProfile>,
        rows: Rows,
    ) -> Self {
        let indexed = rows.made.iter().map(|key| kind.attribute_name(key)).collect();
        Self {
            operation: proposal.operation(kind),
            rows,
            turned: old.map(|old| turned(old, kind)).unwrap_or_default(),
            may_remove: proposal.may_remove,
            report: TypeReport { name: kind.id().to_owned(), resources: 0, stripped: 0, indexed },
        }
    }

    /// Reads them in chunks, so that the memory it takes is bounded.
    pub(super) fn run(
        mut self,
        tx: &mut Tx<'_>,
        contradictions: &mut Contradictions,
    ) -> Result<TypeReport, Error> {
        self.rows.forget(tx, &self.operation)?;
        let mut last = None;
        loop {
            let (tenant, kind) = (self.operation.tenant, self.operation.kind.id());
            let chunk = resource::after(tx, tenant, kind, last, SCHEMA_CHUNK)?;
            let Some(end) = chunk.last() else { return Ok(self.report) };
            last = Some(end.id);
            let mut rows = Vec::new();
            for stored in chunk {
                let stored = self.bring_in_line(tx, stored, contradictions)?;
                rows.extend(self.rows_of(&stored));
            }
            let taken = attr::add_all(tx, self.operation.tenant, self.operation.kind.id(), &rows)?;
            taken.iter().for_each(|taken| self.note_taken(taken, contradictions));
        }
    }

    fn rows_of(&self, stored: &StoredResource) -> Vec<(ResourceId, AttributeRow)> {
        let rows = self.operation.rows(&stored.document).into_iter();
        rows.filter(|row| self.rows.made.contains(row.attribute())).map(|row| (stored.id, row)).collect()
    }

    /// Compares a resource with the new rules, and takes out what they don't know if that is allowed.
    fn bring_in_line(
        &mut self,
        tx: &mut Tx<'_>,
        stored: StoredResource,
        contradictions: &mut Contradictions,
    ) -> Result<StoredResource, Error> {
        self.report.resources += 1;
        let resource_type = self.operation.kind.resource_type();
        let mut fit = resource_type.fit(&stored.document);
        let mut note = |problem: String, hint: &'static str| {
            contradictions.note(&resource_type.name, problem, stored.id, hint);
        };
        for secret in &self.turned {
            if secret.container(&stored.document).is_some_and(|c| c.contains_key(&secret.attribute.name)) {
                let problem =
                    format!("{} has values, and becomes a secret or stops being one", secret.name());
                note(problem, "remove the values first, or define a new attribute");
            }
        }
        for name in fit.misfits.drain(..) {
            note(format!("{name} has values of another type"), "keep its type, or define a new attribute");
        }
        if !self.may_remove {
            for name in fit.unknown.drain(..) {
                note(format!("{name} is gone and has values"), "with --yes they are removed for good");
            }
        }
        let mut document = stored.document.clone();
        if !fit.unknown.is_empty() {
            resource_type.strip(&mut document);
            fit.refused = resource_type.fit(&document).refused;
        }
        if let Some(problem) = fit.refused {
            note(problem, "give these resources what is missing first, or leave it as it was");
            return Ok(stored);
        }
        if fit.unknown.is_empty() {
            return Ok(stored);
        }
        self.report.stripped += 1;
        Ok(self.operation.store_update(tx, &stored, document, 0)?)
    }

    fn note_taken(&self, taken: &Taken, contradictions: &mut Contradictions) {
        let kind = &self.operation.kind;
        let problem =
            format!("{} is unique, and several have the same value", kind.attribute_name(&taken.attribute));
        let hint = "change the values that are there twice first, or leave uniqueness out";
        contradictions.note(kind.id(), problem, taken.resource, hint);
    }
}

/// The secrets of one of two types that are none in the other, or are folded there in another way: of them only
/// digests are stored, or values that must not stay.
fn turned(old: &TypeProfile, new: &TypeProfile) -> Vec<Arc<AttributeRef>> {
    let same = |one: &AttributeRef, other: &AttributeRef| {
        one.key() == other.key() && one.leaf().case_exact == other.leaf().case_exact
    };
    let only = |some: &TypeProfile, others: &TypeProfile| -> Vec<Arc<AttributeRef>> {
        let lone = some.secrets().iter().filter(|one| !others.secrets().iter().any(|other| same(one, other)));
        lone.cloned().collect()
    };
    let mut turned = only(new, old);
    let stays =
        |one: &AttributeRef| new.resource_type().attributes().iter().any(|any| any.key() == one.key());
    turned.extend(only(old, new).into_iter().filter(|one| stays(one)));
    turned
}
