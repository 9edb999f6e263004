//! What every verb works with: the open database, its key, the clock and fresh ids.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};
use application::api::Call;
use application::{Applications, Plain, schemas};
use ipnet::IpNet;
use jiff::Timestamp;
use model::attribute_key::AttributeKey;
use model::audit::AuditEntry;
use model::connection::{Connection, ConnectionName};
use model::ids::AuditId;
use model::tenant::Tenant;
use model::{Clock, IdSource, TenantId};
use print::Print;
use provisioning::pacing::Paces;
use provisioning::{Ends, JobInstance, capabilities};
use serde_json::Value;
use sign_in::FollowedBySignIn;
use store::job::StoredJob;
use store::{DatabaseUrl, Store, Tx};
use workplace::Workplace;

use crate::clock::{FreshIds, SystemClock};
use crate::connect;
use crate::failure::refusal;
use crate::keys::{self, Keys};

/// The setting with the fingerprint of the key that a database was first used with.
const KEY_FINGERPRINT: &str = "key_fingerprint";
/// The setting with the URL that clients know the server by.
const PUBLIC_URL: &str = "public_url";
/// What that is before anybody has said it.
const DEFAULT_PUBLIC_URL: &str = "http://127.0.0.1:8080";

/// Where an installation is.
#[derive(Clone, Debug)]
pub struct Place {
    /// `sqlite:PATH` or `postgres://…`.
    pub database: String,
    /// The key file. `None`: its default place.
    pub key_file: Option<PathBuf>,
    /// What clients call the server, without a slash at the end. `None`: as it was last served.
    pub public_url: Option<String>,
    /// Networks of the operator's own that webhooks may be sent to.
    pub own_networks: Vec<IpNet>,
}

/// An installation, opened.
#[derive(Clone)]
pub struct Installation {
    /// The database.
    pub store: Store,
    /// Its name for people, without a password.
    pub database: String,
    /// The key.
    pub keys: Keys,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Fresh ids.
    pub ids: Arc<dyn IdSource>,
    paces: Paces,
    public_url: Option<String>,
    own_networks: Vec<IpNet>,
    /// Who acts, as the audit log names them.
    actor: String,
    /// Where relative paths in definitions begin. `None`: where the definition is.
    pub folder: Option<PathBuf>,
}

impl Installation {
    /// Opens the database and the key file, and makes what does not exist yet.
    ///
    /// # Errors
    /// When either can't be opened or made, or they don't belong together.
    pub async fn open(place: Place) -> Result<Self> {
        let opened = tokio::task::spawn_blocking(move || Self::open_blocking(place)).await??;
        opened.check_key().await?;
        Ok(opened)
    }

    fn open_blocking(place: Place) -> Result<Self> {
        let url = DatabaseUrl::parse(&place.database)?;
        let store =
            Store::open_with(&url, &[workplace::TABLES, print::TABLES, events::TABLES, sign_in::TABLES])?;
        let key_file = place.key_file.map_or_else(|| keys::default_place(&place.database), Ok)?;
        Ok(Self {
            store,
            database: url.to_string(),
            keys: Keys::at(&key_file)?,
            clock: Arc::new(SystemClock),
            ids: Arc::new(FreshIds),
            paces: Paces::default(),
            public_url: place.public_url,
            own_networks: place.own_networks,
            actor: "cli".to_owned(),
            folder: None,
        })
    }

    /// A database remembers the key it was first used with: with another one, no token would work any more and no
    /// sealed secret could be opened.
    async fn check_key(&self) -> Result<()> {
        let known = self.store.read(|tx| store::setting::get(tx, KEY_FINGERPRINT)).await?;
        let print = self.keys.fingerprint();
        let known = match known {
            Some(known) => known,
            None => {
                let print = print.clone();
                self.store.write(move |tx| store::setting::get_or_set(tx, KEY_FINGERPRINT, &print)).await?
            }
        };
        if known == print {
            return Ok(());
        }
        Err(refusal(
            format!("{} was first used with another key file", self.database),
            "name that file with --key-file or ROLLCALL_KEY_FILE; tokens and sealed secrets work only with it",
        ))
    }

    /// Ends the threads of the database, when what waits is done.
    pub async fn close(self) {
        let closed = tokio::task::spawn_blocking(move || self.store.close()).await;
        if let Err(error) = closed {
            tracing::error!(%error, "the database was not closed in order");
        }
    }

    /// The instant now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// What the engine works with.
    pub fn engine(&self) -> provisioning::Context {
        provisioning::Context {
            store: self.store.clone(),
            clock: Arc::clone(&self.clock),
            ids: Arc::clone(&self.ids),
            paces: self.paces.clone(),
        }
    }

    /// What sends to addresses that tenants' administrators chose.
    ///
    /// # Errors
    /// When it can't be set up.
    pub fn egress(&self) -> Result<egress::Client> {
        Ok(egress::Client::with_networks(&self.own_networks)?)
    }

    /// What issues security event tokens, of the server that clients call so.
    pub fn issuer(&self, public_url: &str) -> events::Issuer {
        events::Issuer::new(self.keys.signing_keys(), public_url.to_owned())
    }

    /// What clients call the server: as said now, else as it was last served.
    ///
    /// # Errors
    /// The store's.
    pub async fn public_url(&self) -> Result<String> {
        if let Some(url) = &self.public_url {
            return Ok(url.clone());
        }
        let known = self.store.read(|tx| store::setting::get(tx, PUBLIC_URL)).await?;
        Ok(known.unwrap_or_else(|| DEFAULT_PUBLIC_URL.to_owned()))
    }

    /// Remembers what clients call the server that listens as `listening`, and answers it.
    ///
    /// # Errors
    /// The store's.
    pub async fn set_public_url(&self, listening: &str) -> Result<String> {
        let url = self.public_url.clone().unwrap_or_else(|| listening.to_owned());
        let set = url.clone();
        self.store.write(move |tx| store::setting::set(tx, PUBLIC_URL, &set)).await?;
        Ok(url)
    }

    /// The tenant of this name.
    ///
    /// # Errors
    /// When there is none.
    pub async fn tenant(&self, name: &str) -> Result<Tenant> {
        let asked = name.to_owned();
        let found = self.store.read(move |tx| store::tenant::by_name(tx, &asked)).await?;
        found.ok_or_else(|| {
            refusal(
                format!("there is no tenant {name:?} in {}", self.database),
                "see `rollcall tenant list`, or make it with `rollcall tenant create`",
            )
        })
    }

    /// A call of the operations of what stands behind a tenant, by whoever acts here.
    ///
    /// # Errors
    /// When the tenant's schemas were made for another release.
    pub async fn call(&self, tenant: &Tenant) -> Result<Call> {
        let known = applications();
        let application = known
            .get(tenant.application)
            .map(Arc::clone)
            .with_context(|| format!("the application {} is not part of this build", tenant.application))?;
        let key = AttributeKey::new(&self.keys.digest_key(), tenant.id);
        let (owner, of) = (tenant.clone(), Arc::clone(&application));
        let profile = self.store.read(move |tx| schemas::in_force(tx, &owner, &*of, Some(&key))).await?;
        Ok(Call {
            tenant: tenant.id,
            profile,
            tenant_url: format!("{}/t/{}/scim/v2", self.public_url().await?, tenant.name),
            actor: self.actor.clone(),
            at: self.now(),
            ids: Arc::clone(&self.ids),
            application,
            settings: tenant.settings.clone(),
        })
    }

    /// A tenant's connection of this name.
    ///
    /// # Errors
    /// When there is no such tenant or connection.
    pub async fn connection(&self, tenant: &str, name: &ConnectionName) -> Result<Connection> {
        let (id, asked) = (self.tenant(tenant).await?.id, name.clone());
        let found = self.store.read(move |tx| store::connection::get(tx, id, asked.as_str())).await?;
        found.ok_or_else(|| {
            refusal(
                format!("tenant {tenant} has no connection {:?}", name.as_str()),
                format!("see `rollcall connection list --tenant {tenant}`, or make it with `rollcall connection create`"),
            )
        })
    }

    /// The job of this name.
    ///
    /// # Errors
    /// When there is none.
    pub async fn job(&self, name: &str) -> Result<StoredJob> {
        let asked = name.to_owned();
        let found = self.store.read(move |tx| store::job::by_name(tx, &asked)).await?;
        found.ok_or_else(|| {
            refusal(
                format!("there is no job {name:?} in {}", self.database),
                "see `rollcall job list`, or add it with `rollcall job apply FILE`",
            )
        })
    }

    /// The job of this name, ready to run.
    ///
    /// # Errors
    /// When there is none, or it can't run.
    pub async fn connected(&self, name: &str) -> Result<(JobInstance, Ends)> {
        self.connect(&self.job(name).await?).await
    }

    /// A job, ready to run, and what was learned of its target.
    ///
    /// # Errors
    /// When it can't run.
    pub async fn connect(&self, job: &StoredJob) -> Result<(JobInstance, Ends)> {
        let (instance, ends) = connect::connect(job, &self.keys.sealer())?;
        let (id, settings, now) = (instance.id, instance.definition.target.clone(), self.now());
        ends.target.recall(self.store.read(move |tx| capabilities::recall(tx, id, &settings, now)).await?);
        Ok((instance, ends))
    }

    /// The same installation for somebody else than who works at the command line, and where paths begin for them.
    pub fn acting_as(self, actor: String, folder: PathBuf) -> Self {
        Self { actor, folder: Some(folder), ..self }
    }

    /// The entry of the audit log for something that is done, for [`record`].
    pub fn audit(&self, action: &str, subject: &str, detail: Value) -> AuditEntry {
        AuditEntry {
            id: AuditId(self.ids.next()),
            at: self.now(),
            actor: self.actor.clone(),
            action: action.to_owned(),
            subject: subject.to_owned(),
            detail,
        }
    }
}

/// Writes an entry of the audit log in the transaction of what it is about.
///
/// # Errors
/// A statement's.
pub fn record(tx: &mut Tx<'_>, tenant: Option<TenantId>, entry: &AuditEntry) -> Result<(), store::Error> {
    store::audit::append(tx, tenant, entry)
}

/// The applications that a tenant can be of, whose users sign in here.
pub fn applications() -> Applications {
    Applications::new(vec![
        Arc::new(FollowedBySignIn(Workplace::default())),
        Arc::new(FollowedBySignIn(Print::default())),
        Arc::new(FollowedBySignIn(Plain::default())),
    ])
    .sharing(events::operations)
}
