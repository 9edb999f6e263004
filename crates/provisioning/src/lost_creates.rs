//! Creates whose answer nobody heard: the process died, the time ran out, the connection broke. Before anything else is
//! decided about their objects, the target is asked what became of them, by the values that were sent. By now the source
//! may call the object otherwise, or not have it any more: without this, what was made would be nobody's for ever.

use std::collections::BTreeSet;

use connector::{ObjectType, Target, TargetObject};
use model::creation::Creation;
use scim::path::Path;
use serde_json::Value;

use crate::Error;
use crate::context::{Context, Ends, JobInstance};
use crate::creation_ledger::{EXTERNAL_ID, Found, key};
use crate::evaluate::ObjectError;
use crate::export::Exporter;
use crate::lease::alone;
use crate::ledger::Ledger;
use crate::limits::RECORD_BATCH;
use crate::second_pass::object_type;
use crate::side_by_side::side_by_side;
use crate::walk::fatal;

/// Finds out what became of creates; `None`: of all of the job's.
///
/// # Errors
/// What concerns every object. Where the target fails on one, that one is asked for again next time.
pub(crate) async fn settle(
    context: &Context,
    ledger: &Ledger,
    exporter: &Exporter<'_>,
    objects: Option<&BTreeSet<(ObjectType, String)>>,
) -> Result<(), Error> {
    let mut open = ledger.open_creations().await?;
    open.retain(|one| objects.is_none_or(|objects| objects.contains(&key(one))));
    let mut open = open.into_iter().peekable();
    while open.peek().is_some() {
        let looking = open.by_ref().take(RECORD_BATCH).map(|creation| look(exporter, creation));
        let (found, fatal) = side_by_side(exporter, looking).await;
        ledger.settle_creations(found.into_iter().flatten().collect(), context.clock.now()).await?;
        fatal.map_or(Ok(()), Err)?;
    }
    Ok(())
}

/// As [`settle`], unless somebody else works on the job: they have done it.
///
/// # Errors
/// As [`settle`].
pub(crate) async fn settle_alone(context: &Context, job: &JobInstance, ends: &Ends) -> Result<(), Error> {
    let ledger = Ledger::new(context.store.clone(), job.id, None, None, context.ids.clone());
    if ledger.open_creations().await?.is_empty() {
        return Ok(());
    }
    let settled = alone(context, job, std::time::Duration::ZERO, |lease| async move {
        let ledger = Ledger { lease: Some(lease.clone()), ..ledger };
        let exporter = Exporter::new(context, job, ends);
        lease.hold(&context.store, &context.clock, None, settle(context, &ledger, &exporter, None)).await
    });
    match settled.await {
        Err(Error::Busy { .. }) => Ok(()),
        settled => settled,
    }
}

/// `None`: nobody knows.
async fn look(exporter: &Exporter<'_>, creation: Creation) -> Result<Option<Found>, Error> {
    match search(exporter, &creation).await {
        Ok(target_id) => {
            exporter.observe(None);
            Ok(Some(Found { creation, target_id }))
        }
        Err(error) => {
            exporter.observe(Some(&error));
            if exporter.is_broken() {
                return Err(Error::Target(error));
            }
            fatal(ObjectError::Connector(error)).map_or(Ok(None), Err)
        }
    }
}

/// The one resource that has what was sent. Of several none is taken: that would be a guess.
async fn search(exporter: &Exporter<'_>, creation: &Creation) -> Result<Option<String>, connector::Error> {
    let object_type = object_type(&creation.object_type);
    for (attribute, value) in &creation.matching {
        let Ok(path) = Path::parse(attribute) else { continue };
        let mut found = exporter.find(object_type, &path, value).await?;
        found.retain(|found| is_of(creation, found));
        if let [only] = found.as_slice() {
            return Ok(Some(only.id.clone()));
        }
    }
    Ok(None)
}

/// Whether a resource is what a create would have made. What a target does not show can't tell.
fn is_of(creation: &Creation, found: &TargetObject) -> bool {
    let external_id = creation.external_id.as_deref().map(|id| (EXTERNAL_ID, id));
    let sent = creation.matching.iter().map(|(attribute, value)| (attribute.as_str(), value.as_str()));
    sent.chain(external_id).all(|(attribute, value)| {
        let Ok(path) = Path::parse(attribute) else { return false };
        let held = path.read(&found.document);
        held.is_empty() || held.into_iter().filter_map(Value::as_str).any(|held| scim::fold_eq(held, value))
    })
}
