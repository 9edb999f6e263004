//! Which assertions are believed, and that none is that is not signed by the issuer's own key.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::SignedDuration;
use jose::limits::MIN_RSA_MODULUS_CHARACTERS;
use jsonwebtoken::Algorithm;
use jsonwebtoken::jwk::{AlgorithmParameters, PublicKeyUse};
use serde_json::{Value, json};
use testkit::issuer::{jwk, sign};

use super::*;

const NOW: i64 = 1_800_000_000;

fn now() -> Timestamp {
    Timestamp::from_second(NOW).unwrap()
}

fn trust() -> Trust {
    Trust {
        issuer: "https://login.example.com/v2.0".to_owned(),
        subject: "sync".to_owned(),
        audience: "api://rollcall".to_owned(),
        claims: [("tid".to_owned(), "contoso".to_owned())].into(),
        jwks_url: "https://login.example.com/keys".to_owned(),
    }
}

fn claims() -> Value {
    json!({
        "iss": "https://login.example.com/v2.0", "sub": "sync", "aud": "api://rollcall", "tid": "contoso",
        "iat": NOW - 5, "nbf": NOW - 5, "exp": NOW + 3900, "ver": "2.0",
    })
}

fn check(text: &str, keys: Vec<Jwk>) -> Result<(), Refused> {
    let assertion = Assertion::parse(text)?;
    let keys = JwkSet { keys };
    assertion.check(assertion.key(&keys).ok_or(Refused::NoKey)?, &trust(), now()).map(drop)
}

#[test]
fn an_assertion_of_the_issuer_is_believed() {
    for algorithm in [Algorithm::RS256, Algorithm::RS512, Algorithm::PS256, Algorithm::ES256] {
        let signed = sign(algorithm, Some("k1"), &claims());
        let other = jwk(Algorithm::ES256, "k0");
        assert_eq!(check(&signed, vec![other, jwk(algorithm, "k1")]), Ok(()), "{algorithm:?}");
        // RFC 7515 §4.1.4: without a key id, there must be no choice.
        let signed = sign(algorithm, None, &claims());
        assert_eq!(check(&signed, vec![jwk(algorithm, "k1")]), Ok(()));
        assert_eq!(check(&signed, vec![jwk(algorithm, "k1"), jwk(algorithm, "k2")]), Err(Refused::NoKey));
    }
}

#[test]
fn each_claim_must_be_the_one_that_is_trusted() {
    for (name, value, expected) in [
        ("iss", json!("https://login.example.com/v2.0/"), Err(Refused::Issuer)),
        ("iss", Value::Null, Err(Refused::Issuer)),
        ("sub", json!("Sync"), Err(Refused::Subject)),
        ("aud", json!("api://other"), Err(Refused::Audience)),
        ("aud", json!(["api://other"]), Err(Refused::Audience)),
        ("aud", json!(["api://other", "api://rollcall"]), Ok(())),
        ("aud", Value::Null, Err(Refused::Audience)),
        ("tid", json!("fabrikam"), Err(Refused::Claim)),
        ("tid", Value::Null, Err(Refused::Claim)),
        ("exp", json!(NOW + 1), Ok(())),
        ("exp", json!(NOW - 59), Ok(())),
        ("exp", json!(NOW - 60), Err(Refused::Expired)),
        ("exp", json!(NOW + 86_400), Ok(())),
        ("exp", json!(NOW + 86_401), Err(Refused::Expired)),
        ("exp", json!(1e300), Err(Refused::Expired)),
        ("exp", Value::Null, Err(Refused::Expired)),
        ("nbf", json!(NOW + 60), Ok(())),
        ("nbf", json!(NOW + 61), Err(Refused::NotYet)),
        ("nbf", Value::Null, Ok(())),
    ] {
        let mut claims = claims();
        claims[name] = value.clone();
        let signed = sign(Algorithm::RS256, Some("k1"), &claims);
        assert_eq!(check(&signed, vec![jwk(Algorithm::RS256, "k1")]), expected, "{name} {value}");
    }
}

#[test]
fn an_assertion_with_an_id_is_for_one_use_until_it_is_refused_for_its_age() {
    let one_use = |change: fn(&mut Value)| {
        let mut claims = claims();
        change(&mut claims);
        let (signed, keys) =
            (sign(Algorithm::RS256, Some("k1"), &claims), JwkSet { keys: vec![jwk(Algorithm::RS256, "k1")] });
        let assertion = Assertion::parse(&signed).unwrap();
        assertion.check(assertion.key(&keys).unwrap(), &trust(), now()).unwrap()
    };
    assert_eq!(one_use(|_| {}), None);
    let used = one_use(|claims| claims["jti"] = json!("one")).unwrap();
    assert_eq!(used.expires, now() + SignedDuration::from_secs(3900) + ASSERTION_LEEWAY);
    assert_ne!(used.digest, one_use(|claims| claims["jti"] = json!("two")).unwrap().digest);
    assert!(one_use(|claims| claims["jti"] = json!("x".repeat(8_000))).is_some());
}

#[test]
fn what_is_signed_by_nobody_or_with_a_public_key_is_refused() {
    let rsa = || vec![jwk(Algorithm::RS256, "k1")];
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    for header in [json!({ "alg": "none" }), json!({ "alg": "None", "kid": "k1" }), json!({ "typ": "JWT" })] {
        let unsigned = format!("{}.{}.", part(&header), part(&claims()));
        assert!(check(&unsigned, rsa()).is_err(), "{header}");
    }
    // The issuer's public key as a shared secret (RFC 8725 §2.1).
    let confused = sign(Algorithm::HS256, Some("k1"), &claims());
    assert_eq!(check(&confused, rsa()), Err(Refused::Algorithm));
    assert_eq!(check(&confused, vec![jwk(Algorithm::HS256, "k1")]), Err(Refused::Algorithm));
    let signed = sign(Algorithm::RS256, Some("k1"), &claims());
    let (head, signature) = signed.rsplit_once('.').unwrap();
    let (header, _) = head.split_once('.').unwrap();
    let mut others = claims();
    others["sub"] = json!("somebody");
    for forged in [
        format!("{head}."),
        format!("{header}.{}.{signature}", part(&others)),
        format!("{head}.{}", URL_SAFE_NO_PAD.encode([0; 256])),
        format!("{signed}.x"),
        head.to_owned(),
        String::new(),
        "..".to_owned(),
        "a.b.c".to_owned(),
    ] {
        assert!(check(&forged, rsa()).is_err(), "{forged}");
    }
}

#[test]
fn a_key_signs_only_what_it_is_published_for() {
    let signed = sign(Algorithm::RS256, Some("k1"), &claims());
    let key = || jwk(Algorithm::RS256, "k1");
    let mut encryption = key();
    encryption.common.public_key_use = Some(PublicKeyUse::Encryption);
    let mut short = key();
    if let AlgorithmParameters::RSA(rsa) = &mut short.algorithm {
        rsa.n = rsa.n.chars().take(MIN_RSA_MODULUS_CHARACTERS - 1).collect();
    }
    for wrong in [encryption, short, jwk(Algorithm::PS256, "k1"), jwk(Algorithm::ES256, "k1")] {
        assert_eq!(check(&signed, vec![wrong]), Err(Refused::Signature));
    }
    let mut plain = key();
    plain.common.key_algorithm = None;
    assert_eq!(check(&signed, vec![plain]), Ok(()));
    assert_eq!(check(&signed, vec![jwk(Algorithm::RS256, "K1")]), Err(Refused::NoKey));
    assert_eq!(check(&signed, vec![]), Err(Refused::NoKey));
}

#[test]
fn the_length_of_an_assertion() {
    let rsa = || vec![jwk(Algorithm::RS256, "k1")];
    let padded = |more: usize| {
        let mut claims = claims();
        claims["padding"] = Value::from("x".repeat(more));
        sign(Algorithm::RS256, Some("k1"), &claims)
    };
    // Base64 makes four characters of three.
    let room = (MAX_ASSERTION_BYTES - padded(0).len()) / 4 * 3;
    assert_eq!(check(&padded(room - 3), rsa()), Ok(()));
    assert_eq!(check(&padded(room + 6), rsa()), Err(Refused::NotAJwt));
}
