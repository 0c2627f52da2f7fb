//! Random histories against what must always hold.
//!
//! At most one owner per partition and generation; the generation only grows; nobody is lost without
//! having been told or having been silent; every token is answered at most once and, in the end, at
//! least once.

#![expect(clippy::wildcard_enum_match_arm, reason = "every other error ends the test")]

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use bytes::Bytes;
use proptest::prelude::*;
use protocol_types::ErrorCode;

use super::{super::*, fixture::*};

/// What one of the clients does next.
#[derive(Clone, Copy, Debug)]
enum Act {
    Go(usize),
    /// Joins again without need, with other metadata if `true`.
    Rejoin(usize, bool),
    Heartbeat(usize),
    Leave(usize),
    /// Goes away without a word.
    Vanish(usize),
    Pass(u64),
    Restart,
}

fn act() -> impl Strategy<Value = Act> {
    let client = 0..6_usize;
    prop_oneof![
        12 => client.clone().prop_map(Act::Go),
        2 => (client.clone(), any::<bool>()).prop_map(|(client, other)| Act::Rejoin(client, other)),
        4 => client.clone().prop_map(Act::Heartbeat),
        1 => client.clone().prop_map(Act::Leave),
        1 => client.prop_map(Act::Vanish),
        5 => (0..4_000_u64).prop_map(Act::Pass),
        1 => Just(Act::Restart),
    ]
}

/// A client that follows the protocol as Kafka's consumers do. Odd ones are static.
#[derive(Debug, Default)]
struct Client {
    id: Option<Arc<str>>,
    generation: i32,
    asked: Option<Asked>,
    /// What the leader has to share out.
    leads: Option<Vec<Arc<str>>>,
    synced: bool,
    versions: usize,
}

#[derive(Clone, Copy, Debug)]
enum Asked {
    Join(broker_coordinator::Token),
    Sync(broker_coordinator::Token),
}

struct History {
    world: World,
    clients: Vec<Client>,
    /// Partition by partition: who was given it, in which generation.
    owners: BTreeMap<i32, BTreeMap<Bytes, Arc<str>>>,
    generation: i32,
    asked: Vec<broker_coordinator::Token>,
}

impl History {
    fn new() -> Self {
        let clients = (0..6).map(|_| Client::default()).collect();
        let (world, owners) = (World::new(), BTreeMap::new());
        Self { world, clients, owners, generation: 0, asked: Vec::new() }
    }

    fn act(&mut self, act: Act) {
        match act {
            Act::Go(at) => self.go(at),
            Act::Rejoin(at, other) => {
                if self.clients[at].asked.is_none() && self.clients[at].id.is_some() {
                    self.clients[at].versions += usize::from(other);
                    self.join(at);
                }
            }
            Act::Heartbeat(at) => self.heartbeat(at),
            Act::Leave(at) => {
                if let Some(id) = self.clients[at].id.clone() {
                    self.world.leave(&[(Some(&id), None)]);
                    self.hear();
                    self.clients[at] = Client::default();
                }
            }
            Act::Vanish(at) => self.clients[at] = Client::default(),
            Act::Pass(millis) => self.world.pass(millis),
            Act::Restart => self.restart(),
        }
        self.hear();
        assert!(self.world.group.generation() >= self.generation, "the generation went back");
        self.generation = self.world.group.generation();
    }

    /// The client's next step in the protocol.
    fn go(&mut self, at: usize) {
        let client = &self.clients[at];
        match (client.asked, &client.id, client.synced) {
            (Some(_), _, _) => {}
            (None, Some(id), false) if client.generation > 0 => {
                let members = client.leads.clone().unwrap_or_default();
                let generation = client.generation;
                // Every member gets one partition of its own; none is given twice.
                let parts = members.iter().enumerate();
                let assignments = parts
                    .map(|(part, id)| (id.clone(), Bytes::from(vec![u8::try_from(part).unwrap()])));
                let sync = Sync { assignments: assignments.collect(), ..sync(id, generation) };
                let token = self.world.sync(sync);
                self.asked.push(token);
                self.clients[at].asked = Some(Asked::Sync(token));
            }
            (None, _, false) => self.join(at),
            (None, _, true) => self.heartbeat(at),
        }
    }

    fn join(&mut self, at: usize) {
        let client = &mut self.clients[at];
        let metadata =
            Bytes::from(vec![0, 0, 0, 0, 0, 0, u8::try_from(client.versions % 250).unwrap()]);
        let protocols = vec![Protocol { name: "range".into(), metadata }];
        let instance_id = (at % 2 == 1).then(|| format!("i{at}").into());
        let join = Join {
            member_id: client.id.clone(),
            requires_known_member: at.is_multiple_of(3),
            can_skip_assignment: at % 4 == 1,
            instance_id,
            protocols,
            ..new("m")
        };
        (client.synced, client.leads) = (false, None);
        let token = self.world.join(join);
        self.asked.push(token);
        self.clients[at].asked = Some(Asked::Join(token));
    }

    fn heartbeat(&mut self, at: usize) {
        let client = &self.clients[at];
        let (Some(id), None, true) = (client.id.clone(), client.asked, client.synced) else {
            return;
        };
        match self.world.heartbeat(&id, client.generation) {
            ErrorCode::None => {}
            ErrorCode::RebalanceInProgress | ErrorCode::IllegalGeneration => self.join(at),
            ErrorCode::UnknownMemberId => self.clients[at] = Client::default(),
            other => panic!("{other:?}"),
        }
    }

    /// Clients read the answers that have come.
    fn hear(&mut self) {
        for at in 0..self.clients.len() {
            match self.clients[at].asked {
                Some(Asked::Join(token)) if !self.world.is_waiting(token) => {
                    let reply = self.world.joined(token);
                    self.clients[at].asked = None;
                    self.hear_join(at, reply);
                }
                Some(Asked::Sync(token)) if !self.world.is_waiting(token) => {
                    let reply = self.world.synced(token);
                    self.clients[at].asked = None;
                    self.hear_sync(at, &reply);
                }
                _ => {}
            }
        }
    }

    fn hear_join(&mut self, at: usize, reply: JoinReply) {
        let client = &mut self.clients[at];
        match reply.error {
            ErrorCode::None => {
                client.id = reply.member_id;
                client.generation = reply.generation.unwrap();
                let leads = reply.leader == client.id && !reply.skip_assignment;
                client.leads = leads
                    .then(|| reply.members.into_iter().map(|member| member.member_id).collect());
            }
            ErrorCode::MemberIdRequired => client.id = reply.member_id,
            ErrorCode::RebalanceInProgress => {}
            ErrorCode::UnknownMemberId | ErrorCode::FencedInstanceId => *client = Client::default(),
            other => panic!("{other:?}"),
        }
    }

    fn hear_sync(&mut self, at: usize, reply: &SyncReply) {
        let client = &mut self.clients[at];
        match reply.error {
            ErrorCode::None => {
                client.synced = true;
                if reply.assignment.is_empty() {
                    return;
                }
                let id = client.id.clone().unwrap();
                let owner = if at % 2 == 1 { format!("i{at}").into() } else { id };
                let owners = self.owners.entry(client.generation).or_default();
                let before = owners.insert(reply.assignment.clone(), owner.clone());
                assert!(
                    before.as_ref().is_none_or(|before| *before == owner),
                    "generation {} gave {:?} to {before:?} and {owner}",
                    client.generation,
                    reply.assignment,
                );
            }
            ErrorCode::RebalanceInProgress | ErrorCode::IllegalGeneration => {
                (client.generation, client.leads) = (0, None);
            }
            ErrorCode::UnknownMemberId | ErrorCode::FencedInstanceId => *client = Client::default(),
            other => panic!("{other:?}"),
        }
    }

    /// The broker dies and loads what it wrote; clients see their connections break.
    fn restart(&mut self) {
        let Some(record) = self.world.group.live_record() else { return };
        let unanswered: BTreeSet<_> =
            self.asked.iter().copied().filter(|&token| self.world.is_waiting(token)).collect();
        self.asked.retain(|token| !unanswered.contains(token));
        let group = Group::load("g".into(), &record.value.unwrap()).unwrap();
        // Generations that nobody was told durably may be counted again; none was settled.
        self.generation = group.generation();
        self.owners.retain(|&generation, _| generation <= group.generation());
        self.world.replace(group);
        for client in &mut self.clients {
            if client.asked.take().is_some() || client.generation > self.generation {
                (client.synced, client.leads, client.generation) = (false, None, 0);
            }
        }
    }

    /// Everybody goes away: in the end nobody waits and nobody is left.
    fn end(mut self) {
        self.clients.iter_mut().for_each(|client| *client = Client::default());
        self.world.pass(4_000_000);
        let waiting: Vec<_> =
            self.asked.iter().filter(|&&token| self.world.is_waiting(token)).collect();
        assert!(waiting.is_empty(), "never answered: {waiting:?}");
        assert_eq!(self.world.group.member_count(), 0);
        assert_eq!(self.world.group.next_deadline(), None);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn random_histories_keep_every_promise(acts in prop::collection::vec(act(), 1..250)) {
        let mut history = History::new();
        acts.into_iter().for_each(|act| history.act(act));
        history.end();
    }
}

/// Members that behave are neither lost nor stuck: whatever came before, the group settles.
#[test]
fn a_group_of_well_behaved_members_settles() {
    let mut history = History::new();
    for _ in 0..40 {
        (0..6).for_each(|at| history.act(Act::Go(at)));
        history.act(Act::Pass(500));
    }
    assert_eq!(history.world.group.state(), State::Stable);
    assert_eq!(history.world.group.member_count(), 6);
    assert!(history.clients.iter().all(|client| client.synced));
    let owners = &history.owners[&history.world.group.generation()];
    assert_eq!(owners.len(), 6);
}
