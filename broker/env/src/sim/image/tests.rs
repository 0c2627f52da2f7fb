use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

const SPACE: u64 = 5 * BLOCK as u64;

#[derive(Clone, Debug)]
enum Step {
    Write(u64, Vec<u8>),
    SetLen(u64),
    Allocate(u64),
    Punch(u64, u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..SPACE, vec(any::<u8>(), 1..6000)).prop_map(|(at, bytes)| Step::Write(at, bytes)),
        (0..SPACE).prop_map(Step::SetLen),
        (0..SPACE).prop_map(Step::Allocate),
        (0..SPACE, 0..SPACE).prop_map(|(at, len)| Step::Punch(at, len)),
    ]
}

/// The same step on a plain vector.
fn apply(model: &mut Vec<u8>, step: &Step) {
    match step {
        Step::Write(at, bytes) => {
            let at = to_usize(*at);
            model.resize(model.len().max(at + bytes.len()), 0);
            model[at..at + bytes.len()].copy_from_slice(bytes);
        }
        Step::SetLen(len) => model.resize(to_usize(*len), 0),
        Step::Allocate(len) => model.resize(model.len().max(to_usize(*len)), 0),
        Step::Punch(at, len) => {
            let end = to_usize(at + len).min(model.len());
            let at = to_usize(*at).min(end);
            model[at..end].fill(0);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_file_of_pages_is_a_vector(steps in vec(step(), 0..12), at in 0..SPACE, len in 0..20_000_usize) {
        let (mut body, mut model) = (Body::default(), Vec::new());
        for step in &steps {
            match step {
                Step::Write(at, bytes) => body.write(bytes, *at).unwrap(),
                Step::SetLen(len) => body.set_len(*len).unwrap(),
                Step::Allocate(len) => body.allocate(*len).unwrap(),
                Step::Punch(at, len) => body.punch(*at, *len),
            }
            apply(&mut model, step);
        }
        prop_assert_eq!(body.len(), model.len() as u64);
        let mut read = vec![0xaa; len];
        let count = body.read(&mut read, at);
        let expected = model.get(to_usize(at)..).unwrap_or_default();
        prop_assert_eq!(&read[..count], &expected[..expected.len().min(len)]);
        prop_assert!(body.allocated_bytes() <= (model.len() as u64).next_multiple_of(BLOCK_U64));
    }
}
