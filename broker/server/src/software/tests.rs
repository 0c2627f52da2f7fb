use super::*;

#[test]
fn connections_and_requests_are_counted_by_name_and_version() {
    let table = SoftwareTable::default();
    let (a, b) = (table.enter("a", "1"), table.enter("a", "1"));
    a.answered(3);
    b.answered(2);
    drop(b);
    let [seen] = &*table.all() else { panic!("one") };
    assert_eq!((&*seen.name, &*seen.version), ("a", "1"));
    assert_eq!((seen.connections(), seen.requests()), (1, 5));
    drop(a);
}

#[test]
fn names_made_up_are_the_others() {
    let table = SoftwareTable::default();
    let held: Vec<InUse> =
        (0..KNOWN_MAX + 10).map(|n| table.enter("made-up", &n.to_string())).collect();
    let long = table.enter(&"x".repeat(LENGTH_MAX + 1), "1");
    long.answered(1);
    assert_eq!(table.all().len(), KNOWN_MAX + 1);
    let other = table.all().into_iter().find(|software| &*software.name == "other").unwrap();
    assert_eq!((other.connections(), other.requests()), (11, 1));
    drop(held);
    assert_eq!(other.connections(), 1);
}
