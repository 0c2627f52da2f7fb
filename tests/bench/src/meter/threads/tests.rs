use super::*;

fn threads(list: &[(u32, &str, u64, u64)]) -> Threads {
    let thread = |&(id, name, ran_ns, switches): &(u32, &str, u64, u64)| {
        (id, Thread { name: name.to_owned(), ran_ns, switches })
    };
    Threads(list.iter().map(thread).collect())
}

#[test]
fn a_task_is_read_from_its_two_texts() {
    let status = "Name:\tshard 1\nUmask:\t0022\nvoluntary_ctxt_switches:\t40\nnonvoluntary_ctxt_switches:\t2\n";
    let thread = parse("128631 2508201 2\n", status).expect("complete");
    assert_eq!(thread, Thread { name: "shard 1".to_owned(), ran_ns: 128_631, switches: 42 });
    assert_eq!(parse("", status), None);
    assert_eq!(parse("1 2 3", "Name:\tx\n"), None);
}

#[test]
fn time_counts_of_threads_that_began_meanwhile() {
    let before = threads(&[(1, "a", 1_000_000_000, 5)]);
    let after = threads(&[(1, "a", 1_500_000_000, 7), (2, "b", 250_000_000, 3)]);
    assert_eq!(after.seconds_since(&before), Some(0.75));
    assert_eq!(after.switches_since(&before), 5.0);
}

#[test]
fn an_ended_thread_leaves_no_sum() {
    let before = threads(&[(1, "a", 1, 1), (2, "b", 1, 1)]);
    assert_eq!(threads(&[(1, "a", 9, 9)]).seconds_since(&before), None);
}

#[test]
fn numbered_threads_count_together_and_the_busiest_is_first() {
    let after = threads(&[(1, "writer", 1_000_000_000, 0), (2, "shard-0", 800_000_000, 0)]);
    let mut more = threads(&[(3, "shard-1", 700_000_000, 0)]);
    more.0.extend(after.0);
    let names = more.by_name_since(&Threads::default());
    assert_eq!(names, [("shard-*".to_owned(), 1.5), ("writer".to_owned(), 1.0)]);
}
