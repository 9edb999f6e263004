//! The simulator of Microsoft Graph says what Graph says, seen by a plain HTTP client.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use reqwest::{Client, Response};
use serde_json::{Value, json};
use testkit::graph::{CLIENT_ID, Fault, Graph, SECRET, TENANT};

struct Reader {
    graph: Graph,
    http: Client,
    token: String,
}

impl Reader {
    async fn of(users: &[&str]) -> Self {
        let graph = Graph::start().await;
        for name in users {
            graph.put_user(
                &json!({ "id": name, "userPrincipalName": format!("user.{name}@contoso.com"), "city": null }),
            );
        }
        let http = Client::builder().no_proxy().build().unwrap();
        let form = format!(
            "grant_type=client_credentials&client_id={CLIENT_ID}&client_secret={SECRET}&scope={}/.default",
            graph.url
        );
        let url = format!("{}/{TENANT}/oauth2/v2.0/token", graph.url);
        let granted: Value = http.post(url).body(form).send().await.unwrap().json().await.unwrap();
        Self { token: granted["access_token"].as_str().unwrap().to_owned(), graph, http }
    }

    async fn get(&self, path: &str) -> Response {
        let url = if path.starts_with("http") {
            path.to_owned()
        } else {
            format!("{}/{path}", self.graph.graph_url())
        };
        self.http.get(url).bearer_auth(&self.token).header("prefer", "return=minimal").send().await.unwrap()
    }

    async fn page(&self, path: &str) -> Value {
        self.get(path).await.json().await.unwrap()
    }
}

fn header(response: &Response, name: &str) -> String {
    response.headers()[name].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_delta_query_ends_in_a_link_that_tells_of_changes() {
    let reader = Reader::of(&["a", "b", "c"]).await;
    reader.graph.behave(|behaviour| behaviour.page_size = 2);
    let first = reader.page("users/delta?$select=city,userPrincipalName").await;
    assert_eq!(
        first["value"][0],
        json!({ "id": "a", "userPrincipalName": "user.a@contoso.com" }),
        "never set is left out"
    );
    let last = reader.page(first["@odata.nextLink"].as_str().unwrap()).await;
    assert_eq!(last["value"].as_array().unwrap().len(), 1);
    let delta = last["@odata.deltaLink"].as_str().unwrap();

    reader.graph.edit_user("a", &json!({ "city": "Omaha" }));
    reader.graph.soft_delete("b");
    reader.graph.purge("c");
    let changes = reader.page(delta).await;
    let value = json!([
        { "id": "a", "city": "Omaha" },
        { "id": "b", "@removed": { "reason": "changed" } },
    ]);
    assert_eq!(json!([changes["value"][0], changes["value"][1]]), value);
    let last = reader.page(changes["@odata.nextLink"].as_str().unwrap()).await;
    assert_eq!(last["value"], json!([{ "id": "c", "@removed": { "reason": "deleted" } }]));
    let deleted = reader.page("directory/deletedItems/microsoft.graph.user?$select=userPrincipalName").await;
    assert_eq!(deleted["value"], json!([{ "id": "b", "userPrincipalName": "buser.b@contoso.com" }]));
}

#[tokio::test]
async fn a_forgotten_token_is_gone_and_says_where_to_begin() {
    let reader = Reader::of(&["a"]).await;
    let page = reader.page("users/delta").await;
    reader.graph.forget_deltas();
    let gone = reader.get(page["@odata.deltaLink"].as_str().unwrap()).await;
    assert_eq!(gone.status(), 410);
    assert!(header(&gone, "location").ends_with("/v1.0/users/delta?$deltatoken="));
}

#[tokio::test]
async fn throttling_says_how_long_and_why() {
    let reader = Reader::of(&["a"]).await;
    assert_eq!(header(&reader.get("users?$select=id&$top=1").await, "x-ms-resource-unit"), "1");
    reader.graph.fail_once("users", Fault::Throttled(Some(7)));
    let refused = reader.get("users").await;
    assert_eq!((refused.status().as_u16(), header(&refused, "retry-after")), (429, "7".to_owned()));
    assert_eq!(header(&refused, "x-ms-throttle-information"), "ResourceUnitLimitExceeded");
    reader.graph.limit_units(3, 1);
    let statuses = [
        reader.get("users").await.status(),
        reader.get("users").await.status(),
        reader.get("users").await.status(),
    ];
    assert_eq!(statuses.map(|status| status.as_u16()), [200, 429, 200]);
}
