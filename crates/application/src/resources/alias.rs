//! The name that a directory's recycle bin gives: when somebody is deleted softly, Microsoft Entra renames the
//! `userPrincipalName` to the 32 hexadecimal digits of the object's id followed by the old name, and sends that as
//! `userName`, often together with `active` false. Nobody logs in under such a name, and a restore brings the old one
//! back. So the login stays, and what was sent becomes an alias of the same user (decision 0014).

use model::resource::StoredResource;
use scim::{Object, fold, fold_eq};
use serde_json::{Value, json};
use store::attr::{self, AttributeRow};
use store::namesake::USER_NAME;
use store::{Tx, audit};

use super::{Error, Operation};
use crate::USER;
use crate::limits::MAX_ALIASES;

/// How long a mangled name's prefix is: an object id without hyphens, in hexadecimal digits.
const PREFIX: usize = 32;

impl Operation {
    /// Lets a user keep the clean name and the clean e-mail addresses where `document`, which is about to take the
    /// place of `before`, has mangled ones.
    pub(super) fn keep_clean_names(
        &self,
        tx: &mut Tx<'_>,
        before: &StoredResource,
        document: &mut Object,
    ) -> Result<(), Error> {
        if self.kind.id() != USER {
            return Ok(());
        }
        let own = text(&before.document, "userName");
        if addresses(document).any(|address| behind_prefix(address).is_some()) {
            let known: Vec<&str> = addresses(&before.document).chain([own]).collect();
            clean_emails(document, &known);
        }
        let sent = text(document, "userName").to_owned();
        if fold_eq(own, &sent) {
            return Ok(());
        }
        let Some(rest) = behind_prefix(&sent) else { return Ok(()) };
        let aliases = attr::aliases(tx, self.tenant, USER, before.id, USER_NAME)?;
        let (alias, rest) = (row(&sent), row(rest));
        let is_known = aliases.contains(&alias);
        if !is_known && rest != row(own) && !aliases.contains(&rest) {
            return Ok(());
        }
        if !is_known && aliases.len() < MAX_ALIASES {
            self.add_alias(tx, before, &alias, &sent)?;
        }
        document.insert("userName".to_owned(), Value::from(own));
        Ok(())
    }

    /// Keeps an alias, unless the name is somebody else's: then it goes on naming that one.
    fn add_alias(
        &self,
        tx: &mut Tx<'_>,
        user: &StoredResource,
        alias: &AttributeRow,
        sent: &str,
    ) -> Result<(), Error> {
        if !attr::add_alias(tx, self.tenant, USER, user.id, alias)? {
            return Ok(());
        }
        // Not the name, which is personal data that the audit log would outlive, but the object's id in front of it.
        let prefix = sent.get(..PREFIX).unwrap_or_default();
        let entry = self.audit_entry("alias", user.id, json!({ "attribute": "userName", "prefix": prefix }));
        Ok(audit::append(tx, Some(self.tenant), &entry)?)
    }
}

/// What is behind the prefix of a name that may be mangled.
fn behind_prefix(name: &str) -> Option<&str> {
    let (prefix, rest) = name.split_at_checked(PREFIX)?;
    (prefix.bytes().all(|byte| byte.is_ascii_hexdigit()) && !rest.is_empty()).then_some(rest)
}

/// Puts the e-mail address that a mangled one stands for in its place. `known`: what it can stand for.
fn clean_emails(document: &mut Object, known: &[&str]) {
    let Some(Value::Array(emails)) = document.get_mut("emails") else { return };
    for email in emails.iter_mut() {
        let Some(Value::String(value)) = email.get_mut("value") else { continue };
        let clean = behind_prefix(value).and_then(|rest| known.iter().find(|known| fold_eq(known, rest)));
        if let Some(clean) = clean {
            *value = (*clean).to_owned();
        }
    }
    let mut kept: Vec<Value> = Vec::with_capacity(emails.len());
    for email in std::mem::take(emails) {
        if !kept.contains(&email) {
            kept.push(email);
        }
    }
    *emails = kept;
}

fn text<'d>(document: &'d Object, name: &str) -> &'d str {
    document.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The e-mail addresses of a user.
fn addresses(document: &Object) -> impl Iterator<Item = &str> {
    let emails = document.get("emails").and_then(Value::as_array).into_iter().flatten();
    emails.filter_map(|email| email.get("value").and_then(Value::as_str))
}

fn row(name: &str) -> AttributeRow {
    AttributeRow::new(USER_NAME, &fold(name), true)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "195f30d516514ba38b1c0b993fb809d7";

    #[test]
    fn a_mangled_name_has_32_hexadecimal_digits_in_front() {
        for (name, rest) in [
            ("195f30d516514ba38b1c0b993fb809d7jsmith@x.example", Some("jsmith@x.example")),
            ("195F30D516514BA38B1C0B993FB809D7jsmith", Some("jsmith")),
            (HEX, None),
            ("195f30d516514ba38b1c0b993fb809djsmith@x.example", None),
            ("195f30d5-1651-4ba3-8b1c-0b993fb809d7jsmith", None),
            ("195f30d516514ba38b1c0b993fb809däjsmith", None),
            ("jsmith@x.example", None),
            ("", None),
        ] {
            assert_eq!(behind_prefix(name), rest, "{name}");
        }
    }

    #[test]
    fn a_mangled_address_becomes_the_one_it_stands_for() {
        let mut document = json!({ "emails": [
            { "value": format!("{HEX}js@x.example"), "type": "work" },
            { "value": "JS@x.example", "type": "work" },
            { "value": format!("{HEX}other@x.example") },
            { "display": "none" },
        ] });
        let document = document.as_object_mut().unwrap();
        clean_emails(document, &["JS@x.example"]);
        let expected = json!([
            { "value": "JS@x.example", "type": "work" },
            { "value": format!("{HEX}other@x.example") },
            { "display": "none" },
        ]);
        assert_eq!(document["emails"], expected);
    }
}
