//! What the requests of the Microsoft Entra provisioning service look like: shared by its themes.

use scim::builtin::{ENTERPRISE_USER_URN, GROUP_URN, USER_URN};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::finding::{Finding, Verdict};
use crate::probe::{Fresh, Probe};

/// The URN that Entra adds to the schemas of a group.
const ADSCIM_GROUP_URN: &str = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group";

/// A new user as Entra sends it.
pub(super) fn user_body(probe: &mut Probe) -> Value {
    let name = probe.name();
    json!({
        "schemas": [USER_URN, ENTERPRISE_USER_URN],
        "externalId": name,
        "userName": name,
        "active": true,
        "displayName": "Ann Rollcall-Check",
        "emails": [{ "primary": true, "type": "work", "value": name }],
        "meta": { "resourceType": "User" },
        "name": { "formatted": "Ann Rollcall-Check", "familyName": "Rollcall-Check", "givenName": "Ann" },
        "roles": [],
    })
}

/// A new user, made.
pub(super) async fn user(probe: &mut Probe) -> Result<Fresh, Finding> {
    let body = user_body(probe);
    probe.fresh("/Users", body).await
}

/// A new group as Entra sends it: always empty.
pub(super) fn group_body(probe: &mut Probe) -> Value {
    let name = probe.name();
    json!({
        "schemas": [GROUP_URN, ADSCIM_GROUP_URN],
        "externalId": name,
        "displayName": name,
        "meta": { "resourceType": "Group" },
    })
}

/// A new group in the other form that Entra sends, without Microsoft's URN, made.
pub(super) async fn group(probe: &mut Probe) -> Result<Fresh, Finding> {
    let body = json!({ "schemas": [GROUP_URN], "displayName": probe.name(), "members": [] });
    probe.fresh("/Groups", body).await
}

/// Sends operations, and reads the resource again.
pub(super) async fn patched(probe: &mut Probe, fresh: &Fresh, operations: Value) -> Result<Answer, Finding> {
    probe.patch(&fresh.path, operations).await?.is_one_of(&[200, 204])?;
    let answer = probe.get(&fresh.path).await?;
    answer.is(200)?;
    Ok(answer)
}

/// Sends operations, and asserts what the resource has then.
pub(super) async fn patch_gives(
    probe: &mut Probe,
    fresh: &Fresh,
    operations: Value,
    expected: &[(&str, Value)],
) -> Verdict {
    let answer = patched(probe, fresh, operations).await?;
    for (place, value) in expected {
        answer.has_at(place, value)?;
    }
    Ok(())
}
