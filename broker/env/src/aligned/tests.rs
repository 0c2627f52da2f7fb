use rstest::rstest;

use super::*;

#[rstest]
#[case(0)]
#[case(1)]
#[case(BLOCK)]
#[case(1_000_003)]
fn a_buffer_is_aligned_zeroed_and_as_long_as_asked(#[case] len: usize) {
    let mut buffer = AlignedBuf::zeroed(len);
    assert_eq!(buffer.len(), len);
    assert!(buffer.as_ptr().addr().is_multiple_of(BLOCK));
    assert!(buffer.iter().all(|&byte| byte == 0));
    buffer.fill(7);
    assert!(buffer.iter().all(|&byte| byte == 7));
}

#[test]
fn padding_fills_whole_blocks_with_zeros() {
    let buffer = AlignedBuf::padded(&[1; BLOCK + 1]);
    assert_eq!(buffer.len(), 2 * BLOCK);
    assert_eq!(buffer[..=BLOCK], [1; BLOCK + 1]);
    assert!(buffer[BLOCK + 1..].iter().all(|&byte| byte == 0));
    assert!(AlignedBuf::padded(&[]).is_empty());
}
