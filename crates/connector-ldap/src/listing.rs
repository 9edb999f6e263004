//! Everybody in the directory, by anchor and name only.

use crate::assigned::Assigned;
use crate::attributes;
use crate::fault;
use crate::key::Key;
use crate::layout::{Layout, both};
use crate::limits::{LISTING_PAGE, MAX_OBJECTS};
use crate::session::{Progress, Search, Session};
use crate::stamps::Stamp;
use crate::watermark::{Facts, digest};
use connector::{Assignment, Error, Member, ObjectType};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// An object that is there.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    pub(crate) anchor: Uuid,
    pub(crate) object_type: ObjectType,
    dn: Key,
    uid: Option<Key>,
    manager: Option<Key>,
    pub(crate) disabled: bool,
    pub(crate) stamp: Option<Stamp>,
}

/// Everybody.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    /// By type and anchor.
    objects: Vec<Listed>,
    by_name: HashMap<Key, usize>,
}

impl Listing {
    /// Lists the users and, where the job provisions groups, the groups.
    pub(crate) async fn load(session: &mut Session, layout: &Layout) -> Result<Self, Error> {
        let mut objects = Vec::new();
        list(session, layout, ObjectType::User, &mut objects).await?;
        if objects.is_empty() {
            return Err(fault::nobody(&session.place, &layout.users.base));
        }
        if let Some(filter) = &layout.disabled {
            let disabled = disabled(session, layout, &both(&layout.users.filter, filter)).await?;
            objects.iter_mut().for_each(|user| user.disabled = disabled.contains(&user.anchor));
        }
        if layout.needs.groups {
            list(session, layout, ObjectType::Group, &mut objects).await?;
        }
        // An entry that is moved while pages are read may come twice.
        objects.sort_by_key(|object| (object.object_type, object.anchor));
        objects.dedup_by_key(|object| (object.object_type, object.anchor));
        let names = objects.iter().enumerate();
        let by_name =
            names.flat_map(|(index, object)| object.names().map(move |name| (name, index))).collect();
        Ok(Self { objects, by_name })
    }

    /// Everybody, users first.
    pub(crate) fn objects(&self) -> &[Listed] {
        &self.objects
    }

    /// The place of an object in [`Self::objects`].
    pub(crate) fn place(&self, object_type: ObjectType, anchor: Uuid) -> Option<usize> {
        self.objects.binary_search_by_key(&(object_type, anchor), |o| (o.object_type, o.anchor)).ok()
    }

    /// Who a group's member is; nobody who is neither a user nor a group of this source.
    pub(crate) fn member(&self, name: Key) -> Option<Member> {
        let object = self.objects.get(*self.by_name.get(&name)?)?;
        Some(Member { anchor: object.anchor.to_string(), object_type: object.object_type })
    }

    /// The anchor of a user by name.
    pub(crate) fn user(&self, name: Key) -> Option<Uuid> {
        let object = self.objects.get(*self.by_name.get(&name)?)?;
        (object.object_type == ObjectType::User).then_some(object.anchor)
    }

    /// What follows for each object from other entries.
    pub(crate) fn facts(&self, assigned: &Assigned) -> Facts {
        let mut facts = Facts::default();
        for object in &self.objects {
            let manager = object.manager.and_then(|manager| self.user(manager)).unwrap_or_default();
            let through = match object.assignment(assigned) {
                Assignment::Unassigned => "-".to_owned(),
                Assignment::Direct => "=".to_owned(),
                Assignment::ByGroup { group } => format!("~{group}"),
            };
            let disabled = [u8::from(object.disabled)];
            facts.add(object.anchor, &[manager.as_bytes(), through.as_bytes(), &disabled, &object.dn.0]);
        }
        facts
    }

    /// A sum over who there is under which names.
    pub(crate) fn names(&self) -> u64 {
        let named = |object: &Listed| {
            object.names().fold(0, |sum, name| sum ^ digest(&[object.anchor.as_bytes(), &name.0]))
        };
        self.objects.iter().fold(0, |sum, object| sum ^ named(object))
    }
}

impl Listed {
    fn names(&self) -> impl Iterator<Item = Key> + use<> {
        [Some(self.dn), self.uid].into_iter().flatten()
    }

    pub(crate) fn assignment(&self, assigned: &Assigned) -> Assignment {
        match self.object_type {
            ObjectType::User => assigned.of_user(self.dn, self.uid),
            ObjectType::Group => assigned.of_group(self.dn),
        }
    }
}

async fn list(
    session: &mut Session,
    layout: &Layout,
    object_type: ObjectType,
    objects: &mut Vec<Listed>,
) -> Result<(), Error> {
    let dialect = layout.dialect;
    let is_user = object_type == ObjectType::User;
    let by_uid = is_user && layout.names_members_by_uid();
    let managed = is_user && attributes::wants_manager(&layout.needs);
    let mut names = vec![dialect.anchor_attribute(), dialect.stamp_attribute()];
    names.extend(by_uid.then_some("uid"));
    names.extend(managed.then_some("manager"));
    let search = search(layout, object_type, &layout.part(object_type).filter, &names);
    let mut progress = Progress::default();
    while !progress.ended {
        for entry in session.page(&search, &mut progress).await? {
            let anchor = dialect.anchor(&entry).ok_or_else(|| nameless(session, layout, &entry.dn))?;
            objects.push(Listed {
                anchor,
                object_type,
                dn: Key::of_dn(&entry.dn),
                uid: entry.text("uid").filter(|_| by_uid).map(Key::of_uid),
                manager: entry.text("manager").map(Key::of_dn),
                disabled: false,
                stamp: Stamp::of(dialect, anchor, &entry),
            });
        }
        if objects.len() > MAX_OBJECTS {
            return Err(fault::too_much(&session.place, "users and groups"));
        }
    }
    Ok(())
}

async fn disabled(session: &mut Session, layout: &Layout, filter: &str) -> Result<HashSet<Uuid>, Error> {
    let search = search(layout, ObjectType::User, filter, &[layout.dialect.anchor_attribute()]);
    let entries = session.all(&search, MAX_OBJECTS).await?;
    Ok(entries.iter().filter_map(|entry| layout.dialect.anchor(entry)).collect())
}

fn search(layout: &Layout, object_type: ObjectType, filter: &str, attributes: &[&str]) -> Search {
    Search {
        base: layout.part(object_type).base.clone(),
        filter: filter.to_owned(),
        attributes: attributes.iter().map(|name| (*name).to_owned()).collect(),
        page: LISTING_PAGE,
    }
}

fn nameless(session: &Session, layout: &Layout, dn: &str) -> Error {
    let attribute = layout.dialect.anchor_attribute();
    let hint = "let bind_dn read this attribute, or say with `server` in the job's [source] what kind of server it is";
    Error::source(format!("{}, \"{dn}\"", session.place), format!("shows no {attribute}"), hint)
}
