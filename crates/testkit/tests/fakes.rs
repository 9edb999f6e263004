//! The fakes keep the contracts that real connectors keep.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use async_trait::async_trait;
use connector::contract::{self, Subject};
use connector::{Change, Coverage, Error, Interruption, ObjectType, Operation, Source, Target};
use scim::path::Path;
use serde_json::{Value, json};
use testkit::{Call, FakeSource, FakeTarget, Fault, user};

struct Fake(FakeSource);

#[async_trait]
impl Subject for Fake {
    async fn source(&self) -> Box<dyn Source> {
        Box::new(self.0.clone())
    }

    async fn change_one(&self) -> String {
        self.0.set("a", "city", "Omaha");
        "a".into()
    }

    async fn remove_one(&self) -> String {
        self.0.remove(ObjectType::User, "b");
        "b".into()
    }

    async fn break_it(&self) -> String {
        self.0.break_down(|| Error::source("the directory", "is down", "wait"));
        "the directory".into()
    }
}

fn three_users() -> FakeSource {
    FakeSource::new(["a", "b", "c"].map(|anchor| user(anchor, &format!("{anchor}@contoso.com"))))
}

#[tokio::test]
async fn the_fake_source_keeps_the_contract() {
    contract::check(&Fake(three_users())).await.unwrap();
    let full = three_users();
    full.always_full();
    contract::check(&Fake(full)).await.unwrap();
}

#[tokio::test]
async fn a_read_fails_where_it_is_told_to() {
    let source = three_users();
    source.fail_read_after(1, Error::transient(Interruption::Connection, "cut"));
    let mut reading = source.read(None).await.unwrap();
    assert_eq!(reading.next_page().await.unwrap().unwrap().len(), 2);
    assert_eq!(reading.next_page().await.unwrap_err().to_string(), "cut");
    assert!(reading.next_page().await.is_err());
    assert!(reading.finish().is_err());

    let mut reading = source.read(None).await.unwrap();
    while reading.next_page().await.unwrap().is_some() {}
    let completed = reading.finish().unwrap();
    assert_eq!(completed.coverage, Coverage::Full);
    source.expire_watermarks();
    assert!(matches!(source.read(Some(&completed.watermark)).await, Err(Error::WatermarkExpired)));
}

fn path(text: &str) -> Path {
    Path::parse(text).unwrap()
}

fn create(name: &str) -> Operation {
    let values = vec![(path("userName"), json!(name)), (path("active"), json!("True"))];
    Operation::Create { object_type: ObjectType::User, values }
}

fn change(text: &str, before: Option<Value>, after: Option<Value>) -> Change {
    Change::new(path(text), before, after)
}

#[tokio::test]
async fn names_are_unique_and_objects_change() {
    let target = FakeTarget::new();
    let ana = target.export(&create("ana")).await.unwrap();
    assert_eq!(target.export(&create("ANA")).await.unwrap_err().code(), "Conflict");
    let changes = vec![
        change("active", Some(json!(true)), Some(json!("False"))),
        change("emails[type eq \"work\"].value", None, Some(json!("ana@contoso.com"))),
    ];
    target
        .export(&Operation::Update { object_type: ObjectType::User, id: ana.id.clone(), changes })
        .await
        .unwrap();
    let stored = json!({"id": ana.id, "userName": "ana", "active": false,
                        "emails": [{"type": "work", "value": "ana@contoso.com"}]});
    assert_eq!(target.user("Ana"), Some(stored));
    let found = target.find(ObjectType::User, &path("emails.value"), "ANA@contoso.com").await.unwrap();
    assert_eq!(found[0].id, ana.id);
    let deletion = Operation::Delete { object_type: ObjectType::User, id: ana.id.clone() };
    target.export(&deletion).await.unwrap();
    assert!(target.get(ObjectType::User, &ana.id).await.unwrap().is_none());
    assert_eq!(target.exports().len(), 4);
}

#[tokio::test]
async fn members_come_and_go_one_by_one() {
    let target = FakeTarget::new();
    let id = target.put(ObjectType::Group, json!({"displayName": "Sales", "members": [{"value": "1"}]}));
    let member = |id: &str| json!([{"value": id}]);
    let changes = vec![
        change("members", None, Some(member("2"))),
        change("members", None, Some(member("1"))),
        change("members", Some(member("1")), None),
    ];
    let update = Operation::Update { object_type: ObjectType::Group, id, changes };
    assert_eq!(target.export(&update).await.unwrap().document["members"], member("2"));
}

#[tokio::test]
async fn faults_come_when_told() {
    let target = FakeTarget::new();
    target.fail_call(2, Fault::LoseAnswer);
    target.test("nobody").await.unwrap();
    assert!(matches!(target.export(&create("ana")).await, Err(Error::Transient { .. })));
    assert!(target.user("ana").is_some());

    target.fail_call(1, Fault::Fail(Error::RateLimited { retry_after: None }));
    assert_eq!(target.take_log().len(), 2);
    assert!(matches!(target.export(&create("ben")).await, Err(Error::RateLimited { .. })));
    assert!(target.user("ben").is_none());

    let expired = || Fault::Fail(Error::credential("expired", "renew it"));
    target.fail_when(move |call| matches!(call, Call::Export(_)).then(expired));
    target.test("nobody").await.unwrap();
    assert!(matches!(target.export(&create("ben")).await, Err(Error::Credential { .. })));
    target.mend();
    target.export(&create("ben")).await.unwrap();
}
