//! Names of silences: UUIDs of version 4, as upstream's clients expect them.

use std::hash::{BuildHasher, RandomState};

/// A new random UUID.
pub(crate) fn random() -> String {
    // The standard library seeds each state from the system's randomness.
    let half = || RandomState::new().hash_one(0u8);
    let (high, low) = (half(), half());
    let high = (high & !0xf000) | 0x4000;
    let low = (low & !(0b11 << 62)) | (0b10 << 62);
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xffff,
        low >> 48,
        low & 0xffff_ffff_ffff
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_has_its_form() {
        let (one, other) = (random(), random());
        assert_ne!(one, other);
        let parts: Vec<&str> = one.split('-').collect();
        let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
        assert!(parts[2].starts_with('4') && parts[3].starts_with(['8', '9', 'a', 'b']));
    }
}
