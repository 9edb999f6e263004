//! `cargo xtask sign-in`: somebody signs in with an OpenID Provider and a SAML identity provider that are not ours, from
//! npm, and is deactivated.

use std::fs;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};
use tempfile::TempDir;

use crate::node::Node;
use crate::postgres::free_port;
use crate::rollcall::{Rollcall, verb};
use crate::{command, workspace};

/// Providers on this machine are asked by http.
const OWN_NETWORKS: (&str, &str) = ("ROLLCALL_OWN_NETWORKS", "127.0.0.0/8");

/// As `providers.mjs` knows it.
const CLIENT_SECRET: &str = "a secret: with / and %";

/// The providers, until they are dropped.
struct Providers(Child);

impl Drop for Providers {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to kill.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Lets somebody sign in.
///
/// # Errors
/// When a provider does not run, or anything comes out otherwise than `xtask/sign-in/browser.mjs` says.
pub fn run() -> Result<()> {
    workspace::build_release()?;
    let node = Node::install("sign-in", &["providers.mjs", "browser.mjs"])?;
    let folder = TempDir::with_prefix("rollcall-sign-in-")?;
    let database = format!("sqlite:{}", folder.path().join("rollcall.db").display());
    let rollcall = Rollcall::start_with(folder.path(), &database, &[OWN_NETWORKS])?;
    let access = rollcall.tenant("contoso", "plain")?;
    let base = access.url.strip_suffix("/scim/v2").context("no Tenant URL")?.to_owned();
    let (oidc, saml) = (free_port()?, free_port()?);
    let _providers = start(node.program("providers.mjs"), oidc, saml, &base)?;

    let secret = folder.path().join("secret");
    fs::write(&secret, CLIENT_SECRET)?;
    let (issuer, metadata) =
        (format!("http://127.0.0.1:{oidc}"), format!("http://127.0.0.1:{saml}/metadata"));
    let secret = secret.to_string_lossy();
    let set = |arguments: &[&str]| verb(rollcall.command()?.envs([OWN_NETWORKS]), arguments);
    set(&[
        "sign-in",
        "oidc",
        "--tenant",
        "contoso",
        "--issuer",
        &issuer,
        "--client-id",
        "rollcall",
        "--client-secret",
        &secret,
    ])?;
    set(&["sign-in", "saml", "--tenant", "contoso", "--metadata-url", &metadata])?;
    let mut browser = node.program("browser.mjs");
    browser.args([&*base, &*access.token, &format!("http://127.0.0.1:{saml}")]);
    command::run(&mut browser)
}

fn start(mut program: Command, oidc: u16, saml: u16, base: &str) -> Result<Providers> {
    let program = program.args([&oidc.to_string(), &saml.to_string(), base]);
    // It warns of its own defaults, which a test may have.
    let child = program.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let mut providers = Providers(child.context("starting the providers")?);
    for port in [oidc, saml] {
        command::wait_until_listening(&mut providers.0, port)?;
    }
    Ok(providers)
}
