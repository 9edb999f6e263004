//! Users and groups in memory, after the RFCs and with what Entra and Okta need besides.

use std::collections::BTreeMap;

use scim::{Error, Filter, Object, Patch, PatchRequest, Projection, ResourceType, fold, resource};
use serde_json::{Map, Value, json};

use crate::server::{Asked, Reply};

/// When everything was made and changed.
const NOW: &str = "2026-11-22T08:00:00Z";

/// A refusal without a keyword.
pub fn refusal(status: u16, detail: &str) -> Error {
    Error { status, scim_type: None, ..Error::invalid_syntax(detail) }
}

/// One kind of resource.
pub struct Kind {
    pub resource_type: ResourceType,
    /// The attribute that is unique.
    pub unique: &'static str,
    all: BTreeMap<u64, (u64, Object)>,
}

impl Kind {
    pub fn new(resource_type: ResourceType, unique: &'static str) -> Self {
        Self { resource_type, unique, all: BTreeMap::new() }
    }

    fn number(&self, id: &str) -> Result<u64, Error> {
        let number = id.split_once('-').and_then(|(_, number)| number.parse().ok());
        let known = number.filter(|number| self.all.contains_key(number));
        known.ok_or_else(|| Error::not_found(&self.resource_type.name, id))
    }

    fn check_unique(&self, resource: &Object, own: Option<u64>) -> Result<(), Error> {
        let name = |resource: &Object| resource.get(self.unique).and_then(Value::as_str).map(fold);
        let others = self.all.iter().filter(|(number, _)| Some(**number) != own);
        match others.map(|(_, (_, other))| name(other)).find(|other| *other == name(resource)) {
            Some(_) => Err(Error::uniqueness(self.unique)),
            None => Ok(()),
        }
    }
}

/// Both kinds.
pub struct Store {
    pub kinds: [Kind; 2],
    last: u64,
}

impl Store {
    pub fn new() -> Self {
        let users = Kind::new(ResourceType::user(), "userName");
        let groups = Kind::new(ResourceType::group(), "displayName");
        Self { kinds: [users, groups], last: 0 }
    }

    pub fn count(&self) -> usize {
        self.kinds.iter().map(|kind| kind.all.len()).sum()
    }

    pub fn kind(&self, endpoint: &str) -> Option<usize> {
        self.kinds.iter().position(|kind| kind.resource_type.endpoint.trim_matches('/') == endpoint)
    }

    /// A resource as it is answered, before a projection.
    fn whole(&self, kind: usize, number: u64) -> Object {
        let Kind { resource_type, all, .. } = &self.kinds[kind];
        let (version, resource) = &all[&number];
        let id = format!("{}-{number}", resource_type.name.to_lowercase());
        let mut whole = Map::new();
        let extension = resource_type.extensions.iter().map(|extension| extension.schema.id.clone());
        let schemas = [resource_type.schema.id.clone()].into_iter();
        let schemas: Vec<String> =
            schemas.chain(extension.filter(|urn| resource.contains_key(urn))).collect();
        let location = format!("http://scim.test{}/{id}", resource_type.endpoint);
        whole.insert("schemas".to_owned(), json!(schemas));
        whole.insert("id".to_owned(), json!(id));
        whole.extend(resource.clone());
        whole.remove("password");
        whole.remove("groups");
        if kind == 0 {
            let groups = self.groups_of(&id);
            if !groups.is_empty() {
                whole.insert("groups".to_owned(), json!(groups));
            }
        }
        whole.insert(
            "meta".to_owned(),
            json!({
                "resourceType": resource_type.name, "created": NOW, "lastModified": NOW, "location": location,
                "version": format!("W/\"{version}\""),
            }),
        );
        whole
    }

    fn groups_of(&self, id: &str) -> Vec<Value> {
        let has = |group: &Object| {
            group
                .get("members")
                .and_then(Value::as_array)
                .is_some_and(|all| all.iter().any(|m| m["value"] == id))
        };
        let groups = self.kinds[1].all.iter().filter(|(_, (_, group))| has(group));
        groups.map(|(number, _)| json!({ "value": format!("group-{number}"), "type": "direct" })).collect()
    }

    pub fn create(&mut self, kind: usize, asked: &Asked) -> Result<Reply, Error> {
        let made = resource::create(&self.kinds[kind].resource_type, asked.body.clone(), &asked.tolerance())?;
        self.kinds[kind].check_unique(&made, None)?;
        self.last += 1;
        self.kinds[kind].all.insert(self.last, (1, made));
        let reply = self.answer(kind, self.last, asked, 201)?;
        let location = reply.body["meta"]["location"].as_str().unwrap().to_owned();
        Ok(reply.header("location", &location))
    }

    /// GET, PUT, PATCH and DELETE of one resource.
    pub fn one(&mut self, kind: usize, id: &str, asked: &Asked) -> Result<Reply, Error> {
        let number = self.kinds[kind].number(id)?;
        let version = format!("W/\"{}\"", self.kinds[kind].all[&number].0);
        if asked.method == "GET" {
            if asked.header("if-none-match") == Some(version.as_str()) {
                return Ok(Reply::new(304, Value::Null).header("etag", &version));
            }
            return self.answer(kind, number, asked, 200);
        }
        if asked.header("if-match").is_some_and(|wanted| wanted != version) {
            return Err(refusal(412, "another version"));
        }
        if asked.method == "DELETE" {
            self.kinds[kind].all.remove(&number);
            return Ok(Reply::new(204, Value::Null));
        }
        let changed = self.changed(kind, number, asked)?;
        self.kinds[kind].check_unique(&changed, Some(number))?;
        let stored = self.kinds[kind].all.get_mut(&number).unwrap();
        if stored.1 != changed {
            *stored = (stored.0 + 1, changed);
        }
        self.answer(kind, number, asked, 200)
    }

    fn changed(&self, kind: usize, number: u64, asked: &Asked) -> Result<Object, Error> {
        let Kind { resource_type, all, .. } = &self.kinds[kind];
        let mut resource = all[&number].1.clone();
        if asked.method == "PUT" {
            return resource::replace(resource_type, &resource, asked.body.clone(), &asked.tolerance());
        }
        let tolerance = asked.tolerance();
        let request = PatchRequest::parse(&asked.body, &tolerance)?;
        Patch::resolve(&request, resource_type, &tolerance)?.apply(&mut resource, &tolerance)?;
        Ok(resource)
    }

    fn answer(&self, kind: usize, number: u64, asked: &Asked, status: u16) -> Result<Reply, Error> {
        let whole = self.whole(kind, number);
        let version = whole["meta"]["version"].as_str().unwrap().to_owned();
        let resource = self.projection(kind, asked)?.apply(&whole);
        Ok(Reply::new(status, Value::Object(resource)).header("etag", &version))
    }

    fn projection(&self, kind: usize, asked: &Asked) -> Result<Projection, Error> {
        let (attributes, excluded) = (asked.parameter("attributes"), asked.parameter("excludedAttributes"));
        Projection::parse(&self.kinds[kind].resource_type, attributes.as_deref(), excluded.as_deref())
    }

    /// The resources of these kinds that match, sorted and on one page.
    pub fn list(&self, kinds: &[usize], asked: &Asked) -> Result<Reply, Error> {
        let mut found = Vec::new();
        for kind in kinds {
            match self.matching(*kind, asked) {
                Ok(matching) => found.extend(matching.into_iter().map(|whole| (*kind, whole))),
                // RFC 7644 §3.4.2.1: an attribute that a resource type does not have has no value.
                Err(_) if kinds.len() > 1 => {}
                Err(error) => return Err(error),
            }
        }
        if let Some(by) = asked.parameter("sortBy") {
            let place = format!("/{}", by.replace('.', "/"));
            let key = |whole: &Object| {
                Value::Object(whole.clone()).pointer(&place).and_then(Value::as_str).map(fold)
            };
            found.sort_by_key(|(_, whole)| key(whole));
            if asked.parameter("sortOrder").as_deref() == Some("descending") {
                found.reverse();
            }
        }
        let number = |name: &str| asked.parameter(name).and_then(|text| text.parse::<i64>().ok());
        let count = usize::try_from(number("count").unwrap_or(100)).unwrap_or(0);
        let cursor = asked.parameter("cursor");
        let start = match cursor.as_deref() {
            Some("") => 1,
            Some(cursor) => {
                cursor.strip_prefix("after-").and_then(|n| n.parse().ok()).ok_or_else(invalid_cursor)?
            }
            None => usize::try_from(number("startIndex").unwrap_or(1)).unwrap_or(1).max(1),
        };
        let page = found.iter().skip(start - 1).take(count);
        let resources: Result<Vec<Object>, Error> =
            page.map(|(kind, whole)| Ok(self.projection(*kind, asked)?.apply(whole))).collect();
        let resources = resources?;
        let next = start + resources.len();
        let mut body = json!({
            "schemas": [scim::message::LIST_RESPONSE_URN], "totalResults": found.len(), "startIndex": start,
            "itemsPerPage": resources.len(), "Resources": resources,
        });
        if cursor.is_some() && next <= found.len() {
            body["nextCursor"] = json!(format!("after-{next}"));
        }
        Ok(Reply::new(200, body))
    }

    fn matching(&self, kind: usize, asked: &Asked) -> Result<Vec<Object>, Error> {
        let resource_type = &self.kinds[kind].resource_type;
        let filter = asked
            .parameter("filter")
            .map(|text| Filter::parse(&text)?.resolve(resource_type, &asked.tolerance()));
        let filter = filter.transpose()?;
        let all = self.kinds[kind].all.keys().map(|number| self.whole(kind, *number));
        Ok(all
            .filter(|whole| filter.as_ref().is_none_or(|f| f.matches(whole) || f.matches(&clean(whole))))
            .collect())
    }
}

/// The resource under the name that it had before 32 hexadecimal digits were put in front of it.
fn clean(whole: &Object) -> Object {
    let mut clean = whole.clone();
    let name = whole.get("userName").and_then(Value::as_str).and_then(|name| name.split_at_checked(32));
    if let Some((digits, name)) = name.filter(|(digits, _)| digits.chars().all(|c| c.is_ascii_hexdigit())) {
        let _ = digits;
        clean.insert("userName".to_owned(), json!(name));
    }
    clean
}

/// RFC 9865 §2.1.
fn invalid_cursor() -> Error {
    refusal(400, "invalidCursor")
}
