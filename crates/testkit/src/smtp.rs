//! A mail server that keeps what it is given: SMTP as RFC 5321 has it, as much as a client needs to deliver.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

/// An e-mail that was delivered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mail {
    /// `AUTH PLAIN`, as it was sent: Base64.
    pub credentials: Option<String>,
    /// The envelope's sender.
    pub from: String,
    /// The envelope's recipients.
    pub to: Vec<String>,
    /// Header and body, with lines that end in LF.
    pub text: String,
}

/// A server, listening until the test ends.
pub struct SmtpServer {
    address: SocketAddr,
    mails: Mutex<mpsc::Receiver<Mail>>,
    refuses: Arc<AtomicBool>,
}

impl SmtpServer {
    /// Starts a server on a free port.
    #[must_use]
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        let (sender, mails) = mpsc::channel();
        let refuses = Arc::new(AtomicBool::new(false));
        let shared = Arc::clone(&refuses);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (sender, refuses) = (sender.clone(), Arc::clone(&shared));
                // A client that breaks off delivers nothing.
                thread::spawn(move || drop(converse(&stream, &sender, &refuses)));
            }
        });
        Self { address, mails: Mutex::new(mails), refuses }
    }

    /// `127.0.0.1:PORT`.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on every recipient is refused, or accepted again.
    pub fn refuse(&self, refuses: bool) {
        self.refuses.store(refuses, Ordering::SeqCst);
    }

    /// The next e-mail. Fails the test when none comes within a minute.
    #[must_use]
    pub fn next(&self) -> Mail {
        let mails = self.mails.lock().expect("one test waits");
        mails.recv_timeout(Duration::from_secs(60)).expect("an e-mail comes")
    }

    /// Whether all that was delivered has been looked at.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.mails.lock().expect("one test waits").try_recv().is_err()
    }
}

fn converse(mut stream: &TcpStream, mails: &mpsc::Sender<Mail>, refuses: &AtomicBool) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let mut mail = Mail::default();
    stream.write_all(b"220 testkit\r\n")?;
    while let Some(line) = lines.next().transpose()? {
        let (verb, rest) = line.split_once([' ', ':']).unwrap_or((&line, ""));
        let answer: &[u8] = match verb.to_ascii_uppercase().as_str() {
            "EHLO" => b"250-testkit\r\n250 AUTH PLAIN\r\n",
            "AUTH" => {
                mail.credentials = rest.split_once(' ').map(|(_, text)| text.to_owned());
                b"235 welcome\r\n"
            }
            "MAIL" => {
                mail.from = address(rest);
                b"250 ok\r\n"
            }
            "RCPT" if refuses.load(Ordering::SeqCst) => b"450 not now\r\n",
            "RCPT" => {
                mail.to.push(address(rest));
                b"250 ok\r\n"
            }
            "DATA" => {
                stream.write_all(b"354 go on\r\n")?;
                while let Some(line) = lines.next().transpose()?.filter(|line| line != ".") {
                    // RFC 5321 §4.5.2: a dot at the beginning of a line was doubled.
                    mail.text.push_str(line.strip_prefix('.').unwrap_or(&line));
                    mail.text.push('\n');
                }
                // Before the answer: a client that has it must find the e-mail delivered.
                mails.send(std::mem::take(&mut mail)).ok();
                b"250 kept\r\n"
            }
            "QUIT" => {
                stream.write_all(b"221 bye\r\n")?;
                return Ok(());
            }
            _ => b"250 ok\r\n",
        };
        stream.write_all(answer)?;
    }
    Ok(())
}

/// What is between the angle brackets.
fn address(text: &str) -> String {
    text.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map_or("", |(inner, _)| inner).to_owned()
}
