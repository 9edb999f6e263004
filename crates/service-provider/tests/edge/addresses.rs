//! Which tenant an address means, however it is written.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};

use crate::support::App;
use crate::tenancy::{everything, guarded, populated, samples};

#[tokio::test]
async fn addresses_in_both_forms_mean_the_same() {
    let app = App::new().await;
    let id = app.user("babs").await;
    let by_host = "https://contoso.scim.example.com/scim/v2";
    for (host, path, tenant_url) in [
        ("scim.example.com", "/t/contoso/scim/v2/Users/", "https://scim.example.com/t/contoso/scim/v2"),
        ("scim.example.com", "/t/contoso//scim/v2//Users", "https://scim.example.com/t/contoso/scim/v2"),
        ("contoso.scim.example.com", "/scim/v2/Users", by_host),
        (
            "Contoso.SCIM.example.com:443",
            "/scim/v2//Users/?count=10",
            "https://contoso.scim.example.com:443/scim/v2",
        ),
        ("contoso.localhost:8080", "/scim/v2/Users", "https://contoso.localhost:8080/scim/v2"),
    ] {
        let request =
            Request::get(path).header("Host", host).header("Authorization", format!("Bearer {}", app.token));
        let listed = app.send(request.body(Body::empty()).unwrap()).await.listed(1);
        assert_eq!(listed[0]["meta"]["location"], format!("{tenant_url}/Users/{id}"));
    }
    let (_, foreign) = app.other_tenant("fabrikam").await;
    let request = Request::get("/scim/v2/Users").header("Host", "contoso.scim.example.com");
    let request = request.header("Authorization", format!("Bearer {foreign}"));
    app.send(request.body(Body::empty()).unwrap()).await.error(StatusCode::NOT_FOUND, None);
    let request = Request::get("/scim/v2/Users").header("Host", "elsewhere.example.org");
    app.send(request.body(Body::empty()).unwrap()).await.error(StatusCode::NOT_FOUND, None);
}

/// The tenant is that of the token and the address; whatever else names one changes nothing.
#[tokio::test]
async fn row_b2_what_disagrees_about_the_tenant_has_no_effect() {
    let app = App::new().await;
    let ids = populated(&app).await;
    let (_, foreign) = app.other_tenant("fabrikam").await;
    let before = everything(&app).await;
    let ours = format!("https://scim.example.com/t/contoso/scim/v2/Users/{}", ids.user);
    let with = |token: &str, host: &str, method: &str, path: &str, body: &Value| {
        let request = Request::builder().method(method).uri(path).header("Host", host);
        let request = request.header("Authorization", format!("Bearer {token}"));
        app.send(request.body(Body::from(body.to_string())).unwrap())
    };
    let named = json!({ "id": ids.user, "userName": "mallory", "meta": { "location": ours } });
    for host in ["contoso.scim.example.com", "contoso.localhost"] {
        let answer = with(&foreign, host, "POST", "/scim/v2/Users", &named).await;
        answer.error(StatusCode::NOT_FOUND, None);
    }
    // A whole path needs no host to name its tenant.
    let made = with(&foreign, "contoso.localhost", "POST", "/t/fabrikam/scim/v2/Users", &named).await;
    let location = made.expect(StatusCode::CREATED).body["meta"]["location"].as_str().unwrap().to_owned();
    assert!(location.starts_with("https://scim.example.com/t/fabrikam/scim/v2/Users/"), "{location}");
    assert!(!location.ends_with(&ids.user), "ids are given here, not by clients");
    let path = format!("/t/fabrikam/scim/v2/Users/{}", ids.user);
    for (method, path) in
        [("PUT", path.as_str()), ("PUT", &format!("{path}?tenant=fabrikam")), ("DELETE", &path)]
    {
        let answer = with(&foreign, "scim.example.com", method, path, &named).await;
        answer.error(StatusCode::NOT_FOUND, None);
    }
    let operation = |path: &str| json!({ "method": "DELETE", "path": path });
    let bulk = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": [operation(&format!("/Users/{}", ids.user)), operation(&ours)],
    });
    let answer = with(&foreign, "scim.example.com", "POST", "/t/fabrikam/scim/v2/Bulk", &bulk).await;
    for operation in answer.expect(StatusCode::OK).body["Operations"].as_array().unwrap() {
        assert_eq!(operation["status"], "404", "{operation}");
    }
    assert_eq!(everything(&app).await, before);
}

/// Routes never see what the guard did not: variants of an address are either the same address or none (compare ZITADEL
/// CVE-2026-32130).
#[tokio::test]
async fn row_b4_variants_of_an_address_open_no_door() {
    let app = App::new().await;
    let ids = populated(&app).await;
    for route in guarded() {
        for (address, body) in samples(route, &ids) {
            for variant in variants(&address) {
                let Ok(request) = Request::builder().method(&route.method).uri(&variant).body(()) else {
                    continue;
                };
                let body = body.as_ref().map_or_else(Body::empty, |body| Body::from(body.to_string()));
                let answer = app.send(request.map(|()| body)).await;
                let refused =
                    [StatusCode::UNAUTHORIZED, StatusCode::NOT_FOUND, StatusCode::METHOD_NOT_ALLOWED];
                assert!(refused.contains(&answer.status), "{} {variant}: {}", route.method, answer.status);
            }
        }
    }
}

fn variants(address: &str) -> Vec<String> {
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let end = path.rfind('/').unwrap();
    let (front, last) = (&path[..end], &path[end + 1..]);
    let first = last.chars().next().unwrap();
    let with = |path: String| if query.is_empty() { path } else { format!("{path}?{query}") };
    [
        format!("{front}/%{:02x}{}", u32::from(first), &last[first.len_utf8()..]),
        format!("{front}/%25{:02x}{}", u32::from(first), &last[first.len_utf8()..]),
        format!("{front}%2f{last}"),
        format!("{front}%2F{last}"),
        format!("{front}/%2e/{last}"),
        format!("{front}/./{last}"),
        format!("{front}/x/../{last}"),
        format!("{front}/x/%2e%2e/{last}"),
        format!("{front}//{last}"),
        format!("/{path}//"),
        format!("{path}/"),
        format!("{path};x=1"),
        format!("{path}%00"),
        format!("{path}%c0%af"),
        format!("{path}%20"),
        path.to_uppercase(),
        path.replace("contoso", "CONTOSO"),
        path.replace("contoso", "%63ontoso"),
        path.replace("/t/", "/%74/"),
        format!("https://scim.example.com{path}"),
        format!("https://contoso.scim.example.com{path}"),
        format!("https://contoso.scim.example.com{}", path.replace("/t/contoso", "")),
    ]
    .map(with)
    .into()
}
