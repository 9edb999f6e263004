//! The connector: what the engine calls.

use crate::application::Application;
use crate::changes::ChangesRead;
use crate::config::{Config, ConfigError};
use crate::directory::Directory;
use crate::full::FullRead;
use crate::position::Position;
use crate::system_log;
use async_trait::async_trait;
use connector::{Entry, Error, Object, ObjectType, Paged, Reading, Source, Watermark};
use std::sync::Arc;

/// An Okta org.
pub struct OktaSource {
    directory: Arc<Directory>,
}

impl OktaSource {
    /// Prepares a connection. Nothing is sent yet.
    ///
    /// # Errors
    /// When the URL, the credentials or the app's id cannot be used.
    pub fn new(config: &Config) -> Result<Self, ConfigError> {
        Ok(Self { directory: Arc::new(Directory::new(config)?) })
    }

    /// Refuses a job that provisions assigned users and names no app: everybody would look unassigned.
    fn require_app(&self) -> Result<(), Error> {
        if self.directory.needs.assignments && self.directory.app.is_none() {
            return Err(Error::source(
                "source.app",
                "is missing, and the job provisions assigned users only",
                "name the app whose assignments count, or set assigned_only = false",
            ));
        }
        Ok(())
    }
}

#[async_trait]
impl Source for OktaSource {
    async fn test(&self) -> Result<(), Error> {
        self.require_app()?;
        let api = &self.directory.api;
        api.probe("/api/v1/users?limit=1").await?;
        api.probe(&system_log::probe(api.now())).await?;
        if let Some(app) = &self.directory.app {
            api.probe(&Application::probe(app)).await?;
        }
        if self.directory.needs.groups || self.directory.app.is_some() {
            api.probe("/api/v1/groups?limit=1").await?;
        }
        Ok(())
    }

    async fn read(&self, since: Option<&Watermark>) -> Result<Box<dyn Reading>, Error> {
        self.require_app()?;
        let directory = Arc::clone(&self.directory);
        let Some(watermark) = since else {
            return Ok(Box::new(Paged::new(FullRead::begin(directory).await?)));
        };
        let position = Position::parse(watermark, directory.api.now())?;
        Ok(Box::new(Paged::new(ChangesRead::begin(directory, &position).await?)))
    }

    async fn get(&self, object_type: ObjectType, anchors: &[String]) -> Result<Vec<Entry>, Error> {
        self.require_app()?;
        let mut shared = self.directory.share().await?;
        self.directory.get(object_type, anchors, &mut shared).await
    }

    async fn find(&self, who: &str) -> Result<Vec<Object>, Error> {
        self.require_app()?;
        self.directory.find(who).await
    }
}
