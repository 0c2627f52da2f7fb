use proptest::prelude::*;
use rstest::rstest;

use super::*;

#[rstest]
#[case::trap_14_negative(-1, FrameError::Negative { length: -1 })]
#[case::trap_14_most_negative(i32::MIN, FrameError::Negative { length: i32::MIN })]
#[case::trap_14_two_gibibytes(i32::MAX, FrameError::TooLarge { length: 2_147_483_647, limit: 1000 })]
#[case::trap_14_one_over_the_limit(1001, FrameError::TooLarge { length: 1001, limit: 1000 })]
#[case::no_room_for_a_header(7, FrameError::TooSmall { length: 7 })]
fn a_bad_length_is_refused_from_the_prefix_alone(#[case] length: i32, #[case] error: FrameError) {
    assert_eq!(next_frame(&length.to_be_bytes(), 1000), Err(error));
}

#[test]
fn a_frame_at_the_limit_is_taken() {
    let mut bytes = 1000_i32.to_be_bytes().to_vec();
    assert_eq!(next_frame(&bytes, 1000), Ok(Frame::Incomplete { total: 1004 }));
    bytes.resize(1004, 9);
    assert_eq!(next_frame(&bytes, 1000), Ok(Frame::Complete { body: &[9; 1000], consumed: 1004 }));
}

proptest! {
    /// Bytes that arrive one by one, or with the next request behind them, frame the same way.
    #[test]
    fn framing_does_not_depend_on_how_bytes_arrive(
        body in prop::collection::vec(any::<u8>(), 8..200),
        behind in prop::collection::vec(any::<u8>(), 0..20),
    ) {
        let mut bytes = u32::try_from(body.len()).unwrap().to_be_bytes().to_vec();
        bytes.extend_from_slice(&body);
        let whole = bytes.len();
        bytes.extend_from_slice(&behind);
        for received in 0..whole {
            let expected =
                if received < PREFIX_LEN { Frame::NoLength } else { Frame::Incomplete { total: whole } };
            prop_assert_eq!(next_frame(&bytes[..received], 200), Ok(expected));
        }
        let complete = Frame::Complete { body: &body, consumed: whole };
        prop_assert_eq!(next_frame(&bytes, 200), Ok(complete));
    }
}
