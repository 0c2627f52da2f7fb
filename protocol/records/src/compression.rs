//! The codecs of record batches, each with a limit on what decompression may yield.
//!
//! Reads whatever Kafka's clients send: gzip of several members, raw and xerial snappy, lz4 frames
//! with linked blocks and checksums, zstd frames with and without their content's size. What a claim
//! in the input can make us hold is bounded by the caller's limit.

mod gzip;
mod lz4;
mod snappy;
mod zstd;

use protocol_types::Codec;

/// Why bytes cannot be decompressed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecompressError {
    #[error("{} data is corrupt", .0.name())]
    Corrupt(Codec),
    #[error("{} data decompresses to more than {limit} bytes", .codec.name())]
    Limit { codec: Codec, limit: usize },
}

/// Why bytes cannot be compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} compressor failed", .0.name())]
pub struct CompressError(pub Codec);

/// Appends `plain`, compressed, to `out`.
///
/// # Errors
/// When the codec's library refuses, which none does for input of a batch's size.
pub fn compress(codec: Codec, plain: &[u8], out: &mut Vec<u8>) -> Result<(), CompressError> {
    let done = match codec {
        Codec::None => {
            out.extend_from_slice(plain);
            Some(())
        }
        Codec::Gzip => gzip::compress(plain, out),
        Codec::Snappy => snappy::compress(plain, out),
        Codec::Lz4 => lz4::compress(plain, out),
        Codec::Zstd => zstd::compress(plain, out),
    };
    done.ok_or(CompressError(codec))
}

/// Decompresses to at most `limit` bytes; holds little more than that while it works.
///
/// # Errors
/// When `packed` is corrupt or yields more than `limit` bytes.
pub fn decompress(codec: Codec, packed: &[u8], limit: usize) -> Result<Vec<u8>, DecompressError> {
    let plain = match codec {
        Codec::None if packed.len() > limit => Err(Failure::Limit),
        Codec::None => Ok(packed.to_vec()),
        Codec::Gzip => gzip::decompress(packed, limit),
        Codec::Snappy => snappy::decompress(packed, limit),
        Codec::Lz4 => lz4::decompress(packed, limit),
        Codec::Zstd => zstd::decompress(packed, limit),
    };
    plain.map_err(|failure| match failure {
        Failure::Corrupt => DecompressError::Corrupt(codec),
        Failure::Limit => DecompressError::Limit { codec, limit },
    })
}

/// [`DecompressError`] as a codec's file sees it, which need not name itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Failure {
    Corrupt,
    Limit,
}

/// Room for the first output of `packed`, when nothing better is known: more than the usual ratio.
fn first_room(packed: &[u8], limit: usize) -> usize {
    packed.len().saturating_mul(8).max(512).min(limit)
}

/// Makes room for at least `more` bytes of output, never beyond `limit`. Grows sixteenfold: the few
/// outputs that are far larger than expected are then hardly ever copied, old buffers of theirs do
/// not pile up in the allocator, and pages that are not written cost nothing.
fn grow(out: &mut Vec<u8>, more: usize, limit: usize) -> Result<(), Failure> {
    let have = out.len();
    if more > limit.saturating_sub(have) {
        return Err(Failure::Limit);
    }
    if out.capacity() - have < more {
        let want = have.saturating_mul(16).clamp((have + more).max(512).min(limit), limit);
        out.reserve_exact(want - have);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
