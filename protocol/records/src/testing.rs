//! Batches for tests: a sample, and the same with one field changed.

use protocol_types::{Codec, Timestamp};

use crate::crc::crc32c;
use crate::header::CRC_START;
use crate::{BatchBuilder, Header};

/// Where fields stand in a batch.
pub(crate) mod field {
    pub(crate) const BASE_OFFSET: usize = 0;
    pub(crate) const LENGTH: usize = 8;
    pub(crate) const MAGIC: usize = 16;
    pub(crate) const CRC: usize = 17;
    pub(crate) const ATTRIBUTES: usize = 21;
    pub(crate) const LAST_DELTA: usize = 23;
    pub(crate) const MAX_TIMESTAMP: usize = 35;
    pub(crate) const PRODUCER_ID: usize = 43;
    pub(crate) const COUNT: usize = 57;
}

/// Three records: a plain one, one of nulls, one with a header key twice.
pub(crate) fn sample(codec: Codec) -> Vec<u8> {
    let mut builder = BatchBuilder::new(codec);
    builder.push(Timestamp(1_000), Some(b"key"), Some(b"value"), &[]);
    builder.push(Timestamp(3_000), None, None, &[]);
    let headers = [Header { key: b"k", value: Some(b"1") }, Header { key: b"k", value: None }];
    builder.push(Timestamp(2_000), Some(b""), Some(b"other value"), &headers);
    builder.build().unwrap()
}

/// The sample with bytes replaced; its CRC is the old one.
pub(crate) fn patched(at: usize, bytes: &[u8]) -> Vec<u8> {
    let mut batch = sample(Codec::None);
    batch[at..at + bytes.len()].copy_from_slice(bytes);
    batch
}

/// The sample with bytes replaced and the CRC made anew.
pub(crate) fn sealed(at: usize, bytes: &[u8]) -> Vec<u8> {
    let mut batch = patched(at, bytes);
    let crc = crc32c(&batch[CRC_START..]);
    batch[field::CRC..CRC_START].copy_from_slice(&crc.to_be_bytes());
    batch
}

/// Made by hand from the format: base timestamp 1 700 000 000 000, producer 4711 in epoch 3 from
/// sequence 2^31 − 2; records (+0, "key", "value"), (+2000, null, null), (+1000, "", "v", with
/// headers k=1 and k=null).
pub(crate) const GOLDEN_PLAIN: &str = "000000000000000000000058ffffffff028c77afcf000000000002000001\
    8bcfe568000000018bcfe56fd0000000000000126700037ffffffe000000031c000000066b65790a76616c7565000e\
    00a01f020101001e00d00f0400027604026b0231026b01";

/// The same records from no producer, in gzip, stored at offset 42 in leader epoch 7.
pub(crate) const GOLDEN_GZIP: &str = "000000000000002a0000006c0000000702fc0f8605000100000002000001\
    8bcfe568000000018bcfe56fd0ffffffffffffffffffffffffffff000000031f8b0800000000000203936160606\
    0cb4eade42a4bcc294d65e0635820cfc4c8c820c770819f8581a98c85299bc990299b1100d241d0cc27000000";

/// The header of the first one, stored at offset 1000 in leader epoch 9 under LogAppendTime
/// 1 800 000 000 000.
pub(crate) const GOLDEN_LOG_APPEND_TIME: &str = "00000000000003e80000005800000009023c57a8cf0008000\
    000020000018bcfe56800000001a3185c5000000000000000126700037ffffffe00000003";

pub(crate) fn unhex(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| u8::try_from(c.to_digit(16).unwrap()).unwrap())
        .collect();
    digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}
