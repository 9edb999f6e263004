//! Distinguished names as short keys, so that a million of them fit into memory.

use scim::fold::fold;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// A name in the directory, digested: 16 bytes of SHA-256, which no two names share by chance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Key(pub(crate) [u8; 16]);

impl Key {
    /// Of a distinguished name, however it is written.
    pub(crate) fn of_dn(dn: &str) -> Self {
        Self::digest("dn", &canonical(dn))
    }

    /// Of a `uid`, by which posixGroup names its members (RFC 2307).
    pub(crate) fn of_uid(uid: &str) -> Self {
        Self::digest("uid", &fold(uid))
    }

    /// Of a value of a group's member attribute.
    pub(crate) fn of_member(attribute: &str, value: &str) -> Self {
        if attribute.eq_ignore_ascii_case("memberUid") {
            return Self::of_uid(value);
        }
        // RFC 4517 §3.3.21: a name may be followed by a bit string that tells two owners of it apart.
        let name =
            value.rsplit_once("#'").filter(|(_, bits)| bits.ends_with("'B")).map_or(value, |(name, _)| name);
        Self::of_dn(name)
    }

    fn digest(kind: &str, name: &str) -> Self {
        let digest = Sha256::new().chain_update(kind).chain_update([0]).chain_update(name).finalize();
        let mut key = [0; 16];
        key.iter_mut().zip(digest).for_each(|(byte, digested)| *byte = digested);
        Self(key)
    }
}

/// Whether a name is that of the base, or of an entry below it.
pub(crate) fn is_below(dn: &str, base: &str) -> bool {
    let (dn, base) = (canonical(dn), canonical(base));
    dn == base || base == "\u{1}" || dn.strip_suffix(&base).is_some_and(|above| above.ends_with('\u{1}'))
}

/// A distinguished name (RFC 4514) in one form: without escapes, spaces around separators and letter case, with the
/// parts of a relative name in one order.
fn canonical(dn: &str) -> String {
    let mut names = Vec::new();
    let mut parts = Vec::new();
    let mut part = Part::default();
    let mut letters = dn.chars();
    while let Some(letter) = letters.next() {
        match letter {
            ',' | ';' => {
                parts.push(std::mem::take(&mut part).finish());
                names.push(std::mem::take(&mut parts));
            }
            '+' => parts.push(std::mem::take(&mut part).finish()),
            '\\' => part.escaped(&mut letters),
            letter => part.plain(letter),
        }
    }
    parts.push(part.finish());
    names.push(parts);
    let mut text = String::new();
    for mut parts in names {
        parts.sort_unstable();
        // Writing to a String does not fail. Control characters separate, as no attribute type holds any.
        let _ = write!(text, "{}\u{1}", parts.join("\u{2}"));
    }
    text
}

/// One `type=value`.
#[derive(Default)]
struct Part {
    bytes: Vec<u8>,
    /// How much of it must not be trimmed, because an escape said so.
    kept: usize,
}

impl Part {
    fn plain(&mut self, letter: char) {
        let after_space = self.bytes.last() == Some(&b' ') && self.bytes.len() > self.kept;
        let begins = self.bytes.is_empty() || self.bytes.last() == Some(&b'=');
        if letter == ' ' && (begins || after_space) {
            return;
        }
        if letter == '=' {
            self.trim();
        }
        self.bytes.extend(letter.encode_utf8(&mut [0; 4]).bytes());
    }

    /// What follows a backslash: two hexadecimal digits are a byte, anything else is itself.
    fn escaped(&mut self, letters: &mut std::str::Chars<'_>) {
        let mut digits = letters.clone();
        let value = |digit: Option<char>| {
            digit.and_then(|digit| digit.to_digit(16)).and_then(|v| u8::try_from(v).ok())
        };
        match (value(digits.next()), value(digits.next())) {
            (Some(high), Some(low)) => {
                *letters = digits;
                self.bytes.push(high * 16 + low);
            }
            _ => self.bytes.extend(letters.next().into_iter().collect::<String>().bytes()),
        }
        self.kept = self.bytes.len();
    }

    fn trim(&mut self) {
        while self.bytes.len() > self.kept && self.bytes.last() == Some(&b' ') {
            self.bytes.pop();
        }
    }

    fn finish(mut self) -> String {
        self.trim();
        fold(&String::from_utf8_lossy(&self.bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(one: &str, other: &str) {
        assert_eq!(
            Key::of_dn(one),
            Key::of_dn(other),
            "{one} and {other}: {:?}",
            (canonical(one), canonical(other))
        );
    }

    fn differ(one: &str, other: &str) {
        assert_ne!(Key::of_dn(one), Key::of_dn(other), "{one} and {other}");
    }

    #[test]
    fn one_name_however_it_is_written() {
        same("uid=ana,ou=People,dc=contoso,dc=com", "UID = Ana , OU=people;DC=Contoso, dc=COM");
        same(r"cn=Strau\c3\9f\2c Mei,dc=x", r"cn=Strauß\, Mei,dc=x");
        same("cn=ana+uid=7,dc=x", "uid=7 + cn=Ana,dc=x");
        same("cn=ana  maria,dc=x", "cn=ana maria,dc=x");
        same(r"cn=ana\20,dc=x", r"cn=ana\ ,dc=x");
    }

    #[test]
    fn other_names_stay_apart() {
        differ("cn=ana,dc=x", "cn=ben,dc=x");
        differ(r"cn=a\,dc=x", "cn=a,dc=x");
        differ("cn=a+b=c,dc=x", r"cn=a\+b=c,dc=x");
        differ("cn=a,dc=x", "cn=a,dc=x,dc=y");
        differ(r"cn=ana\20,dc=x", "cn=ana,dc=x");
    }

    #[test]
    fn members_are_named_by_dn_or_by_uid() {
        let ana = Key::of_dn("uid=ana,dc=x");
        assert_eq!(Key::of_member("member", "uid=Ana,dc=x"), ana);
        assert_eq!(Key::of_member("uniqueMember", "uid=ana,dc=x#'0101'B"), ana);
        assert_eq!(Key::of_member("memberUid", "Ana"), Key::of_uid("ana"));
        assert_ne!(Key::of_uid("uid=ana,dc=x"), ana);
    }

    #[test]
    fn a_base_holds_what_is_below_it() {
        for (dn, base, expected) in [
            ("uid=ana,ou=People,dc=x", "ou=people, dc=x", true),
            ("ou=people,dc=x", "ou=people,dc=x", true),
            ("uid=ana,dc=x", "", true),
            ("uid=ana,dc=x", "ou=people,dc=x", false),
            ("uid=ana,xou=people,dc=x", "ou=people,dc=x", false),
            ("dc=x", "ou=people,dc=x", false),
        ] {
            assert_eq!(is_below(dn, base), expected, "{dn} in {base}");
        }
    }

    #[test]
    fn no_text_is_too_odd() {
        for dn in ["", ",", "\\", "\\4", "=", "+", " ", "a=\\ff\\fe", "#'B", "a=b\\,"] {
            Key::of_dn(dn);
            Key::of_member("uniqueMember", dn);
        }
    }
}
