use super::*;

fn of(durations: &Durations, wanted: ApiKey) -> Distribution {
    durations.all().find(|(api, _)| *api == wanted).unwrap().1
}

#[test]
fn each_duration_counts_in_its_bucket_and_all_longer_ones() {
    let durations = Durations::new([ApiKey::Produce, ApiKey::Fetch].into_iter());
    durations.record(ApiKey::Produce, 100_000, 2);
    durations.record(ApiKey::Produce, 100_001, 3);
    durations.record(ApiKey::Produce, 20_000_000_000, 1);
    durations.record(ApiKey::Metadata, 1, 1);

    let produce = of(&durations, ApiKey::Produce);
    assert_eq!(produce.buckets[..3], [(0.0001, 2), (0.000_25, 5), (0.0005, 5)]);
    assert_eq!((produce.buckets.len(), produce.buckets[15], produce.count), (16, (10.0, 5), 6));
    assert!((produce.sum_seconds - 20.000_500_003).abs() < 1e-12);
    assert_eq!(of(&durations, ApiKey::Fetch).count, 0, "served, and never asked for");
}
