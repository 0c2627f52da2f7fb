use rstest::rstest;

use super::*;
use crate::handlers::fixture::Fixture;

#[rstest]
#[case(9, 102, "Broker ID 9 is not currently registered")]
#[case(-1, 102, "Broker ID -1 is not currently registered")]
#[case(1, 42, "Broker ID 1 is running; a broker that runs cannot be unregistered")]
fn nobody_is_gone(#[case] id: i32, #[case] code: i16, #[case] message: &str) {
    let (refused, why) = refusal(&Fixture::new().controller.image(), id);
    assert_eq!((refused.to_wire(), why.as_str()), (code, message));
}
