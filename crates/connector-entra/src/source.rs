//! The connector: what the engine calls.

use crate::changes::ChangesRead;
use crate::client::Graph;
use crate::fetch::Directory;
use crate::full::FullRead;
use crate::mark::Mark;
use crate::principals::{Principals, Roles};
use crate::select::Selection;
use crate::{Config, ConfigError};
use async_trait::async_trait;
use connector::{Entry, Error, Members, Needs, Object, ObjectType, Paged, Reading, Source, Watermark};
use std::sync::Arc;

/// A Microsoft Entra tenant. A clone is the same connection.
#[derive(Clone)]
pub struct EntraSource {
    pub(crate) directory: Arc<Directory>,
}

impl EntraSource {
    /// Prepares a connection. Nothing is sent yet.
    ///
    /// # Errors
    /// When a URL or the credential cannot be used, or the job needs assignments and names no application.
    pub fn new(config: Config, needs: &Needs) -> Result<Self, ConfigError> {
        let selection = Selection::of(needs);
        let service_principal = config.service_principal.clone();
        if selection.assignments && service_principal.is_none() {
            return Err(ConfigError::NoServicePrincipal);
        }
        let query = selection.digest(service_principal.as_deref());
        let graph = Graph::new(config)?;
        Ok(Self { directory: Arc::new(Directory { graph, selection, service_principal, query }) })
    }

    async fn members(&self, group: &str) -> Result<Option<Members>, Error> {
        let Directory { graph, selection, .. } = self.directory.as_ref();
        Ok(graph.members(group, selection.nested).await?.map(Members::All))
    }
}

#[async_trait]
impl Source for EntraSource {
    async fn test(&self) -> Result<(), Error> {
        let Directory { graph, selection, service_principal, .. } = self.directory.as_ref();
        graph.get("/users?$top=1&$select=id").await?.document()?;
        if selection.reads_groups() {
            graph.get("/groups?$top=1&$select=id").await?.document()?;
        }
        if let Some(application) = service_principal.as_deref().filter(|_| selection.assignments) {
            Roles::read(graph, application).await?;
            Principals::check(graph, application).await?;
        }
        Ok(())
    }

    async fn read(&self, since: Option<&Watermark>) -> Result<Box<dyn Reading>, Error> {
        let directory = Arc::clone(&self.directory);
        let Some(watermark) = since else {
            return Ok(Box::new(Paged::new(FullRead::begin(directory).await?)));
        };
        let mark = Mark::parse(watermark, &directory.query)?;
        Ok(Box::new(Paged::new(Box::pin(ChangesRead::begin(directory, mark)).await?)))
    }

    async fn get(&self, object_type: ObjectType, anchors: &[String]) -> Result<Vec<Entry>, Error> {
        if anchors.is_empty() {
            return Ok(Vec::new());
        }
        let roster = self.directory.present_roster().await?;
        match object_type {
            ObjectType::User => self.directory.fetch_users(anchors, roster.as_ref()).await,
            ObjectType::Group => {
                let mut groups = Vec::new();
                for anchor in anchors {
                    groups.push((anchor.clone(), self.members(anchor).await?));
                }
                self.directory.fetch_groups(groups, roster.as_ref()).await
            }
        }
    }

    async fn find(&self, who: &str) -> Result<Vec<Object>, Error> {
        self.directory.find_users(who).await
    }
}
