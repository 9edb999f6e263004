//! A user's life as a client that keeps to the RFCs leads it.

use serde_json::json;

use crate::announced::Feature;
use crate::check::{Check, Client, Requirement, Theme};
use crate::finding::{Finding, Verdict};
use crate::probe::{Fresh, Probe};

pub(super) const THEME: Theme = Theme {
    name: "life",
    client: Client::Rfc,
    needs: &[],
    checks: &[
        Check {
            name: "with-put",
            requirement: Requirement::Client,
            source: "RFC 7644 §3",
            rule: "A user is looked for, made, changed, deactivated, activated and deleted with PUT.",
            fix: "See which step failed, and the check of its theme.",
            run: |probe| Box::pin(with_put(probe)),
        },
        Check {
            name: "with-patch",
            requirement: Requirement::Client,
            source: "RFC 7644 §3",
            rule: "A user is looked for, made, changed, deactivated, activated and deleted with PATCH.",
            fix: "See which step failed, and the check of its theme.",
            run: |probe| Box::pin(with_patch(probe)),
        },
    ],
};

/// Looks for somebody who is not there, and makes them.
async fn begin(probe: &mut Probe) -> Result<Fresh, Finding> {
    probe.needs(Feature::Filter)?;
    let body = probe.user_body();
    let filter = format!("userName eq {}", body.get("userName").unwrap_or_default());
    probe.find("/Users", &filter).await?.list()?.finds(&[])?;
    let user = probe.fresh("/Users", body).await?;
    probe.find("/Users", &filter).await?.list()?.finds(&[&user.id])?;
    Ok(user)
}

async fn end(probe: &mut Probe, user: &Fresh) -> Verdict {
    probe.delete(&user.path).await?.is(204)?;
    probe.get(&user.path).await?.error(404)?;
    let filter = format!("userName eq {}", json!(user.name));
    probe.find("/Users", &filter).await?.list()?.finds(&[])
}

async fn with_put(probe: &mut Probe) -> Verdict {
    let user = begin(probe).await?;
    for (name, value) in [("displayName", json!("Berta")), ("active", json!(false)), ("active", json!(true))]
    {
        let mut body = probe.get(&user.path).await?.is(200)?.body.clone();
        body.as_object_mut().and_then(|body| body.insert(name.to_owned(), value.clone()));
        probe.put(&user.path, &body).await?.is(200)?;
        let answer = probe.get(&user.path).await?;
        answer.is(200)?.has_at(name, &value)?.has_at("/displayName", &json!("Berta"))?;
    }
    end(probe, &user).await
}

async fn with_patch(probe: &mut Probe) -> Verdict {
    probe.needs(Feature::Patch)?;
    let user = begin(probe).await?;
    for (name, value) in [("displayName", json!("Berta")), ("active", json!(false)), ("active", json!(true))]
    {
        let operations = json!([{ "op": "replace", "path": name, "value": value }]);
        probe.patch(&user.path, operations).await?.is_one_of(&[200, 204])?;
        probe.get(&user.path).await?.is(200)?.has_at(name, &value)?;
    }
    end(probe, &user).await
}
