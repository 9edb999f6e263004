//! The source `sql` against a real PostgreSQL.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use async_trait::async_trait;
use connector::contract::{self, Subject};
use connector::{Assignment, Coverage, Error, Member, Members, Needs, Object, ObjectType, Source, Watermark};
use connector_sql::SqlSource;
use model::job::SqlSettings;
use serde_json::{Value, json};
use testkit::Database;
use tokio_postgres::{Client, NoTls};

struct People {
    database: Database,
    client: Client,
}

const SCHEMA: &str = "
CREATE TABLE person (number bigint, upn text, name text, active boolean, hired date, tags text[], boss bigint,
                     gone timestamptz);
CREATE TABLE team (id uuid PRIMARY KEY, name text, secure boolean);
CREATE TABLE in_team (team uuid, who text);
CREATE TABLE allowed (kind text, who text);
INSERT INTO person VALUES (1, 'ana@contoso.com', 'Ana', true, '2024-02-29', '{a,b}', NULL, NULL),
                          (2, 'ben@contoso.com', 'Ben', false, NULL, NULL, 1, NULL),
                          (3, 'cy@contoso.com', 'Cy', true, NULL, NULL, 1, '2026-11-22T09:30:00+01');
";

const USERS: &str =
    "SELECT number AS id, upn AS userprincipalname, name AS \"displayName\", active AS accountenabled,
    hired, tags, boss AS manager, gone AS deleteddatetime FROM person -- everybody";

impl People {
    async fn new() -> Self {
        let database = Database::postgres();
        let (client, connection) = tokio_postgres::connect(database.text(), NoTls).await.unwrap();
        tokio::spawn(connection);
        client.batch_execute(SCHEMA).await.unwrap();
        Self { database, client }
    }

    async fn run(&self, sql: &str) {
        self.client.batch_execute(sql).await.unwrap();
    }

    fn source(&self) -> SqlSource {
        self.source_with(&json!({}), Needs::default())
    }

    fn source_with(&self, more: &Value, needs: Needs) -> SqlSource {
        let mut settings = json!({ "url": "unused", "users": USERS });
        settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let settings: SqlSettings = serde_json::from_value(settings).unwrap();
        SqlSource::new(&settings, self.database.text(), needs).unwrap()
    }
}

/// All queries.
fn all() -> Value {
    json!({
        "groups": "SELECT id, name AS displayname, secure AS securityenabled FROM team;",
        "members": "SELECT team AS groupid, who AS memberid FROM in_team",
        "assignments": "SELECT kind AS principaltype, who AS principalid FROM allowed",
    })
}

async fn read(source: &dyn Source, since: Option<&Watermark>) -> (Vec<Object>, Coverage, Watermark) {
    let mut reading = source.read(since).await.unwrap();
    let mut objects = Vec::new();
    while let Some(page) = reading.next_page().await.unwrap() {
        objects.extend(page.into_iter().map(|entry| match entry {
            connector::Entry::Present(object) => object,
            other => panic!("{} did not come", other.anchor()),
        }));
    }
    let completed = reading.finish().unwrap();
    (objects, completed.coverage, completed.watermark)
}

#[async_trait]
impl Subject for People {
    async fn source(&self) -> Box<dyn Source> {
        Box::new(self.source())
    }

    async fn change_one(&self) -> String {
        self.run("UPDATE person SET name = 'Anna' WHERE number = 1").await;
        "1".to_owned()
    }

    async fn remove_one(&self) -> String {
        self.run("DELETE FROM person WHERE number = 2").await;
        "2".to_owned()
    }

    async fn break_it(&self) -> String {
        self.run("DROP TABLE person").await;
        "the users query".to_owned()
    }
}

#[tokio::test]
async fn sql_keeps_the_contract() {
    contract::check(&People::new().await).await.unwrap();
}

#[tokio::test]
async fn columns_are_attributes_by_the_names_that_the_job_reads() {
    let people = People::new().await;
    let mut needs = Needs::default();
    needs.user_attributes.insert("Hired".into());
    let (objects, ..) = read(&people.source_with(&json!({}), needs), None).await;
    assert_eq!(
        Value::Object(objects[0].attributes.clone()),
        json!({ "id": "1", "userPrincipalName": "ana@contoso.com", "displayName": "Ana", "accountEnabled": true,
            "Hired": "2024-02-29", "tags": ["a", "b"], "manager": null, "deletedDateTime": null })
    );
    let shown: Vec<_> = objects.iter().map(|o| (o.anchor.as_str(), o.enabled, o.soft_deleted)).collect();
    assert_eq!(shown, [("1", true, false), ("2", false, false), ("3", true, true)]);
    assert_eq!(objects[1].attributes["manager"], "1");
    assert_eq!(objects[2].attributes["deletedDateTime"], "2026-11-22T08:30:00+00:00");
}

const TEAMS: &str = "
INSERT INTO team VALUES ('00000000-0000-4000-8000-00000000000a', 'All', true),
                        ('00000000-0000-4000-8000-00000000000b', 'Inner', true),
                        ('00000000-0000-4000-8000-00000000000c', 'Mail', false);
INSERT INTO in_team VALUES ('00000000-0000-4000-8000-00000000000a', '1'),
                           ('00000000-0000-4000-8000-00000000000a', '00000000-0000-4000-8000-00000000000b'),
                           ('00000000-0000-4000-8000-00000000000b', '3'),
                           ('00000000-0000-4000-8000-00000000000b', '00000000-0000-4000-8000-00000000000a'),
                           ('00000000-0000-4000-8000-00000000000c', '2');
INSERT INTO allowed VALUES ('Group', '00000000-0000-4000-8000-00000000000a'),
                           ('Group', '00000000-0000-4000-8000-00000000000c'), ('User', '2');
";

#[tokio::test]
async fn groups_assign_their_members_nested_where_the_job_asks_for_it() {
    let people = People::new().await;
    people.run(TEAMS).await;
    let inner = "00000000-0000-4000-8000-00000000000b";
    let by_all = Assignment::ByGroup { group: "All".into() };
    for (nested_groups, cy) in [(false, Assignment::Unassigned), (true, by_all.clone())] {
        let needs = Needs { assignments: true, groups: true, nested_groups, ..Needs::default() };
        let source = people.source_with(&all(), needs);
        let (objects, ..) = read(&source, None).await;
        let of = |anchor: &str| objects.iter().find(|object| object.anchor == anchor).unwrap();
        assert_eq!(
            [&of("1").assignment, &of("2").assignment, &of("3").assignment],
            [&by_all, &Assignment::Direct, &cy]
        );
        let mut members = vec![Member::user("1"), Member::group(inner)];
        members.extend(nested_groups.then(|| Member::user("3")));
        let group = objects.iter().find(|object| object.display == "All").unwrap();
        assert_eq!(group.members, Some(Members::All(members)));
        let got = source.get(ObjectType::Group, std::slice::from_ref(&group.anchor)).await.unwrap();
        assert_eq!(got, [connector::Entry::Present(group.clone())]);
    }
}

#[tokio::test]
async fn a_change_in_any_query_moves_the_watermark() {
    let people = People::new().await;
    people.run(TEAMS).await;
    let source = people.source_with(&all(), Needs::default());
    let (.., mut before) = read(&source, None).await;
    for change in [
        "DELETE FROM in_team WHERE who = '2'",
        "UPDATE team SET name = 'Everybody' WHERE name = 'All'",
        "INSERT INTO allowed VALUES ('User', '3')",
        "UPDATE person SET tags = '{b,a}' WHERE number = 1",
    ] {
        assert_eq!(read(&source, Some(&before)).await.1, Coverage::Changes);
        people.run(change).await;
        let (objects, coverage, after) = read(&source, Some(&before)).await;
        assert_eq!((objects.len(), coverage), (6, Coverage::Full), "{change}");
        before = after;
    }
}

#[tokio::test]
async fn all_pages_are_of_one_moment() {
    let people = People::new().await;
    people
        .run("INSERT INTO person SELECT n, 'u' || n || '@contoso.com' FROM generate_series(10, 1209) n")
        .await;
    let source = people.source();
    let mut reading = source.read(None).await.unwrap();
    assert_eq!(reading.expected(), Some(1203));
    let mut sizes = vec![reading.next_page().await.unwrap().unwrap().len()];
    people.run("DELETE FROM person").await;
    while let Some(page) = reading.next_page().await.unwrap() {
        sizes.push(page.len());
    }
    assert_eq!(sizes, [500, 500, 203]);
    reading.finish().unwrap();
}

#[tokio::test]
async fn rows_that_would_make_people_disappear_are_errors() {
    let people = People::new().await;
    people.run(TEAMS).await;
    let needs = Needs { assignments: true, ..Needs::default() };
    for (more, word) in [
        (json!({ "users": "SELECT * FROM person WHERE false" }), "users"),
        (json!({ "users": "SELECT upn FROM person" }), "users"),
        (json!({ "users": "SELECT 1 AS id, name FROM person" }), "2 rows with an \"id\""),
        (json!({ "users": "SELECT nullif(number, 2) AS id FROM person" }), "1 rows without \"id\""),
        (json!({ "assignments": null }), "assignments"),
        (json!({ "assignments": "SELECT '' AS principalid WHERE false" }), "assignments"),
        (json!({ "assignments": "SELECT 'x' AS principalid, 'Group' AS principaltype" }), "\"x\""),
        (json!({ "members": "SELECT 'x' AS groupid, '1' AS memberid" }), "\"x\""),
        (json!({ "groups": null }), "groups"),
        (json!({ "users": "SELECT 1 AS id, 'maybe' AS accountenabled" }), "accountEnabled"),
    ] {
        let mut queries = all();
        queries.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let source = people.source_with(&queries, needs.clone());
        let error = match source.read(None).await {
            Err(error) => error,
            Ok(mut reading) => reading.next_page().await.unwrap_err(),
        };
        assert!(error.to_string().contains(word), "{more}: {error}");
    }
}

#[tokio::test]
async fn a_query_can_neither_write_nor_end_the_transaction() {
    let people = People::new().await;
    for users in [
        "WITH gone AS (DELETE FROM person RETURNING *) SELECT number AS id FROM gone",
        "SELECT 1 AS id) AS q; COMMIT; DELETE FROM person; SELECT 1 FROM (SELECT 1 AS id",
        "SELECT nextval('s') AS id",
    ] {
        people.run("CREATE SEQUENCE IF NOT EXISTS s").await;
        let source = people.source_with(&json!({ "users": users }), Needs::default());
        assert!(source.test().await.is_err(), "{users}");
        assert!(source.read(None).await.is_err(), "{users}");
    }
    assert_eq!(read(&people.source(), None).await.0.len(), 3);
}

#[tokio::test]
async fn a_person_is_found_in_any_letter_case() {
    let people = People::new().await;
    people.run("INSERT INTO person VALUES (4, 'Łukasz@contoso.com')").await;
    for who in ["ŁUKASZ@contoso.com", "łukasz@CONTOSO.com", "4"] {
        let found = people.source().find(who).await.unwrap();
        assert_eq!(found.iter().map(|user| user.anchor.as_str()).collect::<Vec<_>>(), ["4"], "{who}");
    }
}

#[tokio::test]
async fn no_error_holds_the_password() {
    for url in ["postgres://u:hidden@127.0.0.1:1/x", "postgres://u:hid den@127.0.0.1:x/x"] {
        let settings: SqlSettings = serde_json::from_value(json!({ "url": url, "users": USERS })).unwrap();
        let error = match SqlSource::new(&settings, url, Needs::default()) {
            Ok(source) => source.test().await.unwrap_err(),
            Err(error) => error,
        };
        assert!(!format!("{error:?}").contains("hid"), "{error:?}");
        assert!(matches!(error, Error::Protocol { .. }), "{error:?}");
    }
}
