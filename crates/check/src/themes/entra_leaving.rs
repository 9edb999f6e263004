//! How Entra disables, renames, restores and deletes users.

use serde_json::{Value, json};

use crate::check::{Check, Client, Requirement, Theme};
use crate::finding::Verdict;
use crate::probe::{Fresh, Probe};
use crate::themes::entra::{patch_gives, patched, user, user_body};

pub(super) const THEME: Theme = Theme {
    name: "entra-leaving",
    client: Client::Entra,
    needs: &[],
    checks: &[
        Check {
            name: "disable",
            requirement: Requirement::Client,
            source: "Entra: disable",
            rule: "Replace of active with the text False deactivates the user.",
            fix: "Take \"False\" and \"True\", in any letter case, for booleans.",
            run: |probe| Box::pin(active(probe, json!("False"), json!("True"))),
        },
        Check {
            name: "disable-with-flag",
            requirement: Requirement::Client,
            source: "Entra: aadOptscim062020",
            rule: "Replace of active with false deactivates the user.",
            fix: "Apply a boolean to active.",
            run: |probe| Box::pin(active(probe, json!(false), json!(true))),
        },
        Check {
            name: "inactive-is-found",
            requirement: Requirement::Client,
            source: "Entra: soft delete",
            rule: "A user who is not active is still read by id and found by filters.",
            fix: "Return users whether they are active or not.",
            run: |probe| Box::pin(inactive_is_found(probe)),
        },
        Check {
            name: "mangled-name",
            requirement: Requirement::Client,
            source: "Entra: soft delete",
            rule: "A PATCH that puts 32 hexadecimal digits before userName and disables the user succeeds.",
            fix: "Accept the new userName, or keep the old one, but answer 200 or 204 and deactivate the \
                user.",
            run: |probe| Box::pin(mangled_name(probe)),
        },
        Check {
            name: "mangled-name-is-found",
            requirement: Requirement::Should,
            source: "Entra: soft delete",
            rule: "A user disabled under a mangled name is still found by the clean one.",
            fix: "Keep the name before the 32 digits as an alias that filters match.",
            run: |probe| Box::pin(mangled_name_is_found(probe)),
        },
        Check {
            name: "restore",
            requirement: Requirement::Client,
            source: "Entra: restore",
            rule: "Within 30 days, the user is activated under the clean name again.",
            fix: "Accept the clean userName of the same user.",
            run: |probe| Box::pin(restore(probe)),
        },
        Check {
            name: "delete",
            requirement: Requirement::Client,
            source: "Entra: delete",
            rule: "A DELETE is answered with 204, and the user is gone.",
            fix: "Answer 204 to DELETE and 404 to GET.",
            run: |probe| Box::pin(delete(probe)),
        },
        Check {
            name: "life",
            requirement: Requirement::Client,
            source: "Entra: provisioning cycle",
            rule: "A user is looked for, made, changed, disabled, restored, disabled and deleted.",
            fix: "See which step failed, and the check of its name.",
            run: |probe| Box::pin(life(probe)),
        },
    ],
};

/// How Entra renames somebody who is deleted: the object id without dashes before the name.
const MANGLE: &str = "195f30d5283405f5a1b2c3d4e5f60718";

async fn active(probe: &mut Probe, off: Value, on: Value) -> Verdict {
    let user = user(probe).await?;
    for (value, expected) in [(off, false), (on, true)] {
        let operations = json!([{ "op": "Replace", "path": "active", "value": value }]);
        patch_gives(probe, &user, operations, &[("/active", json!(expected))]).await?;
    }
    Ok(())
}

async fn inactive_is_found(probe: &mut Probe) -> Verdict {
    let mut body = user_body(probe);
    body.as_object_mut().and_then(|body| body.insert("active".to_owned(), json!(false)));
    let user = probe.fresh("/Users", body).await?;
    probe.get(&user.path).await?.is(200)?.has_at("/active", &json!(false))?;
    let filter = format!("userName eq {}", json!(user.name));
    probe.find("/Users", &filter).await?.list()?.finds(&[&user.id])
}

async fn disable(probe: &mut Probe, user: &Fresh) -> Verdict {
    let operations = json!([{ "op": "Replace", "path": "active", "value": "False" }]);
    patch_gives(probe, user, operations, &[("/active", json!(false))]).await
}

async fn mangle(probe: &mut Probe, user: &Fresh) -> Verdict {
    let operations = json!([
        { "op": "Replace", "path": "userName", "value": format!("{MANGLE}{}", user.name) },
        { "op": "Replace", "path": "active", "value": "False" },
    ]);
    patch_gives(probe, user, operations, &[("/active", json!(false))]).await
}

async fn mangled_name(probe: &mut Probe) -> Verdict {
    let user = user(probe).await?;
    mangle(probe, &user).await
}

async fn mangled_name_is_found(probe: &mut Probe) -> Verdict {
    let user = user(probe).await?;
    mangle(probe, &user).await?;
    let filter = format!("userName eq {}", json!(user.name));
    probe.find("/Users", &filter).await?.list()?.finds(&[&user.id])
}

async fn restore(probe: &mut Probe) -> Verdict {
    let user = user(probe).await?;
    mangle(probe, &user).await?;
    let operations = json!([
        { "op": "Replace", "path": "userName", "value": user.name },
        { "op": "Replace", "path": "active", "value": "True" },
    ]);
    let expected = [("/active", json!(true)), ("/userName", json!(user.name))];
    patch_gives(probe, &user, operations, &expected).await
}

async fn delete(probe: &mut Probe) -> Verdict {
    let user = user(probe).await?;
    probe.delete(&user.path).await?.is(204)?;
    probe.get(&user.path).await?.is(404).map(drop)
}

async fn life(probe: &mut Probe) -> Verdict {
    let body = user_body(probe);
    let filter = format!("userName eq {}", body.get("userName").unwrap_or_default());
    probe.find("/Users", &filter).await?.list()?.finds(&[])?;
    let user = probe.fresh("/Users", body).await?;
    probe.find("/Users", &filter).await?.list()?.finds(&[&user.id])?;
    let change = json!([{ "op": "Replace", "path": "displayName", "value": "Berta" }]);
    patched(probe, &user, change).await?.has_at("/displayName", &json!("Berta"))?;
    disable(probe, &user).await?;
    let operations = json!([{ "op": "Replace", "path": "active", "value": "True" }]);
    patch_gives(probe, &user, operations, &[("/active", json!(true))]).await?;
    mangle(probe, &user).await?;
    probe.delete(&user.path).await?.is(204)?;
    probe.get(&user.path).await?.is(404).map(drop)
}
