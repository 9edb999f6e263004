//! What the target makes of what an application can and cannot do.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod application;

use application::{Answer, Application, Asked, config, empty, html, list, scim};
use connector::{Capabilities, Change, Error, Learned, ObjectType, Operation, Target};
use connector_scim::{Dialect, ScimTarget};
use scim::path::Path;
use serde_json::{Value, json};

fn change(text: &str, before: Value, after: Value) -> Change {
    let some = |value: Value| (!value.is_null()).then_some(value);
    Change::new(Path::parse(text).unwrap(), some(before), some(after))
}

fn update(object_type: ObjectType, id: &str, changes: Vec<Change>) -> Operation {
    Operation::Update { object_type, id: id.to_owned(), changes }
}

fn retitle(id: &str) -> Operation {
    update(ObjectType::User, id, vec![change("title", json!("Engineer"), json!("Chief"))])
}

fn member_of(id: &str) -> Operation {
    update(ObjectType::Group, "9", vec![change("members", Value::Null, json!([id]))])
}

fn lines(application: &Application) -> Vec<String> {
    application.asked().iter().map(Asked::short).collect()
}

fn scim_error(status: u16, scim_type: Option<&str>) -> Answer {
    scim(status, json!({"status": status.to_string(), "scimType": scim_type, "detail": "no"}))
}

fn service_provider_config() -> Answer {
    scim(
        200,
        json!({
            "patch": {"supported": true}, "bulk": {"supported": true, "maxOperations": 3, "maxPayloadSize": 5000},
            "filter": {"supported": true, "maxResults": 200}, "etag": {"supported": false},
            "sort": {"supported": "True"}, "pagination": {"cursor": true},
        }),
    )
}

/// An application that refuses PATCH with a status.
async fn without_patch(status: u16) -> Application {
    Application::deciding(move |asked| match asked.line.split(' ').next().unwrap() {
        "PATCH" => empty(status),
        _ => scim(200, json!({"id": "7", "userName": "ana", "title": "Engineer", "seat": "4C"})),
    })
    .await
}

#[tokio::test]
async fn an_application_without_patch_gets_a_put_and_is_remembered() {
    for status in [405, 501] {
        let application = without_patch(status).await;
        let target = application.target(Dialect::Rfc);
        target.export(&retitle("7")).await.unwrap();
        let asked = application.asked();
        let asked_lines: Vec<String> = asked.iter().map(Asked::short).collect();
        assert_eq!(asked_lines, ["PATCH /Users/7", "GET /Users/7", "PUT /Users/7"]);
        let body = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": "7",
                          "userName": "ana", "title": "Chief", "seat": "4C"});
        assert_eq!(asked[2].body, body);

        let known = target.capabilities().unwrap();
        assert_eq!(known.patch.why, Some(format!("PATCH /Users/… answered {status}")));
        assert_eq!((known.patch.on, known.patch.learned), (false, Learned::Tried));
        let remembered = serde_json::from_value(serde_json::to_value(&known).unwrap()).unwrap();
        let target = application.target(Dialect::Rfc);
        target.recall(Some(remembered));
        assert_eq!(target.preview(&retitle("7")).len(), 2, "GET and PUT");
        target.export(&retitle("7")).await.unwrap();
        assert_eq!(lines(&application), ["GET /Users/7", "PUT /Users/7"]);
    }
}

#[tokio::test]
async fn what_a_put_clears_is_null() {
    let application = without_patch(501).await;
    let changes = vec![change("title", json!("Engineer"), Value::Null)];
    application.target(Dialect::Rfc).export(&update(ObjectType::User, "7", changes)).await.unwrap();
    let put = application.asked().pop().unwrap();
    assert_eq!(put.body["title"], Value::Null);
    assert!(put.body.as_object().unwrap().contains_key("title"));
}

#[tokio::test]
async fn entra_and_okta_know_no_other_way_than_theirs() {
    for dialect in [Dialect::Entra, Dialect::Entra2020, Dialect::OktaOinPatch] {
        let application = without_patch(501).await;
        let target = application.target(dialect);
        let error = target.export(&retitle("7")).await.unwrap_err();
        assert!(matches!(error, Error::Rejected { status: 501, .. }), "{error:?}");
        assert!(error.hint().contains("dialect"), "{}", error.hint());
        assert_eq!(lines(&application), ["PATCH /Users/7"]);
    }
}

#[tokio::test]
async fn a_put_is_never_made_of_somebody_else() {
    let application = Application::answering(scim(200, json!({"id": "8"}))).await;
    let error = application.target(Dialect::OktaAiw).export(&retitle("7")).await.unwrap_err();
    assert!(matches!(error, Error::Protocol { .. }), "{error:?}");
    assert_eq!(lines(&application), ["GET /Users/7"]);
    let application = Application::answering(scim_error(404, None)).await;
    let error = application.target(Dialect::OktaAiw).export(&retitle("7")).await.unwrap_err();
    assert!(matches!(error, Error::NotFound), "{error:?}");
}

async fn learned(answer: Answer) -> Result<Capabilities, Error> {
    let application = Application::answering(answer).await;
    let target = application.target(Dialect::Rfc);
    target.learn().await?;
    assert_eq!(lines(&application), ["GET /ServiceProviderConfig"]);
    Ok(target.capabilities().unwrap())
}

#[tokio::test]
async fn what_is_announced_is_learned() {
    let known = learned(service_provider_config()).await.unwrap();
    assert_eq!((known.bulk_max_operations, known.bulk_max_payload_bytes), (Some(3), Some(5000)));
    assert_eq!(known.filter_max_results, Some(200));
    let shown: Vec<String> = known
        .named()
        .iter()
        .map(|(name, capability)| format!("{name} {} {:?}", capability.on, capability.learned))
        .collect();
    let expected = [
        "patch true Announced",
        "bulk true Announced",
        "filter true Announced",
        "excludedAttributes true Assumed",
        "etag false Announced",
        "sort true Announced",
        "cursor true Announced",
    ];
    assert_eq!(shown, expected);
    assert_eq!(known.etag.why.as_deref(), Some("ServiceProviderConfig denies etag.supported"));
}

#[tokio::test]
async fn no_service_provider_config_is_no_error() {
    for answer in [scim_error(404, None), html(200), empty(501), empty(403)] {
        let status = answer.status;
        let known = learned(answer).await.unwrap();
        assert!(known.asked && known.patch.on && known.filter.on && !known.bulk.on);
        let why = known.bulk.why.unwrap();
        assert_eq!(why, format!("GET /ServiceProviderConfig answered {status}"));
    }
    assert!(matches!(learned(empty(503)).await, Err(Error::Transient { .. })));
}

#[tokio::test]
async fn the_test_asks_once_and_only_where_the_answer_matters() {
    let application = Application::deciding(|asked| match asked.short().as_str() {
        "GET /ServiceProviderConfig" => service_provider_config(),
        _ => list(&[]),
    })
    .await;
    let nobody = "GET /Users?filter=userName%20eq%20%22x%22";
    let target = application.target(Dialect::Rfc);
    target.test("x").await.unwrap();
    target.test("x").await.unwrap();
    assert_eq!(lines(&application), [nobody, "GET /ServiceProviderConfig", nobody]);
    assert_eq!(target.capabilities().unwrap().filter.learned, Learned::Tried);
    application.target(Dialect::Entra).test("x").await.unwrap();
    assert_eq!(lines(&application), [nobody]);
}

#[tokio::test]
async fn a_filter_that_is_not_understood_is_remembered() {
    let application = Application::answering(scim_error(403, None)).await;
    let target = application.target(Dialect::Rfc);
    assert!(target.test("x").await.is_err());
    assert!(target.capabilities().unwrap().filter.on, "a refused token says nothing of filters");
    let application = Application::answering(scim_error(501, None)).await;
    let target = application.target(Dialect::Rfc);
    assert!(target.test("x").await.is_err());
    let filter = target.capabilities().unwrap().filter;
    assert_eq!((filter.on, filter.learned), (false, Learned::Tried));
    assert!(filter.why.unwrap().ends_with("answered 501"));
}

#[tokio::test]
async fn members_go_in_requests_of_the_size_that_the_job_says() {
    let application = Application::answering(empty(204)).await;
    let ids: Vec<String> = (0..250).map(|number| format!("u{number}")).collect();
    let operation = update(ObjectType::Group, "9", vec![change("members", Value::Null, json!(ids))]);
    for (size, requests) in [(None, 3), (Some(1), 250), (Some(200), 2)] {
        let mut config = config(&application.url, Dialect::Entra);
        config.members_per_request = size.unwrap_or(config.members_per_request);
        let target = ScimTarget::new(config).unwrap();
        target.export(&operation).await.unwrap();
        let asked = application.asked();
        assert_eq!(asked.len(), requests);
        assert_eq!(target.preview(&operation).len(), requests);
        let sent = asked.iter().flat_map(|asked| asked.body["Operations"][0]["value"].as_array().unwrap());
        let sent: Vec<&str> = sent.map(|member| member["value"].as_str().unwrap()).collect();
        assert_eq!(sent, ids);
    }
}

/// An application that refuses to add the member `there` and to remove `gone`, and everything that goes with them.
fn strict_about_members(asked: &Asked) -> Answer {
    let text = asked.body.to_string();
    if text.contains("there") {
        scim_error(409, Some("uniqueness"))
    } else if text.contains("gone") {
        scim_error(400, Some("noTarget"))
    } else {
        empty(204)
    }
}

#[tokio::test]
async fn who_is_a_member_already_or_is_none_is_no_error() {
    let application = Application::deciding(strict_about_members).await;
    let target = application.target(Dialect::Rfc);
    for changes in [
        vec![change("members", Value::Null, json!(["there"]))],
        vec![change("members", json!(["gone"]), Value::Null)],
    ] {
        target.export(&update(ObjectType::Group, "9", changes)).await.unwrap();
    }
    application.asked();
    let changes = vec![
        change("members", Value::Null, json!(["a", "there", "b"])),
        change("members", json!(["c", "gone"]), Value::Null),
    ];
    target.export(&update(ObjectType::Group, "9", changes)).await.unwrap();
    let sent: Vec<Value> = application.asked().iter().map(|asked| asked.body["Operations"].clone()).collect();
    assert_eq!(sent.len(), 6, "together first, then each alone");
    assert_eq!(sent[1], json!([{"op": "add", "path": "members", "value": [{"value": "a"}]}]));
    assert_eq!(sent[4], json!([{"op": "remove", "path": "members[value eq \"c\"]"}]));
}

#[tokio::test]
async fn other_refusals_of_members_stay_errors() {
    let application = Application::deciding(|_| scim_error(400, Some("invalidValue"))).await;
    let error = application.target(Dialect::Rfc).export(&member_of("1")).await.unwrap_err();
    assert!(matches!(error, Error::Rejected { status: 400, .. }), "{error:?}");
    assert_eq!(application.asked().len(), 1);
    let application = Application::answering(scim_error(404, None)).await;
    let error = application.target(Dialect::Rfc).export(&member_of("1")).await.unwrap_err();
    assert!(matches!(error, Error::NotFound), "{error:?}");
}
