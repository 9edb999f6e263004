//! The second pass of a plan that is applied.

use std::collections::HashMap;

use connector::{ObjectType, Operation};
use model::link::{Link, LinkState};
use model::reference::{Due, DueReference, Reference};

use crate::Error;
use crate::apply::{Applied, Applier, Refused};
use crate::evaluate::ObjectError;
use crate::reference_ledger::Referred;
use crate::second_pass::{changes_of, export};
use crate::side_by_side::side_by_side;
use crate::step::{ReferenceStep, Step};

impl Applier<'_> {
    /// Sends steps of references, whose objects are all there by now.
    pub(crate) async fn apply_references(
        &self,
        batch: Vec<Step>,
        applied: &mut Applied,
    ) -> Result<(), Error> {
        let (ended, fatal) =
            side_by_side(&self.exporter, batch.into_iter().map(|step| self.refer(step))).await;
        let mut referred = Vec::new();
        for one in ended {
            match one {
                Ok(one) => referred.push(one),
                Err(refused) => applied.refused.push(refused),
            }
        }
        applied.counts.references += referred.iter().map(|one| one.done.len() as u64).sum::<u64>();
        applied.counts.escrowed += referred.iter().filter(|one| one.failed.is_some()).count() as u64;
        self.ledger.record_references(referred, self.context.clock.now()).await?;
        fatal.map_or(Ok(()), Err)
    }

    async fn refer(&self, step: Step) -> Result<Result<Referred, Refused>, Error> {
        let began = self.context.clock.now();
        let refused = |why: String| Ok(Err(Refused { display: step.display.clone(), why }));
        if let Some(why) = self.source_moved(&step) {
            return refused(why);
        }
        let owner = self.ledger.link(step.object_type, &step.source_id).await?;
        let Some(owner) = owner.filter(|link| link.state == LinkState::Managed) else {
            return refused("the application does not have it".to_owned());
        };
        if step.operation.as_ref().and_then(Operation::id).is_some_and(|id| id != owner.target_id) {
            return refused("it is another resource in the application since the plan was made".to_owned());
        }
        let due = match self.due(&step).await? {
            Ok(due) => due,
            Err(why) => return refused(why),
        };
        let mut referred = Referred {
            owner_type: step.object_type,
            owner: step.source_id.clone(),
            display: step.display.clone(),
            owner_target: owner.target_id,
            done: Vec::new(),
            failed: None,
            duration: jiff::SignedDuration::ZERO,
        };
        let changes = changes_of(&self.job.definition, step.object_type, &due);
        match export(&self.exporter, step.object_type, &referred.owner_target, changes).await {
            Ok(()) => referred.done = due,
            Err(error) => referred.failed = Some(self.failed(ObjectError::Connector(error))?),
        }
        referred.duration = self.context.clock.now().duration_since(began);
        Ok(Ok(referred))
    }

    /// The step's references with the ids that they have now, or why they are not those that were planned.
    async fn due(&self, step: &Step) -> Result<Result<Vec<DueReference>, String>, Error> {
        let mut links: HashMap<(ObjectType, String), Link> = HashMap::new();
        for kind in [ObjectType::User, ObjectType::Group] {
            let of_kind = step.references.iter().filter(|r| r.to_type == kind && !r.removed);
            let anchors: Vec<String> = of_kind.map(|r| r.to.clone()).collect();
            let found = self.ledger.links(kind, anchors).await?;
            links.extend(found.into_iter().map(|(anchor, link)| ((kind, anchor), link)));
        }
        let mut due = Vec::new();
        for reference in &step.references {
            let name = || reference.display.clone().unwrap_or_else(|| reference.to.clone());
            let link = links.get(&(reference.to_type, reference.to.clone()));
            let done = match (&reference.target_id, link) {
                (Some(id), _) if reference.removed => Due::Remove(id.clone()),
                (Some(id), Some(link)) if *id != link.target_id => {
                    let why = "is another resource in the application since the plan was made";
                    return Ok(Err(format!("{}, to whom it refers, {why}", name())));
                }
                (_, Some(link)) => Due::Set(link.target_id.clone()),
                (_, None) => {
                    return Ok(Err(format!("the application does not have {}, to whom it refers", name())));
                }
            };
            due.push(due_reference(step, reference, done));
        }
        Ok(Ok(due))
    }
}

fn due_reference(step: &Step, reference: &ReferenceStep, due: Due) -> DueReference {
    DueReference {
        reference: Reference {
            owner_type: step.object_type.to_string(),
            owner: step.source_id.clone(),
            attribute: reference.attribute.clone(),
            to_type: reference.to_type.to_string(),
            to: reference.to.clone(),
        },
        owner_target: String::new(),
        due,
        display: step.display.clone(),
    }
}
