//! Row E6 of docs/threats.md: no address of a stranger leads into this machine's network.

use axum::Router;
use axum::http::StatusCode;
use axum::response::Redirect;
use axum::routing::get;
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
    assert!(checked(Reach::Public, found(&["8.8.8.8:0", "[2606:4700::1]:0"])).is_ok());
    for private in ["127.0.0.1:0", "10.0.0.1:0", "[::1]:0", "[fd00::1]:0"] {
        assert!(checked(Reach::Public, found(&["8.8.8.8:0", private])).is_err(), "{private}");
    }
    assert!(checked(Reach::Loopback, found(&["127.0.0.1:0"])).is_ok());
    assert!(checked(Reach::Loopback, found(&["10.0.0.1:0"])).is_err());
}

#[tokio::test]
async fn row_e6_a_name_of_this_machine_is_not_asked() {
    let client = Client::new().unwrap();
    assert!(matches!(client.get("https://localhost/keys", 10).await, Err(Error::Unreachable(_))));
}

async fn server() -> String {
    let router = Router::new()
        .route("/ok", get(|| async { "0123456789" }))
        .route("/away", get(|| async { Redirect::temporary("/ok") }))
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
