//! Bodies of requests, decompressed into memory that is used again.

use std::io::Read;

use thiserror::Error;

/// The largest request, decompressed, in bytes: upstream's figure.
pub const MOST_BYTES: usize = 32 << 20;

/// How a body is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Not at all.
    Identity,
    /// One block of snappy, as remote write has it.
    Snappy,
    /// A stream of frames of snappy.
    SnappyFrames,
    /// gzip.
    Gzip,
    /// Zstandard.
    Zstd,
}

/// A body that cannot be decompressed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BodyError {
    /// It is not compressed as was said.
    #[error("{encoding}: {reason}")]
    Damaged {
        /// What it should be.
        encoding: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// More comes out than is taken.
    #[error("decoded size exceeds the {MOST_BYTES} bytes limit")]
    TooLarge,
}

impl Encoding {
    fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Snappy | Self::SnappyFrames => "snappy",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }

    fn damaged(self, reason: impl ToString) -> BodyError {
        let (encoding, reason) = (self.name(), reason.to_string());
        // Some say themselves what they are.
        let bare = reason
            .strip_prefix(encoding)
            .map(|rest| rest.trim_start_matches([':', ' ']));
        BodyError::Damaged {
            encoding,
            reason: bare.unwrap_or(&reason).to_owned(),
        }
    }

    /// The decompressed body, at most [`MOST_BYTES`]: in `memory`, or where it lies already.
    ///
    /// # Errors
    /// Where it is damaged or too large.
    pub fn decode<'a>(
        self,
        body: &'a [u8],
        memory: &'a mut Vec<u8>,
    ) -> Result<&'a [u8], BodyError> {
        match self {
            Self::Identity if body.len() > MOST_BYTES => Err(BodyError::TooLarge),
            Self::Identity => Ok(body),
            Self::Snappy => {
                let size = snap::raw::decompress_len(body).map_err(|e| self.damaged(e))?;
                if size > MOST_BYTES {
                    return Err(BodyError::TooLarge);
                }
                if memory.len() < size {
                    memory.resize(size, 0);
                }
                let into = memory.get_mut(..size).unwrap_or_default();
                let read = snap::raw::Decoder::new().decompress(body, into);
                read.map_err(|e| self.damaged(e))?;
                Ok(into)
            }
            Self::SnappyFrames => self.stream(snap::read::FrameDecoder::new(body), memory),
            Self::Gzip => self.stream(flate2::read::MultiGzDecoder::new(body), memory),
            Self::Zstd => {
                let decoder = ruzstd::decoding::StreamingDecoder::new(body);
                self.stream(decoder.map_err(|e| self.damaged(e))?, memory)
            }
        }
    }

    fn stream(self, from: impl Read, memory: &mut Vec<u8>) -> Result<&[u8], BodyError> {
        memory.clear();
        // One byte more than is taken tells whether there is more.
        let read = from.take(MOST_BYTES as u64 + 1).read_to_end(memory);
        read.map_err(|e| self.damaged(e))?;
        if memory.len() > MOST_BYTES {
            return Err(BodyError::TooLarge);
        }
        Ok(memory)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zstd(bytes: &[u8]) -> Vec<u8> {
        ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
    }

    fn frames(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = snap::write::FrameEncoder::new(Vec::new());
        encoder.write_all(bytes).unwrap();
        encoder.into_inner().unwrap()
    }

    fn snappy(bytes: &[u8]) -> Vec<u8> {
        snap::raw::Encoder::new().compress_vec(bytes).unwrap()
    }

    #[test]
    fn what_was_compressed_comes_back_and_no_more_than_is_taken() {
        type Compress = fn(&[u8]) -> Vec<u8>;
        let all: [(Encoding, Compress); 5] = [
            (Encoding::Identity, <[u8]>::to_vec),
            (Encoding::Snappy, snappy),
            (Encoding::SnappyFrames, frames),
            (Encoding::Gzip, gzip),
            (Encoding::Zstd, zstd),
        ];
        for (encoding, compress) in all {
            let mut memory = vec![1; 100];
            for bytes in [&b""[..], b"abc", &[7; 5_000]] {
                let packed = compress(bytes);
                assert_eq!(
                    encoding.decode(&packed, &mut memory),
                    Ok(bytes),
                    "{encoding:?}"
                );
            }
            let large = compress(&vec![0; MOST_BYTES + 1]);
            let outcome = encoding.decode(&large, &mut memory);
            assert_eq!(outcome, Err(BodyError::TooLarge), "{encoding:?}");
            if encoding != Encoding::Identity {
                let damaged = encoding.decode(b"none of these", &mut memory);
                assert!(
                    matches!(damaged, Err(BodyError::Damaged { .. })),
                    "{encoding:?}"
                );
            }
        }
    }
}
