//! What the resources of each tenant look like, kept in memory while it is true. Tenants without a definition of their
//! own share their application's profile, unless that keeps digests of secrets, whose key is each tenant's.
//!
//! The version of a tenant's schemas comes with its token, and what is known of a token ends with each change
//! (`known_tokens`): another process's change is seen with the next request, and nobody has to be told.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use application::{Application, Profile};
use lru::LruCache;
use model::TenantId;
use model::attribute_key::AttributeKey;
use model::tenant::Tenant;
use scim::Definition;

use crate::Context;
use crate::error::Error;
use crate::limits::MAX_PROFILES;

/// The profiles that are one tenant's alone, the least recently used ones forgotten first.
pub(crate) struct Profiles(Mutex<LruCache<TenantId, Arc<Profile>>>);

impl Default for Profiles {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(NonZeroUsize::new(MAX_PROFILES).unwrap_or(NonZeroUsize::MIN))))
    }
}

impl Profiles {
    fn get(&self, tenant: &Tenant) -> Option<Arc<Profile>> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A later version than that of the tenant's row: the definition was applied since the row was read.
        known.get(&tenant.id).filter(|profile| profile.version() >= tenant.schema_version).map(Arc::clone)
    }

    fn keep(&self, tenant: TenantId, profile: &Arc<Profile>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.put(tenant, Arc::clone(profile));
    }
}

/// What the tenant's resources look like.
///
/// # Errors
/// The store's; [`Error::Definition`] if the definition was made for another release's schemas.
pub(crate) async fn of(
    context: &Context,
    tenant: &Tenant,
    application: &dyn Application,
) -> Result<Arc<Profile>, Error> {
    let base = application.profile();
    if tenant.schema_version == 0 && !base.keeps_secrets() {
        return Ok(Arc::clone(base));
    }
    if let Some(known) = context.profiles.get(tenant) {
        return Ok(known);
    }
    let key = AttributeKey::new(&context.digest_key, tenant.id);
    let profile = match tenant.schema_version {
        0 => base.with_key(&key),
        _ => defined(context, tenant, base, &key).await?,
    };
    let profile = Arc::new(profile);
    context.profiles.keep(tenant.id, &profile);
    Ok(profile)
}

/// The profile by the tenant's own definition.
async fn defined(
    context: &Context,
    tenant: &Tenant,
    base: &Profile,
    key: &AttributeKey,
) -> Result<Profile, Error> {
    let id = tenant.id;
    let applied = context.store.read(move |tx| store::schema::get(tx, id)).await?;
    let Some(applied) = applied else { return Err(store::Error::corrupt("schema_definition").into()) };
    let definition: Definition = serde_json::from_value(applied.definition)
        .map_err(|_| store::Error::corrupt("schema_definition.definition"))?;
    let profile = base.defined(&definition, applied.version, Some(key));
    profile.map_err(|mistakes| Error::Definition { tenant: tenant.name.to_string(), mistakes })
}
