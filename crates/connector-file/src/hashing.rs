//! A reader that digests what passes through it.

use sha2::{Digest, Sha256};
use std::io::{self, Read};

/// A SHA-256 digest.
pub(crate) type Sum = [u8; 32];

/// Reads on, digesting as it goes.
pub(crate) struct Hashing<R> {
    inner: R,
    digest: Sha256,
}

impl<R: Read> Hashing<R> {
    pub(crate) fn new(inner: R) -> Self {
        Self { inner, digest: Sha256::new() }
    }

    /// The digest of all that was read.
    pub(crate) fn sum(&self) -> Sum {
        self.digest.clone().finalize().into()
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.digest.update(buffer.get(..read).unwrap_or_default());
        Ok(read)
    }
}
