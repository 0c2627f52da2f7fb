use super::*;

fn group(id: &str, state: &'static str, members: u32) -> Surveyed {
    Surveyed { id: id.into(), state, members, rebalances: 3, offsets: Vec::new() }
}

#[test]
fn groups_show_members_state_and_rebalances() {
    let mut out = Exposition::new(100);
    write_groups(&[group("a", "Stable", 2), group("b", "Empty", 0)], &mut out);
    let text = out.finish(0);
    for line in [
        "ringtide_consumer_groups{state=\"Stable\"} 1",
        "ringtide_consumer_groups{state=\"Dead\"} 0",
        "ringtide_consumer_group_members{group=\"a\"} 2",
        "ringtide_consumer_group_state{group=\"b\",state=\"Empty\"} 1",
        "ringtide_consumer_group_rebalances_total{group=\"a\"} 3",
    ] {
        assert!(text.lines().any(|seen| seen == line), "{line} in\n{text}");
    }
}

#[test]
fn a_record_from_the_future_has_no_age() {
    assert!((age_seconds(Timestamp(10_000), Timestamp(7_500)) - 2.5).abs() < 1e-9);
    assert!(age_seconds(Timestamp(10_000), Timestamp(20_000)).abs() < 1e-9);
}
