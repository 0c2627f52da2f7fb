//! Records that we would not have written: a topic copied from another cluster may hold them.

use super::super::*;
use super::fixture::*;

/// As if the log had gone through a machine that gave two members the same partitions.
#[test]
fn a_partition_with_two_owners_is_loaded_with_one() {
    let mut fixture = Fixture::new();
    let one = fixture.classic_group();
    fixture.consumer(beat("new", 0, None)).unwrap();
    let renamed = |record: &Record| {
        let key = String::from_utf8(record.key.to_vec()).unwrap();
        Record { key: key.replace(&*one, &one.replace("-1", "-2")).into(), ..record.clone() }
    };
    let names_it =
        |record: &&Record| record.key.windows(one.len()).any(|part| part == one.as_bytes());
    let twins: Vec<_> = fixture.log.iter().filter(names_it).map(renamed).collect();
    fixture.log.extend(twins);
    fixture.load();
    assert!(fixture.is_consumer_group());

    let reply = fixture.ask(Request::ConsumerDescribe(DescribeConsumerGroup("g".into())));
    let Some(Reply::ConsumerDescribe(Ok(group))) = fixture.answer(reply) else { panic!() };
    let owned: usize = group.members.iter().map(|member| member.assigned.iter().count()).sum();
    assert_eq!((group.members.len(), owned), (3, 4), "{group:?}");
    fixture.consumer(beat("third", 0, None)).unwrap();
    fixture.restart();
}
