//! Ports, and the addresses that clients are sent to.

use std::io;
use std::net::{IpAddr, TcpListener, ToSocketAddrs};

use config::{BrokerConfig, HostPort, Listener};

use super::Finding;

pub(super) fn look(config: &BrokerConfig, running: bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    for listener in &config.listeners {
        findings.push(port(&listener.bind, running));
        findings.push(advertised(listener));
    }
    findings.push(port(&config.http_bind, running));
    findings.extend(config.listeners.iter().find_map(|listener| open_to_all(&listener.bind)));
    findings
}

fn port(bind: &HostPort, running: bool) -> Finding {
    // A port that is free now is free for whoever comes first.
    match TcpListener::bind((bind.bind_host(), bind.port)) {
        Ok(_) => Finding::ok("port", format!("{bind} is free")),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse && running => {
            Finding::ok("port", format!("{bind} is taken; a broker runs on this data"))
        }
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            let remedy = "stop what listens there, or choose another port (0 takes a free one)";
            Finding::failed("port", format!("{bind} is taken"), remedy)
        }
        Err(error) => {
            let remedy = "bind an address of this machine, and a port of 1024 or more";
            Finding::failed("port", format!("{bind}: {error}"), remedy)
        }
    }
}

fn advertised(listener: &Listener) -> Finding {
    let (address, bind) = (&listener.advertised, &listener.bind);
    let shown = format!("{}://{address}", listener.name);
    if bind.is_wildcard() && !listener.advertised_given {
        let remedy = "clients of other machines are sent to localhost: give --advertise HOST:PORT";
        return Finding::warning("advertised address", shown, remedy);
    }
    let resolved: Vec<IpAddr> = match (address.host.as_str(), address.port).to_socket_addrs() {
        Ok(addresses) => addresses.map(|address| address.ip()).collect(),
        Err(error) => {
            let remedy = "advertise a name that resolves where clients run, or an address";
            let found = format!("{shown} does not resolve here: {error}");
            return Finding::failed("advertised address", found, remedy);
        }
    };
    let home = resolved.iter().all(IpAddr::is_loopback);
    if home && !bind.is_loopback() {
        let remedy = "clients of other machines cannot reach it: give --advertise HOST:PORT";
        return Finding::warning("advertised address", shown, remedy);
    }
    Finding::ok("advertised address", shown)
}

fn open_to_all(bind: &HostPort) -> Option<Finding> {
    let remedy =
        "there is no authentication yet: bind 127.0.0.1, or let only friends reach the port";
    let found = format!("{bind} is open to whoever reaches it");
    (!bind.is_loopback()).then(|| Finding::warning("access", found, remedy))
}

#[cfg(test)]
mod tests {
    use config::{Loader, Profile};
    use rstest::rstest;

    use super::*;
    use crate::cli::doctor::State;

    fn config(flags: &[(&str, &str)]) -> BrokerConfig {
        let loader = flags.iter().fold(Loader::new(Profile::Standard), |loader, (name, value)| {
            loader.flag(name, value).unwrap()
        });
        loader.build().unwrap()
    }

    #[test]
    fn a_port_that_is_taken_fails_unless_our_broker_has_it() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let bind: HostPort = taken.local_addr().unwrap().to_string().parse().unwrap();
        assert_eq!(port(&bind, false).state, State::Failed);
        assert_eq!(port(&bind, true).state, State::Ok);
    }

    #[rstest]
    #[case(":0")]
    #[case("*:0")]
    fn what_the_broker_takes_for_every_interface_is_looked_at_as_such(#[case] listener: &str) {
        let open = config(&[("listeners", listener)]);
        let listener = &open.listeners[0];
        assert_eq!(port(&listener.bind, false).state, State::Ok);
        let remedy = "clients of other machines are sent to localhost: give --advertise HOST:PORT";
        assert_eq!(advertised(listener).remedy.as_deref(), Some(remedy));
    }

    #[test]
    fn a_wildcard_that_advertises_localhost_is_a_trap_for_other_machines() {
        let open = config(&[("listeners", "0.0.0.0:0")]);
        let state = |config: &BrokerConfig| advertised(&config.listeners[0]).state;
        assert_eq!(state(&open), State::Warning);
        let told = config(&[("listeners", "0.0.0.0:0"), ("advertised.listeners", "127.0.0.1:1")]);
        assert_eq!(state(&told), State::Warning, "loopback is no address for others");
        let named = config(&[
            ("listeners", "0.0.0.0:0"),
            ("advertised.listeners", "no-such-host.invalid:1"),
        ]);
        assert_eq!(state(&named), State::Failed);
        assert_eq!(state(&config(&[])), State::Ok);
        assert!(open_to_all(&config(&[]).listeners[0].bind).is_none());
        assert!(open_to_all(&open.listeners[0].bind).is_some());
    }
}
