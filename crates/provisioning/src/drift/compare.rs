//! Objects of the target against what the mapping wants.

use std::collections::HashMap;

use connector::{Change, Entry, ObjectType, Operation, Target};
use model::link::{Link, LinkState};

use super::Drift;
use super::finding::{Difference, Finding, Found, Kind};
use super::references::Compared;
use crate::Error;
use crate::evaluate::{Evaluator, ObjectError, Verdict};
use crate::search::{Claims, Fates};
use crate::side_by_side::side_by_side;
use crate::step::{Decision, Reason, Step};
use crate::subject::Subject;
use crate::walk::fatal;

impl Drift<'_> {
    /// The objects of a page that differ. Whom the source has changed since is the next cycle's.
    pub(super) async fn compare(
        &mut self,
        object_type: ObjectType,
        page: Vec<Link>,
    ) -> Result<Vec<Found>, Error> {
        let page = page.into_iter().filter(|link| link.state != LinkState::Released);
        let mut links: HashMap<String, Link> = page.map(|link| (link.source_id.clone(), link)).collect();
        let anchors: Vec<String> = links.keys().cloned().collect();
        let entries = self.ends.source.get(object_type, &anchors).await.map_err(Error::Source)?;
        let mut work = Vec::new();
        for entry in entries {
            let Some(link) = links.remove(entry.anchor()) else { continue };
            let Entry::Present(object) = entry else {
                self.report.not_sent_yet += 1;
                continue;
            };
            let subject = Subject::judge(object, &self.job.definition, &self.job.digest);
            if subject.fingerprint == link.fingerprint {
                work.push((subject, link));
            } else {
                self.report.not_sent_yet += 1;
            }
        }
        self.report.compared += work.len() as u64;
        let (claims, fates) = (Claims::default(), Fates::default());
        let evaluator = Evaluator {
            job: &self.job.definition,
            target: &self.exporter,
            ledger: &self.ledger,
            now: self.context.clock.now(),
            fates: Some(&fates),
            claims: &claims,
        };
        let drift: &Self = self;
        let comparing = work.into_iter().map(|(subject, link)| one(drift, &evaluator, subject, link));
        let (compared, failed) = side_by_side(&self.exporter, comparing).await;
        failed.map_or(Ok(()), Err)?;
        let untold = compared.iter().filter(|one| one.untold).count() as u64;
        let mut found: Vec<Found> = compared.into_iter().flat_map(|one| one.found).collect();
        found.sort_by(|a, b| a.finding.display.cmp(&b.finding.display));
        self.report.untold += untold;
        Ok(found)
    }
}

/// What comparing one object came to.
#[derive(Default)]
struct One {
    found: Vec<Found>,
    /// The target does not tell its references.
    untold: bool,
}

/// Compares one object, and what it refers to.
async fn one(
    drift: &Drift<'_>,
    evaluator: &Evaluator<'_>,
    subject: Subject,
    link: Link,
) -> Result<One, Error> {
    let linked = match drift.exporter.get(subject.object.object_type, &link.target_id).await {
        Ok(linked) => linked,
        Err(error) => return Ok(One { found: vec![failed(&link, error.into())?], untold: false }),
    };
    let mut one = One::default();
    match evaluator.evaluate_linked(&subject, Some(&link), linked.clone()).await {
        Ok(Verdict::Step(step)) => one.found.extend(values(&subject, &link, *step)),
        Ok(Verdict::Waits { error, .. }) | Err(error) => one.found.push(failed(&link, error)?),
    }
    let Some(linked) = linked else { return Ok(one) };
    match drift.compare_references(&link, &linked).await {
        Ok(Compared::Same) => {}
        Ok(Compared::Untold) => one.untold = true,
        Ok(Compared::Differ(found)) => one.found.push(*found),
        // A group whose members can't be read, because they are too many, is no reason to stop.
        Err(ObjectError::Connector(error @ connector::Error::Protocol { .. })) => {
            one.found.push(unread(&link, &error));
        }
        Err(error) => one.found.push(failed(&link, error)?),
    }
    Ok(one)
}

/// The values in which an object differs, if it does.
fn values(subject: &Subject, link: &Link, step: Step) -> Option<Found> {
    let (kind, differences) = match step.operation.as_ref()? {
        Operation::Update { id, changes, .. } if *id == link.target_id => {
            // A value that flows always is sent where nothing differs.
            let differing: Vec<_> = changes.iter().filter(|c| c.before != c.after).collect();
            if differing.is_empty() {
                return None;
            }
            let redacted = |change: &Change| step.redacted.contains(&change.path.to_string());
            let kind = if step.decision == Decision::Disable { Kind::Reactivated } else { Kind::Changed };
            (kind, differing.into_iter().map(|c| Difference::of(c, redacted(c))).collect())
        }
        // Of a linked object that is not there, another one of its name may be.
        Operation::Create { .. } | Operation::Update { .. } | Operation::Delete { .. } => {
            (Kind::Gone, Vec::new())
        }
    };
    let reason = Reason::new("Drift", "the application had something else");
    let display = subject.object.display.clone();
    let finding = Finding { display, differences, ..Finding::of(link, kind) };
    Some(Found { finding, step: Some(Step { reason, ..step }), missing: Vec::new() })
}

/// An object that could not be compared.
fn failed(link: &Link, error: ObjectError) -> Result<Found, Error> {
    let found = unread(link, &error);
    fatal(error).map_or(Ok(found), Err)
}

fn unread(link: &Link, error: &dyn std::error::Error) -> Found {
    let finding = Finding { error: Some(error.to_string()), ..Finding::of(link, Kind::Failed) };
    Found { finding, step: None, missing: Vec::new() }
}
