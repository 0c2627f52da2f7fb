//! SASL as Kafka configures it. Refused until listeners have SASL.

use crate::broker::key::{BrokerKey, class, double, int, list, long, password, short, string};

pub(super) const KEYS: &[BrokerKey] = &[
    class("sasl.client.callback.handler.class", "Class that answers a client's SASL callbacks.")
        .refused(),
    list("sasl.enabled.mechanisms", "Mechanisms clients may use.").or("GSSAPI").refused(),
    password("sasl.jaas.config", "Login of the SASL listener, in JAAS form.").refused(),
    string("sasl.kerberos.kinit.cmd", "Path of kinit.").or("/usr/bin/kinit").refused(),
    long("sasl.kerberos.min.time.before.relogin", "Shortest time between two logins to Kerberos.")
        .or("60000")
        .refused(),
    list(
        "sasl.kerberos.principal.to.local.rules",
        "Rules from a Kerberos principal to a short name.",
    )
    .or("DEFAULT")
    .refused(),
    string("sasl.kerberos.service.name", "Kerberos name of the service.").refused(),
    double("sasl.kerberos.ticket.renew.jitter", "Random share added to the time of renewal.")
        .or("0.05")
        .refused(),
    double(
        "sasl.kerberos.ticket.renew.window.factor",
        "Share of a ticket's life after which it is renewed.",
    )
    .or("0.8")
    .refused(),
    class("sasl.login.callback.handler.class", "Class that answers callbacks of the login.")
        .refused(),
    class("sasl.login.class", "Class that logs in.").refused(),
    int("sasl.login.connect.timeout.ms", "How long connecting to a login provider may take.")
        .refused(),
    int("sasl.login.read.timeout.ms", "How long reading from a login provider may take.").refused(),
    short(
        "sasl.login.refresh.buffer.seconds",
        "Time before its end at which a credential is refreshed.",
    )
    .or("300")
    .refused(),
    short("sasl.login.refresh.min.period.seconds", "Shortest time between two refreshes.")
        .or("60")
        .refused(),
    double(
        "sasl.login.refresh.window.factor",
        "Share of a credential's life after which it is refreshed.",
    )
    .or("0.8")
    .refused(),
    double("sasl.login.refresh.window.jitter", "Random share added to the time of refreshing.")
        .or("0.05")
        .refused(),
    long("sasl.login.retry.backoff.max.ms", "Longest pause before a login is tried again.")
        .or("10000")
        .refused(),
    long("sasl.login.retry.backoff.ms", "First pause before a login is tried again.")
        .or("100")
        .refused(),
    string("sasl.mechanism.controller.protocol", "Mechanism between broker and controller.")
        .or("GSSAPI")
        .refused(),
    string("sasl.mechanism.inter.broker.protocol", "Mechanism between brokers.")
        .or("GSSAPI")
        .refused(),
    class("sasl.server.callback.handler.class", "Class that answers a listener's SASL callbacks.")
        .refused(),
    int("sasl.server.max.receive.size", "Largest message before a client is authenticated.")
        .or("524288")
        .refused(),
];
