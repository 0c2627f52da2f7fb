use protocol_types::ErrorCode;
use rstest::rstest;

use super::*;

fn message_of(refused: &str) -> String {
    message(&CommandError::new(ErrorCode::InvalidConfig, refused)).unwrap().to_string()
}

#[rstest]
#[case::short("no", 2)]
#[case::longest(&"x".repeat(1_024), 1_024)]
#[case::too_long(&"x".repeat(1_025), 1_024)]
#[case::what_no_text_holds(&"x".repeat(40_000), 1_024)]
#[case::between_characters(&"ü".repeat(20_000), 1_023)]
fn a_message_is_told_as_far_as_it_fits(#[case] refused: &str, #[case] bytes: usize) {
    let told = message_of(refused);
    assert_eq!(told.len(), bytes);
    let kept = told.strip_suffix('…').unwrap_or(&told);
    assert!(refused.starts_with(kept), "{told}");
    assert_eq!(told.ends_with('…'), refused.len() > bytes);
}
