//! What the source says of an object's references: its manager, its members. Pure.
//!
//! References are no values like others: they can be sent only when both ends are in the target, which may be much
//! later. So they are kept (`store::reference`), and sent in a second pass (`second_pass`).

use std::collections::{HashMap, HashSet};

use connector::{Member, Members, ObjectType};
use jiff::Timestamp;
use mapping::{Environment, Phase, Seed};
use model::job::Job;
use model::reference::{KnownReference, Reference};
use scim::path::Path;

use crate::subject::{Subject, rules};

/// The attribute of a group.
pub const MEMBERS: &str = "members";
/// The attribute of an enterprise user (RFC 7643 §4.3).
pub const MANAGER: &str = "manager";

/// What the source says of one attribute of one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The kind of the object.
    pub owner_type: ObjectType,
    /// Its anchor.
    pub owner: String,
    /// [`MEMBERS`] or [`MANAGER`].
    pub attribute: &'static str,
    /// Whom it refers to.
    pub members: Members,
}

/// What is new about references.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct News {
    /// The source has them, and did not before.
    pub added: Vec<Reference>,
    /// The source has them no more.
    pub removed: Vec<KnownReference>,
}

/// Whether a target attribute is a reference: it is not compared and sent as other values are.
#[must_use]
pub fn is_reference(path: &Path) -> bool {
    attribute(path).is_some()
}

/// The name under which a reference is kept, whatever the job's spelling of its path.
#[must_use]
pub fn attribute(path: &Path) -> Option<&'static str> {
    let whole = path.filter.is_none() && path.sub.is_none();
    [MEMBERS, MANAGER].into_iter().find(|name| whole && path.attribute.eq_ignore_ascii_case(name))
}

/// The path by which the job sends a reference; none when it maps it no more.
#[must_use]
pub fn path<'a>(job: &'a Job, object_type: ObjectType, name: &str) -> Option<&'a Path> {
    let mappings = rules(job, object_type)?.mappings.iter();
    mappings.map(|mapping| mapping.target.path()).find(|path| attribute(path) == Some(name))
}

/// What the source says of an object's references, as far as the job maps them.
#[must_use]
pub fn told(subject: &Subject, job: &Job, now: Timestamp) -> Vec<Told> {
    let object_type = subject.object.object_type;
    let Some(rules) = rules(job, object_type).filter(|_| subject.in_scope) else { return Vec::new() };
    // Nothing is made up on update.
    let environment = Environment { now, seed: Seed::new([0; 32]) };
    let mut told = Vec::new();
    for mapping in &rules.mappings {
        let members = match attribute(mapping.target.path()) {
            Some(MEMBERS) => subject.object.members.clone(),
            Some(_) => match mapping.evaluate(subject.attributes(), &environment, Phase::Update) {
                Ok(Some(mapped)) => {
                    let manager = mapped.value.as_ref().and_then(|value| value.as_str());
                    Some(Members::All(manager.map(Member::user).into_iter().collect()))
                }
                // A mapping that can't be evaluated is told about where values are.
                Ok(None) | Err(_) => None,
            },
            None => None,
        };
        if let (Some(attribute), Some(members)) = (attribute(mapping.target.path()), members) {
            told.push(Told {
                owner_type: object_type,
                owner: subject.object.anchor.clone(),
                attribute,
                members,
            });
        }
    }
    told
}

impl Told {
    fn reference(&self, member: &Member) -> Reference {
        Reference {
            owner_type: self.owner_type.to_string(),
            owner: self.owner.clone(),
            attribute: self.attribute.to_owned(),
            to_type: member.object_type.to_string(),
            to: member.anchor.clone(),
        }
    }

    /// Compares with what is known of the same object.
    #[must_use]
    pub fn compare(&self, known: &[KnownReference]) -> News {
        let own = known.iter().filter(|k| {
            k.reference.owner == self.owner
                && k.reference.attribute == self.attribute
                && k.reference.owner_type == self.owner_type.to_string()
        });
        let known: HashMap<&Reference, &KnownReference> = own.map(|k| (&k.reference, k)).collect();
        let of = |members: &[Member]| -> Vec<Reference> {
            let mut met = HashSet::new();
            members.iter().filter(|m| met.insert(*m)).map(|m| self.reference(m)).collect()
        };
        let is_wanted = |reference: &Reference| known.get(reference).is_some_and(|k| k.wanted);
        let (there, gone) = match &self.members {
            Members::All(members) => {
                let there = of(members);
                let still: HashSet<&Reference> = there.iter().collect();
                let gone = known.keys().filter(|r| !still.contains(*r)).map(|r| (*r).clone()).collect();
                (there, gone)
            }
            Members::Changed { added, removed } => (of(added), of(removed)),
        };
        let mut removed: Vec<KnownReference> = gone
            .iter()
            .filter(|reference| is_wanted(reference))
            .filter_map(|reference| known.get(reference).map(|k| (*k).clone()))
            .collect();
        removed.sort_unstable_by(|a, b| a.reference.cmp(&b.reference));
        News { added: there.into_iter().filter(|reference| !is_wanted(reference)).collect(), removed }
    }
}

impl News {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(members: Members) -> Told {
        Told { owner_type: ObjectType::Group, owner: "g".into(), attribute: MEMBERS, members }
    }

    fn known(to: &str, wanted: bool) -> KnownReference {
        let reference = told(Members::All(Vec::new())).reference(&Member::user(to));
        KnownReference { reference, wanted, sent: None }
    }

    fn check(members: Members, before: &[(&str, bool)], added: &[&str], removed: &[&str]) {
        let known: Vec<_> = before.iter().map(|(to, wanted)| known(to, *wanted)).collect();
        let news = told(members).compare(&known);
        let to = |r: &Reference| r.to.clone();
        assert_eq!(news.added.iter().map(to).collect::<Vec<_>>(), added);
        assert_eq!(news.removed.iter().map(|k| to(&k.reference)).collect::<Vec<_>>(), removed);
    }

    fn users(names: &[&str]) -> Vec<Member> {
        names.iter().map(|name| Member::user(*name)).collect()
    }

    #[test]
    fn a_whole_list_is_compared() {
        check(Members::All(users(&["a", "b", "b"])), &[("b", true), ("c", true)], &["a"], &["c"]);
        check(Members::All(users(&["a"])), &[("a", false)], &["a"], &[]);
        check(Members::All(Vec::new()), &[("a", false)], &[], &[]);
    }

    #[test]
    fn changes_are_taken_as_often_as_they_are_told() {
        let changed = Members::Changed { added: users(&["a", "b"]), removed: users(&["c", "d"]) };
        check(changed, &[("b", true), ("c", true)], &["a"], &["c"]);
    }

    #[test]
    fn others_references_are_not_touched() {
        let mut other = known("a", true);
        other.reference.owner = "h".into();
        let news = told(Members::All(Vec::new())).compare(&[other]);
        assert!(news.is_empty());
    }
}
