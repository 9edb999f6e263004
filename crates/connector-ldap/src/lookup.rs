//! Some objects, asked for one by one, as a whole read would deliver them.

use crate::assigned::Assigned;
use crate::dialect::Dialect;
use crate::entry::RawEntry;
use crate::key::{Key, is_below};
use crate::layout::{Layout, any, both};
use crate::limits::{ANCHORS_A_FILTER, GROUPS_PAGE, MAX_FOUND, USERS_PAGE};
use crate::listing::Listing;
use crate::nested;
use crate::session::{Search, Session};
use crate::shape::{self, Context};
use connector::{Error, Object, ObjectType};
use ldap3::ldap_escape;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// The names by which a person is found.
const NAMES: [&str; 3] = ["userPrincipalName", "mail", "uid"];

/// The entries with these anchors.
pub(crate) async fn by_anchors(
    session: &mut Session,
    layout: &Layout,
    object_type: ObjectType,
    anchors: &[Uuid],
) -> Result<HashMap<Uuid, RawEntry>, Error> {
    let mut found = HashMap::new();
    for batch in anchors.chunks(ANCHORS_A_FILTER) {
        let search = detailed(layout, object_type, &among(layout.dialect, batch));
        let entries = session.all(&search, batch.len().saturating_mul(2)).await?;
        found.extend(entries.into_iter().filter_map(|entry| Some((layout.dialect.anchor(&entry)?, entry))));
    }
    Ok(found)
}

/// The users and groups that somebody may mean by an anchor or a name.
pub(crate) async fn by_name(session: &mut Session, layout: &Layout, who: &str) -> Result<Vec<Object>, Error> {
    let anchor = who.parse::<Uuid>().ok().map(|anchor| layout.dialect.anchor_filter(anchor));
    let names = NAMES.iter().map(|name| format!("({name}={})", ldap_escape(who)));
    let users = any(anchor.clone().into_iter().chain(names));
    let mut found = Vec::new();
    for (object_type, filter) in [(ObjectType::User, Some(users)), (ObjectType::Group, anchor)] {
        let Some(filter) = filter else { continue };
        let search = detailed(layout, object_type, &filter);
        let entries = session.all(&search, usize::try_from(MAX_FOUND).unwrap_or_default()).await?;
        found.extend(objects(session, layout, object_type, entries).await?);
    }
    Ok(found)
}

/// Entries as objects, with what follows for them from other entries.
pub(crate) async fn objects(
    session: &mut Session,
    layout: &Layout,
    object_type: ObjectType,
    entries: Vec<RawEntry>,
) -> Result<Vec<Object>, Error> {
    if entries.is_empty() {
        return Ok(Vec::new());
    }
    let assigned = Assigned::load(session, layout).await?;
    let anchors: Vec<Uuid> = entries.iter().filter_map(|entry| layout.dialect.anchor(entry)).collect();
    let disabled = disabled(session, layout, object_type, &anchors).await?;
    let managers = managers(session, layout, &entries).await?;
    let needs_members = object_type == ObjectType::Group && layout.needs.groups;
    let listing = if needs_members { Some(Listing::load(session, layout).await?) } else { None };
    let nesting = match &listing {
        Some(listing) if layout.needs.nested_groups => Some(nested::load(session, layout, listing).await?),
        Some(_) | None => None,
    };
    let mut objects = Vec::new();
    for entry in &entries {
        let Some(anchor) = layout.dialect.anchor(entry) else { continue };
        let members = match &listing {
            Some(listing) => {
                Some(nested::members(session, layout, listing, nesting.as_ref(), anchor, entry).await?)
            }
            None => None,
        };
        let dn = Key::of_dn(&entry.dn);
        let uid = entry.text("uid").filter(|_| layout.names_members_by_uid()).map(Key::of_uid);
        let assignment = match object_type {
            ObjectType::User => assigned.of_user(dn, uid),
            ObjectType::Group => assigned.of_group(dn),
        };
        let manager = entry.text("manager").and_then(|manager| managers.get(manager).copied());
        let context = Context { assignment, manager, disabled: disabled.contains(&anchor), members };
        objects.push(shape::object(entry, object_type, anchor, layout, context));
    }
    Ok(objects)
}

async fn disabled(
    session: &mut Session,
    layout: &Layout,
    object_type: ObjectType,
    anchors: &[Uuid],
) -> Result<HashSet<Uuid>, Error> {
    let mut disabled = HashSet::new();
    let (ObjectType::User, Some(filter)) = (object_type, &layout.disabled) else { return Ok(disabled) };
    for batch in anchors.chunks(ANCHORS_A_FILTER) {
        let mut search = detailed(layout, object_type, &both(&among(layout.dialect, batch), filter));
        search.attributes = vec![layout.dialect.anchor_attribute().to_owned()];
        let entries = session.all(&search, batch.len().saturating_mul(2)).await?;
        disabled.extend(entries.iter().filter_map(|entry| layout.dialect.anchor(entry)));
    }
    Ok(disabled)
}

/// The anchors of managers by their names. One who is no user of this source is nobody's manager.
async fn managers(
    session: &mut Session,
    layout: &Layout,
    entries: &[RawEntry],
) -> Result<HashMap<String, Uuid>, Error> {
    let mut managers = HashMap::new();
    let attributes = [layout.dialect.anchor_attribute().to_owned()];
    let names: HashSet<&str> = entries.iter().filter_map(|entry| entry.text("manager")).collect();
    for name in names.into_iter().filter(|name| is_below(name, &layout.users.base)) {
        let entry = session.entry(name, &layout.users.filter, &attributes).await?;
        if let Some(anchor) = entry.and_then(|entry| layout.dialect.anchor(&entry)) {
            managers.insert(name.to_owned(), anchor);
        }
    }
    Ok(managers)
}

fn among(dialect: Dialect, anchors: &[Uuid]) -> String {
    any(anchors.iter().map(|anchor| dialect.anchor_filter(*anchor)))
}

fn detailed(layout: &Layout, object_type: ObjectType, filter: &str) -> Search {
    let part = layout.part(object_type);
    Search {
        base: part.base.clone(),
        filter: both(&part.filter, filter),
        attributes: shape::requested(object_type, layout),
        page: page_size(object_type),
    }
}

/// Objects in a page.
pub(crate) fn page_size(object_type: ObjectType) -> i32 {
    match object_type {
        ObjectType::User => USERS_PAGE,
        ObjectType::Group => GROUPS_PAGE,
    }
}
