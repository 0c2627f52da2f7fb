use rstest::rstest;
use tracing::Level;

use super::*;

fn level(levels: &Levels, name: &str) -> LogLevel {
    levels.list().into_iter().find(|(logger, _)| logger == name).unwrap().1
}

#[rstest]
#[case("info", LogLevel::Info, LogLevel::Info)]
#[case("warn,broker_wal=debug", LogLevel::Warn, LogLevel::Debug)]
#[case("broker_wal=trace", LogLevel::Error, LogLevel::Trace)]
#[case("WARN,broker_wal=4", LogLevel::Warn, LogLevel::Debug)]
#[case("off", LogLevel::Fatal, LogLevel::Fatal)]
fn the_setting_names_levels(#[case] text: &str, #[case] root: LogLevel, #[case] wal: LogLevel) {
    let levels = Levels::parse(text).unwrap();
    assert_eq!((level(&levels, "root"), level(&levels, "broker_wal")), (root, wal));
    assert_eq!(levels.list()[0].0, "root");
}

#[test]
fn a_setting_that_names_no_level_is_refused() {
    assert!(Levels::parse("info,broker_wal=loud").is_err());
}

#[test]
fn a_changed_level_changes_what_is_logged_and_is_taken_back() {
    let mut levels = Levels::parse("info").unwrap();
    levels.change("broker_wal", Some(LogLevel::Debug));
    assert!(levels.filter().would_enable("broker_wal::ring", &Level::DEBUG));
    assert!(!levels.filter().would_enable("broker_log", &Level::DEBUG));
    levels.change("broker_wal", None);
    assert!(!levels.filter().would_enable("broker_wal::ring", &Level::DEBUG));
    levels.change("root", Some(LogLevel::Fatal));
    assert!(!levels.filter().would_enable("broker_log", &Level::ERROR));
}
