//! Which user of a tenant somebody is.
//!
//! By a link, if their provider has a subject for them that it gives to nobody else; else by the tenant's match key, and
//! then a link is made. A name or an e-mail address is compared anew each time: who was called so before is somebody else.

use std::sync::Arc;

use application::resources::{Draft, Operation, Precondition, create, is_active};
use application::{Application, Profile, TypeProfile, USER};
use jiff::{SignedDuration, Timestamp};
use model::connection::Kind;
use model::resource::{Origin, StoredResource};
use model::settings::Relink;
use model::tenant::Tenant;
use model::{IdSource, ResourceId};
use scim::Definition;
use scim::builtin::{ENTERPRISE_USER_URN, USER_URN};
use scim::quirks::Tolerance;
use serde_json::{Value as Json, json};
use store::{Tx, attr, namesake, resource};

use crate::identity::Value;
use crate::refusal::Ended;
use crate::{Identity, JustInTime, MatchKey, Refusal, Settings, link};

/// Where somebody is looked for, and what they are made with.
pub(crate) struct Where {
    pub(crate) tenant: Tenant,
    pub(crate) application: Arc<dyn Application>,
    pub(crate) ids: Arc<dyn IdSource>,
    pub(crate) at: Timestamp,
}

impl Where {
    /// The user that somebody is, held until the transaction ends, so that nobody deactivates it in between.
    pub(crate) fn user(
        &self,
        tx: &mut Tx<'_>,
        settings: &Settings,
        identity: &Identity,
    ) -> Result<StoredResource, Ended> {
        if let Some(user) = self.linked(tx, identity)? {
            return active(user);
        }
        let value = believed(identity, settings)?;
        let kind = self.users(tx, settings.match_key)?;
        let user = match self.matching(tx, &kind, (settings.match_key, &value.text))? {
            Some(id) => self.held(tx, id)?.ok_or(Refusal::NoSuchUser(settings.match_key))?,
            None => self.make(tx, (kind, settings), identity, value)?,
        };
        let user = active(user)?;
        if let Some(subject) = identity.subject()
            && !link::make(tx, (self.tenant.id, user.id), subject, self.at)?
        {
            return Err(Refusal::OtherSubject.into());
        }
        Ok(user)
    }

    fn linked(&self, tx: &mut Tx<'_>, identity: &Identity) -> Result<Option<StoredResource>, Ended> {
        let Some(subject) = identity.subject() else { return Ok(None) };
        match link::get(tx, self.tenant.id, subject)? {
            Some(id) => self.held(tx, id),
            None => Ok(None),
        }
    }

    /// The active user of this id, held.
    pub(crate) fn active(&self, tx: &mut Tx<'_>, id: ResourceId) -> Result<StoredResource, Ended> {
        active(self.held(tx, id)?.ok_or(Refusal::Inactive)?)
    }

    fn held(&self, tx: &mut Tx<'_>, id: ResourceId) -> Result<Option<StoredResource>, Ended> {
        Ok(resource::get_for_update(tx, self.tenant.id, USER, id)?)
    }

    /// Users as the tenant's schemas in force describe them.
    fn users(&self, tx: &mut Tx<'_>, key: MatchKey) -> Result<Arc<TypeProfile>, Ended> {
        let base = self.application.profile();
        let found = if self.tenant.schema_version == 0 {
            base.by_id(USER).map(Arc::clone)
        } else {
            self.defined(tx, base)?.by_id(USER).map(Arc::clone)
        };
        Ok(found.ok_or(Refusal::NotIndexed(key))?)
    }

    fn defined(&self, tx: &mut Tx<'_>, base: &Profile) -> Result<Profile, Ended> {
        let corrupt = || store::Error::corrupt("schema_definition");
        let applied = store::schema::get(tx, self.tenant.id)?.ok_or_else(corrupt)?;
        let definition: Definition = serde_json::from_value(applied.definition).map_err(|_| corrupt())?;
        Ok(base.defined(&definition, applied.version, None).map_err(|_| corrupt())?)
    }

    /// The one user with this value of the match key. Names that a directory's recycle bin gave are aliases (decision
    /// 0014), by which nobody signs in.
    fn matching(
        &self,
        tx: &mut Tx<'_>,
        kind: &TypeProfile,
        (key, value): (MatchKey, &str),
    ) -> Result<Option<ResourceId>, Ended> {
        let row = kind.row(&key.key(), value.trim()).ok_or(Refusal::NotIndexed(key))?;
        let holders = attr::holders(tx, self.tenant.id, USER, &row, 2)?;
        match holders.as_slice() {
            [] => Ok(None),
            [only] => Ok(Some(*only)),
            [..] => Err(Refusal::Ambiguous(key).into()),
        }
    }

    /// Makes who is not there, if the tenant wants that.
    fn make(
        &self,
        tx: &mut Tx<'_>,
        (kind, settings): (Arc<TypeProfile>, &Settings),
        identity: &Identity,
        value: &Value,
    ) -> Result<StoredResource, Ended> {
        let key = settings.match_key;
        match settings.just_in_time {
            JustInTime::Off => return Err(Refusal::NoSuchUser(key).into()),
            JustInTime::On if self.is_provisioned(tx)? => {
                let why = "the tenant is provisioned by SCIM, so assign the person to the application there, or allow both with \
                           --just-in-time beside-scim; if that has ended, revoke its tokens, those that have expired too";
                return Err(Refusal::NotMade(why.to_owned()).into());
            }
            JustInTime::On | JustInTime::BesideScim => {}
        }
        let email = identity.email.as_deref().filter(|email| settings.claims(email));
        let email = email
            .ok_or_else(|| Refusal::NotMade("their e-mail address is in no domain of the tenant".into()))?;
        let refused = |error: scim::Error| Refusal::NotMade(error.detail);
        let tolerance = Tolerance::default();
        let body = document(identity, key, &value.text, email);
        if self.was_deleted(tx, &kind, &body)? {
            let why =
                "somebody of this name was deleted, and signing in brings nobody back; provision the person";
            return Err(Refusal::NotMade(why.to_owned()).into());
        }
        let draft = Draft::new(&kind, body, &tolerance).map_err(refused)?;
        let operation = self.operation(kind, tolerance);
        create(tx, &operation, &draft).map_err(|error| match error {
            application::resources::Error::Refused(error) => refused(error).into(),
            application::resources::Error::Store(error) => error.into(),
        })
    }

    /// Whether somebody with these values was deleted within the time for which that is remembered.
    fn was_deleted(&self, tx: &mut Tx<'_>, kind: &TypeProfile, body: &Json) -> Result<bool, Ended> {
        let retention = SignedDuration::from_hours(i64::from(self.tenant.settings.retention_days) * 24);
        let since = self.at.checked_sub(retention).unwrap_or(Timestamp::MIN);
        let rows = body.as_object().map(|body| kind.rows(body)).unwrap_or_default();
        let found = namesake::find(tx, self.tenant.id, USER, &rows, since)?;
        Ok(found.iter().any(|one| one.deleted.is_some()))
    }

    fn operation(&self, kind: Arc<TypeProfile>, tolerance: Tolerance) -> Operation {
        let mut settings = self.tenant.settings.clone();
        // Signing in brings nobody back whom a client disabled.
        settings.relink = Relink::Reject;
        Operation {
            tenant: self.tenant.id,
            settings,
            application: Arc::clone(&self.application),
            kind,
            actor: "sign-in".to_owned(),
            origin: Origin::Application,
            at: self.at,
            tolerance: Arc::new(tolerance),
            ids: Arc::clone(&self.ids),
            precondition: Precondition::default(),
        }
    }

    /// Whether somebody is to provision the tenant. A token that has expired counts until it is revoked: most likely it
    /// was forgotten, and its client comes back with a new one.
    fn is_provisioned(&self, tx: &mut Tx<'_>) -> Result<bool, Ended> {
        let tenant = self.tenant.id;
        let tokens = store::token::list(tx, tenant)?.into_iter().map(|listed| listed.token);
        let kept = tokens.filter(|token| token.revoked.is_none()).map(|token| token.connection);
        let clients = store::client::list(tx, tenant)?.into_iter().map(|client| client.connection);
        let used: Vec<_> = kept.chain(clients).collect();
        let connections = store::connection::list(tx, tenant)?;
        Ok(connections.iter().any(|one| one.kind != Kind::Application && used.contains(&one.name)))
    }
}

/// What the provider sent for the match key, if it can be believed.
fn believed<'i>(identity: &'i Identity, settings: &Settings) -> Result<&'i Value, Refusal> {
    let key = settings.match_key;
    let value = identity.value.as_ref().filter(|value| !value.text.trim().is_empty());
    let value = value.ok_or_else(|| Refusal::NoValue { claim: identity.claim.clone(), key })?;
    // An address proves nothing where anybody can have typed it (Grafana CVE-2023-3128).
    let is_address = value.is_email || key == MatchKey::Emails;
    let is_believed = value.verified.unwrap_or_else(|| settings.claims(&value.text));
    if is_address && !is_believed {
        return Err(Refusal::Unverified);
    }
    Ok(value)
}

fn active(user: StoredResource) -> Result<StoredResource, Ended> {
    if is_active(&user.document) { Ok(user) } else { Err(Refusal::Inactive.into()) }
}

/// A new user as the provider describes them.
fn document(identity: &Identity, key: MatchKey, value: &str, email: &str) -> Json {
    let user_name = if key == MatchKey::UserName { value } else { email };
    let mut user = json!({
        "schemas": [USER_URN],
        "userName": user_name,
        "active": true,
        "emails": [{ "value": email, "type": "work", "primary": true }],
    });
    let mut set = |name: &str, value: Option<Json>| {
        if let (Some(value), Some(user)) = (value, user.as_object_mut()) {
            user.insert(name.to_owned(), value);
        }
    };
    set("displayName", identity.display_name.as_deref().map(Json::from));
    let names = [("givenName", &identity.given_name), ("familyName", &identity.family_name)];
    let names: serde_json::Map<String, Json> = names
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), Json::from(value.as_deref()?))))
        .collect();
    set("name", (!names.is_empty()).then_some(Json::Object(names)));
    match key {
        MatchKey::UserName | MatchKey::Emails => {}
        MatchKey::ExternalId => set("externalId", Some(value.into())),
        MatchKey::EmployeeNumber => {
            set("schemas", Some(json!([USER_URN, ENTERPRISE_USER_URN])));
            set(ENTERPRISE_USER_URN, Some(json!({ "employeeNumber": value })));
        }
    }
    user
}
