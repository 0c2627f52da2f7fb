use protocol_records::BatchView;

use super::*;

const NOW: Timestamp = Timestamp(1_700_000_000_000);

fn view(batch: &Bytes) -> BatchView<'_> {
    let view = BatchView::parse(batch).expect("a batch");
    assert!(view.crc_matches());
    view
}

#[test]
fn plain_batches_are_exactly_as_long_as_asked() {
    for len in [1_024, 16_384, 1_000_000] {
        assert_eq!(view(&plain(len, NOW).expect("a batch")).bytes().len(), len);
    }
}

#[test]
fn records_are_counted() {
    assert_eq!(view(&of_records(10, 1000, NOW).expect("a batch")).record_count(), 10);
}

#[test]
fn packed_batches_are_compressed_to_exactly_the_length() {
    for codec in [Codec::Lz4, Codec::Zstd] {
        let batch = packed(codec, 16_384, NOW).expect("a batch");
        let view = view(&batch);
        assert_eq!(view.codec(), codec);
        assert_eq!(batch.len(), 16_384);
        let plain = view.decode(1 << 20).expect("decodes").unpacked_bytes();
        assert!(plain > 2 * batch.len(), "{codec:?}: {plain}");
    }
}
