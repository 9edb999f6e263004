//! The end of every sign-in that went well: a session, in one transaction with what made it possible.

use std::sync::Arc;

use axum::response::Response;
use jiff::Timestamp;
use model::ResourceId;
use model::audit::AuditEntry;
use model::token::{Secret, SecretKind};
use model::{AuditId, TenantId};
use serde_json::json;
use store::Tx;

use super::visit::Visit;
use super::{cookie, page};
use crate::refusal::Ended;
use crate::used::{self, Once};
use crate::whom::Where;
use crate::{Door, Identity, Refusal, Settings, attempt, break_glass, once, provider, session, settings};

/// By what somebody gets in.
pub(super) enum Proof {
    /// A provider's word, which may be good for one use.
    Provider(Box<Identity>, Option<Once>),
    /// A link that works once.
    Link(String),
    /// The break-glass key.
    BreakGlass(String),
}

impl Proof {
    /// When a session that could last so long ends.
    fn end(&self, latest: Timestamp) -> Timestamp {
        match self {
            Self::Provider(identity, _) => identity.session_end.map_or(latest, |end| end.min(latest)),
            Self::Link(_) | Self::BreakGlass(_) => latest,
        }
    }

    fn door(&self) -> Door {
        match self {
            Self::Provider(identity, _) => identity.door,
            Self::Link(_) => Door::Link,
            Self::BreakGlass(_) => Door::BreakGlass,
        }
    }
}

impl Visit {
    /// Begins a session, and sends the browser on.
    pub(super) async fn let_in(&self, proof: Proof, return_to: Option<&str>) -> Result<Response, Refusal> {
        let context = &self.site.context;
        let random = (context.random)().map_err(|error| {
            tracing::error!(%error, "the operating system gives no random bytes");
            Refusal::Failed
        })?;
        let (door, token) = (proof.door(), Secret::mint(SecretKind::Session, &random));
        let subject = match &proof {
            Proof::Provider(identity, _) => Some(identity.shown.clone()),
            Proof::Link(_) | Proof::BreakGlass(_) => None,
        };
        let (cookie, opening) = (token.reveal().to_owned(), Arc::new(self.opening(token)));
        let before = self.token();
        let attempt = self.attempt(door, subject);
        let store = self.store();
        let done = store.write(move |tx| {
            let settings = settings::get(tx, opening.tenant)?;
            let user = opening.prove(tx, &proof, &settings)?;
            let whose = (opening.tenant, user, door);
            let at = opening.look.at;
            // The browser forgets its session of before, so that nobody else is to have it either (OWASP ASVS 7.2.4). With
            // the form of a SAML provider it does not come, because it is Lax; then its time ends it.
            if let Some(token) = &before
                && let Some(found) = session::find(tx, opening.tenant, (token, &opening.key), at)?
            {
                session::end(tx, opening.tenant, &found.id)?;
            }
            let lifetime = (at, proof.end(session::after(at, settings.lifetime_minutes)));
            session::begin(tx, whose, (&opening.token, &opening.key), lifetime)?;
            Ok::<_, Ended>(attempt::add(tx, opening.tenant, &attempt)?)
        });
        done.await.map_err(Ended::into_refusal)?;
        context.metrics.count(door, None);
        let to = return_to.map_or_else(|| self.addresses.sign_in.clone(), |path| self.on_site(path));
        let cookies =
            [cookie::set_session(self.name(), &cookie), cookie::forget(&cookie::start_name(self.name()))];
        Ok(page::redirect(&to, cookies))
    }

    fn opening(&self, token: Secret) -> Opening {
        let context = &self.site.context;
        let look = Where {
            tenant: self.tenant.clone(),
            application: Arc::clone(&self.application),
            ids: Arc::clone(&context.ids),
            at: self.at,
        };
        Opening { tenant: self.tenant.id, key: context.digest_key.clone(), token, look }
    }

    /// A path of this site as a whole address.
    fn on_site(&self, path: &str) -> String {
        let base = url::Url::parse(&self.addresses.base);
        let joined = base.and_then(|base| base.join(path));
        joined.map_or_else(|_| self.addresses.sign_in.clone(), String::from)
    }
}

/// What the transaction works with.
struct Opening {
    tenant: TenantId,
    key: model::token::DigestKey,
    token: Secret,
    look: Where,
}

impl Opening {
    /// Whom it is that gets in; `None`: the break-glass account.
    fn prove(
        &self,
        tx: &mut Tx<'_>,
        proof: &Proof,
        settings: &Settings,
    ) -> Result<Option<ResourceId>, Ended> {
        match proof {
            Proof::Provider(identity, once) => {
                // Held, so that whoever removes or replaces it ends this session as well.
                let provider = provider::get_for_update(tx, self.tenant, identity.door)?;
                if !provider.is_some_and(|provider| provider.is_issuer(&identity.issuer)) {
                    return Err(Refusal::NoProvider.into());
                }
                if let Some(once) = once
                    && !used::note(tx, self.tenant, once)?
                {
                    return Err(Refusal::Replayed.into());
                }
                Ok(Some(self.look.user(tx, settings, identity)?.id))
            }
            Proof::Link(text) => {
                if settings.sso_only {
                    return Err(Refusal::SsoOnly.into());
                }
                let found = once::whose(tx, self.tenant, (text, &self.key), self.look.at)?;
                let (link, user) = found.ok_or(Refusal::NotValid)?;
                if !once::spend(tx, self.tenant, &link)? {
                    return Err(Refusal::NotValid.into());
                }
                let user = self.look.active(tx, user)?;
                self.audit(tx, "sign-in.link.use", &user.id.to_string())?;
                Ok(Some(user.id))
            }
            Proof::BreakGlass(text) => {
                let opened = break_glass::open(tx, self.tenant, (text, &self.key), self.look.at)?;
                let key = opened.ok_or(Refusal::NotValid)?;
                self.audit(tx, "sign-in.break-glass.use", &key)?;
                tracing::warn!(tenant = %self.tenant, key, "the break-glass account of a tenant was used");
                Ok(None)
            }
        }
    }

    fn audit(&self, tx: &mut Tx<'_>, action: &str, subject: &str) -> Result<(), store::Error> {
        let entry = AuditEntry {
            id: AuditId(self.look.ids.next()),
            at: self.look.at,
            actor: "sign-in".to_owned(),
            action: action.to_owned(),
            subject: subject.to_owned(),
            detail: json!({ "session": self.token.public_id() }),
        };
        store::audit::append(tx, Some(self.tenant), &entry)
    }
}
