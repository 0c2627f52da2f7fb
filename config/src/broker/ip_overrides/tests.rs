use rstest::rstest;

use super::*;

#[rstest]
#[case("", &[])]
#[case("127.0.0.1:3, [::1]:4", &[("127.0.0.1", 3), ("::1", 4)])]
#[case("fe80::1:9", &[("fe80::1", 9)])]
#[case("::ffff:10.0.0.1:0", &[("10.0.0.1", 0)])]
fn addresses_have_their_own_limits(#[case] text: &str, #[case] limits: &[(&str, u32)]) {
    let expected: Vec<(IpAddr, u32)> =
        limits.iter().map(|(address, most)| (address.parse().unwrap(), *most)).collect();
    assert_eq!(parse_ip_overrides(text), Ok(expected));
}

#[rstest]
#[case("localhost:3")]
#[case("127.0.0.1")]
#[case("127.0.0.1:-1")]
#[case("127.0.0.1:2,x")]
fn what_is_not_an_address_and_a_number_is_refused(#[case] text: &str) {
    assert!(parse_ip_overrides(text).is_err());
}
