use super::*;

#[test]
fn the_order_of_a_map_is_that_of_its_seed() {
    let order = || {
        let map: HashMap<u32, ()> = (0..100).map(|key| (key, ())).collect();
        map.into_keys().collect::<Vec<_>>()
    };
    assert_eq!(order(), order());
    let set: HashSet<&str> = ["a", "b"].into_iter().collect();
    assert!(set.contains("a") && !set.contains("c"));
}
