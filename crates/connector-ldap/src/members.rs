//! The members of groups, however long the list.

use crate::entry::RawEntry;
use crate::fault;
use crate::key::Key;
use crate::layout::Layout;
use crate::limits::MAX_RANGES;
use crate::ranges;
use crate::session::Session;
use connector::Error;

/// A group's members, as the group names them.
pub(crate) async fn of(session: &mut Session, layout: &Layout, group: &RawEntry) -> Result<Vec<Key>, Error> {
    let mut members = Vec::new();
    for attribute in &layout.members {
        let mut piece = ranges::of(group, attribute);
        let mut answer;
        let mut pieces = 0;
        loop {
            let names = piece.values.iter().filter_map(|value| std::str::from_utf8(value).ok());
            members.extend(names.map(|name| Key::of_member(attribute, name)));
            let Some(next) = piece.next else { break };
            pieces += 1;
            if pieces > MAX_RANGES {
                return Err(fault::too_much(&session.place, "members"));
            }
            // A group that went in between is seen as gone when it is asked for next.
            let found = session.entry(&group.dn, "(objectClass=*)", &[next]).await?;
            answer = found.unwrap_or_default();
            piece = ranges::of(&answer, attribute);
        }
    }
    Ok(members)
}
