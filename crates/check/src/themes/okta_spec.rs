//! Okta's SCIM 2.0 SPEC test, step by step, with its assertions.

use std::time::{Duration, Instant};

use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use scim::builtin::USER_URN;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::check::{Check, Client, Requirement, Theme};
use crate::finding::{Finding, Verdict};
use crate::json::{at, shown};
use crate::probe::{Fresh, Probe};
use crate::wire::{Credentials, Request};

pub(super) const THEME: Theme = Theme {
    name: "okta-spec",
    client: Client::Okta,
    needs: &[],
    checks: &[
        Check {
            name: "users",
            requirement: Requirement::Client,
            source: "Okta SPEC test, step 1",
            rule: "The first user listed has an id, names, userName, active and an e-mail address.",
            fix: "List users in a fixed order, and return these attributes.",
            run: |probe| Box::pin(users(probe)),
        },
        Check {
            name: "user-by-id",
            requirement: Requirement::Client,
            source: "Okta SPEC test, step 2",
            rule: "A user is read by id, with the same attributes.",
            fix: "Answer GET /Users/{id} with the whole user.",
            run: |probe| Box::pin(user_by_id(probe)),
        },
        Check {
            name: "unknown-name",
            requirement: Requirement::Client,
            source: "Okta SPEC test, step 3",
            rule: "A filter for a userName that nobody has answers totalResults 0.",
            fix: "Answer 200 and an empty list.",
            run: |probe| Box::pin(unknown_name(probe)),
        },
        Check {
            name: "unknown-id",
            requirement: Requirement::Client,
            source: "Okta SPEC test, step 4",
            rule: "An id that nobody has is answered with 404, an Error and a detail.",
            fix: "Answer 404 with the Error schema and a detail.",
            run: |probe| Box::pin(unknown_id(probe, "010101001010101011001010101011")),
        },
        Check {
            name: "absent",
            requirement: Requirement::Client,
            source: "Okta SPEC test, step 5",
            rule: "A filter for a fresh userName answers totalResults 0, a number.",
            fix: "Answer totalResults as a number.",
            run: |probe| Box::pin(absent(probe)),
        },
        Check {
            name: "create",
            requirement: Requirement::Client,
            source: "Okta SPEC test, step 6",
            rule: "A POST in application/json makes the user, and answers names and userName exactly as \
                sent.",
            fix: "Accept application/json, and keep the letter case of userName.",
            run: |probe| Box::pin(create(probe)),
        },
        Check {
            name: "created",
            requirement: Requirement::Client,
            source: "Okta SPEC test, step 7",
            rule: "The user is read back as it was sent.",
            fix: "Store names and userName as they are sent.",
            run: |probe| Box::pin(created(probe)),
        },
        Check {
            name: "create-again",
            requirement: Requirement::Client,
            source: "Okta SPEC test, step 8",
            rule: "The same POST again is refused with 409.",
            fix: "Answer 409.",
            run: |probe| Box::pin(create_again(probe)),
        },
        Check {
            name: "capitals",
            requirement: Requirement::Client,
            source: "Okta SPEC test, step 9",
            rule: "A filter for the userName in capitals is answered with 200.",
            fix: "Answer 200, with the user.",
            run: |probe| Box::pin(capitals(probe)),
        },
        Check {
            name: "groups",
            requirement: Requirement::Should,
            source: "Okta SPEC test, step 10",
            rule: "GET /Groups is answered with 200 within 600 ms.",
            fix: "Answer GET /Groups fast, and with a list in Resources.",
            run: |probe| Box::pin(groups(probe)),
        },
        Check {
            name: "wrong-token",
            requirement: Requirement::Client,
            source: "Okta SPEC test, step 11",
            rule: "A wrong Authorization is refused with 401, an Error and a detail.",
            fix: "Answer 401 with the Error schema, status and detail.",
            run: |probe| Box::pin(wrong_token(probe)),
        },
        Check {
            name: "not-found",
            requirement: Requirement::Client,
            source: "Okta SPEC test, step 12",
            rule: "Another id that nobody has is answered with 404, and the body's status is 404.",
            fix: "Answer 404 with the Error schema, status and detail.",
            run: |probe| Box::pin(unknown_id(probe, "00919288221112222")),
        },
    ],
};

/// The longest time that the test allows for GET /Groups.
const GROUPS_TIME: Duration = Duration::from_millis(600);

/// What the test wants of every user.
const FILLED: [&str; 6] = ["id", "name/familyName", "name/givenName", "userName", "active", "emails/0/value"];

fn body(probe: &mut Probe) -> Value {
    let name = probe.name();
    json!({
        "schemas": [USER_URN], "userName": name,
        "name": { "givenName": "Runscope123", "familyName": "Rollcall-Check123" },
        "emails": [{ "primary": true, "value": name, "type": "work" }],
        "displayName": "Runscope123 Rollcall-Check123", "active": true,
    })
}

async fn user(probe: &mut Probe) -> Result<Fresh, Finding> {
    let body = body(probe);
    probe.fresh("/Users", body).await
}

/// Looks a userName up, as the test encodes it.
async fn total(probe: &mut Probe, name: &str, expected: u64) -> Verdict {
    let answer = probe.find("/Users", &format!("userName eq {}", json!(name))).await?;
    let total = answer.list()?.total;
    answer.that(total == expected, format!("totalResults = {expected}"), total.to_string())
}

async fn users(probe: &mut Probe) -> Verdict {
    // The test needs a user to be there; with this one it does not depend on others' data being complete.
    let user = user(probe).await?;
    let filter = format!("userName eq {}", json!(user.name));
    let answer = probe.ask("/Users", &[("count", "1"), ("startIndex", "1"), ("filter", &filter)]).await?;
    answer.list()?;
    for name in ["/totalResults", "/startIndex", "/itemsPerPage"] {
        let found = answer.at(name);
        answer.that(found.is_u64(), format!("{name}, a number"), shown(found))?;
    }
    FILLED.iter().try_for_each(|name| answer.has_some(&format!("/Resources/0/{name}")).map(drop))
}

async fn user_by_id(probe: &mut Probe) -> Verdict {
    let user = user(probe).await?;
    let answer = probe.get(&user.path).await?;
    answer.is(200)?.has_at("/id", &json!(user.id))?;
    FILLED.iter().try_for_each(|name| answer.has_some(name).map(drop))
}

async fn unknown_name(probe: &mut Probe) -> Verdict {
    let nobody = format!("abcdefgh-{}@example.com", probe.unknown_id());
    total(probe, &nobody, 0).await
}

async fn unknown_id(probe: &mut Probe, id: &str) -> Verdict {
    let answer = probe.get(&format!("/Users/{id}")).await?;
    answer.error(404)?.has_some("/detail")?;
    // Okta's own samples have a number here, the RFC a text.
    let status = answer.at("/status");
    answer.that(status == "404" || status == 404, "status 404 in the body", shown(status))
}

async fn absent(probe: &mut Probe) -> Verdict {
    let name = probe.name();
    total(probe, &name, 0).await
}

async fn create(probe: &mut Probe) -> Verdict {
    let body = body(probe);
    let request = Request::new(Method::POST, "/Users", Some(&body)).header(CONTENT_TYPE, "application/json");
    let answer = probe.send(request).await?;
    answer.is(201)?.has_some("/id")?.has_schema(USER_URN)?;
    as_sent(&answer, &body)
}

fn as_sent(answer: &Answer, sent: &Value) -> Verdict {
    for name in ["userName", "name/familyName", "name/givenName", "active"] {
        answer.has_at(name, at(sent, name))?;
    }
    Ok(())
}

async fn created(probe: &mut Probe) -> Verdict {
    let user = user(probe).await?;
    let answer = probe.get(&user.path).await?;
    as_sent(answer.is(200)?, &user.sent)
}

async fn create_again(probe: &mut Probe) -> Verdict {
    let user = user(probe).await?;
    probe.post("/Users", &user.sent).await?.is(409).map(drop)
}

async fn capitals(probe: &mut Probe) -> Verdict {
    let user = user(probe).await?;
    total(probe, &user.name.to_uppercase(), 1).await
}

async fn groups(probe: &mut Probe) -> Verdict {
    let began = Instant::now();
    let answer = probe.get("/Groups").await?;
    let elapsed = began.elapsed();
    if answer.status == 404 {
        return Err(Finding::skip("there are no groups"));
    }
    let list = answer.list()?;
    let resources = answer.at("/Resources");
    answer.that(list.total == 0 || resources.is_array(), "Resources, a list", shown(resources))?;
    let got = format!("{} ms", elapsed.as_millis());
    answer.that(elapsed < GROUPS_TIME, format!("an answer within {} ms", GROUPS_TIME.as_millis()), got)
}

async fn wrong_token(probe: &mut Probe) -> Verdict {
    if !probe.has_token() {
        return Err(Finding::skip("no token was given"));
    }
    let request = Request::new(Method::GET, "/Users?count=1", None);
    let answer = probe.send(request.credentials(Credentials::Other("non-token"))).await?;
    answer.error(401)?.has_some("/detail")?;
    let status = answer.at("/status");
    answer.that(status == "401" || status == 401, "status 401 in the body", shown(status))
}
