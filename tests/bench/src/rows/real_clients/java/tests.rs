use super::*;

#[test]
fn the_last_line_of_the_producer_is_read() {
    let text = "498 records sent, 99.6 records/sec (0.10 MB/sec), 9.0 ms avg latency, 15.0 ms max latency.\n\
        1000000 records sent, 203500.2 records/sec (198.73 MB/sec), 30.45 ms avg latency, \
        400.00 ms max latency, 9 ms 50th, 120 ms 95th, 250 ms 99th, 380 ms 99.9th.\n";
    let told = Told { records: 1_000_000, per_second: 203_500.2, p99_ms: 250.0 };
    assert_eq!(Told::parse(text), Some(told));
    assert_eq!(Told::parse("nothing"), None);
}

#[test]
fn the_consumers_records_are_read() {
    let text = "2026-11-30 17:00:00:000, 2026-11-30 17:00:02:000, 976.5, 488.2, 1000000, 500000.0, 3, 1997, 489.0, 500751.1\n";
    assert_eq!(consumed(text), Some(1_000_000));
    assert_eq!(consumed(""), None);
}
