use super::*;

#[test]
fn a_wild_count_takes_no_memory() {
    let mut bytes = Vec::new();
    bytes.put_u32(u32::MAX);
    bytes.put(&[0; 40]);
    assert_eq!(Decoder(&bytes).only_list(Decoder::epoch), None);
}

#[test]
fn bytes_after_a_list_are_refused() {
    let epoch = EpochStart { epoch: LeaderEpoch(3), start: Offset(9) };
    let mut bytes = Vec::new();
    bytes.put_list(&[epoch], Encode::put_epoch);
    assert_eq!(Decoder(&bytes).only_list(Decoder::epoch), Some(vec![epoch]));
    bytes.push(0);
    assert_eq!(Decoder(&bytes).only_list(Decoder::epoch), None);
}

#[test]
fn offsets_that_kafka_cannot_express_are_refused() {
    assert_eq!(Decoder(&u64::MAX.to_le_bytes()).offset(), None);
}
