//! TLS as Kafka configures it. Refused until listeners have TLS.

use crate::broker::key::{BrokerKey, boolean, class, list, password, string};

pub(super) const KEYS: &[BrokerKey] = &[
    boolean("ssl.allow.dn.changes", "Whether a new certificate may have another name.")
        .or("false")
        .refused(),
    boolean("ssl.allow.san.changes", "Whether a new certificate may have other alternative names.")
        .or("false")
        .refused(),
    list("ssl.cipher.suites", "Cipher suites that are allowed; empty is all.").or("").refused(),
    string("ssl.client.auth", "Whether clients must show a certificate.")
        .or("none")
        .one_of(&["required", "requested", "none"])
        .refused(),
    list("ssl.enabled.protocols", "Versions of TLS that are allowed.")
        .or("TLSv1.2,TLSv1.3")
        .refused(),
    string(
        "ssl.endpoint.identification.algorithm",
        "How a server's name is checked against its certificate.",
    )
    .or("https")
    .refused(),
    class("ssl.engine.factory.class", "Class that makes TLS engines.").refused(),
    password("ssl.key.password", "Password of the private key.").refused(),
    string("ssl.keymanager.algorithm", "Algorithm of the key manager.").or("SunX509").refused(),
    password("ssl.keystore.certificate.chain", "Certificates, as PEM.").refused(),
    password("ssl.keystore.key", "Private key, as PEM.").refused(),
    string("ssl.keystore.location", "File of the key store.").refused(),
    password("ssl.keystore.password", "Password of the key store.").refused(),
    string("ssl.keystore.type", "Format of the key store.").or("JKS").refused(),
    string("ssl.principal.mapping.rules", "Rules from a certificate's name to a principal.")
        .or("DEFAULT")
        .refused(),
    string("ssl.protocol", "Version of TLS that contexts begin with.").or("TLSv1.3").refused(),
    string("ssl.provider", "Provider of TLS.").refused(),
    string("ssl.secure.random.implementation", "Source of randomness for TLS.").refused(),
    string("ssl.trustmanager.algorithm", "Algorithm of the trust manager.").or("PKIX").refused(),
    password("ssl.truststore.certificates", "Trusted certificates, as PEM.").refused(),
    string("ssl.truststore.location", "File of the trust store.").refused(),
    password("ssl.truststore.password", "Password of the trust store.").refused(),
    string("ssl.truststore.type", "Format of the trust store.").or("JKS").refused(),
];
