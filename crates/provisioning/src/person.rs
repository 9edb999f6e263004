//! One person of a directory, looked up by name: what provisioning on demand and an explanation begin with.

use std::collections::BTreeSet;

use connector::{Object, ObjectType};
use model::link::Link;

use crate::Error;
use crate::context::{Context, Ends, JobInstance};
use crate::evaluate::{Evaluator, ObjectError, Verdict};
use crate::export::Exporter;
use crate::ledger::Ledger;
use crate::lost_creates::settle;
use crate::search::{Claims, Fates};
use crate::step::Step;
use crate::steps::unevaluated;
use crate::subject::Subject;

/// A person and what the job knows of them.
pub struct Person {
    /// The person, judged.
    pub subject: Subject,
    /// The person's link, if there is one.
    pub link: Option<Link>,
    /// The job's records.
    pub ledger: Ledger,
}

impl Person {
    /// The one person that `who` names.
    ///
    /// # Errors
    /// [`Error::Nobody`], [`Error::SeveralPeople`], or the source's or store's.
    pub async fn find(context: &Context, job: &JobInstance, ends: &Ends, who: &str) -> Result<Self, Error> {
        let subject = Subject::judge(the_one(ends, who).await?, &job.definition, &job.digest);
        let ledger = Ledger::new(context.store.clone(), job.id, None, None, context.ids.clone());
        let link = ledger.link(subject.object.object_type, &subject.object.anchor).await?;
        Ok(Self { subject, link, ledger })
    }

    /// Finds out what became of a create of this person whose answer nobody heard.
    ///
    /// # Errors
    /// The target's or the store's.
    pub(crate) async fn settle(&mut self, context: &Context, exporter: &Exporter<'_>) -> Result<(), Error> {
        let object = (self.subject.object.object_type, self.subject.object.anchor.clone());
        let (object_type, anchor) = object.clone();
        settle(context, &self.ledger, exporter, Some(&BTreeSet::from([object]))).await?;
        self.link = self.ledger.link(object_type, &anchor).await?;
        Ok(())
    }

    /// What a cycle would do about this person alone, and what keeps it from doing anything.
    pub async fn evaluate(
        &self,
        context: &Context,
        job: &JobInstance,
        ends: &Ends,
    ) -> (Step, Option<ObjectError>) {
        let evaluator = Evaluator {
            job: &job.definition,
            target: &Exporter::new(context, job, ends),
            ledger: &self.ledger,
            now: context.clock.now(),
            fates: Some(&Fates::default()),
            claims: &Claims::default(),
        };
        match evaluator.evaluate(&self.subject, self.link.as_ref()).await {
            Ok(Verdict::Step(step)) => (*step, None),
            Ok(Verdict::Waits { error, .. }) | Err(error) => {
                (unevaluated(&self.subject, self.link.as_ref(), &error), Some(error))
            }
        }
    }
}

/// The one object that `who` names: a user, or where there is none, a group.
pub(crate) async fn the_one(ends: &Ends, who: &str) -> Result<Object, Error> {
    let mut found = ends.source.find(who).await.map_err(Error::Source)?;
    if found.iter().any(|object| object.object_type == ObjectType::User) {
        found.retain(|object| object.object_type == ObjectType::User);
    }
    match (found.pop(), found.len()) {
        (None, _) => Err(Error::Nobody { who: who.to_owned() }),
        (Some(only), 0) => Ok(only),
        (Some(last), _) => {
            let name = |o: &Object| format!("{} ({})", o.display, o.anchor);
            let names = found.iter().chain([&last]).map(name).collect();
            Err(Error::SeveralPeople { who: who.to_owned(), names })
        }
    }
}
