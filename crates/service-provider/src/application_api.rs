//! `…/api/v1/…`: what a tenant's application does itself, for its own backend and pages. Which operations there are, and
//! what they take and answer, the application says (`application::api`); this is how they are reached.

use std::collections::HashMap;
use std::sync::Arc;

use application::Applications;
use application::api::{Arguments, Call, Method, Operation, Reply, document};
use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, Response, StatusCode, Uri};
use axum::response::IntoResponse;
use matchit::Router;
use model::tenant::Application as Kind;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use crate::body::Json;
use crate::caller::Caller;
use crate::error::Error;
use crate::{Context, answer, now, waiting};

/// The address of the description, below the API's own.
const DOCUMENT: &str = "/openapi.json";

/// Under which the operations of a tenant are.
const BASE: &str = "/api/v1";

/// The operations of each application.
#[derive(Default)]
pub(crate) struct Apis(HashMap<Kind, Api>);

/// The operations of one application.
#[derive(Default)]
struct Api {
    operations: Arc<Vec<Operation>>,
    /// For each path, the operations by their methods.
    paths: Router<HashMap<Method, usize>>,
    document: Value,
}

impl Apis {
    /// The tables of these applications.
    pub(crate) fn of(applications: &Applications) -> Self {
        let api = |application: &Arc<dyn application::Application>| {
            let operations = applications.operations(&**application);
            (application.kind(), Api::new(application.kind(), operations))
        };
        Self(applications.iter().map(api).collect())
    }
}

impl Api {
    fn new(kind: Kind, operations: Vec<Operation>) -> Self {
        let mut by_path: HashMap<&str, HashMap<Method, usize>> = HashMap::new();
        for (number, operation) in operations.iter().enumerate() {
            by_path.entry(operation.path).or_default().insert(operation.method, number);
        }
        let mut paths = Router::new();
        for (path, methods) in by_path {
            if let Err(error) = paths.insert(path, methods) {
                // Two paths that exclude each other: a test of the application fails then.
                tracing::error!(path, %error, "an operation can't be reached");
            }
        }
        let document = document(&format!("Rollcall: {kind}"), &operations);
        Self { operations: Arc::new(operations), paths, document }
    }

    /// The number of the operation at a path, and what the path says.
    fn find(&self, method: Method, path: &str) -> Result<(usize, Vec<(String, String)>), Error> {
        let found = self.paths.at(path).map_err(|_| {
            scim::Error::new(
                404,
                format!("the application has nothing at {path}; {BASE}{DOCUMENT} lists all"),
            )
        })?;
        let number = found.value.get(&method).ok_or_else(|| {
            let mut methods: Vec<&str> = found.value.keys().map(|method| method.as_str()).collect();
            methods.sort_unstable();
            scim::Error::new(405, format!("{path} takes {}", methods.join(", ")))
        })?;
        let parameters = found.params.iter().map(|(name, value)| Ok((name.to_owned(), decoded(value)?)));
        Ok((*number, parameters.collect::<Result<_, Error>>()?))
    }
}

/// What a segment of a path says. It is decoded after the path was taken apart, so that it may hold a slash.
fn decoded(segment: &str) -> Result<String, Error> {
    let text = percent_decode_str(segment).decode_utf8().ok().filter(|text| !text.contains('\0'));
    let refusal =
        || scim::Error::new(400, "the path has a percent-encoded byte that is NUL, or no UTF-8; remove it");
    Ok(text.ok_or_else(refusal)?.into_owned())
}

/// Does what the tenant's application has at that address.
pub(crate) async fn call(State(context): State<Arc<Context>>, request: Request) -> Response<Body> {
    match answered(&context, request).await {
        Ok(response) => response,
        Err(error) => problem(error),
    }
}

async fn answered(context: &Arc<Context>, request: Request) -> Result<Response<Body>, Error> {
    let (mut parts, body) = request.into_parts();
    let caller = Caller::from_request_parts(&mut parts, context).await?;
    let path = path(&parts.uri);
    let nothing = Api::default();
    let api = context.apis.0.get(&caller.tenant().application).unwrap_or(&nothing);
    let Some(method) = Method::parse(parts.method.as_str()) else {
        return Err(scim::Error::new(405, "the application knows GET, POST, PUT, PATCH and DELETE").into());
    };
    if method == Method::Get && path == DOCUMENT {
        return Ok(plain(StatusCode::OK, &api.document));
    }
    let (number, mut parameters) = api.find(method, path)?;
    let query = parts.uri.query().unwrap_or_default();
    parameters.extend(form_urlencoded::parse(query.as_bytes()).into_owned());
    let has_body = matches!(method, Method::Post | Method::Put | Method::Patch);
    let body = if has_body && parts.headers.contains_key(CONTENT_TYPE) {
        let Json(body) = Json::from_request(Request::from_parts(parts, body), &()).await?;
        body
    } else {
        Value::Null
    };
    let arguments = Arguments { parameters, body };
    run(context, &caller, Arc::clone(&api.operations), number, arguments).await
}

async fn run(
    context: &Context,
    caller: &Caller,
    operations: Arc<Vec<Operation>>,
    number: usize,
    arguments: Arguments,
) -> Result<Response<Body>, Error> {
    let call = Call {
        tenant: caller.tenant().id,
        profile: Arc::clone(&caller.profile),
        tenant_url: caller.tenant_url.clone(),
        actor: caller.actor(),
        at: caller.at(),
        ids: Arc::clone(&context.ids),
        application: Arc::clone(&caller.application),
        settings: caller.tenant().settings.clone(),
    };
    let wait = operations.get(number).and_then(Operation::wait);
    let question = Question { context, caller, operations, number, call, arguments };
    let reply = match wait {
        Some(wait) => waiting::for_news(&question, wait, context.ending.clone()).await?,
        None => question.ask().await?,
    };
    Ok(answered_with(reply))
}

/// What is asked of an application, for as often as it is to be asked.
pub(crate) struct Question<'a> {
    /// Who asks.
    pub(crate) caller: &'a Caller,
    /// With what.
    pub(crate) arguments: Arguments,
    context: &'a Context,
    operations: Arc<Vec<Operation>>,
    number: usize,
    call: Call,
}

impl Question<'_> {
    /// Does the operation, in one transaction, as of now.
    pub(crate) async fn ask(&self) -> Result<Reply, Error> {
        let Self { caller, number, .. } = *self;
        let writes = self.operations.get(number).is_some_and(Operation::writes);
        let caller = caller.again(now(self.context));
        let call = Call { at: caller.at(), ..self.call.clone() };
        let (operations, arguments) = (Arc::clone(&self.operations), self.arguments.clone());
        let work = move |tx: &mut store::Tx<'_>| match operations.get(number) {
            Some(operation) => operation.run(tx, &call, &arguments),
            None => Err(scim::Error::new(404, "there is no such operation").into()),
        };
        if writes { caller.write(work).await } else { caller.read(work).await }
    }
}

fn answered_with(Reply { created, body }: Reply) -> Response<Body> {
    match (created, body) {
        (true, body) => plain(StatusCode::CREATED, &body),
        (false, Value::Null) => answer::empty(StatusCode::NO_CONTENT),
        (false, body) => plain(StatusCode::OK, &body),
    }
}

/// What follows `/t/{tenant}/api/v1`, as it was sent.
fn path(uri: &Uri) -> &str {
    let path = uri.path();
    let below = path.match_indices('/').nth(4).and_then(|(at, _)| path.get(at..));
    below.unwrap_or_default()
}

fn plain(status: StatusCode, body: &Value) -> Response<Body> {
    let mut response = answer::json(status, body);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// RFC 9457. Headers are those of the same refusal in SCIM.
fn problem(error: Error) -> Response<Body> {
    let refusal = error.into_refusal();
    let (status, detail) = (refusal.status, refusal.detail.clone());
    let (parts, _) = Error::from(refusal).into_response().into_parts();
    let title = parts.status.canonical_reason().unwrap_or("Error");
    let body = json!({ "type": "about:blank", "title": title, "status": status, "detail": detail });
    let mut response = Response::from_parts(parts, Body::from(body.to_string()));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    response.headers_mut().remove(axum::http::header::CONTENT_LENGTH);
    response
}
