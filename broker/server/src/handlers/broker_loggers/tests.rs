use parking_lot::Mutex;
use rstest::rstest;

use super::*;

const NODE: BrokerId = BrokerId(1);

/// What was asked of the loggers.
#[derive(Debug, Default)]
struct Recorded(Mutex<Vec<(String, Option<LogLevel>)>>);

impl Loggers for Recorded {
    fn levels(&self) -> Vec<(String, LogLevel)> {
        vec![(ROOT.to_owned(), LogLevel::Info), ("broker_wal".to_owned(), LogLevel::Warn)]
    }

    fn change(&self, changes: &[(String, Option<LogLevel>)]) {
        self.0.lock().extend_from_slice(changes);
    }
}

fn one(name: &str, operation: Operation, value: Option<&str>) -> Vec<Alteration> {
    vec![Alteration { name: name.to_owned(), operation, value: value.map(str::to_owned) }]
}

#[rstest]
#[case(
    "1",
    one("root", Operation::Set, Some("LOUD")),
    40,
    "Cannot set the log level of root to LOUD as it is not a supported log level. Valid log levels are DEBUG, ERROR, FATAL, INFO, TRACE, WARN"
)]
#[case("1", one("no.such", Operation::Set, Some("INFO")), 40, "Logger no.such does not exist!")]
#[case("1", one("no.such", Operation::Delete, None), 40, "Logger no.such does not exist!")]
#[case(
    "1",
    one("root", Operation::Delete, None),
    42,
    "Removing the log level of the root logger is not allowed"
)]
#[case(
    "1",
    one("root", Operation::Append, Some("INFO")),
    42,
    "APPEND operation is not allowed for the BROKER_LOGGER resource"
)]
#[case(
    "1",
    one("root", Operation::Subtract, Some("INFO")),
    42,
    "SUBTRACT operation is not allowed for the BROKER_LOGGER resource"
)]
#[case("1", one("root", Operation::Set, None), 42, "Null value not supported for : root")]
#[case("2", vec![], 42, "Unexpected node id. Expected 1, but received 2")]
#[case("x", vec![], 42, "Node id must be an integer, but it is: x")]
#[case("", vec![], 42, "Node id must be an integer, but it is: ")]
fn a_refusal_carries_kafkas_code_and_message_and_changes_nothing(
    #[case] name: &str,
    #[case] alterations: Vec<Alteration>,
    #[case] code: i16,
    #[case] message: &str,
) {
    let loggers = Recorded::default();
    let refused = alter(name, &alterations, false, NODE, &loggers).unwrap_err();
    assert_eq!((refused.code.to_wire(), refused.message.as_str()), (code, message));
    assert!(loggers.0.lock().is_empty());
}

#[test]
fn levels_are_set_and_taken_back_unless_only_checked() {
    let loggers = Recorded::default();
    let mut changes = one("root", Operation::Set, Some("DEBUG"));
    changes.extend(one("broker_wal", Operation::Delete, None));
    alter("1", &changes, true, NODE, &loggers).unwrap();
    assert!(loggers.0.lock().is_empty(), "validate_only");
    alter("1", &changes, false, NODE, &loggers).unwrap();
    assert_eq!(
        *loggers.0.lock(),
        [("root".to_owned(), Some(LogLevel::Debug)), ("broker_wal".to_owned(), None)]
    );
}

#[test]
fn one_bad_change_of_several_changes_nothing() {
    let loggers = Recorded::default();
    let mut changes = one("root", Operation::Set, Some("DEBUG"));
    changes.extend(one("no.such", Operation::Set, Some("DEBUG")));
    assert!(alter("1", &changes, false, NODE, &loggers).is_err());
    assert!(loggers.0.lock().is_empty());
}

#[rstest]
#[case("", "Broker id must not be empty")]
#[case("9", "Unexpected broker id, expected 1 but received 9")]
#[case("x", "Broker id must be an integer, but it is: x")]
fn a_description_is_this_brokers(#[case] name: &str, #[case] message: &str) {
    let refused = describe(name, NODE, &Recorded::default()).unwrap_err();
    assert_eq!((refused.code, refused.message.as_str()), (ErrorCode::InvalidRequest, message));
    assert_eq!(describe("1", NODE, &Recorded::default()).unwrap().len(), 2);
}
