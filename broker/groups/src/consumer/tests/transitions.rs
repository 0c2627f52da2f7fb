//! Every transition of a group and of its members (trap 83).

use protocol_types::ErrorCode;
use rstest::rstest;

use super::super::*;
use super::fixture::*;

#[test]
fn the_first_member_gets_everything_at_once() {
    let mut fixture = Fixture::new();
    assert_eq!(fixture.group.state(), GroupState::Empty);
    let beat = fixture.ok(&join("m1", &["a", "b"]));
    let mut all = set(1, 0..4);
    set(2, 0..2).iter().for_each(|(topic, partition)| {
        all.insert(topic, partition);
    });
    assert_eq!((beat.epoch, beat.interval_ms), (2, 5_000));
    assert_eq!(beat.assignment, Some(all));
    assert_eq!(fixture.group.state(), GroupState::Stable);
    assert_eq!((fixture.group.epoch(), fixture.group.target_epoch()), (2, 2));
    fixture.check_records();
}

/// Trap 83: whoever subscribes to nothing that is there yet is a member all the same, and tells only
/// what changed from then on. At epoch 0 it would join again with every heartbeat.
#[rstest]
#[case::no_topic(join("m1", &[]))]
#[case::a_topic_that_comes_later(join("m1", &["late"]))]
#[case::an_expression(Heartbeat { regex: Some("la.*".to_owned()), ..join("m1", &[]) })]
fn a_member_without_topics_enters_an_epoch(#[case] request: Heartbeat) {
    let mut fixture = Fixture::new();
    let joined = fixture.ok(&request);
    assert!(joined.epoch > 0, "{joined:?}");
    assert_eq!(joined.assignment, Some(Partitions::default()));
    assert_eq!(fixture.group.state(), GroupState::Stable);
    fixture.restart();
    assert_eq!(fixture.ok(&beat("m1", joined.epoch)).epoch, joined.epoch);

    fixture.topics.set("late", 3, 1);
    fixture.group.topics_changed();
    fixture.pass(2_000);
    let named = Heartbeat { topics: Some(vec!["late".to_owned()]), ..beat("m1", joined.epoch) };
    assert_eq!(fixture.ok(&named).assignment, Some(set(3, 0..1)));
    fixture.check_records();
}

/// Trap 83: an assignment that did not change is null, and a full request hears it again.
#[test]
fn an_assignment_is_told_when_it_changed_or_was_asked_for() {
    let mut fixture = Fixture::new();
    let first = fixture.ok(&join("m1", &["a"]));
    assert_eq!(fixture.ok(&beat("m1", 2)).assignment, None);
    let full = Heartbeat { epoch: 2, owned: first.assignment.clone(), ..join("m1", &["a"]) };
    assert_eq!(fixture.ok(&full).assignment, first.assignment);
    assert_eq!(fixture.ok(&owning("m1", 2, &set(1, 0..4))).assignment, None);
}

/// Trap 83: the group's epoch rises at once, a member's only once it gave up what it must.
#[test]
fn a_partition_moves_only_after_its_owner_gave_it_up() {
    let mut fixture = Fixture::new();
    fixture.ok(&join("m1", &["a"]));
    let joined = fixture.ok(&join("m2", &["a"]));
    assert_eq!((joined.epoch, joined.assignment), (3, Some(Partitions::default())));
    assert_eq!(fixture.group.state(), GroupState::Reconciling);

    // The owner is told, and stays at its epoch while it owns too much.
    let told = fixture.ok(&owning("m1", 2, &set(1, 0..4)));
    assert_eq!((told.epoch, told.assignment), (2, Some(set(1, 0..2))));
    assert_eq!(fixture.ok(&owning("m1", 2, &set(1, 0..4))).epoch, 2);
    assert_eq!(fixture.ok(&beat("m2", 3)).assignment, None);
    // A heartbeat that does not say what is owned gives up nothing.
    assert_eq!(fixture.ok(&beat("m1", 2)).epoch, 2);

    assert_eq!(fixture.ok(&owning("m1", 2, &set(1, 0..2))).epoch, 3);
    let got = fixture.ok(&beat("m2", 3));
    assert_eq!(got.assignment, Some(set(1, 2..4)));
    assert_eq!(fixture.group.state(), GroupState::Stable);
    fixture.check_records();
}

#[test]
fn a_member_that_leaves_frees_its_partitions() {
    let mut fixture = Fixture::new();
    fixture.ok(&join("m1", &["a"]));
    fixture.ok(&join("m2", &["a"]));
    let left = fixture.ok(&beat("m1", -1));
    assert_eq!((&*left.member, left.epoch, left.assignment), ("m1", -1, None));
    assert_eq!(fixture.group.state(), GroupState::Assigning);
    assert_eq!(fixture.ok(&beat("m2", 3)).assignment, Some(set(1, 0..4)));
    assert_eq!(fixture.epoch_of("m2"), 4);
    fixture.ok(&beat("m2", -1));
    assert_eq!(fixture.group.state(), GroupState::Empty);
    fixture.check_records();
}

#[rstest]
#[case::silent(45_000, true)]
#[case::in_time(44_999, false)]
fn a_silent_member_is_fenced(#[case] silence: i64, #[case] fenced: bool) {
    let mut fixture = Fixture::new();
    fixture.ok(&join("m1", &["a"]));
    fixture.pass(silence);
    assert_eq!(fixture.group.is_empty(), fenced);
    if fenced {
        assert_eq!(fixture.refused(&beat("m1", 2)), ErrorCode::UnknownMemberId);
    }
    fixture.check_records();
}

#[test]
fn a_member_that_gives_nothing_up_is_fenced_when_its_rebalance_timeout_ends() {
    let mut fixture = Fixture::new();
    fixture.ok(&join("m1", &["a"]));
    fixture.ok(&join("m2", &["a"]));
    fixture.ok(&owning("m1", 2, &set(1, 0..4)));
    for _ in 0..3 {
        fixture.pass(20_000);
        let alive = fixture.send(&owning("m1", 2, &set(1, 0..4)));
        let _ = fixture.ok(&beat("m2", fixture.epoch_of("m2")));
        assert_eq!(alive.is_ok(), fixture.now_ms < 1_060_000);
    }
    assert_eq!(fixture.ok(&owning("m2", fixture.epoch_of("m2"), &set(1, 2..4))).assignment, None);
    assert_eq!(fixture.group.members().len(), 1);
    fixture.check_records();
}

/// KIP-1263: within the interval the target stays, and a joiner gets nothing yet.
#[test]
fn targets_are_computed_once_an_interval() {
    let mut fixture = Fixture::new();
    fixture.config.assignment_interval_ms = 1_000;
    fixture.ok(&join("m1", &["a"]));
    let joined = fixture.ok(&join("m2", &["a"]));
    assert_eq!((joined.epoch, joined.assignment), (2, Some(Partitions::default())));
    assert_eq!(fixture.group.state(), GroupState::Assigning);
    fixture.pass(1_000);
    assert_eq!(fixture.ok(&owning("m1", 2, &set(1, 0..4))).assignment, Some(set(1, 0..2)));
    assert_eq!(fixture.group.state(), GroupState::Reconciling);
    fixture.check_records();
}

#[test]
fn topics_that_grow_come_and_go_are_assigned() {
    let mut fixture = Fixture::new();
    fixture.ok(&join("m1", &["a", "late"]));
    fixture.topics.set("a", 1, 6);
    fixture.group.topics_changed();
    assert_eq!(fixture.ok(&beat("m1", 2)).assignment, Some(set(1, 0..6)));
    fixture.topics.set("late", 3, 1);
    fixture.group.topics_changed();
    assert_eq!(fixture.ok(&beat("m1", 3)).assignment.unwrap().len(), 7);
    fixture.topics.remove("a");
    fixture.group.topics_changed();
    // The member still owns what is gone, until it says that it does not.
    let told = fixture.ok(&beat("m1", 4));
    assert_eq!(told.assignment, Some(set(3, 0..1)));
    assert_eq!(fixture.ok(&owning("m1", 4, &set(3, 0..1))).epoch, 5);
    // A topic nobody subscribes to changes nothing.
    fixture.topics.set("other", 9, 3);
    fixture.group.topics_changed();
    assert_eq!(fixture.ok(&beat("m1", 5)).epoch, 5);
    fixture.check_records();
}

#[test]
fn a_changed_subscription_gives_up_at_once_what_it_no_longer_names() {
    let mut fixture = Fixture::new();
    fixture.config.assignment_interval_ms = 1_000;
    fixture.ok(&join("m1", &["a", "b"]));
    let narrow = Heartbeat { topics: Some(vec!["b".to_owned()]), ..owning("m1", 2, &set(1, 0..4)) };
    let told = fixture.ok(&narrow);
    assert_eq!((told.epoch, told.assignment), (2, Some(set(2, 0..2))));
    fixture.check_records();
}

#[rstest]
#[case::default(&[], "uniform")]
#[case::one(&["range"], "range")]
#[case::majority(&["uniform", "range", "range"], "range")]
fn the_assignor_most_members_ask_for_is_used(#[case] asked: &[&str], #[case] used: &str) {
    let mut fixture = Fixture::new();
    for (n, assignor) in asked.iter().enumerate() {
        let assignor = Some((*assignor).to_owned());
        fixture.ok(&Heartbeat { assignor, ..join(&format!("m{n}"), &["a"]) });
    }
    assert_eq!(fixture.group.describe(&fixture.config).assignor, used);
}

#[test]
fn a_description_shows_members_and_both_assignments() {
    let mut fixture = Fixture::new();
    fixture.ok(&Heartbeat { rack: Some("r".to_owned()), ..join("m1", &["a"]) });
    fixture.ok(&join("m2", &["a"]));
    let described = fixture.group.describe(&fixture.config);
    assert_eq!((described.epoch, described.target_epoch), (3, 3));
    assert_eq!(described.state.name(), "Reconciling");
    let [m1, m2] = &described.members[..] else { panic!("{described:?}") };
    assert_eq!((&*m1.id, m1.rack.as_deref(), m1.epoch), ("m1", Some("r"), 2));
    assert_eq!((m1.assigned.len(), m1.target.len()), (4, 2));
    assert_eq!((m2.assigned.len(), m2.target.len(), m2.is_classic), (0, 2, false));
    assert_eq!(m1.topics, ["a"]);
}
