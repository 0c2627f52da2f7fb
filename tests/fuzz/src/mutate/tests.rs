use super::*;

#[test]
fn a_seed_repeats_its_mutations_and_another_does_not() {
    let mutated = |seed| {
        let mut input = vec![7; 500];
        let shape = Shape { length_max: 1000, grain: 0 };
        mutate(&mut Rng::new(seed), &mut input, &[9; 100], shape);
        input
    };
    assert_eq!(mutated(1), mutated(1));
    assert!((2..20).any(|seed| mutated(seed) != mutated(1)));
}

#[test]
fn no_input_is_too_short_to_mutate_and_none_grows_without_bound() {
    for seed in 0..20_000 {
        let mut input = vec![0; usize::try_from(seed % 5).unwrap()];
        let grain = usize::try_from(seed % 3).unwrap();
        mutate(&mut Rng::new(seed), &mut input, &[1, 2, 3], Shape { length_max: 64, grain });
        assert!(input.len() <= 64);
    }
}
