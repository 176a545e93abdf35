//! Digests: of group keys, and for a mail server's login.

use md5::Md5;
use sha2::{Digest as _, Sha256};

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// SHA-256 in hexadecimal digits.
pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Bytes of a block of MD5.
const BLOCK_BYTES: usize = 64;

/// HMAC (RFC 2104) with MD5, as CRAM-MD5 has it (RFC 2195).
pub(crate) fn hmac_md5(key: &[u8], message: &[u8]) -> Vec<u8> {
    let digest = |bytes: &[u8]| Md5::digest(bytes).to_vec();
    let mut block = if key.len() > BLOCK_BYTES {
        digest(key)
    } else {
        key.to_vec()
    };
    block.resize(BLOCK_BYTES, 0);
    let padded = |pad: u8, rest: &[u8]| {
        let mut bytes: Vec<u8> = block.iter().map(|byte| byte ^ pad).collect();
        bytes.extend_from_slice(rest);
        digest(&bytes)
    };
    padded(0x5c, &padded(0x36, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_of_the_rfcs() {
        assert_eq!(
            sha256_hex(b"abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        // RFC 2202, case 2.
        assert_eq!(
            hex(&hmac_md5(b"Jefe", b"what do ya want for nothing?")),
            "750c783e6ab0b503eaa86e310a5db738"
        );
    }
}
