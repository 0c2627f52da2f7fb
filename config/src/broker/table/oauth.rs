//! OAUTHBEARER as Kafka configures it. Refused until listeners have SASL.

use crate::broker::key::{BrokerKey, boolean, class, int, list, long, password, string};

pub(super) const KEYS: &[BrokerKey] = &[
    string("sasl.oauthbearer.assertion.algorithm", "Algorithm that signs an assertion.")
        .or("RS256")
        .one_of_any_case(&["ES256", "RS256"])
        .refused(),
    string("sasl.oauthbearer.assertion.claim.aud", "Audience an assertion names.").refused(),
    int("sasl.oauthbearer.assertion.claim.exp.seconds", "How long an assertion is valid.")
        .or("300")
        .between(0, 86_400)
        .refused(),
    string("sasl.oauthbearer.assertion.claim.iss", "Issuer an assertion names.").refused(),
    boolean(
        "sasl.oauthbearer.assertion.claim.jti.include",
        "Whether an assertion carries an id of its own.",
    )
    .or("false")
    .refused(),
    int(
        "sasl.oauthbearer.assertion.claim.nbf.seconds",
        "How far back an assertion's validity begins.",
    )
    .or("60")
    .between(0, 3600)
    .refused(),
    string("sasl.oauthbearer.assertion.claim.sub", "Subject an assertion names.").refused(),
    string("sasl.oauthbearer.assertion.file", "File with a finished assertion.").refused(),
    string("sasl.oauthbearer.assertion.private.key.file", "File of the key that signs assertions.")
        .refused(),
    password("sasl.oauthbearer.assertion.private.key.passphrase", "Passphrase of that key.")
        .refused(),
    string(
        "sasl.oauthbearer.assertion.template.file",
        "File with the fixed parts of an assertion.",
    )
    .refused(),
    string(
        "sasl.oauthbearer.client.credentials.client.id",
        "Client id for the client-credentials grant.",
    )
    .refused(),
    password(
        "sasl.oauthbearer.client.credentials.client.secret",
        "Client secret for the client-credentials grant.",
    )
    .refused(),
    int("sasl.oauthbearer.clock.skew.seconds", "How far clocks may differ.").or("30").refused(),
    list("sasl.oauthbearer.expected.audience", "Audiences a token must name.").or("").refused(),
    string("sasl.oauthbearer.expected.issuer", "Issuer a token must name.").refused(),
    long(
        "sasl.oauthbearer.jwks.endpoint.refresh.ms",
        "How often the provider's keys are fetched again.",
    )
    .or("3600000")
    .refused(),
    long(
        "sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms",
        "Longest pause before the keys are fetched again after a failure.",
    )
    .or("10000")
    .refused(),
    long(
        "sasl.oauthbearer.jwks.endpoint.retry.backoff.ms",
        "First pause before the keys are fetched again after a failure.",
    )
    .or("100")
    .refused(),
    string("sasl.oauthbearer.jwks.endpoint.url", "Where the provider's keys are.").refused(),
    class("sasl.oauthbearer.jwt.retriever.class", "Class that gets tokens.")
        .or("org.apache.kafka.common.security.oauthbearer.DefaultJwtRetriever")
        .refused(),
    class("sasl.oauthbearer.jwt.validator.class", "Class that checks tokens.")
        .or("org.apache.kafka.common.security.oauthbearer.DefaultJwtValidator")
        .refused(),
    string("sasl.oauthbearer.scope", "Scope that is asked for.").refused(),
    string("sasl.oauthbearer.scope.claim.name", "Claim that holds the scope.")
        .or("scope")
        .refused(),
    string("sasl.oauthbearer.sub.claim.name", "Claim that holds the subject.").or("sub").refused(),
    string("sasl.oauthbearer.token.endpoint.url", "Where tokens are asked for.").refused(),
];
