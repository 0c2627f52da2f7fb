use protocol_types::LocalId;

use super::*;
use crate::ClusterId;

fn sample() -> Vec<Record> {
    vec![
        Record::ClusterCreated { cluster: ClusterId([0xaa; 16]) },
        Record::LocalIdFloor { next: LocalId(7) },
    ]
}

#[test]
fn golden_bytes_of_version_0() {
    let bytes = encode_snapshot(42, &sample());
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(
        hex,
        concat!(
            "52544d455441534e",                       // RTMETASN
            "0000",                                   // version
            "2a00000000000000",                       // position
            "02000000",                               // records
            "13000000",                               // length
            "010000aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", // ClusterCreated
            "07000000",                               // length
            "0a000007000000",                         // LocalIdFloor
            "1a435b75",                               // CRC-32C
        )
    );
    assert_eq!(decode_snapshot(&bytes), Ok((42, sample())));
}

#[test]
fn any_flipped_bit_and_any_cut_is_refused() {
    let whole = encode_snapshot(42, &sample());
    for at in 0..whole.len() {
        for bit in 0..8 {
            let mut bad = whole.clone();
            bad[at] ^= 1 << bit;
            assert!(decode_snapshot(&bad).is_err(), "byte {at} bit {bit}");
        }
        assert!(decode_snapshot(&whole[..at]).is_err(), "cut at {at}");
    }
}

#[test]
fn a_newer_snapshot_is_refused_by_name() {
    let mut newer = encode_snapshot(0, &[]);
    newer[8] = 9;
    assert_eq!(decode_snapshot(&newer), Err(SnapshotError::UnknownVersion(9)));
}
