use rstest::rstest;

use super::*;

fn epochs(starts: &[(u32, u64)]) -> LeaderEpochs {
    let mut epochs = LeaderEpochs::default();
    for &(epoch, start) in starts {
        epochs.record(LeaderEpoch(epoch), Offset(start));
    }
    epochs
}

#[rstest]
#[case::trap_58_newer_than_current_is_undefined(9, None)]
#[case::current_without_batches(8, Some((8, 100)))]
#[case::epoch_without_batches_between_last_and_current(7, Some((6, 100)))]
#[case::last_with_batches(6, Some((6, 100)))]
#[case::epoch_without_batches_in_the_middle(5, Some((4, 50)))]
#[case::first(2, Some((2, 30)))]
#[case::older_than_the_first_known(1, Some((1, 10)))]
fn an_epoch_ends_where_the_next_one_starts(#[case] asked: u32, #[case] answer: Option<(u32, u64)>) {
    let epochs = epochs(&[(2, 10), (4, 30), (6, 50)]);
    let got = epochs.end_offset_for(LeaderEpoch(asked), LeaderEpoch(8), Offset(100));
    assert_eq!(got.map(|(epoch, end)| (epoch.0, end.0)), answer);
}

#[rstest]
#[case(9, None)]
#[case(10, Some(2))]
#[case(29, Some(2))]
#[case(30, Some(4))]
#[case(99, Some(4))]
fn an_offset_belongs_to_the_epoch_that_spans_it(#[case] offset: u64, #[case] epoch: Option<u32>) {
    let epochs = epochs(&[(2, 10), (4, 30)]);
    assert_eq!(epochs.epoch_of(Offset(offset)), epoch.map(LeaderEpoch));
}

#[test]
fn an_epoch_is_listed_once_with_its_first_batch() {
    let epochs = epochs(&[(1, 0), (1, 5), (3, 9), (3, 20)]);
    let listed: Vec<(u32, u64)> = epochs.starts().iter().map(|e| (e.epoch.0, e.start.0)).collect();
    assert_eq!(listed, [(1, 0), (3, 9)]);
}

#[rstest]
#[case::below_all(0, &[(1, 5), (3, 9)])]
#[case::within_the_first(7, &[(1, 7), (3, 9)])]
#[case::at_the_second(9, &[(3, 9)])]
#[case::beyond(30, &[(3, 30)])]
fn the_epoch_that_spans_the_log_start_is_kept(#[case] at: u64, #[case] left: &[(u32, u64)]) {
    let mut epochs = epochs(&[(1, 5), (3, 9)]);
    epochs.truncate_start(Offset(at));
    let listed: Vec<(u32, u64)> = epochs.starts().iter().map(|e| (e.epoch.0, e.start.0)).collect();
    assert_eq!(listed, left);
}

#[test]
fn a_new_epoch_takes_the_place_of_one_whose_records_are_all_deleted() {
    let mut epochs = epochs(&[(1, 0)]);
    epochs.truncate_start(Offset(10));
    epochs.record(LeaderEpoch(2), Offset(10));
    let only = EpochStart { epoch: LeaderEpoch(2), start: Offset(10) };
    assert_eq!(epochs.starts(), [only]);
}

#[test]
fn a_checkpoint_with_falling_epochs_is_refused() {
    let start = |epoch, start| EpochStart { epoch: LeaderEpoch(epoch), start: Offset(start) };
    assert!(LeaderEpochs::from_starts(vec![start(1, 0), start(2, 5)]).is_some());
    assert!(LeaderEpochs::from_starts(vec![start(2, 0), start(1, 5)]).is_none());
    assert!(LeaderEpochs::from_starts(vec![start(1, 5), start(2, 5)]).is_none());
}
