use super::*;

#[test]
fn a_buffer_of_a_similar_length_is_reused() {
    let mut buffers = Buffers::default();
    let first = buffers.take(1_000_100);
    assert!(first.len() >= 1_000_100);
    let at = first.as_ptr();
    buffers.give_back(first);
    let (small, same, other) =
        (buffers.take(100), buffers.take(1_000_200), buffers.take(1_000_200));
    assert_ne!(small.as_ptr(), at, "a small frame takes no large buffer");
    assert_eq!(same.as_ptr(), at);
    assert_ne!(other.as_ptr(), at);
}

#[test]
fn what_is_kept_is_bounded() {
    let mut buffers = Buffers::default();
    let taken: Vec<Vec<u8>> = (0..20).map(|_| buffers.take(1 << 20)).collect();
    taken.into_iter().for_each(|buffer| buffers.give_back(buffer));
    buffers.give_back(vec![0; 50 << 20]);
    assert!(buffers.kept_bytes <= KEPT_BYTES_MAX);
    assert_eq!(buffers.kept.iter().map(Vec::len).sum::<usize>(), buffers.kept_bytes);
}
