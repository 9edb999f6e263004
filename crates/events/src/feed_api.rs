//! The operations of every application: its change feed, and the members of groups that are too large for an event.

use application::api::{Arguments, Call, Method, Operation, Wait};
use application::resources::Error;
use model::{ResourceId, TenantId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{Tx, feed};
use uuid::Uuid;

use crate::event::{Event, View};
use crate::limits::{DEFAULT_PAGE, MAX_MEMBER_PAGE, MAX_PAGE, MAX_WAIT_SECONDS};

/// What every tenant's application has, for `Applications::sharing`.
#[must_use]
pub fn operations() -> Vec<Operation> {
    vec![
        Operation::new(
            (Method::Get, "/events"),
            "listEvents",
            "What happened to users and groups after a place in the feed, in order.",
            events,
        )
        .writing()
        .waiting(Wait { seconds, has_news }),
        Operation::new(
            (Method::Get, "/groups/{id}/members"),
            "listMembers",
            "The members of a group, in the order of their ids.",
            members,
        ),
    ]
}

/// From where, and how many.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Place {
    /// The number of the last event that is known; 0 begins.
    #[serde(default)]
    #[schemars(range(min = 0))]
    after: i64,
    /// How many at most: 1 to 500.
    #[serde(default = "default_page")]
    #[schemars(range(min = 1, max = 500))]
    limit: u32,
    /// How many seconds to wait for an event if there is none: 0 to 30.
    #[serde(default)]
    #[schemars(range(min = 0, max = 30))]
    wait: u64,
}

fn seconds(arguments: &Arguments) -> u64 {
    let given = arguments.parameters.iter().find(|(name, _)| name == "wait");
    given.and_then(|(_, seconds)| seconds.parse().ok()).unwrap_or(0)
}

fn has_news(body: &Value) -> bool {
    body.get("events").and_then(Value::as_array).is_some_and(|events| !events.is_empty())
}

fn default_page() -> u32 {
    DEFAULT_PAGE
}

/// Events.
#[derive(Serialize, JsonSchema)]
struct Events {
    /// The first first.
    events: Vec<Event>,
    /// What to ask for next, as `after`.
    next: i64,
}

fn events(tx: &mut Tx<'_>, call: &Call, place: Place, (): ()) -> Result<Events, Error> {
    check_limit(place.limit, MAX_PAGE)?;
    if place.after < 0 {
        return Err(scim::Error::new(400, "after is the number of an event, or 0").into());
    }
    if place.wait > MAX_WAIT_SECONDS {
        return Err(scim::Error::new(400, format!("wait is 0 to {MAX_WAIT_SECONDS} seconds")).into());
    }
    let events = view(call).after(tx, place.after, i64::from(place.limit))?;
    check_place(tx, call.tenant, place.after, events.first().map(|event| event.sequence))?;
    let next = events.last().map_or(place.after, |event| event.sequence);
    Ok(Events { events, next })
}

/// Which members of which group.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct OfGroup {
    /// The group.
    id: Uuid,
    /// The id of the last member that is known; without it, the first ones.
    after: Option<Uuid>,
    /// How many at most: 1 to 1000.
    #[serde(default = "most_members")]
    #[schemars(range(min = 1, max = 1000))]
    limit: u32,
}

fn most_members() -> u32 {
    MAX_MEMBER_PAGE
}

/// A member.
#[derive(Serialize, JsonSchema)]
struct Member {
    /// Its SCIM id.
    value: Uuid,
    /// `User` or `Group`.
    #[serde(rename = "type")]
    kind: String,
}

/// Members.
#[derive(Serialize, JsonSchema)]
struct Members {
    /// By their ids.
    members: Vec<Member>,
    /// What to ask for next, as `after`; not there at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<Uuid>,
}

fn members(tx: &mut Tx<'_>, call: &Call, of: OfGroup, (): ()) -> Result<Members, Error> {
    check_limit(of.limit, MAX_MEMBER_PAGE)?;
    let page = view(call).members(tx, ResourceId(of.id), of.after.map(ResourceId), i64::from(of.limit))?;
    let member = |member: store::member::Member| Member { value: member.id.0, kind: member.member_type };
    Ok(Members { members: page.members.into_iter().map(member).collect(), next: page.next.map(|id| id.0) })
}

/// Refuses a place after which `next` was read, if it is not what comes next: what does is forgotten, and whoever went on
/// from there would miss some, or the feed does not go so far, and the place is one in another. After the read, which lets
/// nobody forget any until the transaction ends.
pub(crate) fn check_place(
    tx: &mut Tx<'_>,
    tenant: TenantId,
    after: i64,
    next: Option<i64>,
) -> Result<(), Error> {
    if next.is_some_and(|next| next == after + 1) {
        return Ok(());
    }
    let (first, end) = (feed::first(tx, tenant)?, feed::end(tx, tenant)?);
    let why = if after > end {
        format!("there is no event {after}, and the last one is {end}")
    } else if after < first - 1 {
        format!("the events up to {} are forgotten", first - 1)
    } else {
        return Ok(());
    };
    let detail = format!("{why}: read all users and groups by SCIM, and then go on after event {end}");
    Err(scim::Error::new(410, detail).into())
}

fn check_limit(limit: u32, most: u32) -> Result<(), Error> {
    if (1..=most).contains(&limit) {
        return Ok(());
    }
    Err(scim::Error::new(400, format!("limit is 1 to {most}")).into())
}

fn view(call: &Call) -> View {
    View { tenant: call.tenant, profile: call.profile.clone(), tenant_url: call.tenant_url.clone() }
}
