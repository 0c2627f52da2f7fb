use rstest::rstest;

use super::*;

const FIELD: &str = "field";

#[rstest]
#[case::zero(&[0x00], 0)]
#[case::one_byte(&[0x7f], 127)]
#[case::two_bytes(&[0x80, 0x01], 128)]
#[case::padded_zero(&[0x80, 0x00], 0)]
#[case::largest(&[0xff, 0xff, 0xff, 0xff, 0x0f], u32::MAX)]
fn a_varint_is_read(#[case] bytes: &[u8], #[case] value: u32) {
    let mut cursor = Cursor::new(bytes);
    assert_eq!(cursor.unsigned_varint(FIELD), Ok(value));
    assert_eq!(cursor.remaining(), 0);
}

#[rstest]
#[case::six_bytes(&[0x80, 0x80, 0x80, 0x80, 0x80, 0x01], Malformed::BadVarint { field: FIELD })]
#[case::above_32_bits(&[0xff, 0xff, 0xff, 0xff, 0x10], Malformed::BadVarint { field: FIELD })]
#[case::cut_short(&[0x80, 0x80], Malformed::Truncated { field: FIELD })]
#[case::empty(&[], Malformed::Truncated { field: FIELD })]
fn a_bad_varint_is_refused(#[case] bytes: &[u8], #[case] error: Malformed) {
    assert_eq!(Cursor::new(bytes).unsigned_varint(FIELD), Err(error));
}

/// Trap 10: 0 and 1 of a compact length, −1 and 0 of a classic one, are null and empty.
#[rstest]
#[case::compact_null(true, &[0], Ok(None))]
#[case::compact_empty(true, &[1], Ok(Some(&[][..])))]
#[case::compact_one(true, &[2, b'x'], Ok(Some(&b"x"[..])))]
#[case::classic_null(false, &[0xff, 0xff], Ok(None))]
#[case::classic_empty(false, &[0, 0], Ok(Some(&[][..])))]
#[case::classic_one(false, &[0, 1, b'x'], Ok(Some(&b"x"[..])))]
#[case::classic_negative(false, &[0xff, 0xfe], Err(Malformed::NegativeLength { field: FIELD, length: -2 }))]
#[case::compact_longer_than_any_string(true, &[0x81, 0x80, 0x02], Err(Malformed::StringTooLong { field: FIELD, length: 32_768 }))]
#[case::beyond_the_end(false, &[0, 2, b'x'], Err(Malformed::TooLong { field: FIELD, length: 2, remaining: 1 }))]
fn trap_10_null_and_empty_are_told_apart(
    #[case] flexible: bool,
    #[case] bytes: &[u8],
    #[case] expected: Result<Option<&[u8]>, Malformed>,
) {
    assert_eq!(Cursor::new(bytes).nullable_string(flexible, FIELD), expected);
}

#[test]
fn a_tag_count_that_cannot_fit_is_refused_at_once() {
    let bytes = [0xff, 0xff, 0xff, 0xff, 0x07, 0, 0];
    let error = Cursor::new(&bytes).tag_count(FIELD);
    let expected = Malformed::CountTooLarge { field: FIELD, count: 2_147_483_647, remaining: 2 };
    assert_eq!(error, Err(expected));
}
