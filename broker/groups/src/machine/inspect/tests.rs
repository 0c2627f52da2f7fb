use rstest::rstest;

use super::*;

fn classic(state: &'static str) -> ListedGroup {
    ListedGroup { id: "g".into(), protocol_type: "consumer".into(), state, kind: "Classic" }
}

#[rstest]
#[case::everything(&[], &[], true)]
#[case::its_state(&["Stable"], &[], true)]
#[case::another_state(&["Empty"], &[], false)]
#[case::one_of_many(&["Empty", "Stable"], &[], true)]
#[case::in_any_case(&["sTABLE"], &["CLASSIC"], true)]
#[case::with_blanks(&[" stable "], &[], true)]
#[case::its_type(&[], &["classic"], true)]
#[case::another_type(&[], &["consumer"], false)]
#[case::both_must_pass(&["Stable"], &["consumer"], false)]
#[case::a_name_nobody_has(&["Sleeping"], &[], false)]
fn trap_82_groups_are_listed_by_state_and_type(
    #[case] states: &[&str],
    #[case] types: &[&str],
    #[case] passes: bool,
) {
    let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    let filter = GroupFilter { states: owned(states), types: owned(types) };
    assert_eq!(filter.passes(&classic("Stable")), passes);
}
