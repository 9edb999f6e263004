//! E-mail about jobs that need a person, over SMTP.

use std::env;
use std::time::Duration;

use anyhow::{Context, Result};
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use provisioning::notice::Notice;
use url::{Host, Url};

use crate::failure::refusal;

/// The environment variable with the mail server, and the credentials there.
const SERVER: &str = "ROLLCALL_SMTP_URL";
/// The environment variable with the sender.
const FROM: &str = "ROLLCALL_MAIL_FROM";
/// What either is to look like.
const HINT: &str = "write smtp://USER:PASSWORD@HOST:PORT, or smtps://… for TLS from the first byte";
/// How long each step of a delivery may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A mail server, and in whose name it is given e-mails.
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl Mailer {
    /// The mailer that the environment describes, if it does.
    ///
    /// # Errors
    /// When it is described wrongly. The message does not quote the address, which may hold a password.
    pub fn from_environment() -> Result<Option<Self>> {
        let Ok(url) = env::var(SERVER) else { return Ok(None) };
        let from = env::var(FROM).map_err(|_| {
            refusal(
                format!("{FROM} is not set, and {SERVER} is"),
                "name the sender, for example Rollcall <rollcall@example.com>",
            )
        })?;
        Self::new(&url, &from).map(Some)
    }

    fn new(url: &str, from: &str) -> Result<Self> {
        let wrong = |what: &str| refusal(format!("{SERVER} {what}"), HINT);
        let url = Url::parse(url).map_err(|_| wrong("is no URL"))?;
        // Only well-known schemes have hosts that are looked into.
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(|| wrong("names no host"))?;
        let credentials = credentials(&url).map_err(|_| wrong("has credentials that are not UTF-8"))?;
        let tls = TlsParameters::new(host.trim_matches(['[', ']']).to_owned())
            .with_context(|| format!("TLS to the host of {SERVER} can't be set up"))?;
        let (tls, port) = match url.scheme() {
            "smtps" => (Tls::Wrapper(tls), 465),
            // A password must not be read on the way; on this machine there is none.
            "smtp" if credentials.is_some() && !is_here(host) => (Tls::Required(tls), 587),
            "smtp" => (Tls::Opportunistic(tls), 25),
            _ => return Err(wrong("has another scheme than smtp or smtps")),
        };
        let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
            .port(url.port().unwrap_or(port))
            .tls(tls)
            .timeout(Some(TIMEOUT));
        if let Some(credentials) = credentials {
            transport = transport.credentials(credentials);
        }
        let from = from.parse().map_err(|_| {
            refusal(format!("{FROM} is no address"), "for example Rollcall <rollcall@example.com>")
        })?;
        Ok(Self { transport: transport.build(), from })
    }

    /// Gives an e-mail to the server.
    ///
    /// # Errors
    /// When the server does not take it on.
    pub async fn send(&self, notice: &Notice) -> Result<()> {
        let mut message = Message::builder().from(self.from.clone()).subject(&notice.subject);
        for to in &notice.to {
            message = message.to(Mailbox::new(None, address(to)?));
        }
        // RFC 3834 §5: nobody's holiday shall answer.
        let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
        let message = message
            .raw_header(HeaderValue::new(automatic, "auto-generated".to_owned()))
            .header(ContentType::TEXT_PLAIN)
            .body(notice.text.clone())
            .context("the e-mail can't be written")?;
        self.transport.send(message).await.context("the mail server does not take the e-mail on")?;
        Ok(())
    }
}

fn credentials(url: &Url) -> Result<Option<Credentials>, std::str::Utf8Error> {
    let Some(password) = url.password() else { return Ok(None) };
    let plain =
        |text: &str| percent_encoding::percent_decode_str(text).decode_utf8().map(|text| text.into_owned());
    Ok(Some(Credentials::new(plain(url.username())?, plain(password)?)))
}

fn is_here(host: &str) -> bool {
    match Host::parse(host) {
        Ok(Host::Ipv4(address)) => address.is_loopback(),
        Ok(Host::Ipv6(address)) => address.is_loopback(),
        Ok(Host::Domain(name)) => name == "localhost",
        Err(_) => false,
    }
}

/// An address of somebody who is to be told.
///
/// # Errors
/// When it is none.
pub fn address(text: &str) -> Result<Address> {
    text.parse().map_err(|_| {
        refusal(format!("notify.to: {text:?} is no e-mail address"), "for example \"it@contoso.com\"")
    })
}

#[cfg(test)]
mod tests {
    use testkit::SmtpServer;

    use super::*;

    fn notice() -> Notice {
        Notice {
            job: "contoso".into(),
            about: "TooManyDeletes",
            to: vec!["it@contoso.com".into(), "ana@contoso.com".into()],
            subject: "Rollcall: job contoso is in quarantine: für alle".into(),
            text: "What happened\n.\n  61 of 500 managed users\n".into(),
        }
    }

    #[tokio::test]
    async fn an_email_is_delivered() {
        let server = SmtpServer::start();
        let url = format!("smtp://ana%40contoso.com:pass%20word@{}", server.address());
        let mailer = Mailer::new(&url, "Rollcall <rollcall@example.com>").unwrap();
        mailer.send(&notice()).await.unwrap();
        let mail = server.next();
        assert_eq!(mail.from, "rollcall@example.com");
        assert_eq!(mail.to, ["it@contoso.com", "ana@contoso.com"]);
        assert_eq!(mail.credentials.as_deref(), Some("AGFuYUBjb250b3NvLmNvbQBwYXNzIHdvcmQ="));
        for part in [
            "From: Rollcall <rollcall@example.com>\n",
            "To: it@contoso.com, ana@contoso.com\n",
            "Subject: Rollcall: job contoso is in quarantine: =?utf-8?b?",
            "Auto-Submitted: auto-generated\n",
            "\nWhat happened\n.\n  61 of 500 managed users\n",
        ] {
            assert!(mail.text.contains(part), "{part:?} is not in\n{}", mail.text);
        }
    }

    #[tokio::test]
    async fn a_server_that_refuses_is_an_error_without_the_password() {
        let server = SmtpServer::start();
        server.refuse(true);
        let url = format!("smtp://ana:hunter2@{}", server.address());
        let error = Mailer::new(&url, "a@example.com").unwrap().send(&notice()).await.unwrap_err();
        assert!(format!("{error:?}").contains("not now") && !format!("{error:?}").contains("hunter2"));
    }

    #[test]
    fn what_is_no_mail_server_is_refused_without_being_quoted() {
        for url in ["hunter2", "http://ana:hunter2@example.com", "smtp://", "smtp:hunter2"] {
            let Err(error) = Mailer::new(url, "a@example.com") else { panic!("{url} is accepted") };
            assert!(
                error.to_string().contains(SERVER) && !format!("{error:?}").contains("hunter2"),
                "{error:?}"
            );
        }
        assert!(Mailer::new("smtp://example.com", "nobody").is_err());
        assert!(address("it@contoso.com").is_ok() && address("it at contoso").is_err());
    }
}
