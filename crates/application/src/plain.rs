//! Everybody else's application.

use store::Tx;

use crate::{Application, Change, Profile};

/// Users and groups as the core schemas say, with nothing behind them: the vendor reads the change feed.
#[derive(Debug)]
pub struct Plain {
    profile: Profile,
}

impl Default for Plain {
    fn default() -> Self {
        Self { profile: Profile::plain() }
    }
}

impl Application for Plain {
    fn kind(&self) -> model::tenant::Application {
        model::tenant::Application::Plain
    }

    fn profile(&self) -> &Profile {
        &self.profile
    }

    fn changed(&self, _: &mut Tx<'_>, _: &Change<'_>) -> Result<(), store::Error> {
        Ok(())
    }
}
