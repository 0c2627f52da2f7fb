use rstest::rstest;

use super::*;
use crate::client::InstanceId;

fn values(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn client(software_version: &'static str) -> Client<'static> {
    Client {
        instance: InstanceId([7; 16]),
        client_id: "c1",
        software_name: "apache-kafka-java",
        software_version,
        address: "10.0.0.1".parse().unwrap(),
        port: 5000,
    }
}

#[rstest]
#[case::everybody(&[], true)]
#[case::name(&[("match", "client_software_name=apache-kafka-java")], true)]
#[case::whole_text_only(&[("match", "client_software_name=kafka")], false)]
#[case::sub_versions(&[("match", "client_software_version=4\\..*")], true)]
#[case::all_must_match(&[("match", "client_id=c1, client_software_version=3.*")], false)]
#[case::address(&[("match", "client_source_address=10\\.0\\..*,client_source_port=5000")], true)]
#[case::instance(&[("match", "client_instance_id=BwcHBwcHBwcHBwcHBwcHBw")], true)]
fn clients_are_matched(#[case] pairs: &[(&str, &str)], #[case] matched: bool) {
    assert_eq!(Subscription::parse(&values(pairs)).unwrap().matches(&client("4.1.0")), matched);
}

#[rstest]
#[case::unknown(&[("a", "b")], "Unknown client metrics configuration: a")]
#[case::fast(&[("interval.ms", "99")],
    "Invalid value 99 for interval.ms, interval must be between 100 and 3600000 (1 hour)")]
#[case::slow(&[("interval.ms", "3600001")],
    "Invalid value 3600001 for interval.ms, interval must be between 100 and 3600000 (1 hour)")]
#[case::not_a_number(&[("interval.ms", "x")],
    "Invalid value x for configuration interval.ms: Not a number of type INT")]
#[case::no_param(&[("match", "team=a")], "Illegal client matching pattern: team=a")]
#[case::no_pattern(&[("match", "client_id")], "Illegal client matching pattern: client_id")]
#[case::bad_pattern(&[("match", "client_id=(")], "Illegal client matching pattern: client_id=(")]
#[case::huge_pattern(&[("match", "client_id=(a{1000}){1000}")],
    "Illegal client matching pattern: client_id=(a{1000}){1000}")]
fn a_refusal_is_worded_as_kafkas(#[case] pairs: &[(&str, &str)], #[case] message: &str) {
    assert_eq!(Subscription::parse(&values(pairs)).unwrap_err().to_string(), message);
}
