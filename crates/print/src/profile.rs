//! What users and groups of a print tenant look like.

use application::Profile;
use scim::resource_type::Extension;
use scim::{ResourceType, Schema, Uniqueness, builtin};

use crate::Identity;

/// Users with the enterprise extension and the print user extension. Nobody has an e-mail address of somebody else,
/// although RFC 7643 §4.1.2 does not ask for that: a print job must have one owner.
#[expect(clippy::expect_used, reason = "the schemas are part of the program, and a test builds them")]
pub(crate) fn print() -> Profile {
    let print_user: Schema =
        serde_json::from_str(include_str!("../schemas/print-user.json")).expect("the schema is valid");
    let extensions =
        [builtin::enterprise_user(), print_user].map(|schema| Extension { schema, required: false }).to_vec();
    let users = ResourceType::new("User", "/Users", "User Account", user(), extensions)
        .expect("the extensions fit the User resource type");
    Profile::with_users(users, &[&Identity::LocalUserName.path()])
}

fn user() -> Schema {
    let mut schema = builtin::user();
    let emails = schema.attributes.iter_mut().filter(|attribute| attribute.name == "emails");
    let parts = emails.flat_map(|attribute| attribute.sub_attributes.iter_mut());
    parts.filter(|part| part.name == "value").for_each(|value| value.uniqueness = Uniqueness::Server);
    schema
}

#[cfg(test)]
mod tests {
    use application::USER;
    use scim::{Mutability, Returned};
    use serde_json::json;
    use store::attr::AttributeRow;

    use super::*;
    use crate::PRINT_USER_URN;

    #[test]
    fn each_identity_is_unique_and_in_any_letter_case() {
        let profile = print();
        let users = profile.by_id(USER).unwrap();
        for identity in Identity::ALL {
            let key = identity.key();
            assert_eq!(users.attribute_name(&key), identity.path());
            let found = users.resource_type().attributes().iter().find(|attribute| attribute.key() == key);
            let is_secret = found.is_some_and(|found| found.leaf().returned == Returned::Never);
            let secrets = [Identity::Card, Identity::Pin, Identity::RegistrationCode];
            assert_eq!(is_secret, secrets.contains(&identity), "{identity:?}");
            assert!(!is_secret || found.unwrap().leaf().mutability == Mutability::WriteOnly, "{identity:?}");
            let row = AttributeRow::new(key, "anna@example.com", true);
            let expected = (!is_secret).then_some(row);
            assert_eq!(identity.row(users, "Anna@Example.com"), expected, "without a key of digests");
        }
    }

    #[test]
    fn the_rows_of_a_user() {
        let profile = print();
        let document =
            json!({ "emails": [{ "value": "A@x.example" }], PRINT_USER_URN: { "localUsername": "Anna" } });
        let rows = profile.by_id(USER).unwrap().rows(document.as_object().unwrap());
        let expected = [("emails.value", "a@x.example"), (Identity::LocalUserName.key().as_str(), "anna")]
            .map(|(key, value)| AttributeRow::new(key, value, true));
        assert_eq!(rows, expected);
    }
}
