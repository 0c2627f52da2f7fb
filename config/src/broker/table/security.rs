//! Authentication, authorisation and tokens. What would protect is refused, never silently stored.

use crate::broker::key::{BrokerKey, class, int, long, password, string};

pub(super) const KEYS: &[BrokerKey] = &[
    string("authorizer.class.name", "Class that decides who may do what.").or("").refused(),
    int(
        "connection.failed.authentication.delay.ms",
        "How long a connection stays open after it failed to authenticate.",
    )
    .or("100")
    .at_least(0),
    long("connections.max.reauth.ms", "How long an authentication lasts; 0 is for ever.")
        .or("0")
        .refused(),
    long("delegation.token.expiry.check.interval.ms", "How often expired tokens are removed.")
        .or("3600000")
        .at_least(1),
    long("delegation.token.expiry.time.ms", "How long a token lasts without renewal.")
        .or("86400000")
        .at_least(1),
    long("delegation.token.max.lifetime.ms", "How long a token can be renewed.")
        .or("604800000")
        .at_least(1),
    password("delegation.token.secret.key", "Secret that signs tokens.").refused(),
    class("principal.builder.class", "Class that derives a principal from a connection.")
        .or("\
            org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder")
        .refused(),
    string("security.inter.broker.protocol", "Protocol between brokers.")
        .or("PLAINTEXT")
        .one_of(&["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"])
        .refused(),
    string("security.providers", "Classes that provide security algorithms.").refused(),
];
