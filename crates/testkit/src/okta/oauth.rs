//! API tokens, and OAuth clients that prove themselves with a signed assertion (RFC 7523).

use std::collections::BTreeMap;

use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde_json::{Value, json};
use uuid::Uuid;

use super::answer::Answer;
use super::faults::Asked;
use super::org::Org;
use super::{CLIENT, TOKEN};
use crate::issuer;

const LIFETIME_S: i64 = 3600;

pub(super) struct Oauth {
    is_token_revoked: bool,
    /// What the client may ask for.
    granted: Vec<String>,
    /// The end and the scopes of access tokens.
    tokens: BTreeMap<String, (Timestamp, Vec<String>)>,
}

impl Default for Oauth {
    fn default() -> Self {
        let granted = ["users", "groups", "apps", "logs"].map(|of| format!("okta.{of}.read")).to_vec();
        Self { is_token_revoked: false, granted, tokens: BTreeMap::new() }
    }
}

/// What a credential may do.
pub(super) enum Access {
    Everything,
    Scopes(Vec<String>),
    Unknown,
}

impl Org {
    /// Revokes the API token and all access tokens.
    pub fn revoke_tokens(&mut self) {
        self.oauth.is_token_revoked = true;
        self.oauth.tokens.clear();
    }

    /// Ends all access tokens, as if a key had been rotated. New ones are given.
    pub fn forget_access_tokens(&mut self) {
        self.oauth.tokens.clear();
    }

    /// Sets the scopes that are granted to the OAuth client.
    pub fn grant(&mut self, scopes: &[&str]) {
        self.oauth.granted = scopes.iter().map(|scope| (*scope).to_owned()).collect();
    }

    pub(super) fn access(&self, authorization: &str) -> Access {
        match authorization.split_once(' ') {
            Some(("SSWS", token)) if token == TOKEN && !self.oauth.is_token_revoked => Access::Everything,
            Some(("Bearer", token)) => match self.oauth.tokens.get(token) {
                Some((ends, scopes)) if self.clock.now() < *ends => Access::Scopes(scopes.clone()),
                Some(_) | None => Access::Unknown,
            },
            Some(_) | None => Access::Unknown,
        }
    }

    /// The token endpoint.
    pub(super) fn token(&mut self, asked: &Asked) -> Answer {
        if asked.field("grant_type") != Some("client_credentials") {
            return refused(400, "unsupported_grant_type");
        }
        if !self.is_client(asked.field("client_assertion").unwrap_or_default()) {
            return refused(401, "invalid_client");
        }
        let scope = asked.field("scope").unwrap_or_default();
        let scopes: Vec<String> = scope.split(' ').map(str::to_owned).collect();
        if scopes.iter().any(|scope| !self.oauth.granted.contains(scope)) {
            return refused(400, "invalid_scope");
        }
        let token = Uuid::new_v4().to_string();
        let ends = Timestamp::from_second(self.clock.now().as_second() + LIFETIME_S).expect("an instant");
        self.oauth.tokens.insert(token.clone(), (ends, scopes));
        Answer::ok(json!({
            "token_type": "Bearer", "expires_in": LIFETIME_S, "access_token": token, "scope": scope,
        }))
    }

    /// Whether an assertion is the client's: its signature, whom it names, for whom it is, and its time.
    fn is_client(&self, assertion: &str) -> bool {
        let key = DecodingKey::from_jwk(&issuer::jwk(Algorithm::RS256, "service")).expect("a key");
        let mut validation = Validation::new(Algorithm::RS256);
        validation.set_audience(&[format!("{}/oauth2/v1/token", self.url)]);
        validation.set_issuer(&[CLIENT]);
        // That would be by this machine's clock.
        validation.validate_exp = false;
        let Ok(found) = decode::<Value>(assertion, &key, &validation) else { return false };
        let ends = found.claims.get("exp").and_then(Value::as_i64).unwrap_or_default();
        let left = ends - self.clock.now().as_second();
        found.claims.get("sub").and_then(Value::as_str) == Some(CLIENT) && (1..=LIFETIME_S).contains(&left)
    }
}

fn refused(status: u16, error: &str) -> Answer {
    Answer::new(status, json!({ "error": error, "error_description": "The simulator says so." }))
}
