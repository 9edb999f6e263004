//! Memberships.

use serde_json::{Value, json};

use super::answer::{Answer, Request};
use super::directory::{Directory, Kind};
use super::lists::paged;

/// `/groups/{id}/members` and the like.
pub(super) fn relation(
    directory: &Directory,
    kind: Kind,
    id: &str,
    rest: &[&str],
    request: &Request<'_>,
) -> Answer {
    if directory.here(kind, id).is_none() {
        return Answer::not_found(id);
    }
    match rest {
        ["members" | "transitiveMembers", cast @ ..] => {
            let all = directory.members(id, rest.first() == Some(&"transitiveMembers"));
            let wanted = cast.first().map(|cast| format!("#{cast}"));
            let is_wanted = |kind: &Kind| wanted.as_deref().is_none_or(|wanted| wanted == kind.odata_type());
            let members = all.into_iter().filter(|(kind, _)| is_wanted(kind));
            paged(
                members.map(|(kind, id)| json!({ "@odata.type": kind.odata_type(), "id": id })).collect(),
                request,
            )
        }
        ["memberOf" | "transitiveMemberOf"] => {
            let groups = directory.member_of(id, rest.first() == Some(&"transitiveMemberOf"));
            paged(
                groups
                    .into_iter()
                    .map(|id| json!({ "@odata.type": Kind::Group.odata_type(), "id": id }))
                    .collect(),
                request,
            )
        }
        // The check is transitive, as the documentation says.
        ["checkMemberGroups"] => {
            let asked: Vec<&str> =
                request.body["groupIds"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            if asked.len() > 20 {
                return Answer::error(400, "Request_BadRequest", "At most 20 group ids can be checked.");
            }
            let groups = directory.member_of(id, true);
            let found: Vec<&str> = asked.into_iter().filter(|id| groups.contains(*id)).collect();
            Answer::ok(json!({ "value": found }))
        }
        other => Answer::error(
            400,
            "BadRequest",
            &format!("Resource not found for the segment '{}'.", other.join("/")),
        ),
    }
}
