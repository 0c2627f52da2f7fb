use rstest::rstest;

use super::*;

#[rstest]
#[case("127.0.0.1:9092", "PLAINTEXT", "127.0.0.1:9092", "127.0.0.1:9092")]
#[case("external://0.0.0.0:19092", "EXTERNAL", "0.0.0.0:19092", "localhost:19092")]
#[case("[::]:0", "PLAINTEXT", "[::]:0", "localhost:0")]
#[case("[::1]:9092", "PLAINTEXT", "[::1]:9092", "[::1]:9092")]
fn trap_31_a_wildcard_is_never_advertised(
    #[case] text: &str,
    #[case] name: &str,
    #[case] bind: &str,
    #[case] advertised: &str,
) {
    let listener = Listener::parse(text).unwrap();
    assert_eq!(listener.name, name);
    assert_eq!(listener.bind.to_string(), bind);
    assert_eq!(listener.advertised.to_string(), advertised);
    assert!(!listener.advertised_given);
}

#[rstest]
#[case(":9092", Some("0.0.0.0"))]
#[case("*:9092", Some("0.0.0.0"))]
#[case("0.0.0.0:9092", Some("0.0.0.0"))]
#[case("[::]:9092", Some("::"))]
#[case("[0:0:0:0:0:0:0:0]:9092", Some("0:0:0:0:0:0:0:0"))]
#[case("127.0.0.1:9092", None)]
#[case("[::1]:9092", None)]
#[case("host:9092", None)]
fn every_interface_has_many_names(#[case] text: &str, #[case] bound: Option<&str>) {
    let address: HostPort = text.parse().unwrap();
    assert_eq!(address.is_wildcard().then(|| address.bind_host()), bound);
    assert_eq!(
        address.is_wildcard(),
        Listener::plaintext("a", address).advertised.host == "localhost"
    );
}

#[test]
fn the_port_that_was_bound_stands_behind_the_brackets() {
    let address: HostPort = "[::1]:0".parse().unwrap();
    assert_eq!(address.at_port(8080).to_string(), "[::1]:8080");
}

#[rstest]
#[case("9092")]
#[case("host:port")]
#[case("host:99999")]
#[case("::1:9092")]
#[case("a b://host:1")]
#[case("//host:1")]
fn malformed_listeners_are_refused(#[case] text: &str) {
    assert!(Listener::parse(text).is_err());
}

#[rstest]
#[case("a://h:1,a://h:2", ListenerError::DuplicateName("A".into()))]
#[case("a://h:1,b://h:1", ListenerError::DuplicateAddress("h:1".parse().unwrap()))]
fn clashes_are_refused(#[case] text: &str, #[case] error: ListenerError) {
    assert_eq!(Listener::parse_list(text), Err(error));
}

#[test]
fn two_free_ports_do_not_clash() {
    assert_eq!(Listener::parse_list("a://h:0,b://h:0").unwrap().len(), 2);
}

#[rstest]
#[case("broker.example:9092", Ok("A broker.example:9092"))]
#[case("a://broker:1", Ok("A broker:1"))]
#[case("b://broker:1", Err(ListenerError::Unknown("b".into(), "A".into())))]
#[case("0.0.0.0:1", Err(ListenerError::AdvertisedWildcard("0.0.0.0:1".parse().unwrap())))]
fn advertised_addresses_name_listeners(
    #[case] text: &str,
    #[case] expected: Result<&str, ListenerError>,
) {
    let listeners = Listener::parse_list("a://127.0.0.1:0").unwrap();
    let parsed = parse_advertised(text, &listeners)
        .map(|pairs| pairs.iter().map(|(n, a)| format!("{n} {a}")).collect::<Vec<_>>().join(","));
    assert_eq!(parsed, expected.map(str::to_owned));
}

#[test]
fn an_advertised_address_without_name_needs_a_single_listener() {
    let listeners = Listener::parse_list("a://h:1,b://h:2").unwrap();
    assert_eq!(parse_advertised("x:1", &listeners), Err(ListenerError::Ambiguous));
}
