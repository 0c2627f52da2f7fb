//! Random histories of a group: members come, go, are silent and lose answers, topics change, the
//! broker restarts. Whatever happens, no partition has two owners among what members were told and
//! have not given up; in the end all settle, and every partition has one owner.

use std::collections::BTreeMap;

use proptest::prelude::*;
use protocol_types::{ErrorCode, PartitionIndex, TopicId};

use super::super::*;
use super::fixture::*;

/// A client as it behaves: it owns what it was told, until it gives that up.
#[derive(Clone, Debug, Default)]
struct Client {
    /// `None`: not in the group.
    epoch: Option<i32>,
    owned: Partitions,
    topics: Vec<String>,
    regex: Option<String>,
    is_static: bool,
    /// A static member's lives; each has another member id.
    life: u32,
    /// It tells all of itself: the last answer was lost.
    full: bool,
}

impl Client {
    fn id(&self, n: u8) -> String {
        format!("m{n}-{}", self.life)
    }

    fn dress(&self, n: u8, request: Heartbeat) -> Heartbeat {
        let instance = self.is_static.then(|| format!("i{n}"));
        Heartbeat { instance, ..request }
    }
}

#[derive(Clone, Debug)]
enum Step {
    Beat { client: u8, lost: bool },
    Subscribe { client: u8, choice: u8 },
    Leave { client: u8 },
    Away { client: u8 },
    Die { client: u8 },
    Pass { seconds: u8 },
    Topic { name: u8, partitions: u8 },
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    let client = 0..6_u8;
    prop_oneof![
        12 => (client.clone(), prop::bool::weighted(0.2))
            .prop_map(|(client, lost)| Step::Beat { client, lost }),
        2 => (client.clone(), 0..5_u8)
            .prop_map(|(client, choice)| Step::Subscribe { client, choice }),
        1 => client.clone().prop_map(|client| Step::Leave { client }),
        1 => client.clone().prop_map(|client| Step::Away { client }),
        1 => client.prop_map(|client| Step::Die { client }),
        3 => (0..30_u8).prop_map(|seconds| Step::Pass { seconds }),
        1 => (0..4_u8, 0..7_u8).prop_map(|(name, partitions)| Step::Topic { name, partitions }),
        1 => Just(Step::Restart),
    ]
}

struct Model {
    fixture: Fixture,
    clients: BTreeMap<u8, Client>,
    topic_ids: u8,
}

impl Model {
    fn new(assignor: &str, interval_ms: u32) -> Self {
        let mut fixture = Fixture::new();
        fixture.config.assignment_interval_ms = interval_ms;
        fixture.config.assignors = vec![assignors::Assignor::named(assignor).unwrap()];
        let client =
            |n: u8| Client { topics: vec!["a".to_owned()], is_static: n < 2, ..Client::default() };
        let clients = (0..6).map(|n| (n, client(n))).collect();
        Self { fixture, clients, topic_ids: 10 }
    }

    /// One request of a client, and what the client makes of the answer.
    fn beat(&mut self, n: u8, lost: bool) {
        let client = self.clients.get_mut(&n).unwrap();
        let request = match client.epoch {
            None => {
                let topics: Vec<&str> = client.topics.iter().map(String::as_str).collect();
                let request = join(&client.id(n), &topics);
                client.dress(n, Heartbeat { regex: client.regex.clone(), ..request })
            }
            Some(epoch) => {
                let request = Heartbeat {
                    topics: Some(client.topics.clone()),
                    regex: Some(client.regex.clone().unwrap_or_default()),
                    rebalance_timeout_ms: client.full.then_some(60_000),
                    ..owning(&client.id(n), epoch, &client.owned)
                };
                client.dress(n, request)
            }
        };
        let answer = self.fixture.send(&request);
        client.full = lost;
        if lost {
            return;
        }
        match answer {
            Ok(beat) => {
                client.epoch = Some(beat.epoch);
                if let Some(assignment) = beat.assignment {
                    client.owned = assignment;
                }
            }
            Err(refusal) => {
                assert!(
                    matches!(
                        refusal.code,
                        ErrorCode::FencedMemberEpoch
                            | ErrorCode::UnknownMemberId
                            | ErrorCode::FencedInstanceId
                            | ErrorCode::UnreleasedInstanceId
                    ),
                    "{refusal:?}"
                );
                if refusal.code != ErrorCode::UnreleasedInstanceId {
                    client.epoch = None;
                    client.owned = Partitions::default();
                }
            }
        }
    }

    fn apply(&mut self, step: &Step) {
        match *step {
            Step::Beat { client, lost } => self.beat(client, lost),
            Step::Subscribe { client, choice } => {
                let client = self.clients.get_mut(&client).unwrap();
                let names: &[&str] =
                    [&["a"][..], &["b"], &["a", "b", "t0"], &[], &["t1"]][usize::from(choice)];
                client.topics = names.iter().map(ToString::to_string).collect();
                client.regex = (choice >= 3).then(|| "t.*".to_owned());
            }
            Step::Leave { client: n } => {
                let client = self.clients.get_mut(&n).unwrap();
                if client.epoch.take().is_some() {
                    client.owned = Partitions::default();
                    let _ = self.fixture.send(&client.dress(n, beat(&client.id(n), -1)));
                }
            }
            Step::Away { client: n } => {
                let client = self.clients.get_mut(&n).unwrap();
                if client.is_static && client.epoch.take().is_some() {
                    client.owned = Partitions::default();
                    let _ = self.fixture.send(&client.dress(n, beat(&client.id(n), -2)));
                    client.life += 1;
                }
            }
            // The process is gone without a word; nobody uses its partitions any more.
            Step::Die { client: n } => {
                let client = self.clients.get_mut(&n).unwrap();
                client.epoch = None;
                client.owned = Partitions::default();
                if !client.is_static {
                    client.life += 1;
                }
            }
            Step::Pass { seconds } => self.pass(i64::from(seconds) * 1_000),
            Step::Topic { name, partitions } => {
                self.topic_ids = self.topic_ids.wrapping_add(1).max(10);
                let name = format!("t{name}");
                if partitions == 0 {
                    self.fixture.topics.remove(&name);
                } else {
                    let known = self.fixture.topics.by_name(&name).map(|t| (t.id, t.partitions));
                    let id = known.map_or(self.topic_ids, |(id, _)| id.0[0]);
                    let grown = known.map_or(0, |(_, partitions)| partitions);
                    self.fixture.topics.set(&name, id, grown.max(u32::from(partitions)));
                }
                self.fixture.group.topics_changed();
            }
            Step::Restart => self.fixture.restart(),
        }
    }

    /// Whoever was fenced for its silence stops on its own, as clients do.
    fn pass(&mut self, millis: i64) {
        self.fixture.pass(millis);
        let members: Vec<String> =
            self.fixture.group.members().map(|(id, _)| id.to_string()).collect();
        for (n, client) in &mut self.clients {
            if client.epoch.is_some() && !members.contains(&client.id(*n)) {
                client.epoch = None;
                client.owned = Partitions::default();
            }
        }
    }

    fn check_single_owners(&self) {
        let mut owners: BTreeMap<(TopicId, PartitionIndex), u8> = BTreeMap::new();
        for (n, client) in &self.clients {
            for partition in client.owned.iter() {
                let other = owners.insert(partition, *n);
                assert_eq!(other, None, "{partition:?} has two owners: {:#?}", self.clients);
            }
        }
    }

    /// All that are in the group heartbeat until nothing moves any more.
    fn settle(&mut self) {
        // Members that died without a word are fenced first.
        for round in 0..60 {
            for n in 0..6 {
                if round < 20 || self.clients[&n].epoch.is_some() {
                    self.beat(n, false);
                    self.check_single_owners();
                }
            }
            self.pass(5_000);
        }
        assert_eq!(self.fixture.group.state(), GroupState::Stable, "{:#?}", self.fixture.group);
    }

    fn check_all_assigned(&self) {
        for (name, id, partitions) in self.fixture.topics.all() {
            let wants = |client: &&Client| {
                client.topics.iter().any(|topic| topic == name)
                    || client.regex.is_some() && name.starts_with('t')
            };
            let subscribed = self.clients.values().filter(wants).count();
            for index in 0..partitions {
                let owns = |client: &&Client| client.owned.contains(id, PartitionIndex(index));
                let owners = self.clients.values().filter(owns).count();
                assert_eq!(owners, usize::from(subscribed > 0), "{name}-{index}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn partitions_have_one_owner_and_groups_settle(
        steps in prop::collection::vec(step(), 1..120),
        range in any::<bool>(),
        interval_ms in prop_oneof![Just(0_u32), Just(1_000)],
    ) {
        let mut model = Model::new(if range { "range" } else { "uniform" }, interval_ms);
        for step in &steps {
            model.apply(step);
            model.check_single_owners();
        }
        model.fixture.check_records();
        model.settle();
        model.check_all_assigned();
        model.fixture.check_records();
    }
}
