use proptest::prelude::*;

use super::*;

#[test]
fn the_checksum_is_castagnolis() {
    assert_eq!(crc32c(b"123456789"), 0xe306_9283);
    assert_eq!(crc32c(&[0; 32]), 0x8a91_36aa, "RFC 3720, B.4");
    assert_eq!(crc32c(&[]), 0);
}

proptest! {
    #[test]
    fn an_exchanged_front_gives_the_checksum_of_a_scan(
        old in prop::array::uniform32(any::<u8>()),
        new in prop::array::uniform32(any::<u8>()),
        behind in prop::collection::vec(any::<u8>(), 0..20_000),
    ) {
        let whole = crc32c(&[&old[..], &behind].concat());
        let got = exchange_front(whole, crc32c(&old), crc32c(&new), behind.len());
        prop_assert_eq!(got, crc32c(&[&new[..], &behind].concat()));
    }
}
