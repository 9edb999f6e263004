//! The connector: what the engine calls.

use crate::assigned::Assigned;
use crate::dialect::Dialect;
use crate::entry::RawEntry;
use crate::fault;
use crate::layout::Layout;
use crate::lookup;
use crate::push::{self, Cookie};
use crate::reading::LdapRead;
use crate::session::{Endpoint, Progress, Search, Session};
use crate::stamps::Horizon;
use async_trait::async_trait;
use connector::{Entry, Error, Needs, Object, ObjectType, Paged, Reading, Source, Watermark};
use model::job::LdapSettings;
use scim::fold::fold_eq;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::Mutex;
use uuid::Uuid;

/// A directory that speaks LDAP.
pub struct LdapSource {
    endpoint: Endpoint,
    needs: Needs,
    heard: Mutex<Option<Cookie>>,
}

impl LdapSource {
    /// A source as a job describes it, with the reader's password opened. Nothing is connected yet.
    ///
    /// # Errors
    /// When the URL is none, or the password would cross the network without TLS.
    pub fn new(settings: LdapSettings, password: Option<String>, needs: Needs) -> Result<Self, Error> {
        Ok(Self { endpoint: Endpoint::new(settings, password)?, needs, heard: Mutex::default() })
    }

    async fn open(&self) -> Result<(Session, RawEntry, Layout), Error> {
        let mut session = self.endpoint.open().await?;
        let root = session.root().await?;
        let layout = Layout::new(self.endpoint.settings(), &self.needs, Dialect::of(&root));
        Ok((session, root, layout))
    }
}

#[async_trait]
impl Source for LdapSource {
    async fn test(&self) -> Result<(), Error> {
        let (mut session, _, layout) = self.open().await?;
        let attributes = [layout.dialect.anchor_attribute()].map(str::to_owned).into();
        let part = layout.users.clone();
        let first = Search { base: part.base.clone(), filter: part.filter, attributes, page: 1 };
        let found = session.page(&first, &mut Progress::default()).await?;
        if found.iter().all(|entry| layout.dialect.anchor(entry).is_none()) {
            return Err(fault::nobody(&session.place, &part.base));
        }
        Assigned::load(&mut session, &layout).await.map(drop)
    }

    async fn read(&self, since: Option<&Watermark>) -> Result<Box<dyn Reading>, Error> {
        let (mut session, root, layout) = self.open().await?;
        let numbers = numbers(&mut session, &root, layout.dialect).await?;
        Ok(Box::new(Paged::new(LdapRead::begin(session, Arc::new(layout), numbers, since).await?)))
    }

    async fn get(&self, object_type: ObjectType, anchors: &[String]) -> Result<Vec<Entry>, Error> {
        let (mut session, _, layout) = self.open().await?;
        let asked: Vec<Uuid> = anchors.iter().filter_map(|anchor| anchor.parse().ok()).collect();
        let found = lookup::by_anchors(&mut session, &layout, object_type, &asked).await?;
        let objects =
            lookup::objects(&mut session, &layout, object_type, found.into_values().collect()).await?;
        let by_anchor: HashMap<&str, &Object> =
            objects.iter().map(|object| (object.anchor.as_str(), object)).collect();
        let entry = |anchor: &String| match by_anchor.get(anchor.as_str()) {
            Some(object) => Entry::Present((*object).clone()),
            None => Entry::Removed { anchor: anchor.clone(), object_type },
        };
        Ok(anchors.iter().map(entry).collect())
    }

    async fn find(&self, who: &str) -> Result<Vec<Object>, Error> {
        let (mut session, _, layout) = self.open().await?;
        let mut found = lookup::by_name(&mut session, &layout, who).await?;
        // A uid that is not the name that the engine knows somebody by is no name of theirs.
        found.retain(|object| {
            let is_named = |name: &&str| object.attributes.get(*name).and_then(|name| name.as_str());
            object.anchor.eq_ignore_ascii_case(who)
                || ["userPrincipalName", "mail"].iter().filter_map(is_named).any(|name| fold_eq(name, who))
        });
        Ok(found)
    }

    async fn changed(&self) -> Result<(), Error> {
        let mut heard = self.heard.lock().await;
        push::changed(&mut heard, || self.open()).await
    }
}

/// Up to which number this domain controller has counted changes, asked before anybody is listed.
async fn numbers(session: &mut Session, root: &RawEntry, dialect: Dialect) -> Result<Option<Horizon>, Error> {
    if dialect == Dialect::OpenLdap {
        return Ok(None);
    }
    let settled = root.text("highestCommittedUSN").and_then(|number| number.parse().ok());
    let (Some(settled), Some(service)) = (settled, root.text("dsServiceName")) else {
        return Ok(Some(Horizon::Nothing));
    };
    // A controller that was restored from a backup counts again from there, under another id ([MS-ADTS] 3.1.1.1.4).
    let attributes = ["invocationId".to_owned()];
    let own = session.entry(service, "(objectClass=*)", &attributes).await?.unwrap_or_default();
    let id =
        own.values("invocationId").first().and_then(|id| Uuid::from_slice_le(id).ok()).unwrap_or_default();
    Ok(Some(Horizon::Numbers { server: format!("{service} {id}"), settled }))
}
