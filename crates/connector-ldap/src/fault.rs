//! Failures of LDAP by what the engine must do about them.

use connector::{Error, Interruption};
use ldap3::{LdapError, LdapResult};

const REACH: &str = "check url in the job's [source]: host, port, ldaps or start_tls, and that a certificate authority \
                     known here (ca_file) signed the server's certificate for that host name";
const CREDENTIAL: &str = "check bind_dn and password in the job's [source]";
const LIMITED: &str = "raise the server's size and time limits for bind_dn, or give users and groups a smaller base; part of a directory \
     is never taken for all of it";
const BASE: &str = "check base, [source.users] and [source.groups], and that bind_dn may read there";
const SERVER: &str = "look into the server's log; the next cycle tries again";

/// The result codes of RFC 4511 §4.1.9 that tell something apart.
mod code {
    pub(super) const TIME_LIMIT: u32 = 3;
    pub(super) const SIZE_LIMIT: u32 = 4;
    pub(super) const STRONGER_AUTH: u32 = 8;
    pub(super) const REFERRAL: u32 = 10;
    pub(super) const ADMIN_LIMIT: u32 = 11;
    pub(super) const CONFIDENTIALITY: u32 = 13;
    pub(super) const NO_SUCH_OBJECT: u32 = 32;
    pub(super) const INVALID_CREDENTIALS: u32 = 49;
    pub(super) const ACCESS: u32 = 50;
    pub(super) const BUSY: u32 = 51;
    pub(super) const UNAVAILABLE: u32 = 52;
}

/// A connection that could not be made.
pub(crate) fn unreachable(place: &str, error: LdapError) -> Error {
    match error {
        LdapError::Timeout { .. } => Error::source(place, "does not answer", REACH),
        LdapError::LdapResult { result } => {
            Error::source(place, format!("refuses StartTLS: {}", words(&result)), REACH)
        }
        error => Error::source(place, "can't be reached", REACH).caused_by(error),
    }
}

/// A connection that broke, or an answer that does not come.
pub(crate) fn broken(place: &str, error: LdapError) -> Error {
    match error {
        LdapError::Timeout { .. } => {
            Error::transient(Interruption::Timeout, format!("{place} does not answer"))
        }
        LdapError::FilterParsing => {
            Error::source(place, "is asked with a filter that is none (RFC 4515)", BASE)
        }
        LdapError::LdapResult { result } => refused(place, "", &result),
        error => Error::transient(Interruption::Connection, format!("the connection to {place} broke"))
            .caused_by(error),
    }
}

/// A result that is no success, of a search below `base` or of a bind.
pub(crate) fn refused(place: &str, base: &str, result: &LdapResult) -> Error {
    let said = words(result);
    match result.rc {
        code::INVALID_CREDENTIALS => {
            Error::credential(format!("{place} refuses bind_dn and password"), CREDENTIAL)
        }
        code::STRONGER_AUTH | code::CONFIDENTIALITY => {
            Error::source(place, format!("wants TLS: {said}"), REACH)
        }
        code::TIME_LIMIT | code::SIZE_LIMIT | code::ADMIN_LIMIT => {
            Error::source(place, format!("does not send all of \"{base}\": {said}"), LIMITED)
        }
        code::REFERRAL => Error::source(place, format!("says that \"{base}\" is on another server"), BASE),
        code::NO_SUCH_OBJECT => Error::source(place, format!("does not hold \"{base}\""), BASE),
        code::ACCESS => Error::source(place, format!("does not let bind_dn read \"{base}\""), BASE),
        code::BUSY | code::UNAVAILABLE => {
            Error::transient(Interruption::Server, format!("{place} is not ready: {said}"))
        }
        _ => Error::source(place, format!("refuses: {said}"), SERVER),
    }
}

/// Whether a result says that there is no such entry.
pub(crate) fn is_absence(result: &LdapResult) -> bool {
    result.rc == code::NO_SUCH_OBJECT
}

/// An answer that is no LDAP.
pub(crate) fn garbled(place: &str) -> Error {
    Error::source(place, "sends what is no LDAP entry", SERVER)
}

/// A base below which the reader sees nobody.
pub(crate) fn nobody(place: &str, base: &str) -> Error {
    let hint = "check base, [source.users] and the rights of bind_dn; an empty answer is taken for a reader without \
                rights, not for an empty company";
    Error::source(format!("{place}, \"{base}\""), "shows no user", hint)
}

/// More than is read.
pub(crate) fn too_much(place: &str, what: &str) -> Error {
    Error::source(place, format!("sends more {what} than are read"), LIMITED)
}

fn words(result: &LdapResult) -> String {
    const LONGEST: usize = 200;
    let text: String = result.text.chars().filter(|letter| !letter.is_control()).take(LONGEST).collect();
    if text.is_empty() { format!("result {}", result.rc) } else { format!("result {}, {text}", result.rc) }
}
