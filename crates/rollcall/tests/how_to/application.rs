//! A SaaS behind Rollcall, which is told of its users.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::run::Portal;

/// After this long, nothing comes any more.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Application {
    /// Where it is told.
    pub url: String,
    events: Receiver<Value>,
}

impl Application {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/rollcall", listener.local_addr().unwrap());
        let (sender, events) = channel();
        // Ends when the test does.
        thread::spawn(move || listener.incoming().for_each(|stream| take(stream.unwrap(), &sender)));
        Self { url, events }
    }
}

/// Takes the one delivery of a connection, and confirms it.
fn take(mut stream: TcpStream, events: &Sender<Value>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        match line.trim_end().split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.trim().parse().unwrap();
            }
            _ if line.trim_end().is_empty() => break,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    events.send(serde_json::from_slice(&body).unwrap()).ok();
    stream.write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n").unwrap();
}

impl Portal for Application {
    fn step(&mut self, name: &str, value: Option<&str>, _: &Path) {
        assert_eq!(name, "POST", "the application is only told");
        let event = self.events.recv_timeout(PATIENCE).expect("the event comes");
        assert_eq!(event["type"].as_str(), value, "{event}");
        assert_eq!(event["data"]["resource"]["userName"], "ana@contoso.com");
    }
}
