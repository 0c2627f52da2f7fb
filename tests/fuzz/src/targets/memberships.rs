//! What classic members say in JoinGroup and SyncGroup, read when somebody asks what they subscribe to and
//! when their group changes protocol. An input is the length of a subscription in two bytes, the
//! subscription, and an assignment.

use super::group::{World, take};
use crate::{Shape, Target};

pub const MEMBERSHIPS: Target = Target {
    name: "memberships",
    corpus,
    repair: |_| {},
    execute,
    ceiling,
    shape: Shape { length_max: 4 << 10, grain: 0 },
};

/// Six bytes name a topic and its partitions, and become a text and a list on the way to the group; what
/// the group decides is held besides, as records and in the table.
const fn ceiling(length: usize) -> u64 {
    64 * length as u64 + (64 << 10)
}

fn corpus() -> Vec<Vec<u8>> {
    let one = b"\0\0\0\x01\0\x01t";
    let two = b"\0\0\0\x02\0\x01t\0\x05other";
    let owned = b"\0\0\0\x01\0\x01t\0\0\0\x02\0\0\0\0\0\0\0\x03";
    let null = b"\xff\xff\xff\xff";
    let assignment = [&b"\0\x01"[..], owned, null].concat();
    [
        ([&b"\0\0"[..], one, null].concat(), assignment.clone()),
        ([&b"\0\0"[..], two, b"\0\0\0\x03abc"].concat(), Vec::new()),
        ([&b"\0\x01"[..], two, null, owned].concat(), assignment.clone()),
        ([&b"\0\x02"[..], one, null, owned, b"\0\0\0\x07"].concat(), assignment.clone()),
        ([&b"\0\x03"[..], one, null, owned, b"\0\0\0\x07\0\x04rack"].concat(), assignment),
    ]
    .into_iter()
    .map(|(subscription, assignment)| {
        let length = u16::try_from(subscription.len()).unwrap_or(u16::MAX);
        [&length.to_be_bytes()[..], &subscription, &assignment].concat()
    })
    .collect()
}

fn execute(input: &[u8]) -> bool {
    let Some((length, mut rest)) = input.split_first_chunk() else { return false };
    let length = u16::from_be_bytes(*length);
    let Some(subscription) = take(&mut rest, length.into()) else { return false };
    let mut world = World::new();
    assert!(world.settle(subscription, rest), "its bytes are the group's own matter");
    assert!(world.delete_offsets().is_some(), "answered, whatever the members said");
    let upgraded = world.upgrade(None);
    let again = World::loaded(&world.log);
    assert!(again.is_ok(), "what was decided cannot be loaded: {:?}", again.err());
    upgraded
}
