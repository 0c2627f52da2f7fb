use protocol_types::{PartitionIndex, TopicId};
use rstest::rstest;

use super::*;

const TOPIC: TopicId = TopicId([1; 16]);

fn set(partitions: &[u32]) -> Partitions {
    partitions.iter().map(|index| (TOPIC, PartitionIndex(*index))).collect()
}

fn owned(partitions: &[u32], epoch: i32) -> OwnedPartitions {
    partitions.iter().map(|index| (TOPIC, PartitionIndex(*index), epoch)).collect()
}

struct Case {
    state: MemberState,
    assigned: &'static [u32],
    revoking: &'static [u32],
    /// At epoch 6; the member is at 5.
    target: &'static [u32],
    told: Option<&'static [u32]>,
    busy: &'static [u32],
    after: (MemberState, i32, &'static [u32], &'static [u32]),
}

const STABLE: Case = Case {
    state: MemberState::Stable,
    assigned: &[1, 2],
    revoking: &[],
    target: &[1, 2],
    told: None,
    busy: &[],
    after: (MemberState::Stable, 6, &[1, 2], &[]),
};

#[rstest]
#[case::same(STABLE)]
#[case::more(Case { target: &[1, 2, 3], after: (MemberState::Stable, 6, &[1, 2, 3], &[]), ..STABLE })]
#[case::less(Case { target: &[1], after: (MemberState::Unrevoked, 5, &[1], &[2]), ..STABLE })]
#[case::less_and_given_up(
    Case { target: &[1], told: Some(&[1]), after: (MemberState::Stable, 6, &[1], &[]), ..STABLE }
)]
#[case::other(
    Case { target: &[1, 3], told: Some(&[1, 2]), after: (MemberState::Unrevoked, 5, &[1], &[2]), ..STABLE }
)]
#[case::busy(
    Case { target: &[1, 2, 3], busy: &[3], after: (MemberState::Unreleased, 6, &[1, 2], &[]), ..STABLE }
)]
#[case::busy_and_free(
    Case { target: &[1, 2, 3, 4], busy: &[3], after: (MemberState::Unreleased, 6, &[1, 2, 4], &[]), ..STABLE }
)]
#[case::not_given_up_yet(Case {
    state: MemberState::Unrevoked, assigned: &[1], revoking: &[2], target: &[1],
    told: Some(&[1, 2]), after: (MemberState::Unrevoked, 5, &[1], &[2]), ..STABLE
})]
#[case::nothing_said(Case {
    state: MemberState::Unrevoked, assigned: &[1], revoking: &[2], target: &[1],
    after: (MemberState::Unrevoked, 5, &[1], &[2]), ..STABLE
})]
#[case::given_up(Case {
    state: MemberState::Unrevoked, assigned: &[1], revoking: &[2], target: &[1],
    told: Some(&[1]), after: (MemberState::Stable, 6, &[1], &[]), ..STABLE
})]
#[case::given_up_and_back(Case {
    state: MemberState::Unrevoked, assigned: &[1], revoking: &[2], target: &[1, 2],
    told: Some(&[1]), after: (MemberState::Stable, 6, &[1, 2], &[]), ..STABLE
})]
#[case::given_up_and_more_to_give(Case {
    state: MemberState::Unrevoked, assigned: &[1, 3], revoking: &[2], target: &[3],
    told: Some(&[1, 3]), after: (MemberState::Unrevoked, 5, &[3], &[1]), ..STABLE
})]
#[case::released(Case {
    state: MemberState::Unreleased, assigned: &[1], target: &[1, 2],
    after: (MemberState::Stable, 6, &[1, 2], &[]), ..STABLE
})]
#[case::still_unreleased(Case {
    state: MemberState::Unreleased, assigned: &[1], target: &[1, 2], busy: &[2],
    after: (MemberState::Unreleased, 6, &[1], &[]), ..STABLE
})]
#[case::unreleased_must_give(Case {
    state: MemberState::Unreleased, assigned: &[1], target: &[2], busy: &[2],
    after: (MemberState::Unrevoked, 5, &[], &[1]), ..STABLE
})]
fn a_member_takes_one_safe_step(#[case] case: Case) {
    let current = Current {
        epoch: 5,
        previous_epoch: 4,
        state: case.state,
        assigned: owned(case.assigned, 5),
        revoking: owned(case.revoking, 5),
    };
    let told = case.told.map(set);
    let after = reconcile(
        &current,
        &Facts {
            target_epoch: 6,
            target: &set(case.target),
            subscribed: &BTreeSet::from([TOPIC]),
            subscription_changed: false,
            owned: told.as_ref(),
            is_free: &|_, partition| !case.busy.contains(&partition.0),
        },
    );
    let (state, epoch, assigned, revoking) = case.after;
    assert_eq!((after.state, after.epoch), (state, epoch));
    assert_eq!(after.assigned.partitions(), set(assigned));
    assert_eq!(after.revoking.partitions(), set(revoking));
    // What was kept keeps its epoch, what is new has the target's.
    for (_, partition, at) in after.assigned.iter() {
        assert_eq!(at, if case.assigned.contains(&partition.0) { 5 } else { 6 });
    }
}
