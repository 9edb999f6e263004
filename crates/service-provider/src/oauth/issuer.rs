//! Proves clients, and issues tokens to them.

use std::io;
use std::sync::Arc;

use axum::http::request::Parts;
use jiff::Timestamp;
use jose::{JwkSet, Published};
use model::audit::AuditEntry;
use model::client::{Client, ClientSecret, Trust};
use model::grant::{Grant, Scope};
use model::tenant::Tenant;
use model::token::{MINT_BYTES, Secret, SecretKind, Token};
use model::{AuditId, ClientId};
use serde_json::json;
use store::Tx;

use super::assertion::{Assertion, OneUse, Refused};
use super::error::Error;
use super::request::{Proof, TokenRequest, unknown};
use crate::client_address::of_request;
use crate::limits::ISSUED_TOKEN_LIFETIME;
use crate::record::note;
use crate::{Context, now};

/// Random bytes of the operating system, for new tokens.
pub type RandomBytes = Arc<dyn Fn() -> io::Result<[u8; MINT_BYTES]> + Send + Sync>;

/// What is needed to issue tokens.
pub(crate) struct Issuer {
    random: RandomBytes,
    keys: Published<JwkSet>,
}

/// A token that was issued.
pub(super) struct Issued {
    pub(super) secret: Secret,
    /// What limits it, as text.
    pub(super) scope: String,
}

/// What a client was proven by.
enum Proven {
    /// The secret with this id.
    Secret(String),
    /// An assertion, which may be good for one use.
    Assertion(Option<OneUse>),
}

impl Proven {
    fn secret(&self) -> Option<&str> {
        match self {
            Self::Secret(id) => Some(id),
            Self::Assertion(_) => None,
        }
    }
}

/// A client, and what there is to prove it.
struct Known {
    client: Client,
    tenant: Tenant,
    secrets: Vec<ClientSecret>,
}

impl Issuer {
    pub(crate) fn new(random: RandomBytes, egress: egress::Client) -> Self {
        Self { random, keys: Published::new(egress) }
    }

    /// Issues a token to the client of the tenant of this name, if it is proven.
    pub(super) async fn issue(
        &self,
        context: &Context,
        parts: &Parts,
        tenant: &str,
        request: TokenRequest,
    ) -> Result<Issued, Error> {
        let at = now(context);
        let known = find(context, tenant, &request).await?;
        let proof = self.prove(context, known.as_ref(), &request.proof, at).await?;
        let Known { client, tenant, .. } = known.ok_or_else(unknown)?;
        note(&parts.extensions, |record| record.note_caller(&tenant, &client.id.to_string()));
        if !client.networks.contain(of_request(parts, context)) {
            return Err(Error::UnauthorizedClient("this client is not accepted from this address"));
        }
        let _permit = context.admission.admit(&tenant).map_err(Error::Wait)?;
        self.store(context, client, request.scope.as_str(), proof, at).await
    }

    /// Whether the client is who it says. Answers by what it was proven.
    async fn prove(
        &self,
        context: &Context,
        known: Option<&Known>,
        proof: &Proof,
        at: Timestamp,
    ) -> Result<Proven, Error> {
        match proof {
            Proof::Secret(secret) => {
                let stored =
                    known.and_then(|known| known.secrets.iter().find(|s| s.id == secret.public_id()));
                // For an unknown one a digest is computed as well, so that the time tells nothing.
                let digest = stored.map_or([0; 32], |stored| stored.digest);
                let proven = context.digest_key.verify(secret, &digest);
                let live = stored.filter(|stored| proven && stored.is_live(at)).ok_or_else(unknown)?;
                Ok(Proven::Secret(live.id.clone()))
            }
            Proof::Assertion(text) => {
                let trusting =
                    known.and_then(|Known { client, .. }| Some((client.id, client.trust.as_ref()?)));
                let (client, trust) =
                    trusting.ok_or(Error::InvalidClient("there is no such client that trusts an issuer"))?;
                let checked = self.check(text, trust, at).await;
                checked.map(Proven::Assertion).map_err(|refused| told(refused, client))
            }
        }
    }

    async fn check(&self, text: &str, trust: &Trust, at: Timestamp) -> Result<Option<OneUse>, Refused> {
        let assertion = Assertion::parse(text)?;
        let keys = self.keys.at(&trust.jwks_url, at, |keys| assertion.key(keys).is_none()).await;
        let key = keys.as_deref().and_then(|keys| assertion.key(keys)).ok_or(Refused::NoKey)?;
        assertion.check(key, trust, at)
    }

    /// Keeps a new token of the client, if the client and the secret that proved it are still there.
    async fn store(
        &self,
        context: &Context,
        client: Client,
        scope: &str,
        proof: Proven,
        at: Timestamp,
    ) -> Result<Issued, Error> {
        let random = (self.random)().map_err(|error| {
            tracing::error!(%error, "the operating system gives no random bytes");
            Error::Failed
        })?;
        let secret = Secret::mint(SecretKind::Scim, &random);
        let scope = client.scope.and(Scope::requested(scope));
        let token = Token {
            id: secret.public_id().to_owned(),
            tenant: client.tenant,
            connection: client.connection,
            digest: context.digest_key.digest(&secret).to_vec(),
            label: client.label,
            created: at,
            expires: Some(at.checked_add(ISSUED_TOKEN_LIFETIME).map_err(|_| Error::Failed)?),
            revoked: None,
            grant: Grant { scope, networks: client.networks, client: Some(client.id), subject: None },
        };
        let entry = AuditEntry {
            id: AuditId(context.ids.next()),
            at,
            actor: format!("client:{}", client.id),
            action: "token.issue".to_owned(),
            subject: token.id.clone(),
            detail: json!({ "secret": proof.secret(), "expires": token.expires, "scope": scope }),
        };
        let store = context.store.of_tenant(client.tenant);
        let kept = store.write(move |tx| keep(tx, client.id, &proof, &token, &entry));
        match kept.await? {
            Kept::Yes => Ok(Issued { secret, scope: scope.to_string() }),
            Kept::Gone => Err(unknown()),
            Kept::Repeated => Err(told(Refused::Repeated, client.id)),
        }
    }
}

/// What became of a new token.
enum Kept {
    Yes,
    /// The client, or the secret that proved it, is not there any more.
    Gone,
    /// The assertion that proved the client had done so before.
    Repeated,
}

fn keep(
    tx: &mut Tx<'_>,
    client: ClientId,
    proof: &Proven,
    token: &Token,
    entry: &AuditEntry,
) -> Result<Kept, store::Error> {
    if !store::client::hold(tx, token.tenant, client, proof.secret())? {
        return Ok(Kept::Gone);
    }
    if let Proven::Assertion(Some(OneUse { digest, expires })) = proof
        && !store::client::use_assertion(tx, token.tenant, client, digest, *expires)?
    {
        return Ok(Kept::Repeated);
    }
    store::token::issue(tx, token)?;
    store::audit::append(tx, Some(token.tenant), entry)?;
    Ok(Kept::Yes)
}

/// What is told to who sent an assertion that proves nothing, and to the operator.
fn told(refused: Refused, client: ClientId) -> Error {
    tracing::info!(%client, %refused, "an assertion was refused");
    Error::InvalidClient(refused.detail())
}

async fn find(context: &Context, tenant: &str, request: &TokenRequest) -> Result<Option<Known>, Error> {
    let (name, id) = (tenant.to_owned(), request.client);
    let known = context.store.look_up(move |tx| {
        let Some((client, tenant)) = store::client::find(tx, &name, id)? else { return Ok(None) };
        let secrets = store::client::secrets(tx, tenant.id, id)?;
        Ok::<_, store::Error>(Some(Known { client, tenant, secrets }))
    });
    Ok(known.await?)
}
