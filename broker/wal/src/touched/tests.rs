use super::*;

fn group(touched: &mut Touched, ids: &[u32]) -> Vec<u32> {
    touched.begin();
    ids.iter().for_each(|id| touched.add(LocalId(*id)));
    let list = touched.take();
    let ids = list.iter().map(|id| id.0).collect();
    touched.recycle(list);
    ids
}

#[test]
fn each_partition_is_listed_once_per_group() {
    let mut touched = Touched::default();
    assert_eq!(group(&mut touched, &[3, 3, 1, 3, 1]), [3, 1]);
    assert_eq!(group(&mut touched, &[1, 3, 1]), [1, 3]);
    assert_eq!(group(&mut touched, &[]), []);
}

#[test]
fn huge_ids_cost_no_memory_and_are_not_lost() {
    let mut touched = Touched::default();
    let far = u32::try_from(STAMPS_MAX).unwrap() + 5;
    assert_eq!(group(&mut touched, &[u32::MAX, 5, far, u32::MAX]), [u32::MAX, 5, far]);
    assert!(touched.stamps.len() <= STAMPS_MAX);
}

#[test]
fn stamps_survive_the_wrap_of_group_numbers() {
    let mut touched = Touched::default();
    assert_eq!(group(&mut touched, &[7]), [7]);
    touched.group = u32::MAX;
    assert_eq!(group(&mut touched, &[7]), [7]);
}
