//! Drift: what somebody changed in the target behind the engine's back. It is reported, repaired, or accepted.

mod compare;
mod finding;
mod references;
mod repair;

use std::collections::HashSet;
use std::time::Duration;

use connector::{ObjectType, Target};
use store::drift::AcceptedDrift;

use crate::Error;
use crate::context::{Context, Ends, JobInstance};
use crate::export::Exporter;
use crate::lease::alone;
use crate::ledger::{Initiator, Ledger};
use crate::limits::LINK_PAGE;

pub use finding::{Difference, Finding, Kind, Report};
use finding::{Found, rows};

/// What is done about the differences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// Nothing.
    Report,
    /// What the mapping wants is sent.
    Repair,
    /// They are not told again until either side changes.
    Accept,
}

/// Compares the target with what the mapping wants, for every object that is linked. Members and managers that the
/// target lacks are sent by a repair. Those that it has besides stay: a cycle does not take away either what it has not
/// given.
///
/// # Errors
/// [`Error::Busy`] when a cycle runs; else what concerns every object.
pub async fn run(context: &Context, job: &JobInstance, ends: &Ends, then: Then) -> Result<Report, Error> {
    let nobody = context.ids.next().to_string();
    alone(context, job, Duration::ZERO, |lease| async move {
        let work = async {
            let exporter = Exporter::new(context, job, ends);
            exporter.test(&nobody).await.map_err(Error::Target)?;
            let ledger =
                Ledger::new(context.store.clone(), job.id, None, Some(lease.clone()), context.ids.clone())
                    .by(Initiator::Repair);
            let mut drift = Drift { context, job, ends, exporter, ledger, then, report: Report::default() };
            drift.walk().await?;
            Ok(drift.report)
        };
        lease.hold(&context.store, &context.clock, None, work).await
    })
    .await
}

struct Drift<'a> {
    context: &'a Context,
    job: &'a JobInstance,
    ends: &'a Ends,
    exporter: Exporter<'a>,
    ledger: Ledger,
    then: Then,
    report: Report,
}

impl Drift<'_> {
    async fn walk(&mut self) -> Result<(), Error> {
        let (mut leavers, mut referring) = (Vec::new(), Vec::new());
        let groups = self.job.definition.groups.is_some().then_some(ObjectType::Group);
        for object_type in [ObjectType::User].into_iter().chain(groups) {
            let mut after = String::new();
            loop {
                let page = self.ledger.links_after(object_type, after.clone(), LINK_PAGE).await?;
                let Some(last) = page.last() else { break };
                after.clone_from(&last.source_id);
                let found = self.compare(object_type, page).await?;
                let found = self.without_accepted(object_type, found).await?;
                match self.then {
                    Then::Report => self.report.findings.extend(found.into_iter().map(|f| f.finding)),
                    Then::Accept => self.accept(found).await?,
                    Then::Repair => {
                        let mut found = found;
                        leavers.extend(found.extract_if(.., |one| one.is_leaver()));
                        referring.extend(found.extract_if(.., |one| one.finding.kind == Kind::References));
                        self.repair(found).await?;
                    }
                }
            }
        }
        self.repair_leavers(leavers).await?;
        self.repair_references(referring).await
    }

    /// Leaves out what was accepted and is still so.
    async fn without_accepted(
        &mut self,
        object_type: ObjectType,
        found: Vec<Found>,
    ) -> Result<Vec<Found>, Error> {
        let (job, kind) = (self.job.id, object_type.to_string());
        let ids: Vec<String> = found.iter().map(|f| f.finding.source_id.clone()).collect();
        let accepted = self
            .context
            .store
            .read(move |tx| {
                let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
                store::drift::of_sources(tx, job, &kind, &ids)
            })
            .await?;
        let accepted: HashSet<(String, String, String)> =
            accepted.into_iter().map(|one| (one.source_id, one.attribute, one.digest)).collect();
        let mut left = Vec::new();
        for one in found {
            let (rest, count) = one.without(&accepted);
            self.report.accepted += count;
            left.extend(rest);
        }
        Ok(left)
    }

    async fn accept(&mut self, found: Vec<Found>) -> Result<(), Error> {
        let job = self.job.id;
        let accepted: Vec<AcceptedDrift> = found.iter().flat_map(|f| rows(&f.finding)).collect();
        self.report.accepted += accepted.len() as u64;
        self.context.store.write(move |tx| store::drift::accept(tx, job, &accepted)).await?;
        let failed = found.into_iter().map(|f| f.finding).filter(|f| f.kind == Kind::Failed);
        self.report.findings.extend(failed);
        Ok(())
    }
}
