//! Everybody else's application.

use std::sync::Arc;

use store::Tx;

use crate::{Application, Change, Profile};

/// Users and groups as the core schemas say, with nothing behind them: the vendor reads the change feed.
#[derive(Debug)]
pub struct Plain {
    profile: Arc<Profile>,
}

impl Default for Plain {
    fn default() -> Self {
        Self { profile: Arc::new(Profile::plain()) }
    }
}

impl Application for Plain {
    fn kind(&self) -> model::tenant::Application {
        model::tenant::Application::Plain
    }

    fn profile(&self) -> &Arc<Profile> {
        &self.profile
    }

    fn changed(&self, _: &mut Tx<'_>, _: &Change<'_>) -> Result<(), store::Error> {
        Ok(())
    }
}
