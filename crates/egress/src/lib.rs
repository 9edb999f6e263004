//! HTTP to addresses that somebody else chose: where an issuer publishes its keys, or a webhook wants its events.
//!
//! Not here: requests to what an operator of this installation names, such as the target of a job (`connector-scim`).
//!
//! Invariants
//! - https alone, without redirects, proxies, cookies or user information, within [`limits`]. Only hosts of networks that
//!   the operator named may be private, and asked by http.
//! - A name is resolved once, every address of it is checked, and the connection goes to a checked address: nobody
//!   reaches this machine or its private network by a name that means something else the second time.
//! - What an answer says is given to the caller alone, never to who chose the address.

mod address;
pub mod limits;

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::HeaderMap;
use reqwest::redirect::Policy;
use reqwest::{Response, Url};
use thiserror::Error;

use crate::address::is_public;
use crate::limits::{CONNECT_TIMEOUT, TIMEOUT};

/// Why there is no answer.
#[derive(Debug, Error)]
pub enum Error {
    /// The URL is none that is asked.
    #[error("the URL can't be used: {0}")]
    Url(&'static str),
    /// Nobody is there, or not at an address that may be asked.
    #[error("the server can't be reached")]
    Unreachable(#[source] reqwest::Error),
    /// It takes longer than [`limits`] allow.
    #[error("the server does not answer in time")]
    TooSlow(#[source] reqwest::Error),
    /// The client can't be set up.
    #[error("the HTTP client can't be set up")]
    Setup(#[source] reqwest::Error),
    /// The server answered something else than 200.
    #[error("the server answered {0}")]
    Status(u16),
    /// The answer is longer than the caller takes.
    #[error("the answer is longer than {0} bytes")]
    TooLong(usize),
}

/// The client for such requests. A clone is the same one.
#[derive(Clone, Debug)]
pub struct Client {
    https: reqwest::Client,
    /// For http: it reaches nothing outside the operator's own networks, whatever a name means.
    http: reqwest::Client,
    reach: Reach,
}

/// Which addresses may be asked.
#[derive(Clone, Debug)]
struct Reach {
    /// Those of the public Internet.
    public: bool,
    /// And those of these networks.
    own: Arc<[IpNet]>,
}

impl Reach {
    fn allows(&self, address: IpAddr) -> bool {
        (self.public && is_public(address)) || self.is_own(address)
    }

    fn is_own(&self, address: IpAddr) -> bool {
        self.own.iter().any(|network| network.contains(&address.to_canonical()))
    }
}

impl Client {
    /// A client that asks servers on the public Internet alone.
    ///
    /// # Errors
    /// [`Error::Setup`].
    pub fn new() -> Result<Self, Error> {
        Self::with_networks(&[])
    }

    /// One that asks this machine as well, also by http: for tests, and for trying things out.
    ///
    /// # Errors
    /// [`Error::Setup`].
    pub fn with_loopback() -> Result<Self, Error> {
        let v4 = IpNet::new_assert(Ipv4Addr::LOCALHOST.into(), 8);
        let v6 = IpNet::new_assert(Ipv6Addr::LOCALHOST.into(), 128);
        Self::with_networks(&[v4, v6])
    }

    /// One that asks servers in these networks of the operator as well, also by http.
    ///
    /// # Errors
    /// [`Error::Setup`].
    pub fn with_networks(own: &[IpNet]) -> Result<Self, Error> {
        let reach = Reach { public: true, own: own.into() };
        let inside = Reach { public: false, ..reach.clone() };
        Ok(Self { https: client(reach.clone())?, http: client(inside)?, reach })
    }

    /// Whether the URL is one that could be asked, as far as can be told without asking.
    ///
    /// # Errors
    /// [`Error::Url`].
    pub fn check(&self, url: &str) -> Result<(), Error> {
        self.parse(url).map(drop)
    }

    /// The body of the answer to a GET.
    ///
    /// # Errors
    /// Why there is none of at most `limit` bytes.
    pub async fn get(&self, url: &str, limit: usize) -> Result<Vec<u8>, Error> {
        let url = self.parse(url)?;
        let mut response = self.of(&url).get(url).send().await.map_err(unanswered)?;
        if response.status() != 200 {
            return Err(Error::Status(response.status().as_u16()));
        }
        read(&mut response, limit).await
    }

    /// Sends a POST, and tells the status of the answer. Its body is not read.
    ///
    /// # Errors
    /// Why there is no answer.
    pub async fn post(&self, url: &str, headers: HeaderMap, body: String) -> Result<u16, Error> {
        Ok(self.send(url, headers, body).await?.status().as_u16())
    }

    /// Sends a POST, and tells the status of the answer, and its body if the status is the one that has something to say.
    /// A body of more than `limit` bytes, or of which no more comes, is as good as none.
    ///
    /// # Errors
    /// Why there is no answer.
    pub async fn post_reading(
        &self,
        url: &str,
        headers: HeaderMap,
        body: String,
        (telling, limit): (u16, usize),
    ) -> Result<(u16, Vec<u8>), Error> {
        let mut response = self.send(url, headers, body).await?;
        let status = response.status().as_u16();
        let body =
            if status == telling { read(&mut response, limit).await.unwrap_or_default() } else { Vec::new() };
        Ok((status, body))
    }

    /// Sends a POST, and tells the status of the answer and its body of at most `limit` bytes, whatever the status is.
    ///
    /// # Errors
    /// Why there is no answer, or none of at most `limit` bytes.
    pub async fn exchange(
        &self,
        url: &str,
        headers: HeaderMap,
        body: String,
        limit: usize,
    ) -> Result<(u16, Vec<u8>), Error> {
        let mut response = self.send(url, headers, body).await?;
        let status = response.status().as_u16();
        Ok((status, read(&mut response, limit).await?))
    }

    /// Sends a POST.
    async fn send(&self, url: &str, headers: HeaderMap, body: String) -> Result<Response, Error> {
        let url = self.parse(url)?;
        self.of(&url).post(url).headers(headers).body(body).send().await.map_err(unanswered)
    }

    fn of(&self, url: &Url) -> &reqwest::Client {
        if url.scheme() == "https" { &self.https } else { &self.http }
    }

    fn parse(&self, url: &str) -> Result<Url, Error> {
        let url = Url::parse(url).map_err(|_| Error::Url("it is no URL"))?;
        let host = url.host_str().ok_or(Error::Url("it has no host"))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Error::Url("it has a user name or password"));
        }
        // A host in brackets is an address of version 6. Other spellings of an address were made plain by the parser.
        let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().ok();
        if literal.is_some_and(|address| !self.reach.allows(address)) {
            return Err(Error::Url("its address is not on the public Internet"));
        }
        match url.scheme() {
            "https" => Ok(url),
            "http" if literal.map_or(!self.reach.own.is_empty(), |address| self.reach.is_own(address)) => {
                Ok(url)
            }
            _ => Err(Error::Url("it must begin with https://")),
        }
    }
}

fn client(reach: Reach) -> Result<reqwest::Client, Error> {
    reqwest::Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .referer(false)
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(TIMEOUT)
        .dns_resolver(Arc::new(Checked(reach)))
        .build()
        .map_err(Error::Setup)
}

fn unanswered(error: reqwest::Error) -> Error {
    if error.is_timeout() { Error::TooSlow(error) } else { Error::Unreachable(error) }
}

async fn read(response: &mut Response, limit: usize) -> Result<Vec<u8>, Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(unanswered)? {
        if body.len() + chunk.len() > limit {
            return Err(Error::TooLong(limit));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Resolves names to addresses that may be asked. One address that may not spoils the name: whoever mixes them means
/// no good.
#[derive(Clone, Debug)]
struct Checked(Reach);

impl Resolve for Checked {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.0.clone();
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            checked(&reach, found).map(|found| Box::new(found.into_iter()) as Addrs).map_err(Into::into)
        })
    }
}

fn checked(reach: &Reach, found: Vec<SocketAddr>) -> io::Result<Vec<SocketAddr>> {
    if found.iter().all(|address| reach.allows(address.ip())) {
        return Ok(found);
    }
    Err(io::Error::new(
        io::ErrorKind::PermissionDenied,
        "an address of this name is not on the public Internet",
    ))
}

#[cfg(test)]
mod tests;
