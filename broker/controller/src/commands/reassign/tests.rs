use rstest::rstest;

use super::super::create_topics::{CreateTopics, NewTopic};
use super::super::fixture::Fixture;
use super::*;

#[rstest]
#[case::in_place("a", 0, Some(&[1][..]), None)]
#[case::cancel("a", 0, None, Some((85, "")))]
#[case::elsewhere("a", 0, Some(&[2][..]), Some((39, "The manual partition assignment includes broker 2, but no such broker is registered.")))]
#[case::twice("a", 0, Some(&[1, 1][..]), Some((39, "The manual partition assignment includes the broker 1 more than once.")))]
#[case::nowhere("a", 0, Some(&[][..]), Some((39, "The manual partition assignment includes an empty replica list.")))]
#[case::negative("a", 0, Some(&[-1][..]), Some((39, "The manual partition assignment includes broker -1, but no such broker is registered.")))]
#[case::no_partition("a", 9, Some(&[1][..]), Some((3, "Unable to find partition a:9.")))]
#[case::no_topic("gone", 0, Some(&[1][..]), Some((3, "Unable to find a topic named gone.")))]
fn moves_are_judged_as_apache_kafka_judges_them(
    #[case] topic: &str,
    #[case] partition: i32,
    #[case] replicas: Option<&[i32]>,
    #[case] refused: Option<(i16, &str)>,
) {
    let mut fixture = Fixture::new();
    let topics = vec![NewTopic::automatic("a")];
    fixture.run(CreateTopics { topics, validate_only: false }).unwrap();
    let judged = check(&fixture.image, topic, partition, replicas);
    let judged = judged.err().map(|error| (error.code.to_wire(), error.message));
    assert_eq!(judged, refused.map(|(code, why)| (code, why.to_owned())));
}
