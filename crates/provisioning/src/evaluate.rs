//! From a judged object to a step: match, map, compare. Reads the target, writes nothing.

use connector::{ObjectType, Operation, Target, TargetObject};
use jiff::Timestamp;
use mapping::{AttributeMapping, Environment, MappedValue, Phase};
use model::job::{Actions, Empty, Job};
use model::link::{Link, LinkState};
use thiserror::Error;

use crate::decide::{Intent, Why};
use crate::diff;
use crate::ledger::Ledger;
use crate::redaction;
use crate::references;
use crate::search::{Claims, Fates, Matched, Search};
use crate::step::{Decision, LinkAfter, Reason, Step};
use crate::steps::{leaver_reason, not_active, out_of_scope_text, skip, without_operation};
use crate::subject::{Subject, rules};

/// What keeps one object from being evaluated; the others go on.
#[derive(Debug, Error)]
pub enum ObjectError {
    /// The source or the target refused or failed.
    #[error(transparent)]
    Connector(#[from] connector::Error),
    /// A mapping can't be evaluated on this object.
    #[error(transparent)]
    Mapping(#[from] mapping::MappingError),
    /// Two objects of the source want the same resource.
    #[error("{attribute} \"{value}\" belongs to a user of the target that is linked to {other}")]
    DuplicateSource {
        /// The matching attribute.
        attribute: String,
        /// Its value.
        value: String,
        /// The other object's name for people.
        other: String,
    },
    /// The target answers a search with somebody else.
    #[error("asked for {attribute} \"{value}\", the application answers a resource with another value")]
    WrongMatch {
        /// The matching attribute.
        attribute: String,
        /// Its value.
        value: String,
    },
    /// It must not be created under another name yet.
    #[error("the answer to its creation under another name was lost, and the application may still do that")]
    CreationUnheard,
    /// The engine's own store failed; this concerns every object.
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl ObjectError {
    /// The code for the provisioning log and escrow.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Connector(error) => error.code(),
            Self::Mapping(_) => "MappingFailed",
            Self::DuplicateSource { .. } => "DuplicateSourceEntries",
            Self::WrongMatch { .. } => "SystemForCrossDomainIdentityManagementServiceIncompatibleFiltering",
            Self::CreationUnheard => "CreationUnheard",
            Self::Store(_) => "InternalError",
        }
    }

    /// What to look at next.
    #[must_use]
    pub fn hint(&self) -> &str {
        match self {
            Self::Connector(error) => error.hint(),
            Self::Mapping(_) => "correct the mapping in the job file, or the attribute in the source",
            Self::DuplicateSource { .. } => {
                "two people of the source have the same matching value; rename one, or wait until the other has left"
            }
            Self::WrongMatch { .. } => {
                "the application must filter on the matching attribute, or this user would match somebody else"
            }
            Self::CreationUnheard => {
                "nothing: it is created ten minutes after its first create, unless that is found"
            }
            Self::Store(error) => error.hint().unwrap_or_default(),
        }
    }

    /// Whether the target has refused this one object.
    pub(crate) fn is_refusal(&self) -> bool {
        matches!(self, Self::Connector(connector::Error::Rejected { .. }))
    }

    /// Whether the target may have done all the same what failed with this.
    pub(crate) fn may_be_done(&self) -> bool {
        match self {
            Self::Connector(error) => {
                matches!(error, connector::Error::Transient { .. } | connector::Error::Protocol { .. })
            }
            Self::CreationUnheard => true,
            Self::Mapping(_) | Self::DuplicateSource { .. } | Self::WrongMatch { .. } | Self::Store(_) => {
                false
            }
        }
    }
}

/// The outcome of an evaluation.
#[derive(Debug)]
pub enum Verdict {
    /// A step, ready to be exported.
    Step(Box<Step>),
    /// Somebody else has, or is about to have, what it matches: look again when all leavers of this cycle are known.
    Waits {
        /// What it ends with if nothing changes until then.
        error: ObjectError,
        /// The resource it wants, where there is one already.
        wants: Option<String>,
    },
}

/// What evaluating needs besides the object.
pub struct Evaluator<'a> {
    /// The job.
    pub job: &'a Job,
    /// Where matches are looked for.
    pub target: &'a dyn Target,
    /// Where links are looked up.
    pub ledger: &'a Ledger,
    /// The instant that expressions see.
    pub now: Timestamp,
    /// What was decided about everybody else. `None`: that is not known yet, and whoever wants another's resource waits.
    pub fates: Option<&'a Fates>,
    /// What others have laid claim to.
    pub claims: &'a Claims,
}

impl Evaluator<'_> {
    /// Evaluates one object.
    ///
    /// # Errors
    /// [`ObjectError`], which sends this object to escrow.
    pub async fn evaluate(&self, subject: &Subject, link: Option<&Link>) -> Result<Verdict, ObjectError> {
        let linked = match (subject.intent(link.map(|l| l.state)), link) {
            (Intent::Provision | Intent::Disable(_), Some(link)) => {
                self.target.get(subject.object.object_type, &link.target_id).await?
            }
            _ => None,
        };
        self.evaluate_linked(subject, link, linked).await
    }

    /// Evaluates one object whose linked resource was looked up.
    ///
    /// # Errors
    /// As [`Evaluator::evaluate`].
    pub(crate) async fn evaluate_linked(
        &self,
        subject: &Subject,
        link: Option<&Link>,
        linked: Option<TargetObject>,
    ) -> Result<Verdict, ObjectError> {
        match subject.intent(link.map(|l| l.state)) {
            Intent::Provision => self.provision(subject, link, linked).await,
            Intent::Disable(state) => match link {
                Some(link) => self.disable(subject, link, linked, state).map(step),
                None => Ok(step(skip(subject, None, not_active()))),
            },
            Intent::Delete => match link {
                Some(link) => Ok(step(self.delete(subject, link))),
                None => Ok(step(skip(subject, None, not_active()))),
            },
            Intent::Release => Ok(step(self.release(subject, link))),
            // A present object is never gone; `leavers` decides about those who are.
            Intent::Forget => Ok(step(skip(subject, link, not_active()))),
            Intent::Leave(why) => Ok(step(self.leave(subject, link, why))),
        }
    }

    fn leave(&self, subject: &Subject, link: Option<&Link>, why: Why) -> Step {
        let reason = match why {
            Why::OutOfScope => Reason::new("NotInScope", out_of_scope_text(subject, self.job)),
            Why::NotActive => not_active(),
            Why::Released => Reason::new(
                "NotInScope",
                "left the scope earlier; what the application has of it is left alone",
            ),
        };
        skip(subject, link, reason)
    }

    async fn provision(
        &self,
        subject: &Subject,
        link: Option<&Link>,
        linked: Option<TargetObject>,
    ) -> Result<Verdict, ObjectError> {
        let mapped = self.mapped(subject, Phase::Update)?;
        if let Some(found) = linked {
            let matched = Matched { found, reason: "linked".to_owned(), takes_over: None };
            return Ok(step(self.update(subject, link, &mapped, matched)));
        }
        match self.find(subject, &mapped).await? {
            Search::Nothing => self.create(subject, link).map(step),
            Search::NoValue => {
                Ok(step(skip(subject, link, self.no_matching_value(subject.object.object_type))))
            }
            Search::Waits { error, wants } => Ok(Verdict::Waits { error, wants }),
            Search::Found(matched) => Ok(step(self.update(subject, link, &mapped, matched))),
        }
    }

    /// The mapped values, without references: those come in the second pass.
    fn mapped(&self, subject: &Subject, phase: Phase) -> Result<Vec<MappedValue<'_>>, ObjectError> {
        let environment = Environment { now: self.now, seed: self.ledger.seed() };
        let Some(rules) = rules(self.job, subject.object.object_type) else { return Ok(Vec::new()) };
        let mut mapped = rules.mappings.evaluate(subject.attributes(), &environment, phase)?;
        mapped.retain(|m| !references::is_reference(m.target.path()));
        Ok(mapped)
    }

    /// The matching attributes of a type, by precedence.
    pub(crate) fn matching(&self, object_type: ObjectType) -> Vec<&AttributeMapping> {
        rules(self.job, object_type).map(|rules| rules.mappings.matching()).unwrap_or_default()
    }

    fn empty(&self, object_type: ObjectType) -> Empty {
        rules(self.job, object_type).map_or(Empty::Keep, |rules| rules.empty)
    }

    fn actions(&self, object_type: ObjectType) -> Actions {
        rules(self.job, object_type).map(|rules| rules.actions).unwrap_or_default()
    }

    fn no_matching_value(&self, object_type: ObjectType) -> Reason {
        let names: Vec<String> = self.matching(object_type).iter().map(|m| m.target.to_string()).collect();
        Reason::new(
            "ImportSkipped",
            format!("the source gives no value for the matching attribute {}", names.join(", ")),
        )
    }

    fn create(&self, subject: &Subject, link: Option<&Link>) -> Result<Step, ObjectError> {
        let object_type = subject.object.object_type;
        if !self.actions(object_type).create {
            let text = "the application has nobody of it, and the job's action create is off";
            return Ok(skip(subject, link, Reason::new("CreateIsOff", text)));
        }
        let mapped = self.mapped(subject, Phase::Create)?;
        let operation = Operation::Create { object_type, values: diff::initial_values(&mapped) };
        let reason = match link {
            None => Reason::new("New", "in scope, and not in the application so far"),
            Some(_) => Reason::new("InvalidAnchor", "it was deleted in the application; it is made anew"),
        };
        let after = LinkAfter::set(None, LinkState::Managed);
        let step = without_operation(subject, link, Decision::Create, reason);
        Ok(Step { operation: Some(operation), after, redacted: redaction::targets(&mapped), ..step })
    }

    fn update(
        &self,
        subject: &Subject,
        link: Option<&Link>,
        mapped: &[MappedValue<'_>],
        matched: Matched,
    ) -> Step {
        let id = matched.found.id;
        let object_type = subject.object.object_type;
        let changes = diff::changes(mapped, &matched.found.document, self.empty(object_type));
        let after = LinkAfter::set(Some(&id), LinkState::Managed);
        let (decision, reason, operation) = if changes.is_empty() {
            let text = format!("{}; the application already has it as the mapping wants it", matched.reason);
            (Decision::Skip, Reason::new("RedundantExport", text), None)
        } else if !self.actions(object_type).update {
            let text = format!("{}; something differs, and the job's action update is off", matched.reason);
            (Decision::Skip, Reason::new("UpdateIsOff", text), None)
        } else {
            let operation = Operation::Update { object_type, id, changes };
            (Decision::Update, Reason::new("Changed", matched.reason), Some(operation))
        };
        let step = without_operation(subject, link, decision, reason);
        Step {
            operation,
            after,
            redacted: redaction::targets(mapped),
            takes_over: matched.takes_over,
            ..step
        }
    }

    fn disable(
        &self,
        subject: &Subject,
        link: &Link,
        linked: Option<TargetObject>,
        state: LinkState,
    ) -> Result<Step, ObjectError> {
        let object_type = subject.object.object_type;
        let after = LinkAfter::set(Some(&link.target_id), state);
        let Some(found) = linked else {
            let reason =
                Reason::new("InvalidAnchor", "it left, and the application has nothing of it any more");
            let step = without_operation(subject, Some(link), Decision::Skip, reason);
            // The link stays, and no fingerprint with it: should the user be there after all, the next look finds it.
            return Ok(Step { after, fingerprint: String::new(), ..step });
        };
        if !self.actions(object_type).disable {
            let text = "it left, and the job's action disable is off";
            let step =
                without_operation(subject, Some(link), Decision::Skip, Reason::new("DisableIsOff", text));
            return Ok(Step { after, ..step });
        }
        let mapped = self.mapped(subject, Phase::Update)?;
        let all = diff::without_activation(diff::changes(&mapped, &found.document, self.empty(object_type)));
        // Who leaves the scope is not the engine's business any more, but for the one word that it left.
        let changes = if state == LinkState::Released { diff::deactivation_only(all) } else { all };
        let decision = match changes.iter().any(|c| diff::is_active(&c.path)) {
            _ if changes.is_empty() => Decision::Skip,
            true => Decision::Disable,
            false => Decision::Update,
        };
        let operation = (!changes.is_empty()).then(|| Operation::Update {
            object_type,
            id: link.target_id.clone(),
            changes,
        });
        let step = without_operation(subject, Some(link), decision, leaver_reason(subject, self.job));
        Ok(Step { operation, after, redacted: redaction::targets(&mapped), ..step })
    }

    /// What can't be inactive is deleted when it leaves.
    fn delete(&self, subject: &Subject, link: &Link) -> Step {
        let object_type = subject.object.object_type;
        if !self.actions(object_type).delete {
            let reason = Reason::new("DeleteIsOff", "it left, and the job's action delete is off");
            let step = without_operation(subject, Some(link), Decision::Skip, reason);
            return Step { after: LinkAfter::set(Some(&link.target_id), LinkState::Released), ..step };
        }
        let operation = Operation::Delete { object_type, id: link.target_id.clone() };
        let reason = leaver_reason(subject, self.job);
        let step = without_operation(subject, Some(link), Decision::Delete, reason);
        Step { operation: Some(operation), after: LinkAfter::None, ..step }
    }

    /// Who leaves the scope of a job that leaves such objects alone.
    fn release(&self, subject: &Subject, link: Option<&Link>) -> Step {
        let text = format!("{}; the job leaves such objects alone", out_of_scope_text(subject, self.job));
        let step = skip(subject, link, Reason::new("NotInScope", text));
        let after = link.map(|link| LinkAfter::set(Some(&link.target_id), LinkState::Released));
        Step { after: after.unwrap_or(LinkAfter::Unchanged), ..step }
    }
}

fn step(step: Step) -> Verdict {
    Verdict::Step(Box::new(step))
}
