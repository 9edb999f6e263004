//! GET of a resource (RFC 7644 §3.4.1), and what of it is returned (§3.9).

use reqwest::Method;
use reqwest::header::ACCEPT;
use serde_json::{Value, json};

use crate::check::{Check, Client, Requirement, Theme};
use crate::finding::Verdict;
use crate::json::shown;
use crate::probe::Probe;
use crate::wire::Request;

pub(super) const THEME: Theme = Theme {
    name: "read",
    client: Client::Rfc,
    needs: &[],
    checks: &[
        Check {
            name: "by-id",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.4.1",
            rule: "A GET of a resource's address answers the resource.",
            fix: "Answer GET /Users/{id} with 200 and the resource.",
            run: |probe| Box::pin(by_id(probe)),
        },
        Check {
            name: "unknown",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.12",
            rule: "A resource that does not exist is answered with 404 and an error body.",
            fix: "Answer 404 with an Error body for an id that nobody has, whatever it looks like.",
            run: |probe| Box::pin(unknown(probe)),
        },
        Check {
            name: "meta",
            requirement: Requirement::Must,
            source: "RFC 7643 §3.1",
            rule: "meta tells the resource type, and when the resource was made and changed, as dates with \
                time.",
            fix: "Return meta.resourceType, meta.created, meta.lastModified (RFC 3339) and meta.location.",
            run: |probe| Box::pin(meta(probe)),
        },
        Check {
            name: "media-type",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.8",
            rule: "Answers to a client that accepts application/scim+json are application/scim+json.",
            fix: "Send Content-Type: application/scim+json.",
            run: |probe| Box::pin(media_type(probe)),
        },
        Check {
            name: "accepts-json",
            requirement: Requirement::Should,
            source: "RFC 7644 §3.8",
            rule: "A client that accepts application/json is answered too.",
            fix: "Answer Accept: application/json with 200.",
            run: |probe| Box::pin(accepts_json(probe)),
        },
        Check {
            name: "attributes",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.9",
            rule: "attributes returns only what it names, and what is always returned.",
            fix: "Return only the attributes that are named, and id.",
            run: |probe| Box::pin(attributes(probe)),
        },
        Check {
            name: "attributes-of-complex",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.9",
            rule: "attributes may name a sub-attribute.",
            fix: "Return just the sub-attribute for a name such as name.familyName.",
            run: |probe| Box::pin(attributes_of_complex(probe)),
        },
        Check {
            name: "excluded-attributes",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.9",
            rule: "excludedAttributes returns everything but what it names.",
            fix: "Leave out the attributes that excludedAttributes names.",
            run: |probe| Box::pin(excluded_attributes(probe)),
        },
        Check {
            name: "id-is-always-returned",
            requirement: Requirement::Must,
            source: "RFC 7643 §3.1",
            rule: "id is returned even when it is excluded.",
            fix: "Ignore excludedAttributes for attributes that are always returned.",
            run: |probe| Box::pin(id_is_always_returned(probe)),
        },
        Check {
            name: "list",
            requirement: Requirement::Must,
            source: "RFC 7644 §3.4.2",
            rule: "A GET of the endpoint answers a list response.",
            fix: "Answer GET /Users with schemas, totalResults and Resources.",
            run: |probe| Box::pin(list(probe)),
        },
    ],
};

async fn by_id(probe: &mut Probe) -> Verdict {
    let user = probe.user().await?;
    let answer = probe.get(&user.path).await?;
    answer.is(200)?.has_at("/id", &Value::from(user.id)).map(drop)
}

async fn unknown(probe: &mut Probe) -> Verdict {
    for id in [probe.unknown_id(), "00919288221112222".to_owned()] {
        probe.get(&format!("/Users/{id}")).await?.error(404)?;
    }
    Ok(())
}

async fn meta(probe: &mut Probe) -> Verdict {
    let user = probe.user().await?;
    let answer = probe.get(&user.path).await?;
    answer.is(200)?.has_at("/meta/resourceType", &json!("User"))?;
    for name in ["/meta/created", "/meta/lastModified"] {
        let found = answer.at(name);
        let is_date = found.as_str().is_some_and(is_date_time);
        answer.that(
            is_date,
            format!("{name}, a date and time such as 2026-01-31T08:00:00Z"),
            shown(found),
        )?;
    }
    let location = answer.at("/meta/location");
    let is_address = location.as_str().is_some_and(|text| text.ends_with(&user.path));
    answer.that(is_address, format!("meta.location = …{}", user.path), shown(location))
}

/// The form of RFC 3339, or of `xsd:dateTime`, whose offset may be missing (RFC 7643 §2.3.5).
fn is_date_time(text: &str) -> bool {
    let form: String = text.chars().take(19).map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    form == "0000-00-00T00:00:00"
}

async fn media_type(probe: &mut Probe) -> Verdict {
    let user = probe.user().await?;
    let answer = probe.get(&user.path).await?;
    let found = answer.is(200)?.header("content-type").unwrap_or("none").to_ascii_lowercase();
    answer.that(found.starts_with("application/scim+json"), "Content-Type: application/scim+json", found)
}

async fn accepts_json(probe: &mut Probe) -> Verdict {
    let user = probe.user().await?;
    let request = Request::new(Method::GET, user.path, None).header(ACCEPT, "application/json");
    probe.send(request).await?.is(200).map(drop)
}

async fn attributes(probe: &mut Probe) -> Verdict {
    let user = probe.user().await?;
    let answer = probe.ask(&user.path, &[("attributes", "userName")]).await?;
    answer.is(200)?.has_some("/id")?.has_some("/userName")?;
    answer.has_not("/displayName")?.has_not("/emails")?.has_not("/name").map(drop)
}

async fn attributes_of_complex(probe: &mut Probe) -> Verdict {
    let user = probe.user().await?;
    let answer = probe.ask(&user.path, &[("attributes", "name.familyName")]).await?;
    answer
        .is(200)?
        .has_some("/name/familyName")?
        .has_not("/name/givenName")?
        .has_not("/displayName")
        .map(drop)
}

async fn excluded_attributes(probe: &mut Probe) -> Verdict {
    let user = probe.user().await?;
    let answer = probe.ask(&user.path, &[("excludedAttributes", "displayName,emails")]).await?;
    answer.is(200)?.has_some("/userName")?.has_not("/displayName")?.has_not("/emails").map(drop)
}

async fn id_is_always_returned(probe: &mut Probe) -> Verdict {
    let user = probe.user().await?;
    let answer = probe.ask(&user.path, &[("excludedAttributes", "id")]).await?;
    answer.is(200)?.has_at("/id", &Value::from(user.id)).map(drop)
}

async fn list(probe: &mut Probe) -> Verdict {
    probe.user().await?;
    let answer = probe.ask("/Users", &[("count", "1")]).await?;
    let list = answer.list()?;
    answer.that(list.total >= 1, "totalResults of at least 1", list.total.to_string())?;
    answer.that(list.resources.len() == 1, "one resource", list.resources.len().to_string())
}
