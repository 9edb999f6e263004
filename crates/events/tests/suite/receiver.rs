//! A receiver of webhooks: it keeps what it gets, and answers as it is told.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::any;
use serde_json::Value;
use standardwebhooks::Webhook;
use tokio::net::TcpListener;
use tokio::sync::Notify;

/// How one delivery is answered.
#[derive(Clone, Copy, Debug)]
pub enum Reply {
    /// With this status.
    Status(u16),
    /// With this status and body.
    Body(u16, &'static str),
    /// With this status and a body that never ends.
    Endless(u16),
    /// By sending the sender elsewhere.
    Redirect,
    /// Never.
    Never,
    /// With 204, once the test says so.
    Held,
}

/// One delivery.
#[derive(Clone, Debug)]
pub struct Received {
    pub headers: HeaderMap,
    pub body: String,
}

impl Received {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// `type` and `userName`, in short.
    pub fn told(&self) -> String {
        let body = self.json();
        let name = body["data"]["resource"]["userName"].as_str().unwrap_or("-");
        format!("{} {name}", body["type"].as_str().unwrap())
    }

    pub fn sequence(&self) -> i64 {
        self.json()["sequence"].as_i64().unwrap()
    }

    pub fn id(&self) -> &str {
        self.headers["webhook-id"].to_str().unwrap()
    }

    /// Whether whoever has this secret believes it.
    pub fn is_signed_with(&self, secret: &str) -> bool {
        Webhook::new(secret).unwrap().verify(self.body.as_bytes(), &self.headers).is_ok()
    }
}

#[derive(Default)]
struct Inner {
    received: Mutex<Vec<Received>>,
    script: Mutex<VecDeque<Reply>>,
    of_events: Mutex<BTreeMap<i64, Reply>>,
    came: Notify,
    released: Notify,
}

/// A receiver on this machine.
#[derive(Clone)]
pub struct Receiver {
    inner: Arc<Inner>,
    pub url: String,
}

impl Receiver {
    pub async fn start() -> Self {
        let inner = Arc::new(Inner::default());
        let router = Router::new().fallback(any(receive)).with_state(Arc::clone(&inner));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { inner, url }
    }

    /// Answers the next deliveries so, and those after them with 204.
    pub fn answers(&self, replies: &[Reply]) {
        *self.inner.script.lock().unwrap() = replies.iter().copied().collect();
    }

    /// Answers an event so whenever it comes.
    pub fn answers_event(&self, sequence: i64, reply: Reply) {
        self.inner.of_events.lock().unwrap().insert(sequence, reply);
    }

    /// What came since it was asked last.
    pub fn take(&self) -> Vec<Received> {
        std::mem::take(&mut self.inner.received.lock().unwrap())
    }

    /// The same in short.
    pub fn told(&self) -> Vec<String> {
        self.take().iter().map(Received::told).collect()
    }

    /// Answers one delivery that is held.
    pub fn release(&self) {
        self.inner.released.notify_one();
    }

    /// Waits until so many have come.
    pub async fn wait_for(&self, count: usize) {
        loop {
            let came = self.inner.came.notified();
            if self.inner.received.lock().unwrap().len() >= count {
                return;
            }
            came.await;
        }
    }
}

async fn receive(State(inner): State<Arc<Inner>>, headers: HeaderMap, body: String) -> Response {
    let event = serde_json::from_str(&body).ok().and_then(|event: Value| event["sequence"].as_i64());
    let of_event = event.and_then(|event| inner.of_events.lock().unwrap().get(&event).copied());
    inner.received.lock().unwrap().push(Received { headers, body });
    inner.came.notify_waiters();
    let next = || inner.script.lock().unwrap().pop_front().unwrap_or(Reply::Status(204));
    let reply = of_event.unwrap_or_else(next);
    match reply {
        Reply::Status(status) => StatusCode::from_u16(status).unwrap().into_response(),
        Reply::Body(status, body) => (StatusCode::from_u16(status).unwrap(), body).into_response(),
        Reply::Endless(status) => {
            let bytes = futures::stream::repeat(Ok::<_, std::convert::Infallible>("x".repeat(1024)));
            (StatusCode::from_u16(status).unwrap(), Body::from_stream(bytes)).into_response()
        }
        Reply::Redirect => Redirect::temporary("/elsewhere").into_response(),
        Reply::Never => std::future::pending().await,
        Reply::Held => {
            inner.released.notified().await;
            StatusCode::NO_CONTENT.into_response()
        }
    }
}
