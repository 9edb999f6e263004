//! Who is in the groups of a listing.

use crate::entry::RawEntry;
use crate::key::Key;
use crate::layout::Layout;
use crate::limits::GROUPS_PAGE;
use crate::listing::Listing;
use crate::members;
use crate::session::{Progress, Search, Session};
use connector::{Error, Members, Nesting};
use std::collections::HashSet;
use uuid::Uuid;

/// All groups with their direct members.
pub(crate) async fn load(
    session: &mut Session,
    layout: &Layout,
    listing: &Listing,
) -> Result<Nesting, Error> {
    let anchor = layout.dialect.anchor_attribute().to_owned();
    let search = Search {
        base: layout.groups.base.clone(),
        filter: layout.groups.filter.clone(),
        attributes: layout.members.iter().cloned().chain([anchor]).collect(),
        page: GROUPS_PAGE,
    };
    let (mut nesting, mut progress) = (Nesting::default(), Progress::default());
    while !progress.ended {
        for group in session.page(&search, &mut progress).await? {
            let Some(anchor) = layout.dialect.anchor(&group) else { continue };
            let members = members::of(session, layout, &group).await?;
            let members: Vec<String> =
                members.into_iter().filter_map(|member| Some(listing.member(member)?.anchor)).collect();
            nesting.add(&anchor.to_string(), members.iter().map(String::as_str));
        }
    }
    Ok(nesting)
}

/// The members of a group: those of nested groups too, where they were loaded.
pub(crate) async fn members(
    session: &mut Session,
    layout: &Layout,
    listing: &Listing,
    nesting: Option<&Nesting>,
    anchor: Uuid,
    group: &RawEntry,
) -> Result<Members, Error> {
    if let Some(nesting) = nesting {
        return Ok(Members::All(nesting.all(&anchor.to_string())));
    }
    let members: Vec<Key> = members::of(session, layout, group).await?;
    // One may be named twice, by different attributes.
    let mut met = HashSet::new();
    let members = members.into_iter().filter_map(|member| listing.member(member));
    Ok(Members::All(members.filter(|member| met.insert(member.clone())).collect()))
}
