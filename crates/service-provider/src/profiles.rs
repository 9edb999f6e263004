//! What the resources of each tenant look like, kept in memory while it is true.
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

/// The profiles of tenants with a definition of their own, the least recently used ones forgotten first.
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
    if tenant.schema_version == 0 {
        return Ok(Arc::clone(application.profile()));
    }
    if let Some(known) = context.profiles.get(tenant) {
        return Ok(known);
    }
    let id = tenant.id;
    let applied = context.store.read(move |tx| store::schema::get(tx, id)).await?;
    let Some(applied) = applied else { return Err(store::Error::corrupt("schema_definition").into()) };
    let definition: Definition = serde_json::from_value(applied.definition)
        .map_err(|_| store::Error::corrupt("schema_definition.definition"))?;
    let key = AttributeKey::new(&context.digest_key, id);
    let profile = application.profile().defined(&definition, applied.version, Some(&key));
    let profile =
        profile.map_err(|mistakes| Error::Definition { tenant: tenant.name.to_string(), mistakes })?;
    let profile = Arc::new(profile);
    context.profiles.keep(id, &profile);
    Ok(profile)
}
