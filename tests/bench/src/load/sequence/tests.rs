use protocol_records::BatchView;
use protocol_types::Timestamp;

use super::*;
use crate::frames;

#[test]
fn frames_get_rising_numbers_and_valid_checksums() {
    let batch = frames::batch(1024, Timestamp(1)).expect("a batch");
    let train = frames::train("t", &[0; 3], &batch).expect("a train");
    let mut bytes = train.bytes.to_vec();
    let mut sequence = Sequences::new(1);
    sequence.advance(7);
    sequence.stamp(&mut bytes, &train, 1..3);
    let header = |frame: usize| {
        let start = frame * train.frame + train.batch_at;
        let view = BatchView::parse(&bytes[start..start + batch.len()]).expect("a batch");
        assert!(view.crc_matches());
        view.header().base_sequence
    };
    assert_eq!([header(0), header(1), header(2)], [-1, 7, 8]);
}
