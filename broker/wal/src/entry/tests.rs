use rstest::rstest;

use super::*;

#[rstest]
#[case(0, 16)]
#[case(1, 24)]
#[case(8, 24)]
#[case(61, 80)]
fn sizes(#[case] payload: u64, #[case] bytes: u64) {
    assert_eq!(size(payload), bytes);
    assert_eq!(16 + payload + padding(payload).len() as u64, bytes);
}

#[test]
fn an_entry_reads_back() {
    let mut bytes = header(EntryKind::Sealed, LocalId(0x0102_0304), 3).to_vec();
    assert_eq!(bytes, [4, 0, 0, 0, 4, 3, 2, 1, 3, 0, 0, 0, 0, 0, 0, 0]);
    bytes.extend_from_slice(b"abc\0\0\0\0\0rest");
    let parsed = parse(&bytes).unwrap();
    assert_eq!(
        parsed,
        Parsed {
            kind: EntryKind::Sealed,
            local_id: LocalId(0x0102_0304),
            payload: b"abc",
            size: 24
        }
    );
}

#[rstest]
#[case::short_header(&[1; 15], BadEntry::PastEnd)]
#[case::payload_past_end(&[1, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0], BadEntry::PastEnd)]
#[case::padding_past_end(&[1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7], BadEntry::PastEnd)]
#[case::huge(&[1, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 0], BadEntry::PastEnd)]
#[case::kind_zero(&[0; 16], BadEntry::UnknownKind(0))]
#[case::kind_of_the_future(&[9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], BadEntry::UnknownKind(9))]
fn bad_bytes_are_named(#[case] bytes: &[u8], #[case] why: BadEntry) {
    assert_eq!(parse(bytes), Err(why));
}

#[test]
fn kinds_keep_their_numbers() {
    let numbers: Vec<u8> = EntryKind::ALL.iter().map(|kind| *kind as u8).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7, 8]);
}
