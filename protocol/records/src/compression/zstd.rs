//! zstd with contexts that each thread keeps: a fresh one costs more than a small batch.
//!
//! Decompression writes into one contiguous buffer, which serves as the window too, so a frame
//! that asks for a large window gets no memory by asking.

use std::cell::RefCell;

use zstd::zstd_safe::zstd_sys::ZSTD_ErrorCode;
use zstd::zstd_safe::{CCtx, DCtx, compress_bound, get_frame_content_size};

use super::{Failure, first_room};

/// zstd's own default, and Kafka's.
const LEVEL: i32 = 3;

thread_local! {
    static COMPRESSOR: RefCell<Option<CCtx<'static>>> = RefCell::new(CCtx::try_create());
    static DECOMPRESSOR: RefCell<Option<DCtx<'static>>> = RefCell::new(DCtx::try_create());
}

pub(super) fn compress(plain: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let mut packed = Vec::with_capacity(compress_bound(plain.len()));
    COMPRESSOR
        .with_borrow_mut(|context| context.as_mut()?.compress(&mut packed, plain, LEVEL).ok())?;
    out.extend_from_slice(&packed);
    Some(())
}

pub(super) fn decompress(packed: &[u8], limit: usize) -> Result<Vec<u8>, Failure> {
    let mut room = match get_frame_content_size(packed) {
        Ok(Some(size)) => match usize::try_from(size) {
            Ok(size) if size <= limit => size,
            Ok(_) | Err(_) => return Err(Failure::Limit),
        },
        // Streaming writers, Java's among them, do not know the size when they begin.
        Ok(None) => first_room(packed, limit),
        Err(_) => return Err(Failure::Corrupt),
    };
    loop {
        // A fresh buffer each time: what a failed attempt wrote is of no use to the next.
        let mut out = Vec::with_capacity(room);
        let result = DECOMPRESSOR.with_borrow_mut(|context| {
            context.as_mut().map(|context| context.decompress(&mut out, packed))
        });
        match result {
            Some(Ok(_)) if out.len() <= limit => return Ok(out),
            Some(Err(code)) if is_too_small(code) && room < limit => {
                room = room.saturating_mul(16).max(512).min(limit);
            }
            Some(Ok(_)) => return Err(Failure::Limit),
            Some(Err(code)) if is_too_small(code) => return Err(Failure::Limit),
            Some(Err(_)) | None => return Err(Failure::Corrupt),
        }
    }
}

/// zstd hands errors out as negated numbers.
const fn is_too_small(code: usize) -> bool {
    code.wrapping_neg() == ZSTD_ErrorCode::ZSTD_error_dstSize_tooSmall as usize
}
