use proptest::prelude::*;
use rstest::rstest;

use super::*;

#[rstest]
#[case::zero(&[0x00], Some(0))]
#[case::minus_one(&[0x01], Some(-1))]
#[case::largest(&[0xfe, 0xff, 0xff, 0xff, 0x0f], Some(i32::MAX))]
#[case::smallest(&[0xff, 0xff, 0xff, 0xff, 0x0f], Some(i32::MIN))]
#[case::padded_as_kafka_takes_it(&[0x82, 0x80, 0x00], Some(1))]
#[case::bit_33(&[0xff, 0xff, 0xff, 0xff, 0x1f], None)]
#[case::six_bytes(&[0x80, 0x80, 0x80, 0x80, 0x80, 0x00], None)]
#[case::cut_short(&[0x80], None)]
#[case::empty(&[], None)]
fn a_varint_that_does_not_fit_is_refused(#[case] bytes: &[u8], #[case] want: Option<i32>) {
    let mut rest = bytes;
    assert_eq!(take_i32(&mut rest), want);
}

#[rstest]
#[case::smallest(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], Some(i64::MIN))]
#[case::bit_65(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x03], None)]
#[case::eleven_bytes(&[0x80; 11], None)]
fn a_varlong_that_does_not_fit_is_refused(#[case] bytes: &[u8], #[case] want: Option<i64>) {
    let mut rest = bytes;
    assert_eq!(take_i64(&mut rest), want);
}

proptest! {
    #[test]
    fn what_was_put_is_taken(long in any::<i64>(), int in any::<i32>()) {
        let mut bytes = Vec::new();
        put(&mut bytes, long);
        put(&mut bytes, i64::from(int));
        let mut rest = bytes.as_slice();
        prop_assert_eq!(take_i64(&mut rest), Some(long));
        prop_assert_eq!(take_i32(&mut rest), Some(int));
        prop_assert!(rest.is_empty());
    }
}
