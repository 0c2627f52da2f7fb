use super::*;

const CAPACITY: u64 = 256 << 20;

fn memory(used: u64) -> Memory {
    Memory { free: CAPACITY.saturating_sub(used), short: used > CAPACITY / 2 }
}

#[test]
fn an_answer_grows_with_what_the_socket_takes() {
    let mut size = AnswerSize::default();
    assert_eq!(size.most(1, memory(0)), 1 << 20);
    for _ in 0..8 {
        let total = size.most(1, memory(0));
        size.wrote(total, total);
    }
    assert_eq!(size.most(1, memory(0)), 16 << 20);
    size.wrote(3 << 20, 16 << 20);
    assert_eq!(size.most(1, memory(0)), 3 << 20);
}

#[test]
fn clients_that_ask_for_all_and_read_nothing_leave_memory_to_others() {
    let (mut used, mut clients) = (0, 0);
    while used <= CAPACITY / 2 {
        let most = AnswerSize::default().most(i32::MAX as u64, memory(used));
        (used, clients) = (used + most, clients + 1);
    }
    assert_eq!(clients, 3, "two do not use it up");

    // From there on, each adds what its socket takes anyway.
    let mut slow = AnswerSize::default();
    slow.wrote(0, 64 << 20);
    assert_eq!(slow.most(i32::MAX as u64, memory(used)), 64 << 10);
    let mut reader = AnswerSize::default();
    reader.wrote(2 << 20, 2 << 20);
    assert_eq!(reader.most(1, memory(used)), 2 << 20);
}

#[test]
fn short_answers_are_given_when_nothing_is_free() {
    let full = memory(CAPACITY + 1);
    assert!(full.admits(0) && full.admits(64 << 10));
    assert!(!full.admits((64 << 10) + 1));
    assert!(memory(CAPACITY - (1 << 20)).admits(1 << 20));
}

#[test]
fn who_asks_for_more_than_an_answer_holds_is_answered_before_its_time_is_up() {
    assert_eq!(enough(1000, 1 << 20), 1000);
    assert_eq!(enough(1 << 20, 1 << 20), 1 << 20);
    assert_eq!(enough(i32::MAX as u64, 1 << 20), 512 << 10);
    assert_eq!(enough(5, 0), 1, "never with nothing");
}
