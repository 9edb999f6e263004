//! What a client sees when something of ours fails, and what it sees of that.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use application::{Application, Applications, Change, Plain, Profile};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::json;
use service_provider::Lenient;
use store::Tx;
use tokio::net::TcpListener;

use crate::support::{App, USER};

#[tokio::test]
async fn a_store_that_is_gone_is_503_with_a_time_to_wait() {
    let mut app = App::new().await;
    app.store.close();
    let answer = app.get("/Users").await.error(StatusCode::SERVICE_UNAVAILABLE, None);
    assert_eq!(answer.header("retry-after"), Some("5"));
    // What is no token is refused without asking the store.
    app.token = "rcscim_x".to_owned();
    app.get("/Users").await.error(StatusCode::UNAUTHORIZED, None);
}

/// Panics where it is told to.
struct Broken {
    plain: Plain,
    profile: bool,
}

impl Application for Broken {
    fn kind(&self) -> model::tenant::Application {
        model::tenant::Application::Plain
    }

    fn profile(&self) -> &Profile {
        assert!(!self.profile, "a secret that must not be told");
        self.plain.profile()
    }

    fn changed(&self, _: &mut Tx<'_>, _: &Change<'_>) -> Result<(), store::Error> {
        panic!("a secret that must not be told");
    }
}

#[tokio::test]
async fn a_panic_is_500_and_keeps_nothing() {
    for profile in [true, false] {
        let broken: Arc<dyn Application> = Arc::new(Broken { plain: Plain::default(), profile });
        let app = App::new().await.with_applications(Applications::new(vec![broken]));
        let answer = app.post("/Users", json!({ "schemas": [USER], "userName": "x" })).await;
        let answer = answer.error(StatusCode::INTERNAL_SERVER_ERROR, None);
        assert!(!answer.body.to_string().contains("secret"));
        let app = app.with_applications(Applications::new(vec![Arc::new(Plain::default())]));
        app.get("/Users").await.listed(0);
    }
}

/// Accepts connections as the binary does.
struct Listener(TcpListener);

impl axum::serve::Listener for Listener {
    type Io = Lenient<tokio::net::TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, SocketAddr) {
        let (stream, address) = self.0.accept().await.unwrap();
        (Lenient::new(stream), address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

#[tokio::test]
async fn raw_quotes_arrive_over_a_real_connection() {
    let app = App::new().await;
    app.user("babs@example.com").await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(axum::serve(Listener(listener), app.router.clone()).into_future());
    let target = "/t/contoso/scim/v2/Users?filter=userName+eq+\"BABS@example.com\"&count=1";
    let request = |close: &str| {
        let token = &app.token;
        format!("GET {target} HTTP/1.1\r\nHost: \"x\"\r\nAuthorization: Bearer {token}\r\n{close}\r\n")
    };
    let (first, last) = (request(""), request("Connection: close\r\n"));
    let answers = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(first.as_bytes()).unwrap();
        let mut begin = [0; 12];
        stream.read_exact(&mut begin).unwrap();
        stream.write_all(last.as_bytes()).unwrap();
        let mut rest = String::new();
        stream.read_to_string(&mut rest).unwrap();
        String::from_utf8(begin.to_vec()).unwrap() + &rest
    })
    .await
    .unwrap();
    assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), 2, "{answers}");
    assert_eq!(answers.matches("\"totalResults\":1").count(), 2, "{answers}");
    server.abort();
}

#[tokio::test]
async fn head_is_get_without_a_body() {
    let app = App::new().await;
    let request =
        Request::head("/t/contoso/scim/v2/Users").header("Authorization", format!("Bearer {}", app.token));
    let answer = app.send(request.body(Body::empty()).unwrap()).await.expect(StatusCode::OK);
    assert_eq!(answer.header("content-type"), Some("application/scim+json"));
}
