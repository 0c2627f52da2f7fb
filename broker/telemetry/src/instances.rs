//! Instances of clients: what each was told to push, when it may ask and push, and what it pushed.
//!
//! The rules are Kafka's: an instance is made by whoever names it first, its subscription id follows
//! from what it is subscribed to, requests before their time are refused, and so is everything after
//! a terminating push. An instance is forgotten after three intervals of silence.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};

use protocol_types::{ErrorCode, Instant};

use crate::client::{Client, InstanceId};
use crate::instance::{Instance, Push, subscription_id};
use crate::pushed::{Pushed, SERIES_PER_INSTANCE_MAX, cut};
use crate::subscription::{INTERVAL_MS_DEFAULT, Subscription};

#[cfg(test)]
mod tests;

/// Instances remembered, as in Kafka.
const INSTANCES_MAX: usize = 16_384;
/// Series of all instances together.
const SERIES_MAX: usize = 10_000;

/// What a client is told to push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Granted {
    pub instance: InstanceId,
    pub subscription_id: i32,
    pub metrics: Arc<[String]>,
    pub interval_ms: u32,
}

/// One series, as it is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    pub instance: InstanceId,
    pub client_id: Arc<str>,
    pub software_name: Arc<str>,
    pub metric: String,
    /// Names with their texts.
    pub labels: Vec<(String, String)>,
    pub value: f64,
}

/// See the module's documentation.
#[derive(Debug, Default)]
pub struct Telemetry {
    subscriptions: Vec<Subscription>,
    version: u64,
    /// The metrics of these subscriptions, by their places, while an instance has them: lists are
    /// long, and instances many.
    shared: BTreeMap<Vec<usize>, Weak<[String]>>,
    instances: BTreeMap<InstanceId, Instance>,
    series: usize,
    max_bytes: usize,
}

impl Telemetry {
    /// `max_bytes` bounds a push as it is sent.
    #[must_use]
    pub fn new(max_bytes: usize) -> Self {
        Self { max_bytes, ..Self::default() }
    }

    /// The subscriptions from now on.
    pub fn subscribe(&mut self, subscriptions: Vec<Subscription>) {
        self.subscriptions = subscriptions;
        self.version += 1;
        self.shared.clear();
    }

    /// GetTelemetrySubscriptions. `new_id` names a client that has no id yet.
    ///
    /// # Errors
    /// With Kafka's code.
    pub fn get(
        &mut self,
        mut client: Client<'_>,
        now: Instant,
        new_id: impl FnOnce() -> [u8; 16],
    ) -> Result<Granted, ErrorCode> {
        if client.instance == InstanceId::ZERO {
            client.instance = InstanceId(new_id());
        }
        let instance = self.instance(&client, now);
        let last = instance.last_get.max(instance.last_push);
        let in_time = last.is_none_or(|last| instance.has_passed(last, now));
        if !in_time && !instance.may_ask_again {
            return Err(ErrorCode::ThrottlingQuotaExceeded);
        }
        if in_time {
            instance.last_get = Some(now);
        }
        instance.may_ask_again = false;
        Ok(Granted {
            instance: client.instance,
            subscription_id: instance.subscription_id,
            metrics: Arc::clone(&instance.metrics),
            interval_ms: instance.interval_ms,
        })
    }

    /// The first half of PushTelemetry: whether the client may push this now. Its metrics are then
    /// read without a lock, and given to [`Telemetry::take`].
    ///
    /// # Errors
    /// With Kafka's code.
    pub fn admit(&mut self, client: Client<'_>, push: Push, now: Instant) -> Result<(), ErrorCode> {
        // Kafka's reserved ids: 0 and 1.
        if client.instance == InstanceId::ZERO || u128::from_be_bytes(client.instance.0) == 1 {
            return Err(ErrorCode::InvalidRequest);
        }
        let max_bytes = self.max_bytes;
        let instance = self.instance(&client, now);
        let checked = instance.check(push, now, max_bytes);
        instance.terminating = push.terminating;
        checked
    }

    /// The second half of PushTelemetry: takes over what an admitted push said.
    ///
    /// # Errors
    /// INVALID_RECORD: not all of it could be read.
    pub fn take(&mut self, id: InstanceId, pushed: Pushed) -> Result<(), ErrorCode> {
        let malformed = pushed.malformed;
        let room = SERIES_MAX.saturating_sub(self.series);
        // It may have been forgotten meanwhile.
        if let Some(instance) = self.instances.get_mut(&id) {
            let before = instance.series.len();
            instance.take(pushed, SERIES_PER_INSTANCE_MAX.min(before + room));
            self.series += instance.series.len() - before;
        }
        if malformed { Err(ErrorCode::InvalidRecord) } else { Ok(()) }
    }

    /// Every series that is shown.
    pub fn series(&self) -> impl Iterator<Item = Shown> {
        self.instances.iter().flat_map(|(id, instance)| {
            instance.series.iter().map(|((metric, labels), value)| Shown {
                instance: *id,
                client_id: Arc::clone(&instance.client_id),
                software_name: Arc::clone(&instance.software_name),
                metric: metric.clone(),
                labels: labels.clone(),
                value: *value,
            })
        })
    }

    /// Instances that are known.
    #[must_use]
    pub fn instances(&self) -> usize {
        self.instances.len()
    }

    /// Forgets instances that have been silent for too long.
    pub fn expire(&mut self, now: Instant) {
        self.instances.retain(|_, instance| !instance.is_silent(now));
        self.series = self.instances.values().map(|instance| instance.series.len()).sum();
        self.shared.retain(|_, metrics| metrics.strong_count() > 0);
    }

    /// The instance of a client, with the subscriptions of now.
    fn instance(&mut self, client: &Client<'_>, now: Instant) -> &mut Instance {
        let version = self.version;
        if !self.instances.contains_key(&client.instance) && self.instances.len() >= INSTANCES_MAX {
            self.make_room(now);
        }
        let stale =
            self.instances.get(&client.instance).is_none_or(|known| known.version != version);
        let made = stale.then(|| self.make(client, now));
        let known = self.instances.entry(client.instance);
        let instance = match (known, made) {
            (std::collections::btree_map::Entry::Occupied(known), None) => known.into_mut(),
            (std::collections::btree_map::Entry::Occupied(known), Some(mut made)) => {
                let known = known.into_mut();
                // Its series stay: they are the same client's.
                made.series = std::mem::take(&mut known.series);
                *known = made;
                known
            }
            (std::collections::btree_map::Entry::Vacant(place), made) => {
                place.insert(made.unwrap_or_else(|| unreachable!("unknown instances are made")))
            }
        };
        instance.last_seen = now;
        instance
    }

    fn make(&mut self, client: &Client<'_>, now: Instant) -> Instance {
        let matching = self.subscriptions.iter().enumerate().filter(|(_, s)| s.matches(client));
        let (places, intervals): (Vec<usize>, Vec<u32>) =
            matching.map(|(place, subscription)| (place, subscription.interval_ms)).unzip();
        let interval_ms = intervals.into_iter().fold(INTERVAL_MS_DEFAULT, u32::min);
        let metrics = self.metrics(places);
        Instance {
            subscription_id: subscription_id(&metrics, interval_ms, client.instance),
            version: self.version,
            metrics,
            interval_ms,
            last_get: None,
            last_push: None,
            last_seen: now,
            terminating: false,
            may_ask_again: false,
            client_id: cut(client.client_id).into(),
            software_name: cut(client.software_name).into(),
            series: BTreeMap::new(),
        }
    }

    /// The metrics of the subscriptions at these places, joined.
    fn metrics(&mut self, places: Vec<usize>) -> Arc<[String]> {
        if let Some(shared) = self.shared.get(&places).and_then(Weak::upgrade) {
            return shared;
        }
        let subscriptions = places.iter().filter_map(|place| self.subscriptions.get(*place));
        let mut metrics: Vec<String> =
            subscriptions.flat_map(|subscription| subscription.metrics.iter().cloned()).collect();
        if metrics.iter().any(|metric| metric == "*") {
            metrics = vec!["*".to_owned()];
        }
        metrics.sort();
        metrics.dedup();
        let metrics: Arc<[String]> = metrics.into();
        self.shared.insert(places, Arc::downgrade(&metrics));
        metrics
    }

    fn make_room(&mut self, now: Instant) {
        self.expire(now);
        if self.instances.len() >= INSTANCES_MAX {
            let oldest = self.instances.iter().min_by_key(|(_, known)| known.last_seen);
            if let Some(id) = oldest.map(|(id, _)| *id)
                && let Some(gone) = self.instances.remove(&id)
            {
                self.series -= gone.series.len();
            }
        }
    }
}
