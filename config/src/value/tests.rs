use std::collections::BTreeSet;

use rstest::rstest;

use super::*;

fn checked(kind: Kind, check: Check, text: &str) -> Result<Value, InvalidConfig> {
    let value = kind.parse("k", text)?;
    check.verify("k", &value)?;
    Ok(value)
}

#[rstest]
#[case(Kind::Boolean, Check::Any, "TRUE", Value::Boolean(true))]
#[case(Kind::Long, Check::AtLeast(-1), " -1 ", Value::Number(-1))]
#[case(Kind::Int, Check::Any, "2147483647", Value::Number(2_147_483_647))]
#[case(Kind::Double, Check::Fraction, "0.25", Value::Double(0.25))]
#[case(Kind::List, Check::ListOf(&["a", "b"]), "a, b", Value::List(vec!["a".into(), "b".into()]))]
#[case(Kind::List, Check::ListOf(&["a"]), "", Value::List(vec![]))]
#[case(Kind::List, Check::ListOf(&["a"]), "a, a", Value::List(vec!["a".into()]))]
#[case(Kind::List, Check::ThrottledReplicas, "*", Value::List(vec!["*".into()]))]
#[case(Kind::List, Check::ThrottledReplicas, "0:1,1:2", Value::List(vec!["0:1".into(), "1:2".into()]))]
#[case(Kind::Int, Check::MinusOneOr(1, 9), "-1", Value::Number(-1))]
fn accepts(#[case] kind: Kind, #[case] check: Check, #[case] text: &str, #[case] value: Value) {
    assert_eq!(checked(kind, check, text), Ok(value));
}

#[rstest]
#[case(
    Kind::Boolean,
    Check::Any,
    "yes",
    "Invalid value yes for configuration k: Expected value to be either true or false"
)]
#[case(
    Kind::Int,
    Check::Any,
    "2147483648",
    "Invalid value 2147483648 for configuration k: Not a number of type INT"
)]
#[case(
    Kind::Long,
    Check::Any,
    "1.5",
    "Invalid value 1.5 for configuration k: Not a number of type LONG"
)]
#[case(
    Kind::Int,
    Check::AtLeast(1_048_576),
    "14",
    "Invalid value 14 for configuration k: Value must be at least 1048576"
)]
#[case(
    Kind::Double,
    Check::Fraction,
    "1.5",
    "Invalid value 1.5 for configuration k: Value must be no more than 1"
)]
#[case(
    Kind::Int,
    Check::MinusOneOr(1, 9),
    "0",
    "Invalid value 0 for configuration k: Value must be between 1 and 9 or equal to -1"
)]
#[case(Kind::String, Check::OneOf(&["a", "b"]), "c",
    "Invalid value c for configuration k: String must be one of: a, b")]
#[case(Kind::List, Check::ListOf(&["a", "b"]), "a,c",
    "Invalid value c for configuration k: String must be one of: a, b")]
#[case(Kind::List, Check::ListOf(&["a", "b"]), "a,", "Configuration 'k' values must not be empty.")]
#[case(
    Kind::List,
    Check::ThrottledReplicas,
    "0-1",
    "Invalid value [0-1] for configuration k: k must be the literal '*' or a list of replicas in the following format: \
     [partitionId]:[brokerId],[partitionId]:[brokerId],..."
)]
fn refuses_in_kafkas_words(
    #[case] kind: Kind,
    #[case] check: Check,
    #[case] text: &str,
    #[case] message: &str,
) {
    assert_eq!(checked(kind, check, text).unwrap_err().0, message);
}

#[test]
fn a_long_list_keeps_the_first_of_each_item_in_order() {
    // A step that shares no factor with the number of names meets each of them in a mixed order.
    let items: Vec<String> = (0..100_000_u64).map(|i| (i * 7919 % 60_000).to_string()).collect();
    let mut model = BTreeSet::new();
    let expected: Vec<String> = items.iter().filter(|item| model.insert(*item)).cloned().collect();
    assert_eq!(Kind::List.parse("k", &items.join(", ")), Ok(Value::List(expected)));
}
