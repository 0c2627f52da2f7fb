//! How many connections an address may have, and how fast connections may come.
//!
//! Kafka's rules: beyond `max.connection.creation.rate` accepting waits, for a sample at most; an
//! address beyond its own rate is turned away, its socket closed only after the wait; one with too
//! many connections is turned away at once. Asked by the acceptor, and by connections that close.

use std::{net::IpAddr, sync::Arc};

use broker_env::HashMap;
use broker_limits::{Meter, Sampling};
use broker_metadata::Image;
use config::BrokerConfig;
use parking_lot::Mutex;
use protocol_types::Instant;

#[cfg(test)]
mod tests;

/// Addresses remembered without a connection of theirs.
const IDLE_ADDRESSES_MAX: usize = 16_384;

/// See the module's documentation.
#[derive(Debug)]
pub(crate) struct ConnectionQuotas {
    sampling: Sampling,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    bounds: Bounds,
    /// Of all connections together; only where they are bounded.
    all: Option<Meter>,
    addresses: HashMap<IpAddr, Address>,
}

#[derive(Debug, Default, PartialEq)]
struct Bounds {
    /// `max.connection.creation.rate`.
    rate: Option<f64>,
    /// `connection_creation_rate` of single addresses, and of the others.
    rates: HashMap<IpAddr, f64>,
    rate_default: Option<f64>,
    /// `max.connections.per.ip` and its overrides.
    most: u32,
    overrides: HashMap<IpAddr, u32>,
}

#[derive(Debug, Default)]
struct Address {
    connections: u32,
    meter: Option<Meter>,
}

/// What becomes of a new connection.
#[derive(Debug)]
pub(crate) enum Admission {
    /// It is served after `wait_ms`.
    Admitted { place: IpPlace, wait_ms: u64 },
    /// Its address has `most` connections already.
    TooMany { most: u32 },
    /// Its address connects too often: close it after `wait_ms`.
    TooOften { wait_ms: u64 },
}

/// A connection counted with its address until it is dropped.
#[derive(Debug)]
pub(crate) struct IpPlace {
    quotas: Arc<ConnectionQuotas>,
    address: IpAddr,
}

impl ConnectionQuotas {
    pub(crate) fn new(config: &BrokerConfig, image: &Image) -> Arc<Self> {
        let sampling = Sampling::new(config.quotas.samples, config.quotas.sample_seconds);
        let state = State { bounds: Bounds::default(), all: None, addresses: HashMap::default() };
        let quotas = Arc::new(Self { sampling, state: Mutex::new(state) });
        quotas.follow(image);
        quotas
    }

    /// Takes the limits over from `image`. What was counted stays counted.
    pub(crate) fn follow(&self, image: &Image) {
        let bounds = Bounds::of(image);
        let mut state = self.state.lock();
        match (&mut state.all, bounds.rate) {
            (Some(meter), Some(rate)) => meter.set_bound(rate),
            (all, rate) => *all = rate.map(|rate| Meter::of_events(rate, self.sampling)),
        }
        for (address, known) in &mut state.addresses {
            match (&mut known.meter, bounds.rate_of(*address)) {
                (Some(meter), Some(rate)) => meter.set_bound(rate),
                (Some(_), None) => known.meter = None,
                (None, _) => {}
            }
        }
        state.bounds = bounds;
    }

    /// Decides about a new connection from `address`.
    pub(crate) fn admit(self: &Arc<Self>, address: IpAddr, now: Instant) -> Admission {
        let address = address.to_canonical();
        let mut state = self.state.lock();
        let state = &mut *state;
        let wait_ms = state.all.as_mut().map_or(0, |meter| meter.record(1.0, now));
        if state.addresses.len() >= IDLE_ADDRESSES_MAX {
            state.forget_idle(now);
        }
        let rate = state.bounds.rate_of(address);
        let known = state.addresses.entry(address).or_default();
        if let Some(rate) = rate {
            let meter = known.meter.get_or_insert_with(|| Meter::of_events(rate, self.sampling));
            let wait_ms = meter.record(1.0, now);
            if wait_ms > 0 {
                // It does not become a connection, so it does not count as one.
                meter.record(-1.0, now);
                state.all.iter_mut().for_each(|meter| {
                    meter.record(-1.0, now);
                });
                return Admission::TooOften { wait_ms };
            }
        }
        let most = state.bounds.most_of(address);
        if known.connections >= most {
            return Admission::TooMany { most };
        }
        known.connections += 1;
        Admission::Admitted { place: IpPlace { quotas: Arc::clone(self), address }, wait_ms }
    }
}

impl State {
    /// Forgets addresses without connections: those that owe nothing, or if that is not enough, all.
    fn forget_idle(&mut self, now: Instant) {
        let owes = |known: &Address| known.meter.as_ref().is_some_and(|meter| !meter.is_spent(now));
        self.addresses.retain(|_, known| known.connections > 0 || owes(known));
        if self.addresses.len() >= IDLE_ADDRESSES_MAX {
            self.addresses.retain(|_, known| known.connections > 0);
        }
    }
}

impl Bounds {
    fn of(image: &Image) -> Self {
        let mut bounds = Self {
            rate: image
                .layers()
                .number("max.connection.creation.rate")
                .filter(|rate| *rate < i32::MAX.unsigned_abs())
                .map(|rate| f64::from(rate.max(1))),
            most: image.layers().number("max.connections.per.ip").unwrap_or(u32::MAX),
            ..Self::default()
        };
        let overrides = image.layers().text("max.connections.per.ip.overrides").unwrap_or_default();
        bounds.overrides =
            config::parse_ip_overrides(overrides).unwrap_or_default().into_iter().collect();
        for (entity, quotas) in image.quotas() {
            let Some(rate) = quotas.get("connection_creation_rate") else { continue };
            match entity.ip.as_ref().map(broker_metadata::EntityName::name) {
                Some(None) => bounds.rate_default = Some(rate.0),
                Some(Some(address)) => {
                    if let Ok(address) = address.parse::<IpAddr>() {
                        bounds.rates.insert(address.to_canonical(), rate.0);
                    }
                }
                None => {}
            }
        }
        bounds
    }

    fn rate_of(&self, address: IpAddr) -> Option<f64> {
        self.rates.get(&address).copied().or(self.rate_default)
    }

    fn most_of(&self, address: IpAddr) -> u32 {
        self.overrides.get(&address).copied().unwrap_or(self.most)
    }
}

impl Drop for IpPlace {
    fn drop(&mut self) {
        let mut state = self.quotas.state.lock();
        let Some(known) = state.addresses.get_mut(&self.address) else { return };
        known.connections = known.connections.saturating_sub(1);
        if known.connections == 0 && known.meter.is_none() {
            state.addresses.remove(&self.address);
        }
    }
}
