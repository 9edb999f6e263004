//! Random bytes of the operating system: for keys, tokens and nonces.

use anyhow::{Context, Result};
use rand::TryRng;
use rand::rngs::SysRng;

/// Fresh random bytes.
///
/// # Errors
/// When the operating system has none to give.
pub fn bytes<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    SysRng.try_fill_bytes(&mut bytes).context("the operating system gives no random bytes")?;
    Ok(bytes)
}
