//! The print application.

use std::sync::Arc;

use scim::resource_type::Extension;
use scim::{ResourceType, Schema, builtin};
use store::Tx;

use crate::{Application, Change, Profile};

/// URN of the print user extension, under which print services take the attributes that identify a job's owner.
pub const PRINT_USER_URN: &str = "urn:ietf:params:scim:schemas:extension:uniFLOWOnline:2.0:User";

/// Users with the enterprise extension and the print user extension.
///
/// The extension has `localUsername` only: the name that a print job carries. PIN and card attributes are secrets and
/// come together with the print identities that keep them as digests; until then they are ignored like any unknown
/// attribute, so that none is stored in the clear.
#[derive(Debug)]
pub struct Print {
    profile: Arc<Profile>,
}

impl Default for Print {
    #[expect(clippy::expect_used, reason = "the schemas are part of the program, and a test builds them")]
    fn default() -> Self {
        let print_user: Schema =
            serde_json::from_str(include_str!("../schemas/print-user.json")).expect("the schema is valid");
        let extensions = [builtin::enterprise_user(), print_user]
            .map(|schema| Extension { schema, required: false })
            .to_vec();
        let users = ResourceType::new("User", "/Users", "User Account", builtin::user(), extensions)
            .expect("the extensions fit the User resource type");
        let local_user_name = format!("{PRINT_USER_URN}:localUsername");
        Self { profile: Arc::new(Profile::with_users(users, &[&local_user_name])) }
    }
}

impl Application for Print {
    fn kind(&self) -> model::tenant::Application {
        model::tenant::Application::Print
    }

    fn profile(&self) -> &Arc<Profile> {
        &self.profile
    }

    fn changed(&self, _: &mut Tx<'_>, _: &Change<'_>) -> Result<(), store::Error> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_local_user_name_is_found_and_unique() {
        let print = Print::default();
        let users = print.profile().by_endpoint("Users").unwrap();
        let key = "urn:ietf:params:scim:schemas:extension:uniflowonline:2.0:user:localusername";
        assert!(users.keys().iter().any(|known| known == key));
        assert_eq!(users.attribute_name(key), format!("{PRINT_USER_URN}:localUsername"));
        let document = serde_json::json!({ PRINT_USER_URN: { "localUsername": "Anna" } });
        let expected = [store::attr::AttributeRow::new(key, "anna", true)];
        assert_eq!(users.rows(document.as_object().unwrap()), expected);
    }
}
