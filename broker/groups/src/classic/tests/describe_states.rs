//! What tools see of a group in each state: trap 79.

use super::{super::*, fixture::*};
use bytes::Bytes;

#[test]
fn trap_79_metadata_are_those_of_the_chosen_protocol() {
    let mut world = World::new();
    let both = |range: &'static str, sticky: &'static str| {
        vec![
            Protocol { name: "range".into(), metadata: range.into() },
            Protocol { name: "sticky".into(), metadata: sticky.into() },
        ]
    };
    let token = world.join(Join { protocols: both("as range", "as sticky"), ..new("a") });
    world.pass(u64::from(INITIAL_DELAY_MS));
    let id = world.joined(token).member_id.unwrap();
    let described = world.group.describe();
    assert_eq!(described.state, "CompletingRebalance");
    assert_eq!(described.protocol, None);
    assert_eq!(described.members[0].metadata, Bytes::new());
    world.settle(std::slice::from_ref(&id));
    let described = world.group.describe();
    assert_eq!((described.state, described.protocol.as_deref()), ("Stable", Some("range")));
    assert_eq!(described.members[0].metadata, Bytes::from_static(b"as range"));
    assert_eq!(described.members[0].assignment, assignment(&id));
    assert_eq!(&*described.members[0].client_host, "/127.0.0.1");
}
