//! The codecs of record batches, each with a limit on what decompression may yield.

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
    let _ = (codec, plain, out);
    todo!()
}

/// Decompresses to at most `limit` bytes; never allocates more than that and a codec's window.
///
/// # Errors
/// When `packed` is corrupt or yields more than `limit` bytes.
pub fn decompress(codec: Codec, packed: &[u8], limit: usize) -> Result<Vec<u8>, DecompressError> {
    let _ = (codec, packed, limit);
    todo!()
}
