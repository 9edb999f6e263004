//! Row E6 of docs/threats.md: no address of a stranger leads into this machine's network.

use axum::Router;
use axum::body::Body;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, HeaderValue};
use axum::response::Redirect;
use axum::routing::{any, get, post};
use tokio::net::TcpListener;

use super::*;

#[test]
fn row_e6_only_public_addresses_are_public() {
    for (address, public) in [
        ("8.8.8.8", true),
        ("100.63.255.255", true),
        ("172.32.0.1", true),
        ("2606:4700:4700::1111", true),
        ("::ffff:8.8.8.8", true),
        ("0.0.0.0", false),
        ("10.1.2.3", false),
        ("100.64.0.1", false),
        ("127.0.0.1", false),
        ("127.255.255.254", false),
        ("169.254.169.254", false),
        ("172.16.0.1", false),
        ("192.168.1.1", false),
        ("198.18.0.1", false),
        ("224.0.0.1", false),
        ("255.255.255.255", false),
        ("::", false),
        ("::1", false),
        ("::ffff:127.0.0.1", false),
        ("::ffff:169.254.169.254", false),
        ("::127.0.0.1", false),
        ("64:ff9b::7f00:1", false),
        ("64:ff9b:1::1", false),
        ("fd00::1", false),
        ("fe80::1", false),
        ("fec0::1", false),
        ("ff02::1", false),
        ("2001::1", false),
        ("2001:db8::1", false),
        ("2002:7f00:1::1", false),
    ] {
        assert_eq!(is_public(address.parse().unwrap()), public, "{address}");
    }
}

#[test]
fn row_e6_urls_that_lead_inside_are_refused() {
    let client = Client::new().unwrap();
    for url in [
        "http://login.example.com/keys",
        "ftp://login.example.com/keys",
        "file:///etc/passwd",
        "https://user@login.example.com/keys",
        "https://user:password@login.example.com/keys",
        "https://127.0.0.1/",
        "https://0x7f000001/",
        "https://017700000001/",
        "https://2130706433/",
        "https://127.1/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[fe80::1%25eth0]/",
        "https://169.254.169.254/latest/meta-data",
        "https://10.0.0.1:8443/",
        "keys",
        "",
    ] {
        assert!(matches!(client.check(url), Err(Error::Url(_))), "{url}");
    }
    client.check("https://login.microsoftonline.com/common/discovery/v2.0/keys").unwrap();
    client.check("https://8.8.8.8/keys").unwrap();
}

#[test]
fn row_e6_a_name_with_one_private_address_is_refused() {
    let found = |addresses: &[&str]| addresses.iter().map(|address| address.parse().unwrap()).collect();
    let public = Client::new().unwrap().reach;
    assert!(checked(&public, found(&["8.8.8.8:0", "[2606:4700::1]:0"])).is_ok());
    for private in ["127.0.0.1:0", "10.0.0.1:0", "[::1]:0", "[fd00::1]:0"] {
        assert!(checked(&public, found(&["8.8.8.8:0", private])).is_err(), "{private}");
    }
    let loopback = Client::with_loopback().unwrap().reach;
    assert!(checked(&loopback, found(&["127.0.0.1:0"])).is_ok());
    assert!(checked(&loopback, found(&["10.0.0.1:0"])).is_err());
}

#[test]
fn row_e6_networks_of_the_operator_open_nothing_else() {
    let client = Client::with_networks(&["10.1.0.0/16".parse().unwrap()]).unwrap();
    for url in ["https://10.1.2.3/", "http://10.1.2.3:8080/", "http://[::ffff:10.1.2.3]/", "https://8.8.8.8/"]
    {
        client.check(url).unwrap();
    }
    for url in [
        "https://10.2.0.1/",
        "http://10.2.0.1/",
        "http://8.8.8.8/",
        "https://127.0.0.1/",
        "https://169.254.169.254/",
    ] {
        assert!(matches!(client.check(url), Err(Error::Url(_))), "{url}");
    }
    // A name may be asked by http if it means such a network, and nothing else.
    client.check("http://receiver.internal/").unwrap();
    let found = |address: &str| vec![address.parse().unwrap()];
    let inside = Reach { public: false, ..client.reach.clone() };
    assert!(checked(&inside, found("10.1.2.3:0")).is_ok());
    assert!(checked(&inside, found("8.8.8.8:0")).is_err());
}

#[tokio::test]
async fn row_e6_a_name_of_this_machine_is_not_asked() {
    let client = Client::new().unwrap();
    assert!(matches!(client.get("https://localhost/keys", 10).await, Err(Error::Unreachable(_))));
}

#[tokio::test]
async fn what_is_posted_arrives_and_only_the_status_comes_back() {
    let (client, url) = (Client::with_loopback().unwrap(), server().await);
    let send = async |path: &str, kind: &'static str, body: &str| {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(kind))]);
        client.post(&format!("{url}{path}"), headers, body.to_owned()).await
    };
    assert_eq!(send("/echo", "text/plain", "text/plain").await.unwrap(), 202);
    assert_eq!(send("/echo", "text/plain", "other").await.unwrap(), 400);
    assert_eq!(send("/away", "text/plain", "").await.unwrap(), 307);
    assert!(
        matches!(send("/endless", "text/plain", "").await, Ok(200)),
        "the body of the answer is not waited for"
    );
}

#[tokio::test]
async fn a_body_is_read_where_the_status_says_that_it_tells_something() {
    let (client, url) = (Client::with_loopback().unwrap(), server().await);
    let send = async |path: &str, telling: u16| {
        client.post_reading(&format!("{url}{path}"), HeaderMap::new(), String::new(), (telling, 10)).await
    };
    assert_eq!(send("/said", 200).await.unwrap(), (200, b"0123456789".to_vec()));
    assert_eq!(send("/said", 400).await.unwrap(), (200, Vec::new()));
    assert_eq!(send("/endless", 400).await.unwrap(), (200, Vec::new()));
    assert_eq!(send("/endless", 200).await.unwrap(), (200, Vec::new()), "too long");
}

async fn server() -> String {
    let echo = |headers: HeaderMap, body: String| async move {
        let is_same = headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes() == body.as_bytes());
        if is_same { StatusCode::ACCEPTED } else { StatusCode::BAD_REQUEST }
    };
    let endless = || async {
        Body::from_stream(futures::stream::repeat(Ok::<_, std::convert::Infallible>("x".repeat(1024))))
    };
    let router = Router::new()
        .route("/ok", get(|| async { "0123456789" }))
        .route("/away", any(|| async { Redirect::temporary("/ok") }))
        .route("/said", post(|| async { "0123456789" }))
        .route("/echo", post(echo))
        .route("/endless", post(endless))
        .route("/missing", get(|| async { StatusCode::NOT_FOUND }));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    format!("http://{address}")
}

#[tokio::test]
async fn an_answer_is_bounded_and_redirects_are_none() {
    let (client, url) = (Client::with_loopback().unwrap(), server().await);
    assert_eq!(client.get(&format!("{url}/ok"), 10).await.unwrap(), b"0123456789");
    assert!(matches!(client.get(&format!("{url}/ok"), 9).await, Err(Error::TooLong(9))));
    assert!(matches!(client.get(&format!("{url}/away"), 10).await, Err(Error::Status(307))));
    assert!(matches!(client.get(&format!("{url}/missing"), 10).await, Err(Error::Status(404))));
    assert!(matches!(Client::new().unwrap().get(&format!("{url}/ok"), 10).await, Err(Error::Url(_))));
}
