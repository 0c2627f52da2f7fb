use rstest::rstest;

use super::*;

const fn asked(bytes: u64) -> Asked {
    Asked { api: ApiKey::Produce, since: Instant(0), bytes }
}

fn drain(pending: &mut Pending<u32, &'static str>, watermark: u32) -> Vec<usize> {
    std::iter::from_fn(|| pending.pop_finished(|&ack| ack <= watermark))
        .map(|(_, length)| length)
        .collect()
}

#[test]
fn trap_12_answers_leave_in_the_order_of_their_requests() {
    let mut pending = Pending::default();
    pending.push_finished(asked(1), 10, Some(5));
    pending.push_finished(asked(1), 11, None);
    pending.push_finished(asked(1), 12, Some(3));
    pending.push_finished(asked(1), 13, Some(9));

    assert!(drain(&mut pending, 4).is_empty(), "the first holds up those that are ready");
    assert_eq!(pending.front_ack(), Some(&5));
    assert_eq!(drain(&mut pending, 5), [10, 11, 12]);
    assert_eq!(pending.front_ack(), Some(&9));
    assert_eq!(drain(&mut pending, 9), [13]);
    assert!(pending.is_empty());
}

#[test]
fn trap_12_a_long_poll_holds_up_what_follows_until_it_is_done() {
    let mut pending = Pending::default();
    pending.push_finished(asked(1), 10, None);
    pending.push_deferred(asked(1), "fetch");
    pending.push_finished(asked(1), 12, None);

    assert_eq!(pending.front_deferred(), None, "work starts when it is at the front");
    assert_eq!(drain(&mut pending, 0), [10]);
    assert_eq!(pending.front_deferred(), Some(&mut "fetch"));
    assert!(drain(&mut pending, 0).is_empty());
    pending.pop();
    assert_eq!(drain(&mut pending, 0), [12]);
}

#[test]
fn what_is_unanswered_is_counted_until_it_leaves() {
    let mut pending = Pending::default();
    pending.push_finished(asked(100), 10, Some(1));
    pending.push_deferred(asked(20), "work");
    assert_eq!(pending.unanswered(), Unanswered { requests: 2, bytes: 120 });
    drain(&mut pending, 1);
    assert_eq!(pending.unanswered(), Unanswered { requests: 1, bytes: 20 });
    pending.pop();
    assert_eq!(pending.unanswered(), Unanswered::default());
}

#[rstest]
#[case::first_of_any_size(0, 0, 64 << 20, true)]
#[case::small_on_top(15, 1 << 20, 1 << 20, true)]
#[case::seventeenth(16, 16, 1, false)]
#[case::too_many_bytes(1, 3 << 20, 2 << 20, false)]
#[case::exactly_full(1, 3 << 20, 1 << 20, true)]
fn a_connection_admits(
    #[case] requests: usize,
    #[case] bytes: u64,
    #[case] next: u64,
    #[case] admitted: bool,
) {
    assert_eq!(Unanswered { requests, bytes }.admits(next), admitted);
}
