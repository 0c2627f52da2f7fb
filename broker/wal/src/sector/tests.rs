use rstest::rstest;

use super::*;

/// What rings on disk carry; from another implementation of XXH3.
#[rstest]
#[case(504, 0xc751_7318_d524_f6e3_eeb8_aa75_445f_cdc9)]
#[case(512, 0x72cd_e767_582a_08ac_52d8_2fb0_18e5_791c)]
#[case(3584, 0x90dd_e7bb_1300_c58a_d4fb_aafd_f840_128f)]
#[case(100_000, 0xb604_59bc_8fad_e42a_26cb_b713_6896_ea90)]
fn hashes_are_those_of_the_format(#[case] len: u32, #[case] expected: u128) {
    let bytes: Vec<u8> = (0..len).map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()[3]).collect();
    let key = Key::of_ring(&[3; 16]);
    assert_eq!(key.hash(&bytes), expected);
    let mut pieces = key.hasher();
    bytes.chunks(1000).for_each(|piece| pieces.write(piece));
    assert_eq!(pieces.finish_128(), expected);
    assert_eq!(key.checksum(&bytes).to_le_bytes(), expected.to_le_bytes()[..8]);
}
