use rstest::rstest;

use super::*;
use crate::broker::LogFormat;

fn environment(pairs: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
    pairs.iter().map(|(name, value)| (OsString::from(name), OsString::from(value))).collect()
}

fn from_file(text: &str) -> Result<BrokerConfig, LoadError> {
    Loader::new(Profile::Standard).file("r.toml", text)?.build()
}

fn with_flags(pairs: &[(&str, &str)]) -> Result<BrokerConfig, LoadError> {
    let mut loader = Loader::new(Profile::Standard);
    for (name, value) in pairs {
        loader = loader.flag(name, value)?;
    }
    loader.build()
}

#[rstest]
#[case(Profile::Standard, 1 << 30, 100 << 20)]
#[case(Profile::Development, 256 << 20, 64 << 20)]
fn the_built_in_defaults_hang_together(
    #[case] profile: Profile,
    #[case] ring: u64,
    #[case] request_max: u32,
) {
    let config = Loader::new(profile).build().unwrap();
    assert_eq!(config.ring_size, ring);
    assert_eq!(config.memory_request_bytes, ring / 4);
    assert_eq!(config.memory_response_bytes, ring / 4);
    assert_eq!(config.socket_request_max_bytes, request_max);
    assert_eq!(config.topic_limits().max_message_bytes, ring / 8);
    assert_eq!(config.listeners.len(), 1);
    assert_eq!(config.listeners[0].bind.to_string(), "127.0.0.1:9092");
    assert_eq!(config.http_bind.to_string(), "127.0.0.1:8080");
    assert_eq!(config.log_format, LogFormat::Auto);
    assert!(config.auto_create_topics && config.delete_topics);
    assert!(config.given.is_empty());
}

#[test]
fn flags_beat_the_environment_which_beats_the_file_whatever_the_order_of_calls() {
    let config = Loader::new(Profile::Standard)
        .flag("num.partitions", "3")
        .unwrap()
        .environment(
            environment(&[
                ("RINGTIDE_NUM__PARTITIONS", "2"),
                ("RINGTIDE_RING__SIZE", "32MiB"),
                ("RINGTIDE_BOOTSTRAP", "for the CLI"),
                ("HOME", "/root"),
            ]),
            &["RINGTIDE_BOOTSTRAP"],
        )
        .unwrap()
        .file("r.toml", "num.partitions = 1\nring.size = '64MiB'\nnode.id = 9\n")
        .unwrap()
        .build()
        .unwrap();
    assert_eq!(config.num_partitions, 3);
    assert_eq!(config.ring_size, 32 << 20);
    assert_eq!(config.node_id.0, 9);
    assert_eq!(config.given.get("ring.size").map(String::as_str), Some("33554432"));
}

#[rstest]
#[case("[ring]\nsize = '64MiB'")]
#[case("ring.size = 67108864")]
#[case("'ring.size' = '64 MiB'")]
fn nesting_and_dots_say_the_same(#[case] text: &str) {
    assert_eq!(from_file(text).unwrap().ring_size, 64 << 20);
}

#[rstest]
#[case("log.retention.ms = 5", "log.retention.ms", "5")]
#[case("auto.create.topics.enable = false", "auto.create.topics.enable", "false")]
#[case("log.cleanup.policy = ['compact', 'delete']", "log.cleanup.policy", "compact,delete")]
fn kafkas_broker_names_are_settings(#[case] text: &str, #[case] name: &str, #[case] value: &str) {
    assert_eq!(from_file(text).unwrap().given.get(name).map(String::as_str), Some(value));
}

#[rstest]
#[case("RINGTIDE_LOG__RETENTION_MS")]
#[case("RINGTIDE_LOG__RETENTION__MS")]
#[case("RINGTIDE_LOG_RETENTION_MS")]
fn variables_have_no_dots(#[case] variable: &str) {
    let loader = Loader::new(Profile::Standard);
    let loader = loader.environment(environment(&[(variable, "5")]), &[]).unwrap();
    assert!(loader.build().unwrap().given.contains_key("log.retention.ms"));
}

#[rstest]
#[case("ring.sise = 1", "file r.toml: unknown setting \"ring.sise\"; did you mean \"ring.size\"?")]
#[case("something.else = 1", "file r.toml: unknown setting \"something.else\"")]
#[case("process.roles = 'x'", "file r.toml: setting \"process.roles\" is shown, but cannot be set")]
#[case(
    "node.id = 'x'",
    "file r.toml: Invalid value x for configuration node.id: Not a number of type INT"
)]
#[case(
    "ring.size = '8MiB'",
    "file r.toml: Invalid value 8388608 for configuration ring.size: Value must be at least \
     16777216 (16 MiB)"
)]
#[case(
    "ring.size = 16777217",
    "file r.toml: Invalid value 16777217 for configuration ring.size: Value must be a multiple of \
     65536 (64 KiB)"
)]
#[case(
    "ring.size = '16MiB'\nmessage.max.bytes = '4MiB'",
    "file r.toml: Invalid value 4194304 for configuration message.max.bytes: Value must be no \
     more than 2097152, an eighth of the ring"
)]
#[case(
    "ring.size = '16MiB'\nsocket.request.max.bytes = '5MiB'",
    "file r.toml: Invalid value 5242880 for configuration socket.request.max.bytes: Value must be \
     no more than 4194304, the memory.request.bytes"
)]
#[case(
    "[[listeners]]\nbind = 'h:1'\nnmae = 'a'",
    "file r.toml: unknown setting \"listeners.nmae\"; did you mean \"listeners.name\"?"
)]
#[case(
    "[[listeners]]\nbind = 'h:1'\nprotocol = 'SSL'",
    "file r.toml: protocol SSL of a listener is not supported; only PLAINTEXT is served so far"
)]
#[case(
    "log.retention.hours = 0",
    "file r.toml: Invalid value 0 for configuration log.retention.hours: Value must be unlimited \
     (-1) or greater than or equal to 1"
)]
#[case(
    "log.retention.minutes = 0",
    "file r.toml: Invalid value 0 for configuration log.retention.minutes: Value must be \
     unlimited (-1) or greater than or equal to 1"
)]
#[case(
    "log.retention.ms = 0",
    "file r.toml: Invalid value 0 for configuration log.retention.ms: Value must be unlimited \
     (-1) or greater than or equal to 1"
)]
#[case(
    "logging.level = 'warning'",
    "file r.toml: Invalid value warning for configuration logging.level: \"warning\" is no level; \
     give off, error, warn, info, debug or trace, alone or as module=level"
)]
#[case(
    "listeners = 'h'",
    "file r.toml: \"h\" is not HOST:PORT; an IPv6 address stands in brackets, as in [::1]:9092"
)]
fn what_is_wrong_is_named_with_its_origin(#[case] text: &str, #[case] message: &str) {
    assert_eq!(from_file(text).unwrap_err().to_string(), message);
}

#[rstest]
#[case(&[("max.session.timeout.ms", "44999")],
    "max.session.timeout.ms must be greater than or equal to min.session.timeout.ms")]
#[case(&[("session.timeout.ms", "44999")],
    "session.timeout.ms must be greater than or equal to min.session.timeout.ms")]
#[case(&[("session.timeout.ms", "60001")],
    "session.timeout.ms must be less than or equal to max.session.timeout.ms")]
#[case(&[("max.heartbeat.interval.ms", "4999")],
    "max.heartbeat.interval.ms must be greater than or equal to min.heartbeat.interval.ms")]
#[case(&[("heartbeat.interval.ms", "4999")],
    "heartbeat.interval.ms must be greater than or equal to min.heartbeat.interval.ms")]
#[case(&[("heartbeat.interval.ms", "15001")],
    "heartbeat.interval.ms must be less than or equal to max.heartbeat.interval.ms")]
#[case(&[("heartbeat.interval.ms", "45000"), ("max.heartbeat.interval.ms", "45000")],
    "heartbeat.interval.ms must be less than session.timeout.ms")]
#[case(&[("min.assignment.interval.ms", "1001")],
    "assignment.interval.ms must be greater than or equal to min.assignment.interval.ms")]
#[case(&[("assignment.interval.ms", "15001")],
    "assignment.interval.ms must be less than or equal to max.assignment.interval.ms")]
#[case(&[("max.assignment.interval.ms", "999")],
    "assignment.interval.ms must be less than or equal to max.assignment.interval.ms")]
fn group_settings_bound_each_other(
    #[values("consumer", "share", "streams")] of: &str,
    #[case] settings: &[(&str, &str)],
    #[case] refusal: &str,
) {
    let of = format!("group.{of}.");
    let file: String =
        settings.iter().map(|(name, value)| format!("{of}{name} = {value}\n")).collect();
    let (name, rest) = refusal.split_once(' ').unwrap();
    let (words, other) = rest.rsplit_once(' ').unwrap();
    let message = format!("file r.toml: {of}{name} {words} {of}{other}");
    assert_eq!(from_file(&file).unwrap_err().to_string(), message);
}

#[rstest]
#[case(&[("group.consumer.session.timeout.ms", "60000")])]
#[case(&[("group.consumer.min.assignment.interval.ms", "1000")])]
#[case(&[
    ("group.consumer.min.session.timeout.ms", "500"),
    ("group.consumer.session.timeout.ms", "5001"),
])]
fn group_settings_within_their_bounds_are_taken(#[case] settings: &[(&str, &str)]) {
    assert!(with_flags(settings).is_ok());
}

#[test]
fn a_file_that_is_not_toml_names_the_line() {
    let error = from_file("ring.size = \n").unwrap_err().to_string();
    assert!(error.starts_with("file r.toml is not TOML: "), "{error}");
    assert!(error.contains("line 1"), "{error}");
}

#[test]
fn an_unknown_variable_is_refused_with_a_suggestion() {
    let variables = environment(&[("RINGTIDE_RING__SISE", "1")]);
    let error = Loader::new(Profile::Standard).environment(variables, &[]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "environment variable RINGTIDE_RING__SISE: unknown setting \"ring__sise\"; did you mean \
         \"ring.size\"?"
    );
}

#[rstest]
#[case("RINGTIDE_SERVICE_HOST", true)]
#[case("RINGTIDE_SERVICE_PORT", true)]
#[case("RINGTIDE_SERVICE_PORT_KAFKA", true)]
#[case("RINGTIDE_PORT", true)]
#[case("RINGTIDE_PORT_9092_TCP", true)]
#[case("RINGTIDE_PORT_9092_TCP_ADDR", true)]
#[case("RINGTIDE_PORT_KAFKA", false)]
#[case("RINGTIDE_PORT_99999_TCP", false)]
#[case("RINGTIDE_PORTS", false)]
#[case("RINGTIDE_SERVICE_NAME", false)]
fn what_kubernetes_sets_for_a_service_of_our_name_is_passed_over(
    #[case] variable: &str,
    #[case] passed_over: bool,
) {
    let variables = environment(&[(variable, "tcp://10.0.0.1:9092")]);
    let loader = Loader::new(Profile::Standard).environment(variables, &[]);
    assert_eq!(loader.is_ok(), passed_over);
}

#[test]
fn no_settings_variable_is_taken_for_one_of_kubernetes() {
    for key in broker_keys() {
        let name = key.name.to_ascii_uppercase().replace(['.', '-'], "_");
        assert!(!is_service_link(&name), "{name}");
    }
}

#[test]
fn listener_tables_carry_name_bind_protocol_and_advertised() {
    let config = from_file(
        "[[listeners]]\nname = 'internal'\nbind = '0.0.0.0:9092'\nadvertised = 'broker:9092'\n\
         [[listeners]]\nname = 'external'\nbind = '0.0.0.0:19092'\nprotocol = 'plaintext'\n",
    )
    .unwrap();
    let advertised: Vec<_> =
        config.listeners.iter().map(|l| (l.name.as_str(), l.advertised.to_string())).collect();
    assert_eq!(
        advertised,
        [("INTERNAL", "broker:9092".to_owned()), ("EXTERNAL", "localhost:19092".to_owned())]
    );
    assert!(config.listeners[0].advertised_given && !config.listeners[1].advertised_given);
}

#[test]
fn a_listeners_flag_replaces_the_files_tables() {
    let config = Loader::new(Profile::Standard)
        .file("r.toml", "[[listeners]]\nbind = 'h:1'\n")
        .unwrap()
        .flag("listeners", "0.0.0.0:0")
        .unwrap()
        .flag("advertised.listeners", "box:7")
        .unwrap()
        .build()
        .unwrap();
    assert_eq!(config.listeners.len(), 1);
    assert_eq!(config.listeners[0].bind.to_string(), "0.0.0.0:0");
    assert_eq!(config.listeners[0].advertised.to_string(), "box:7");
}

#[rstest]
#[case(&[("shards", "0")], None)]
#[case(&[("shards", "3")], Some(3))]
fn zero_shards_mean_one_per_core(#[case] flags: &[(&str, &str)], #[case] shards: Option<u32>) {
    assert_eq!(with_flags(flags).unwrap().shards, shards);
}

#[test]
fn every_settings_default_passes_its_own_check() {
    assert!(broker_keys().is_sorted_by(|a, b| a.name < b.name));
    for key in broker_keys() {
        if let Some(default) = key.default {
            assert!(key.check(default).is_ok(), "{}", key.name);
        }
    }
}

#[test]
fn an_assignment_needs_a_value() {
    assert!(Loader::new(Profile::Standard).assignment("ring.size").is_err());
    let loader = Loader::new(Profile::Standard).assignment("ring.size = 32MiB").unwrap();
    assert_eq!(loader.build().unwrap().ring_size, 32 << 20);
}
