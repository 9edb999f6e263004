//! Several writes in one request, where the application takes that.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod application;

use application::{Answer, Application, Asked, TOKEN, config, empty, scim};
use connector::{Change, Error, Learned, ObjectType, Operation, Target, TargetObject};
use connector_scim::{Dialect, ScimTarget};
use scim::path::Path;
use serde_json::{Value, json};

const PATCH_OP: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

fn retitle(id: &str) -> Operation {
    let title = Path::parse("title").unwrap();
    let change = Change::new(title, Some(json!("Engineer")), Some(json!("Chief")));
    Operation::Update { object_type: ObjectType::User, id: id.to_owned(), changes: vec![change] }
}

fn lines(application: &Application) -> Vec<String> {
    application.asked().iter().map(Asked::short).collect()
}

fn service_provider_config() -> Answer {
    scim(
        200,
        json!({"patch": {"supported": true}, "filter": {"supported": true, "maxResults": 200},
                     "bulk": {"supported": true, "maxOperations": 3, "maxPayloadSize": 5000}}),
    )
}

/// As many in one request as go there, and by itself what has to.
async fn export_many(target: &ScimTarget, operations: &[Operation]) -> Vec<Result<TargetObject, Error>> {
    let mut results = Vec::new();
    let mut left: Vec<&Operation> = operations.iter().collect();
    while !left.is_empty() {
        let fit = target.bulk().map_or(0, |bulk| bulk.fit(&left)).max(1);
        let batch: Vec<&Operation> = left.drain(..fit).collect();
        let outcomes = match target.bulk() {
            Some(bulk) if fit > 1 => bulk.write(&batch).await,
            _ => vec![None],
        };
        for (operation, outcome) in batch.into_iter().zip(outcomes) {
            results.push(match outcome {
                Some(result) => result,
                None => target.export(operation).await,
            });
        }
    }
    results
}

fn create(name: &str) -> Operation {
    let values = vec![(Path::parse("userName").unwrap(), json!(name))];
    Operation::Create { object_type: ObjectType::User, values }
}

fn delete(id: &str) -> Operation {
    Operation::Delete { object_type: ObjectType::User, id: id.to_owned() }
}

/// An application that does bulk requests: nobody may be called `taken`, and nobody is `gone`.
fn bulk(asked: &Asked) -> Answer {
    match asked.short().as_str() {
        "GET /ServiceProviderConfig" => service_provider_config(),
        "POST /Bulk" => {
            let results = asked.body["Operations"].as_array().unwrap().iter().map(result).collect::<Vec<_>>();
            scim(200, json!({"Operations": results}))
        }
        "DELETE /Users/last" => empty(204),
        line => panic!("{line}"),
    }
}

fn result(operation: &Value) -> Value {
    let (method, path) = (operation["method"].as_str().unwrap(), operation["path"].as_str().unwrap());
    let of = |status: u16, response: Value| {
        json!({"method": method, "location": format!("https://a.example/scim/v2{path}"),
               "status": status.to_string(), "response": response})
    };
    let name = operation["data"]["userName"].as_str();
    let mut result = match (method, name, path.rsplit('/').next().unwrap()) {
        ("POST", Some("taken"), _) => of(409, json!({"scimType": "uniqueness", "detail": "taken"})),
        ("POST", Some("silent"), _) => {
            json!({"method": "POST", "status": "201", "location": "https://a.example/Users/a%20b"})
        }
        ("POST", Some(name), _) => of(201, json!({"id": format!("id-{name}")})),
        (_, _, "gone") => of(404, json!({"detail": "gone"})),
        (_, _, "busy") => of(429, Value::Null),
        ("PATCH", _, id) => of(200, json!({"id": id})),
        _ => of(204, Value::Null),
    };
    if method == "POST" {
        result["bulkId"] = operation["bulkId"].clone();
    }
    result
}

#[tokio::test]
async fn many_operations_go_in_bulk_and_each_has_its_own_result() {
    let application = Application::deciding(bulk).await;
    let target = application.target(Dialect::Rfc);
    target.learn().await.unwrap();
    application.asked();
    let operations = [
        create("ana"),
        create("taken"),
        retitle("7"),
        create("silent"),
        retitle("gone"),
        delete("gone"),
        retitle("busy"),
        delete("8"),
        delete("9"),
        delete("last"),
    ];
    let results = export_many(&target, &operations).await;
    let asked = application.asked();
    let sizes: Vec<usize> =
        asked.iter().map(|asked| asked.body["Operations"].as_array().map_or(0, Vec::len)).collect();
    assert_eq!(sizes, [3, 3, 3, 0], "three at most; the last one goes by itself");
    let first = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": [
            {"method": "POST", "path": "/Users", "bulkId": "r0",
             "data": {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ana"}},
            {"method": "POST", "path": "/Users", "bulkId": "r1",
             "data": {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "taken"}},
            {"method": "PATCH", "path": "/Users/7", "bulkId": "r2", "data": {"schemas": [PATCH_OP],
             "Operations": [{"op": "replace", "path": "title", "value": "Chief"}]}},
        ],
    });
    assert_eq!(asked[0].body, first);
    let mut results = results.into_iter();
    let mut next = || results.next().unwrap();
    assert_eq!(next().unwrap().id, "id-ana");
    assert!(matches!(next(), Err(Error::Rejected { status: 409, .. })));
    assert_eq!(next().unwrap().id, "7");
    assert_eq!(next().unwrap().id, "a b", "from the location");
    assert!(matches!(next(), Err(Error::NotFound)));
    assert_eq!(next().unwrap().id, "gone", "deleting who is gone is a success");
    assert!(matches!(next(), Err(Error::RateLimited { .. })));
    assert_eq!(next().unwrap().id, "8");
    assert_eq!(next().unwrap().id, "9");
    assert_eq!(next().unwrap().id, "last");
    assert!(target.capabilities().unwrap().bulk.learned == Learned::Tried);
}

#[tokio::test]
async fn a_bulk_request_keeps_within_the_announced_bytes() {
    let application = Application::deciding(bulk).await;
    let target = application.target(Dialect::Rfc);
    target.learn().await.unwrap();
    application.asked();
    let long = "x".repeat(2000);
    let operations: Vec<Operation> = (0..4).map(|number| create(&format!("{number}{long}"))).collect();
    assert!(export_many(&target, &operations).await.iter().all(Result::is_ok));
    let asked = application.asked();
    assert_eq!(asked.len(), 2);
    assert!(asked.iter().all(|asked| asked.body.to_string().len() <= 5000));
}

#[tokio::test]
async fn bulk_is_for_those_who_offer_it() {
    let application = Application::deciding(|asked| match asked.short().as_str() {
        "GET /ServiceProviderConfig" => service_provider_config(),
        "POST /Bulk" => empty(501),
        _ => empty(204),
    })
    .await;
    let operations = [delete("1"), delete("2"), delete("3"), delete("4")];
    let alone = ["DELETE /Users/1", "DELETE /Users/2", "DELETE /Users/3", "DELETE /Users/4"];
    for dialect in [Dialect::Entra, Dialect::OktaOin] {
        let target = application.target(dialect);
        target.learn().await.unwrap();
        application.asked();
        assert!(export_many(&target, &operations).await.iter().all(Result::is_ok));
        assert_eq!(lines(&application), alone);
    }
    let target = application.target(Dialect::Rfc);
    assert!(export_many(&target, &operations).await.iter().all(Result::is_ok));
    assert_eq!(lines(&application), alone, "nobody has announced it");
    target.learn().await.unwrap();
    application.asked();
    assert!(export_many(&target, &operations).await.iter().all(Result::is_ok));
    let tried = lines(&application);
    assert_eq!((tried[0].as_str(), &tried[1..]), ("POST /Bulk", &alone.map(str::to_owned)[..]));
    let why = target.capabilities().unwrap().bulk.why.unwrap();
    assert_eq!(why, "POST /Bulk answered 501 to 3 operations");
    export_many(&target, &operations).await;
    assert_eq!(lines(&application), alone, "it is not tried again");
}

#[tokio::test]
async fn what_a_bulk_answer_does_not_tell_of_may_have_happened() {
    let config = service_provider_config();
    for (answer, detail) in [
        (scim(200, json!({"Operations": []})), "does not tell of it"),
        (scim(200, json!({"id": "7"})), "is not a BulkResponse"),
        (empty(503), "503"),
    ] {
        let config = config.clone();
        let application = Application::deciding(move |asked| match asked.short().as_str() {
            "GET /ServiceProviderConfig" => config.clone(),
            _ => answer.clone(),
        })
        .await;
        let target = application.target(Dialect::Rfc);
        target.learn().await.unwrap();
        application.asked();
        for result in export_many(&target, &[create("ana"), create("bo")]).await {
            let error = result.unwrap_err();
            assert!(error.to_string().contains(detail), "{error}");
            assert!(matches!(error, Error::Transient { .. } | Error::Protocol { .. }), "{error:?}");
        }
        assert_eq!(lines(&application), ["POST /Bulk"], "a write that may have happened is not sent again");
    }
}

/// An application that takes bulk requests of so many operations, whatever it announces.
async fn taking(most: usize, status: u16, body: Value) -> Application {
    Application::deciding(move |asked| match asked.short().as_str() {
        "GET /ServiceProviderConfig" => scim(
            200,
            json!({"bulk": {"supported": true, "maxOperations": 1000, "maxPayloadSize": 1_000_000}}),
        ),
        "POST /Bulk" if asked.body["Operations"].as_array().unwrap().len() > most => {
            scim(status, body.clone())
        }
        "POST /Bulk" => bulk(asked),
        _ => empty(204),
    })
    .await
}

#[tokio::test]
async fn who_takes_fewer_operations_than_announced_gets_fewer() {
    let operations: Vec<Operation> = (0..16).map(|number| delete(&number.to_string())).collect();
    for (status, body) in [(413, Value::Null), (400, json!({"scimType": "tooMany"}))] {
        let application = taking(4, status, body).await;
        let target = application.target(Dialect::Rfc);
        target.learn().await.unwrap();
        for most in [8, 4] {
            assert!(export_many(&target, &operations).await.iter().all(Result::is_ok));
            assert_eq!(target.bulk().unwrap().most(), most);
        }
        application.asked();
        assert!(export_many(&target, &operations).await.iter().all(Result::is_ok));
        assert_eq!(lines(&application), ["POST /Bulk"; 4]);
        let known = target.capabilities().unwrap().bulk;
        assert_eq!((known.on, known.learned), (true, Learned::Tried));
        assert_eq!(known.why, Some(format!("POST /Bulk answered {status} to 8 operations")));
    }
}

#[tokio::test]
async fn who_takes_no_bulk_request_gets_each_operation_by_itself() {
    for status in [400, 404, 405, 413, 415, 501] {
        let application = taking(1, status, Value::Null).await;
        let target = application.target(Dialect::Rfc);
        target.learn().await.unwrap();
        application.asked();
        let operations = [delete("1"), delete("2")];
        assert!(export_many(&target, &operations).await.iter().all(Result::is_ok));
        assert_eq!(lines(&application), ["POST /Bulk", "DELETE /Users/1", "DELETE /Users/2"]);
        let known = target.capabilities().unwrap();
        assert_eq!(known.bulk.why, Some(format!("POST /Bulk answered {status} to 2 operations")));
        assert!(target.bulk().is_none());
    }
}

#[tokio::test]
async fn nobody_is_let_in_one_by_one_either() {
    for (status, is_right) in [
        (401, (|error| matches!(error, Error::Credential { .. })) as fn(&Error) -> bool),
        (429, |error| matches!(error, Error::RateLimited { .. })),
        (503, |error| matches!(error, Error::Transient { .. })),
    ] {
        let application = taking(1, status, Value::Null).await;
        let target = application.target(Dialect::Rfc);
        target.learn().await.unwrap();
        application.asked();
        for result in export_many(&target, &[delete("1"), delete("2")]).await {
            assert!(is_right(&result.unwrap_err()), "{status}");
        }
        assert_eq!(lines(&application), ["POST /Bulk"]);
        assert!(target.bulk().is_some(), "{status} says nothing of bulk requests");
    }
}

#[tokio::test]
async fn an_update_that_is_refused_is_tried_another_way_and_a_creation_is_not() {
    let application = Application::deciding(|asked| match asked.short().as_str() {
        "GET /ServiceProviderConfig" => service_provider_config(),
        "POST /Bulk" => {
            let refused = |operation: &Value| {
                json!({"method": operation["method"], "bulkId": operation["bulkId"], "status": "501",
                       "response": {"detail": format!("no PATCH for {TOKEN}")}})
            };
            let operations = asked.body["Operations"].as_array().unwrap();
            scim(200, json!({"Operations": operations.iter().map(refused).collect::<Vec<_>>()}))
        }
        "PATCH /Users/7" => empty(501),
        _ => scim(200, json!({"id": "7", "userName": "ana"})),
    })
    .await;
    let target = application.target(Dialect::Rfc);
    target.learn().await.unwrap();
    application.asked();
    let mut results = export_many(&target, &[retitle("7"), create("bo")]).await;
    assert_eq!(lines(&application), ["POST /Bulk", "PATCH /Users/7", "GET /Users/7", "PUT /Users/7"]);
    let error = results.remove(1).unwrap_err();
    assert!(matches!(error, Error::Rejected { status: 501, .. }), "{error:?}");
    assert!(!error.to_string().contains(TOKEN), "{error}");
    assert_eq!(results.remove(0).unwrap().id, "7");
    assert_eq!(
        target.bulk().unwrap().fit(&[&retitle("7"), &create("bo")]),
        0,
        "GET and PUT are two requests"
    );
}

#[tokio::test]
async fn a_job_may_want_none() {
    let application = Application::deciding(bulk).await;
    let mut config = config(&application.url, Dialect::Rfc);
    config.bulk = false;
    let target = ScimTarget::new(config).unwrap();
    target.learn().await.unwrap();
    let known = target.capabilities().unwrap().bulk;
    assert_eq!((known.on, known.learned), (false, Learned::Configured));
    assert!(target.bulk().is_none());
}
