use super::*;

fn entry(index: i32, offset: i64) -> Entry {
    let committed = Committed {
        offset,
        leader_epoch: None,
        metadata: Arc::default(),
        committed_at: protocol_types::Timestamp(0),
        expires_at: None,
        topic_id: None,
    };
    (index, Ok(Some(committed)))
}

#[test]
fn partitions_that_cannot_be_have_an_answer_in_their_place() {
    let answers = in_order(&[3, -1, 5], vec![entry(3, 30), entry(5, 50)]);
    assert_eq!(answers, [entry(3, 30), (-1, Ok(None)), entry(5, 50)]);
}

#[test]
fn the_group_is_asked_only_for_what_may_be_seen() {
    let asked = visible(&[("a", &[0, -7, 2]), ("secret", &[1])], |topic| topic == "a");
    assert_eq!(asked, [(Arc::from("a"), vec![PartitionIndex(0), PartitionIndex(2)])]);
}

#[test]
fn before_groups_had_errors_every_partition_tells_it() {
    let topics = Some(vec![("t", &[0, 1][..])]);
    let asked = Asked { group: "g", member: None, member_epoch: -1, topics };
    let refused = refused(&asked, ErrorCode::NotCoordinator);
    let told = |index| (index, Err(ErrorCode::NotCoordinator));
    assert_eq!(refused, [(Arc::from("t"), vec![told(0), told(1)])]);
}
