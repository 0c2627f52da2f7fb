use std::collections::BTreeMap;

use rstest::rstest;

use super::*;

const CODE_CLIENT: [u8; 16] = [9; 16];

fn at(seconds: u64) -> Instant {
    Instant((1_000 + seconds) * 1_000_000_000)
}

fn client(instance: InstanceId) -> Client<'static> {
    Client {
        instance,
        client_id: "c",
        software_name: "s",
        software_version: "1",
        address: "127.0.0.1".parse().unwrap(),
        port: 1,
    }
}

fn subscription(pairs: &[(&str, &str)]) -> Subscription {
    let values: BTreeMap<String, String> =
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Subscription::parse(&values).unwrap()
}

/// Subscribed to everything every ten seconds.
fn telemetry() -> Telemetry {
    let mut telemetry = Telemetry::new(100);
    telemetry.subscribe(vec![subscription(&[("metrics", "*"), ("interval.ms", "10000")])]);
    telemetry
}

fn get(telemetry: &mut Telemetry, seconds: u64) -> Result<Granted, ErrorCode> {
    telemetry.get(client(InstanceId(CODE_CLIENT)), at(seconds), || unreachable!())
}

fn push_as(
    telemetry: &mut Telemetry,
    seconds: u64,
    change: impl FnOnce(&mut Push),
) -> Result<(), ErrorCode> {
    let id = get_id(telemetry);
    let mut push =
        Push { subscription_id: id, terminating: false, is_known_codec: true, sent_bytes: 10 };
    change(&mut push);
    telemetry.admit(client(InstanceId(CODE_CLIENT)), push, at(seconds))
}

/// Pushes these bytes a second after asking.
fn push_bytes(telemetry: &mut Telemetry, plain: Option<&[u8]>) -> Result<(), ErrorCode> {
    get(telemetry, 0).unwrap();
    let subscription_id = get_id(telemetry);
    let push = Push { subscription_id, terminating: false, is_known_codec: true, sent_bytes: 10 };
    telemetry.admit(client(InstanceId(CODE_CLIENT)), push, at(1)).unwrap();
    let pushed = plain.map_or_else(Pushed::unreadable, Pushed::read);
    telemetry.take(InstanceId(CODE_CLIENT), pushed)
}

fn get_id(telemetry: &Telemetry) -> i32 {
    let known = telemetry.instances.get(&InstanceId(CODE_CLIENT));
    known.map_or(0, |known| known.subscription_id)
}

#[test]
fn trap_112_a_client_without_an_id_gets_one_with_its_interval() {
    let mut telemetry = telemetry();
    let granted = telemetry.get(client(InstanceId::ZERO), at(0), || [5; 16]).unwrap();
    assert_eq!(granted.instance, InstanceId([5; 16]));
    assert_eq!((granted.metrics.join(","), granted.interval_ms), ("*".to_owned(), 10_000));
}

#[test]
fn nobody_is_subscribed_to_nothing_every_five_minutes() {
    let granted = Telemetry::new(100).get(client(InstanceId::ZERO), at(0), || [5; 16]).unwrap();
    assert_eq!((granted.metrics.len(), granted.interval_ms), (0, 300_000));
}

#[test]
fn subscriptions_that_match_are_joined() {
    let mut telemetry = Telemetry::new(100);
    telemetry.subscribe(vec![
        subscription(&[("metrics", "b,a"), ("interval.ms", "2000")]),
        subscription(&[("metrics", "a,c"), ("interval.ms", "1000")]),
        subscription(&[("metrics", "no"), ("match", "client_id=other")]),
    ]);
    let granted = get(&mut telemetry, 0).unwrap();
    assert_eq!((granted.metrics.join(","), granted.interval_ms), ("a,b,c".to_owned(), 1_000));
}

/// A list may have 32 KB, and there may be 16,384 instances.
#[test]
fn instances_that_are_subscribed_alike_share_their_metrics() {
    let mut telemetry = Telemetry::new(100);
    let all = subscription(&[("metrics", "b,a")]);
    let some = subscription(&[("metrics", "c"), ("match", "client_id=other")]);
    telemetry.subscribe(vec![all, some]);
    let metrics = |telemetry: &mut Telemetry, id: u8, client_id: &str, seconds: u64| {
        let client = Client { client_id, ..client(InstanceId([id; 16])) };
        telemetry.get(client, at(seconds), || unreachable!()).unwrap().metrics
    };
    let first = metrics(&mut telemetry, 1, "c", 0);
    let other = metrics(&mut telemetry, 2, "other", 0);
    assert!(Arc::ptr_eq(&first, &metrics(&mut telemetry, 3, "c", 1)));
    assert!(Arc::ptr_eq(&other, &metrics(&mut telemetry, 4, "other", 1)));
    assert_eq!((first.join(","), other.join(",")), ("a,b".to_owned(), "a,b,c".to_owned()));

    telemetry.subscribe(vec![subscription(&[("metrics", "d")])]);
    let changed = metrics(&mut telemetry, 1, "c", 300);
    assert_eq!(changed.join(","), "d");
    assert!(Arc::ptr_eq(&changed, &metrics(&mut telemetry, 2, "other", 301)));
    assert_eq!(telemetry.shared.len(), 1, "what was subscribed to before is forgotten");
    drop(changed);
    telemetry.expire(at(10_000));
    assert_eq!(telemetry.shared.len(), 0, "and so is what nobody has any more");
}

#[test]
fn requests_before_their_time_are_refused() {
    let mut telemetry = telemetry();
    get(&mut telemetry, 0).unwrap();
    assert_eq!(get(&mut telemetry, 5), Err(ErrorCode::ThrottlingQuotaExceeded));
    push_as(&mut telemetry, 6, |_| {}).unwrap();
    assert_eq!(
        push_as(&mut telemetry, 7, |_| {}),
        Err(ErrorCode::ThrottlingQuotaExceeded),
        "one push at a time of the client's choice"
    );
    push_as(&mut telemetry, 16, |_| {}).unwrap();
    get(&mut telemetry, 26).unwrap();
}

#[rstest]
#[case::subscription(|push: &mut Push| push.subscription_id ^= 1, ErrorCode::UnknownSubscriptionId)]
#[case::codec(|push: &mut Push| push.is_known_codec = false, ErrorCode::UnsupportedCompressionType)]
#[case::size(|push: &mut Push| push.sent_bytes = 101, ErrorCode::TelemetryTooLarge)]
fn a_bad_push_has_kafkas_code(#[case] change: fn(&mut Push), #[case] code: ErrorCode) {
    let mut telemetry = telemetry();
    get(&mut telemetry, 0).unwrap();
    assert_eq!(push_as(&mut telemetry, 1, change), Err(code));
}

#[rstest]
#[case::corrupt(None)]
#[case::no_otlp(Some(&[255; 9][..]))]
fn metrics_that_cannot_be_read_are_invalid(#[case] plain: Option<&[u8]>) {
    assert_eq!(push_bytes(&mut telemetry(), plain), Err(ErrorCode::InvalidRecord));
}

#[test]
fn a_changed_subscription_is_told_at_once() {
    let mut telemetry = telemetry();
    let before = get(&mut telemetry, 0).unwrap();
    push_as(&mut telemetry, 1, |_| {}).unwrap();
    telemetry.subscribe(vec![subscription(&[("metrics", "a")])]);
    let old = before.subscription_id;
    let refused = push_as(&mut telemetry, 11, |push| push.subscription_id = old);
    assert_eq!(refused, Err(ErrorCode::UnknownSubscriptionId));
    let after = get(&mut telemetry, 11).unwrap();
    assert_ne!(after.subscription_id, before.subscription_id);
    assert_eq!(*after.metrics, ["a"]);
}

#[test]
fn a_client_that_took_its_leave_is_heard_no_more() {
    let mut telemetry = telemetry();
    get(&mut telemetry, 0).unwrap();
    push_as(&mut telemetry, 1, |_| {}).unwrap();
    push_as(&mut telemetry, 2, |push| push.terminating = true).unwrap();
    assert_eq!(push_as(&mut telemetry, 99, |_| {}), Err(ErrorCode::InvalidRequest));
}

#[test]
fn an_id_that_is_reserved_cannot_push() {
    let mut telemetry = telemetry();
    let push = Push { subscription_id: 0, terminating: false, is_known_codec: true, sent_bytes: 0 };
    let refused = telemetry.admit(client(InstanceId::ZERO), push, at(0));
    assert_eq!(refused, Err(ErrorCode::InvalidRequest));
}

/// A gauge named `m` with a value, in OTLP.
fn gauge(name: u8, value: f64) -> Vec<u8> {
    let point = [vec![4 << 3 | 1], value.to_le_bytes().to_vec()].concat();
    let wrap = |field: u8, bytes: &[u8]| {
        [vec![field << 3 | 2, u8::try_from(bytes.len()).unwrap()], bytes.to_vec()].concat()
    };
    let metric = [wrap(1, &[name]), wrap(5, &wrap(1, &point))].concat();
    wrap(1, &wrap(2, &wrap(2, &metric)))
}

#[test]
fn series_are_shown_and_bounded_and_go_with_their_client() {
    let mut telemetry = telemetry();
    push_bytes(&mut telemetry, Some(&gauge(b'm', 2.5))).unwrap();
    let shown: Vec<Shown> = telemetry.series().collect();
    assert_eq!((shown[0].metric.as_str(), shown[0].value), ("m", 2.5));
    assert_eq!(&*shown[0].client_id, "c");
    telemetry.expire(at(30));
    assert_eq!(telemetry.instances(), 1);
    telemetry.expire(at(62));
    assert_eq!((telemetry.instances(), telemetry.series().count()), (0, 0));
}

/// A client may be forgotten while its push is read.
#[test]
fn a_push_of_nobody_changes_nothing() {
    let mut telemetry = telemetry();
    let pushed = Pushed::read(&gauge(b'm', 2.5));
    telemetry.take(InstanceId(CODE_CLIENT), pushed).unwrap();
    assert_eq!((telemetry.instances(), telemetry.series().count()), (0, 0));
}

#[test]
fn instances_made_up_do_not_fill_the_memory() {
    let mut telemetry = telemetry();
    for n in 0..=INSTANCES_MAX as u128 {
        let id = InstanceId((n + 2).to_be_bytes());
        telemetry.get(client(id), at(0), || unreachable!()).unwrap();
    }
    assert_eq!(telemetry.instances(), INSTANCES_MAX);
}
