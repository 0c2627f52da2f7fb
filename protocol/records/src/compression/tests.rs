//! Round trips live in `builder/tests.rs`; here is what other writers send, and hostile input.

use std::io::Write;

use lz4_flex::frame::{BlockMode, BlockSize, FrameEncoder, FrameInfo};
use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::testing::unhex;

const CODECS: [Codec; 4] = [Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd];

fn packed(codec: Codec, plain: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    compress(codec, plain, &mut out).unwrap();
    out
}

/// Text with long and short repeats.
fn text(length: usize) -> Vec<u8> {
    (0..length).map(|at| if at % 1000 < 700 { b'a' } else { at.to_le_bytes()[0] }).collect()
}

fn linked_lz4(plain: &[u8]) -> Vec<u8> {
    let info = FrameInfo::new()
        .block_size(BlockSize::Max64KB)
        .block_mode(BlockMode::Linked)
        .block_checksums(true)
        .content_checksum(true)
        .content_size(Some(plain.len() as u64));
    let mut encoder = FrameEncoder::with_frame_info(info, Vec::new());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

fn streamed_zstd(plain: &[u8]) -> Vec<u8> {
    let mut encoder = ::zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

fn framed_snappy(versions: [u8; 8], blocks: &[&[u8]]) -> Vec<u8> {
    let mut out = [b"\x82SNAPPY\0".as_slice(), &versions].concat();
    for block in blocks {
        let packed = snap::raw::Encoder::new().compress_vec(block).unwrap();
        out.extend_from_slice(&u32::try_from(packed.len()).unwrap().to_be_bytes());
        out.extend_from_slice(&packed);
    }
    out
}

/// gzip with every optional field of its header: extra, name, comment, header checksum.
fn decorated_gzip(plain: &[u8]) -> Vec<u8> {
    let bare = packed(Codec::Gzip, plain);
    let decorations = b"\x03\0abcname\0comment\0\x12\x34";
    [&bare[..3], &[0x1e], &bare[4..10], decorations, &bare[10..]].concat()
}

#[rstest]
#[case::gzip_of_two_members(
    Codec::Gzip, [packed(Codec::Gzip, &text(70_000)), packed(Codec::Gzip, b"tail")].concat()
)]
#[case::gzip_with_decorations(
    Codec::Gzip, [decorated_gzip(&text(70_000)), decorated_gzip(b"tail")].concat()
)]
#[case::trap_45_snappy_raw(
    Codec::Snappy,
    snap::raw::Encoder::new().compress_vec(&[text(70_000), b"tail".to_vec()].concat()).unwrap()
)]
#[case::trap_45_snappy_xerial(
    Codec::Snappy, framed_snappy([0, 0, 0, 1, 0, 0, 0, 1], &[&text(70_000), b"tail"])
)]
#[case::trap_45_snappy_xerial_with_odd_versions(
    Codec::Snappy, framed_snappy([1, 0, 0, 0, 9, 9, 9, 9], &[&text(70_000), b"tail"])
)]
#[case::snappy_xerial_concatenated(
    Codec::Snappy,
    [framed_snappy([0; 8], &[&text(70_000)]), framed_snappy([0; 8], &[b"tail"])].concat()
)]
#[case::lz4_linked_with_all_checksums(
    Codec::Lz4, linked_lz4(&[text(70_000), b"tail".to_vec()].concat())
)]
#[case::zstd_without_content_size(
    Codec::Zstd, streamed_zstd(&[text(70_000), b"tail".to_vec()].concat())
)]
#[case::zstd_of_two_frames(
    Codec::Zstd, [packed(Codec::Zstd, &text(70_000)), streamed_zstd(b"tail")].concat()
)]
fn what_other_writers_send_is_read(#[case] codec: Codec, #[case] packed: Vec<u8>) {
    let want = [text(70_000), b"tail".to_vec()].concat();
    assert!(decompress(codec, &packed, 70_004).unwrap() == want);
    let limit = 70_003;
    assert_eq!(decompress(codec, &packed, limit), Err(DecompressError::Limit { codec, limit }));
}

#[rstest]
fn exactly_the_limit_is_allowed_and_a_byte_more_is_not(
    #[values(Codec::None, Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd)] codec: Codec,
    #[values(0, 1, 511, 512, 65_536, 65_537, 1_000_000)] length: usize,
) {
    let plain = text(length);
    let packed = packed(codec, &plain);
    assert!(decompress(codec, &packed, length).unwrap() == plain);
    assert!(decompress(codec, &packed, length + 1).unwrap() == plain);
    if let Some(limit) = length.checked_sub(1) {
        assert_eq!(decompress(codec, &packed, limit), Err(DecompressError::Limit { codec, limit }));
    }
}

#[rstest]
#[case::gzip(Codec::Gzip)]
#[case::snappy(Codec::Snappy)]
#[case::lz4(Codec::Lz4)]
#[case::zstd(Codec::Zstd)]
fn a_cut_stream_is_corrupt(#[case] codec: Codec) {
    let packed = packed(codec, &text(100_000));
    for keep in [0, 1, 5, packed.len() / 2, packed.len() - 1] {
        let refused = decompress(codec, &packed[..keep], 1 << 20);
        assert_eq!(refused, Err(DecompressError::Corrupt(codec)), "{keep} bytes kept");
    }
}

#[rstest]
#[case::snappy_claims_4_gib(Codec::Snappy, "ffffffff0f00")]
#[case::xerial_block_of_4_gib(Codec::Snappy, "82534e4150505900 00000001 00000001 ffffffff 00")]
#[case::lz4_wrong_header_checksum(Codec::Lz4, "04224d18 6040 00 00000000")]
#[case::lz4_block_above_its_maximum(Codec::Lz4, "04224d18 6040 82 00000170 00")]
#[case::lz4_legacy_frame(Codec::Lz4, "02214c18 00000000")]
#[case::lz4_of_a_dictionary(Codec::Lz4, "04224d18 6140 00000000 00 00000000")]
#[case::gzip_reserved_flag(Codec::Gzip, "1f8b0880000000000003 0300 0000000000000000")]
#[case::gzip_wrong_checksum(Codec::Gzip, "1f8b0800000000000003 0300 0100000000000000")]
fn a_lie_is_corrupt(#[case] codec: Codec, #[case] hex: &str) {
    let refused = decompress(codec, &unhex(hex), 1 << 30);
    assert_eq!(refused, Err(DecompressError::Corrupt(codec)));
}

#[test]
fn zstd_that_claims_more_than_the_limit_is_refused_before_memory_is_taken() {
    // A frame header with an 8-byte content size of 2^62.
    let claim = unhex("28b52ffd c0 58 0000000000000040 010000");
    let limit = 1 << 20;
    let codec = Codec::Zstd;
    assert_eq!(decompress(codec, &claim, limit), Err(DecompressError::Limit { codec, limit }));
}

proptest! {
    #[test]
    fn any_bytes_are_answered(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        flips in prop::collection::vec((0_usize..1 << 16, 0_u8..8), 1..4),
        at in 0_usize..4,
    ) {
        let codec = CODECS[at];
        let _ = decompress(codec, &bytes, 10_000);
        let mut damaged = packed(codec, &text(5_000));
        for (at, bit) in flips {
            let at = at % damaged.len();
            damaged[at] ^= 1 << bit;
        }
        if let Ok(plain) = decompress(codec, &damaged, 10_000) {
            prop_assert!(plain.len() <= 10_000);
        }
    }
}
