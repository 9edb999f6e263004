//! As much of an HTTP client as the tests need, and nothing of Rollcall's own.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::Value;

/// A tenant as a SCIM client knows it.
#[derive(Clone)]
pub struct Tenant {
    pub url: String,
    pub token: String,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
}

impl Tenant {
    pub fn new(url: &str, token: &str) -> Self {
        Self { url: url.to_owned(), token: token.to_owned() }
    }

    pub fn with_token(&self, token: &str) -> Self {
        Self { token: token.to_owned(), ..self.clone() }
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None)
    }

    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, Some(body))
    }

    pub fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, None)
    }

    /// All users, page by page.
    pub fn users(&self) -> Vec<Value> {
        self.all("/Users")
    }

    /// All groups with their members.
    pub fn groups(&self) -> Vec<Value> {
        self.all("/Groups")
    }

    fn all(&self, endpoint: &str) -> Vec<Value> {
        let mut found = Vec::new();
        loop {
            let page = self.get(&format!("{endpoint}?startIndex={}&count=500", found.len() + 1));
            assert_eq!(page.status, 200, "{page:?}");
            let total = page.body["totalResults"].as_u64().unwrap();
            found.extend(page.body["Resources"].as_array().cloned().unwrap_or_default());
            if found.len() as u64 >= total {
                return found;
            }
        }
    }

    /// How many users there are.
    pub fn count(&self) -> u64 {
        self.get("/Users?count=0").body["totalResults"].as_u64().unwrap()
    }

    pub fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let (host, root) = self.url.strip_prefix("http://").unwrap().split_once('/').unwrap();
        let body = body.map(Value::to_string).unwrap_or_default();
        let request = format!(
            "{method} /{root}{path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {}\r\n\
             Content-Type: application/scim+json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.token,
            body.len()
        );
        parse(&exchange(host, request.as_bytes()))
    }
}

/// Sends a request with these lines in its head, each of them ended.
pub fn ask(host: &str, begin: &str, lines: &str, body: &str) -> String {
    let length = body.len();
    let head = format!("{begin} HTTP/1.1\r\nHost: {host}\r\n{lines}Content-Length: {length}\r\n");
    exchange(host, format!("{head}Connection: close\r\n\r\n{body}").as_bytes())
}

/// Sends bytes and reads until the other side closes.
pub fn exchange(host: &str, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(host).unwrap();
    stream.write_all(request).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn parse(answer: &str) -> Answer {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {answer:?}"));
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let body = if body.is_empty() { Value::Null } else { serde_json::from_str(body).unwrap() };
    Answer { status, body }
}
