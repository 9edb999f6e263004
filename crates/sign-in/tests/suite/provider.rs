//! An OpenID Provider over HTTP, whose ID tokens a test decides.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use jsonwebtoken::Algorithm;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sign_in::Door;
use sign_in::provider::{self, Provider as Setting};
use testkit::issuer::{Issuer, jwk, sign};
use tokio::net::TcpListener;

use crate::browser::Browser;
use crate::site::{Answer, PUBLIC_URL, Site};

const CLIENT: &str = "contoso client";
const SECRET: &str = "s3cret: with a colon";

/// A provider.
pub struct Provider {
    pub issuer: String,
    pub keys: Issuer,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    issuer: String,
    jwks_uri: String,
    /// What its metadata have besides.
    extra: Mutex<Value>,
    /// The code that is good next: its challenge, and the ID token for it.
    code: Mutex<Option<(String, String)>>,
    /// What happens before it answers with the token.
    meanwhile: Mutex<Option<Pin<Box<dyn Future<Output = ()> + Send>>>>,
}

/// What a browser was sent to the provider with.
pub struct Asked(pub HashMap<String, String>);

impl Asked {
    pub fn of(location: &str) -> Self {
        let query = location.split_once('?').unwrap().1;
        Self(form_urlencoded::parse(query.as_bytes()).into_owned().collect())
    }
}

impl Provider {
    pub async fn start() -> Self {
        let keys = Issuer::start(vec![jwk(Algorithm::RS256, "k1")]).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}/tenant", listener.local_addr().unwrap());
        let shared =
            Arc::new(Shared { issuer: issuer.clone(), jwks_uri: keys.jwks_url.clone(), ..Shared::default() });
        let router = Router::new()
            .route("/tenant/.well-known/openid-configuration", get(metadata))
            .route("/tenant/token", post(token))
            .with_state(Arc::clone(&shared));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { issuer, keys, shared }
    }

    /// As a tenant's setting.
    pub fn setting(&self, site: &Site) -> provider::Oidc {
        provider::Oidc {
            issuer: self.issuer.clone(),
            client_id: CLIENT.to_owned(),
            client_secret: format!("{}{SECRET}", provider::secret_place(site.tenant)),
            scopes: vec!["profile".to_owned(), "email".to_owned()],
            claim: None,
        }
    }

    /// A provider of the tenant `contoso`.
    pub async fn of(site: &Site) -> Self {
        let provider = Self::start().await;
        site.put(Door::Oidc, Setting::Oidc(provider.setting(site))).await;
        provider
    }

    /// Says something else of itself.
    pub fn says(&self, extra: Value) {
        *self.shared.extra.lock().unwrap() = extra;
    }

    /// Lets something happen while a sign-in is under way: after the browser came back, and before it is let in.
    pub fn meanwhile(&self, happens: impl Future<Output = ()> + Send + 'static) {
        *self.shared.meanwhile.lock().unwrap() = Some(Box::pin(happens));
    }

    /// The usual claims of somebody.
    pub fn claims(&self, asked: &Asked, now: Timestamp, about: Value) -> Value {
        let mut claims = json!({
            "iss": self.issuer, "aud": CLIENT, "sub": "sub-ana", "nonce": asked.0["nonce"],
            "iat": now.as_second(), "exp": now.as_second() + 3600,
        });
        for (name, value) in about.as_object().unwrap() {
            if value.is_null() {
                claims.as_object_mut().unwrap().remove(name);
            } else {
                claims[name] = value.clone();
            }
        }
        claims
    }

    /// Lets a code be good for an ID token.
    pub fn gives(&self, asked: &Asked, token: String) {
        *self.shared.code.lock().unwrap() = Some((asked.0["code_challenge"].clone(), token));
    }

    /// A browser begins.
    pub async fn begin(&self, site: &Site, browser: &Browser) -> Asked {
        let answer = browser.get(site, "/t/contoso/oidc/login?return_to=/app").await;
        let location = answer.expect(StatusCode::SEE_OTHER).header("location").to_owned();
        assert!(location.starts_with(&format!("{}/authorize?", self.issuer)), "{location}");
        Asked::of(&location)
    }

    /// A browser comes back with the code.
    pub async fn back(&self, site: &Site, browser: &Browser, asked: &Asked) -> Answer {
        let state = &asked.0["state"];
        browser.get(site, &format!("/t/contoso/oidc/callback?code=c0de&state={state}")).await
    }

    /// Somebody of whom the provider says this signs in, in a browser of their own.
    pub async fn sign_in(&self, site: &Site, about: Value) -> (Browser, Answer) {
        let browser = Browser::default();
        let asked = self.begin(site, &browser).await;
        let claims = self.claims(&asked, site.now(), about);
        self.gives(&asked, sign(Algorithm::RS256, Some("k1"), &claims));
        let answer = self.back(site, &browser, &asked).await;
        (browser, answer)
    }

    /// The same, who gets in.
    pub async fn signed_in(&self, site: &Site, about: Value) -> Browser {
        let (browser, answer) = self.sign_in(site, about).await;
        let answer = answer.expect(StatusCode::SEE_OTHER);
        assert_eq!(answer.header("location"), format!("{PUBLIC_URL}/app"));
        browser
    }

    /// The same, who does not.
    pub async fn refused(&self, site: &Site, about: Value) -> String {
        let (browser, answer) = self.sign_in(site, about).await;
        assert!(answer.status.is_client_error(), "{}", answer.status);
        assert!(!browser.is_signed_in(site).await);
        site.outcome().await
    }
}

async fn metadata(State(shared): State<Arc<Shared>>) -> String {
    let mut metadata = json!({
        "issuer": shared.issuer,
        "authorization_endpoint": format!("{}/authorize", shared.issuer),
        "token_endpoint": format!("{}/token", shared.issuer),
        "jwks_uri": shared.jwks_uri,
    });
    if let Some(extra) = shared.extra.lock().unwrap().as_object() {
        metadata.as_object_mut().unwrap().extend(extra.clone());
    }
    metadata.to_string()
}

/// RFC 6749 §4.1.3 and §5.2, RFC 7636 §4.6.
async fn token(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> (StatusCode, String) {
    let meanwhile = shared.meanwhile.lock().unwrap().take();
    if let Some(happens) = meanwhile {
        happens.await;
    }
    let form: HashMap<String, String> = form_urlencoded::parse(&body).into_owned().collect();
    let bad = |error: &str| (StatusCode::BAD_REQUEST, json!({ "error": error }).to_string());
    let in_header = headers.get("authorization").map(|value| value.to_str().unwrap().to_owned());
    let expected = STANDARD.encode("contoso+client:s3cret%3A+with+a+colon");
    let by_header = in_header == Some(format!("Basic {expected}"));
    let by_body = form.get("client_id").map(String::as_str) == Some(CLIENT)
        && form.get("client_secret").map(String::as_str) == Some(SECRET);
    if !(by_header ^ by_body) {
        return bad("invalid_client");
    }
    let is_right = form.get("grant_type").map(String::as_str) == Some("authorization_code")
        && form.get("code").map(String::as_str) == Some("c0de")
        && form["redirect_uri"] == format!("{PUBLIC_URL}/t/contoso/oidc/callback");
    let Some((challenge, token)) = shared.code.lock().unwrap().take().filter(|_| is_right) else {
        return bad("invalid_grant");
    };
    if URL_SAFE_NO_PAD.encode(Sha256::digest(&form["code_verifier"])) != challenge {
        return bad("invalid_grant");
    }
    (StatusCode::OK, json!({ "access_token": "x", "token_type": "Bearer", "id_token": token }).to_string())
}
