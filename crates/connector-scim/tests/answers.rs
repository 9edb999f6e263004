//! Every class of answer, and what it makes of each call.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod application;

use application::{Answer, Application, TOKEN, config, empty, html, list, scim};
use connector::{Change, Error, Interruption, ObjectType, Operation, Target, TargetObject};
use connector_scim::{Dialect, ScimTarget};
use scim::path::Path;
use serde_json::{Value, json};
use std::time::Duration;

fn user_name() -> Path {
    Path::parse("userName").unwrap()
}

fn create() -> Operation {
    Operation::Create { object_type: ObjectType::User, values: vec![(user_name(), json!("ana"))] }
}

fn update() -> Operation {
    let change = Change::new(user_name(), Some(json!("ann")), Some(json!("ana")));
    Operation::Update { object_type: ObjectType::User, id: "7".into(), changes: vec![change] }
}

fn delete() -> Operation {
    Operation::Delete { object_type: ObjectType::User, id: "7".into() }
}

/// The result of each call to an application that gives one answer.
struct Results {
    find: Result<Vec<TargetObject>, Error>,
    get: Result<Option<TargetObject>, Error>,
    create: Result<TargetObject, Error>,
    update: Result<TargetObject, Error>,
    delete: Result<TargetObject, Error>,
}

impl Results {
    fn errors(self) -> Vec<Error> {
        vec![
            self.find.unwrap_err(),
            self.get.unwrap_err(),
            self.create.unwrap_err(),
            self.update.unwrap_err(),
            self.delete.unwrap_err(),
        ]
    }
}

async fn results(answer: Answer) -> Results {
    let application = Application::answering(answer).await;
    let target = application.target(Dialect::Entra);
    Results {
        find: target.find(ObjectType::User, &user_name(), "ana").await,
        get: target.get(ObjectType::User, "7").await,
        create: target.export(&create()).await,
        update: target.export(&update()).await,
        delete: target.export(&delete()).await,
    }
}

fn error_body(status: u16, scim_type: Option<&str>, detail: &str) -> Value {
    json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": status.to_string(),
           "scimType": scim_type, "detail": detail})
}

#[tokio::test]
async fn refused_credentials_stop_every_call() {
    for answer in [scim(401, error_body(401, None, "expired")), empty(403), html(403)] {
        let status = answer.status;
        for error in results(answer).await.errors() {
            assert!(
                matches!(&error, Error::Credential { detail, .. } if detail.contains(&status.to_string())),
                "{error:?}"
            );
            let code = if status == 401 { "InvalidCredentials" } else { "InsufficientRights" };
            assert_eq!(error.code(), code);
            assert!(error.hint().contains("target.token"), "{}", error.hint());
        }
    }
}

#[tokio::test]
async fn not_found_depends_on_the_call() {
    for answer in [scim(404, error_body(404, None, "no such user")), empty(404), empty(410)] {
        let results = results(answer).await;
        assert!(matches!(results.find.unwrap_err(), Error::Protocol { .. }));
        assert!(results.get.unwrap().is_none());
        assert!(matches!(results.create.unwrap_err(), Error::Protocol { .. }));
        assert!(matches!(results.update.unwrap_err(), Error::NotFound));
        assert_eq!(results.delete.unwrap().id, "7");
    }
}

#[tokio::test]
async fn a_web_page_never_makes_an_account_look_gone() {
    for error in results(html(404)).await.errors() {
        assert!(matches!(error, Error::Protocol { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn refusals_carry_status_code_and_words() {
    let cases = [
        (
            scim(409, error_body(409, Some("uniqueness"), "userName is taken")),
            "uniqueness",
            "409: userName is taken",
        ),
        (scim(409, error_body(409, None, "taken")), "Conflict", "409: taken"),
        (
            scim(400, error_body(400, Some("invalidValue"), "title is too long")),
            "invalidValue",
            "400: title is too long",
        ),
        (empty(400), "BadRequest", "400"),
        (empty(402), "LicenseLimitExceeded", "402"),
        (empty(412), "PreconditionFailed", "412"),
        (empty(413), "PayloadTooLarge", "413"),
        (
            scim(422, json!({"errors": ["x"]})),
            "UnprocessableEntity",
            r#"422 with application/scim+json: "{"errors":["x"]}""#,
        ),
        (empty(405), "MethodNotAllowed", "405"),
        (empty(501), "NotImplemented", "501"),
    ];
    for (answer, expected_code, words) in cases {
        let expected = answer.status;
        for error in results(answer).await.errors() {
            let Error::Rejected { status, code, detail } = &error else { panic!("{error:?}") };
            assert_eq!((*status, code.as_str(), detail.as_str()), (expected, expected_code, words));
        }
    }
}

async fn retry_after(headers: &[(&'static str, &str)]) -> Option<Duration> {
    refused(429, headers).await
}

async fn refused(status: u16, headers: &[(&'static str, &str)]) -> Option<Duration> {
    let mut answer = empty(status);
    answer.headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    match results(answer).await.create.unwrap_err() {
        Error::RateLimited { retry_after } => retry_after,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn too_many_requests_say_how_long_to_wait() {
    const NOON: (&str, &str) = ("date", "Sun, 22 Nov 2026 12:00:00 GMT");
    assert_eq!(retry_after(&[]).await, None);
    assert_eq!(retry_after(&[("retry-after", "30")]).await, Some(Duration::from_secs(30)));
    assert_eq!(retry_after(&[("retry-after", "soon")]).await, None);
    let at = async |value| retry_after(&[NOON, ("retry-after", value)]).await;
    assert_eq!(at("Sun, 22 Nov 2026 12:01:30 GMT").await, Some(Duration::from_secs(90)));
    assert_eq!(at("Sun, 22 Nov 2026 11:00:00 GMT").await, Some(Duration::ZERO));
    // RFC 9110 §15.6.4: one that does nothing for anybody for now says so with 503.
    assert_eq!(refused(503, &[("retry-after", "30")]).await, Some(Duration::from_secs(30)));
}

#[tokio::test]
async fn failures_of_the_application_may_pass() {
    for status in [500, 502, 503, 504, 599] {
        for error in results(html(status)).await.errors() {
            assert!(
                matches!(&error, Error::Transient { interruption: Interruption::Server, .. }),
                "{error:?}"
            );
        }
    }
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let mut answer = empty(302);
    answer.headers = vec![("location", "/scim/v2/elsewhere".into())];
    let application = Application::answering(answer).await;
    let error = application.target(Dialect::Rfc).get(ObjectType::User, "7").await.unwrap_err();
    assert_eq!(error.to_string(), "GET /Users/7: answered 302, a redirect, and none is followed");
    assert_eq!(application.asked().len(), 1);
}

#[tokio::test]
async fn what_is_no_json_is_named() {
    let error = results(html(200)).await.find.unwrap_err();
    let Error::Protocol { place, detail, .. } = &error else { panic!("{error:?}") };
    assert_eq!(place, "GET /Users?filter=userName%20eq%20%22ana%22");
    assert_eq!(
        detail,
        "answered no JSON object but text/html; charset=utf-8: \"<html> <h1>Sign in</h1></html>\""
    );
    let mut long = html(200);
    long.body = format!("<p>{}</p>", "ä".repeat(500));
    let text = results(long).await.update.unwrap_err().to_string();
    assert!(text.ends_with(&format!("\"<p>{}\"", "ä".repeat(77))), "{text}");
}

#[tokio::test]
async fn lists_must_be_list_responses() {
    let cases = [
        (json!({"id": "7"}), "is not a ListResponse: it has no \"totalResults\""),
        (json!({"totalResults": 1, "Resources": {}}), "\"Resources\" is not a list"),
        (json!({"totalResults": 1, "Resources": []}), "says that 1 objects match, and holds none"),
        (json!({"totalResults": 1, "Resources": [{"userName": "ana"}]}), "a resource has no usable \"id\""),
        (json!({"totalResults": 1, "Resources": [{"id": ".."}]}), "a resource has no usable \"id\""),
        (json!({"totalResults": 1, "Resources": ["7"]}), "a resource is not an object"),
    ];
    for (body, expected) in cases {
        let error = results(scim(200, body)).await.find.unwrap_err();
        let Error::Protocol { detail, .. } = &error else { panic!("{error:?}") };
        assert_eq!(detail, expected);
    }
}

#[tokio::test]
async fn every_match_is_answered_or_it_is_ambiguous() {
    assert!(results(list(&[])).await.find.unwrap().is_empty());
    assert!(results(scim(200, json!({"totalResults": 0}))).await.find.unwrap().is_empty());
    let two = results(list(&[json!({"id": "7", "userName": "ana"}), json!({"id": "8"})])).await.find.unwrap();
    assert_eq!((&*two[0].id, &two[0].document["userName"], &*two[1].id), ("7", &json!("ana"), "8"));
    let partial = scim(200, json!({"totalResults": 3, "Resources": [{"id": "7"}]}));
    let error = results(partial).await.find.unwrap_err();
    assert_eq!(error.to_string(), "3 objects have userName \"ana\"");
}

#[tokio::test]
async fn a_new_object_must_have_an_id() {
    for answer in [scim(201, json!({"userName": "ana"})), scim(201, json!({"id": ""})), empty(201)] {
        let error = results(answer).await.create.unwrap_err();
        assert!(matches!(error, Error::Protocol { .. }), "{error:?}");
    }
    let created = results(scim(201, json!({"ID": "7"}))).await.create.unwrap();
    assert_eq!(created.id, "7");
}

#[tokio::test]
async fn an_endless_answer_is_cut() {
    let mut answer = empty(200);
    answer.body = " ".repeat((10 << 20) + 1);
    let error = results(answer).await.get.unwrap_err();
    assert_eq!(error.to_string(), "GET /Users/7: the answer is larger than 10485760 bytes");
}

#[tokio::test]
async fn an_ignored_filter_fails_the_test() {
    let application = Application::answering(list(&[json!({"id": "7"})])).await;
    let error = application.target(Dialect::Rfc).test("9edf3db5").await.unwrap_err();
    assert!(error.to_string().contains("the filter is ignored"), "{error}");
}

#[tokio::test]
async fn an_echoed_token_is_not_shown() {
    for status in [302, 400, 401, 404, 500] {
        let echo = error_body(status, None, &format!("bad header Authorization: Bearer {TOKEN}"));
        let results = results(scim(status, echo)).await;
        for error in [results.find.unwrap_err(), results.create.unwrap_err()] {
            assert!(!format!("{error:?} {error}").contains(TOKEN), "{error:?}");
        }
    }
    let mut page = html(200);
    page.body = format!("<p>{TOKEN}</p>");
    let text = results(page).await.get.unwrap_err().to_string();
    assert!(text.ends_with("\"<p>[token]</p>\""), "{text}");
}

async fn interruption(url: &str, timeout: Duration) -> Interruption {
    let mut config = config(url, Dialect::Rfc);
    config.timeout = timeout;
    match ScimTarget::new(config).unwrap().export(&create()).await.unwrap_err() {
        Error::Transient { interruption, .. } => interruption,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_lost_answer_is_transient() {
    const PATIENT: Duration = Duration::from_secs(20);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/scim", listener.local_addr().unwrap());
    // The listener's queue takes the connection, and nobody ever answers.
    assert_eq!(interruption(&url, Duration::from_millis(50)).await, Interruption::Timeout);
    let hang_up = tokio::spawn(async move {
        // The first connection is the one that timed out.
        for _ in 0..2 {
            drop(listener.accept().await.unwrap());
        }
    });
    assert_eq!(interruption(&url, PATIENT).await, Interruption::Connection);
    hang_up.await.unwrap();
    assert_eq!(interruption(&url, PATIENT).await, Interruption::Connection);
}

#[test]
fn a_token_that_no_header_may_hold_is_refused() {
    for token in ["", "a\nb"] {
        let config = connector_scim::Config::new(
            "https://a.example/scim",
            connector_scim::Secret::new(token),
            Dialect::Rfc,
        );
        let error = ScimTarget::new(config).err().unwrap().to_string();
        assert!(error.starts_with("the Secret Token is empty"), "{error}");
    }
}

#[tokio::test]
async fn members_are_told_or_known_not_to_be() {
    let members = async |group: Value, known: Option<&str>, matching: Option<Answer>| {
        let application =
            Application::deciding(move |asked| match (&matching, asked.line.contains("filter=")) {
                (Some(matching), true) => matching.clone(),
                _ => scim(200, group.clone()),
            })
            .await;
        application.target(Dialect::Entra).members("g", known).await.unwrap()
    };
    let held = json!({"id": "g", "members": [{"value": "a", "display": "Ana"}, {"value": "b"}]});
    assert_eq!(members(held, Some("c"), None).await, Some(vec!["a".to_owned(), "b".to_owned()]));
    let empty = json!({"id": "g", "displayName": "Sales"});
    assert_eq!(members(empty.clone(), None, None).await, Some(Vec::new()));
    assert_eq!(
        members(empty.clone(), Some("a"), Some(list(&[]))).await,
        Some(Vec::new()),
        "it has lost all of them"
    );
    assert_eq!(
        members(empty.clone(), Some("a"), Some(list(&[json!({"id": "g"})]))).await,
        None,
        "they are not told"
    );
    let refused = scim(400, error_body(400, Some("invalidFilter"), "no"));
    assert_eq!(members(empty, Some("a"), Some(refused)).await, None, "and can't be asked for");
}
