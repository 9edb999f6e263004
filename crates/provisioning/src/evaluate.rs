//! From a judged object to a step: match, map, compare. Reads the target, writes nothing.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use connector::{ObjectType, Operation, Target, TargetObject};
use jiff::Timestamp;
use mapping::{Environment, MappedValue, Phase};
use model::job::Job;
use model::link::{Link, LinkState};
use scim::path::Path;
use thiserror::Error;

use crate::decide::{Intent, Why};
use crate::diff;
use crate::error::in_words;
use crate::ledger::Ledger;
use crate::step::{Decision, LinkAfter, LinkBefore, Reason, Step};
use crate::subject::Subject;

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
            Self::Store(error) => error.hint().unwrap_or_default(),
        }
    }
}

/// The outcome of an evaluation.
#[derive(Debug)]
pub enum Verdict {
    /// A step, ready to be exported.
    Step(Box<Step>),
    /// The resource it matches is linked to another object that has not left so far: look again when all leavers of
    /// this cycle are known.
    Waits(ObjectError),
}

/// Resources whose people leave in this very cycle or plan, by their ids in the target.
#[derive(Debug, Default)]
pub struct Leaving {
    /// They will be gone: a match with one of them is none.
    deleted: HashSet<String>,
    /// They will be inactive: they can be taken over.
    disabled: HashSet<String>,
}

impl Leaving {
    /// The resources of those steps.
    #[must_use]
    pub fn of(steps: &[Step]) -> Self {
        let ids = |decision| {
            let of_decision = steps.iter().filter(move |s| s.decision == decision);
            of_decision.filter_map(|s| s.target_id().map(str::to_owned)).collect()
        };
        Self { deleted: ids(Decision::Delete), disabled: ids(Decision::Disable) }
    }
}

/// The resources that objects have been matched with so far, by their ids in the target: two objects that are
/// evaluated at the same time must not both get one that nobody is linked to yet.
#[derive(Debug, Default)]
pub struct Claims(Mutex<HashSet<String>>);

impl Claims {
    /// Whether nobody else had it before.
    fn take(&self, target_id: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(target_id.to_owned())
    }
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
    /// Who leaves before this object's turn.
    pub leaving: &'a Leaving,
    /// What others have been matched with.
    pub claims: &'a Claims,
}

/// A resource of the target that the object is, and how it was found.
struct Matched {
    found: TargetObject,
    reason: String,
    takes_over: Option<String>,
}

impl Evaluator<'_> {
    /// Evaluates one object.
    ///
    /// # Errors
    /// [`ObjectError`], which sends this object to escrow.
    pub async fn evaluate(&self, subject: &Subject, link: Option<&Link>) -> Result<Verdict, ObjectError> {
        match subject.intent(link.map(|l| l.state)) {
            Intent::Provision => self.provision(subject, link).await,
            Intent::Disable(state) => match link {
                Some(link) => self.disable(subject, link, state).await.map(step),
                None => Ok(step(skip(subject, None, not_active()))),
            },
            // A present object is never gone; `walk` decides about those who are.
            Intent::Delete | Intent::Forget => Ok(step(skip(subject, link, not_active()))),
            Intent::Leave(why) => Ok(step(self.leave(subject, link, why))),
        }
    }

    fn leave(&self, subject: &Subject, link: Option<&Link>, why: Why) -> Step {
        let reason = match why {
            Why::OutOfScope => Reason::new("NotInScope", out_of_scope_text(subject, self.job)),
            Why::NotActive => not_active(),
            Why::Released => {
                Reason::new("NotInScope", "left the scope earlier; the application's user is left alone")
            }
        };
        skip(subject, link, reason)
    }

    async fn provision(&self, subject: &Subject, link: Option<&Link>) -> Result<Verdict, ObjectError> {
        let mapped = self.mapped(subject, Phase::Update)?;
        if let Some(link) = link
            && let Some(found) = self.target.get(subject.object.object_type, &link.target_id).await?
        {
            let matched = Matched { found, reason: "linked".to_owned(), takes_over: None };
            return Ok(step(self.update(subject, Some(link), &mapped, matched)));
        }
        match self.find(subject, &mapped).await? {
            Search::Nothing => self.create(subject, link).map(step),
            Search::NoValue => Ok(step(skip(subject, link, self.no_matching_value()))),
            Search::Waits(error) => Ok(Verdict::Waits(error)),
            Search::Found(matched) => Ok(step(self.update(subject, link, &mapped, matched))),
        }
    }

    fn mapped(&self, subject: &Subject, phase: Phase) -> Result<Vec<MappedValue<'_>>, ObjectError> {
        let environment = Environment { now: self.now };
        Ok(self.job.users.evaluate(subject.attributes(), &environment, phase)?)
    }

    fn no_matching_value(&self) -> Reason {
        let names: Vec<String> = self.job.users.matching().iter().map(|m| m.target.to_string()).collect();
        Reason::new(
            "ImportSkipped",
            format!("the source gives no value for the matching attribute {}", names.join(", ")),
        )
    }

    fn create(&self, subject: &Subject, link: Option<&Link>) -> Result<Step, ObjectError> {
        let mapped = self.mapped(subject, Phase::Create)?;
        let operation = Operation::Create {
            object_type: subject.object.object_type,
            values: diff::initial_values(&mapped),
        };
        let reason = match link {
            None => Reason::new("New", "in scope, and not in the application so far"),
            Some(_) => {
                Reason::new("InvalidAnchor", "its user was deleted in the application; it is made anew")
            }
        };
        let after = LinkAfter::set(None, LinkState::Managed);
        let step = without_operation(subject, link, Decision::Create, reason);
        Ok(Step { operation: Some(operation), after, ..step })
    }

    fn update(
        &self,
        subject: &Subject,
        link: Option<&Link>,
        mapped: &[MappedValue<'_>],
        matched: Matched,
    ) -> Step {
        let id = matched.found.id;
        let changes = diff::changes(mapped, &matched.found.document, self.job.empty);
        let after = LinkAfter::set(Some(&id), LinkState::Managed);
        let object_type = subject.object.object_type;
        let (decision, reason, operation) = if changes.is_empty() {
            let text =
                format!("{}; the application's user already is as the mapping wants it", matched.reason);
            (Decision::Skip, Reason::new("RedundantExport", text), None)
        } else {
            let operation = Operation::Update { object_type, id, changes };
            (Decision::Update, Reason::new("Changed", matched.reason), Some(operation))
        };
        let step = without_operation(subject, link, decision, reason);
        Step { operation, after, takes_over: matched.takes_over, ..step }
    }

    async fn disable(&self, subject: &Subject, link: &Link, state: LinkState) -> Result<Step, ObjectError> {
        let object_type = subject.object.object_type;
        let Some(found) = self.target.get(object_type, &link.target_id).await? else {
            let reason =
                Reason::new("InvalidAnchor", "it left, and the application has no user of it any more");
            let step = without_operation(subject, Some(link), Decision::Skip, reason);
            return Ok(Step { after: LinkAfter::None, ..step });
        };
        let mapped = self.mapped(subject, Phase::Update)?;
        let all = diff::changes(&mapped, &found.document, self.job.empty);
        // Who leaves the scope is not the engine's business any more, but for the one word that it left.
        let changes = if state == LinkState::Released { diff::deactivation_only(all) } else { all };
        let after = LinkAfter::set(Some(&link.target_id), state);
        let why = leaver_reason(subject, self.job);
        if changes.is_empty() {
            return Ok(Step { after, ..without_operation(subject, Some(link), Decision::Skip, why) });
        }
        let decision = if changes.iter().any(|c| diff::is_active(&c.path)) {
            Decision::Disable
        } else {
            Decision::Update
        };
        let operation = Operation::Update { object_type, id: link.target_id.clone(), changes };
        Ok(Step {
            operation: Some(operation),
            after,
            ..without_operation(subject, Some(link), decision, why)
        })
    }

    async fn find(&self, subject: &Subject, mapped: &[MappedValue<'_>]) -> Result<Search, ObjectError> {
        let mut asked = false;
        for matching in self.job.users.matching() {
            let path = matching.target.path();
            let value = mapped.iter().find(|m| m.target.path() == path).and_then(|m| m.value.as_ref());
            let Some(value) = value.and_then(|v| v.as_str()).filter(|v| !v.is_empty()) else { continue };
            asked = true;
            let mut found = self.target.find(subject.object.object_type, path, value).await?;
            found.retain(|f| !self.leaving.deleted.contains(&f.id));
            match (found.pop(), found.len()) {
                (None, _) => {}
                (Some(only), 0) => return self.claim(subject, path, value, only).await,
                (Some(_), others) => {
                    let count = others as u64 + 1;
                    let (attribute, value) = (path.to_string(), value.to_owned());
                    return Err(connector::Error::Ambiguous { count, attribute, value }.into());
                }
            }
        }
        Ok(if asked { Search::Nothing } else { Search::NoValue })
    }

    /// A match is this object's unless it is linked to another one. A leaver's resource is taken over: it is the same
    /// person under a new account. Two objects that both are there are never merged.
    async fn claim(
        &self,
        subject: &Subject,
        path: &Path,
        value: &str,
        found: TargetObject,
    ) -> Result<Search, ObjectError> {
        let owner = self.ledger.link_by_target(subject.object.object_type, &found.id).await?;
        let owner = owner.filter(|owner| owner.source_id != subject.object.anchor);
        let has_left =
            |o: &Link| o.state != LinkState::Managed || self.leaving.disabled.contains(&o.target_id);
        let reason = format!("matched by {path} \"{value}\"");
        match owner {
            Some(owner) if !has_left(&owner) => Ok(Search::Waits(duplicate(path, value, owner.display))),
            _ if !self.claims.take(&found.id) => {
                Ok(Search::Waits(duplicate(path, value, "somebody else of this cycle".to_owned())))
            }
            None => Ok(Search::Found(Matched { found, reason, takes_over: None })),
            Some(owner) => {
                let reason = format!("{reason}; taken over from {}, who left", owner.display);
                Ok(Search::Found(Matched { found, reason, takes_over: Some(owner.source_id) }))
            }
        }
    }
}

fn duplicate(path: &Path, value: &str, other: String) -> ObjectError {
    ObjectError::DuplicateSource { attribute: path.to_string(), value: value.to_owned(), other }
}

enum Search {
    Nothing,
    NoValue,
    Found(Matched),
    Waits(ObjectError),
}

fn step(step: Step) -> Verdict {
    Verdict::Step(Box::new(step))
}

fn not_active() -> Reason {
    Reason::new("NotActive", "disabled or deleted before it was ever provisioned")
}

fn out_of_scope_text(subject: &Subject, job: &Job) -> String {
    let unassigned = subject.object.assignment == connector::Assignment::Unassigned;
    if job.assigned_only && unassigned {
        "not assigned to the application".to_owned()
    } else {
        "no scoping filter passes".to_owned()
    }
}

fn leaver_reason(subject: &Subject, job: &Job) -> Reason {
    use crate::decide::Presence;
    match subject.presence {
        Presence::SoftDeleted => Reason::new("SoftDeleted", "deleted in the directory, and may come back"),
        _ if !subject.in_scope => Reason::new("NotInScope", out_of_scope_text(subject, job)),
        Presence::Active | Presence::Disabled | Presence::Gone => {
            Reason::new("Disabled", "disabled in the directory")
        }
    }
}

/// A step about an object of the source, without operation.
fn without_operation(subject: &Subject, link: Option<&Link>, decision: Decision, reason: Reason) -> Step {
    Step {
        object_type: subject.object.object_type,
        source_id: subject.object.anchor.clone(),
        display: subject.object.display.clone(),
        fingerprint: subject.fingerprint.clone(),
        decision,
        reason,
        operation: None,
        before: LinkBefore::of(link),
        after: LinkAfter::Unchanged,
        takes_over: None,
    }
}

/// Nothing to write; the link, if any, learns the fingerprint so that the next cycle need not look.
fn skip(subject: &Subject, link: Option<&Link>, reason: Reason) -> Step {
    let after = link.map_or(LinkAfter::Unchanged, |l| LinkAfter::set(Some(&l.target_id), l.state));
    Step { after, ..without_operation(subject, link, Decision::Skip, reason) }
}

/// The step of an object that can't be evaluated.
#[must_use]
pub fn unevaluated(subject: &Subject, link: Option<&Link>, error: &ObjectError) -> Step {
    without_operation(subject, link, Decision::Fail, Reason::new(error.code(), in_words(error)))
}

/// The step for an object that the source deleted for good while it was managed.
#[must_use]
pub fn delete(link: &Link) -> Step {
    let operation = Operation::Delete { object_type: ObjectType::User, id: link.target_id.clone() };
    let reason = Reason::new("HardDeleted", "deleted for good in the directory");
    Step { operation: Some(operation), ..gone(link, Decision::Delete, reason) }
}

/// The step for an object that was released, and now is gone from the source: only the link goes.
#[must_use]
pub fn forget(link: &Link) -> Step {
    let text = "left the scope earlier and is gone now; the application's user is left alone";
    gone(link, Decision::Skip, Reason::new("NotInScope", text))
}

fn gone(link: &Link, decision: Decision, reason: Reason) -> Step {
    Step {
        object_type: ObjectType::User,
        source_id: link.source_id.clone(),
        display: link.display.clone(),
        fingerprint: String::new(),
        decision,
        reason,
        operation: None,
        before: LinkBefore::of(Some(link)),
        after: LinkAfter::None,
        takes_over: None,
    }
}
