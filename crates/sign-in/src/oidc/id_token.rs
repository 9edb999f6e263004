//! What an ID token says, once its signature is known to be the provider's (OpenID Connect Core §2, §3.1.3.7).

use jiff::Timestamp;
use jose::{Audience, instant};
use serde::Deserialize;
use serde_json::{Map, Value as Json};

use crate::identity::Value;
use crate::limits::{MAX_ID_TOKEN_LIFETIME, MAX_SUBJECT_BYTES, SKEW};
use crate::{Door, Identity, MatchKey, Refusal, provider};

/// Claims. What has no name here is looked up by its name.
#[derive(Deserialize)]
pub(super) struct Claims {
    iss: Option<String>,
    sub: Option<String>,
    aud: Option<Audience>,
    azp: Option<String>,
    exp: Option<f64>,
    nbf: Option<f64>,
    nonce: Option<String>,
    #[serde(flatten)]
    others: Map<String, Json>,
}

/// Who a token is about, if it is for us, now, and the answer to what was asked.
pub(super) fn identity(
    claims: Claims,
    provider: &provider::Oidc,
    (nonce, key): (&str, MatchKey),
    now: Timestamp,
) -> Result<Identity, Refusal> {
    let bad = |what: &str| Refusal::Proof(format!("the ID token: {what}"));
    if claims.iss.as_deref() != Some(&*provider.issuer) {
        return Err(bad("iss is not the issuer that was set"));
    }
    if !claims.aud.as_ref().is_some_and(|audience| audience.contains(&provider.client_id)) {
        return Err(bad("aud is not our client id"));
    }
    let is_ours_alone = match &claims.aud {
        Some(Audience::Several(several)) => several.len() == 1,
        Some(Audience::One(_)) | None => true,
    };
    match &claims.azp {
        Some(azp) if *azp != provider.client_id => return Err(bad("azp is not our client id")),
        None if !is_ours_alone => return Err(bad("it is for several, and has no azp")),
        Some(_) | None => {}
    }
    if claims.nonce.as_deref() != Some(nonce) {
        return Err(bad("nonce is not that of this sign-in"));
    }
    claims.check_time(now).map_err(bad)?;
    let subject = claims.sub.clone();
    let subject = subject.filter(|sub| (1..=MAX_SUBJECT_BYTES).contains(&sub.len()) && is_plain(sub));
    let subject = subject.ok_or_else(|| bad("it has no sub of at most 512 bytes"))?;
    let claim = provider.claim.clone().unwrap_or_else(|| claims.usual(key).to_owned());
    let shown = ["preferred_username", "email"].into_iter().find_map(|name| claims.text(name));
    Ok(Identity {
        door: Door::Oidc,
        issuer: provider.issuer.clone(),
        shown: shown.unwrap_or_else(|| subject.clone()),
        value: claims.text(&claim).map(|text| claims.value(text, &claim)),
        claim,
        subject: Some(subject),
        email: claims.text("email").filter(|_| claims.email_verified() != Some(false)),
        given_name: claims.text("given_name"),
        family_name: claims.text("family_name"),
        display_name: claims.text("name"),
        session_end: None,
    })
}

/// Whether a text is what a name can be: PostgreSQL keeps none with NUL.
fn is_plain(text: &str) -> bool {
    !text.contains(char::is_control)
}

impl Claims {
    fn check_time(&self, now: Timestamp) -> Result<(), &'static str> {
        let end = self.exp.and_then(instant).ok_or("it has no exp")?;
        let left = end.duration_since(now);
        if left <= -SKEW {
            return Err("it has expired");
        }
        if left > MAX_ID_TOKEN_LIFETIME {
            return Err("it lives for more than 24 hours");
        }
        match self.nbf.map(instant) {
            Some(None) => Err("nbf is no instant"),
            Some(Some(begin)) if begin.duration_since(now) > SKEW => Err("it is not valid yet"),
            Some(Some(_)) | None => Ok(()),
        }
    }

    /// The claim that a match key is compared with unless somebody said another one.
    fn usual(&self, key: MatchKey) -> &'static str {
        match key {
            MatchKey::UserName => "preferred_username",
            MatchKey::Emails => "email",
            // Entra's object id, which its provisioning service sends as externalId; `sub` is another one for each client.
            MatchKey::ExternalId if self.others.contains_key("oid") => "oid",
            MatchKey::ExternalId => "sub",
            MatchKey::EmployeeNumber => "employeeid",
        }
    }

    fn text(&self, name: &str) -> Option<String> {
        match name {
            "sub" => self.sub.clone(),
            _ => self.others.get(name)?.as_str().filter(|text| is_plain(text)).map(str::to_owned),
        }
    }

    fn value(&self, text: String, claim: &str) -> Value {
        let is_email = claim == "email";
        // OpenID Connect Core §5.1: `email_verified` is about `email`, and a boolean.
        Value { text, is_email, verified: if is_email { self.email_verified() } else { None } }
    }

    /// Some providers say it as a text, of which nobody knows what they mean by `"true"`; any other word is a no.
    fn email_verified(&self) -> Option<bool> {
        match self.others.get("email_verified")? {
            Json::Bool(verified) => Some(*verified),
            Json::String(text) if text == "true" => None,
            _ => Some(false),
        }
    }
}
