//! Who asks: the holder of an admin token.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use model::admin_token::AdminToken;
use model::token::{Secret, SecretKind};

use super::allows;
use super::arguments::CommandLine;
use super::operations::Operation;
use super::problem::Problem;
use crate::installation::Installation;

/// Somebody with a live admin token.
pub struct Caller {
    /// The token.
    pub token: AdminToken,
}

impl Caller {
    /// Whose token the request has.
    ///
    /// # Errors
    /// 401 for no token, or one that is not ours, not for this door, expired or revoked.
    pub async fn of(on: &Installation, headers: &HeaderMap) -> Result<Self, Problem> {
        let secret = bearer(headers).ok_or_else(Problem::unauthorized)?;
        let id = secret.public_id().to_owned();
        let found = on.store.look_up(move |tx| store::admin_token::find(tx, &id)).await;
        let found = found.map_err(|_: store::Error| Problem::internal())?;
        // For an unknown id a digest is computed as well, so that the time tells nothing.
        let digest = found.as_ref().map_or(&[0; 32][..], |token| &token.digest);
        let proven = on.keys.digest_key().verify(&secret, digest);
        let token = found.filter(|token| proven && token.is_live(on.now()));
        token.map(|token| Self { token }).ok_or_else(Problem::unauthorized)
    }

    /// Whether the token is good for the operation.
    ///
    /// # Errors
    /// 403 for one that may only read, or is for a tenant and not for the installation; 404 for another tenant.
    pub async fn check(
        &self,
        on: &Installation,
        operation: &Operation,
        line: &CommandLine,
    ) -> Result<(), Problem> {
        if !allows(self.token.access, operation) {
            return Err(Problem::forbidden("this token may only read"));
        }
        let Some(allowed) = self.token.tenant else { return Ok(()) };
        if operation.tenant.is_none() {
            return Err(Problem::forbidden(
                "this token is for one tenant; this is about the whole installation",
            ));
        }
        let asked = line.tenant.clone().unwrap_or_default();
        let found = on.store.look_up(move |tx| store::tenant::by_name(tx, &asked)).await;
        let found = found.map_err(|_: store::Error| Problem::internal())?;
        if found.is_some_and(|tenant| tenant.id == allowed) { Ok(()) } else { Err(Problem::unknown_tenant()) }
    }
}

/// The token of the one `Authorization: Bearer …` header (RFC 6750 §2.1).
fn bearer(headers: &HeaderMap) -> Option<Secret> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (only, None) = (values.next()?, values.next()) else { return None };
    let (scheme, token) = only.to_str().ok()?.trim().split_once(' ')?;
    let secret: Secret = token.trim().parse().ok()?;
    (scheme.eq_ignore_ascii_case("Bearer") && secret.kind() == SecretKind::Admin).then_some(secret)
}
