use super::*;
use crate::config::NodeIdentity;

fn superblock(sequence: u64) -> Superblock {
    Superblock {
        identity: Identity { node: NodeIdentity { cluster: [1; 16], broker: 7 }, uuid: [2; 16] },
        sequence,
        capacity: 64 << 10,
        incarnation: 5,
        start: 12288,
        trim: 8192,
        trim_chain: 77,
        durable_floor: 12288,
        frontier: 32768,
    }
}

#[test]
fn the_highest_sequence_counts() {
    let copies = [superblock(3).encode(0), superblock(4).encode(1), superblock(3).encode(2)];
    let blocks = [&copies[0][..], &copies[1][..], &copies[2][..]];
    assert_eq!(Superblock::choose(blocks), Found::Superblock(superblock(4)));
}

#[test]
fn one_intact_copy_is_enough() {
    let good = superblock(9).encode(2);
    let mut torn = superblock(10).encode(0);
    torn[100] ^= 1;
    assert_eq!(Superblock::choose([&torn, &[0; 512], &good]), Found::Superblock(superblock(9)));
}

#[test]
fn a_copy_in_another_copys_place_does_not_count() {
    let misdirected = superblock(9).encode(1);
    assert_eq!(Superblock::choose([&misdirected, &[], &misdirected]), Found::Nothing);
}

#[test]
fn impossible_positions_are_seen() {
    let good = superblock(1);
    assert!(good.is_plausible());
    assert!(!Superblock { trim: 100, ..good }.is_plausible());
    assert!(!Superblock { frontier: good.capacity + 4096, ..good }.is_plausible());
    assert!(!Superblock { trim: u64::MAX - 4095, ..good }.is_plausible());
}

#[test]
fn a_newer_format_is_named() {
    let newer = Put::new(MAGIC).u16(FORMAT + 1).u16(0).seal(key(0));
    assert_eq!(Superblock::choose([&newer, &[], &[]]), Found::Newer(FORMAT + 1));
}
