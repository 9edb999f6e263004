//! A resource type, and what the store has to know about it: which attributes have rows, and which are secrets.

use std::borrow::Cow;
use std::sync::Arc;

use model::attribute_key::AttributeKey;
use scim::quirks::{Quirk, Tolerance};
use scim::value::comparable;
use scim::{AttributeRef, IndexedType, Object, Projection, ResourceType, Returned, Uniqueness};
use serde_json::Value;
use store::attr::AttributeRow;

/// The one attribute of which nothing is kept, not even a digest: nobody logs in here, and what people choose as
/// passwords would need a slow hash.
const FORGOTTEN: &str = "password";

/// A resource type, and what the store has to know about it.
#[derive(Debug)]
pub struct TypeProfile {
    version: i64,
    kind: IndexedType,
    indexed: Vec<Indexed>,
    keys: Vec<String>,
    secrets: Vec<Arc<AttributeRef>>,
    key: Option<AttributeKey>,
    default_projection: Arc<Projection>,
}

/// An attribute with rows of its own, by which filters find resources.
#[derive(Debug)]
struct Indexed {
    attribute: Arc<AttributeRef>,
    unique: bool,
}

impl Indexed {
    /// The row of a value in its compared form. Several may have a blank one: it names nobody, and clients send `""` for
    /// what has no value any more.
    fn row(&self, value: &str) -> AttributeRow {
        AttributeRow::new(self.attribute.key(), value, self.unique && !value.trim().is_empty())
    }
}

/// What decides how the rows of an attribute look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IndexRule {
    /// The attribute's key ([`scim::attribute_key`]).
    pub(crate) key: String,
    unique: bool,
    case_exact: bool,
    kind: scim::Type,
}

impl TypeProfile {
    /// A resource type by the rules of a version of a tenant's schemas.
    pub(crate) fn new(kind: IndexedType, version: i64, key: Option<AttributeKey>) -> Self {
        let unique = |found: &AttributeRef| found.leaf().uniqueness != Uniqueness::None;
        let indexed: Vec<Indexed> = kind
            .attributes()
            .into_iter()
            .map(|attribute| Indexed { unique: unique(&attribute), attribute })
            .collect();
        let keys = indexed.iter().map(|indexed| indexed.attribute.key().to_owned()).collect();
        let all = kind.resource_type.attributes().iter();
        let secrets = all.filter(|found| found.leaf().returned == Returned::Never).cloned().collect();
        let default_projection = Arc::new(Projection::by_default(&kind.resource_type));
        Self { version, kind, indexed, keys, secrets, key, default_projection }
    }

    /// The version of the tenant's schemas whose rules these are.
    #[must_use]
    pub fn version(&self) -> i64 {
        self.version
    }

    /// Schemas and endpoint.
    #[must_use]
    pub fn resource_type(&self) -> &ResourceType {
        &self.kind.resource_type
    }

    /// The `id` of the resource type, under which its resources are stored.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.kind.resource_type.id
    }

    /// What a client sees that asks for nothing in particular: most do, so it is made once.
    #[must_use]
    pub fn default_projection(&self) -> &Arc<Projection> {
        &self.default_projection
    }

    /// The keys ([`scim::attribute_key`]) of the attributes that have rows.
    #[must_use]
    pub fn keys(&self) -> &[String] {
        &self.keys
    }

    /// The attribute with this key in the spelling of its schema, for messages.
    #[must_use]
    pub fn attribute_name(&self, key: &str) -> String {
        let found = self.indexed.iter().find(|indexed| indexed.attribute.key() == key);
        found.map_or_else(|| key.to_owned(), |indexed| indexed.attribute.name())
    }

    /// The same resource type for a definition to begin with.
    pub(crate) fn indexed_type(&self) -> IndexedType {
        self.kind.clone()
    }

    /// How the rows of each indexed attribute look.
    pub(crate) fn index_rules(&self) -> Vec<IndexRule> {
        let rule = |indexed: &Indexed| {
            let leaf = indexed.attribute.leaf();
            let key = indexed.attribute.key().to_owned();
            IndexRule { key, unique: indexed.unique, case_exact: leaf.case_exact, kind: leaf.kind }
        };
        self.indexed.iter().map(rule).collect()
    }

    /// The row that a resource with this value of an indexed attribute has: by it the resource is found. Of a secret it
    /// holds the digest. `None` if the attribute has no rows, or no digests are kept.
    #[must_use]
    pub fn row(&self, key: &str, value: &str) -> Option<AttributeRow> {
        let indexed = self.indexed.iter().find(|indexed| indexed.attribute.key() == key)?;
        let value = match self.secret(key) {
            Some(secret) => Cow::Owned(self.digest(secret, value)?),
            None => comparable(indexed.attribute.leaf(), value),
        };
        Some(indexed.row(&value))
    }

    /// Whether a document holds this value of a secret, in a time that does not depend on where they differ.
    #[must_use]
    pub fn proves(&self, key: &str, document: &Object, value: &str) -> bool {
        let proven = || {
            let secret = self.secret(key)?;
            let digest = secret.container(document)?.get(&secret.attribute.name)?.as_str()?;
            Some(self.key.as_ref()?.verify(key, &secret_text(secret, value), digest))
        };
        proven().unwrap_or(false)
    }

    fn secret(&self, key: &str) -> Option<&AttributeRef> {
        self.secrets.iter().find(|secret| secret.key() == key).map(|secret| &**secret)
    }

    /// The rows of a document's indexed attributes.
    #[must_use]
    pub fn rows(&self, document: &Object) -> Vec<AttributeRow> {
        let rows_of = |indexed: &Indexed| {
            let values = indexed.attribute.index_values(document);
            values.into_iter().map(|value| indexed.row(&value)).collect::<Vec<_>>()
        };
        self.indexed.iter().flat_map(rows_of).collect()
    }

    /// The rows of a document's secrets that nobody else may have.
    pub(crate) fn secret_rows(&self, document: &Object) -> Vec<AttributeRow> {
        let mut rows = self.rows(document);
        rows.retain(|row| row.is_unique() && self.secret(row.attribute()).is_some());
        rows
    }

    /// Takes a secret from a document.
    pub(crate) fn forget_secret(&self, key: &str, document: &mut Object) {
        if let Some(secret) = self.secret(key)
            && let Some(container) = container(secret, document)
        {
            container.remove(&secret.attribute.name);
        }
    }

    /// The attributes of which at most a digest is kept.
    pub(crate) fn secrets(&self) -> &[Arc<AttributeRef>] {
        &self.secrets
    }

    /// Whether documents hold digests of secrets.
    pub(crate) fn keeps_secrets(&self) -> bool {
        self.secrets.iter().any(|secret| secret.key() != FORGOTTEN)
    }

    /// Puts a keyed digest in the place of each new secret: what nobody may read is not kept. One that is as it was
    /// `before` is a digest already, and one without text is none: so clients take it away (Okta sends `""`).
    ///
    /// # Errors
    /// 400 `invalidValue` for a secret of which not even that is kept, if the client must not send one
    /// ([`Quirk::PlaceholderPassword`]).
    pub(crate) fn seal(
        &self,
        before: Option<&Object>,
        document: &mut Object,
        tolerance: &Tolerance,
    ) -> Result<(), scim::Error> {
        for secret in &self.secrets {
            let name = secret.attribute.name.as_str();
            let old = before.and_then(|before| secret.container(before)?.get(name));
            let Some(container) = container(secret, document) else { continue };
            let Some(new) = container.get(name) else { continue };
            if old == Some(new) {
                continue;
            }
            match new.as_str().and_then(|new| self.digest(secret, new)) {
                Some(digest) => container.insert(name.to_owned(), Value::from(digest)),
                None if secret.key() == FORGOTTEN => {
                    let refusal =
                        || scim::Error::invalid_value(format!("{} is not kept here", secret.name()));
                    tolerance.require(Quirk::PlaceholderPassword, refusal)?;
                    container.remove(name)
                }
                None => container.remove(name),
            };
        }
        Ok(())
    }

    /// Brings a document that was stored by earlier rules, as a tombstone's may be, in line with these: what they don't
    /// know goes, and a secret that was none becomes a digest.
    pub(crate) fn adopt(&self, document: &mut Object) {
        self.resource_type().strip(document);
        for secret in &self.secrets {
            let name = secret.attribute.name.as_str();
            let Some(container) = container(secret, document) else { continue };
            let Some(old) = container.remove(name) else { continue };
            let is_digest = old.as_str().is_some_and(AttributeKey::is_digest);
            let digest = || old.as_str().and_then(|old| self.digest(secret, old)).map(Value::from);
            let kept = if is_digest { Some(old) } else { digest() };
            container.extend(kept.map(|kept| (name.to_owned(), kept)));
        }
    }

    /// Equal secrets have equal digests, in whatever letter case if the attribute is not case-exact: so uniqueness
    /// works, and so does telling that nothing changed.
    fn digest(&self, secret: &AttributeRef, value: &str) -> Option<String> {
        let key = self.key.as_ref().filter(|_| secret.key() != FORGOTTEN)?;
        let text = Some(secret_text(secret, value)).filter(|text| !text.is_empty())?;
        Some(key.digest(secret.key(), &text))
    }
}

/// A secret in the form of which digests are made. White space around one is a slip of who typed it.
fn secret_text<'v>(secret: &AttributeRef, value: &'v str) -> Cow<'v, str> {
    comparable(secret.leaf(), value.trim())
}

/// The object that holds the attribute, if the document has it.
fn container<'a>(found: &AttributeRef, document: &'a mut Object) -> Option<&'a mut Object> {
    match &found.extension {
        None => Some(document),
        Some(urn) => document.get_mut(&**urn)?.as_object_mut(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Profile, USER};
    use model::TenantId;
    use model::token::DigestKey;
    use scim::quirks::ClientKind;
    use serde_json::json;

    fn key() -> AttributeKey {
        AttributeKey::new(&DigestKey::new([7; 32]), TenantId(uuid::Uuid::nil()))
    }

    fn check(kind: &TypeProfile, document: &Value, expected: &[(&str, &str, bool)]) {
        let expected: Vec<_> =
            expected.iter().map(|(key, value, unique)| AttributeRow::new(*key, value, *unique)).collect();
        assert_eq!(kind.rows(document.as_object().unwrap()), expected, "{document}");
    }

    #[test]
    fn rows_of_a_user() {
        const EMPLOYEE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:user:employeenumber";
        let profile = Profile::plain();
        let document = json!({
            "userName": "BJensen", "externalId": "AbC", "displayName": "Babs", "title": "Guide",
            "emails": [{ "value": "B@x.example", "type": "work" }, { "value": "a@x.example" }],
            scim::builtin::ENTERPRISE_USER_URN: { "employeeNumber": "7A", "department": "Tour" },
        });
        let expected = [
            ("username", "bjensen", true),
            ("externalid", "AbC", false),
            ("emails.value", "a@x.example", false),
            ("emails.value", "b@x.example", false),
            (EMPLOYEE, "7a", false),
            ("displayname", "babs", false),
        ];
        check(profile.by_id(USER).unwrap(), &document, &expected);
        check(profile.by_id(USER).unwrap(), &json!({}), &[]);
    }

    #[test]
    fn a_groups_name_is_unique() {
        let profile = Profile::plain();
        let expected = [("displayname", "guides", true), ("externalid", "X", false)];
        check(
            profile.by_endpoint("Groups").unwrap(),
            &json!({ "displayName": "Guides", "externalId": "X" }),
            &expected,
        );
    }

    #[test]
    fn a_password_is_forgotten() {
        let profile = Profile::plain().defined(&scim::Definition::default(), 1, Some(&key())).unwrap();
        let mut document = json!({ "userName": "x", "password": "secret" }).as_object().unwrap().clone();
        let tolerance = Tolerance::of(ClientKind::Okta);
        profile.by_id(USER).unwrap().seal(None, &mut document, &tolerance).unwrap();
        assert_eq!(Value::Object(document), json!({ "userName": "x" }));
        assert_eq!(tolerance.fired().iter().collect::<Vec<_>>(), [Quirk::PlaceholderPassword]);
    }

    #[test]
    fn other_secrets_are_kept_as_digests() {
        const BADGE: &str = "urn:x:y:Badge";
        let definition = json!({
            "schemas": [{ "id": BADGE, "attributes": [
                { "name": "card", "mutability": "writeOnly", "returned": "never", "uniqueness": "server" },
            ] }],
            "resourceTypes": [{ "name": "User", "schemaExtensions": [{ "schema": BADGE }] }],
        });
        let definition = serde_json::from_value(definition).unwrap();
        let sealed = |key: Option<AttributeKey>, before: Option<&Object>, card: &str| {
            let profile = Profile::plain().defined(&definition, 1, key.as_ref()).unwrap();
            let user = profile.by_id(USER).unwrap();
            let mut document =
                json!({ "userName": "x", BADGE: { "card": card } }).as_object().unwrap().clone();
            user.seal(before, &mut document, &Tolerance::default()).unwrap();
            (user.rows(&document), document)
        };
        let (rows, one) = sealed(Some(key()), None, "Ab12");
        let digest = one[BADGE]["card"].as_str().unwrap();
        assert!(digest.starts_with("hmac-sha256:") && !digest.contains("Ab12"), "{digest}");
        assert!(rows.contains(&AttributeRow::new("urn:x:y:badge:card", digest, true)), "{rows:?}");
        assert_eq!(sealed(Some(key()), Some(&one), digest).1, one, "a digest stays as it is");
        assert_eq!(sealed(Some(key()), Some(&one), "AB12").1, one, "letter case does not matter");
        assert_ne!(sealed(Some(key()), Some(&one), "Ab13").1, one);
        assert_eq!(sealed(None, None, "Ab12").1[BADGE], json!({}), "without a key nothing is kept");

        let profile = Profile::plain().defined(&definition, 1, Some(&key())).unwrap();
        let (user, card) = (profile.by_id(USER).unwrap(), "urn:x:y:badge:card");
        assert_eq!(user.row(card, "AB12"), Some(AttributeRow::new(card, digest, true)));
        assert_eq!(user.row("title", "Guide"), None, "titles have no rows");
        assert!(user.proves(card, &one, "AB12") && !user.proves(card, &one, "Ab13"));
        assert!(!user.proves(card, &one, digest) && !user.proves("username", &one, "x"));
        let adopted = |mut stored: Object| {
            profile.by_id(USER).unwrap().adopt(&mut stored);
            (stored["userName"].clone(), stored[BADGE].clone(), stored.contains_key("colour"))
        };
        let mut readable = one.clone();
        readable[BADGE]["card"] = json!("Ab12");
        readable.insert("colour".to_owned(), json!("red"));
        assert_eq!(adopted(readable), adopted(one));
    }

    #[test]
    fn messages_name_attributes_as_their_schema_does() {
        let profile = Profile::plain();
        let user = profile.by_id(USER).unwrap();
        assert_eq!(user.attribute_name("username"), "userName");
        assert_eq!(user.attribute_name("emails.value"), "emails.value");
        assert_eq!(user.attribute_name("unknown"), "unknown");
    }
}
