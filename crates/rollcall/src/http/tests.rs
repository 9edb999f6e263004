//! Row D10 of docs/threats.md: what a client can hold open, and for how long.

use std::future;

use axum::http::StatusCode;
use axum::routing::get;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::Instant;

use super::*;

/// A server that answers 204 to everything.
async fn server() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().fallback(|| async { StatusCode::NO_CONTENT });
    tokio::spawn(serve(listener, router, future::pending()));
    address
}

/// What comes back until the server closes the connection.
async fn send(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test(start_paused = true)]
async fn row_d10_a_client_that_does_not_end_its_headers_is_cut_off() {
    let (address, began) = (server().await, Instant::now());
    let answer = send(address, "GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow").await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(began.elapsed() >= HEADER_TIMEOUT && began.elapsed() < 2 * HEADER_TIMEOUT);
}

#[tokio::test(start_paused = true)]
async fn row_d10_an_idle_connection_is_closed() {
    let (address, began) = (server().await, Instant::now());
    let answer = send(address, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 204"), "{answer}");
    assert!(began.elapsed() >= HEADER_TIMEOUT && began.elapsed() < 2 * HEADER_TIMEOUT);
}

#[tokio::test]
async fn row_d10_a_head_is_bounded() {
    let address = server().await;
    let head = |length: usize| {
        let begin = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-Long: ";
        format!("{begin}{}\r\n\r\n", "x".repeat(length - begin.len() - 4))
    };
    // Hyper looks after each read, and never reads more than that at once.
    for (length, status) in [(MAX_HEAD_BYTES, "204"), (4 * MAX_HEAD_BYTES, "431")] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        // What is refused is not read to its end, so that writing it may fail.
        drop(stream.write_all(head(length).as_bytes()).await);
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(answer.as_slice(), format!("HTTP/1.1 {status}").as_bytes(), "{length}");
    }
}

#[tokio::test]
async fn row_d10_headers_are_counted() {
    let address = server().await;
    for (number, status) in [(99, "204"), (100, "204"), (101, "431")] {
        let headers: String = (2..number).map(|n| format!("X-{n}: 1\r\n")).collect();
        let head = format!("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n");
        let answer = send(address, &head).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{number}: {answer}");
    }
}

#[tokio::test(start_paused = true)]
async fn row_d11_who_panics_or_takes_for_ever_is_answered_and_nobody_else_suffers() {
    async fn panics() -> StatusCode {
        panic!("on purpose")
    }
    let router = Router::new()
        .route("/panics", get(panics))
        .route("/waits", get(future::pending::<StatusCode>))
        .route("/works", get(StatusCode::NO_CONTENT));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(serve(listener, guarded(router), future::pending()));
    for (path, status) in [("panics", "500"), ("waits", "503"), ("works", "204")] {
        let request = format!("GET /{path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        let answer = send(address, &request).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{path}: {answer}");
        assert!(!answer.contains("on purpose"), "{answer}");
    }
}
