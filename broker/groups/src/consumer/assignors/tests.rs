use proptest::prelude::*;
use rstest::rstest;

use super::*;

/// Members with the numbers of the topics they subscribe to; topics by their size.
#[derive(Clone, Debug)]
struct World {
    topics: Vec<u32>,
    members: BTreeMap<String, BTreeSet<usize>>,
}

fn id(topic: usize) -> TopicId {
    TopicId([u8::try_from(topic).unwrap() + 1; 16])
}

impl World {
    fn even(topics: &[u32], members: usize) -> Self {
        let all: BTreeSet<usize> = (0..topics.len()).collect();
        let members = (0..members).map(|n| (format!("m{n:02}"), all.clone())).collect();
        Self { topics: topics.to_vec(), members }
    }

    fn assign(
        &self,
        assignor: Assignor,
        before: &BTreeMap<String, Partitions>,
    ) -> BTreeMap<String, Partitions> {
        let mut spec = GroupSpec::default();
        for (name, topics) in &self.members {
            spec.topics.extend(topics.iter().map(|topic| (id(*topic), self.topics[*topic])));
            spec.members.push(MemberSpec {
                id: name,
                instance: None,
                topics: topics.iter().map(|topic| id(*topic)).collect(),
                assigned: before.get(name),
            });
        }
        let assigned = assignor.assign(&spec);
        assert_eq!(assigned.len(), self.members.len());
        self.members.keys().cloned().zip(assigned).collect()
    }

    /// Every partition of a subscribed topic has one owner, who subscribes to it.
    fn check(&self, assigned: &BTreeMap<String, Partitions>) {
        for (topic, size) in self.topics.iter().enumerate() {
            let subscribed = self.members.values().any(|topics| topics.contains(&topic));
            for index in 0..*size {
                let partition = PartitionIndex(index);
                let owns = |set: &Partitions| set.contains(id(topic), partition);
                let owners: Vec<_> =
                    assigned.iter().filter(|(_, set)| owns(set)).map(|(name, _)| name).collect();
                assert_eq!(owners.len(), usize::from(subscribed), "{topic}-{index}: {owners:?}");
                assert!(owners.iter().all(|name| self.members[*name].contains(&topic)));
            }
        }
    }
}

fn sizes(assigned: &BTreeMap<String, Partitions>) -> Vec<usize> {
    assigned.values().map(Partitions::len).collect()
}

fn moved(before: &BTreeMap<String, Partitions>, after: &BTreeMap<String, Partitions>) -> usize {
    let kept = |(name, set): (&String, &Partitions)| {
        let now = &after[name];
        set.iter().filter(|(topic, partition)| !now.contains(*topic, *partition)).count()
    };
    before.iter().filter(|(name, _)| after.contains_key(*name)).map(kept).sum()
}

#[rstest]
#[case::uniform(Assignor::Uniform, &[3, 3, 3])]
#[case::range(Assignor::Range, &[4, 4, 1])]
fn an_even_group(#[case] assignor: Assignor, #[case] expected: &[usize]) {
    let world = World::even(&[5, 4], 3);
    let assigned = world.assign(assignor, &BTreeMap::new());
    world.check(&assigned);
    if assignor == Assignor::Uniform {
        assert_eq!(sizes(&assigned), expected);
    } else {
        assert_eq!(sizes(&assigned), [4, 3, 2]);
    }
}

#[test]
fn range_gives_the_same_numbers_of_topics_that_are_equally_big() {
    let assigned = World::even(&[6, 6], 3).assign(Assignor::Range, &BTreeMap::new());
    for set in assigned.values() {
        let of = |topic| set.topics().find(|(other, _)| *other == id(topic)).unwrap().1.clone();
        assert_eq!(of(0), of(1));
    }
}

#[test]
fn range_orders_static_members_first_by_their_instance() {
    let topics = BTreeSet::from([id(0)]);
    let member = |id, instance| MemberSpec { id, instance, topics: topics.clone(), assigned: None };
    let spec = GroupSpec {
        members: vec![member("a", None), member("b", Some("z")), member("c", Some("y"))],
        topics: BTreeMap::from([(id(0), 3)]),
    };
    let firsts: Vec<u32> =
        Assignor::Range.assign(&spec).iter().map(|set| set.iter().next().unwrap().1.0).collect();
    assert_eq!(firsts, [2, 1, 0]);
}

/// Nobody loses a partition for another's sake: a joiner takes what is over the new share, a leaver's
/// partitions are all that moves.
#[rstest]
#[case(9, 3)]
#[case(10, 3)]
#[case(7, 7)]
#[case(3, 5)]
fn uniform_moves_as_little_as_it_can(#[case] partitions: u32, #[case] members: usize) {
    let world = World::even(&[partitions], members);
    let before = world.assign(Assignor::Uniform, &BTreeMap::new());
    assert_eq!(moved(&before, &world.assign(Assignor::Uniform, &before)), 0);

    let more = World::even(&[partitions], members + 1);
    let after = more.assign(Assignor::Uniform, &before);
    more.check(&after);
    let got = after.values().last().unwrap().len();
    assert_eq!(moved(&before, &after), got, "only what the joiner got moved");

    let mut fewer = world;
    fewer.members.pop_first();
    if !fewer.members.is_empty() {
        let after = fewer.assign(Assignor::Uniform, &before);
        fewer.check(&after);
        assert_eq!(moved(&before, &after), 0, "who stays keeps all it has");
    }
}

#[test]
fn scarce_topics_are_shared_by_those_who_alone_can_take_them() {
    let mut world = World::even(&[4, 4], 2);
    world.members.get_mut("m00").unwrap().remove(&1);
    let assigned = world.assign(Assignor::Uniform, &BTreeMap::new());
    world.check(&assigned);
    assert_eq!(sizes(&assigned), [4, 4]);
}

fn world() -> impl Strategy<Value = World> {
    let topics = prop::collection::vec(0..9_u32, 1..5);
    (topics, 1..7_usize, prop::collection::vec(any::<u8>(), 7), any::<bool>()).prop_map(
        |(topics, members, masks, even)| {
            let mut world = World::even(&topics, members);
            if !even {
                for (topics, mask) in world.members.values_mut().zip(masks) {
                    topics.retain(|topic| mask & (1 << topic) != 0);
                }
            }
            world
        },
    )
}

proptest! {
    #[test]
    fn every_partition_has_one_owner_and_the_same_input_the_same_answer(
        first in world(), second in world(), range in any::<bool>(),
    ) {
        let assignor = if range { Assignor::Range } else { Assignor::Uniform };
        let before = first.assign(assignor, &BTreeMap::new());
        first.check(&before);
        // Another group altogether with the assignment of this one: members and topics came and went.
        let after = second.assign(assignor, &before);
        second.check(&after);
        prop_assert_eq!(&after, &second.assign(assignor, &before));
    }

    #[test]
    fn members_of_one_subscription_differ_by_one_at_most(
        topics in prop::collection::vec(0..20_u32, 1..5),
        members in 1..9_usize,
        earlier in 1..9_usize,
    ) {
        let before = World::even(&topics, earlier).assign(Assignor::Uniform, &BTreeMap::new());
        let sizes = sizes(&World::even(&topics, members).assign(Assignor::Uniform, &before));
        let (least, most) = (sizes.iter().min().unwrap(), sizes.iter().max().unwrap());
        prop_assert!(most - least <= 1, "{sizes:?}");
    }

    /// Levelled: nobody who could take a partition has two fewer than who has it.
    #[test]
    fn no_single_move_would_level_an_uneven_group(first in world(), second in world()) {
        let before = first.assign(Assignor::Uniform, &BTreeMap::new());
        let assigned = second.assign(Assignor::Uniform, &before);
        for (owner, set) in &assigned {
            for (topic, _) in set.iter() {
                let takers = second.members.iter().filter(|(_, topics)| {
                    topics.iter().any(|number| id(*number) == topic)
                });
                for (taker, _) in takers {
                    prop_assert!(
                        assigned[taker].len() + 2 > set.len(),
                        "{taker} could take from {owner}: {assigned:?}"
                    );
                }
            }
        }
    }
}
