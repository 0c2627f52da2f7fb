use broker_controller::commands::alter_client_quotas::{AlterClientQuotas, QuotaAlteration};
use broker_env::ManualClock;

use super::*;
use crate::handlers::fixture::Fixture;

const NOW: Instant = Instant(60_000_000_000);

fn set(fixture: &Fixture, user: Option<&str>, key: &str, value: Option<f64>) {
    let entity = [("user".to_owned(), user.map(str::to_owned))].into_iter().collect();
    let ops = vec![(key.to_owned(), value)];
    let alterations = vec![QuotaAlteration { entity, ops }];
    let command = AlterClientQuotas { alterations, validate_only: false };
    for (_, result) in fixture.controller.submit(command).unwrap() {
        result.unwrap();
    }
}

fn quotas(fixture: &Fixture) -> ClientQuotas {
    ClientQuotas::new(&fixture.config, &fixture.controller.image())
}

fn charged(quotas: &ClientQuotas, client_id: &str) -> Option<Arc<Charged>> {
    let mut held = None;
    quotas.refresh(&mut held, "ANONYMOUS", Some(client_id), NOW);
    held
}

#[test]
fn without_quotas_nothing_is_looked_up() {
    let fixture = Fixture::new();
    let quotas = quotas(&fixture);
    assert!(charged(&quotas, "c").is_none());
    set(&fixture, None, "producer_byte_rate", Some(10.0));
    quotas.follow(&fixture.controller.image());
    assert!(charged(&quotas, "c").unwrap().produce.is_some());
    set(&fixture, None, "producer_byte_rate", None);
    quotas.follow(&fixture.controller.image());
    let mut held = charged(&quotas, "c");
    assert!(held.is_none());
    assert!(!quotas.refresh(&mut held, "ANONYMOUS", Some("c"), NOW));
}

#[test]
fn connections_of_one_user_fill_one_bucket() {
    let fixture = Fixture::new();
    set(&fixture, Some("ANONYMOUS"), "producer_byte_rate", Some(10.0));
    let quotas = quotas(&fixture);
    let (a, b) = (charged(&quotas, "a").unwrap(), charged(&quotas, "b").unwrap());
    assert_eq!(a.produce.as_ref().unwrap().record(200.0, NOW).ms, 10_000);
    let pause = b.produce.as_ref().unwrap().pause(NOW);
    assert_eq!(pause, Throttle::new(Limit::QuotaProduce, 10_000));
    drop((a, b));
    let again = charged(&quotas, "a").unwrap();
    assert_eq!(again.produce.as_ref().unwrap().pause(NOW).ms, 10_000, "connecting anew sheds none");
}

#[test]
fn a_change_reaches_who_is_connected() {
    let fixture = Fixture::new();
    set(&fixture, None, "consumer_byte_rate", Some(10.0));
    let quotas = quotas(&fixture);
    let mut held = charged(&quotas, "c");
    assert!(!quotas.refresh(&mut held, "ANONYMOUS", Some("c"), NOW), "held as it is");
    set(&fixture, None, "consumer_byte_rate", Some(20.0));
    quotas.follow(&fixture.controller.image());
    assert!(quotas.refresh(&mut held, "ANONYMOUS", Some("c"), NOW));
    assert_eq!(held.as_ref().unwrap().fetch.as_ref().unwrap().largest(), 200);
    assert!(quotas.refresh(&mut held, "ANONYMOUS", Some("d"), NOW), "another client id");
}

#[test]
fn client_ids_made_up_do_not_fill_the_memory() {
    let fixture = Fixture::new();
    let entity = [("client-id".to_owned(), None)].into_iter().collect();
    let ops = vec![("producer_byte_rate".to_owned(), Some(1.0))];
    let alterations = vec![QuotaAlteration { entity, ops }];
    let command = AlterClientQuotas { alterations, validate_only: false };
    fixture.controller.submit(command).unwrap();
    let quotas = quotas(&fixture);
    let kept = charged(&quotas, "kept").unwrap();
    for n in 0..=BUCKETS_MAX {
        let made_up = charged(&quotas, &format!("made-up-{n}")).unwrap();
        made_up.produce.as_ref().unwrap().record(1e6, NOW);
    }
    assert!(quotas.table.lock().buckets.len() <= BUCKETS_MAX);
    let again = charged(&quotas, "kept").unwrap();
    assert!(Arc::ptr_eq(again.produce.as_ref().unwrap(), kept.produce.as_ref().unwrap()));
}

#[test]
fn mutations_beyond_the_quota_are_refused_or_waited_off() {
    let fixture = Fixture::new();
    set(&fixture, None, "controller_mutation_rate", Some(1.0));
    let quotas = quotas(&fixture);
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::default());
    let quota = Arc::new(RequestQuota::new(charged(&quotas, "c").unwrap()));
    let strict = MutationQuota::of(Some(&quota), &clock, true).unwrap();
    strict.take(13).unwrap();
    assert_eq!(quota.throttle(0, NOW).ms, 0, "the one that overdraws is let through");
    assert_eq!(strict.take(1).unwrap_err().code, ErrorCode::ThrottlingQuotaExceeded);
    assert_eq!(quota.throttle(0, NOW), Throttle::new(Limit::QuotaControllerMutation, 2_000));

    let asks = Arc::new(RequestQuota::new(charged(&quotas, "c").unwrap()));
    let unspoken = MutationQuota::of(Some(&Arc::new(asks.apart())), &clock, true).unwrap();
    assert_eq!(unspoken.take(1).unwrap_err().code, ErrorCode::ThrottlingQuotaExceeded);
    assert_eq!(asks.throttle(0, NOW).ms, 0, "refused, and not told to wait");

    let older = Arc::new(RequestQuota::new(charged(&quotas, "c").unwrap()));
    let permissive = MutationQuota::of(Some(&older), &clock, false).unwrap();
    permissive.take(1).unwrap();
    assert_eq!(older.throttle(0, NOW).ms, 3_000);
    assert!(MutationQuota::of(None, &clock, true).is_none());
}
