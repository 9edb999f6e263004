//! What stands for an object or a text where very many of them are held in memory. Pure.

use connector::ObjectType;
use sha2::{Digest, Sha256};

/// 128 bits of a digest: two of them are never equal by accident, and a million take 32 MB where names take 150.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key(u128);

impl Key {
    /// The key of a text.
    pub fn of(text: &str) -> Self {
        let mut bits = [0; 16];
        for (bit, byte) in bits.iter_mut().zip(Sha256::digest(text)) {
            *bit = byte;
        }
        Self(u128::from_le_bytes(bits))
    }

    /// The key of an object.
    pub fn of_object(object_type: ObjectType, anchor: &str) -> Self {
        Self::of(&format!("{object_type} {anchor}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_and_a_group_of_one_anchor_differ() {
        let of = |object_type| Key::of_object(object_type, "a");
        assert_eq!(of(ObjectType::User), of(ObjectType::User));
        assert_ne!(of(ObjectType::User), of(ObjectType::Group));
        assert_ne!(of(ObjectType::User), Key::of_object(ObjectType::User, "b"));
    }
}
