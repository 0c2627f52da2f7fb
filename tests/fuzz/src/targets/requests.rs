//! Frames, headers, the guard and every request decoder, as a connection meets them.

use bytes::Bytes;
use protocol_types::ApiKey;
use protocol_wire::frame::{Frame, PREFIX_LEN, next_frame};
use protocol_wire::produce_request::ProduceRequest;
use protocol_wire::request_header::{Parsed, parse};
use protocol_wire::samples::{Fill, decode_any, frame, served_versions};
use protocol_wire::{error::DecodeError, guard};

use crate::{Shape, Target};

use broker_env::sim::peak_of;

const FRAME_MAX: u32 = 1 << 16;

pub const REQUESTS: Target = Target {
    name: "requests",
    corpus,
    repair,
    execute,
    ceiling: super::of_client_bytes,
    shape: Shape { length_max: 8 << 10, grain: 0 },
};

/// Every served api in every version, filled in every way.
fn corpus() -> Vec<Vec<u8>> {
    let fills = [Fill::Full, Fill::Nulls, Fill::Empty];
    served_versions()
        .flat_map(|(api, version)| fills.map(|fill| frame(api, version, fill)))
        .map(|frame| match frame {
            Ok(frame) => frame.to_vec(),
            Err(error) => panic!("a sample cannot be encoded: {error}"),
        })
        .collect()
}

/// Makes the length prefix of the first frame fit the input.
fn repair(input: &mut [u8]) {
    let length = u32::try_from(input.len().saturating_sub(PREFIX_LEN)).unwrap_or(u32::MAX);
    if let Some(prefix) = input.first_chunk_mut::<PREFIX_LEN>() {
        *prefix = length.to_be_bytes();
    }
}

fn execute(input: &[u8]) -> bool {
    let mut accepted = false;
    let mut rest = input;
    while let Ok(Frame::Complete { body, consumed }) = next_frame(rest, FRAME_MAX) {
        if let Ok(Parsed::Served(header)) = parse(body) {
            let Some(body) = body.get(header.body_at..) else {
                panic!("a body that starts behind its frame");
            };
            accepted |= request(header.api, header.version, body);
        }
        rest = rest.get(consumed..).unwrap_or_default();
    }
    accepted
}

/// The guard's promises: no memory of its own, and of the decoder what it has foretold at most;
/// what it refuses nobody reads, what it accepts everybody does.
fn request(api: ApiKey, version: i16, body: &[u8]) -> bool {
    let (walked, guarded) = peak_of(|| guard::check(api, version, body));
    assert!(guarded == 0, "the guard took {guarded} bytes");

    // Room to spare makes `Bytes` count references from the start, so that the count's own memory
    // is not taken for the decoder's.
    let mut frame = Vec::with_capacity(body.len() + 1);
    frame.extend_from_slice(body);
    let frame = Bytes::from(frame);
    let (decoded, taken) = peak_of(|| decode_any(api, version, frame));
    match (&walked, &decoded) {
        (Ok(walked), Ok(())) => {
            assert!(taken <= walked.memory, "{taken} bytes, foretold were {}", walked.memory);
        }
        // Strings that are not UTF-8 are left to the decoder.
        (Ok(_), Err(DecodeError::Refused { .. })) | (Err(_), Err(_)) => {}
        (Ok(_), Err(error)) => panic!("the guard accepts, the decoder does not: {error}"),
        (Err(error), Ok(())) => panic!("the decoder accepts what the guard refuses: {error}"),
    }
    if api == ApiKey::Produce {
        produce(version, body, walked.is_ok());
    }
    decoded.is_ok()
}

/// The borrowed view of a Produce request refuses what the guard refuses.
fn produce(version: i16, body: &[u8], accepted: bool) {
    let view = ProduceRequest::parse(version, body);
    let read = view.is_ok_and(|view| view.partitions().all(|partition| partition.is_ok()));
    assert!(accepted || !read, "the view accepts what the guard refuses");
}
