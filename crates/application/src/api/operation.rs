//! One operation: its address, its shape, and what it does.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use store::Tx;

use super::Call;
use crate::resources::Error;

/// What is done to what the path names (RFC 9110 §9.3, RFC 5789).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Method {
    /// Reads, and changes nothing.
    Get,
    /// Makes, or does.
    Post,
    /// Puts something in a place that the caller names.
    Put,
    /// Changes what is given, and keeps the rest.
    Patch,
    /// Removes.
    Delete,
}

impl Method {
    /// The name in HTTP.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// The method of that name, in capitals.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let all = [Self::Get, Self::Post, Self::Put, Self::Patch, Self::Delete];
        all.into_iter().find(|method| method.as_str() == name)
    }

    /// Whether it changes anything.
    #[must_use]
    pub fn writes(self) -> bool {
        self != Self::Get
    }
}

/// What a caller gives.
#[derive(Clone, Debug, Default)]
pub struct Arguments {
    /// Those of the path and of the query, by name.
    pub parameters: Vec<(String, String)>,
    /// The body; `Null` where there is none.
    pub body: Value,
}

/// What a caller gets.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// Whether something was made that has an address of its own now.
    pub created: bool,
    /// The body; `Null` where there is nothing to tell.
    pub body: Value,
}

/// How a caller may wait for something to be told, instead of asking again and again.
#[derive(Clone, Copy)]
pub struct Wait {
    /// How many seconds these arguments ask to wait, at most.
    pub seconds: fn(&Arguments) -> u64,
    /// Whether a reply tells anything. One that does not is worth waiting for another.
    pub has_news: fn(&Value) -> bool,
}

type Run = Box<dyn Fn(&mut Tx<'_>, &Call, &Arguments) -> Result<Reply, Error> + Send + Sync>;

/// One operation.
pub struct Operation {
    /// What is done.
    pub method: Method,
    /// To what, below the base of the API, for example `/locations/{id}`.
    pub path: &'static str,
    /// Its name, once in an application, for example `getLocation`.
    pub id: &'static str,
    /// What it does, in a sentence.
    pub summary: &'static str,
    pub(super) created: bool,
    writes: bool,
    wait: Option<Wait>,
    pub(super) parameters: fn(&mut SchemaGenerator) -> Schema,
    pub(super) body: Option<fn(&mut SchemaGenerator) -> Schema>,
    pub(super) answer: Option<fn(&mut SchemaGenerator) -> Schema>,
    run: Run,
}

impl Operation {
    /// An operation that takes parameters `P` and a body `B`, and answers `A`; `()` stands for none.
    ///
    /// What does not deserialize is refused with 400 before `run` is called, so types say what is acceptable.
    pub fn new<P, B, A>(
        (method, path): (Method, &'static str),
        id: &'static str,
        summary: &'static str,
        run: impl Fn(&mut Tx<'_>, &Call, P, B) -> Result<A, Error> + Send + Sync + 'static,
    ) -> Self
    where
        P: DeserializeOwned + JsonSchema + 'static,
        B: DeserializeOwned + JsonSchema + 'static,
        A: Serialize + JsonSchema + 'static,
    {
        let run: Run = Box::new(move |tx, call, arguments| {
            let answer = run(tx, call, parameters(&arguments.parameters)?, body(&arguments.body)?)?;
            let body = serde_json::to_value(answer).map_err(|error| unwritable(&error))?;
            Ok(Reply { created: false, body })
        });
        Self {
            method,
            path,
            id,
            summary,
            created: false,
            writes: method.writes(),
            wait: None,
            parameters: P::json_schema,
            body: schema_of::<B>(),
            answer: schema_of::<A>(),
            run,
        }
    }

    /// The same, for one that makes something.
    #[must_use]
    pub fn creating(self) -> Self {
        Self { created: true, ..self }
    }

    /// The same, for one that only reads for its caller but needs a transaction that may write, as the change feed does.
    #[must_use]
    pub fn writing(self) -> Self {
        Self { writes: true, ..self }
    }

    /// The same, for one whose caller may wait for changes of the tenant's users and groups. It is done again after each,
    /// so that doing it twice must be the same as doing it once.
    #[must_use]
    pub fn waiting(self, wait: Wait) -> Self {
        Self { wait: Some(wait), ..self }
    }

    /// How its caller may wait, if that is so.
    #[must_use]
    pub fn wait(&self) -> Option<Wait> {
        self.wait
    }

    /// Whether it needs a transaction that may write.
    #[must_use]
    pub fn writes(&self) -> bool {
        self.writes
    }

    /// Does it, in a transaction.
    ///
    /// # Errors
    /// 400 for arguments of another shape; what the operation refuses; the store's.
    pub fn run(&self, tx: &mut Tx<'_>, call: &Call, arguments: &Arguments) -> Result<Reply, Error> {
        let reply = (self.run)(tx, call, arguments)?;
        Ok(Reply { created: self.created, ..reply })
    }
}

fn schema_of<T: JsonSchema + 'static>() -> Option<fn(&mut SchemaGenerator) -> Schema> {
    let is_nothing = std::any::TypeId::of::<T>() == std::any::TypeId::of::<()>();
    (!is_nothing).then_some(|generator| generator.subschema_for::<T>())
}

fn parameters<P: DeserializeOwned>(given: &[(String, String)]) -> Result<P, Error> {
    let mut text = form_urlencoded::Serializer::new(String::new());
    text.extend_pairs(given);
    serde_html_form::from_str(&text.finish()).map_err(|error| refused("parameters", &error.to_string()))
}

fn body<B: DeserializeOwned>(given: &Value) -> Result<B, Error> {
    // The place of a mistake is a path into the body, such as `aliases[1]`.
    serde_path_to_error::deserialize(given).map_err(|error| {
        let place = error.path().to_string();
        let place = if place == "." { "body".to_owned() } else { format!("body, {place}") };
        refused(&place, &error.into_inner().to_string())
    })
}

fn refused(place: &str, what: &str) -> Error {
    Error::Refused(scim::Error::new(400, format!("{place}: {what}")))
}

fn unwritable(error: &serde_json::Error) -> Error {
    Error::Refused(scim::Error::new(500, format!("the answer can't be written: {error}")))
}
