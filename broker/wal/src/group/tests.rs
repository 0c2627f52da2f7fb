use rstest::rstest;

use super::*;
use crate::config::NodeIdentity;

fn header() -> GroupHeader {
    GroupHeader {
        identity: Identity { node: NodeIdentity { cluster: [1; 16], broker: 7 }, uuid: [2; 16] },
        incarnation: 3,
        lsn: 8192,
        length: 12288,
        stored: 8192,
        used: 5000,
        entries: 9,
        payload_hash: 0x0102_0304_0506_0708_090a_0b0c_0d0e_0f10,
        chain: u128::MAX - 5,
        durable_floor: 8192,
        trim_floor: 4096,
    }
}

#[test]
fn a_header_reads_back() {
    let key = Key::of_ring(&[2; 16]);
    assert_eq!(GroupHeader::decode(&header().encode(key), key), Some(header()));
    assert_eq!(GroupHeader::decode(&header().encode(key)[..511], key), None);
}

#[test]
fn every_flipped_bit_is_seen() {
    let key = Key::of_ring(&[2; 16]);
    let sector = header().encode(key);
    for bit in 0..512 * 8 {
        let mut bad = sector;
        bad[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(GroupHeader::decode(&bad, key), None, "bit {bit}");
    }
}

#[test]
fn a_header_of_another_ring_does_not_count() {
    let sector = header().encode(Key::of_ring(&[9; 16]));
    assert_eq!(GroupHeader::decode(&sector, Key::of_ring(&[2; 16])), None);
}

/// The bytes are a promise to later versions: see `docs/formats/ring.md`.
#[test]
fn fields_lie_where_the_format_says() {
    let sector = header().encode(Key::of_ring(&[2; 16]));
    let at = |at: usize| u64::from_le_bytes(sector[at..at + 8].try_into().unwrap());
    assert_eq!(&sector[..8], b"RTGROUP\x01");
    assert_eq!(sector[8..16], [1, 0, 0, 0, 9, 0, 0, 0]);
    assert_eq!(sector[16..32], [1; 16]);
    assert_eq!(sector[32..48], [2; 16]);
    assert_eq!(at(48), 7);
    assert_eq!([at(56), at(64), at(72), at(80), at(88)], [3, 8192, 12288, 8192, 5000]);
    assert_eq!(at(96), 0x090a_0b0c_0d0e_0f10);
    assert_eq!(at(112), u64::MAX - 5);
    assert_eq!([at(128), at(136)], [8192, 4096]);
    assert!(sector[144..504].iter().all(|byte| *byte == 0));
    assert_eq!(at(504), 7_312_356_409_352_097_627);
}

#[rstest]
#[case::good(|_: &mut GroupHeader| (), true)]
#[case::no_blocks(|h: &mut GroupHeader| h.length = 12289, false)]
#[case::empty(|h: &mut GroupHeader| h.stored = 0, false)]
#[case::stored_past_length(|h: &mut GroupHeader| h.stored = 16384, false)]
#[case::used_past_stored(|h: &mut GroupHeader| h.used = 8193, false)]
#[case::used_within_header(|h: &mut GroupHeader| h.used = 511, false)]
#[case::straddles(|h: &mut GroupHeader| h.length = 64 << 10, false)]
#[case::overflows(|h: &mut GroupHeader| h.lsn = u64::MAX - 4095, false)]
fn lengths(#[case] change: impl Fn(&mut GroupHeader), #[case] good: bool) {
    let mut changed = header();
    change(&mut changed);
    assert_eq!(changed.check_lengths(Geometry::new(64 << 10).unwrap()).is_ok(), good);
}
