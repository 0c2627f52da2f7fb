use super::*;

#[test]
fn offsets_are_changed_in_place() {
    let mut asked = Question::new("t", &[3, 5], 1..=1000).unwrap();
    let before = asked.frame().to_vec();
    asked.set_offset(3, 7).unwrap();
    asked.set_offset(5, 9).unwrap();
    let changed: Vec<usize> =
        (0..before.len()).filter(|at| before[*at] != asked.frame()[*at]).collect();
    let end = before.len();
    assert_eq!(changed, [end - 21, end - 5]);
    assert!(asked.set_offset(4, 0).is_err());
}

/// An answer with one topic `t` and one partition 5 that has `records`.
fn answer(error: i16, records: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; 8];
    bytes.extend_from_slice(&1_i32.to_be_bytes());
    bytes.extend_from_slice(&[0, 1, b't']);
    bytes.extend_from_slice(&1_i32.to_be_bytes());
    bytes.extend_from_slice(&5_i32.to_be_bytes());
    bytes.extend_from_slice(&error.to_be_bytes());
    bytes.extend_from_slice(&[0; 16]);
    bytes.extend_from_slice(&(-1_i32).to_be_bytes());
    bytes.extend_from_slice(&i32::try_from(records.len()).unwrap().to_be_bytes());
    assert_eq!(bytes.len(), answer_head("t"));
    bytes.extend_from_slice(records);
    bytes
}

#[test]
fn an_answer_is_walked() {
    let mut seen = Vec::new();
    let take = |partition, records: &[u8]| {
        seen.push((partition, records.to_vec()));
        Ok(())
    };
    each_part(&answer(0, b"abc"), take).unwrap();
    assert_eq!(seen, [(5, b"abc".to_vec())]);
}

#[test]
fn an_error_and_a_short_answer_are_refused() {
    assert!(each_part(&answer(6, b""), |_, _| Ok(())).is_err());
    let whole = answer(0, b"abc");
    assert!(each_part(&whole[..whole.len() - 1], |_, _| Ok(())).is_err());
}
