use rstest::rstest;

use super::*;

fn found(last_stable: u64, high_watermark: u64) -> Found {
    let marks = Marks {
        log_start: Offset(0),
        durable_end: Offset(high_watermark),
        high_watermark: Offset(high_watermark),
        last_stable: Offset(last_stable),
        log_end: Offset(high_watermark),
    };
    Found { marks: Some(marks), ..Found::default() }
}

/// Such a fetch may sleep until what it lacks came in: nothing readable came in before.
#[rstest]
#[case::no_transaction(7, IsolationLevel::ReadCommitted, true)]
#[case::an_open_one(5, IsolationLevel::ReadCommitted, false)]
#[case::whose_end_does_not_matter(5, IsolationLevel::ReadUncommitted, true)]
fn an_open_transaction_leaves_a_reader_of_committed_records_unsettled(
    #[case] last_stable: u64,
    #[case] isolation: IsolationLevel,
    #[case] settled: bool,
) {
    assert_eq!(found(last_stable, 7).is_settled(isolation), settled);
}

#[test]
fn what_was_read_is_found_once_it_is_kept() {
    let mut look = Look::default();
    look.next().index = 1;
    look.next().index = 2;
    assert!(look.found().is_empty());
    look.keep();
    look.next().index = 3;
    assert_eq!(look.found().iter().map(|found| found.index).collect::<Vec<_>>(), [2]);
    assert_eq!(look.into_found().len(), 1, "what was not kept is not handed on");
}

#[test]
fn a_look_that_is_cleared_keeps_its_memory_and_nothing_else() {
    let mut look = Look::default();
    look.next().plan.ring.reserve(100);
    look.keep();
    (look.bytes, look.urgent, look.settled) = (1, true, false);
    look.clear();
    assert!(look.found().is_empty() && !look.urgent && look.settled && look.bytes == 0);
    assert!(look.batches_capacity() >= 100);
}
