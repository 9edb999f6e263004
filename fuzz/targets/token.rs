//! A text is refused, or it is a token of ours and kept as it is; and every token that is made is read again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use model::token::{MINT_BYTES, Secret, SecretKind};

fuzz_target!(|bytes: &[u8]| {
    if let Some(random) = bytes.first_chunk::<MINT_BYTES>() {
        let minted = Secret::mint(SecretKind::Scim, random);
        let read: Secret = minted.reveal().parse().expect("a minted token is a token");
        assert_eq!(read.public_id(), minted.public_id());
        let altered = format!("{}{}", minted.reveal(), String::from_utf8_lossy(&bytes[MINT_BYTES..]));
        assert_eq!(altered.parse::<Secret>().is_ok(), altered == minted.reveal(), "nothing may follow a token");
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(secret) = text.parse::<Secret>() else { return };
    assert_eq!(secret.reveal(), text);
    assert!(!format!("{secret:?}").contains(text), "a secret is not printed");
});
