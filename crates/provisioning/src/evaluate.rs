//! From a judged object to a step: match, map, compare. Reads the target, writes nothing.

use std::collections::{HashMap, HashSet};
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
    /// Somebody else has, or is about to have, what it matches: look again when all leavers of this cycle are known.
    Waits {
        /// What it ends with if nothing changes until then.
        error: ObjectError,
        /// The resource it wants, where there is one already.
        wants: Option<String>,
    },
}

/// What this cycle or plan has decided about resources so far, by their ids in the target; known once every object was
/// looked at.
#[derive(Debug, Default)]
pub struct Fates {
    /// They will be gone: a match with one of them is none.
    pub deleted: HashSet<String>,
    /// Their people have left: they can be taken over.
    pub free: HashSet<String>,
    /// Their people have come back: they can't.
    pub kept: HashSet<String>,
}

/// What objects have laid claim to in this cycle, and who: two that are evaluated at the same time must not both get
/// one resource, or both make one.
#[derive(Debug, Default)]
pub struct Claims(Mutex<HashMap<String, String>>);

impl Claims {
    /// Whether it is this object's, because nobody else was before.
    fn take(&self, what: String, anchor: &str) -> bool {
        let mut claims = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        claims.entry(what).or_insert_with(|| anchor.to_owned()) == anchor
    }

    /// Claims the right to bear a value of a matching attribute.
    fn value(&self, path: &Path, value: &str, anchor: &str) -> bool {
        self.take(format!("{path} {}", scim::fold(value)), anchor)
    }

    /// Claims a resource.
    fn resource(&self, target_id: &str, anchor: &str) -> bool {
        // No path begins with a space.
        self.take(format!(" {target_id}"), anchor)
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
    /// What was decided about everybody else. `None`: that is not known yet, and whoever wants another's resource waits.
    pub fates: Option<&'a Fates>,
    /// What others have laid claim to.
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
            Search::Waits { error, wants } => Ok(Verdict::Waits { error, wants }),
            Search::Found(matched) => Ok(step(self.update(subject, link, &mapped, matched))),
        }
    }

    fn mapped(&self, subject: &Subject, phase: Phase) -> Result<Vec<MappedValue<'_>>, ObjectError> {
        let environment = Environment { now: self.now };
        Ok(self.job.users.mappings.evaluate(subject.attributes(), &environment, phase)?)
    }

    fn no_matching_value(&self) -> Reason {
        let names: Vec<String> =
            self.job.users.mappings.matching().iter().map(|m| m.target.to_string()).collect();
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
        let changes = diff::changes(mapped, &matched.found.document, self.job.users.empty);
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
        let after = LinkAfter::set(Some(&link.target_id), state);
        let Some(found) = self.target.get(object_type, &link.target_id).await? else {
            let reason =
                Reason::new("InvalidAnchor", "it left, and the application has no user of it any more");
            let step = without_operation(subject, Some(link), Decision::Skip, reason);
            // The link stays, and no fingerprint with it: should the user be there after all, the next look finds it.
            return Ok(Step { after, fingerprint: String::new(), ..step });
        };
        let mapped = self.mapped(subject, Phase::Update)?;
        let all = diff::without_activation(diff::changes(&mapped, &found.document, self.job.users.empty));
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
        Ok(Step { operation, after, ..step })
    }

    async fn find(&self, subject: &Subject, mapped: &[MappedValue<'_>]) -> Result<Search, ObjectError> {
        let mut asked = false;
        for matching in self.job.users.mappings.matching() {
            let path = matching.target.path();
            let value = mapped.iter().find(|m| m.target.path() == path).and_then(|m| m.value.as_ref());
            let Some(value) = value.and_then(|v| v.as_str()).filter(|v| !v.is_empty()) else { continue };
            asked = true;
            // Before the target is asked: whoever asks second must not find what the first one is just making.
            if !self.claims.value(path, value, &subject.object.anchor) {
                return Ok(Search::waits(path, value, SOMEBODY_ELSE.to_owned(), None));
            }
            let mut found = self.target.find(subject.object.object_type, path, value).await?;
            found.retain(|f| self.fates.is_none_or(|fates| !fates.deleted.contains(&f.id)));
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
        check_match(path, value, &found)?;
        let owner = self.ledger.link_by_target(subject.object.object_type, &found.id).await?;
        let owner = owner.filter(|owner| owner.source_id != subject.object.anchor);
        let reason = format!("matched by {path} \"{value}\"");
        match owner {
            Some(owner) if !self.has_left(&owner) => {
                Ok(Search::waits(path, value, owner.display, Some(found.id)))
            }
            _ if !self.claims.resource(&found.id, &subject.object.anchor) => {
                Ok(Search::waits(path, value, SOMEBODY_ELSE.to_owned(), None))
            }
            None => Ok(Search::Found(Matched { found, reason, takes_over: None })),
            Some(owner) => {
                let reason = format!("{reason}; taken over from {}, who left", owner.display);
                Ok(Search::Found(Matched { found, reason, takes_over: Some(owner.source_id) }))
            }
        }
    }

    /// Whether a resource's owner has left for certain: that is known when every object was looked at.
    fn has_left(&self, owner: &Link) -> bool {
        self.fates.is_some_and(|fates| {
            let left = owner.state != LinkState::Managed || fates.free.contains(&owner.target_id);
            left && !fates.kept.contains(&owner.target_id)
        })
    }
}

const SOMEBODY_ELSE: &str = "somebody else of this cycle";

/// A target that ignores the filter answers somebody: that must not become a match.
fn check_match(path: &Path, value: &str, found: &TargetObject) -> Result<(), connector::Error> {
    let held = path.read(&found.document);
    if held.is_empty() || held.iter().any(|v| v.as_str().is_some_and(|v| scim::fold_eq(v, value))) {
        return Ok(());
    }
    Err(connector::Error::target(
        format!("{path} eq \"{value}\""),
        "answered a user with another value, so the filter is ignored",
        "the application must filter on the matching attribute, or every user would match somebody else",
    ))
}

fn duplicate(path: &Path, value: &str, other: String) -> ObjectError {
    ObjectError::DuplicateSource { attribute: path.to_string(), value: value.to_owned(), other }
}

enum Search {
    Nothing,
    NoValue,
    Found(Matched),
    Waits { error: ObjectError, wants: Option<String> },
}

impl Search {
    fn waits(path: &Path, value: &str, other: String, wants: Option<String>) -> Self {
        Self::Waits { error: duplicate(path, value, other), wants }
    }
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
