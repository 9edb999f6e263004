//! The key of an installation: 32 random bytes in a file apart from the database, so that a stolen database opens
//! nothing. Replicas share the file.
//!
//! What is used are subkeys of it, HMAC-SHA-256 of a label each: one digests tokens, one seals secrets, one signs the
//! audit log, one makes the secrets of webhooks, one the keys of security event tokens.

use std::env;
use std::fs::{self, DirBuilder};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use events::{SecretKey, SigningKeys};
use hmac::{Hmac, KeyInit, Mac};
use model::token::DigestKey;
use sha2::Sha256;
use tempfile::NamedTempFile;

use crate::audit_key::AuditKey;
use crate::entropy;
use crate::failure::refusal;
use crate::seal::Sealer;

/// Bytes of the key.
const LENGTH: usize = 32;

/// The key, opened.
#[derive(Clone)]
pub struct Keys([u8; LENGTH]);

impl Keys {
    /// Reads the key file; makes it first, readable by its owner alone, if there is none.
    ///
    /// Of several processes that start at once, all use the key of the one that was first.
    ///
    /// # Errors
    /// When the file can't be read or made, or holds no key.
    pub fn at(path: &Path) -> Result<Self> {
        match fs::read_to_string(path) {
            Ok(text) => Self::parse(&text, path),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::make(path),
            Err(error) => {
                Err(error).with_context(|| format!("the key file {} can't be read", path.display()))
            }
        }
    }

    fn parse(text: &str, path: &Path) -> Result<Self> {
        warn_if_open(path);
        from_hex(text.trim()).map(Self).ok_or_else(|| {
            refusal(
                format!("{} is no key file: it must hold {} hexadecimal digits", path.display(), 2 * LENGTH),
                "restore it from a backup; with a new one, every token must be issued anew",
            )
        })
    }

    fn make(path: &Path) -> Result<Self> {
        let key = Self(entropy::bytes()?);
        match key.write(path) {
            Ok(()) => Ok(key),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let text = fs::read_to_string(path);
                Self::parse(
                    &text.with_context(|| format!("the key file {} can't be read", path.display()))?,
                    path,
                )
            }
            Err(error) => {
                Err(error).with_context(|| format!("the key file {} can't be made", path.display()))
            }
        }
    }

    /// Writes the file whole under another name, and gives it its own only if nobody has it yet.
    fn write(&self, path: &Path) -> io::Result<()> {
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut file = NamedTempFile::new_in(folder)?;
        writeln!(file, "{}", to_hex(&self.0))?;
        file.as_file().sync_all()?;
        file.persist_noclobber(path).map_err(|error| error.error)?;
        Ok(())
    }

    /// The key of token digests.
    pub fn digest_key(&self) -> DigestKey {
        DigestKey::new(self.derive("token digest"))
    }

    /// What seals stored secrets.
    pub fn sealer(&self) -> Sealer {
        Sealer::new(self.derive("seal"))
    }

    /// What secrets of webhooks are made of.
    pub fn webhook_key(&self) -> SecretKey {
        SecretKey::new(self.derive("webhook secret"))
    }

    /// What keys of security event tokens are made of.
    pub fn signing_keys(&self) -> SigningKeys {
        SigningKeys::new(self.derive("security event token"))
    }

    /// What signs the audit log.
    ///
    /// # Errors
    /// Those of [`AuditKey::new`].
    pub fn audit_key(&self) -> Result<AuditKey> {
        AuditKey::new(&self.derive("audit head"))
    }

    /// Tells this key from another one, and nothing else about it.
    pub fn fingerprint(&self) -> String {
        to_hex(&self.derive("fingerprint")).chars().take(16).collect()
    }

    fn derive(&self, label: &str) -> [u8; LENGTH] {
        // RFC 2104 §2: a key shorter than the hash's block of 64 bytes is padded with zeros.
        let mut block = [0; 64];
        block.iter_mut().zip(self.0).for_each(|(slot, byte)| *slot = byte);
        let mut mac = Hmac::<Sha256>::new(&block.into());
        mac.update(label.as_bytes());
        mac.finalize().into_bytes().into()
    }
}

/// The place of the key file unless another one is named: beside a SQLite file; else in the user's configuration
/// folder, which is made.
///
/// # Errors
/// When there is no such folder and none can be made.
pub fn default_place(database: &str) -> Result<PathBuf> {
    if let Some(path) = database.strip_prefix("sqlite:") {
        return Ok(PathBuf::from(format!("{path}.key")));
    }
    let folder = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let configuration = folder("XDG_CONFIG_HOME").or_else(|| folder("HOME").map(|home| home.join(".config")));
    let folder = configuration.map(|folder| folder.join("rollcall")).ok_or_else(|| {
        refusal(
            "there is no place for the key file: neither XDG_CONFIG_HOME nor HOME is set",
            "name one with --key-file or ROLLCALL_KEY_FILE",
        )
    })?;
    let made = DirBuilder::new().recursive(true).mode(0o700).create(&folder);
    made.with_context(|| format!("the folder {} of the key file can't be made", folder.display()))?;
    Ok(folder.join("key"))
}

fn warn_if_open(path: &Path) {
    let mode = fs::metadata(path).map(|metadata| metadata.permissions().mode()).unwrap_or_default();
    if mode & 0o077 != 0 {
        tracing::warn!(
            file = %path.display(),
            "the key file can be read by others than its owner; take that away with chmod 600"
        );
    }
}

/// Bytes as lower-case hexadecimal digits.
pub fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes that hexadecimal digits stand for, if they are so many.
pub fn from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(c.to_digit(16)?).ok()).collect();
    let bytes: Option<Vec<u8>> = digits?
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => Some(high << 4 | low),
            _ => None,
        })
        .collect();
    bytes?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let made = Keys::at(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(Keys::at(&path).unwrap().fingerprint(), made.fingerprint());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left behind");
    }

    #[test]
    fn all_who_start_at_once_use_one_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let prints: Vec<String> = std::thread::scope(|scope| {
            let threads: Vec<_> =
                (0..16).map(|_| scope.spawn(|| Keys::at(&path).unwrap().fingerprint())).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(prints.iter().all(|print| *print == prints[0]), "{prints:?}");
    }

    #[test]
    fn a_key_that_exists_is_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        Keys([1; LENGTH]).write(&path).unwrap();
        let second = Keys([2; LENGTH]).write(&path).unwrap_err();
        assert_eq!(second.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(Keys::at(&path).unwrap().fingerprint(), Keys([1; LENGTH]).fingerprint());
    }

    #[test]
    fn what_is_no_key_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        for text in ["", "abc", &"g".repeat(64), &"a".repeat(63), &"a".repeat(66), "ä"] {
            fs::write(&path, text).unwrap();
            assert!(Keys::at(&path).is_err(), "{text:?}");
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
    }

    #[test]
    fn subkeys_differ_by_key_and_label() {
        let (one, other) = (Keys([1; LENGTH]), Keys([2; LENGTH]));
        assert_ne!(one.derive("a"), one.derive("b"));
        assert_ne!(one.derive("a"), other.derive("a"));
        assert_ne!(one.derive("a"), one.0);
        assert_eq!(one.fingerprint().len(), 16);
    }

    #[test]
    fn the_key_of_a_file_is_beside_it() {
        assert_eq!(default_place("sqlite:data/rollcall.db").unwrap(), PathBuf::from("data/rollcall.db.key"));
    }
}
